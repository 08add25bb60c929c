"""The model of a programme folder: what a programme's staff decide, as data. Dates are local to the programme."""

import re
from datetime import date
from functools import cached_property
from typing import Annotated, Self
from zoneinfo import ZoneInfo, available_timezones

from pydantic import AfterValidator, BeforeValidator, Field, StringConstraints, model_validator

from schemas.base import Code
from schemas.base import StrictModel as _Model
from schemas.enums import (
    AfterLeaving,
    Aggregation,
    Duplicates,
    FilledBy,
    IndicatorKind,
    InstrumentKind,
    JoinBy,
    Level,
    Measure,
    MissingReason,
    Mode,
    Outcome,
)
from schemas.layouts import AskedField, Sheet
from schemas.questionnaire import Element
from schemas.rules import Rule


def _known_timezone(name: str) -> str:
    if name not in available_timezones():
        raise ValueError("expected the name of a time zone, such as Europe/Paris")
    return name


def _without_password(address: str) -> str:
    if "://" in address and ":" in address.partition("://")[2].partition("/")[0].rpartition("@")[0]:
        raise ValueError("expected an address without a password: what it needs is set in the environment")
    return address


def _blank_is_none(value: object) -> object:
    return None if value == "" else value


def _blank_is_no_aggregation(value: object) -> object:
    return Aggregation.NONE if value == "" else value


Blank = BeforeValidator(_blank_is_none)
_ATOM = r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+"
EMAIL = re.compile(rf"^{_ATOM}(\.{_ATOM})*@[A-Za-z0-9-]+(\.[A-Za-z0-9-]+)+$")
"""One address: nothing that a mail server could take for two, or for the end of a line."""


ReminderDay = Annotated[int, Field(ge=-366, le=3660)]


def _in_order(days: tuple[int, ...]) -> tuple[int, ...]:
    if list(days) != sorted(set(days)):
        raise ValueError("expected each day once, the earliest first, such as [-15, 0, 7, 21]")
    return days


class Occasion(_Model):
    """A due point on the clock, `months` after the anchor date; `phase` where it closes an evaluation phase."""

    code: Code
    months: Annotated[int, Field(ge=1, le=120)]
    phase: Annotated[int, Field(ge=1)] | None = None


class Schedule(_Model):
    """The rules of the clock, in days.

    An evaluator is reminded `reminder_days` after the due date (before it where negative), and from the last of them
    on every `reminder_repeat_days` (0: never again). The lead is told `escalate_after_days` after the due date.
    """

    opens_days_before: Annotated[int, Field(ge=0, le=366)] = 30
    grace_days: Annotated[int, Field(ge=0, le=366)] = 15
    expiry_days: Annotated[int, Field(ge=0)] = 0
    reminder_days: Annotated[tuple[ReminderDay, ...], AfterValidator(_in_order)] = (-15, 0, 7, 21)
    reminder_repeat_days: Annotated[int, Field(ge=0, le=3660)] = 30
    escalate_after_days: Annotated[int | None, Field(ge=0, le=3660)] = None


class Result(_Model):
    """What shows that an innovation has a first result at a structure: an indicator above a number, or at a value."""

    indicator: Code
    above: float | None = None
    value: str | None = None

    @model_validator(mode="after")
    def _is_one_condition(self) -> Self:
        if (self.above is None) == (self.value is None):
            raise ValueError("expected either above: a number, or value: one of the indicator's allowed values")
        return self


class Innovation(_Model):
    """A method being swarmed. Their order in the folder is their order in publications."""

    code: Code
    name: str
    selected_on: str | None = None
    target_public: str | None = None
    territory: str | None = None
    stage: str | None = None
    result: Result | None = None


class Cohort(_Model):
    """The structures trained together in one wave; `anchor_on` is the end of the training.

    `anchor_is_chosen` marks a date that nobody recorded to the day and that the programme's staff chose.
    """

    code: Code
    innovation: Code
    name: str
    trained_from: str | None = None
    anchor_on: date
    anchor_is_chosen: bool = False
    method: str | None = None
    note: str | None = None


