"""The model of a programme folder: the decisions of a programme's staff, as data.

Dates are local to the programme.
"""

import re
from collections.abc import Mapping
from datetime import date, timedelta
from functools import cached_property
from typing import Annotated, Self
from zoneinfo import ZoneInfo

from pydantic import AfterValidator, Field, StringConstraints, model_validator

from schemas.attributes import Attribute, AttributeValue
from schemas.base import Code, Contradiction, Day, Email, Number, Whole
from schemas.base import StrictModel as _Model
from schemas.corrections import Correction
from schemas.enums import IndicatorKind, Outcome, SuccessionKind
from schemas.following import Follow, Substitute
from schemas.formulas import Part, read_formula, resolved
from schemas.instruments import Instrument
from schemas.layouts import AskedField
from schemas.months import AVERAGE_MONTH, months_after
from schemas.own_expectations import OwnExpectation
from schemas.participants import ParticipantAttribute
from schemas.programme_tables import CrosswalkLine, Enrolment, Indicator, PublishedFigure, RecodeLine
from schemas.questionnaire import Element
from schemas.sources import Sources, known_timezone
from schemas.successions import StructureChanges, Succession, successions
from schemas.targets import Target

LOCALE = re.compile(r"^(fr|en)$")
ReminderDay = Annotated[Whole, Field(ge=-366, le=3660)]


def _in_order(days: tuple[int, ...]) -> tuple[int, ...]:
    if list(days) != sorted(set(days)):
        raise ValueError("expected each day once, the earliest first, such as [-15, 0, 7, 21]")
    return days


class Occasion(_Model):
    """A due point on the clock: a number of months, or of days, from the anchor date.

    Attributes:
        code: Code of the occasion.
        months: Months after the anchor date, before it if negative; None for an occasion in days.
        days: Days after the anchor date, before it if negative; None for an occasion in months.
        phase: The evaluation phase that it closes, if any.
    """

    code: Code
    months: Annotated[Whole, Field(ge=-120, le=120)] | None = None
    days: Annotated[Whole, Field(ge=-3660, le=3660)] | None = None
    phase: Annotated[Whole, Field(ge=1)] | None = None

    @model_validator(mode="after")
    def _has_one_offset(self) -> Self:
        if (self.months is None) == (self.days is None):
            found = "neither months nor days" if self.months is None else "both months and days"
            raise Contradiction(found, "either months: a whole number, or days: a whole number, from the anchor date")
        return self

    def due_on(self, anchor_on: date) -> date:
        """Return the day on which it falls due for an anchor date."""
        if self.days is not None:
            return anchor_on + timedelta(days=self.days)
        return months_after(anchor_on, self.months or 0)

    @property
    def offset_days(self) -> int:
        """Days after the anchor date, by which occasions are ordered. Months count with their average length."""
        return self.days if self.days is not None else round((self.months or 0) * AVERAGE_MONTH)

    @property
    def nearest_months(self) -> int:
        """Months after the anchor date; for an occasion in days, the nearest whole number of average months."""
        return self.months if self.months is not None else round((self.days or 0) / AVERAGE_MONTH)

    @property
    def offset(self) -> str:
        """The offset as the folder declares it, such as `months 6` or `days -10`."""
        return f"days {self.days}" if self.days is not None else f"months {self.months}"


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

    opens_days_before: Annotated[Whole, Field(ge=0, le=366)] = 30
    grace_days: Annotated[Whole, Field(ge=0, le=366)] = 15
    expiry_days: Annotated[Whole, Field(ge=0)] = 0
    reminder_days: Annotated[tuple[ReminderDay, ...], AfterValidator(_in_order)] = (-15, 0, 7, 21)
    reminder_repeat_days: Annotated[Whole, Field(ge=0, le=3660)] = 30
    escalate_after_days: Annotated[Whole | None, Field(ge=0, le=3660)] = None


class Result(_Model):
    """The condition for a first result of an innovation at a structure.

    The condition is an indicator above a number, or equal to a value.

    Attributes:
        indicator: Code of the indicator.
        above: The number that the indicator must exceed; None for a condition on a value.
        value: The value that the indicator must have; None for a condition on a number.
    """

    indicator: Code
    above: Number | None = None
    value: str | None = None

    @model_validator(mode="after")
    def _is_one_condition(self) -> Self:
        if (self.above is None) == (self.value is None):
            found = "neither above nor value" if self.above is None else "both above and value"
            raise Contradiction(found, "either above: a number, or value: one of the indicator's allowed values")
        return self


