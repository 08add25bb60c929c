"""Find in the XML of a file what the reader library does not report.

These are errors and formulas without a result, which it returns as blanks; merged cells of ODS; and the extent of a
sheet, which it reports only after allocating all of its cells.
"""

import posixpath
import re
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from xml.etree import ElementTree

from tasks.spreadsheets.cells import CellKind, Refusal, RefusedError, column_letters, column_number

_ROW_OR_FILLED_CELL = re.compile(rb"<(?:\w+:)?(row|c)(?=[\s>])([^>]*)(?<!/)>")
_REFERENCE = re.compile(rb"""\sr\s*=\s*["']([A-Za-z]{0,3})([0-9]{1,7})["']""")
_ERROR_CELL = re.compile(rb"""<(?:\w+:)?c\b([^>]*\bt=["']e["'][^>]*)>(.{0,4000}?)</(?:\w+:)?c>""", re.DOTALL)
_ERROR_VALUE = re.compile(rb"<(?:\w+:)?v>(#[^<]{1,20})<")
_UNCALCULATED = re.compile(
    rb"<(?:\w+:)?c\b([^>]*)><(?:\w+:)?f(?:\s[^>]*)?(?:/>|>[^<]*</(?:\w+:)?f>)"
    rb"(?:<(?:\w+:)?v\s*/>|<(?:\w+:)?v></(?:\w+:)?v>)?</(?:\w+:)?c>"
)
_FORMULA, _PREFIXED_FORMULA = b"<f", b":f"
_CALCULATED_TEXT = re.compile(rb"""\bt=["']str["']""")
_ENTITY = re.compile(rb"<!(?:ENTITY|DOCTYPE)", re.IGNORECASE)
_OFFICE = "{urn:oasis:names:tc:opendocument:xmlns:office:1.0}"
_TABLE = "{urn:oasis:names:tc:opendocument:xmlns:table:1.0}"
_TEXT = "{urn:oasis:names:tc:opendocument:xmlns:text:1.0}"
_CALCEXT = "{urn:org:documentfoundation:names:experimental:calc:xmlns:calcext:1.0}"
_ODS_ERROR = re.compile(r"^(?:#[A-Z/0!?]+!?\??|Err:[0-9]+)$")


@dataclass(frozen=True, slots=True)
class OddCell:
    """A cell that the reader library returns as a blank. `row` and `column` count from 0."""

    row: int
    column: int
    kind: CellKind
    text: str


@dataclass(frozen=True, slots=True)
class Oddities:
    """The oddities of one sheet: cells, and merged ranges such as `A1:B2`."""

    cells: tuple[OddCell, ...] = ()
    merged: tuple[str, ...] = ()


def oddities_of_xlsx(archive: zipfile.ZipFile, maximum_cells: int) -> dict[str, Oddities]:
    """Return the oddities of each sheet of an XLSX file, by its name.

    Raises:
        RefusedError: A part declares entities, or a sheet exceeds the maximum number of cells.
    """
    sheets = _sheet_parts(archive)
    found: dict[str, Oddities] = {}
    for name in archive.namelist():
        if not name.endswith((".xml", ".rels")):
            continue
        xml = archive.read(name)
        if _ENTITY.search(xml, 0, 4000):
            raise RefusedError(Refusal.ENTITIES)
        if "worksheets/" in name or name in sheets:
            _refuse_if_too_far(xml, maximum_cells)
        if name in sheets:
            found[sheets[name]] = Oddities(tuple(_odd_cells(xml)))
    return found


def _sheet_parts(archive: zipfile.ZipFile) -> dict[str, str]:
    """Return the name of each sheet, by the part of the archive that holds it."""
    book_part = "xl/workbook.xml"
    names = set(archive.namelist())
    relations_part = "xl/_rels/workbook.xml.rels"
    if book_part not in names or relations_part not in names:
        return {}
    book, relations = archive.read(book_part), archive.read(relations_part)
    if _ENTITY.search(book) or _ENTITY.search(relations):
        raise RefusedError(Refusal.ENTITIES)
    targets = {relation.get("Id"): relation.get("Target", "") for relation in ElementTree.fromstring(relations)}  # noqa: S314 no entity
    parts: dict[str, str] = {}
    for sheet in ElementTree.fromstring(book).findall(".//{*}sheet"):  # noqa: S314 no entity
        relation = next((value for key, value in sheet.attrib.items() if key.endswith("}id")), None)
        target = targets.get(relation, "")
        parts[posixpath.normpath(posixpath.join("/xl", target)).lstrip("/")] = sheet.get("name", "")
    return parts


