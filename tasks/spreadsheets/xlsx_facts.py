"""Read the facts of XLSX sheets from their XML: errors, formulas without a result, formats, and which cells are filled.

The XML parser reads a sheet cell by cell. In a sheet in the notation that nearly all programs write, it reads only the
cells that have a formula, an error or one of the formats that matter.
"""

import io
import re
import zipfile
from array import array
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from xml.parsers import expat

from tasks.spreadsheets.cells import CellKind, Refusal, RefusedError, column_number
from tasks.spreadsheets.columns import is_blank
from tasks.spreadsheets.facts import WIDTH, CellFact, SheetFacts
from tasks.spreadsheets.xlsx_package import XlsxPackage, is_struck_run, is_white

_REFERENCE = re.compile(r"([A-Za-z]{1,3})([0-9]{1,7})")
_ROW_NUMBER = re.compile(rb' r="([0-9]{1,7})"')
_USUAL_START = re.compile(rb"(?:\xef\xbb\xbf)?(?:<\?xml[^>]*\?>)?\s*<worksheet[\s>]")

READ_BY_LIBRARY = frozenset({"#DIV/0!", "#N/A", "#NAME?", "#NULL!", "#NUM!", "#REF!", "#VALUE!"})
"""The errors that the reader library knows. It reads no sheet with another one, not even of the standard."""
_TEXTS = frozenset({"s", "str", "inlineStr", "b"})
"""The types of cells that formats show as texts."""
_YES_NO = {"1": "true", "0": "false"}


@dataclass(frozen=True, slots=True)
class OddCells:
    """The facts of a sheet that was not parsed whole, and how many other cells have a value.

    Attributes:
        cells: The facts.
        values: The number of values of other cells.
        values_and_texts: The same with the texts that stand in the cells themselves.
    """

    cells: tuple[CellFact, ...]
    values: int
    values_and_texts: int

    def agree_with(self, count: int) -> bool:
        """Return whether another reading of the sheet found as many values in other cells."""
        return count in (self.values, self.values_and_texts)


def odd_cells(xml: bytes, styles: Collection[str], texts: Collection[str] = ()) -> list[bytes] | None:
    """Return the bytes of the cells of a sheet that may be facts, without parsing it.

    They are the cells with a formula, an error, a style that may show another value, or a text with struck or white
    parts. The answer is None for a sheet in another notation than nearly all programs write: it must be parsed whole.

    Args:
        xml: The bytes of the sheet.
        styles: The numbers of the styles that may show another value than the one in the file.
        texts: The numbers of the shared texts with struck or white parts.
    """
    start, end = xml.find(b"<sheetData"), xml.rfind(b"</sheetData>")

    def has(text: bytes, rare: bytes) -> bool:
        # The search for a rare sign is ten times faster than the search for a text.
        return xml.find(rare, start, end) >= 0 and xml.find(text, start, end) >= 0

    if _USUAL_START.match(xml) is None or has(b"<!", b"!") or has(b"<?", b"?") or has(b"&#", b"&") or has(b"='", b"'"):
        return None
    found: dict[int, int] = {}
    for position in _positions(xml, b"<f", b"f", start, end):
        first = xml.rfind(b"<c ", start, position)
        found[first] = xml.find(b"</c>", position) + 4
    for position in (
        *_positions(xml, b"<strike", b"k", start, end),
        *_positions(xml, b"<vertAlign", b"g", start, end),
        *_positions(xml, b"<color", b"l", start, end),
        *_positions_of(b't="s"[^>]*><v>(?:%s)</v>', texts, xml, start, end),
    ):
        found[xml.rfind(b"<c ", start, position)] = xml.find(b"</c>", position) + 4
    errors = set(_positions(xml, b' t="e"', b"e", start, end))
    for position in (*errors, *_positions_of(b' s="(?:%s)"', styles, xml, start, end)):
        first = xml.rfind(b"<c ", start, position)
        tag_end = xml.find(b">", first)
        # A row may have a style too, and a cell without a value has no end of its own.
        if tag_end > position and xml[tag_end - 1 : tag_end] != b"/":
            found[first] = xml.find(b"</c>", position) + 4
        elif tag_end > position and position in errors:
            found[first] = tag_end + 1
    cells = [xml[first:last] for first, last in found.items()]
    return cells if all(cell.startswith(b'<c r="') for cell in cells) else None


