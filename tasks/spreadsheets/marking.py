"""Make a copy of a workbook with marked cells and a sheet that lists them. Runs in the parsing process."""

import contextlib
import io
from collections.abc import Mapping
from typing import Any
from zipfile import BadZipFile

from openpyxl import Workbook, load_workbook
from openpyxl.cell.cell import Cell as PageCell
from openpyxl.comments import Comment
from openpyxl.styles import Alignment, Font, PatternFill
from openpyxl.utils.exceptions import InvalidFileException
from openpyxl.worksheet.properties import PageSetupProperties
from openpyxl.worksheet.worksheet import Worksheet

from tasks.spreadsheets.cells import CellBook, CellKind
from tasks.spreadsheets.parsing import parse

_FAULTY = {"error": PatternFill("solid", fgColor="FFC7CE"), "warning": PatternFill("solid", fgColor="FFEB9C")}
_HEAD = PatternFill("solid", fgColor="DDE3EA")
_WIDTHS = (24, 14, 44, 70)


def mark(content: bytes, request: Mapping[str, Any]) -> bytes:
    """Colour and comment cells in a copy of a workbook.

    Args:
        content: The bytes of the workbook.
        request: `suffix`, that of the file; `places`, each a sheet, a cell, a comment and a severity; `title`, `intro`,
            `headings` and `lines` of the sheet with the list; `author` of the comments; `only_sheet`, the name for the
            sheet of a CSV file; `added`, the name and the lines of a further sheet of a CSV file, which has no other
            than its own.

    Returns:
        The copy, as XLSX whatever the format of the workbook.

    Raises:
        RefusedError: The workbook cannot be parsed.
    """
    book = _copy(parse(content, request["suffix"], request["csv_encoding"]), content, request)
    for sheet, reference, comment, severity in request["places"]:
        if sheet in book.sheetnames:
            with contextlib.suppress(AttributeError, ValueError):  # a cell inside a merged range cannot be marked
                cell: Any = book[sheet][reference]
                cell.fill = _FAULTY[severity]
                cell.comment = Comment(comment, request["author"], height=90, width=320)
    _add_list(book, request)
    copy = io.BytesIO()
    book.save(copy)
    return copy.getvalue()


def _copy(cells: CellBook, content: bytes, request: Mapping[str, Any]) -> Workbook:
    if cells.encoding is None and request["suffix"] != ".ods":
        with contextlib.suppress(
            BadZipFile, InvalidFileException, KeyError, ValueError, TypeError, AttributeError, IndexError, OSError
        ):
            return load_workbook(io.BytesIO(content), keep_links=False)
    book = _rebuilt(cells, request.get("only_sheet", ""))
    name, lines = request["added"]
    if cells.encoding is not None and name not in book.sheetnames:
        page = book.create_sheet(name)
        for row, line in enumerate(lines, start=1):
            for column, text in enumerate(line, start=1):
                _write_text(page.cell(row, column), text)
    return book


def _rebuilt(cells: CellBook, only_sheet: str) -> Workbook:
    book = Workbook()
    book.remove(book.worksheets[0])
    for name, sheet in cells.sheets.items():
        page = book.create_sheet(name or only_sheet)
        page.sheet_state = "hidden" if sheet.is_hidden else "visible"
        for column, (texts, kinds) in enumerate(zip(sheet.texts, sheet.kinds, strict=True), start=1):
            for row, (text, kind) in enumerate(zip(texts.to_pylist(), kinds.to_pylist(), strict=True), start=1):
                if text is not None:
                    cell = page.cell(row, column)
                    if kind == CellKind.NUMBER:
                        cell.value = float(text)
                    elif kind == CellKind.WORDED and isinstance(cell, PageCell):
                        number, _, unit = text.partition(" ")
                        cell.value, cell.number_format = float(number), 'General" {}"'.format(unit.replace('"', ""))
                    else:
                        _write_text(cell, text)
    return book


def _write_text(cell: Any, text: str) -> None:
    """Write a text that is never taken for a formula."""
    cell.value = text
    if isinstance(cell, PageCell):
        cell.data_type = "s"


def _add_list(book: Workbook, request: Mapping[str, Any]) -> None:
    if request["title"] in book.sheetnames:
        book.remove(book[request["title"]])
    page: Worksheet = book.create_sheet(request["title"], 0)
    book.active = 0
    for sheet in book.worksheets:
        sheet.sheet_view.tabSelected = sheet is page
    _write_text(page.cell(1, 1), request["title"])
    page.cell(1, 1).font = Font(bold=True, size=14)
    _write_text(page.cell(2, 1), request["intro"])
    for column, heading in enumerate(request["headings"], start=1):
        cell = page.cell(4, column)
        _write_text(cell, heading)
        cell.font, cell.fill = Font(bold=True), _HEAD
        page.column_dimensions["ABCD"[column - 1]].width = _WIDTHS[column - 1]
    for row, line in enumerate(request["lines"], start=5):
        for column, text in enumerate(line, start=1):
            cell = page.cell(row, column)
            _write_text(cell, text)
            cell.alignment = Alignment(wrap_text=True, vertical="top")
    page.freeze_panes = "A5"
    _fit_to_width(page)


def _fit_to_width(page: Worksheet) -> None:
    page.page_setup.orientation = "landscape"
    page.page_setup.paperSize = page.PAPERSIZE_A4
    page.page_setup.fitToWidth, page.page_setup.fitToHeight = 1, 0
    page.sheet_properties.pageSetUpPr = PageSetupProperties(fitToPage=True)
