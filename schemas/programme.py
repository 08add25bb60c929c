"""The model of a programme folder: the decisions of a programme's staff, as data.

Dates are local to the programme.
"""

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
    CsvEncoding,
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
        raise ValueError("expected an address without a password: set its credentials in the environment")
    return address


def _blank_is_none(value: object) -> object:
    return None if value == "" else value


def _blank_is_false(value: object) -> object:
    return False if value == "" else value


def _blank_is_no_aggregation(value: object) -> object:
    return Aggregation.NONE if value == "" else value


Blank = BeforeValidator(_blank_is_none)
_ATOM = r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+"
EMAIL = re.compile(rf"^{_ATOM}(\.{_ATOM})*@[A-Za-z0-9-]+(\.[A-Za-z0-9-]+)+$")
"""One e-mail address, without characters that a mail server could read as a second address or as the end of a line."""


ReminderDay = Annotated[int, Field(ge=-366, le=3660)]


def _in_order(days: tuple[int, ...]) -> tuple[int, ...]:
    if list(days) != sorted(set(days)):
        raise ValueError("expected each day once, the earliest first, such as [-15, 0, 7, 21]")
    return days


class Occasion(_Model):
    """A due point, `months` after the anchor date. `phase` is the evaluation phase that it closes, if any."""

    code: Code
    months: Annotated[int, Field(ge=1, le=120)]
    phase: Annotated[int, Field(ge=1)] | None = None


class Schedule(_Model):
    """The rules for due dates and reminders, in days.

    Attributes:
        opens_days_before: Days before the due date from which a return can be answered.
        grace_days: Days after the due date on which a return is still on time.
        expiry_days: Days after the due date after which a version no longer changes the published data; 0 for never.
        reminder_days: Days after the due date (before it if negative) on which an evaluator is reminded.
        reminder_repeat_days: Interval of further reminders after the last of `reminder_days`; 0 for none.
        escalate_after_days: Days after the due date after which the lead is informed; None for never.
    """

    opens_days_before: Annotated[int, Field(ge=0, le=366)] = 30
    grace_days: Annotated[int, Field(ge=0, le=366)] = 15
    expiry_days: Annotated[int, Field(ge=0)] = 0
    reminder_days: Annotated[tuple[ReminderDay, ...], AfterValidator(_in_order)] = (-15, 0, 7, 21)
    reminder_repeat_days: Annotated[int, Field(ge=0, le=3660)] = 30
    escalate_after_days: Annotated[int | None, Field(ge=0, le=3660)] = None


class Result(_Model):
    """The condition for a first result of an innovation at a structure.

    The condition is an indicator above a number, or equal to a value.
    """

    indicator: Code
    above: float | None = None
    value: str | None = None

    @model_validator(mode="after")
    def _is_one_condition(self) -> Self:
        if (self.above is None) == (self.value is None):
            raise ValueError("expected either above: a number, or value: one of the indicator's allowed values")
        return self


class Innovation(_Model):
    """An innovation that the programme scales out. The order in the folder is the order in publications."""

    code: Code
    name: str
    selected_on: str | None = None
    target_public: str | None = None
    territory: str | None = None
    stage: str | None = None
    result: Result | None = None


