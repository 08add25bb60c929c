"""Read the facts of XLSX sheets from their XML: errors, formulas without a result, formats, and which cells are filled.

A sheet is read cell by cell by an XML parser, unless its bytes show that there is nothing to find: no formula, no error
and none of the formats that matter, in the notation that nearly all programs write.
"""

import io
import posixpath
import re
import zipfile
from array import array
from collections.abc import Mapping
from dataclasses import dataclass, field
from xml.etree import ElementTree
from xml.parsers import expat

from tasks.spreadsheets.cells import CellKind, Refusal, RefusedError, column_number
from tasks.spreadsheets.columns import is_blank
from tasks.spreadsheets.facts import WIDTH, CellFact, SheetFacts
from tasks.spreadsheets.number_formats import BUILT_IN_PERCENTAGES, PERCENTAGE, ShownAs, shown_as

_BOOK, _BOOK_RELATIONS = "xl/workbook.xml", "xl/_rels/workbook.xml.rels"
_STYLES, _SHARED_TEXTS = "xl/styles.xml", "xl/sharedstrings.xml"
_ENTITY = re.compile(rb"<!(?:ENTITY|DOCTYPE)", re.IGNORECASE)
_REFERENCE = re.compile(r"([A-Za-z]{1,3})([0-9]{1,7})")
_ROW_NUMBER = re.compile(rb' r="([0-9]{1,7})"')
_USUAL_START = re.compile(
    rb"""(?:\xef\xbb\xbf)?(?:<\?xml version=["']1.0["'](?: encoding=["']utf-8["'])?[^>]*\?>)?\s*<worksheet[\s>]""",
    re.IGNORECASE,
)
_TRUE = ("1", "true")

READ_BY_LIBRARY = frozenset({"#DIV/0!", "#N/A", "#NAME?", "#NULL!", "#NUM!", "#REF!", "#VALUE!", "#GETTING_DATA"})
"""The errors that the reader library knows. It reads no sheet with another one."""


@dataclass(frozen=True, slots=True)
class XlsxPackage:
    """The parts of an XLSX file that describe its sheets.

    Attributes:
        sheets: The member of the archive that holds each sheet, by the name of the sheet.
        formats: What the formats of cells show where it is not the value in the file, by the number of the style.
        is_recalculated: Whether the file asks to be calculated when it is opened: its results are not to be used.
        blank_texts: The numbers of the shared texts that show nothing.
    """

    archive: zipfile.ZipFile
    sheets: Mapping[str, zipfile.ZipInfo]
    formats: Mapping[str, ShownAs]
    is_recalculated: bool
    members: Mapping[str, zipfile.ZipInfo]

    def blank_texts(self) -> set[str]:
        """Return the numbers of the shared texts that show nothing."""
        member = self.members.get(_SHARED_TEXTS)
        if member is None:
            return set()
        texts = ElementTree.fromstring(self.archive.read(member)).iterfind("{*}si")  # noqa: S314 no entity
        return {str(number) for number, text in enumerate(texts) if is_blank(_shown_text(text))}


def open_package(archive: zipfile.ZipFile) -> XlsxPackage:
    """Read the parts of an XLSX file that describe its sheets.

    Raises:
        RefusedError: A part declares entities, or stands twice in the archive.
    """
    members: dict[str, zipfile.ZipInfo] = {}
    for member in archive.infolist():
        # Names of parts do not differ by case, and some programs on Windows separate folders by backslashes.
        name = member.filename.replace("\\", "/").lstrip("/").lower()
        if name in members:
            raise RefusedError(Refusal.BROKEN)
        members[name] = member
    for name, member in members.items():
        if name.endswith((".xml", ".rels")):
            with archive.open(member) as part:
                if _ENTITY.search(part.read(4000)):
                    raise RefusedError(Refusal.ENTITIES)
    book = _tree(archive, members, _BOOK)
    if book is None:
        return XlsxPackage(archive, {}, {}, is_recalculated=False, members=members)
    calculation = book.find("{*}calcPr")
    return XlsxPackage(
        archive,
        _sheets(book, _tree(archive, members, _BOOK_RELATIONS), members),
        _formats(_tree(archive, members, _STYLES)),
        is_recalculated=calculation is not None and calculation.get("fullCalcOnLoad", "").lower() in _TRUE,
        members=members,
    )


def _tree(archive: zipfile.ZipFile, members: Mapping[str, zipfile.ZipInfo], name: str) -> ElementTree.Element | None:
    member = members.get(name)
    if member is None:
        return None
    xml = archive.read(member)
    if _ENTITY.search(xml):
        raise RefusedError(Refusal.ENTITIES)
    return ElementTree.fromstring(xml)  # noqa: S314 no entity


