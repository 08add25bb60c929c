"""Rules between the cells of one row: check them by column, word them, and write them as spreadsheet formulas."""

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
from tasks.workbooks.cell_values import CellFault, Check, ColumnValues
from tasks.workbooks.sheet_fields import Layout, SheetField

_DAY = len("2019-03-31")


@dataclass(frozen=True, slots=True)
class TableColumn:
    """A column of a table, over its filled-in rows.

    Attributes:
        texts: The text of each cell, as it stands there.
        values: The values read from the cells.
        location: Returns the reference of the cell in a row, such as `Personnes!B7`.
    """

    texts: pa.Array
    values: ColumnValues
    location: Callable[[int], str]


def broken_rules(
    layout: Layout, columns: Mapping[str, TableColumn], language: NullTranslations
) -> Iterator[tuple[SheetField, Severity, tuple[CellFault, ...]]]:
    """Yield, for each rule, its field, its severity and the cells that break it, without those faulty by themselves."""
    for rule in layout.sheet.rules:
        field, other = field_of(layout, rule.column), field_of(layout, rule.other)
        if field.item not in columns or other.item not in columns:
            continue
        column, beside = columns[field.item], columns[other.item]
        match rule:
            case RowOrder():
                check, broken = Check.ROW_ORDER, _out_of_order(rule, field, column.values, beside.values)
            case RowCondition():
                check, broken = Check.ROW_CONDITION, _out_of_place(rule, column.values, beside.values)
        rows = np.flatnonzero(pc.fill_null(broken, fill_value=False).to_numpy(zero_copy_only=False)).tolist()
        yield (
            field,
            rule.severity,
            tuple(
                CellFault(row, column.texts[row].as_py(), check, _expected(rule, field, other, beside, row, language))
                for row in rows
            ),
        )


def not_asked(layout: Layout, field: SheetField, values: Mapping[str, ColumnValues]) -> pa.Array:
    """Return which cells of a column are blank because a condition (`only_where`, `needed_where`) does not hold.

    A condition on a cell that is blank, a reason or faulty decides nothing.
    """
    texts = values[field.item].texts
    found = pa.array(np.zeros(len(texts), np.bool_))
    for rule in layout.sheet.rules:
        if not isinstance(rule, RowCondition) or field_of(layout, rule.column) != field:
            continue
        beside = values.get(field_of(layout, rule.other).item)
        if beside is None:
            continue
        is_known = pc.and_(pc.is_valid(beside.texts), pc.invert(pc.or_(_is_faulty(beside), _is_reason(beside))))
        holds = pc.is_in(beside.texts, pa.array(rule.values))
        found = pc.or_(found, pc.and_(is_known, pc.invert(holds)))
    return pc.and_(found, pc.is_null(texts))


def field_of(layout: Layout, code: str) -> SheetField:
    """Return the field of a table by the code of its column."""
    item = f"{layout.sheet.name}!{code}"
    return next(field for field in layout.fields if field.item == item)


def _out_of_order(rule: RowOrder, field: SheetField, column: ColumnValues, beside: ColumnValues) -> pa.Array:
    value, limit = _comparable(field, column), _comparable(field, beside)
    return pc.less(value, limit) if rule.at_least else pc.greater(value, limit)


def _comparable(field: SheetField, column: ColumnValues) -> pa.Array:
    """Return days as ISO texts, or numbers; null where a cell is blank, a reason or faulty."""
    texts = pc.if_else(_is_faulty(column), pa.scalar(None, pa.string()), column.texts)
    if field.kind is not IndicatorKind.DATE:
        return numbers_of(pa.chunked_array([texts])).combine_chunks()
    is_day = pc.match_substring_regex(texts, f"^(?:{DAY.pattern})$")
    return pc.if_else(is_day, pc.utf8_slice_codeunits(texts, 0, _DAY), pa.scalar(None, pa.string()))


def _out_of_place(rule: RowCondition, column: ColumnValues, beside: ColumnValues) -> pa.Array:
    has_value = pc.is_in(beside.texts, pa.array(rule.values))
    is_known = pc.invert(pc.or_(_is_faulty(beside), _is_reason(beside)))
    is_blank, is_fine = pc.is_null(column.texts), pc.invert(_is_faulty(column))
    if rule.needed_where:
        return pc.and_(pc.and_(is_blank, is_fine), pc.and_(has_value, is_known))
    is_filled = pc.and_(pc.invert(pc.or_(is_blank, _is_reason(column))), is_fine)
    return pc.and_(is_filled, pc.and_(pc.invert(has_value), is_known))


