"""A workbook as cells: what the parsing process hands over, without any meaning of ours."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from enum import IntEnum, StrEnum

import pyarrow as pa


class CellKind(IntEnum):
    """What a cell holds."""

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
    """A formula whose value was never calculated."""


class Refusal(StrEnum):
    """Why a file is not read."""

    TOO_LARGE = "too_large"
    EXPANDS = "expands"
    TOO_FAR = "too_far"
    TOO_MANY_PARTS = "too_many_parts"
    PASSWORD = "password"  # noqa: S105 a word, and no secret
    OLD_FORMAT = "old_format"
    MACROS = "macros"
    WEB_PAGE = "web_page"
    ENTITIES = "entities"
    BROKEN = "broken"
    BROKEN_CSV = "broken_csv"
    TOO_MUCH = "too_much"
    """The parsing process ran out of the memory or the time that it is given, or died."""


class RefusedError(Exception):
    """A file that is not read, and why. `details` are what its sentence names."""

    def __init__(self, refusal: Refusal, **details: object) -> None:
        super().__init__(refusal.value)
        self.refusal = refusal
        self.details = details


@dataclass(frozen=True, slots=True)
class Cell:
    """One cell: its text as a person would say it (days as 2019-01-31), None where it is blank."""

    text: str | None
    kind: CellKind


BLANK = Cell(None, CellKind.BLANK)


@dataclass(frozen=True, slots=True)
class CellSheet:
    """The cells of one sheet from A1 on, in columns: their texts, and their kinds as numbers."""

    name: str
    texts: tuple[pa.Array, ...]
    kinds: tuple[pa.Array, ...]
    is_hidden: bool = False
    merged: tuple[str, ...] = ()

    @property
    def height(self) -> int:
        """How many rows it has, blank ones included."""
        return len(self.texts[0]) if self.texts else 0

    def at(self, row: int, column: int) -> Cell:
        """A cell, both counted from 0; a blank one beyond the last."""
        if column >= len(self.texts) or row >= self.height:
            return BLANK
        return Cell(self.texts[column][row].as_py(), CellKind(self.kinds[column][row].as_py()))

    def row(self, number: int) -> Iterator[Cell]:
        """The cells of a row, counted from 0."""
        return (self.at(number, column) for column in range(len(self.texts)))


@dataclass(frozen=True, slots=True)
class CellBook:
    """All sheets of a file. `encoding` and `separator` are those that a CSV file was read with."""

    sheets: Mapping[str, CellSheet]
    encoding: str | None = None
    separator: str | None = None
    has_old_epoch: bool = False
    notes: tuple[str, ...] = field(default=())


def column_letters(column: int) -> str:
    """The letters of a column, counted from 0."""
    letters = ""
    column += 1
    while column:
        column, rest = divmod(column - 1, 26)
        letters = chr(65 + rest) + letters
    return letters


def column_number(letters: bytes | str) -> int:
    """The number of a column, from 1."""
    number = 0
    for letter in letters.upper() if isinstance(letters, bytes) else letters.upper().encode():
        number = number * 26 + letter - 64
    return number
