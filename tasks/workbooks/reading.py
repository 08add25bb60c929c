"""Reads a workbook by the layout that its instrument declares. Nothing is guessed: what does not fit is a finding."""

import io
import re
import unicodedata
import zipfile
import zlib
from collections.abc import Mapping, Sequence
from datetime import date, datetime, time, timedelta
from gettext import NullTranslations

from python_calamine import CalamineError, CalamineWorkbook, PasswordError

from schemas.programme import InstrumentVersion, Sheet
from schemas.states import Severity
from tasks.readings import Answer, Finding
from tasks.workbooks.identity import NAMES, SHEET, Identity

MAXIMUM_BYTES = 20_000_000
MAXIMUM_EXPANDED_BYTES = 200_000_000
MAXIMUM_CELLS = 5_000_000
"""Of the rectangle from A1 to the last cell that is filled in: calamine holds all of it, blank or not."""

_OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_ROW_OR_FILLED_CELL = re.compile(rb"<(?:\w+:)?(row|c)(?=[\s>])([^>]*)(?<!/)>")
_REFERENCE = re.compile(rb"""\sr\s*=\s*["']([A-Za-z]{0,3})([0-9]{1,7})["']""")

Cell = int | float | str | bool | time | date | datetime | timedelta
Rows = Sequence[Sequence[Cell]]


class UnreadableWorkbookError(Exception):
    """A file that is not a workbook that can be read. Its text is for the person who sent it."""


def open_workbook(content: bytes, language: NullTranslations) -> Mapping[str, Rows]:
    """The cells of each sheet, from cell A1 on.

    Raises:
        UnreadableWorkbookError: too large, protected by a password, or not an XLSX file.
    """
    _ = language.gettext
    if len(content) > MAXIMUM_BYTES:
        raise UnreadableWorkbookError(_("The file is larger than {limit} bytes.").format(limit=MAXIMUM_BYTES))
    if content.startswith(_OLE):
        # What Excel writes when a password is set, and what it wrote before 2007.
        raise UnreadableWorkbookError(
            _("The file is protected by a password, or an old .xls. Send it again as .xlsx, without a password.")
        )
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            expanded = sum(member.file_size for member in archive.infolist())
            if expanded > MAXIMUM_EXPANDED_BYTES:
                raise UnreadableWorkbookError(_("The file expands to {size} bytes.").format(size=expanded))
            for name in archive.namelist():
                row, column = _last_filled_cell(archive.read(name))
                if row * column > MAXIMUM_CELLS:
                    raise UnreadableWorkbookError(
                        _("A sheet goes as far as line {row}, column {column}. Delete what stands there.").format(
                            row=row, column=column
                        )
                    )
        book = CalamineWorkbook.from_filelike(io.BytesIO(content))
        return {name: book.get_sheet_by_name(name).to_python(skip_empty_area=False) for name in book.sheet_names}
    except PasswordError as error:
        raise UnreadableWorkbookError(_("The file is protected by a password. Send it again without one.")) from error
    except (zipfile.BadZipFile, zlib.error, CalamineError, OSError, EOFError, RuntimeError, ValueError) as error:
        raise UnreadableWorkbookError(
            _("The file is not a whole XLSX workbook. Save it again as .xlsx and send it again.")
        ) from error


def _last_filled_cell(sheet_xml: bytes) -> tuple[int, int]:
    """The last row and the last column in which any cell of a sheet is filled in, from 1."""
    last_row = last_column = row = column = 0
    for found in _ROW_OR_FILLED_CELL.finditer(sheet_xml):
        reference = _REFERENCE.search(found[2])
        if found[1] == b"row":
            row, column = int(reference[2]) if reference else row + 1, 0
            continue
        column += 1
        if reference and reference[1]:
            row, column = int(reference[2]), _column_number(reference[1])
        last_row, last_column = max(last_row, row), max(last_column, column)
    return last_row, last_column


def _column_number(letters: bytes) -> int:
    number = 0
    for letter in letters.upper():
        number = number * 26 + letter - 64
    return number


def read_identity(sheets: Mapping[str, Rows]) -> Identity | None:
    """What the identity sheet says; None where there is none, or a line of it is missing."""
    told = {_plain(_text(row[0]) or ""): _text(row[1]) for row in sheets.get(SHEET, ()) if len(row) > 1}
    values = [told.get(_plain(name)) for name in NAMES]
    return Identity(*(value or "" for value in values)) if all(values) else None


def read_answers(
    sheets: Mapping[str, Rows], version: InstrumentVersion, language: NullTranslations
) -> tuple[tuple[Answer, ...], tuple[Finding, ...]]:
    """The answers of a workbook, and what does not fit its declared layout."""
    _ = language.gettext
    answers: list[Answer] = []
    findings: list[Finding] = []
    for sheet in version.sheets:
        if sheet.name not in sheets:
            expected = _("a sheet named {name}").format(name=sheet.name)
            found = _("no such sheet")
            findings.append(Finding(f"{sheet.name}!", sheet.name, "layout", Severity.ERROR, found, expected))
            continue
        read, wrong = _read_sheet(sheet, sheets[sheet.name], language)
        answers += read
        findings += wrong
    return tuple(answers), tuple(findings)


def _read_sheet(sheet: Sheet, rows: Rows, language: NullTranslations) -> tuple[list[Answer], list[Finding]]:
    _ = language.gettext
    lines: dict[str, list[int]] = {}
    for number, row in enumerate(rows, start=1):
        label = _plain(_text(row[0]) or "") if row else ""
        if label:
            lines.setdefault(label, []).append(number)
    answers: list[Answer] = []
    findings: list[Finding] = []
    for item in sheet.items:
        key = f"{sheet.name}!{item.code}"
        numbers = lines.pop(_plain(item.label), [])
        if len(numbers) != 1:
            found = _("no such line") if not numbers else _("the line {count} times").format(count=len(numbers))
            expected = _("one line “{label}” in the first column").format(label=item.label)
            findings.append(Finding(key, f"{sheet.name}!A", "layout", Severity.ERROR, found, expected))
            continue
        row = rows[numbers[0] - 1]
        value = _text(row[1]) if len(row) > 1 else None
        answers.append(Answer(key, item.code, None, None, "value", value, f"{sheet.name}!B{numbers[0]}"))
    for label, numbers in lines.items():
        expected = _("only the lines that are asked")
        where = f"{sheet.name}!A{numbers[0]}"
        findings.append(Finding(where, where, "layout", Severity.WARNING, f"« {label} »", expected))
    return answers, findings


def _text(cell: Cell) -> str | None:
    """A cell as text: whole numbers without a decimal point, dates in ISO form, blanks as None."""
    if isinstance(cell, bool):
        return "true" if cell else "false"
    if isinstance(cell, float) and cell.is_integer():
        return str(int(cell))
    if isinstance(cell, (datetime, date, time)):
        return cell.isoformat()
    return str(cell).strip() or None


def _plain(label: str) -> str:
    """A label without what people change without meaning to: case, spaces, kinds of apostrophe, composed accents."""
    folded = unicodedata.normalize("NFKC", label).casefold().replace("’", "'")
    return " ".join(folded.split())
