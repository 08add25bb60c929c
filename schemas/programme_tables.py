"""The model of the tables beside programme.yaml, one class for a line of each.

Dates are local to the programme.
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import date
from fractions import Fraction
from functools import cached_property
from typing import Annotated, Self

from pydantic import (
    AfterValidator,
    BeforeValidator,
    Field,
    PrivateAttr,
    StringConstraints,
    ValidationInfo,
    model_validator,
)

from schemas.base import CODE, Code, Contradiction, Day
from schemas.base import StrictModel as _Model
from schemas.enums import Aggregation, DecimalSign, IndicatorKind, Level, Measure, Misreading, MissingReason
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
    raise ValueError(expected_number(read))


def expected_number(read: Read, example: str = "1234") -> str:
    """Word what was expected of a text that could not be read as a number."""
    match read.misreading:
        case Misreading.AMBIGUOUS:
            return f"expected a number with one reading: write {' or '.join(read.readings)}"
        case Misreading.LEADING_ZEROS:
            return "expected a number without a zero before it"
        case Misreading.PERCENTAGE:
            return "expected a number that is not a percentage, or % as the unit"
        case Misreading.TOO_LONG:
            return f"expected a number of at most {SHOWN_DIGITS} digits"
        case _:
            return f"expected a number, such as {example}, or nc or ne"


Blank = BeforeValidator(_blank_is_none)
Limit = Annotated[float | None, Field(allow_inf_nan=False), BeforeValidator(_of_number)]
_SMALLEST_FACTOR, _GREATEST_FACTOR = 1e-9, 1e9
"""No product of a factor and an answer is beyond what the engines can hold."""


def _is_factor(value: object) -> object:
    if not isinstance(value, str) or value == "":
        return _blank_is_none(value)
    read = read_number(value)
    if read.misreading is Misreading.AMBIGUOUS:
        raise ValueError(expected_number(read))
    if read.misreading is None and _SMALLEST_FACTOR <= float(read.text) <= _GREATEST_FACTOR:
        return read.text
    raise ValueError("expected a number above 0, such as 0.4536, and at most 1000000000")


class Enrolment(_Model):
    """One structure in one cohort: a line of structures.csv.

    Attributes:
        structure_code: Code of the structure.
        structure_name: Name of the structure.
        cohort_code: Code of its cohort.
        former_codes: The codes under which it was enrolled before, the oldest first, separated by `|`.
        left_on: The day on which it left; None if it has not.
        left_reason: Why it left.
        merged_into: The structure that took it over on `left_on` and answers for it from then on.
        moved_to: The cohort in which it went on after `left_on`.
        is_invented: Whether it is invented, for demonstration.
        contact: A telephone number or a shared address of the structure, never a person's name. It is printed in mails
            to evaluators and is not loaded into the warehouse.
        anchor_on: The last day of its own training; None where that is the anchor date of its cohort.
    """

    structure_code: Code
    structure_name: Annotated[str, StringConstraints(min_length=1)]
    cohort_code: Code
    former_codes: Annotated[str | None, Blank] = None
    left_on: Annotated[Day | None, Blank] = None
    left_reason: Annotated[str | None, Blank] = None
    merged_into: Annotated[Code | None, Blank] = None
    moved_to: Annotated[Code | None, Blank] = None
    is_invented: bool = False
    contact: Annotated[str | None, Blank] = None
    anchor_on: Annotated[Day | None, Blank] = None

    @cached_property
    def codes(self) -> tuple[str, ...]:
        """The present code of the structure, then its former ones, the oldest first."""
        former = (self.former_codes or "").split("|")
        return (self.structure_code, *(code.strip() for code in former if code.strip()))

    @property
    def enrolment_id(self) -> str:
        """Cohort and structure, such as `VITA-2/ICARE`, by the first code of the structure: it never changes."""
        return f"{self.cohort_code}/{(self.codes[1:] or self.codes)[0]}"

    @property
    def ids(self) -> tuple[str, ...]:
        """The ways to write the enrolment, by each of its codes, the present one first."""
        return tuple(f"{self.cohort_code}/{code}" for code in self.codes)

    def has_left_by(self, day: date) -> bool:
        """Return whether the structure left before a day: it still owes what is due on the day on which it leaves."""
        return self.left_on is not None and day > self.left_on

    @model_validator(mode="after")
    def _has_left_where_others_answer(self) -> Self:
        for name, target in (("merged_into", self.merged_into), ("moved_to", self.moved_to)):
            if target is not None and self.left_on is None:
                expected = f"the day from which {target} answers for it, in left_on"
                raise Contradiction(f"{name} {target} without left_on", expected, "left_on")
        if self.merged_into is not None and self.moved_to is not None:
            expected = "merged_into for another structure, or moved_to for another cohort"
            raise Contradiction("both merged_into and moved_to", expected, "moved_to")
        return self

    @model_validator(mode="after")
    def _was_called_otherwise(self) -> Self:
        for code in self.codes[1:]:
            if not CODE.fullmatch(code):
                raise Contradiction(
                    f"'{code}' in former_codes", "codes, separated by |, such as CS05|CS5X", "former_codes"
                )
        if len({*self.codes}) < len(self.codes):
            found = f"former_codes {self.former_codes} of {self.structure_code}"
            raise Contradiction(found, "each former code once, without the present one", "former_codes")
        return self


def present_codes(enrolments: Iterable[Enrolment]) -> dict[str, str]:
    """Return the present code of each structure, by each code that it has or had."""
    return {code: enrolment.structure_code for enrolment in enrolments for code in enrolment.codes}


class Indicator(_Model):
    """A measure with one meaning in all innovations and phases: a line of codebook.csv.

    Attributes:
        indicator_code: Code of the indicator.
        label_fr: Label in French.
        label_en: Label in English.
        level: Whether it describes structures or participants.
        kind: Type of its values.
        unit: Unit of its values.
        minimum: Lowest valid value; with a formula, the least that it can be, for the bounds of figures.
        maximum: Highest valid value; with a formula, the most that it can be, for the bounds of figures.
        ceiling: Highest plausible value of one structure, for the bounds of figures; None for the highest known one.
        is_cumulative: Whether each value counts from the beginning, so that an earlier one is a floor of a missing one.
        zero_if_nothing: Whether a blank is a confirmed zero where the structure has nothing to report; of a cumulative
            indicator, the last known value.
        allowed_values: Valid values of a choice, separated by `|`.
        over_structures: How it is aggregated over structures.
        over_respondents: How the answers of several respondents of a structure are aggregated to its value.
        is_core: Whether it counts for completeness.
        publication_rank: Its place in publications; None if it is not published.
        accumulates: Whether each value counts its own period only, such as a quarter, so that the values of all
            occasions add up.
        formula: The indicators that it is computed from instead of being asked: `a + b - c`, or a ratio such as
            `placed / people`, in percent if its unit is `%`; None if it is asked.
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
    zero_if_nothing: Annotated[bool, BeforeValidator(_blank_is_false)] = False
    allowed_values: Annotated[str | None, Blank] = None
    over_structures: Aggregation
    over_respondents: Annotated[Aggregation, BeforeValidator(_blank_is_no_aggregation)] = Aggregation.NONE
    is_core: bool
    publication_rank: Annotated[int | None, Blank] = None
    accumulates: Annotated[bool, BeforeValidator(_blank_is_false)] = False
    formula: Annotated[str | None, Blank] = None

    @cached_property
    def choices(self) -> tuple[str, ...]:
        """The valid values of a choice."""
        return tuple(self.allowed_values.split("|")) if self.allowed_values else ()

    def label(self, locale: str) -> str:
        """Return the label in a language, else in the other one, else the code."""
        labels = {"fr": self.label_fr.strip(), "en": self.label_en.strip()}
        return labels.pop(locale) or next(iter(labels.values())) or self.indicator_code

    @model_validator(mode="after")
    def _values_are_separated(self) -> Self:
        values = self.allowed_values or ""
        separator = next((sign for sign in ";,/" if sign in values and "|" not in values), "")
        if separator:
            written = "|".join(value.strip() for value in values.split(separator))
            raise Contradiction(
                f"allowed_values '{values}', separated by '{separator}'", f"| between the values: write {written}"
            )
        return self


