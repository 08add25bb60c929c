"""Read the facts of ODS sheets from their XML: errors, formulas without a result, percentages, merged cells."""

import zipfile
from array import array
from collections.abc import Iterator
from xml.etree import ElementTree

from tasks.spreadsheets.cells import CellKind, Refusal, RefusedError, column_letters
from tasks.spreadsheets.columns import is_blank
from tasks.spreadsheets.error_names import is_error_beside_a_number, is_error_of_formula
from tasks.spreadsheets.facts import WIDTH, CellFact, SheetFacts
from tasks.spreadsheets.hidden import hidden_in_ods
from tasks.spreadsheets.number_formats import PERCENTAGE
from tasks.spreadsheets.ods_styles import OdsStyles, read_styles
from tasks.spreadsheets.parsed_xml import parsed_xml
from tasks.spreadsheets.shown_days import seen_day
from tasks.spreadsheets.shown_texts import seen_beside, seen_time

_OFFICE = "{urn:oasis:names:tc:opendocument:xmlns:office:1.0}"
_TABLE = "{urn:oasis:names:tc:opendocument:xmlns:table:1.0}"
_TEXT = "{urn:oasis:names:tc:opendocument:xmlns:text:1.0}"
_CALCEXT = "{urn:org:documentfoundation:names:experimental:calc:xmlns:calcext:1.0}"
_SIGNS = {f"{_TEXT}line-break": "\n", f"{_TEXT}tab": "\t"}
_UNREAD = (f"{_TEXT}ruby-text", f"{_TEXT}note", f"{_TEXT}hidden-text", f"{_OFFICE}annotation")

_PARTS = ("line-break", "tab", "ruby", "note", "hidden-text")
"""The parts of a text that the reader library leaves out, or takes in though nobody reads them with the text."""

_CONDITIONAL = ("conditional-text", "hidden-paragraph")
"""The parts of a text that decide by a condition what is seen, and which programs show differently."""

_NUMBERS = ("float", "currency", "percentage")


def read_ods_facts(archive: zipfile.ZipFile, maximum_cells: int) -> dict[str, SheetFacts]:
    """Return the facts of each sheet of an ODS file, by its name.

    Raises:
        RefusedError: The file is encrypted or declares entities, or a sheet exceeds the maximum number of cells.
    """
    if "META-INF/manifest.xml" in archive.namelist() and b"encryption-data" in archive.read("META-INF/manifest.xml"):
        raise RefusedError(Refusal.PASSWORD)
    content = parsed_xml(archive.read("content.xml"))
    styles = read_styles(archive, content)
    tables = content.iter(f"{_TABLE}table")
    return {table.get(f"{_TABLE}name", ""): _facts_of(table, styles, maximum_cells) for table in tables}


def _facts_of(table: ElementTree.Element, styles: OdsStyles, maximum_cells: int) -> SheetFacts:
    cells: list[CellFact] = []
    merged: list[str] = []
    filled = array("q")
    row = last_row = last_column = 0
    of_columns = _styles_of_columns(table)
    for line in table.iter(f"{_TABLE}table-row"):
        of_row = line.get(f"{_TABLE}default-cell-style-name")
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
                style = (
                    cell.get(f"{_TABLE}style-name")
                    or of_row
                    or next((name for last, name in of_columns if column < last), "")
                )
                if odd := _struck(cell, style, styles) or _white(cell, style, styles) or _odd(cell, style, styles):
                    cells += [CellFact(r, c, *odd) for r, c in places]
                elif not is_blank(_value(cell)):
                    filled.extend(r * WIDTH + c for r, c in places)
            column += width
        row += repeats
    return SheetFacts(tuple(cells), tuple(merged), filled, hidden_in_ods(table))


def _styles_of_columns(table: ElementTree.Element) -> list[tuple[int, str]]:
    """Return the styles of columns, each with the number of the column after the last that has it."""
    found: list[tuple[int, str]] = []
    last = 0
    for column in table.iter(f"{_TABLE}table-column"):
        last += int(column.get(f"{_TABLE}number-columns-repeated", "1"))
        found.append((last, column.get(f"{_TABLE}default-cell-style-name", "")))
    return found