class Cohort(_Model):
    """The structures that were trained together in one wave.

    Attributes:
        code: Code of the cohort.
        innovation: Code of its innovation.
        name: Name of the cohort.
        trained_from: When the training started, as the programme's documents give it.
        anchor_on: Last day of the training.
        anchor_is_chosen: Whether the programme's staff chose `anchor_on` because no exact date was recorded.
        method: How the structures were trained.
        note: A remark.
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
    """A person who follows innovations and is alerted about their missing returns."""

    code: Code
    name: str
    email: Annotated[str, StringConstraints(pattern=EMAIL.pattern)]
    follows: list[Code] = Field(min_length=1)


class Lead(_Model):
    """The person who leads the programme. Alerts about returns that stay missing are escalated to this person."""

    name: str
    email: Annotated[str, StringConstraints(pattern=EMAIL.pattern)]


class InstrumentVersion(_Model):
    """A version of an instrument, used at the listed occasions: a survey by its number, or the sheets of a workbook.

    `emptied_on` is the day on which the staff deleted all responses of the survey on purpose. Without it, a survey
    without any of its earlier responses counts as unverifiable.
    """

    version: Annotated[int, Field(ge=1)]
    occasions: list[Code] = Field(min_length=1)
    survey_id: Annotated[int, Field(ge=1)] | None = None
    emptied_on: date | None = None
    sheets: list[Sheet] = Field(default_factory=list[Sheet])
    rules: list[Rule] = Field(default_factory=list[Rule])


BY_WINDOW = "by window"
"""The value of `join.occasion` that assigns a response to an occasion by the day on which it was given."""
BY_TOKEN = "token"  # noqa: S105 not a secret
"""The value of `join.occasion` for tokens that end in `~` and the code of the occasion."""


class JoinRecode(_Model):
    """Names of recodes that map the values that a response names its structure, cohort and occasion with, to codes."""

    structure: Code | None = None
    cohort: Code | None = None
    occasion: Code | None = None

    @property
    def declared(self) -> dict[str, Code]:
        """The declared recodes, by `structure`, `cohort` and `occasion`."""
        named = {"structure": self.structure, "cohort": self.cohort, "occasion": self.occasion}
        return {what: name for what, name in named.items() if name is not None}


class Join(_Model):
    """How a survey response is assigned to a structure, and to an occasion where the survey serves several.

    By `attributes` of the participant, by questions (`question`), or by a `token` that equals the structure's code.

    Attributes:
        by: The method.
        structure: The attribute (`attribute_1`) or the exported question that names the structure.
        cohort: The same for the cohort. If None, the structure must be in exactly one cohort that owes the survey.
        occasion: An attribute, an exported question, `token` (the token ends in `~` and the code of the occasion) or
            `by window` (the day of the response). Read only where several occasions share a survey.
        recode: Recodes that map these values to codes.
    """

    by: JoinBy = JoinBy.ATTRIBUTES
    structure: str = "attribute_1"
    cohort: str | None = "attribute_2"
    occasion: str | None = None
    recode: JoinRecode = JoinRecode()

    @property
    def names_occasion(self) -> bool:
        """Whether responses name their occasion. Otherwise it follows from their day."""
        return self.occasion not in (None, BY_WINDOW)

    @property
    def question_by_role(self) -> dict[str, str]:
        """The exported questions that name structure, cohort or occasion, by `structure`, `cohort` and `occasion`."""
        named = {"structure": self.structure, "cohort": self.cohort} if self.by is JoinBy.QUESTION else {}
        if self.names_occasion and self.occasion != BY_TOKEN and not _is_attribute(self.occasion):
            named["occasion"] = self.occasion
        return {what: name for what, name in named.items() if name}

    @property
    def questions(self) -> tuple[str, ...]:
        """The exported questions that name structure, cohort or occasion."""
        return tuple(self.question_by_role.values())

    @property
    def attributes(self) -> tuple[str, ...]:
        """The attributes of participants that name structure, cohort or occasion."""
        names = (self.structure, self.cohort) if self.by is JoinBy.ATTRIBUTES else ()
        return tuple(name for name in (*names, self.occasion) if _is_attribute(name) and name)

    def without_occasion(self) -> Self:
        """Return the same join for a survey that serves one occasion."""
        recode = self.recode.model_copy(update={"occasion": None})
        return self.model_copy(update={"occasion": None, "recode": recode})

    @model_validator(mode="after")
    def _names_fit(self) -> Self:
        names = [name for name in (self.structure, self.cohort) if name]
        if self.by is JoinBy.ATTRIBUTES and not all(map(_is_attribute, names)):
            raise ValueError("expected attributes of participants, such as attribute_1, or by: question")
        if self.by is JoinBy.QUESTION and any(map(_is_attribute, names)):
            raise ValueError("expected the questions that name structure and cohort (cohort: null for none)")
        if self.by is JoinBy.TOKEN and self.model_fields_set - {"by", "occasion", "recode"}:
            raise ValueError(
                "expected nothing but occasion and recode beside by: token; the token is the structure's code"
            )
        return self

    @model_validator(mode="after")
    def _occasion_fits(self) -> Self:
        if self.occasion == "":
            raise ValueError("expected under occasion an attribute, a question, token, or by window")
        if self.by is JoinBy.QUESTION and (self.occasion == BY_TOKEN or _is_attribute(self.occasion)):
            raise ValueError("expected under occasion a question, or by window, beside by: question")
        if self.recode.cohort is not None and (self.cohort is None or self.by is JoinBy.TOKEN):
            raise ValueError("expected no recode of the cohort where responses name none")
        if self.recode.occasion is not None and not self.names_occasion:
            raise ValueError("expected no recode of the occasion where responses name none")
        return self


def _is_attribute(name: str | None) -> bool:
    return name is not None and name.startswith("attribute_")


class Respondents(_Model):
    """Who answers for a structure: one person, or with `several` at least `minimum` people.

    Attributes:
        several: Whether several people answer, such as professionals or participants.
        minimum: Smallest number of complete responses.
        duplicates: Which response counts if one is expected and several arrive.
        after_leaving: How to treat responses that arrive after the structure has left.
    """

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
    """A survey or workbook: which innovations it asks about, who fills it in and how.

    Attributes:
        code: Code of the instrument.
        name: Name of the instrument.
        kind: How its returns arrive.
        filled_by: Who fills it in.
        mode: How it is filled in.
        innovations: The innovations whose structures owe it.
        identifiers: Questions whose answers name people; their answers are discarded when they are read.
        join: How survey responses are assigned to structures.
        respondents: Who answers for a structure.
        reminders: Whether the survey server invites and reminds the participants whose return is due.
        versions: Its versions.
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
                raise ValueError(f"expected emptied_on of a survey only; version {version.version} is a workbook's")
            if self.kind is InstrumentKind.WORKBOOK and (version.survey_id is not None or not version.sheets):
                raise ValueError(f"version {version.version} of a workbook instrument needs sheets and no survey_id")
        return self

    @model_validator(mode="after")
    def _join_is_not_discarded(self) -> Self:
        discarded = [q for q in self.join.questions if q.partition("[")[0] in self.identifiers]
        if discarded:
            raise ValueError(f"expected questions under join that are not under identifiers: {', '.join(discarded)}")
        return self

    def join_of(self, version_number: int) -> Join:
        """Return how responses to a version are assigned: without the occasion, where the version serves one only."""
        serves_several = any(v.version == version_number and len(v.occasions) > 1 for v in self.versions)
        return self.join if serves_several else self.join.without_occasion()

    def version_at(self, occasion_code: str) -> InstrumentVersion | None:
        """Return the version that is used at an occasion, or None."""
        return next((v for v in self.versions if occasion_code in v.occasions), None)