def _refuse_if_too_far(xml: bytes, maximum_cells: int) -> None:
    last = _REFERENCE.search(xml, max(xml.rfind(b"<row"), 0))
    if last and b'<c r="' in xml[:100_000]:
        # In the usual notation, one search for cells far to the right replaces a walk through all of them. A file that
        # mixes notations to hide such a cell still ends at the memory limit.
        letters = min(maximum_cells // max(int(last[2]), 1) // 26, 26)
        if letters and not re.search(rb'<c r="(?:[%c-Z][A-Z]|[A-Z]{3})\d' % (64 + letters), xml):
            return
    row, column = _last_filled_cell(xml)
    if row * column > maximum_cells:
        raise RefusedError(Refusal.TOO_FAR, row=row, column=column)


def _last_filled_cell(sheet_xml: bytes) -> tuple[int, int]:
    """Return the last row and the last column with a filled-in cell, from 1."""
    last_row = last_column = row = column = 0
    for found in _ROW_OR_FILLED_CELL.finditer(sheet_xml):
        reference = _REFERENCE.search(found[2])
        if found[1] == b"row":
            row, column = int(reference[2]) if reference else row + 1, 0
            continue
        column += 1
        if reference and reference[1]:
            row, column = int(reference[2]), column_number(reference[1])
        last_row, last_column = max(last_row, row), max(last_column, column)
    return last_row, last_column


def _odd_cells(xml: bytes) -> Iterator[OddCell]:
    # Each search scans the whole sheet; the search for a rare apostrophe alone is ten times faster.
    if b't="e"' in xml or (b"'" in xml and b"t='e'" in xml):
        for found in _ERROR_CELL.finditer(xml):
            value = _ERROR_VALUE.search(found[2])
            yield from _at(found[1], CellKind.ERROR, value[1].decode(errors="replace") if value else "#?")
    if (_PREFIXED_FORMULA if b":worksheet" in xml[:2000] else _FORMULA) in xml:
        for found in _UNCALCULATED.finditer(xml):
            if not _CALCULATED_TEXT.search(found[1]):
                yield from _at(found[1], CellKind.UNCALCULATED, "=")


def _at(attributes: bytes, kind: CellKind, text: str) -> Iterator[OddCell]:
    reference = _REFERENCE.search(b" " + attributes)
    if reference and reference[1]:
        yield OddCell(int(reference[2]) - 1, column_number(reference[1]) - 1, kind, text)


def oddities_of_ods(archive: zipfile.ZipFile, maximum_cells: int) -> dict[str, Oddities]:
    """Return the oddities of each sheet of an ODS file, by its name.

    Raises:
        RefusedError: The file is encrypted or declares entities, or a sheet exceeds the maximum number of cells.
    """
    if "META-INF/manifest.xml" in archive.namelist() and b"encryption-data" in archive.read("META-INF/manifest.xml"):
        raise RefusedError(Refusal.PASSWORD)
    xml = archive.read("content.xml")
    if _ENTITY.search(xml):
        raise RefusedError(Refusal.ENTITIES)
    found: dict[str, Oddities] = {}
    for table in ElementTree.fromstring(xml).iter(f"{_TABLE}table"):  # noqa: S314 no entity
        name = table.get(f"{_TABLE}name", "")
        found[name] = _of_ods_table(table, maximum_cells)
    return found


def _of_ods_table(table: ElementTree.Element, maximum_cells: int) -> Oddities:
    cells: list[OddCell] = []
    merged: list[str] = []
    row = last_row = last_column = 0
    for line in table.iter(f"{_TABLE}table-row"):
        column = 0
        repeats = int(line.get(f"{_TABLE}number-rows-repeated", "1"))
        for cell in line:
            width = int(cell.get(f"{_TABLE}number-columns-repeated", "1"))
            if cell.get(f"{_OFFICE}value-type") or len(cell) or cell.get(f"{_TABLE}formula"):
                last_row, last_column = max(last_row, row + repeats), max(last_column, column + width)
                odd = _odd_of_ods(cell, row, column)
                cells += [odd] if odd else []
                if spanned := _spanned(cell, row, column):
                    merged.append(spanned)
            column += width
        row += repeats
    if last_row * last_column > maximum_cells:
        raise RefusedError(Refusal.TOO_FAR, row=last_row, column=last_column)
    return Oddities(tuple(cells), tuple(merged))


def _odd_of_ods(cell: ElementTree.Element, row: int, column: int) -> OddCell | None:
    if cell.get(f"{_TABLE}formula") is None:
        return None
    shown = "".join("".join(line.itertext()) for line in cell.iter(f"{_TEXT}p"))
    if cell.get(f"{_CALCEXT}value-type") == "error" or _ODS_ERROR.match(shown):
        return OddCell(row, column, CellKind.ERROR, shown or "#?")
    if cell.get(f"{_OFFICE}value-type") is None:
        return OddCell(row, column, CellKind.UNCALCULATED, "=")
    return None


def _spanned(cell: ElementTree.Element, row: int, column: int) -> str | None:
    wide = int(cell.get(f"{_TABLE}number-columns-spanned", "1"))
    high = int(cell.get(f"{_TABLE}number-rows-spanned", "1"))
    if wide * high == 1:
        return None
    return f"{column_letters(column)}{row + 1}:{column_letters(column + wide - 1)}{row + high}"