def _is_reason(column: ColumnValues) -> pa.Array:
    return pc.is_in(column.texts, pa.array(REASONS))


def _is_faulty(column: ColumnValues) -> pa.Array:
    faulty = np.zeros(len(column.texts), np.bool_)
    faulty[[fault.row for fault in column.faults]] = True
    return pa.array(faulty)


def _expected(
    rule: RowRule, field: SheetField, other: SheetField, column: TableColumn, row: int, language: NullTranslations
) -> str:
    _ = language.gettext
    location, value = column.location(row), column.texts[row].as_py()
    if isinstance(rule, RowCondition):
        expected = (
            _("an answer or nc, as “{label}” in {location} is {value}; or correct that cell")
            if rule.needed_where
            else _("nothing, unless “{label}” in {location} is {values}; empty this cell, or correct that one")
        )
        return expected.format(label=other.label, location=location, value=value, values=_one_of(rule, language))
    if other.role is Role.IDENTIFIER:
        # An identifier, even a date of birth, is never quoted.
        value = "…"
    if field.kind is IndicatorKind.DATE:
        expected = (
            _("no earlier than {location} ({value}); correct one of the two cells")
            if rule.at_least
            else _("no later than {location} ({value}); correct one of the two cells")
        )
    else:
        expected = (
            _("at least {location} ({value}); correct one of the two cells")
            if rule.at_least
            else _("at most {location} ({value}); correct one of the two cells")
        )
    return expected.format(location=location, value=value)


def rules_in_words(layout: Layout, field: SheetField, language: NullTranslations) -> list[str]:
    """Word the rules of one column, for the people who fill it in."""
    return [
        _in_words(rule, field, field_of(layout, rule.other).label, language)
        for rule in layout.sheet.rules
        if field_of(layout, rule.column) == field
    ]


def _in_words(rule: RowRule, field: SheetField, label: str, language: NullTranslations) -> str:
    _ = language.gettext
    match rule:
        case RowCondition(needed_where=None):
            expected = _("only where “{label}” is {values}")
        case RowCondition():
            expected = _("needed where “{label}” is {values}")
        case RowOrder(at_most=None) if field.kind is IndicatorKind.DATE:
            expected = _("no earlier than “{label}”")
        case RowOrder(at_least=None) if field.kind is IndicatorKind.DATE:
            expected = _("no later than “{label}”")
        case RowOrder(at_most=None):
            expected = _("at least “{label}”")
        case RowOrder():
            expected = _("at most “{label}”")
    return expected.format(label=label, values=_one_of(rule, language) if isinstance(rule, RowCondition) else "")


def conditions(layout: Layout, field: SheetField, row: int) -> Iterator[str]:
    """Yield spreadsheet formulas that are true while a filled-in cell breaks no rule of severity error.

    A formula is true while the other cell is blank, so that a row can be filled in from either side.

    Args:
        layout: The table.
        field: The column of the cell.
        row: The row of the cell, from 1.
    """
    letters = {field.item: column_letters(place) for place, field in enumerate(layout.fields)}
    cell = f"{letters[field.item]}{row}"
    for rule in layout.sheet.rules:
        ruled, other = field_of(layout, rule.column), field_of(layout, rule.other)
        if rule.severity is not Severity.ERROR or field not in (ruled, other):
            continue
        beside = f"${letters[(other if field == ruled else ruled).item]}{row}"
        match rule:
            case RowOrder():
                is_least = (rule.at_least is not None) == (field == ruled)
                yield f"OR(NOT(ISNUMBER({beside})),{cell}{'>=' if is_least else '<='}{beside})"
            case RowCondition() if field == ruled and rule.only_where:
                values = ("", *REASONS, *(value.replace('"', '""') for value in rule.values))
                are = [f'{beside}="{value}"' for value in values]
                yield f"OR({','.join(are)})"
            case _:
                pass


def _one_of(rule: RowCondition, language: NullTranslations) -> str:
    return language.gettext(" or ").join(rule.values)
