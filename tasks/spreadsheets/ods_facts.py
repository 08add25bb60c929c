"""Read the facts of ODS sheets from their XML: errors, formulas without a result, percentages, merged cells."""

import re
import zipfile
from array import array
from collections.abc import Iterator
from xml.etree import ElementTree

from tasks.spreadsheets.cells import CellKind, Refusal, RefusedError, column_letters
from tasks.spreadsheets.columns import is_blank
from tasks.spreadsheets.facts import WIDTH, CellFact, SheetFacts
from tasks.spreadsheets.number_formats import PERCENTAGE
from tasks.spreadsheets.shown_texts import is_another_day, is_another_time, is_error, seen_beside

_ENTITY = re.compile(rb"<!(?:ENTITY|DOCTYPE)", re.IGNORECASE)
_OFFICE = "{urn:oasis:names:tc:opendocument:xmlns:office:1.0}"
_TABLE = "{urn:oasis:names:tc:opendocument:xmlns:table:1.0}"
_TEXT = "{urn:oasis:names:tc:opendocument:xmlns:text:1.0}"
_CALCEXT = "{urn:org:documentfoundation:names:experimental:calc:xmlns:calcext:1.0}"
_ERROR = re.compile(r"#[^\W_][\w/\s]*[!?]?|(?:Err|Erreur|Error)\s*:\s*\d+", re.IGNORECASE)
"""What programs show where a formula has failed, in French too: #DIV/0 !, #NOM ?, #VALEUR !, Err :502."""

_NUMBERS = ("float", "currency", "percentage")


def read_ods_facts(archive: zipfile.ZipFile, maximum_cells: int) -> dict[str, SheetFacts]:
    """Return the facts of each sheet of an ODS file, by its name.

    Raises:
        RefusedError: The file is encrypted or declares entities, or a sheet exceeds the maximum number of cells.
    """
    if "META-INF/manifest.xml" in archive.namelist() and b"encryption-data" in archive.read("META-INF/manifest.xml"):
        raise RefusedError(Refusal.PASSWORD)
    xml = archive.read("content.xml")
    if _ENTITY.search(xml):
        raise RefusedError(Refusal.ENTITIES)
    tables = ElementTree.fromstring(xml).iter(f"{_TABLE}table")  # noqa: S314 no entity
    return {table.get(f"{_TABLE}name", ""): _facts_of(table, maximum_cells) for table in tables}


def _facts_of(table: ElementTree.Element, maximum_cells: int) -> SheetFacts:
    cells: list[CellFact] = []
    merged: list[str] = []
    filled = array("q")
    row = last_row = last_column = 0
    for line in table.iter(f"{_TABLE}table-row"):
        column = 0
        repeats = int(line.get(f"{_TABLE}number-rows-repeated", "1"))
        for cell in line:
            width = int(cell.get(f"{_TABLE}number-columns-repeated", "1"))
            if cell.get(f"{_OFFICE}value-type") or len(cell) or cell.get(f"{_TABLE}formula"):
                last_row, last_column = max(last_row, row + repeats), max(last_column, column + width)
                if last_row * last_column > maximum_cells:
                    raise RefusedError(Refusal.TOO_FAR, row=last_row, column=last_column)
                if spanned := _spanned(cell, row, column):
                    merged.append(spanned)
                places = [(r, c) for r in range(row, row + repeats) for c in range(column, column + width)]
                if odd := _odd(cell):
                    cells += [CellFact(r, c, *odd) for r, c in places]
                elif not is_blank(_value(cell)):
                    filled.extend(r * WIDTH + c for r, c in places)
            column += width
        row += repeats
    return SheetFacts(tuple(cells), tuple(merged), filled)


def _odd(cell: ElementTree.Element) -> tuple[CellKind, str] | None:
    """Return kind and text of a cell that the reader library reports otherwise."""
    kind, shown = cell.get(f"{_OFFICE}value-type"), _shown(cell).strip()
    has_formula = cell.get(f"{_TABLE}formula") is not None
    if cell.get(f"{_CALCEXT}value-type") == "error" or (has_formula and _ERROR.fullmatch(shown)):
        return CellKind.ERROR, shown or "#?"
    if has_formula and kind is None:
        return CellKind.UNCALCULATED, "="
    if kind is None and not is_blank(shown):
        return CellKind.TEXT, shown
    value = cell.get(f"{_OFFICE}value", "")
    is_shown = cell.find(f"{_TEXT}p") is not None  # not all programs write what is seen
    if not is_shown:
        return PERCENTAGE.seen(value) if kind == "percentage" else None
    if kind in _NUMBERS:
        if is_error(shown):
            return CellKind.ERROR, shown
        if kind == "float" and (padded := _padded(shown, value)):
            return CellKind.PADDED, padded
        currency = cell.get(f"{_OFFICE}currency", "") if kind == "currency" else ""
        return seen_beside(shown, value, is_percentage=kind == "percentage", currency=currency)
    if kind == "date":
        day = cell.get(f"{_OFFICE}date-value", "")
        return (CellKind.DISGUISED, day) if is_another_day(shown, day) else None
    if kind == "time":
        time = cell.get(f"{_OFFICE}time-value", "")
        return (CellKind.DISGUISED, time) if is_another_time(shown, time) else None
    return None


def _padded(shown: str, value: str) -> str | None:
    """Return the digits of a number that is shown with zeros before it, in groups or not; None of other numbers."""
    if not shown.startswith("0") or any(sign in shown for sign in ".,"):
        return None
    digits = "".join(sign for sign in shown if sign.isdecimal())
    is_same = value.isdecimal() and len(digits) > 1 and int(digits) == int(value)
    return digits if is_same else None


def _value(cell: ElementTree.Element) -> str:
    values = ("value", "date-value", "time-value", "boolean-value", "string-value")
    return next((value for name in values if (value := cell.get(f"{_OFFICE}{name}")) is not None), None) or _shown(cell)


def _shown(cell: ElementTree.Element) -> str:
    """Return the text of a cell, without its comment."""
    return "\n".join("".join(_texts(paragraph)) for paragraph in cell.iterfind(f"{_TEXT}p"))


def _texts(element: ElementTree.Element) -> Iterator[str]:
    if element.text:
        yield element.text
    for part in element:
        if part.tag == f"{_TEXT}s":
            yield " " * int(part.get(f"{_TEXT}c", "1"))
        else:
            yield from _texts(part)
        if part.tail:
            yield part.tail


def _spanned(cell: ElementTree.Element, row: int, column: int) -> str | None:
    wide = int(cell.get(f"{_TABLE}number-columns-spanned", "1"))
    high = int(cell.get(f"{_TABLE}number-rows-spanned", "1"))
    if wide * high == 1:
        return None
    return f"{column_letters(column)}{row + 1}:{column_letters(column + wide - 1)}{row + high}"