class Evaluator(_Model):
    """Who is told what is missing, and of which innovations."""

    code: Code
    name: str
    email: Annotated[str, StringConstraints(pattern=EMAIL.pattern)]
    follows: list[Code] = Field(min_length=1)


class Lead(_Model):
    """Who leads the programme, and is told what stays missing however often its evaluator was reminded."""

    name: str
    email: Annotated[str, StringConstraints(pattern=EMAIL.pattern)]


class InstrumentVersion(_Model):
    """What is asked at the named occasions: a survey by its number, or the sheets of a workbook.

    `emptied_on` says that the staff emptied the survey on that day on purpose. Without it, a survey whose responses
    have all vanished could not be checked.
    """

    version: Annotated[int, Field(ge=1)]
    occasions: list[Code] = Field(min_length=1)
    survey_id: Annotated[int, Field(ge=1)] | None = None
    emptied_on: date | None = None
    sheets: list[Sheet] = Field(default_factory=list[Sheet])
    rules: list[Rule] = Field(default_factory=list[Rule])


class Join(_Model):
    """How a survey's response tells which structure it is from.

    By `attributes` of the participant (`structure`, `cohort`: `attribute_1`), by a `question` (the questions as they
    are exported), or by a `token` that is the structure's code. Without `cohort` the structure must be in one only of
    the cohorts that owe the survey.
    """

    by: JoinBy = JoinBy.ATTRIBUTES
    structure: str = "attribute_1"
    cohort: str | None = "attribute_2"

    @property
    def questions(self) -> tuple[str, ...]:
        """The questions that name structure and cohort, as they are exported; none where no question does."""
        return tuple(name for name in (self.structure, self.cohort) if name and self.by is JoinBy.QUESTION)

    @model_validator(mode="after")
    def _names_fit(self) -> Self:
        names = [name for name in (self.structure, self.cohort) if name]
        if self.by is JoinBy.ATTRIBUTES and not all(name.startswith("attribute_") for name in names):
            raise ValueError("expected attributes of participants, such as attribute_1, or by: question")
        if self.by is JoinBy.QUESTION and any(name.startswith("attribute_") for name in names):
            raise ValueError("expected the questions that name structure and cohort (cohort: null for none)")
        if self.by is JoinBy.TOKEN and self.model_fields_set - {"by"}:
            raise ValueError("expected nothing beside by: token; the token is the structure's code")
        return self


class Respondents(_Model):
    """Who answers for a structure: one, or several (its professionals, its participants) of whom `minimum` must."""

    several: bool = False
    minimum: Annotated[int, Field(ge=1)] = 1
    duplicates: Duplicates = Duplicates.LATEST
    after_leaving: AfterLeaving = AfterLeaving.KEEP

    @model_validator(mode="after")
    def _minimum_is_of_several(self) -> Self:
        if self.minimum > 1 and not self.several:
            raise ValueError("expected several: true where more than one must answer")
        if self.several and "duplicates" in self.model_fields_set:
            raise ValueError("expected no duplicates where several answer: each of them counts")
        return self


