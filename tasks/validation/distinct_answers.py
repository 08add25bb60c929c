"""Returns that answer alike: a check looks at each answer once, however many returns gave it."""

# pyarrow.compute makes its functions when it is imported:
# pyright: reportAttributeAccessIssue=false

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

Whole = npt.NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Alike:
    """The different answers to some items. `answers` has a column an item, and as many rows as the most varied needs.

    Items that are compared with each other stand beside each other as some return answered them. A column with fewer
    different answers repeats one of them below.
    """

    answers: pa.Table
    _place_of_row: Mapping[str, Whole]

    def rows(self, item: str, places: Sequence[int]) -> list[int]:
        """The returns, in their order, that answered an item as some rows of `answers` do."""
        return np.flatnonzero(np.isin(self._place_of_row[item], places)).tolist()


def alike(items: pa.Table, compared: Iterable[tuple[str, str]]) -> Alike:
    """The different answers in `items`: one row a return, at least one, and a column of texts an item."""
    groups = {item: [item] for item in items.column_names}
    for one, other in compared:
        if groups[one] is not groups[other]:
            groups[one] += groups[other]
            groups |= dict.fromkeys(groups[other], groups[one])
    examples: dict[str, Whole] = {}
    place_of_row: dict[str, Whole] = {}
    for group in groups.values():
        if group[0] not in examples:
            first, which = _different([_numbered(items.column(item)) for item in group])
            examples |= dict.fromkeys(group, first)
            place_of_row |= dict.fromkeys(group, which)
    most = max(map(len, examples.values()), default=0)
    columns = {
        item: items.column(item).take(pa.array(np.append(first, np.repeat(first[:1], most - len(first)))))
        for item, first in examples.items()
    }
    return Alike(pa.table(columns), place_of_row)


def _numbered(texts: pa.ChunkedArray) -> Whole:
    """Each text as a number: equal texts have equal numbers, nulls too."""
    encoded = pc.dictionary_encode(pa.concat_arrays(texts.chunks), null_encoding="encode")
    return encoded.indices.to_numpy().astype(np.int64)


def _different(columns: Sequence[Whole]) -> tuple[Whole, Whole]:
    """The rows that are the first of their kind, and the kind of each row."""
    kinds = columns[0]
    for column in columns[1:]:
        kinds = np.unique(kinds * (int(column.max()) + 1) + column, return_inverse=True)[1]
    _, first, which = np.unique(kinds, return_index=True, return_inverse=True)
    return first, which