class LimeSurveySource(_Model):
    """A LimeSurvey server. Its credentials are in the environment.

    Attributes:
        url: Address of its RemoteControl API.
        timezone: Time zone of the server's dates, which have none.
        page_size: Responses per export request.
        surveys_at_once: Number of surveys that are read in parallel.
    """

    url: Annotated[str, StringConstraints(pattern=r"^https?://[^\s@]+$")]
    timezone: Annotated[str, AfterValidator(_known_timezone)] = "Europe/Paris"
    page_size: Annotated[int, Field(ge=1)] = 1000
    surveys_at_once: Annotated[int, Field(ge=1, le=16)] = 4


class InboxSource(_Model):
    """Where workbooks arrive.

    Attributes:
        path: A folder, relative to the programme's, or a URL that fsspec opens (s3://, sftp://).
        settle_seconds: A file that was modified within the last minute is read only if it stays unchanged for this
            long.
        csv_encoding: The encoding of CSV files that are not in Unicode; None where such files are refused.
    """

    path: Annotated[str, AfterValidator(_without_password)] = "inbox"
    csv_encoding: CsvEncoding | None = None
    settle_seconds: Annotated[float, Field(ge=0, le=60)] = 1.0


class Sources(_Model):
    """The sources of returns."""

    limesurvey: LimeSurveySource | None = None
    inbox: InboxSource | None = None


class Originals(_Model):
    """Retention of the encrypted originals: `keep_days` after they were written; None for no limit."""

    keep_days: Annotated[int | None, Field(ge=1)] = None


