"""Parse the bytes of a file to cells. Runs in the parsing process, because a file can crash its reader.

Nothing is calculated, fetched or guessed. What the reader library does not report (errors, formulas without a result,
percentages) is read from the XML of the file, and both readings must find values in the same cells (`facts.py`).
"""

import io
import zipfile
import zlib
from collections.abc import Mapping
from dataclasses import replace

import pyarrow as pa
from python_calamine import CalamineError, CalamineSheet, CalamineWorkbook, PasswordError, SheetVisibleEnum

from tasks.spreadsheets.cells import MAXIMUM_BYTES, CellBook, CellSheet, Refusal, RefusedError, column_letters
from tasks.spreadsheets.columns import in_columns
from tasks.spreadsheets.comma_separated import parse_csv, parse_csv_set
from tasks.spreadsheets.facts import SheetFacts, count_filled, first_difference, with_facts
from tasks.spreadsheets.hidden import Hidden, filled_columns, filled_rows, hidden_in_xlsx
from tasks.spreadsheets.ods_facts import read_ods_facts
from tasks.spreadsheets.xlsx_facts import (
    OddCells,
    extends_too_far,
    odd_cells,
    read_facts,
    read_odd_cells,
    with_known_errors,
)
from tasks.spreadsheets.xlsx_package import XlsxPackage, open_package

_MEGABYTE = 1_000_000
MAXIMUM_EXPANDED_BYTES = 200 * _MEGABYTE
MAXIMUM_PARTS = 2_000
MAXIMUM_CELLS = 5_000_000
"""The limit of the rectangle from A1 to the last filled-in cell, which the reader library allocates whole."""

_OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_ENCRYPTED = "EncryptedPackage".encode("utf-16-le")
_OLD_BOOK = ("Workbook".encode("utf-16-le"), "Book".encode("utf-16-le"))


def parse(content: bytes, suffix: str, csv_encoding: str | None = None) -> CellBook:
    """Parse a file to cells.

    Args:
        content: The bytes of the file.
        suffix: The suffix of its name, in lower case and with the dot.
        csv_encoding: The encoding of CSV files that are not in Unicode; None for none.

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
        return parse_csv(content, MAXIMUM_CELLS, csv_encoding)
    if _looks_like_a_web_page(content):
        raise RefusedError(Refusal.WEB_PAGE)
    try:
        return _parse_csv_set(content, csv_encoding) if suffix == ".zip" else _parse_archive(content)
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


def _parse_csv_set(content: bytes, csv_encoding: str | None) -> CellBook:
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        members = _members(archive)
        if any(member.flag_bits & 1 for member in members):
            raise RefusedError(Refusal.PASSWORD)
        return parse_csv_set(archive, MAXIMUM_CELLS, csv_encoding)


def _members(archive: zipfile.ZipFile) -> list[zipfile.ZipInfo]:
    """Return the members of an archive that is not too large."""
    members = archive.infolist()
    if len(members) > MAXIMUM_PARTS:
        raise RefusedError(Refusal.TOO_MANY_PARTS, count=len(members))
    expanded = sum(member.file_size for member in members)
    if expanded > MAXIMUM_EXPANDED_BYTES:
        raise RefusedError(Refusal.EXPANDS, size=expanded // _MEGABYTE, limit=MAXIMUM_EXPANDED_BYTES // _MEGABYTE)
    return members


def _parse_archive(content: bytes) -> CellBook:
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        members = _members(archive)
        names = {member.filename for member in members}
        if any(name.lower().endswith("vbaproject.bin") for name in names):
            raise RefusedError(Refusal.MACROS)
        if "content.xml" in names:
            return _parse_ods(content, read_ods_facts(archive, MAXIMUM_CELLS))
        return _parse_xlsx(content, open_package(archive))


def _parse_ods(content: bytes, facts: Mapping[str, SheetFacts]) -> CellBook:
    book = CalamineWorkbook.from_filelike(io.BytesIO(content))
    hidden = _hidden(book)
    sheets: dict[str, CellSheet] = {}
    for name in book.sheet_names:
        sheet, known = book.get_sheet_by_name(name), facts.get(name, SheetFacts())
        texts, kinds = in_columns(sheet.to_python(skip_empty_area=False))
        sheets[name] = _sheet(sheet, texts, kinds, known, is_hidden=name in hidden)
    return CellBook(sheets)


def _parse_xlsx(content: bytes, package: XlsxPackage) -> CellBook:
    facts: dict[str, SheetFacts] = {}
    in_part: dict[str, OddCells] = {}
    hidden: dict[str, Hidden] = {}
    unknown_errors: dict[str, list[tuple[int, int]]] = {}
    for name, member in package.sheets.items():
        xml = package.archive.read(member)
        hidden[name] = hidden_in_xlsx(xml)
        cells = odd_cells(xml, package.odd_styles, package.texts.struck | package.texts.half_white)
        if cells is not None and not extends_too_far(xml, MAXIMUM_CELLS):
            odd = read_odd_cells(xml, cells, package, MAXIMUM_CELLS)
            if odd is not None:
                in_part[name] = odd
                continue
        facts[name], errors = read_facts(xml, package, MAXIMUM_CELLS)
        if errors:
            unknown_errors[member.filename] = errors
    if unknown_errors:
        content = with_known_errors(package.archive, unknown_errors)
    book = CalamineWorkbook.from_filelike(io.BytesIO(content))
    hidden_sheets = _hidden(book)
    sheets: dict[str, CellSheet] = {}
    for name in book.sheet_names:
        sheet = book.get_sheet_by_name(name)
        texts, kinds = in_columns(sheet.to_python(skip_empty_area=False))
        known = facts.get(name, SheetFacts())
        if odd := in_part.get(name):
            known = SheetFacts(odd.cells)
            if not odd.agree_with(count_filled(kinds, odd.cells)):
                known = read_facts(package.archive.read(package.sheets[name]), package, MAXIMUM_CELLS)[0]
        known = replace(known, hidden=hidden.get(name, Hidden()))
        sheets[name] = _sheet(sheet, texts, kinds, known, is_hidden=name in hidden_sheets)
    return CellBook(sheets)


def _hidden(book: CalamineWorkbook) -> set[str]:
    return {sheet.name for sheet in book.sheets_metadata if sheet.visible is not SheetVisibleEnum.Visible}


def _sheet(
    sheet: CalamineSheet, texts: list[pa.Array], kinds: list[pa.Array], facts: SheetFacts, *, is_hidden: bool
) -> CellSheet:
    differs_at = first_difference(facts, kinds)
    texts, kinds = with_facts(texts, kinds, facts.cells)
    merged = [f"{_reference(*first)}:{_reference(*last)}" for first, last in sheet.merged_cell_ranges or ()]
    return CellSheet(
        sheet.name,
        tuple(texts),
        tuple(kinds),
        is_hidden,
        (*merged, *facts.merged),
        differs_at,
        hidden_rows=filled_rows(facts.hidden.rows, kinds),
        hidden_columns=filled_columns(facts.hidden.columns, kinds),
    )


def _reference(row: int, column: int) -> str:
    return f"{column_letters(column)}{row + 1}"
