"""Read the tables of a programme folder: CSV files whose columns are the fields of a model."""

import csv
import io
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Self, TypeVar

from pydantic import BaseModel, ValidationError

from schemas.errors import Mistake
from schemas.formats import flaw_of
from tasks.programme.lines import Lines, Located
from tasks.programme.spellings import nearest, shown
from tasks.programme.words import sentence

Line = TypeVar("Line", bound=BaseModel)

_SEPARATORS = {";": "semicolons", "\t": "tabs", "|": "vertical bars"}
_RECEIVED = ("source_value", "item", "text")
"""The columns that repeat what returns contain, however it is spelt there."""


class Table(list[Located[Line]]):
    """The valid lines of a table.

    Attributes:
        unread: The cells of the other lines, by column.
        is_readable: False if nothing is known about the other lines.
    """

    def __init__(self, lines: Sequence[Located[Line]] = (), *, is_readable: bool = True) -> None:
        super().__init__(lines)
        self.unread: list[Mapping[str, str]] = []
        self.is_readable = is_readable

    @property
    def is_complete(self) -> bool:
        """Whether each line is valid."""
        return self.is_readable and not self.unread


def header_of(model: type[BaseModel]) -> str:
    """Return the first line of a table."""
    return ",".join(model.model_fields)


def read_table(
    name: str,
    model: type[Line],
    content: str,
    mistakes: list[Mistake],
    *,
    context: object = None,
    is_typed: bool = True,
    several: str | None = None,
    more_columns: Sequence[str] | None = None,
) -> Table[Line]:
    """Parse a table.

    A column that may be blank may be left out, so that a folder stays valid when a later version adds columns. Lines
    and columns without any text are left out too: spreadsheets write them.

    Args:
        name: Name of the file.
        model: Model of a line.
        content: Content of the file; empty if it cannot be read.
        mistakes: Gets the mistakes of invalid lines.
        context: Context in which the lines are validated.
        is_typed: Whether people type it, so that damaged letters are a mistake in it.
        several: A column in which several values, with `|` between them, stand for a line of each.
        more_columns: Columns that programme.yaml declares, beside those of the model; None for a table without any.

    Returns:
        The valid lines, and what is known about the others.
    """
    if not content:
        return Table(is_readable=False)
    before = len(mistakes)
    header, *rows = list(_records(name, content, mistakes)) or [(1, [""])]
    columns = _columns(name, _Header.of(model, more_columns), header, rows, mistakes)
    table: Table[Line] = Table(is_readable=len(mistakes) == before)
    for line, cells in rows if columns else ():
        row: dict[str, str] = dict(zip(columns, cells, strict=False))
        if len(cells) not in (len(columns), len(header[1])):
            found = [Mistake(name, line, *_other_number(cells, columns))]
        else:
            found = list(_flaws(name, line, row)) if is_typed else []
            validated: list[Line] = []
            try:
                validated = [model.model_validate(one, context=context) for one in _lines_of(row, several)]
            except ValidationError as error:
                where = Lines(name, {(): line})
                found += [sentence(where, problem).mistake for problem in error.errors()]
            table += [Located(one, name, line) for one in validated if not found]
        mistakes.extend(found)
        if found:
            table.unread.append(row)
    return table


def _lines_of(row: Mapping[str, str], several: str | None) -> Iterator[Mapping[str, str]]:
    if several is None or "|" not in row.get(several, ""):
        yield row
        return
    for value in row[several].split("|"):
        yield {**row, several: value.strip()}


def _records(name: str, content: str, mistakes: list[Mistake]) -> Iterator[tuple[int, list[str]]]:
    """Yield the line number and the cells of each record that has any text."""
    reader = csv.reader(io.StringIO(content), strict=True)
    start = 1
    try:
        for cells in reader:
            if any(cell.strip() for cell in cells):
                yield start, cells
            start = reader.line_num + 1
    except csv.Error:
        text = content.split("\n")[start - 1]
        if text.count('"') % 2:
            expected = 'a second quote at the end of the cell; a quote inside a cell in quotes is written twice ("")'
            mistakes.append(Mistake(name, start, 'a quote (") that is opened and not closed', expected))
        else:
            expected = 'a quote inside a cell in quotes written twice: "Store ""Old"" Town"'
            mistakes.append(Mistake(name, start, f"text after a closing quote: {shown(text)}", expected))