class Innovation(_Model):
    """An innovation that the programme scales out. The order in the folder is the order in publications.

    Attributes:
        code: Code of the innovation.
        name: Name of the innovation.
        selected_on: When it was selected, as the programme's documents give it.
        target_public: The people whom it is for.
        territory: Where it is scaled out.
        stage: How far the programme has taken it, such as `evaluation` or `scaling out`.
        result: The condition for a first result at a structure; None where no first result is looked for.
    """

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
        anchor_on: Last day of the training, for each enrolment without an `anchor_on` of its own.
        anchor_is_chosen: Whether the programme's staff chose `anchor_on` because no exact date was recorded.
        method: How the structures were trained.
        note: A remark.
    """

    code: Code
    innovation: Code
    name: str
    trained_from: str | None = None
    anchor_on: Day
    anchor_is_chosen: bool = False
    method: str | None = None
    note: str | None = None


class Evaluator(_Model):
    """A person who follows structures and is alerted about their missing returns.

    Attributes:
        code: Code of the evaluator.
        name: Name of the evaluator.
        email: Mail address of the evaluator.
        follows: Innovations, cohorts, structures, values of attributes; none of somebody who only stands in for others.
        substitutes: Who stands in when the evaluator is away.
    """

    code: Code
    name: str
    email: Email
    follows: list[Follow]
    substitutes: list[Substitute] = Field(default_factory=list[Substitute])


class Lead(_Model):
    """The person who leads the programme. Alerts about returns that stay missing are escalated to this person.

    Attributes:
        name: Name of the lead.
        email: Mail address of the lead.
    """

    name: str
    email: Email


class Alerts(_Model):
    """The form of the alerts.

    Attributes:
        digest_cap: The most returns that a digest lists. It counts all of them.
        reply_to: Mail address that gets the replies to digests; None for the address of the lead.
        weekly: Whether the lead gets a page of all cohorts once a week.
    """

    digest_cap: Annotated[Whole, Field(ge=1)] = 50
    reply_to: Email | None = None
    weekly: bool = True


class Originals(_Model):
    """Retention of the encrypted originals.

    Attributes:
        keep_days: Days after which `essaim retention` deletes an original; None for no limit.
    """

    keep_days: Annotated[Whole | None, Field(ge=1)] = None


class Disclosure(_Model):
    """Suppression of published cells that rest on few structures or participants.

    Attributes:
        minimum_structures: A published cell that rests on fewer structures is suppressed.
        minimum_participants: A published count of participants below it is suppressed, and so is one that leaves fewer
            others.
    """

    minimum_structures: Annotated[Whole, Field(ge=0)] = 0
    minimum_participants: Annotated[Whole, Field(ge=0)] = 5


class Condition(_Model):
    """A condition on a participant: an indicator above a number, or equal to one of some values.

    Attributes:
        indicator: Code of an indicator of level `participant`.
        above: The number that the indicator must exceed; None for a condition on values.
        values: The values of which the indicator must have one; empty for a condition on a number.
    """

    indicator: Code
    above: Number | None = None
    values: list[str] = Field(default_factory=list[str])

    @model_validator(mode="after")
    def _is_one_condition(self) -> Self:
        if (self.above is None) == (not self.values):
            found = "neither above nor values" if self.above is None else "both above and values"
            raise Contradiction(found, "either above: a number, or values: some of the indicator's allowed values")
        return self


class Participants(_Model):
    """What is reported of participants: at most one indicator per outcome, for all innovations, and attributes.

    Attributes:
        entered_work: The condition under which a participant has entered work.
        contract_kind: Code of the indicator that gives the kind of a participant's contract.
        in_training: The condition under which a participant is in training.
        attributes: What figures of participants are grouped by, such as sex and age band.
    """

    entered_work: Condition | None = None
    contract_kind: Code | None = None
    in_training: Condition | None = None
    attributes: list[ParticipantAttribute] = Field(default_factory=list[ParticipantAttribute])

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


class Settings(_Model):
    """The contents of programme.yaml.

    Attributes:
        programme: Code of the programme.
        name: Name of the programme.
        timezone: Name of the time zone of the programme's days, such as `Europe/Paris`.
        locale: Language of what evaluators and structures read, and notation of published numbers.
        schedule: The rules for due dates and reminders.
        occasions: The due points.
        innovations: The methods that the programme scales out, in the order of publications.
        cohorts: The structures that were trained together, and when.
        attributes: What attributes.csv declares about structures.
        evaluators: Who is alerted about which missing returns.
        lead: Who is alerted about returns that stay missing; None for nobody.
        alerts: The form of the alerts.
        instruments: The surveys and workbooks.
        sources: Where returns come from.
        originals: How long originals are kept.
        disclosure: Which published cells are suppressed.
        participants: Which indicators report the outcomes of participants, and what their figures are grouped by.
    """

    programme: Code
    name: str
    timezone: Annotated[str, AfterValidator(known_timezone)]
    locale: Annotated[str, StringConstraints(pattern=LOCALE.pattern)] = "fr"
    schedule: Schedule = Schedule()
    occasions: list[Occasion] = Field(min_length=1)
    innovations: list[Innovation] = Field(min_length=1)
    cohorts: list[Cohort]
    attributes: list[Attribute] = Field(default_factory=list[Attribute])
    evaluators: list[Evaluator] = Field(min_length=1)
    lead: Lead | None = None
    alerts: Alerts = Alerts()
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
        corrections: Lines of corrections.csv: answers that the staff put right.
        attribute_values: The values in attributes.csv, each with the days on which it holds.
        targets: Lines of targets.csv: what cohorts are to reach.
        questionnaires: The baseline questionnaire of each instrument version that has one, by (instrument, version).
        own_expectations: The programme's own expectations of the returns of each instrument, by its code.
    """

    version: str
    settings: Settings
    enrolments: list[Enrolment]
    indicators: list[Indicator]
    crosswalk: list[CrosswalkLine]
    recodes: list[RecodeLine]
    published: list[PublishedFigure] = Field(default_factory=list[PublishedFigure])
    corrections: list[Correction] = Field(default_factory=list[Correction])
    attribute_values: list[AttributeValue] = Field(default_factory=list[AttributeValue])
    targets: list[Target] = Field(default_factory=list[Target])
    questionnaires: dict[tuple[str, int], tuple[Element, ...]] = Field(
        default_factory=dict[tuple[str, int], tuple[Element, ...]]
    )
    own_expectations: dict[str, tuple[OwnExpectation, ...]] = Field(
        default_factory=dict[str, tuple[OwnExpectation, ...]]
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
    def successions(self) -> tuple[Succession, ...]:
        """Which enrolments answer for others that merged or moved."""
        innovations = {cohort.code: cohort.innovation for cohort in self.settings.cohorts}
        return tuple(successions(self.enrolments, innovations))

    @cached_property
    def structure_changes(self) -> StructureChanges:
        """What former codes and former cohorts in a return mean."""
        return StructureChanges(
            {id_: one.enrolment_id for one in self.enrolments if one.former_codes for id_ in one.ids},
            {one.enrolment_id: one for one in self.successions if one.is_next and one.kind is SuccessionKind.MOVED},
        )

    @cached_property
    def moved_on(self) -> dict[str, date]:
        """The day on which a structure moved into an enrolment: it owes there what is due later."""
        return {one.heir_enrolment_id: one.since_on for one in self.structure_changes.moves.values()}

    def without_ended(self, departures: Mapping[str, date]) -> dict[str, date]:
        """Return recorded departures without those of enrolments that merged or moved: structures.csv has their day.

        Args:
            departures: The day each enrolment left, by its id, as recorded by `essaim leave`.
        """
        ended = {one.enrolment_id for one in self.successions}
        return {id_: day for id_, day in departures.items() if id_ not in ended}

    def ids_of(self, subject_id: str) -> tuple[str, ...]:
        """Return the ways to write an enrolment or expected return, by the present code of its structure first."""
        cohort_code, structure_code, *rest = subject_id.split("/")
        enrolment = self.enrolment_by_id.get(f"{cohort_code}/{structure_code}")
        return tuple("/".join((id_, *rest)) for id_ in enrolment.ids) if enrolment else (subject_id,)

    def id_of(self, written: str) -> str:
        """Return the id of an enrolment or expected return that is written with any code of its structure."""
        cohort_code, structure_code, *rest = written.split("/")
        enrolment_id = f"{cohort_code}/{structure_code}"
        return "/".join((self.structure_changes.present.get(enrolment_id, enrolment_id), *rest))

    @cached_property
    def instrument_by_code(self) -> dict[str, Instrument]:
        """The instruments by code."""
        return {instrument.code: instrument for instrument in self.settings.instruments}

    @cached_property
    def indicator_by_code(self) -> dict[str, Indicator]:
        """The indicators by code."""
        return {indicator.indicator_code: indicator for indicator in self.indicators}

    @cached_property
    def parts_by_indicator(self) -> dict[str, tuple[Part, ...]]:
        """The asked indicators that each derived one is computed from."""
        read = {one.indicator_code: read_formula(one.formula) for one in self.indicators if one.formula is not None}
        formulas = {code: formula for code, formula in read.items() if formula is not None}
        return {code: resolved(code, formulas, self.indicator_by_code[code].unit) for code in formulas}

    def anchor_of(self, enrolment: Enrolment) -> date:
        """Return the anchor date of an enrolment: its own, else the anchor date of the cohort."""
        return enrolment.anchor_on or self.cohort_by_code[enrolment.cohort_code].anchor_on

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
