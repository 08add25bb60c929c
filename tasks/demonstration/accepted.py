"""Resolve what an item accepts: the values of its recode or its indicator, within the limits of its field."""

import math
from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from datetime import timedelta

from schemas.enums import IndicatorKind
from schemas.formats import NUMBER
from schemas.programme import Programme
from schemas.programme_tables import CrosswalkLine
from tasks.demonstration.answering import Answering
from tasks.workbooks.sheet_fields import SheetField

_HUNDRED = 100
_FULLY_USED = 20
"""A declared range of at most this width is used from end to end, as a rating from 1 to 5 is."""
_DAYS_OF_EVENTS = 60
_DECIMALS, _MOST_DECIMALS = 4, 10


@dataclass(frozen=True, slots=True)
class Accepted:
    """The answers that an item accepts.

    Attributes:
        key: What chance depends on besides the respondent: the indicator, or the item of an answer that gives none.
        kind: The kind of value.
        values: The only valid answers, from the least to the most advanced; None where any of its kind is valid.
        minimum: The lowest valid number; None for no limit.
        maximum: The highest valid number; None for no limit.
        likely_most: The highest plausible number; None where none is declared.
        is_core: Whether it counts for completeness.
        is_required: Whether a blank is an error.
        is_typed: Whether the respondent writes the answer, and can write a reason such as `nc` instead.
    """

    key: str
    kind: IndicatorKind
    values: tuple[str, ...] | None = None
    minimum: float | None = None
    maximum: float | None = None
    likely_most: float | None = None
    is_core: bool = False
    is_required: bool = False
    is_typed: bool = False

    def among(self, offered: Collection[str]) -> "Accepted":
        """Return the same for an item that offers a closed list of answers."""
        if self.values is not None:
            return replace(self, values=tuple(value for value in self.values if value in offered))
        if self.kind.is_numeric:
            numbers = sorted((value for value in offered if self._is_within(value)), key=float)
            return replace(self, values=tuple(numbers))
        return replace(self, values=tuple(offered) if self.kind is not IndicatorKind.DATE else ())

    def between(self, minimum: float | None, maximum: float | None) -> "Accepted":
        """Return the same within narrower limits."""
        lowest = max((x for x in (self.minimum, minimum) if x is not None), default=None)
        highest = min((x for x in (self.maximum, maximum) if x is not None), default=None)
        return replace(self, minimum=lowest, maximum=highest)

    def answer(self, answering: Answering) -> str | None:
        """Choose an answer; None where nothing is valid. Days are ISO texts."""
        place = answering.place(self.key)
        if self.values is not None:
            return self.values[answering.reached(place, len(self.values))] if self.values else None
        match self.kind:
            case IndicatorKind.COUNT | IndicatorKind.NUMBER:
                return self._number(place, answering)
            case IndicatorKind.DATE:
                day = answering.began_on + timedelta(days=int(place * _DAYS_OF_EVENTS))
                return str(min(day, answering.answered_on))
            case _:
                return answering.words.gettext("Invented answer")

    def at_most(self, limit: float) -> str | None:
        """Return the highest valid number that is at most a limit; None where there is none."""
        if self.values is not None:
            return next((value for value in reversed(self._numbers()) if float(value) <= limit), None)
        highest = math.floor(min(limit, math.inf if self.maximum is None else self.maximum))
        return _shown(highest) if self._is_within(str(highest)) else None

    def at_least(self, limit: float) -> str | None:
        """Return the lowest valid number that is at least a limit; None where there is none."""
        if self.values is not None:
            return next((value for value in self._numbers() if float(value) >= limit), None)
        lowest = math.ceil(max(limit, -math.inf if self.minimum is None else self.minimum))
        return _shown(lowest) if self._is_within(str(lowest)) else None

    def _numbers(self) -> list[str]:
        return sorted((value for value in self.values or () if NUMBER.fullmatch(value)), key=float)

    def _is_within(self, value: str) -> bool:
        try:
            number = float(value)
        except ValueError:
            return False
        is_whole = self.kind is not IndicatorKind.COUNT or number.is_integer()
        return (
            is_whole
            and (self.minimum is None or number >= self.minimum)
            and (self.maximum is None or number <= self.maximum)
        )

    def _number(self, place: float, answering: Answering) -> str | None:
        minimum = self.minimum if self.minimum is not None else min(0.0, self.maximum or 0.0)
        lowest = math.ceil(minimum)
        mosts = [self.maximum, self.likely_most if answering.grows else None]
        highest = min([lowest + self._width(lowest, answering), *(math.floor(m) for m in mosts if m is not None)])
        if highest >= lowest:
            return str(lowest + int(place * (highest - lowest + 1)))
        if self.kind is IndicatorKind.COUNT or self.maximum is None or self.maximum < minimum:
            return None
        # No whole number is within the limits.
        fraction = round(minimum + place * (self.maximum - minimum), _DECIMALS)
        shown = _shown(min(max(fraction, minimum), self.maximum))
        return shown if self._is_within(shown) else None

    def _width(self, lowest: int, answering: Answering) -> int:
        if answering.grows and self.minimum is not None and self.maximum is not None:
            declared = math.floor(self.maximum) - lowest
            if declared <= _FULLY_USED:
                return max(declared, 0)
        return answering.spread