class CrosswalkLine(_Model):
    """Maps a survey question or workbook item of an instrument version to an indicator: a line of crosswalk.csv.

    Attributes:
        instrument_code: Code of the instrument.
        version: Number of its version, or several numbers with `|` between them where their items are mapped alike.
        item: The exported question, or workbook item (`sheet!code`).
        indicator_code: Code of the indicator.
        recode: Name of the recode that is applied to the answers; None for none.
        share_of: A value of the recode. The indicator is then the share of the respondents whose answer has this value.
        break_reason: Why a new series of the indicator starts with this version; None if none does.
        factor: The value of the indicator is the answer, after its recode, times this number, such as 0.4536 where
            pounds are asked and the indicator is in kilograms; None for 1.
    """

    instrument_code: Code
    version: int
    item: Annotated[str, StringConstraints(min_length=1)]
    indicator_code: Code
    recode: Annotated[str | None, Blank] = None
    share_of: Annotated[str | None, Blank] = None
    break_reason: Annotated[str | None, Blank] = None
    factor: Annotated[float | None, BeforeValidator(_is_factor)] = None

    def as_answered(self, value: float | None) -> float | None:
        """Return a value of the indicator in the unit of the answer: of a limit, exactly the number that reaches it."""
        if value is None or self.factor is None:
            return value
        # Of the decimal digits: 0.7 ÷ 0.001 is 700, and not a little less or more.
        return float(Fraction(str(value)) / Fraction(str(self.factor)))


