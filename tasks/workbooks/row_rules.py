"""Rules between the cells of one row: checked column against column, said in words, and as formulas."""

# pyarrow.compute makes its functions when it is imported:
# pyright: reportAttributeAccessIssue=false

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from gettext import NullTranslations

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from schemas.enums import IndicatorKind, Role, Severity
from schemas.expectations import numbers_of
from schemas.formats import DAY, REASONS
from schemas.rules import RowCondition, RowOrder, RowRule
from tasks.spreadsheets.cells import column_letters
from tasks.workbooks.cell_values import Check
from tasks.workbooks.column_checks import CellFault, ColumnRead
from tasks.workbooks.sheet_fields import Layout, SheetField

_DAY = len("2019-03-31")


@dataclass(frozen=True, slots=True)
class TableColumn:
    """A column of a table: what stands in its cells, what was read of them, and where a row's cell is, in words."""

    shown: pa.Array
    read: ColumnRead
    where: Callable[[int], str]


def broken_rules(
    layout: Layout, columns: Mapping[str, TableColumn], language: NullTranslations
) -> Iterator[tuple[SheetField, Severity, tuple[CellFault, ...]]]:
    """The cells that break each rule, from top to bottom. One that is wrong by itself is told of that only."""
    for rule in layout.sheet.rules:
        asked, other = asked_of(layout, rule.column), asked_of(layout, rule.other)
        if asked.item not in columns or other.item not in columns:
            continue
        one, two = columns[asked.item], columns[other.item]
        match rule:
            case RowOrder():
                check, broken = Check.ROW_ORDER, _out_of_order(rule, asked, one.read, two.read)
            case RowCondition():
                check, broken = Check.ROW_CONDITION, _out_of_place(rule, one.read, two.read)
        rows = np.flatnonzero(pc.fill_null(broken, fill_value=False).to_numpy(zero_copy_only=False)).tolist()
        yield (
            asked,
            rule.severity,
            tuple(
                CellFault(row, one.shown[row].as_py(), check, _expected(rule, asked, other, two, row, language))
                for row in rows
            ),
        )


def asked_of(layout: Layout, code: str) -> SheetField:
    """The column of a table that has a code."""
    item = f"{layout.sheet.name}!{code}"
    return next(asked for asked in layout.fields if asked.item == item)


def _out_of_order(rule: RowOrder, asked: SheetField, one: ColumnRead, other: ColumnRead) -> pa.Array:
    value, limit = _comparable(asked, one), _comparable(asked, other)
    return pc.less(value, limit) if rule.at_least else pc.greater(value, limit)


def _comparable(asked: SheetField, column: ColumnRead) -> pa.Array:
    """Days as texts in their order, or numbers; null where a cell is blank, a reason or a fault."""
    texts = pc.if_else(_is_faulty(column), pa.scalar(None, pa.string()), column.texts)
    if asked.kind is not IndicatorKind.DATE:
        return numbers_of(pa.chunked_array([texts])).combine_chunks()
    is_day = pc.match_substring_regex(texts, f"^(?:{DAY.pattern})$")
    return pc.if_else(is_day, pc.utf8_slice_codeunits(texts, 0, _DAY), pa.scalar(None, pa.string()))


def _out_of_place(rule: RowCondition, one: ColumnRead, other: ColumnRead) -> pa.Array:
    is_meant = pc.is_in(other.texts, pa.array(rule.values))
    is_known = pc.invert(pc.or_(_is_faulty(other), _is_reason(other)))
    is_blank, is_fine = pc.is_null(one.texts), pc.invert(_is_faulty(one))
    if rule.needed_where:
        return pc.and_(pc.and_(is_blank, is_fine), pc.and_(is_meant, is_known))
    is_filled = pc.and_(pc.invert(pc.or_(is_blank, _is_reason(one))), is_fine)
    return pc.and_(is_filled, pc.and_(pc.invert(is_meant), is_known))


