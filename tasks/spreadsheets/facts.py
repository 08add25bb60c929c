"""What the XML of a sheet says of its cells where the reader library reports another value, a blank, or nothing."""

# pyarrow.compute makes its functions when it is imported:
# pyright: reportAttributeAccessIssue=false

import itertools
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field

import pyarrow as pa
import pyarrow.compute as pc

from tasks.spreadsheets.cells import CellKind, column_letters
from tasks.spreadsheets.hidden import Hidden

WIDTH = 1 << 14
"""The number of columns that a sheet can have: a cell's key is its row × WIDTH + its column, both from 0."""


@dataclass(frozen=True, slots=True)
class CellFact:
    """A cell that the reader library reports otherwise.

    Attributes:
        row: Its row, from 0.
        column: Its column, from 0.
        kind: Its kind.
        text: Its text; None for the one that the library reports.
    """

    row: int
    column: int
    kind: CellKind
    text: str | None


@dataclass(frozen=True, slots=True)
class SheetFacts:
    """The facts of one sheet.

    Attributes:
        cells: The cells that the reader library reports otherwise.
        merged: The merged ranges, such as `A1:B2`, where the reader library reports none.
        filled: The keys of all other cells with a value; None where the sheet was not read cell by cell.
        hidden: The hidden rows and columns.
    """

    cells: tuple[CellFact, ...] = ()
    merged: tuple[str, ...] = ()
    filled: Sequence[int] | None = None
    hidden: Hidden = field(default_factory=Hidden)


def first_difference(facts: SheetFacts, kinds: Sequence[pa.Array]) -> str | None:
    """Return the first cell with a value in one of the two readings of a sheet only, such as `B3`; None without one.

    Args:
        facts: The reading of the XML.
        kinds: The reading of the library: the kinds of each column.
    """
    if facts.filled is None:
        return None
    ours = pa.array(facts.filled, pa.int64())
    theirs = _filled(kinds, {fact.row * WIDTH + fact.column for fact in facts.cells})
    if len(ours) == len(theirs):
        ours = ours.take(pc.array_sort_indices(ours))
        if ours.equals(theirs):
            return None
    only = set(ours.to_pylist()) ^ set(theirs.to_pylist())
    row, column = divmod(min(only) if only else _first_repeated(ours), WIDTH)
    return f"{column_letters(column)}{row + 1}"


def count_filled(kinds: Sequence[pa.Array], facts: Sequence[CellFact]) -> int:
    """Return the number of cells with a value in the reading of the library that are no facts."""
    filled = sum(
        len(column) - pc.sum(pc.equal(column, CellKind.BLANK.value)).as_py() for column in kinds if len(column)
    )
    return filled - sum(
        fact.column < len(kinds)
        and fact.row < len(kinds[fact.column])
        and kinds[fact.column][fact.row].as_py() != CellKind.BLANK.value
        for fact in facts
    )


def with_facts(
    texts: list[pa.Array], kinds: list[pa.Array], facts: Sequence[CellFact]
) -> tuple[list[pa.Array], list[pa.Array]]:
    """Return the columns of the library with the facts in their places, extended where they lie outside."""
    if not facts:
        return texts, kinds
    height = max(max(fact.row for fact in facts) + 1, len(texts[0]) if texts else 0)
    width = max(max(fact.column for fact in facts) + 1, len(texts))
    texts += [pa.nulls(0, pa.string())] * (width - len(texts))
    kinds += [pa.array([], pa.int8())] * (width - len(kinds))
    texts = [_grown(column, height, None) for column in texts]
    kinds = [_grown(column, height, CellKind.BLANK.value) for column in kinds]
    by_column: dict[int, dict[int, CellFact]] = {}
    for fact in facts:
        by_column.setdefault(fact.column, {})[fact.row] = fact
    for column, of_rows in by_column.items():
        rows = sorted(of_rows)
        is_fact = pa.array([row in of_rows for row in range(height)], pa.bool_())
        found = pa.array([of_rows[row].text for row in rows], pa.string())
        found = pc.coalesce(found, texts[column].filter(is_fact))
        texts[column] = pc.replace_with_mask(texts[column], is_fact, found)
        kinds[column] = pc.replace_with_mask(
            kinds[column], is_fact, pa.array([of_rows[row].kind.value for row in rows], pa.int8())
        )
    return texts, kinds


def _filled(kinds: Sequence[pa.Array], besides: Collection[int]) -> pa.Array:
    keys = [
        pc.add(
            pc.multiply(pc.indices_nonzero(pc.not_equal(column, CellKind.BLANK.value)).cast(pa.int64()), WIDTH), place
        )
        for place, column in enumerate(kinds)
    ]
    filled = pa.concat_arrays(keys) if keys else pa.array([], pa.int64())
    if besides:
        filled = filled.filter(pc.invert(pc.is_in(filled, pa.array(sorted(besides), pa.int64()))))
    return filled.take(pc.array_sort_indices(filled))


def _first_repeated(sorted_keys: pa.Array) -> int:
    keys = sorted_keys.to_pylist()
    return next((one for one, after in itertools.pairwise(keys) if one == after), 0)


def _grown(column: pa.Array, height: int, value: object) -> pa.Array:
    more = height - len(column)
    return pa.concat_arrays([column, pa.array([value] * more, column.type)]) if more else column
