"""The cells of a workbook, as the parsing process returns them: texts and kinds, independent of the data model."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import IntEnum, StrEnum

import pyarrow as pa

MAXIMUM_BYTES = 20_000_000
"""The size of the largest file that is parsed."""


class CellKind(IntEnum):
    """The kind of value in a cell."""

    BLANK = 0
    TEXT = 1
    NUMBER = 2
    YES_NO = 3
    DAY = 4
    INSTANT = 5
    TIME = 6
    ERROR = 7
    """`#REF!` and the like."""
    UNCALCULATED = 8
    """A formula without a stored result."""
    PADDED = 9
    """A number that is shown with zeros before it: 00123."""
    WORDED = 10
    """A number that is shown with words or another sign of a currency than the euro's: 12 as “12 h” or “CS012”.

    The words follow the number in the text of the cell: `12 h`, `012 CS`.
    """
    DISGUISED = 11
    """A value of which a reader sees another one, other words, or nothing: 12000 as “12”, 1 as “Oui”, “12” as “125”."""
    STRUCK = 12
    """A value that is struck through, or has a part that is struck through, raised or lowered: 12 with a note 1."""
    PART_OF_DAY = 13
    """A day or an instant of which only a part is seen: 2024-02-01 as “févr. 2024” or “1-févr.”."""


NOT_AS_SEEN = frozenset({CellKind.WORDED, CellKind.DISGUISED, CellKind.STRUCK, CellKind.PART_OF_DAY})
"""The kinds of cells with a text that a reader sees otherwise."""


class Refusal(StrEnum):
    """The reasons for which a file is refused."""

    TOO_LARGE = "too_large"
    EXPANDS = "expands"
    TOO_FAR = "too_far"
    TOO_MANY_PARTS = "too_many_parts"
    PASSWORD = "password"  # noqa: S105 not a secret
    OLD_FORMAT = "old_format"
    MACROS = "macros"
    OTHER_FORMAT = "other_format"
    """The suffix of its name is that of a format that is not read."""
    WEB_PAGE = "web_page"
    ENTITIES = "entities"
    BROKEN = "broken"
    BROKEN_CSV = "broken_csv"
    NO_CSV_SET = "no_csv_set"
    """A ZIP archive holds no CSV files, or other files too."""
    ENCODING = "encoding"
    """A CSV file is in none of the Unicode encodings, and no other one is declared."""
    BAD_BYTE = "bad_byte"
    """A byte of a CSV file has no meaning in its encoding."""
    TOO_MUCH = "too_much"
    """The parsing process exceeded its limit of memory or time, or died."""


class RefusedError(Exception):
    """A file was refused.

    Args:
        refusal: The reason.
        details: The values that the message for people contains, by name.
    """

    def __init__(self, refusal: Refusal, **details: object) -> None:
        super().__init__(refusal.value)
        self.refusal = refusal
        self.details = details


@dataclass(frozen=True, slots=True)
class Cell:
    """One cell: its text (a day as 2019-01-31, a number without exponent; None for a blank) and its kind."""

    text: str | None
    kind: CellKind


BLANK = Cell(None, CellKind.BLANK)


@dataclass(frozen=True, slots=True)
class CellSheet:
    """The cells of one sheet, in columns from A1 on, all of one height.

    Attributes:
        name: The name of the sheet.
        texts: The texts of each column.
        kinds: The `CellKind` of each cell, as int8.
        is_hidden: Whether the sheet is hidden.
        merged: The merged ranges, such as `A1:B2`.
        lengths: The number of cells of each line of a CSV file; None for other formats.
        differs_at: The first cell that two readings of the sheet report differently; None where they agree.
        hidden_rows: The hidden and filtered rows with values, from 0.
        hidden_columns: The hidden columns with values, from 0.
    """

    name: str
    texts: tuple[pa.Array, ...]
    kinds: tuple[pa.Array, ...]
    is_hidden: bool = False
    merged: tuple[str, ...] = ()
    differs_at: str | None = None
    lengths: pa.Array | None = None
    hidden_rows: tuple[int, ...] = ()
    hidden_columns: tuple[int, ...] = ()

    @property
    def height(self) -> int:
        """The number of rows, blank ones included."""
        return len(self.texts[0]) if self.texts else 0

    def at(self, row: int, column: int) -> Cell:
        """Return a cell by its row and column, both from 0; a blank outside the sheet."""
        if column >= len(self.texts) or row >= self.height:
            return BLANK
        return Cell(self.texts[column][row].as_py(), CellKind(self.kinds[column][row].as_py()))

    def row(self, number: int) -> Iterator[Cell]:
        """Iterate over the cells of a row, counted from 0."""
        return (self.at(number, column) for column in range(len(self.texts)))


@dataclass(frozen=True, slots=True)
class CellBook:
    """All sheets of a file.

    Attributes:
        sheets: The sheets by their names, in their order.
        encoding: The encoding of a CSV file, or of each file of a set; None for other formats.
        separator: The detected separator of a CSV file, or of each file of a set; None for other formats.
    """

    sheets: Mapping[str, CellSheet]
    encoding: str | None = None
    separator: str | None = None

    @property
    def is_one_csv(self) -> bool:
        """Whether it is a CSV file, whose only sheet has no name."""
        return "" in self.sheets


def column_letters(column: int) -> str:
    """Return the letters of a column, counted from 0: A for 0."""
    letters = ""
    column += 1
    while column:
        column, rest = divmod(column - 1, 26)
        letters = chr(65 + rest) + letters
    return letters


def column_number(letters: bytes | str) -> int:
    """Return the number of a column, counted from 1: 1 for A."""
    number = 0
    for letter in letters.upper() if isinstance(letters, bytes) else letters.upper().encode():
        number = number * 26 + letter - 64
    return number


def range_of(place: str) -> tuple[tuple[int, int], tuple[int, int]]:
    """Return the first and the last cell of a range such as `A1:B2`, as rows and columns from 0."""
    corners = [(letters.rstrip("0123456789"), letters) for letters in place.split(":")]
    first, last = ((int(cell[len(letters) :]) - 1, column_number(letters) - 1) for letters, cell in corners)
    return first, last
