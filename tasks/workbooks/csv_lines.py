"""Word the lines of a CSV file that have another number of cells than the others: they were cut, or split a value."""

from gettext import NullTranslations

from schemas.enums import Severity
from tasks.records import Finding
from tasks.spreadsheets.cells import CellSheet


def ragged_line(sheet: CellSheet, row: int, length: int, usual: int, language: NullTranslations) -> Finding:
    """Word a line of a CSV file that has another number of cells than it should have.

    Args:
        sheet: The cells.
        row: The line, from 0.
        length: The number of its cells.
        usual: The number of cells that it should have.
        language: The language of the finding.
    """
    _, plural = language.gettext, language.ngettext
    found = plural("{count} cell on this line", "{count} cells on this line", length).format(count=length)
    expected = plural(
        "{count} cell, as on the other lines: put a value in quotes that contains the separator",
        "{count} cells, as on the other lines: put a value in quotes that contains the separator",
        usual,
    ).format(count=usual)
    location = f"{sheet.name}!{row + 1}"
    return Finding(location, location, "layout", Severity.ERROR, found, expected)


def longer_header(sheet: CellSheet, row: int, length: int, usual: int, language: NullTranslations) -> Finding:
    """Word a header of a CSV file that has more cells than every line below it.

    Args:
        sheet: The cells.
        row: The line of the header, from 0.
        length: The number of its cells.
        usual: The number of cells of the lines.
        language: The language of the finding.
    """
    plural = language.ngettext
    found = plural("a header with {count} cell", "a header with {count} cells", length).format(count=length)
    expected = plural(
        "{count} cell, as on all lines below it, or the missing cell on each line",
        "{count} cells, as on all lines below it, or the missing cell on each line",
        usual,
    ).format(count=usual)
    location = f"{sheet.name}!{row + 1}"
    return Finding(location, location, "layout", Severity.ERROR, found, expected)
