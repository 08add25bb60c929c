"""Read the values of corrections.csv as the answers of returns are read."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from schemas.enums import DecimalSign, IndicatorKind, Misreading
from schemas.formats import FIRST_DAY, LAST_DAY, REASONS, Read, read_answer
from schemas.instruments import Instrument, InstrumentVersion
from schemas.layouts import DAY_FORMATS, AskedField
from schemas.programme_tables import CrosswalkLine, Indicator, expected_number

_DAY_LENGTH = len("2019-01-31")


@dataclass(frozen=True, slots=True)
class AskedAnswer:
    """How the answers to an item are written.

    Attributes:
        kind: The kind of value.
        choices: The valid answers of a choice, recoded ones included; empty for other kinds.
        decimal_sign: The declared decimal sign.
        is_percentage: Whether the number is one of percent.
        day_formats: The formats of days.
        minimum: The least valid number; None for no limit.
        maximum: The greatest valid number; None for no limit.
    """

    kind: IndicatorKind
    choices: tuple[str, ...]
    decimal_sign: DecimalSign | None
    is_percentage: bool
    day_formats: tuple[str, ...]
    minimum: float | None
    maximum: float | None

    def read(self, given: str) -> Read:
        """Read an answer. A day is read without its time."""
        read = read_answer(
            given,
            self.kind,
            self.choices,
            decimal_sign=self.decimal_sign,
            is_percentage=self.is_percentage,
            day_formats=self.day_formats,
        )
        is_day = self.kind is IndicatorKind.DATE and not self.choices and read.misreading is None
        return Read(read.text[:_DAY_LENGTH]) if is_day and read.text not in REASONS else read

    def expected(self, read: Read) -> str:
        """Word what was expected of a text that could not be read."""
        if read.misreading in (Misreading.REVERSED, Misreading.LOST_LETTER, Misreading.ENCODED_TWICE):
            return "the answer as it was typed"
        if self.kind is IndicatorKind.COUNT and read.misreading is Misreading.KIND:
            return "a whole number, such as 1234, or nc or ne"
        if self.kind is not IndicatorKind.DATE:
            return expected_number(read).removeprefix("expected ")
        if read.misreading is Misreading.LIMITS:
            return f"a day from {FIRST_DAY} to {LAST_DAY}"
        return "a day that exists, such as 2025-03-31, or nc or ne"

    def refused(self, read: Read) -> str:
        """Word what is expected instead of a readable answer; empty if it is valid."""
        if read.text in ("", *REASONS):
            return ""
        if self.choices:
            return "" if read.text in self.choices else f"one of {', '.join(filter(None, self.choices))}, or nc or ne"
        if not self.kind.is_numeric:
            return ""
        number = float(read.text)
        if self.minimum is not None and self.maximum is not None and self.minimum > self.maximum:
            return ""  # The limits are reported where they are declared.
        if self.minimum is not None and number < self.minimum:
            return f"at least {self.minimum:g}"
        return f"at most {self.maximum:g}" if self.maximum is not None and number > self.maximum else ""

    def key(self, text: str) -> str | float:
        """Return what a readable answer is compared by: 12 and 12.0 are one number."""
        is_number = self.kind.is_numeric and text not in ("", *REASONS)
        return float(text) if is_number else text


def asked_answer(
    instrument: Instrument,
    version: InstrumentVersion,
    crossing: CrosswalkLine,
    indicators: Mapping[str, Indicator],
    source_values: Mapping[str, Iterable[str]],
) -> AskedAnswer | None:
    """Return how the answers to a mapped item are written; None if its indicator or its recode is not known.

    Args:
        instrument: The instrument.
        version: Its version.
        crossing: A crosswalk line of the item. Those of several shares have one recode.
        indicators: The indicators, by code.
        source_values: The values that each recode lists.
    """
    indicator = indicators.get(crossing.indicator_code)
    if indicator is None or (crossing.recode is not None and crossing.recode not in source_values):
        return None
    field = next((f for s in version.sheets for f in s.fields if s.item_of(f) == crossing.item), None)
    choices = _choices(field, crossing, indicator, source_values)
    kind = (field.kind if field else None) or indicator.kind
    unit = (field.unit if field else None) or (indicator.unit if crossing.factor is None else None) or ""
    limits = (crossing.as_answered(indicator.minimum), crossing.as_answered(indicator.maximum))
    if field is not None:
        limits = tuple(
            of_indicator if own is None else own
            for own, of_indicator in zip((field.minimum, field.maximum), limits, strict=True)
        )
    return AskedAnswer(
        kind=IndicatorKind.CHOICE if choices else kind,
        choices=choices,
        decimal_sign=instrument.decimal_sign,
        is_percentage="%" in unit,
        day_formats=tuple(field.day_formats if field else DAY_FORMATS),
        minimum=limits[0],
        maximum=limits[1],
    )


def _choices(
    field: AskedField | None,
    crossing: CrosswalkLine,
    indicator: Indicator,
    source_values: Mapping[str, Iterable[str]],
) -> tuple[str, ...]:
    if field is not None and field.allowed_values:
        return tuple(field.allowed_values)
    return tuple(source_values[crossing.recode]) if crossing.recode is not None else indicator.choices
