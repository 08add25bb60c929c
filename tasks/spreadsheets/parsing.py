"""Parse the bytes of a file to cells. Runs in the parsing process, because a file can crash its reader.

Nothing is calculated, fetched or guessed. Errors and formulas without a result, which the reader library returns as
blanks, are found in the XML of the file (`oddities.py`).
"""

import io
import zipfile
import zlib

import pyarrow as pa
from python_calamine import CalamineError, CalamineSheet, CalamineWorkbook, PasswordError, SheetVisibleEnum

from tasks.spreadsheets.cells import MAXIMUM_BYTES, CellBook, CellKind, CellSheet, Refusal, RefusedError, column_letters
from tasks.spreadsheets.columns import in_columns
from tasks.spreadsheets.comma_separated import parse_csv
from tasks.spreadsheets.oddities import Oddities, oddities_of_ods, oddities_of_xlsx

_MEGABYTE = 1_000_000
MAXIMUM_EXPANDED_BYTES = 200 * _MEGABYTE
MAXIMUM_PARTS = 2_000
MAXIMUM_CELLS = 5_000_000
"""The limit of the rectangle from A1 to the last filled-in cell, which the reader library allocates whole."""

_OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_ENCRYPTED = "EncryptedPackage".encode("utf-16-le")
_OLD_BOOK = ("Workbook".encode("utf-16-le"), "Book".encode("utf-16-le"))


def parse(content: bytes, suffix: str) -> CellBook:
    """Parse a file to cells.

    Args:
        content: The bytes of the file.
        suffix: The suffix of its name, in lower case and with the dot.

    Raises:
        RefusedError: The file has none of the supported formats, or is not safe to read.
    """
    if len(content) > MAXIMUM_BYTES:
        raise RefusedError(Refusal.TOO_LARGE, limit=MAXIMUM_BYTES // _MEGABYTE)
    if content.startswith(_OLE):
        # The container of Excel files with a password, and of those from before 2007.
        is_old = any(name in content for name in _OLD_BOOK) and _ENCRYPTED not in content
        raise RefusedError(Refusal.OLD_FORMAT if is_old else Refusal.PASSWORD)
    if suffix == ".csv" and not content.startswith(b"PK\x03\x04"):
        return parse_csv(content, MAXIMUM_CELLS)
    if _looks_like_a_web_page(content):
        raise RefusedError(Refusal.WEB_PAGE)
    try:
        return _parse_archive(content)
    except PasswordError as error:
        raise RefusedError(Refusal.PASSWORD) from error
    except (
        *(zipfile.BadZipFile, zlib.error, CalamineError, OSError, EOFError, RuntimeError, ValueError, KeyError),
        *(NotImplementedError, SyntaxError, OverflowError),
    ) as error:
        raise RefusedError(Refusal.BROKEN) from error


def _looks_like_a_web_page(content: bytes) -> bool:
    start = content[:2000].lstrip(b"\xef\xbb\xbf \t\r\n").lower()
    return start.startswith((b"<!doctype html", b"<html", b"<table", b"<head", b"<body", b"<meta"))


def _parse_archive(content: bytes) -> CellBook:
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        members = archive.infolist()
        if len(members) > MAXIMUM_PARTS:
            raise RefusedError(Refusal.TOO_MANY_PARTS, count=len(members))
        expanded = sum(member.file_size for member in members)
        if expanded > MAXIMUM_EXPANDED_BYTES:
            raise RefusedError(Refusal.EXPANDS, size=expanded // _MEGABYTE, limit=MAXIMUM_EXPANDED_BYTES // _MEGABYTE)
        names = {member.filename for member in members}
        if any(name.lower().endswith("vbaproject.bin") for name in names):
            raise RefusedError(Refusal.MACROS)
        is_ods = "content.xml" in names
        oddities = (oddities_of_ods if is_ods else oddities_of_xlsx)(archive, MAXIMUM_CELLS)
    book = CalamineWorkbook.from_filelike(io.BytesIO(content))
    hidden = {sheet.name for sheet in book.sheets_metadata if sheet.visible is not SheetVisibleEnum.Visible}
    sheets = {
        name: _sheet(book.get_sheet_by_name(name), oddities.get(name, Oddities()), is_hidden=name in hidden)
        for name in book.sheet_names
    }
    return CellBook(sheets)


def _sheet(sheet: CalamineSheet, oddities: Oddities, *, is_hidden: bool) -> CellSheet:
    texts, kinds = in_columns(sheet.to_python(skip_empty_area=False))
    for odd in oddities.cells:
        texts, kinds = _with(texts, kinds, odd.row, odd.column, odd.text, odd.kind)
    merged = [f"{_reference(*first)}:{_reference(*last)}" for first, last in sheet.merged_cell_ranges or ()]
    return CellSheet(sheet.name, tuple(texts), tuple(kinds), is_hidden, (*merged, *oddities.merged))


def _with(
    texts: list[pa.Array], kinds: list[pa.Array], row: int, column: int, text: str, kind: CellKind
) -> tuple[list[pa.Array], list[pa.Array]]:
    """Return the columns with one cell replaced, and extended where the cell lies outside them."""
    height = max(row + 1, len(texts[0]) if texts else 0)
    texts = [_grown(array, height, None) for array in texts]
    kinds = [_grown(array, height, CellKind.BLANK.value) for array in kinds]
    while len(texts) <= column:
        texts.append(pa.nulls(height, pa.string()))
        kinds.append(pa.array([CellKind.BLANK.value] * height, pa.int8()))
    texts[column] = _replaced(texts[column], row, text)
    kinds[column] = _replaced(kinds[column], row, kind.value)
    return texts, kinds


def _grown(array: pa.Array, height: int, value: object) -> pa.Array:
    more = height - len(array)
    return pa.concat_arrays([array, pa.array([value] * more, array.type)]) if more else array


def _replaced(array: pa.Array, place: int, value: object) -> pa.Array:
    return pa.concat_arrays([array[:place], pa.array([value], array.type), array[place + 1 :]])


def _reference(row: int, column: int) -> str:
    return f"{column_letters(column)}{row + 1}"