class Disclosure(_Model):
    """Published cells that rest on fewer than `minimum_structures` structures are suppressed."""

    minimum_structures: Annotated[int, Field(ge=0)] = 0


def _in_quotes(value: object) -> object:
    if value in (True, False):  # YAML reads an unquoted yes or no as a boolean
        raise ValueError('expected a text in quotes, such as "yes"')
    return value


class Condition(_Model):
    """A condition on a participant: an indicator above a number, or equal to one of some values."""

    indicator: Code
    above: float | None = None
    values: list[Annotated[str, BeforeValidator(_in_quotes)]] = Field(default_factory=list[str])

    @model_validator(mode="after")
    def _is_one_condition(self) -> Self:
        if (self.above is None) == (not self.values):
            raise ValueError("expected either above: a number, or values: some of the indicator's allowed values")
        return self


class Participants(_Model):
    """The indicators of level `participant` that report outcomes: at most one per outcome, for all innovations."""

    entered_work: Condition | None = None
    contract_kind: Code | None = None
    in_training: Condition | None = None

    @property
    def declared(self) -> dict[Outcome, tuple[Code, Condition | None]]:
        """The indicator of each declared outcome, and the condition under which a participant has it."""
        outcomes: dict[Outcome, tuple[Code, Condition | None]] = {}
        if self.entered_work is not None:
            outcomes[Outcome.ENTERED_WORK] = (self.entered_work.indicator, self.entered_work)
        if self.contract_kind is not None:
            outcomes[Outcome.CONTRACT_KIND] = (self.contract_kind, None)
        if self.in_training is not None:
            outcomes[Outcome.IN_TRAINING] = (self.in_training.indicator, self.in_training)
        return outcomes