class Instrument(_Model):
    """What is asked, of which innovations, filled in by whom and how.

    Answers to the questions in `identifiers` name people: they are dropped as they are read. `reminders` says
    that the survey server itself invites and reminds the participants whose return is due.
    """

    code: Code
    name: str
    kind: InstrumentKind
    filled_by: FilledBy
    mode: Mode
    innovations: list[Code] = Field(min_length=1)
    identifiers: list[str] = Field(default_factory=list[str])
    join: Join = Join()
    respondents: Respondents = Respondents()
    reminders: bool = False
    versions: list[InstrumentVersion] = Field(min_length=1)

    @model_validator(mode="after")
    def _versions_fit_the_kind(self) -> Self:
        for version in self.versions:
            if self.kind is InstrumentKind.LIMESURVEY and (version.survey_id is None or version.sheets):
                raise ValueError(f"version {version.version} of a limesurvey instrument needs survey_id and no sheets")
            if self.reminders and (self.kind is not InstrumentKind.LIMESURVEY or self.join.by is JoinBy.QUESTION):
                raise ValueError(
                    "expected reminders of a limesurvey instrument that joins by attributes or by token only"
                )
            if self.kind is InstrumentKind.WORKBOOK and version.emptied_on is not None:
                raise ValueError(f"version {version.version} of a workbook instrument is no survey that was emptied")
            if self.kind is InstrumentKind.WORKBOOK and (version.survey_id is not None or not version.sheets):
                raise ValueError(f"version {version.version} of a workbook instrument needs sheets and no survey_id")
        return self

    @model_validator(mode="after")
    def _join_is_read(self) -> Self:
        dropped = [q for q in self.join.questions if q.partition("[")[0] in self.identifiers]
        if dropped:
            raise ValueError(f"expected questions under join that are not under identifiers: {', '.join(dropped)}")
        return self

    def version_at(self, occasion_code: str) -> InstrumentVersion | None:
        """The version that is asked at an occasion, if any."""
        return next((v for v in self.versions if occasion_code in v.occasions), None)


class LimeSurveySource(_Model):
    """A LimeSurvey server. Its dates are naive: `timezone` says what they mean. Credentials are in the environment.

    So many surveys are read side by side at most.
    """

    url: Annotated[str, StringConstraints(pattern=r"^https?://[^\s@]+$")]
    timezone: Annotated[str, AfterValidator(_known_timezone)] = "Europe/Paris"
    page_size: Annotated[int, Field(ge=1)] = 1000
    surveys_at_once: Annotated[int, Field(ge=1, le=16)] = 4


class InboxSource(_Model):
    """Where workbooks arrive: a folder, relative to the programme's, or an address that fsspec opens (s3://, sftp://).

    A file that was written to within the last minute must stay as it is for `settle_seconds` to be read.
    """

    path: Annotated[str, AfterValidator(_without_password)] = "inbox"
    settle_seconds: Annotated[float, Field(ge=0, le=60)] = 1.0


class Sources(_Model):
    """Where returns come from."""

    limesurvey: LimeSurveySource | None = None
    inbox: InboxSource | None = None


class Originals(_Model):
    """How long originals are kept, encrypted: so many days after they were written; without an end where None."""

    keep_days: Annotated[int | None, Field(ge=1)] = None


class Disclosure(_Model):
    """Cells of publications that rest on fewer structures than this are suppressed."""

    minimum_structures: Annotated[int, Field(ge=0)] = 0


def _in_quotes(value: object) -> object:
    if value in (True, False):  # as YAML reads a bare yes or no
        raise ValueError('expected a text in quotes, such as "yes"')
    return value


class Condition(_Model):
    """What shows that something is so of a participant: an indicator above a number, or at one of some values."""

    indicator: Code
    above: float | None = None
    values: list[Annotated[str, BeforeValidator(_in_quotes)]] = Field(default_factory=list[str])

    @model_validator(mode="after")
    def _is_one_condition(self) -> Self:
        if (self.above is None) == (not self.values):
            raise ValueError("expected either above: a number, or values: some of the indicator's allowed values")
        return self


class Participants(_Model):
    """Which indicators of level `participant` tell what becomes of people: one of each, over all innovations."""

    entered_work: Condition | None = None
    contract_kind: Code | None = None
    in_training: Condition | None = None

    @property
    def declared(self) -> dict[Outcome, tuple[Code, Condition | None]]:
        """The indicator of each outcome that is declared, and when it is so."""
        found: dict[Outcome, tuple[Code, Condition | None]] = {}
        if self.entered_work is not None:
            found[Outcome.ENTERED_WORK] = (self.entered_work.indicator, self.entered_work)
        if self.contract_kind is not None:
            found[Outcome.CONTRACT_KIND] = (self.contract_kind, None)
        if self.in_training is not None:
            found[Outcome.IN_TRAINING] = (self.in_training.indicator, self.in_training)
        return found