def _struck(cell: ElementTree.Element, style: str, styles: OdsStyles) -> tuple[CellKind, str] | None:
    """Return kind and text of a cell that has something struck through, raised or lowered."""
    is_struck = style in styles.struck
    if not is_struck and _has_parts(cell):
        for span in cell.iterfind(f"{_TEXT}p//{_TEXT}span"):
            name, text = span.get(f"{_TEXT}style-name", ""), "".join(_texts(span))
            is_note = name in styles.moved and not all(sign.isalpha() or sign.isspace() for sign in text)
            is_struck |= is_note or (name in styles.struck and not is_blank(text))
    value = cell.get(f"{_OFFICE}value") or cell.get(f"{_OFFICE}date-value") or _shown(cell)
    return None if not is_struck or is_blank(value) else (CellKind.STRUCK, value.strip())


def _white(cell: ElementTree.Element, style: str, styles: OdsStyles) -> tuple[CellKind, str] | None:
    """Return kind and text of a cell whose number format, or a part of whose text, is white."""
    if not styles.white or not (style in styles.white or _has_parts(cell)):
        return None
    held = _value(cell).strip()
    if style in styles.white:
        return None if is_blank(held) else (CellKind.DISGUISED, held)
    spans = (s for s in cell.iterfind(f"{_TEXT}p//{_TEXT}span") if s.get(f"{_TEXT}style-name") in styles.white)
    white = "".join("".join(_texts(span)) for span in spans).split()
    is_half_white = bool(white) and "".join(white) != "".join(_shown(cell).split())
    return (CellKind.DISGUISED, held) if is_half_white else None


def _odd(cell: ElementTree.Element, style: str, styles: OdsStyles) -> tuple[CellKind, str | None] | None:
    """Return kind and text of a cell that the reader library reports otherwise."""
    kind, shown = cell.get(f"{_OFFICE}value-type"), _shown(cell).strip()
    has_formula = cell.get(f"{_TABLE}formula") is not None
    if cell.get(f"{_CALCEXT}value-type") == "error" or (has_formula and is_error_of_formula(shown)):
        return CellKind.ERROR, shown or "#?"
    if has_formula and kind is None:
        return CellKind.UNCALCULATED, "="
    value = cell.get(f"{_OFFICE}value", "")
    has_parts = _has_parts(cell)
    if kind == "float" and shown == value and not has_parts:
        return None  # the shape of nearly every number
    if has_parts and any(cell.find(f".//{_TEXT}{name}") is not None for name in _CONDITIONAL):
        held = _value(cell).strip()
        return None if is_blank(held) else (CellKind.DISGUISED, held)
    if kind is None and not is_blank(shown):
        return CellKind.TEXT, shown
    if kind == "string":
        return _odd_text(cell, shown)
    is_shown = cell.find(f"{_TEXT}p") is not None  # not all programs write what is seen
    if not is_shown:
        return PERCENTAGE.seen(value) if kind == "percentage" else None
    if kind in _NUMBERS:
        if is_error_beside_a_number(shown):
            return CellKind.ERROR, shown
        if kind == "float" and (padded := _padded(shown, value)):
            return CellKind.PADDED, padded
        currency = cell.get(f"{_OFFICE}currency", "") if kind == "currency" else ""
        return seen_beside(shown, value, is_percentage=kind == "percentage", currency=currency)
    if kind == "date":
        day = cell.get(f"{_OFFICE}date-value", "")
        kind = seen_day(shown, day, is_day_first=styles.day_first.get(style))
        return None if kind is None else (kind, day)
    if kind == "time":
        return seen_time(shown, cell.get(f"{_OFFICE}time-value", ""))
    return None


def _odd_text(cell: ElementTree.Element, shown: str) -> tuple[CellKind, str] | None:
    held = cell.get(f"{_OFFICE}string-value")
    is_shown = cell.find(f"{_TEXT}p") is not None
    if held is not None and is_shown and "".join(held.split()) != "".join(shown.split()):
        return (CellKind.DISGUISED, shown or held.strip()) if not is_blank(shown + held) else None
    if _has_parts(cell) and any(cell.find(f".//{_TEXT}{name}") is not None for name in _PARTS) and not is_blank(shown):
        return CellKind.TEXT, shown
    return None


def _has_parts(cell: ElementTree.Element) -> bool:
    return any(map(len, cell))


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
        elif part.tag in _SIGNS:
            yield _SIGNS[part.tag]
        elif part.tag not in _UNREAD:
            yield from _texts(part)
        if part.tail:
            yield part.tail


def _spanned(cell: ElementTree.Element, row: int, column: int) -> str | None:
    wide = int(cell.get(f"{_TABLE}number-columns-spanned", "1"))
    high = int(cell.get(f"{_TABLE}number-rows-spanned", "1"))
    if wide * high == 1:
        return None
    return f"{column_letters(column)}{row + 1}:{column_letters(column + wide - 1)}{row + high}"