class Enrolment(_Model):
    """One structure in one cohort: a line of structures.csv.

    `contact` is a telephone number or a shared address of the structure, never a person's name. It is printed in mails
    to evaluators and is not loaded into the warehouse.
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
        """Cohort and structure, such as `VITA-2/ICARE`."""
        return f"{self.cohort_code}/{self.structure_code}"

    def has_left_by(self, day: date) -> bool:
        """Return whether the structure left before a day: it still owes what is due on the day on which it leaves."""
        return self.left_on is not None and day > self.left_on


class Indicator(_Model):
    """A measure with one meaning in all innovations and phases: a line of codebook.csv.

    Attributes:
        indicator_code: Code of the indicator.
        label_fr: Label in French.
        label_en: Label in English.
        level: Whether it describes structures or participants.
        kind: Type of its values.
        unit: Unit of its values.
        minimum: Lowest valid value.
        maximum: Highest valid value.
        ceiling: Highest plausible value of one structure, for the bounds of figures; None for the highest known one.
        is_cumulative: Whether each value counts from the beginning, so that an earlier one is a floor of a missing one.
        allowed_values: Valid values of a choice, separated by `|`.
        over_structures: How it is aggregated over structures.
        over_respondents: How the answers of several respondents of a structure are aggregated to its value.
        is_core: Whether it counts for completeness.
        publication_rank: Its place in publications; None if it is not published.
    """

    indicator_code: Code
    label_fr: str
    label_en: str
    level: Level
    kind: IndicatorKind
    unit: Annotated[str | None, Blank] = None
    minimum: Annotated[float | None, Blank] = None
    maximum: Annotated[float | None, Blank] = None
    ceiling: Annotated[float | None, Blank] = None
    is_cumulative: Annotated[bool, BeforeValidator(_blank_is_false)] = False
    allowed_values: Annotated[str | None, Blank] = None
    over_structures: Aggregation
    over_respondents: Annotated[Aggregation, BeforeValidator(_blank_is_no_aggregation)] = Aggregation.NONE
    is_core: bool
    publication_rank: Annotated[int | None, Blank] = None

    @cached_property
    def choices(self) -> tuple[str, ...]:
        """The valid values of a choice."""
        return tuple(self.allowed_values.split("|")) if self.allowed_values else ()


class CrosswalkLine(_Model):
    """Maps a survey question or workbook item of an instrument version to an indicator: a line of crosswalk.csv.

    Attributes:
        instrument_code: The instrument.
        version: The version of the instrument.
        item: The exported question, or workbook item (`sheet!code`).
        indicator_code: The indicator.
        recode: The recode that is applied to the answers.
        share_of: A value of the recode. The indicator is then the share of the respondents whose answer has this value.
        break_reason: Why a new series of the indicator starts with this version; None if none does.
    """

    instrument_code: Code
    version: int
    item: Annotated[str, StringConstraints(min_length=1)]
    indicator_code: Code
    recode: Annotated[str | None, Blank] = None
    share_of: Annotated[str | None, Blank] = None
    break_reason: Annotated[str | None, Blank] = None


class RecodeLine(_Model):
    """Maps a value of a return to a value, or to a missing reason: a line of recodes.csv."""

    recode: Code
    source_value: str
    value: Annotated[str | None, Blank] = None
    missing_reason: Annotated[MissingReason | None, Blank] = None

    @model_validator(mode="after")
    def _has_value_or_reason(self) -> Self:
        if (self.value is None) == (self.missing_reason is None):
            raise ValueError("expected either a value or a missing_reason")
        return self


class PublishedFigure(_Model):
    """A figure that a report printed: a line of published.csv.

    Attributes:
        published_code: Code of the figure.
        innovation_code: Code of an innovation, or TOTAL.
        measure: What the figure measures.
        indicator_code: The measured indicator; None if the measure needs none.
        printed: The number as printed, with or without spaces between thousands, or nc or ne.
        source: The document.
        place: The place in the document.
        note: A remark.
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
        """The printed number; None for nc and ne."""
        if self.missing_reason is not None:
            return None
        return float(re.sub(r"\s", "", self.printed).replace(",", "."))

    @property
    def decimals(self) -> int:
        """The number of printed decimals."""
        return len(self.printed.replace(",", ".").partition(".")[2])

    @property
    def missing_reason(self) -> MissingReason | None:
        """The reason that nc or ne stands for; None for a number."""
        return {"nc": MissingReason.NOT_COMMUNICATED, "ne": MissingReason.NOT_EVALUATED}.get(self.printed)

    @model_validator(mode="after")
    def _has_an_indicator_if_needed(self) -> Self:
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
    """The validated contents of a programme folder.

    Attributes:
        version: sha256 of the contents of its files.
        settings: Contents of programme.yaml.
        enrolments: Lines of structures.csv.
        indicators: Lines of codebook.csv.
        crosswalk: Lines of crosswalk.csv.
        recodes: Lines of recodes.csv.
        published: Lines of published.csv: figures to compare with the warehouse.
        questionnaires: The baseline questionnaire of each instrument version that has one, by (instrument, version).
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
        """The cohorts by code."""
        return {cohort.code: cohort for cohort in self.settings.cohorts}

    @cached_property
    def enrolment_by_id(self) -> dict[str, Enrolment]:
        """The enrolments by id."""
        return {enrolment.enrolment_id: enrolment for enrolment in self.enrolments}

    @cached_property
    def instrument_by_code(self) -> dict[str, Instrument]:
        """The instruments by code."""
        return {instrument.code: instrument for instrument in self.settings.instruments}

    @cached_property
    def indicator_by_code(self) -> dict[str, Indicator]:
        """The indicators by code."""
        return {indicator.indicator_code: indicator for indicator in self.indicators}

    def crosswalk_of(self, instrument_code: str, version: int) -> list[CrosswalkLine]:
        """Return the crosswalk lines of an instrument version."""
        return [x for x in self.crosswalk if x.instrument_code == instrument_code and x.version == version]

    def recode_of(self, name: str) -> dict[str, RecodeLine]:
        """Return the lines of a recode, by source value."""
        return {line.source_value: line for line in self.recodes if line.recode == name}

    def kind_of(self, field: AskedField, crossing: CrosswalkLine | None) -> IndicatorKind:
        """Return the type of a workbook field: its own, else the type of its indicator, else text."""
        if field.kind is not None:
            return field.kind
        if field.allowed_values:
            return IndicatorKind.CHOICE
        indicator = self.indicator_by_code.get(crossing.indicator_code) if crossing else None
        return indicator.kind if indicator else IndicatorKind.TEXT