class Enrolment(_Model):
    """One structure in one cohort: a line of structures.csv.

    `contact` is how evaluators reach the structure: a telephone number or a shared address, and nobody's name. It is
    printed in their mails, and stays out of the warehouse.
    """

    structure_code: Code
    structure_name: Annotated[str, StringConstraints(min_length=1)]
    cohort_code: Code
    left_on: Annotated[date | None, Blank] = None
    left_reason: Annotated[str | None, Blank] = None
    is_invented: bool = False
    contact: Annotated[str | None, Blank] = None

    @property
    def enrolment_id(self) -> str:
        """Cohort and structure: `VITA-2/ICARE`."""
        return f"{self.cohort_code}/{self.structure_code}"


class Indicator(_Model):
    """A measure with one meaning over all innovations and phases: a line of codebook.csv.

    `allowed_values` are separated by `|`. `publication_rank` orders the published indicators; blank for the others.
    `over_respondents` says how the answers of several respondents of one structure make its value.
    """

    indicator_code: Code
    label_fr: str
    label_en: str
    level: Level
    kind: IndicatorKind
    unit: Annotated[str | None, Blank] = None
    minimum: Annotated[float | None, Blank] = None
    maximum: Annotated[float | None, Blank] = None
    allowed_values: Annotated[str | None, Blank] = None
    over_structures: Aggregation
    over_respondents: Annotated[Aggregation, BeforeValidator(_blank_is_no_aggregation)] = Aggregation.NONE
    is_core: bool
    publication_rank: Annotated[int | None, Blank] = None

    @cached_property
    def choices(self) -> tuple[str, ...]:
        """The allowed values of a `choice`."""
        return tuple(self.allowed_values.split("|")) if self.allowed_values else ()


class CrosswalkLine(_Model):
    """Which question or workbook item of which instrument version gives which indicator.

    `break_reason` says that a new series of the indicator starts with this version, and why.
    """

    instrument_code: Code
    version: int
    item: Annotated[str, StringConstraints(min_length=1)]
    indicator_code: Code
    recode: Annotated[str | None, Blank] = None
    break_reason: Annotated[str | None, Blank] = None


class RecodeLine(_Model):
    """One value of one recode: what stands in the return, and the value or the reason that it means."""

    recode: Code
    source_value: str
    value: Annotated[str | None, Blank] = None
    missing_reason: Annotated[MissingReason | None, Blank] = None

    @model_validator(mode="after")
    def _means_one_thing(self) -> Self:
        if (self.value is None) == (self.missing_reason is None):
            raise ValueError("expected either a value or a missing_reason")
        return self


class PublishedFigure(_Model):
    """A figure that a report printed: a line of published.csv.

    `printed` is a number as it was printed, with or without spaces between its thousands, or nc or ne. `source` and
    `place` say where. `indicator_code` is blank where the measure needs none.
    """

    published_code: Code
    innovation_code: Code
    measure: Measure
    indicator_code: Annotated[Code | None, Blank] = None
    printed: Annotated[str, StringConstraints(pattern=r"^(nc|ne|-?[0-9]+([ \u00a0\u202f][0-9]{3})*([.,][0-9]+)?)$")]
    source: Annotated[str, StringConstraints(min_length=1)]
    place: Annotated[str, StringConstraints(min_length=1)]
    note: Annotated[str | None, Blank] = None

    @property
    def value(self) -> float | None:
        """The number that is printed; None for nc and ne."""
        if self.missing_reason is not None:
            return None
        return float(re.sub(r"\s", "", self.printed).replace(",", "."))

    @property
    def decimals(self) -> int:
        """How many decimals are printed."""
        return len(self.printed.replace(",", ".").partition(".")[2])

    @property
    def missing_reason(self) -> MissingReason | None:
        """What nc and ne mean; None for a number."""
        return {"nc": MissingReason.NOT_COMMUNICATED, "ne": MissingReason.NOT_EVALUATED}.get(self.printed)

    @model_validator(mode="after")
    def _names_an_indicator_where_one_is_meant(self) -> Self:
        if self.measure.needs_an_indicator != (self.indicator_code is not None):
            wanted = "an" if self.measure.needs_an_indicator else "no"
            raise ValueError(f"expected {wanted} indicator_code for the measure {self.measure}")
        return self


