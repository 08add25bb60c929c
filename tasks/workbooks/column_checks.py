"""Reads one column of a table: what is plain at once, and each other text once, however often it stands there."""

# pyarrow.compute makes its functions when it is imported:
# pyright: reportAttributeAccessIssue=false

import math
from collections.abc import Iterator
from dataclasses import dataclass
from gettext import NullTranslations

import pyarrow as pa
import pyarrow.compute as pc

from schemas.enums import IndicatorKind, Role
from schemas.formats import REASONS
from tasks.spreadsheets.cells import Cell, CellKind
from tasks.validation import messages as expected
from tasks.workbooks.cell_values import LONGEST_REASON, Check, Understood, plain_number, understand
from tasks.workbooks.sheet_fields import SheetField


@dataclass(frozen=True, slots=True)
class CellFault:
    """A cell that is not what was expected; `row` counts those that are filled in, from 0."""

    row: int
    text: str | None
    check: Check
    expected: str


@dataclass(frozen=True, slots=True)
class ColumnRead:
    """The texts of a column as they go to the warehouse, and its faults from top to bottom."""

    texts: pa.Array
    faults: tuple[CellFault, ...]


def read_column(asked: SheetField, texts: pa.Array, kinds: pa.Array, language: NullTranslations) -> ColumnRead:
    """Read a column by what is asked in it."""
    is_plain = _is_plain(asked, texts, kinds)
    if not asked.is_required:
        is_plain = pc.or_(is_plain, pc.equal(kinds, CellKind.BLANK.value))
    faults: list[CellFault] = []
    if not pc.all(is_plain).as_py():
        texts, faults = _each(asked, texts, kinds, is_plain, language)
    if asked.kind.is_numeric and (asked.minimum is not None or asked.maximum is not None):
        wrong = {fault.row for fault in faults}
        faults += [fault for fault in _beyond_limits(asked, texts, wrong, language) if fault.row not in wrong]
        faults.sort(key=lambda fault: fault.row)
    return ColumnRead(texts, tuple(faults))


def _is_plain(asked: SheetField, texts: pa.Array, kinds: pa.Array) -> pa.Array:
    """Which cells say what is asked without a closer look."""

    def are(kind: CellKind) -> pa.Array:
        return pc.equal(kinds, kind.value)

    match asked.kind:
        case IndicatorKind.DATE:
            return are(CellKind.DAY)
        case IndicatorKind.NUMBER:
            return are(CellKind.NUMBER)
        case IndicatorKind.COUNT:
            return pc.and_(are(CellKind.NUMBER), pc.invert(pc.match_substring(pc.fill_null(texts, "."), ".")))
        case IndicatorKind.CHOICE:
            return pc.fill_null(pc.is_in(texts, pa.array((*asked.choices, *REASONS))), fill_value=False)
        case IndicatorKind.TEXT:
            # Reasons are short, in all their spellings.
            is_text = pc.and_(are(CellKind.TEXT), pc.invert(pc.fill_null(pc.starts_with(texts, "="), fill_value=True)))
            is_long = pc.greater(pc.fill_null(pc.utf8_length(texts), 0), LONGEST_REASON)
            is_identifier = pa.scalar(asked.role is Role.IDENTIFIER)
            return pc.or_(are(CellKind.NUMBER), pc.and_(is_text, pc.or_(is_long, is_identifier)))


def _each(
    asked: SheetField, texts: pa.Array, kinds: pa.Array, is_plain: pa.Array, language: NullTranslations
) -> tuple[pa.Array, list[CellFault]]:
    """The texts with those that are not plain replaced by what they say, and those that say nothing."""
    rows = pc.indices_nonzero(pc.invert(is_plain))
    known: dict[tuple[str | None, int], Understood] = {}
    said: list[str | None] = []
    faults: list[CellFault] = []
    for row, text, kind in zip(
        rows.to_pylist(), texts.take(rows).to_pylist(), kinds.take(rows).to_pylist(), strict=True
    ):
        understood = known.get((text, kind))
        if understood is None:
            understood = known[text, kind] = _understood(asked, Cell(text, CellKind(kind)), language)
        said.append(understood.text)
        if understood.check is not None:
            faults.append(CellFault(row, text, understood.check, understood.expected))
    mask = pc.invert(is_plain)
    return pc.replace_with_mask(texts, mask, pa.array(said, pa.string())), faults


def _understood(asked: SheetField, cell: Cell, language: NullTranslations) -> Understood:
    understood = understand(asked, cell, language)
    if understood.check is None and understood.text is not None and asked.kind.is_numeric:
        return Understood(plain_number(understood.text))
    if understood.check is Check.FORMULA and asked.role is Role.IDENTIFIER:
        return Understood(cell.text)
    return understood


def _beyond_limits(
    asked: SheetField, texts: pa.Array, wrong: set[int], language: NullTranslations
) -> Iterator[CellFault]:
    is_number = pc.invert(pc.is_in(pc.fill_null(texts, REASONS[0]), pa.array(REASONS)))
    if wrong:
        is_number = pc.and_(is_number, pa.array([row not in wrong for row in range(len(texts))]))
    numbers = pc.if_else(is_number, texts, pa.scalar(None, pa.string())).cast(pa.float64())
    beyond = pc.less(numbers, -math.inf if asked.minimum is None else asked.minimum)
    if asked.maximum is not None:
        beyond = pc.or_(beyond, pc.greater(numbers, asked.maximum))
    for row in pc.indices_nonzero(pc.fill_null(beyond, fill_value=False)).to_pylist():
        yield CellFault(row, texts[row].as_py(), Check.LIMITS, expected.within(asked.minimum, asked.maximum, language))
