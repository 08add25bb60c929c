"""The model of the tables beside programme.yaml, one class for a line of each.

Dates are local to the programme.
"""

from datetime import date
from functools import cached_property
from typing import Annotated, Self

from pydantic import AfterValidator, BeforeValidator, Field, StringConstraints, ValidationInfo, model_validator

from schemas.base import Code
from schemas.base import StrictModel as _Model
from schemas.enums import Aggregation, IndicatorKind, Level, Measure, Misreading, MissingReason
from schemas.formats import SHOWN_DIGITS, Read, read_number, reason_of


def _blank_is_none(value: object) -> object:
    return None if value == "" else value


def _blank_is_false(value: object) -> object:
    return False if value == "" else value


def _blank_is_no_aggregation(value: object) -> object:
    return Aggregation.NONE if value == "" else value


def _of_number(value: object, fields: ValidationInfo) -> object:
    """Read a limit as the returns are read that it limits."""
    if not isinstance(value, str) or value == "":
        return _blank_is_none(value)
    read = read_number(value, is_percentage="%" in (fields.data.get("unit") or ""))
    if read.misreading in (None, Misreading.KIND):
        return read.text  # What is no number in a return may be one here: 1e6.
    raise ValueError(_expected_number(read))


def _expected_number(read: Read) -> str:
    match read.misreading:
        case Misreading.AMBIGUOUS:
            return f"expected a number with one reading: {' or '.join(read.readings)}"
        case Misreading.LEADING_ZEROS:
            return "expected a number without a zero before it"
        case Misreading.PERCENTAGE:
            return "expected a number that is not a percentage, or % as the unit"
        case Misreading.TOO_LONG:
            return f"expected a number of at most {SHOWN_DIGITS} digits"
        case _:
            return "expected a number, such as 1 234,5, or nc or ne"


Blank = BeforeValidator(_blank_is_none)
Limit = Annotated[float | None, Field(allow_inf_nan=False), BeforeValidator(_of_number)]


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
    label_fr: str = ""
    label_en: str = ""
    level: Level
    kind: IndicatorKind
    unit: Annotated[str | None, Blank] = None
    minimum: Limit = None
    maximum: Limit = None
    ceiling: Limit = None
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


_STATED_REASONS = {"nc": MissingReason.NOT_COMMUNICATED, "ne": MissingReason.NOT_EVALUATED}
"""What the reasons that a return or a report states stand for."""


def _printed_number(printed: str) -> Read:
    return read_number(printed, is_percentage=True)


def _is_printed(printed: str) -> str:
    read = _printed_number(printed)
    if reason_of(printed) is None and read.misreading is not None:
        raise ValueError(_expected_number(read))
    return printed


class PublishedFigure(_Model):
    """A figure that a report printed: a line of published.csv.

    Attributes:
        published_code: Code of the figure.
        innovation_code: Code of an innovation, or TOTAL.
        measure: What the figure measures.
        indicator_code: The measured indicator; None if the measure needs none.
        printed: The number as printed, or a reason: the same spellings as in a return.
        source: The document.
        place: The place in the document.
        note: A remark.
    """

    published_code: Code
    innovation_code: Code
    measure: Measure
    indicator_code: Annotated[Code | None, Blank] = None
    printed: Annotated[str, AfterValidator(_is_printed)]
    source: Annotated[str, StringConstraints(min_length=1)]
    place: Annotated[str, StringConstraints(min_length=1)]
    note: Annotated[str | None, Blank] = None

    @property
    def value(self) -> float | None:
        """The printed number; None for a reason."""
        return None if self.missing_reason is not None else float(_printed_number(self.printed).text)

    @property
    def decimals(self) -> int:
        """The number of printed decimals; 0 for a reason."""
        return 0 if self.missing_reason is not None else len(_printed_number(self.printed).text.partition(".")[2])

    @property
    def missing_reason(self) -> MissingReason | None:
        """The reason that is printed; None for a number."""
        return _STATED_REASONS.get(reason_of(self.printed) or "")

    @property
    def is_percentage(self) -> bool:
        """Whether a percent sign is printed."""
        return self.printed.rstrip().endswith("%")

    @model_validator(mode="after")
    def _has_an_indicator_if_needed(self) -> Self:
        if self.measure.needs_an_indicator != (self.indicator_code is not None):
            wanted = "an" if self.measure.needs_an_indicator else "no"
            raise ValueError(f"expected {wanted} indicator_code for the measure {self.measure}")
        return self
