"""What a return must satisfy, projected from the instrument's crosswalk and the codebook.

Said as plain data: `tasks/quality.py` makes a Great Expectations suite of it.
"""

# pyarrow.compute makes its functions when it is imported:
# pyright: reportAttributeAccessIssue=false

import re
from collections.abc import Iterator
from dataclasses import dataclass

import pyarrow as pa
import pyarrow.compute as pc

from schemas.programme import CrosswalkLine, Indicator, InstrumentVersion, Programme
from schemas.states import IndicatorKind

REASONS = ("nc", "ne")
"""What a structure writes instead of a number: not communicated, not evaluated."""

_SPACES = "[ \u00a0\u202f]"
_DIGITS = rf"[+-]?(?:[0-9]+|[0-9]{{1,3}}(?:{_SPACES}[0-9]{{3}})+)"
NUMBER = re.compile(rf"{_DIGITS}(?:[.,][0-9]+)?")
WHOLE = re.compile(rf"{_DIGITS}(?:[.,]0+)?")
DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}(?:[T ]00:00:00)?")


@dataclass(frozen=True, slots=True)
class IsText:
    """The answer matches a pattern, or is one of the reasons."""

    item: str
    pattern: str
    kind: IndicatorKind


@dataclass(frozen=True, slots=True)
class IsWithin:
    """The answer, where it is a number, is within limits; None for no limit."""

    item: str
    minimum: float | None
    maximum: float | None


@dataclass(frozen=True, slots=True)
class IsOneOf:
    """The answer is one of these."""

    item: str
    values: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class IsAtMost:
    """The answer is at most that to another item, where both are numbers."""

    item: str
    limit: str


@dataclass(frozen=True, slots=True)
class IsAnswered:
    """The item is answered. A blank is a warning: it is kept, and counts against completeness."""

    item: str


Expected = IsText | IsWithin | IsOneOf | IsAtMost | IsAnswered


def expectations(programme: Programme, instrument_code: str, version: InstrumentVersion) -> Iterator[Expected]:
    """Everything expected of a return of this instrument version."""
    for line in programme.crosswalk_of(instrument_code, version.version):
        indicator = programme.indicator_by_code[line.indicator_code]
        yield from _of_item(programme, line, indicator)
    for rule in version.rules:
        yield IsAtMost(rule.item, rule.at_most)


def _of_item(programme: Programme, line: CrosswalkLine, indicator: Indicator) -> Iterator[Expected]:
    if line.recode is not None:
        yield IsOneOf(line.item, (*programme.recode_of(line.recode), *REASONS))
    elif indicator.choices:
        yield IsOneOf(line.item, (*indicator.choices, *REASONS))
    elif indicator.kind.is_numeric:
        pattern = WHOLE if indicator.kind is IndicatorKind.COUNT else NUMBER
        yield IsText(line.item, f"(?i)^(?:{pattern.pattern}|{'|'.join(REASONS)})\\Z", indicator.kind)
        if indicator.minimum is not None or indicator.maximum is not None:
            yield IsWithin(line.item, indicator.minimum, indicator.maximum)
    elif indicator.kind is IndicatorKind.DATE:
        yield IsText(line.item, f"(?i)^(?:{DAY.pattern}|{'|'.join(REASONS)})\\Z", indicator.kind)
    if indicator.is_core:
        yield IsAnswered(line.item)


def numbers_of(texts: pa.ChunkedArray) -> pa.ChunkedArray:
    """The number that each text says, with a decimal point or comma and any space between thousands; null for none."""
    are_numbers = pc.match_substring_regex(texts, f"^(?:{NUMBER.pattern})$")
    digits = pc.replace_substring(pc.replace_substring_regex(texts, _SPACES, ""), ",", ".")
    return pc.cast(pc.if_else(are_numbers, digits, pa.scalar(None, pa.string())), pa.float64())