def _columns(
    name: str,
    expected: "_Header",
    header: tuple[int, list[str]],
    rows: Sequence[tuple[int, list[str]]],
    mistakes: list[Mistake],
) -> list[str]:
    """Return the columns; none of them, with the mistakes, if they are not those of the table."""
    line, columns = header
    # Spreadsheets write blank columns at the end.
    while columns and not columns[-1].strip() and not any(any(cells[len(columns) - 1 :]) for _, cells in rows):
        columns = columns[:-1]
    wrong = [Mistake(name, line, *words) for words in _wrong_columns(expected, columns)]
    mistakes.extend(wrong)
    return [] if wrong else columns


@dataclass(frozen=True, slots=True)
class _Header:
    """The columns that a table may have, those that it must have, and where it is declared that it may have others."""

    known: Sequence[str]
    required: Sequence[str]
    or_declared: str

    @classmethod
    def of(cls, model: type[BaseModel], more_columns: Sequence[str] | None) -> Self:
        required = [column for column, field in model.model_fields.items() if field.is_required()]
        or_declared = "" if more_columns is None else ", or the code of an attribute that programme.yaml declares"
        return cls([*model.model_fields, *(more_columns or ())], required, or_declared)


def _wrong_columns(header: _Header, columns: Sequence[str]) -> Iterator[tuple[str, str, str]]:
    """Yield what was found, what is expected and the nearest name for each mistake in a header."""
    known = header.known
    first_line = ",".join(columns)
    separator = next((sign for sign in _SEPARATORS if len({*columns[0].split(sign)} & {*known}) > 1), "")
    if separator:
        expected = "commas: save it as “CSV UTF-8 (comma delimited)”, or in LibreOffice with a comma between the fields"
        yield f"{_SEPARATORS[separator]} between the columns", expected, ""
        return
    if columns[0].startswith("sep="):
        yield f"{shown(first_line)} before the names of the columns", "no such line: delete it", ""
        return
    others = [column for column in columns if column not in known]
    meant = {column: near for column in others if (near := nearest(column, known)) and near not in columns}
    if not {*columns} & {*known} and not meant:
        yield f"no names of columns in {shown(first_line)}", f"this first line: {','.join(known)}", ""
        return
    if len(meant) > 1:
        yield f"the columns {', '.join(map(shown, meant))}", f"their names: write {', '.join(meant.values())}", ""
    for column in others:
        if column not in meant or len(meant) == 1:
            what = f"column {shown(column)}" if column.strip() else "a column without a name"
            yield what, f"one of {', '.join(known)}{header.or_declared}", meant.get(column, "")
    for column in header.required:
        if column not in columns and column not in meant.values():
            yield f"no column {shown(column)}", f"the columns {', '.join(known)}", ""
    if len(set(columns)) < len(columns) and "" not in columns:
        yield "the same column twice", "each column once", ""


def _other_number(cells: Sequence[str], columns: Sequence[str]) -> tuple[str, str]:
    """Return what was found and expected for a line with too many or too few cells."""
    found = f"another number of cells ({len(cells)})"
    expected = f"{len(columns)} cells, as in the header"
    if len(cells) < len(columns):
        separated = next((words for sign, words in _SEPARATORS.items() if any(sign in cell for cell in cells)), "")
        if len(cells) == 1 and separated:
            return f"{separated} between the cells", f"{expected}, separated by commas"
        return found, f"{expected}: a comma for each cell, also for a blank one"
    for first, second in pairwise(cells):
        is_number = re.fullmatch(r"\d{1,3}", first) and re.fullmatch(r"\d{3}(\.\d+)?", second)
        if is_number or (first and second.startswith(" ") and second.strip()):
            return found, f'{expected}: a cell with a comma is in double quotes: write "{first},{second}"'
    return found, f"{expected}: a cell with a comma is in double quotes"


def _flaws(name: str, line: int, row: Mapping[str, str]) -> Iterator[Mistake]:
    """Yield the cells whose letters were damaged by a wrong encoding."""
    for column, text in row.items():
        if text.isascii() or column in _RECEIVED:
            continue
        meant = _repaired(text)
        if meant or flaw_of(text) is not None:
            expected = f"the text as it was typed: write {meant}" if meant else "the text as it was typed"
            yield Mistake(name, line, f"{column} = {shown(text)}, damaged by a wrong encoding", expected)


def _repaired(text: str) -> str:
    """Return a text whose UTF-8 was read as Windows-1252, as it was; empty for another text."""
    try:
        return text.replace("Ã ", "Ã\u00a0").encode("cp1252").decode("utf-8")
    except UnicodeError:
        return ""
