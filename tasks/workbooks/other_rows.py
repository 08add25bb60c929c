"""Find the rows of a table that describe no person: totals, examples, footnotes."""

# pyarrow.compute makes its functions when it is imported:
# pyright: reportAttributeAccessIssue=false

from collections.abc import Sequence
from dataclasses import dataclass

import pyarrow as pa
import pyarrow.compute as pc

_TOTAL = (
    r"totaux|totals?|sous[- ]?tot(?:al|aux)|sub-?totals?|grand total|sommes?|sum|moyennes?|average|mean|ensemble|cumul"
)
_EXAMPLE = r"exemples?|ex\.|examples?|e\.g\.|sample|modèle"
_NOTE = r"nb|n\.b\.|notes?|sources?|légende|legend|lecture|remarques?|remarks?"
_PATTERN = rf"(?i)^\W*(?:{_TOTAL}|{_EXAMPLE}|{_NOTE})(?:\W|$)|^(?:\*|\(\d+\)|\[\d+\])"


@dataclass(frozen=True, slots=True)
class OtherRows:
    """The rows of a table that describe no person or may describe none, as positions from 0.

    Attributes:
        not_persons: The rows in which one identifier alone is filled in, with a word such as total.
        doubtful: The rows in which other identifiers are filled in besides such a word.
    """

    not_persons: tuple[int, ...]
    doubtful: tuple[int, ...]


def other_rows(identifiers: Sequence[pa.Array]) -> OtherRows:
    """Find the rows of totals, examples and footnotes by the words in their identifiers.

    Args:
        identifiers: The texts of each identifying column.
    """
    not_persons: set[int] = set()
    doubtful: set[int] = set()
    for number, column in enumerate(identifiers):
        matches = pc.fill_null(pc.match_substring_regex(column, _PATTERN), fill_value=False)
        for row in pc.indices_nonzero(matches).to_pylist():
            is_alone = not any(other[row].is_valid for place, other in enumerate(identifiers) if place != number)
            (not_persons if is_alone else doubtful).add(row)
    return OtherRows(tuple(sorted(not_persons)), tuple(sorted(doubtful)))