class RecodeLine(_Model):
    """Maps a value of a return to a value, or to a missing reason: a line of recodes.csv.

    Attributes:
        recode: Name of the recode, on each of its lines. Lines of crosswalk.csv and `join.recode` refer to it.
        source_value: The value in the return: the code of an answer option, or the text of a cell. Blank for a box that
            was not ticked.
        value: The value that it stands for; None beside `missing_reason`.
        missing_reason: The reason that it stands for; None beside `value`.
    """

    recode: Code
    source_value: str
    value: Annotated[str | None, Blank] = None
    missing_reason: Annotated[MissingReason | None, Blank] = None

    @model_validator(mode="after")
    def _has_value_or_reason(self) -> Self:
        if (self.value is None) == (self.missing_reason is None):
            found = (
                "neither a value nor a missing_reason" if self.value is None else "both a value and a missing_reason"
            )
            raise Contradiction(found, "one of the two, either a value or a missing_reason")
        return self


_STATED_REASONS = {"nc": MissingReason.NOT_COMMUNICATED, "ne": MissingReason.NOT_EVALUATED}
"""What the reasons that a return or a report states stand for."""


_DECIMAL_SIGNS = {"en": DecimalSign.POINT, "fr": DecimalSign.COMMA}


@dataclass(frozen=True, slots=True)
class PrintedIn:
    """The context in which a published figure is validated.

    Attributes:
        locale: The locale of the programme; None if programme.yaml cannot be read. Then no number is ambiguous.
    """

    locale: str | None


def printed_number(printed: str, locale: str | None) -> Read:
    """Read a number that people have written by the notation of a locale.

    In English, `1,234` is 1234 and `1.234` is a fraction. In French, `1,234` is a fraction, and `1.234` has two
    readings: neither thousands nor decimals are written with a point. Without a locale both have two readings.
    """
    sign = _DECIMAL_SIGNS.get(locale or "")
    is_foreign = sign is DecimalSign.COMMA and "," not in printed
    read = read_number(printed, decimal_sign=None if is_foreign else sign, is_percentage=True)
    if sign is DecimalSign.COMMA and read.readings:
        return replace(read, readings=tuple(reading.replace(".", ",") for reading in read.readings))
    return read


def is_fraction_or_thousands(printed: str, locale: str | None) -> bool:
    """Return whether a number is a fraction only by the locale, and would be a whole number in another one."""
    is_clear = printed_number(printed, None).misreading is not Misreading.AMBIGUOUS
    return not is_clear and "." in printed_number(printed, locale).text


def is_printed(printed: str, fields: ValidationInfo) -> str:
    """Return a number or reason as it is, if it has one reading in the locale of the context."""
    context = fields.context
    read = printed_number(printed, context.locale if isinstance(context, PrintedIn) else None)
    is_unknown = isinstance(context, PrintedIn) and context.locale is None and read.misreading is Misreading.AMBIGUOUS
    if reason_of(printed) is None and read.misreading is not None and not is_unknown:
        example = "1,234.5" if isinstance(context, PrintedIn) and context.locale == "en" else "1 234,5"
        raise ValueError(expected_number(read, example))
    return printed


class PublishedFigure(_Model):
    """A figure that a report printed: a line of published.csv.

    Attributes:
        published_code: Code of the figure.
        innovation_code: Code of an innovation, or `TOTAL` for all of them.
        measure: What the figure measures.
        indicator_code: The measured indicator; None if the measure needs none.
        printed: The number as printed in the programme's locale, or a reason: the same spellings as in a return.
        source: The document.
        place: The place in the document.
        note: A remark.
    """

    published_code: Code
    innovation_code: Code
    measure: Measure
    indicator_code: Annotated[Code | None, Blank] = None
    printed: Annotated[str, AfterValidator(is_printed)]
    source: Annotated[str, StringConstraints(min_length=1)]
    place: Annotated[str, StringConstraints(min_length=1)]
    note: Annotated[str | None, Blank] = None
    _locale: str | None = PrivateAttr(default=None)

    def model_post_init(self, context: object, /) -> None:
        """Keep the locale of the programme, by which the number is read."""
        self._locale = context.locale if isinstance(context, PrintedIn) else None

    @property
    def value(self) -> float | None:
        """The printed number; None for a reason."""
        return None if self.missing_reason is not None else float(self._number)

    @property
    def _number(self) -> str:
        return printed_number(self.printed, self._locale).text

    @property
    def decimals(self) -> int:
        """The number of printed decimals; 0 for a reason."""
        return 0 if self.missing_reason is not None else len(self._number.partition(".")[2])

    @property
    def is_fraction_or_thousands(self) -> bool:
        """Whether the printed number is a fraction only by the locale."""
        return is_fraction_or_thousands(self.printed, self._locale)

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
            found = f"no indicator_code for the measure {self.measure}"
            if self.measure.needs_an_indicator:
                raise Contradiction(found, "the code of the indicator that the figure is of", "indicator_code")
            found = f"indicator_code {self.indicator_code} for the measure {self.measure}"
            raise Contradiction(found, "no indicator_code: this measure counts structures", "indicator_code")
        return self