def _positions(xml: bytes, text: bytes, rare: bytes, start: int, end: int) -> Iterator[int]:
    """Yield where a text begins. A rare sign of it is looked for first, though the header of a table may contain it."""
    offset = text.index(rare)
    for _ in range(_RARELY):
        sign = xml.find(rare, start + offset, end)
        if sign < 0:
            return
        start = sign - offset
        if xml.startswith(text, start):
            yield start
        start += 1
    while (start := xml.find(text, start, end)) >= 0:
        yield start
        start += 1


_RARELY = 1000
"""How often a sign is looked for by itself before its text is."""


def _positions_of(pattern: bytes, numbers: Collection[str], xml: bytes, start: int, end: int) -> Iterator[int]:
    if numbers:
        searched = re.compile(pattern % "|".join(numbers).encode())
        yield from (found.start() for found in searched.finditer(xml, start, end))


def extends_too_far(xml: bytes, maximum_cells: int) -> bool:
    """Return whether a sheet in the usual notation may exceed the maximum number of cells.

    One search for cells far to the right replaces a walk through all of them. A sheet that mixes notations to hide such
    a cell ends at the limit of memory.
    """
    last = _ROW_NUMBER.search(xml, max(xml.rfind(b"<row"), 0))
    if last is None or b'<c r="' not in xml[:100_000]:
        return xml.find(b"<row") >= 0
    letters = min(maximum_cells // max(int(last[1]), 1) // 26, 26)
    return not letters or re.search(rb'<c r="(?:[%c-Z][A-Z]|[A-Z]{3})\d' % (64 + letters), xml) is not None


def read_odd_cells(xml: bytes, cells: Sequence[bytes], package: XlsxPackage, maximum_cells: int) -> OddCells | None:
    """Read the cells that `odd_cells` found in a sheet; None where the whole sheet must be read.

    Args:
        xml: The bytes of the sheet.
        cells: The bytes of the cells.
        package: The file that holds it.
        maximum_cells: The largest number of cells of the rectangle from A1 to the last filled-in cell.

    Raises:
        RefusedError: The cells are no XML, or exceed the maximum number of cells.
    """
    together = b"<sheetData>%s</sheetData>" % b"".join(cells)
    facts, unknown_errors = read_facts(together, package, maximum_cells)
    if unknown_errors or facts.filled is None:
        return None
    values = xml.count(b"<v>") - together.count(b"<v>") + len(facts.filled)
    return OddCells(facts.cells, values, values + xml.count(b"<is>") - together.count(b"<is>"))


def read_facts(xml: bytes, package: XlsxPackage, maximum_cells: int) -> tuple[SheetFacts, list[tuple[int, int]]]:
    """Read a sheet cell by cell.

    Args:
        xml: The bytes of the sheet.
        package: The file that holds it.
        maximum_cells: The largest number of cells of the rectangle from A1 to the last filled-in cell.

    Returns:
        The facts, and where in the bytes the elements begin, and their values end, that hold an error which the reader
        library does not know.

    Raises:
        RefusedError: The sheet is no XML, declares entities, or exceeds the maximum number of cells.
    """
    reading = _SheetReading(package)
    parser = expat.ParserCreate()
    parser.ordered_attributes = False
    parser.buffer_text = False
    reading.parser = parser
    parser.StartElementHandler = reading.start
    parser.EndElementHandler = reading.end
    parser.CharacterDataHandler = reading.characters
    parser.CommentHandler = parser.ProcessingInstructionHandler = reading.interrupted
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
        places: Where the elements of these errors begin and their values end in the bytes of each member, by its name.
    """
    copy = io.BytesIO()
    with zipfile.ZipFile(copy, "w") as written:
        for member in archive.infolist():
            xml = archive.read(member)
            for tag, end in reversed(places.get(member.filename, [])):
                start = xml.index(b">", tag) + 1
                xml = xml[:start] + b"#N/A" + xml[end:]
            written.writestr(member.filename, xml)
    return copy.getvalue()


def _refuse_entities(*_: object) -> None:
    raise RefusedError(Refusal.ENTITIES)


@dataclass(slots=True)
class _SheetReading:
    """The state of the parser between two elements of a sheet. `row` and `column` count from 1."""

    package: XlsxPackage
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
    values: int = 0
    is_interrupted: bool = False
    is_struck: bool = False
    is_white_run: bool = False
    are_white: set[bool] = field(default_factory=set[bool])
    run: str = ""
    properties: dict[str, str] = field(default_factory=dict[str, str])
    is_collecting: bool = False
    is_reading_aloud: bool = False
    text: str = ""
    value_start: int = 0
    value_end: int = 0

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
                self.values += 1
                self.is_collecting = True
                self.value_start = self.parser.CurrentByteIndex
            case "r":
                self.run, self.properties, self.is_white_run = self.text, {}, False
            case "strike" | "vertAlign" as mark:
                self.properties[mark] = attributes.get("val", "1")
            case "color":
                self.is_white_run = is_white(attributes)
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
                self.value_end = self.parser.CurrentByteIndex
                self.is_collecting = False
            case "t":
                self.is_collecting = False
            case "rPh":
                self.is_reading_aloud = False
            case "r":
                run = self.text.removeprefix(self.run)
                self.is_struck |= is_struck_run(run, self.properties)
                self.are_white |= set() if is_blank(run) else {self.is_white_run}
            case _:
                pass

    def interrupted(self, *_: object) -> None:
        """Note a comment or an instruction within a value, after which the reader library reads no further."""
        self.is_interrupted |= self.is_collecting

    def characters(self, text: str) -> None:
        if self.is_collecting:
            self.text += text

    def _start_cell(self, attributes: dict[str, str]) -> None:
        self.column += 1
        if found := _REFERENCE.fullmatch(attributes.get("r", "")):
            self.row, self.column = int(found[2]), column_number(found[1])
        self.kind, self.style = attributes.get("t", "n"), attributes.get("s", "0")
        self.has_formula = self.is_interrupted = self.is_struck = False
        self.values = 0
        self.text, self.are_white = "", set()

    def _end_cell(self) -> None:
        fact, key = self._fact(), (self.row - 1) * WIDTH + self.column - 1
        if self.is_interrupted or self.values > 1:
            self.filled.extend((key, key))  # a difference from any other reading
        elif fact is not None:
            self.cells.append(fact)
        elif not is_blank(self.text) and not (self.kind == "s" and self.text.strip() in self.package.texts.blank):
            self.filled.append(key)
        elif not self.values:
            return
        self.last_row, self.last_column = max(self.last_row, self.row), max(self.last_column, self.column)

    def _fact(self) -> CellFact | None:
        row, column, text = self.row - 1, self.column - 1, self.text.strip()
        if self.kind == "e":
            if self.text and self.text not in READ_BY_LIBRARY:
                self.unknown_errors.append((self.value_start, self.value_end))
            return CellFact(row, column, CellKind.ERROR, text or "#?")
        if self.has_formula and self._is_uncalculated(text):
            return CellFact(row, column, CellKind.UNCALCULATED, "=")
        if struck := self._struck():
            return CellFact(row, column, CellKind.STRUCK, struck)
        if len(self.are_white) > 1 or (self.kind == "s" and text in self.package.texts.half_white):
            return CellFact(row, column, CellKind.DISGUISED, self._held_text().strip())
        if self.kind == "n":
            shown = self.package.formats.get(self.style)
            seen = None if shown is None else shown.seen(text)
            return None if seen is None else CellFact(row, column, *seen)
        shown_text = self.package.text_formats.get(self.style) if self.kind in _TEXTS else None
        if shown_text is not None and not is_blank(held := self._held_text()) and shown_text.is_another(held):
            return CellFact(row, column, CellKind.DISGUISED, held.strip())
        return None

    def _held_text(self) -> str:
        """Return the text of a cell that holds no number, as the reader library reports it."""
        match self.kind:
            case "s":
                return self.package.texts.texts.get(self.text.strip(), "")
            case "b":
                return _YES_NO.get(self.text.strip(), "")
            case _:
                return self.text

    def _struck(self) -> str | None:
        """Return the text of a cell with something struck through, raised or lowered; None of another cell."""
        is_shared, text = self.kind == "s", self.text.strip()
        is_struck = self.is_struck or self.style in self.package.struck_styles
        if not is_struck and not (is_shared and text in self.package.texts.struck):
            return None
        held = self._held_text() if is_shared else text
        return None if is_blank(held) else held.strip()

    def _is_uncalculated(self, text: str) -> bool:
        if self.package.is_recalculated or not self.values:
            return True
        return not text and self.kind != "str"  # a formula can give an empty text