class Settings(_Model):
    """The contents of programme.yaml."""

    programme: Code
    name: str
    timezone: Annotated[str, AfterValidator(_known_timezone)]
    locale: Annotated[str, StringConstraints(pattern=r"^(fr|en)$")] = "fr"
    schedule: Schedule = Schedule()
    occasions: list[Occasion] = Field(min_length=1)
    innovations: list[Innovation] = Field(min_length=1)
    cohorts: list[Cohort]
    evaluators: list[Evaluator] = Field(min_length=1)
    lead: Lead | None = None
    instruments: list[Instrument]
    sources: Sources = Sources()
    originals: Originals = Originals()
    disclosure: Disclosure = Disclosure()
    participants: Participants = Participants()


class Programme(_Model):
    """A whole programme folder, checked. `version` is the sha256 of its files' content.

    `questionnaires` are those that the crosswalk was written for, by instrument and version, where they are known.
    `published` are the figures that reports printed, to be held against the warehouse.
    """

    version: str
    settings: Settings
    enrolments: list[Enrolment]
    indicators: list[Indicator]
    crosswalk: list[CrosswalkLine]
    recodes: list[RecodeLine]
    published: list[PublishedFigure] = Field(default_factory=list[PublishedFigure])
    questionnaires: dict[tuple[str, int], tuple[Element, ...]] = Field(
        default_factory=dict[tuple[str, int], tuple[Element, ...]]
    )

    @property
    def zone(self) -> ZoneInfo:
        """The programme's time zone."""
        return ZoneInfo(self.settings.timezone)

    @cached_property
    def cohort_by_code(self) -> dict[str, Cohort]:
        """Cohorts by their codes."""
        return {cohort.code: cohort for cohort in self.settings.cohorts}

    @cached_property
    def enrolment_by_id(self) -> dict[str, Enrolment]:
        """Enrolments by their identifiers."""
        return {enrolment.enrolment_id: enrolment for enrolment in self.enrolments}

    @cached_property
    def instrument_by_code(self) -> dict[str, Instrument]:
        """Instruments by their codes."""
        return {instrument.code: instrument for instrument in self.settings.instruments}

    @cached_property
    def indicator_by_code(self) -> dict[str, Indicator]:
        """Indicators by their codes."""
        return {indicator.indicator_code: indicator for indicator in self.indicators}

    def crosswalk_of(self, instrument_code: str, version: int) -> list[CrosswalkLine]:
        """The crosswalk lines of one instrument version."""
        return [x for x in self.crosswalk if x.instrument_code == instrument_code and x.version == version]

    def recode_of(self, name: str) -> dict[str, RecodeLine]:
        """The lines of one recode by the value that stands in the return."""
        return {line.source_value: line for line in self.recodes if line.recode == name}

    def kind_of(self, field: AskedField, crossing: CrosswalkLine | None) -> IndicatorKind:
        """What a field of a workbook holds: as it declares, else as its indicator, else any text."""
        if field.kind is not None:
            return field.kind
        if field.allowed_values:
            return IndicatorKind.CHOICE
        indicator = self.indicator_by_code.get(crossing.indicator_code) if crossing else None
        return indicator.kind if indicator else IndicatorKind.TEXT