def accepted_by_line(programme: Programme, line: CrosswalkLine) -> Accepted:
    """Return what an item accepts by its line of the crosswalk."""
    indicator = programme.indicator_by_code[line.indicator_code]
    maximum = indicator.maximum if indicator.maximum is not None else _hundred(indicator.unit)
    values: tuple[str, ...] | None = None
    if line.recode is not None:
        values = _of_recode(
            {source: x.value for source, x in programme.recode_of(line.recode).items() if x.value is not None},
            indicator.choices,
        )
    elif indicator.kind is IndicatorKind.CHOICE:
        values = tuple(reversed(indicator.choices))
    return Accepted(
        key=line.indicator_code if line.share_of is None else line.item,
        kind=indicator.kind,
        values=values,
        minimum=line.as_answered(indicator.minimum),
        maximum=line.as_answered(maximum),
        likely_most=line.as_answered(indicator.ceiling),
        is_core=indicator.is_core,
        is_typed=True,
    )


def accepted_by_field(programme: Programme, field: SheetField, line: CrosswalkLine | None) -> Accepted:
    """Return what a cell of a workbook accepts, by its field and by its line of the crosswalk, if any."""
    if line is None:
        accepted = Accepted(field.item, field.kind, maximum=_hundred(field.unit), is_typed=True)
        accepted = replace(accepted, values=tuple(reversed(field.choices))) if field.choices else accepted
    else:
        accepted = accepted_by_line(programme, line)
        accepted = accepted.among(field.choices) if field.choices else replace(accepted, kind=field.kind)
    return replace(accepted.between(field.minimum, field.maximum), is_required=field.is_required)


def _of_recode(value_of: Mapping[str, str], choices: tuple[str, ...]) -> tuple[str, ...]:
    """Return the source values of a recode, from the least to the most advanced.

    The choices of an indicator are listed from the most to the least advanced.
    """
    if choices:
        rank = {choice: number for number, choice in enumerate(reversed(choices))}
        return tuple(sorted((x for x in value_of if value_of[x] in rank), key=lambda x: rank[value_of[x]]))
    if all(NUMBER.fullmatch(value) for value in value_of.values()):
        return tuple(sorted(value_of, key=lambda x: float(value_of[x].replace(",", "."))))
    return tuple(value_of)


def _hundred(unit: str | None) -> float | None:
    return _HUNDRED if "%" in (unit or "") else None


def _shown(number: float) -> str:
    return str(int(number)) if float(number).is_integer() else f"{number:.{_MOST_DECIMALS}f}".rstrip("0")
