"""What a return must satisfy, projected from the instrument's crosswalk and the codebook.

Said as plain data: `tasks/validation/validate.py` makes a Great Expectations suite of it.
"""

# pyarrow.compute makes its functions when it is imported:
# pyright: reportAttributeAccessIssue=false

from collections.abc import Iterator
from dataclasses import dataclass

import pyarrow as pa
import pyarrow.compute as pc

from schemas.enums import IndicatorKind, Role, Severity
from schemas.formats import DAY, NUMBER, REASONS, SPACES, WHOLE
from schemas.layouts import AskedField
from schemas.programme import CrosswalkLine, Indicator, InstrumentVersion, Programme
from schemas.rules import AtMost, ChangesWithin, CountsWith, Rule


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
    severity: Severity = Severity.ERROR


@dataclass(frozen=True, slots=True)
class IsEnough:
    """The answer is at least so much where that to another item, which counts with it, is above zero."""

    item: str
    minimum: float
    counted: str
    severity: Severity


@dataclass(frozen=True, slots=True)
class HasChanged:
    """The answer is so many times what it was at the last occasion; None for no bound."""

    item: str
    at_least_times: float | None
    at_most_times: float | None
    severity: Severity


@dataclass(frozen=True, slots=True)
class IsAnswered:
    """The item is answered. A blank is a warning: it is kept, and counts against completeness."""

    item: str


Expected = IsText | IsWithin | IsOneOf | IsAtMost | IsEnough | HasChanged | IsAnswered


def expectations(programme: Programme, instrument_code: str, version: InstrumentVersion) -> Iterator[Expected]:
    """Everything expected of a return of this instrument version."""
    # The cells of a table are checked while they are read: what is checked here has one value a return.
    in_rows = {sheet.item_of(column) for sheet in version.sheets for column in sheet.columns}
    crossings = {line.item: line for line in programme.crosswalk_of(instrument_code, version.version)}
    for line in crossings.values():
        if line.item not in in_rows:
            yield from _of_item(programme, line, programme.indicator_by_code[line.indicator_code])
    for sheet in version.sheets:
        for item in sheet.items:
            yield from _of_declared(sheet.item_of(item), item, is_crossed=sheet.item_of(item) in crossings)
    for rule in version.rules:
        yield from _of_rule(rule)


def _of_rule(rule: Rule) -> Iterator[Expected]:
    match rule:
        case AtMost():
            yield IsAtMost(rule.item, rule.at_most, rule.severity)
        case CountsWith():
            for item, minimum in rule.counts_with.items():
                yield IsEnough(item, minimum, rule.item, rule.severity)
        case ChangesWithin():
            yield HasChanged(rule.item, rule.at_least_times, rule.at_most_times, rule.severity)


def _of_declared(item: str, field: AskedField, *, is_crossed: bool) -> Iterator[Expected]:
    """What an item declares beyond its indicator."""
    if field.role is not Role.INDICATOR:
        return
    if field.allowed_values and not is_crossed:
        yield IsOneOf(item, (*field.allowed_values, *REASONS))
    elif field.kind is not None and not is_crossed:
        yield from _of_kind(item, field.kind)
    if field.minimum is not None or field.maximum is not None:
        yield IsWithin(item, field.minimum, field.maximum)


def _of_item(programme: Programme, line: CrosswalkLine, indicator: Indicator) -> Iterator[Expected]:
    if line.recode is not None:
        yield IsOneOf(line.item, (*programme.recode_of(line.recode), *REASONS))
    elif indicator.choices:
        yield IsOneOf(line.item, (*indicator.choices, *REASONS))
    else:
        yield from _of_kind(line.item, indicator.kind)
        if indicator.kind.is_numeric and (indicator.minimum is not None or indicator.maximum is not None):
            yield IsWithin(line.item, indicator.minimum, indicator.maximum)
    if indicator.is_core:
        yield IsAnswered(line.item)


def _of_kind(item: str, kind: IndicatorKind) -> Iterator[Expected]:
    patterns = {IndicatorKind.COUNT: WHOLE, IndicatorKind.NUMBER: NUMBER, IndicatorKind.DATE: DAY}
    if kind in patterns:
        yield IsText(item, f"(?i)^(?:{patterns[kind].pattern}|{'|'.join(REASONS)})\\Z", kind)


def numbers_of(texts: pa.ChunkedArray) -> pa.ChunkedArray:
    """The number that each text says, with a decimal point or comma and any space between thousands; null for none."""
    are_numbers = pc.match_substring_regex(texts, f"^(?:{NUMBER.pattern})$")
    digits = pc.replace_substring(pc.replace_substring_regex(texts, SPACES, ""), ",", ".")
    return pc.cast(pc.if_else(are_numbers, digits, pa.scalar(None, pa.string())), pa.float64())
