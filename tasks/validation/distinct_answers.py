"""Find the distinct answers of many returns, so that a check runs once for each answer."""

# pyarrow.compute makes its functions when it is imported:
# pyright: reportAttributeAccessIssue=false

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

Integers = npt.NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class DistinctAnswers:
    """The distinct answers to some items.

    Attributes:
        answers: A column of texts for each item, with its distinct answers. Items that are compared with each other
            have the distinct combinations. Shorter columns repeat their first answer down to the length of the longest.
    """

    answers: pa.Table
    _place_of_row: Mapping[str, Integers]

    def rows(self, item: str, places: Sequence[int]) -> list[int]:
        """Return the positions of the returns that gave one of some answers, in order.

        Args:
            item: The item.
            places: The rows of `answers` with these answers.
        """
        return np.flatnonzero(np.isin(self._place_of_row[item], places)).tolist()


def distinct_answers(items: pa.Table, compared: Iterable[tuple[str, str]]) -> DistinctAnswers:
    """Find the distinct answers.

    Args:
        items: A row for each return, at least one, and a column of texts for each item.
        compared: The pairs of items that a check compares.
    """
    groups = {item: [item] for item in items.column_names}
    for first_item, second_item in compared:
        if groups[first_item] is not groups[second_item]:
            groups[first_item] += groups[second_item]
            groups |= dict.fromkeys(groups[second_item], groups[first_item])
    examples: dict[str, Integers] = {}
    place_of_row: dict[str, Integers] = {}
    for group in groups.values():
        if group[0] not in examples:
            first, which = _combinations([_numbered(items.column(item)) for item in group])
            examples |= dict.fromkeys(group, first)
            place_of_row |= dict.fromkeys(group, which)
    most = max(map(len, examples.values()), default=0)
    columns = {
        item: items.column(item).take(pa.array(np.append(first, np.repeat(first[:1], most - len(first)))))
        for item, first in examples.items()
    }
    return DistinctAnswers(pa.table(columns), place_of_row)


def _numbered(texts: pa.ChunkedArray) -> Integers:
    """Encode the texts as integers: equal texts have equal integers, and so have nulls."""
    encoded = pc.dictionary_encode(pa.concat_arrays(texts.chunks), null_encoding="encode")
    return encoded.indices.to_numpy().astype(np.int64)


def _combinations(columns: Sequence[Integers]) -> tuple[Integers, Integers]:
    """Return the first row of each distinct combination, and the combination of each row."""
    kinds = columns[0]
    for column in columns[1:]:
        kinds = np.unique(kinds * (int(column.max()) + 1) + column, return_inverse=True)[1]
    _, first, which = np.unique(kinds, return_index=True, return_inverse=True)
    return first, which