def _sheets(
    book: ElementTree.Element, relations: ElementTree.Element | None, members: Mapping[str, zipfile.ZipInfo]
) -> dict[str, zipfile.ZipInfo]:
    targets = {one.get("Id"): one.get("Target", "") for one in ([] if relations is None else relations)}
    found: dict[str, zipfile.ZipInfo] = {}
    for sheet in book.iterfind(".//{*}sheet"):
        relation = next((value for key, value in sheet.attrib.items() if key.endswith("}id")), None)
        target = targets.get(relation, "").replace("\\", "/")
        part = posixpath.normpath(posixpath.join("/xl", target)).lstrip("/").lower()
        if part in members:
            found[sheet.get("name", "")] = members[part]
    return found


def _formats(styles: ElementTree.Element | None) -> dict[str, ShownAs]:
    if styles is None:
        return {}
    by_number = {one.get("numFmtId"): shown_as(one.get("formatCode", "")) for one in styles.iterfind(".//{*}numFmt")}
    for number in BUILT_IN_PERCENTAGES:
        by_number.setdefault(str(number), PERCENTAGE)
    formats = (by_number.get(one.get("numFmtId")) for one in styles.iterfind("{*}cellXfs/{*}xf"))
    return {str(style): shown for style, shown in enumerate(formats) if shown is not None}


def _shown_text(text: ElementTree.Element) -> str:
    """Return the characters of a shared text, without the readings that East Asian programs write above it."""
    parts = [*text.iterfind("{*}t"), *text.iterfind("{*}r/{*}t")]
    return "".join(part.text or "" for part in parts)


def has_no_facts(xml: bytes, formats: Mapping[str, ShownAs]) -> bool:
    """Return whether the bytes of a sheet show that it has no facts, without parsing it.

    True only where the sheet is written in UTF-8, without prefixes, comments and single quotes, and has no formula, no
    error and no style that shows another value.
    """
    if _USUAL_START.match(xml) is None:
        return False
    start, end = xml.find(b"<sheetData"), xml.rfind(b"</sheetData>")

    def has(text: bytes) -> bool:
        return xml.find(text, start, end) >= 0

    # The search for a rare character is ten times faster than the search for a text.
    if has(b"!") or has(b"'") or (has(b"f") and has(b"<f")) or (has(b"e") and has(b't="e"')):
        return False
    return not formats or re.compile(b' s="(?:%s)"' % "|".join(formats).encode()).search(xml, start) is None


