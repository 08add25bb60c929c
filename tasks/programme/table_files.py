"""Read the tables of a programme folder as text: CSV files, or workbooks (.xlsx, .ods) with the same columns."""

import csv
import io
from pathlib import Path
from typing import TYPE_CHECKING

from schemas.errors import Mistake
from tasks.programme.files import TABLE_WORKBOOKS, file_of, text_of
from tasks.programme.spellings import shown

if TYPE_CHECKING:
    from tasks.spreadsheets.cells import CellBook, CellSheet


def text_of_table(folder: Path, name: str, mistakes: list[Mistake], *, starts_with: str) -> str:
    """Return a table as CSV text, in which each row of a workbook is one line; empty if it cannot be read.

    Args:
        folder: The programme folder.
        name: Name of the table, such as structures.csv.
        mistakes: Gets the mistakes that keep it from being read.
        starts_with: What an empty file lacks.
    """
    path = file_of(folder, name)
    for other in (path.with_suffix(ending) for ending in TABLE_WORKBOOKS):
        if other != path and other.exists():
            expected = f"one of the two files: {path.name} is read, move the other one out of the folder"
            mistakes.append(Mistake(other.name, 0, f"a second file beside {path.name}", expected))
    if path.suffix not in TABLE_WORKBOOKS:
        return text_of(path, name, mistakes, starts_with=starts_with)
    return _text_of_workbook(path, mistakes, starts_with)


def _text_of_workbook(path: Path, mistakes: list[Mistake], starts_with: str) -> str:
    from tasks.spreadsheets.cells import Refusal, RefusedError
    from tasks.spreadsheets.parsing import parse

    try:
        book = parse(path.read_bytes(), path.suffix)
    except OSError as error:
        mistakes.append(Mistake(path.name, 0, f"a file that cannot be read ({error.strerror})", "one that can"))
        return ""
    except RefusedError as error:
        found = "a workbook with a password" if error.refusal is Refusal.PASSWORD else "a file that is no workbook"
        expected = f"a workbook as spreadsheet programs save it as {path.suffix}, or {path.stem}.csv with commas"
        mistakes.append(Mistake(path.name, 0, found, expected))
        return ""
    sheet = _sheet_of(book, path, mistakes)
    if sheet is None:
        return ""
    text = _text_of_sheet(sheet, path.name, mistakes)
    if not text.strip(",\n"):
        mistakes.append(Mistake(path.name, 0, "an empty sheet", starts_with))
        return ""
    return text


def _sheet_of(book: "CellBook", path: Path, mistakes: list[Mistake]) -> "CellSheet | None":
    """Return the only sheet, or the one with the name of the table."""
    named = [sheet for name, sheet in book.sheets.items() if name.casefold() == path.stem.casefold()]
    sheets = named or list(book.sheets.values())
    if len(sheets) == 1:
        return sheets[0]
    expected = f"one sheet, or one of them with the name {path.stem}"
    mistakes.append(Mistake(path.name, 0, f"the sheets {', '.join(map(shown, book.sheets))}", expected))
    return None


def _text_of_sheet(sheet: "CellSheet", name: str, mistakes: list[Mistake]) -> str:
    from tasks.spreadsheets.cells import NOT_AS_SEEN, CellKind, column_letters

    lines = io.StringIO()
    writer = csv.writer(lines, lineterminator="\n")
    for row in range(sheet.height):
        cells = list(sheet.row(row))
        for column, cell in enumerate(cells):
            where = f"in {column_letters(column)}{row + 1}"
            if cell.kind in NOT_AS_SEEN:
                expected = "a value as it is shown: write it as text, or without a number format"
                mistakes.append(
                    Mistake(name, row + 1, f"{shown(cell.text)} {where}, which is shown otherwise", expected)
                )
            elif cell.kind in (CellKind.ERROR, CellKind.UNCALCULATED):
                mistakes.append(Mistake(name, row + 1, f"a formula without a result {where}", "its value"))
        # A line for each row, so that the line of a mistake is its row.
        writer.writerow([" ".join((cell.text or "").splitlines()) for cell in cells])
    return lines.getvalue()
