"""Reads one column of a table: what is plain at once, and each other text once, however often it stands there."""

# pyarrow.compute makes its functions when it is imported:
# pyright: reportAttributeAccessIssue=false

from collections.abc import Iterator
from dataclasses import dataclass
from gettext import NullTranslations

import pyarrow as pa
import pyarrow.compute as pc

from schemas.expectations import REASONS
from schemas.states import IndicatorKind, Role
from tasks import expected
from tasks.spreadsheets.cells import Cell, CellKind
from tasks.workbooks.layout import Asked
from tasks.workbooks.understanding import Check, Understood, plain_number, understand


@dataclass(frozen=True, slots=True)
class Fault:
    """A cell that is not what was expected; `row` counts those that are filled in, from 0."""

    row: int
    text: str | None
    check: Check
    expected: str


@dataclass(frozen=True, slots=True)
class ColumnRead:
    """The texts of a column as they go to the warehouse, and its faults from top to bottom."""

    texts: pa.Array
    faults: tuple[Fault, ...]


def read_column(asked: Asked, texts: pa.Array, kinds: pa.Array, language: NullTranslations) -> ColumnRead:
    """Read a column by what is asked in it."""
    is_plain = pc.equal(kinds, _PLAIN.get(asked.kind, CellKind.NUMBER).value)
    if asked.kind is IndicatorKind.COUNT:
        is_plain = pc.and_(is_plain, pc.invert(pc.match_substring(pc.fill_null(texts, "."), ".")))
    if not asked.is_required:
        is_plain = pc.or_(is_plain, pc.equal(kinds, CellKind.BLANK.value))
    faults: list[Fault] = []
    if not pc.all(is_plain).as_py():
        texts, faults = _each(asked, texts, kinds, is_plain, language)
    if asked.kind.is_numeric and (asked.minimum is not None or asked.maximum is not None):
        wrong = {fault.row for fault in faults}
        faults += [fault for fault in _beyond_limits(asked, texts, wrong, language) if fault.row not in wrong]
        faults.sort(key=lambda fault: fault.row)
    return ColumnRead(texts, tuple(faults))


_PLAIN = {IndicatorKind.DATE: CellKind.DAY}
"""The kind of cell that needs no look, where it is not a number."""


def _each(
    asked: Asked, texts: pa.Array, kinds: pa.Array, is_plain: pa.Array, language: NullTranslations
) -> tuple[pa.Array, list[Fault]]:
    """The texts with those that are not plain replaced by what they say, and those that say nothing."""
    rows = pc.indices_nonzero(pc.invert(is_plain))
    known: dict[tuple[str | None, int], Understood] = {}
    said: list[str | None] = []
    faults: list[Fault] = []
    for row, text, kind in zip(
        rows.to_pylist(), texts.take(rows).to_pylist(), kinds.take(rows).to_pylist(), strict=True
    ):
        understood = known.get((text, kind))
        if understood is None:
            understood = known[text, kind] = _understood(asked, Cell(text, CellKind(kind)), language)
        said.append(understood.text)
        if understood.check is not None:
            faults.append(Fault(row, text, understood.check, understood.expected))
    mask = pc.invert(is_plain)
    return pc.replace_with_mask(texts, mask, pa.array(said, pa.string())), faults


def _understood(asked: Asked, cell: Cell, language: NullTranslations) -> Understood:
    understood = understand(asked, cell, language)
    if understood.check is None and understood.text is not None and asked.kind.is_numeric:
        return Understood(plain_number(understood.text))
    if understood.check is Check.FORMULA and asked.role is Role.IDENTIFIER:
        return Understood(cell.text)
    return understood


def _beyond_limits(asked: Asked, texts: pa.Array, wrong: set[int], language: NullTranslations) -> Iterator[Fault]:
    is_number = pc.invert(pc.is_in(pc.fill_null(texts, REASONS[0]), pa.array(REASONS)))
    if wrong:
        is_number = pc.and_(is_number, pa.array([row not in wrong for row in range(len(texts))]))
    numbers = pc.if_else(is_number, texts, pa.scalar(None, pa.string())).cast(pa.float64())
    beyond = pa.array([False]).take(pa.array([0] * len(texts), pa.int32()))
    if asked.minimum is not None:
        beyond = pc.or_(beyond, pc.fill_null(pc.less(numbers, asked.minimum), fill_value=False))
    if asked.maximum is not None:
        beyond = pc.or_(beyond, pc.fill_null(pc.greater(numbers, asked.maximum), fill_value=False))
    for row in pc.indices_nonzero(beyond).to_pylist():
        yield Fault(row, texts[row].as_py(), Check.LIMITS, expected.within(asked.minimum, asked.maximum, language))