def extends_too_far(xml: bytes, maximum_cells: int) -> bool:
    """Return whether a sheet of which `has_no_facts` is true may exceed the maximum number of cells.

    One search for cells far to the right replaces a walk through all of them. A sheet that mixes notations to hide such
    a cell ends at the limit of memory.
    """
    last = _ROW_NUMBER.search(xml, max(xml.rfind(b"<row"), 0))
    if last is None or b'<c r="' not in xml[:100_000]:
        return xml.find(b"<row") >= 0
    letters = min(maximum_cells // max(int(last[1]), 1) // 26, 26)
    return not letters or re.search(rb'<c r="(?:[%c-Z][A-Z]|[A-Z]{3})\d' % (64 + letters), xml) is not None


def has_values(xml: bytes, count: int) -> bool:
    """Return whether a sheet of which `has_no_facts` is true holds a number of values."""
    values = xml.count(b"<v>")
    return values == count or values + xml.count(b"<is>") == count


def read_facts(xml: bytes, package: XlsxPackage, maximum_cells: int) -> tuple[SheetFacts, list[tuple[int, int]]]:
    """Read a sheet cell by cell.

    Args:
        xml: The bytes of the sheet.
        package: The file that holds it.
        maximum_cells: The largest number of cells of the rectangle from A1 to the last filled-in cell.

    Returns:
        The facts, and where in the bytes the errors stand that the reader library does not know.

    Raises:
        RefusedError: The sheet is no XML, declares entities, or exceeds the maximum number of cells.
    """
    reading = _SheetReading(package, package.blank_texts())
    parser = expat.ParserCreate()
    parser.ordered_attributes = False
    parser.buffer_text = False
    reading.parser = parser
    parser.StartElementHandler = reading.start
    parser.EndElementHandler = reading.end
    parser.CharacterDataHandler = reading.characters
    parser.StartDoctypeDeclHandler = _refuse_entities
    try:
        parser.Parse(xml, True)
    except expat.ExpatError as error:
        raise RefusedError(Refusal.BROKEN) from error
    if reading.last_row * reading.last_column > maximum_cells:
        raise RefusedError(Refusal.TOO_FAR, row=reading.last_row, column=reading.last_column)
    return SheetFacts(tuple(reading.cells), (), reading.filled), reading.unknown_errors


def with_known_errors(archive: zipfile.ZipFile, places: Mapping[str, list[tuple[int, int]]]) -> bytes:
    """Return a copy of a file in which the errors that the reader library does not know are #N/A.

    Args:
        archive: The file.
        places: Where these errors stand in the bytes of each member, by its name.
    """
    copy = io.BytesIO()
    with zipfile.ZipFile(copy, "w") as written:
        for member in archive.infolist():
            xml = archive.read(member)
            for start, end in reversed(places.get(member.filename, [])):
                xml = xml[:start] + b"#N/A" + xml[end:]
            written.writestr(member.filename, xml)
    return copy.getvalue()


def _refuse_entities(*_: object) -> None:
    raise RefusedError(Refusal.ENTITIES)


@dataclass(slots=True)
class _SheetReading:
    """The state of the parser between two elements of a sheet. `row` and `column` count from 1."""

    package: XlsxPackage
    blank_texts: set[str]
    parser: expat.XMLParserType = field(init=False)
    cells: list[CellFact] = field(default_factory=list[CellFact])
    filled: "array[int]" = field(default_factory=lambda: array("q"))
    unknown_errors: list[tuple[int, int]] = field(default_factory=list[tuple[int, int]])
    row: int = 0
    column: int = 0
    last_row: int = 0
    last_column: int = 0
    kind: str = ""
    style: str = ""
    has_formula: bool = False
    has_value: bool = False
    is_collecting: bool = False
    is_reading_aloud: bool = False
    text: str = ""
    text_start: int = 0
    text_end: int = 0

    def start(self, name: str, attributes: dict[str, str]) -> None:
        match name[name.find(":") + 1 :]:
            case "c":
                self._start_cell(attributes)
            case "row":
                number = attributes.get("r", "")
                self.row = int(number) if number.isdecimal() else self.row + 1
                self.column = 0
            case "f":
                self.has_formula = True
            case "v":
                self.has_value = self.is_collecting = True
                self.text_start = 0
            case "t":
                self.is_collecting = not self.is_reading_aloud
            case "rPh":
                self.is_reading_aloud = True
            case _:
                pass

    def end(self, name: str) -> None:
        match name[name.find(":") + 1 :]:
            case "c":
                self._end_cell()
            case "v":
                self.text_end = self.parser.CurrentByteIndex
                self.is_collecting = False
            case "t":
                self.is_collecting = False
            case "rPh":
                self.is_reading_aloud = False
            case _:
                pass

    def characters(self, text: str) -> None:
        if self.is_collecting:
            if not self.text_start:
                self.text_start = self.parser.CurrentByteIndex
            self.text += text

    def _start_cell(self, attributes: dict[str, str]) -> None:
        self.column += 1
        if found := _REFERENCE.fullmatch(attributes.get("r", "")):
            self.row, self.column = int(found[2]), column_number(found[1])
        self.kind, self.style = attributes.get("t", "n"), attributes.get("s", "0")
        self.has_formula = self.has_value = False
        self.text, self.text_start = "", 0

    def _end_cell(self) -> None:
        fact = self._fact()
        if fact is not None:
            self.cells.append(fact)
        elif not is_blank(self.text) and not (self.kind == "s" and self.text.strip() in self.blank_texts):
            self.filled.append((self.row - 1) * WIDTH + self.column - 1)
        elif not self.has_value:
            return
        self.last_row, self.last_column = max(self.last_row, self.row), max(self.last_column, self.column)

    def _fact(self) -> CellFact | None:
        row, column, text = self.row - 1, self.column - 1, self.text.strip()
        if self.kind == "e":
            if text not in READ_BY_LIBRARY and self.text_start:
                self.unknown_errors.append((self.text_start, self.text_end))
            return CellFact(row, column, CellKind.ERROR, text or "#?")
        if self.has_formula and self._is_uncalculated(text):
            return CellFact(row, column, CellKind.UNCALCULATED, "=")
        shown = self.package.formats.get(self.style)
        if shown is not None and self.kind == "n" and (seen := shown.text(text)) is not None:
            return CellFact(row, column, shown.kind, seen)
        return None

    def _is_uncalculated(self, text: str) -> bool:
        if self.package.is_recalculated or not self.has_value:
            return True
        return not text and self.kind != "str"  # a formula can give an empty text
