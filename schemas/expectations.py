"""Derive the expectations of a return from the instrument's crosswalk and the codebook.

The expectations are plain data: `tasks/validation/validate.py` converts them to a Great Expectations suite.
"""

# pyarrow.compute creates its functions when it is imported:
# pyright: reportAttributeAccessIssue=false

from collections.abc import Iterator
from dataclasses import dataclass

import pyarrow as pa
import pyarrow.compute as pc

from schemas.enums import IndicatorKind, Role, Severity
from schemas.formats import DAY, NUMBER, REASONS, THOUSANDS, WHOLE
from schemas.instruments import InstrumentVersion
from schemas.layouts import AskedField
from schemas.own_expectations import OwnExpectation
from schemas.programme import Programme
from schemas.programme_tables import CrosswalkLine, Indicator
from schemas.rules import AtMost, ChangesWithin, CountsWith, Rule

_TIME_ALONE = "(?!1970-01-01[T ](?!00:00))"
"""Excludes the answers to a question for a time alone, which LimeSurvey exports as times on 1 January 1970."""


@dataclass(frozen=True, slots=True)
class IsText:
    """Expect an answer that matches a pattern, or is a reason (`nc`, `ne`)."""

    item: str
    pattern: str
    kind: IndicatorKind


@dataclass(frozen=True, slots=True)
class IsWithin:
    """Expect a numeric answer within limits; None for no limit."""

    item: str
    minimum: float | None
    maximum: float | None


@dataclass(frozen=True, slots=True)
class IsOneOf:
    """Expect one of these values."""

    item: str
    values: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class IsAtMost:
    """Expect an answer that is at most the answer to the item `limit`, if both are numbers."""

    item: str
    limit: str
    severity: Severity = Severity.ERROR


@dataclass(frozen=True, slots=True)
class IsEnough:
    """Expect at least `minimum` if the answer to the item `counted` is above zero."""

    item: str
    minimum: float
    counted: str
    severity: Severity


@dataclass(frozen=True, slots=True)
class HasChanged:
    """Expect a ratio to the answer at the last occasion within bounds; None for no bound."""

    item: str
    at_least_times: float | None
    at_most_times: float | None
    severity: Severity


@dataclass(frozen=True, slots=True)
class IsAnswered:
    """Expect an answer. A blank is a warning: the return is loaded, and the blank counts against its completeness."""

    item: str


Expected = IsText | IsWithin | IsOneOf | IsAtMost | IsEnough | HasChanged | IsAnswered | OwnExpectation


def expectations(programme: Programme, instrument_code: str, version: InstrumentVersion) -> Iterator[Expected]:
    """Yield the expectations of a return of an instrument version."""
    # The reader checks the cells of tables. Great Expectations checks the items with one value per return.
    in_rows = {sheet.item_of(column) for sheet in version.sheets for column in sheet.columns}
    crosswalk = programme.crosswalk_of(instrument_code, version.version)
    crossings = {line.item for line in crosswalk}
    # Several lines may map one item, each to the share of another value.
    yield from dict.fromkeys(
        expected
        for line in crosswalk
        if line.item not in in_rows
        for expected in _of_item(programme, line, programme.indicator_by_code[line.indicator_code])
    )
    for sheet in version.sheets:
        for item in sheet.items:
            yield from _of_declared(sheet.item_of(item), item, is_crossed=sheet.item_of(item) in crossings)
    for rule in version.rules:
        yield from _of_rule(rule)
    # An earlier or later version may not ask what an expectation of the programme's own is about.
    asked = (crossings | {sheet.item_of(item) for sheet in version.sheets for item in sheet.items}) - in_rows
    yield from (own for own in programme.own_expectations.get(instrument_code, ()) if asked.issuperset(own.items))


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
    """Yield the expectations that an item declares in addition to those of its indicator."""
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
            limits = line.as_answered(indicator.minimum), line.as_answered(indicator.maximum)
            yield IsWithin(line.item, *limits)
    if indicator.is_core:
        yield IsAnswered(line.item)


def _of_kind(item: str, kind: IndicatorKind) -> Iterator[Expected]:
    patterns = {IndicatorKind.COUNT: WHOLE, IndicatorKind.NUMBER: NUMBER, IndicatorKind.DATE: DAY}
    if kind in patterns:
        excluded = _TIME_ALONE if kind is IndicatorKind.DATE else ""
        yield IsText(item, f"(?i)^(?:{excluded}{patterns[kind].pattern}|{'|'.join(REASONS)})\\Z", kind)


def numbers_of(texts: pa.ChunkedArray) -> pa.ChunkedArray:
    """Convert texts to numbers; null for texts that are not numbers.

    The decimal sign is a point or a comma. A space, of any width, or an apostrophe may separate thousands.
    """
    are_numbers = pc.match_substring_regex(texts, f"^(?:{NUMBER.pattern})$")
    digits = pc.replace_substring(pc.replace_substring_regex(texts, THOUSANDS, ""), ",", ".")
    return pc.cast(pc.if_else(are_numbers, digits, pa.scalar(None, pa.string())), pa.float64())