def _is_reason(column: ColumnRead) -> pa.Array:
    return pc.is_in(column.texts, pa.array(REASONS))


def _is_faulty(column: ColumnRead) -> pa.Array:
    faulty = np.zeros(len(column.texts), np.bool_)
    faulty[[fault.row for fault in column.faults]] = True
    return pa.array(faulty)


def _expected(
    rule: RowRule, asked: SheetField, other: SheetField, column: TableColumn, row: int, language: NullTranslations
) -> str:
    _ = language.gettext
    location, value = column.where(row), column.shown[row].as_py()
    if isinstance(rule, RowCondition):
        said = (
            _("an answer or nc, as “{label}” in {location} is {value}; or correct that cell")
            if rule.needed_where
            else _("nothing, unless “{label}” in {location} is {values}; empty this cell, or correct that one")
        )
        return said.format(label=other.label, location=location, value=value, values=_one_of(rule, language))
    if other.role is Role.IDENTIFIER:
        # It is part of what a person is known by.
        value = "…"
    if asked.kind is IndicatorKind.DATE:
        said = (
            _("no earlier than {location} ({value}); correct one of the two cells")
            if rule.at_least
            else _("no later than {location} ({value}); correct one of the two cells")
        )
    else:
        said = (
            _("at least {location} ({value}); correct one of the two cells")
            if rule.at_least
            else _("at most {location} ({value}); correct one of the two cells")
        )
    return said.format(location=location, value=value)


def rules_in_words(layout: Layout, asked: SheetField, language: NullTranslations) -> list[str]:
    """What the rules of a table say of the cells of one column, for those who fill it in."""
    return [
        _in_words(rule, asked, asked_of(layout, rule.other).label, language)
        for rule in layout.sheet.rules
        if asked_of(layout, rule.column) == asked
    ]


def _in_words(rule: RowRule, asked: SheetField, label: str, language: NullTranslations) -> str:
    _ = language.gettext
    match rule:
        case RowCondition(needed_where=None):
            said = _("only where “{label}” is {values}")
        case RowCondition():
            said = _("needed where “{label}” is {values}")
        case RowOrder(at_most=None) if asked.kind is IndicatorKind.DATE:
            said = _("no earlier than “{label}”")
        case RowOrder(at_least=None) if asked.kind is IndicatorKind.DATE:
            said = _("no later than “{label}”")
        case RowOrder(at_most=None):
            said = _("at least “{label}”")
        case RowOrder():
            said = _("at most “{label}”")
    return said.format(label=label, values=_one_of(rule, language) if isinstance(rule, RowCondition) else "")


def conditions(layout: Layout, asked: SheetField, row: int) -> Iterator[str]:
    """Formulas of a spreadsheet that hold where a filled-in cell of a column breaks no rule that is an error.

    Each passes while the other cell is not filled in: nobody is made to fill a row in from one side.
    """
    letters = {field.item: column_letters(place) for place, field in enumerate(layout.fields)}
    cell = f"{letters[asked.item]}{row}"
    for rule in layout.sheet.rules:
        one, other = asked_of(layout, rule.column), asked_of(layout, rule.other)
        if rule.severity is not Severity.ERROR or asked not in (one, other):
            continue
        beside = f"${letters[(other if asked == one else one).item]}{row}"
        match rule:
            case RowOrder():
                is_least = (rule.at_least is not None) == (asked == one)
                yield f"OR(NOT(ISNUMBER({beside})),{cell}{'>=' if is_least else '<='}{beside})"
            case RowCondition() if asked == one and rule.only_where:
                values = ("", *REASONS, *(value.replace('"', '""') for value in rule.values))
                are = [f'{beside}="{value}"' for value in values]
                yield f"OR({','.join(are)})"
            case _:
                pass


def _one_of(rule: RowCondition, language: NullTranslations) -> str:
    return language.gettext(" or ").join(rule.values)
