"""Open an XLSX file: which member of the archive holds which sheet, and what its styles and shared texts show."""

import posixpath
import zipfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TypeVar
from xml.etree import ElementTree

from tasks.spreadsheets.cells import Refusal, RefusedError
from tasks.spreadsheets.columns import is_blank
from tasks.spreadsheets.number_formats import BUILT_IN_FORMATS, ShownAs, shown_as
from tasks.spreadsheets.parsed_xml import ENTITY, parsed_xml
from tasks.spreadsheets.text_formats import ShownText, shown_text

_BOOK, _BOOK_RELATIONS = "xl/workbook.xml", "xl/_rels/workbook.xml.rels"
_STYLES, _SHARED_TEXTS = "xl/styles.xml", "xl/sharedstrings.xml"
_TRUE = ("1", "true")
_FALSE = ("0", "false")
_Shown = TypeVar("_Shown", ShownAs, ShownText)


@dataclass(frozen=True, slots=True)
class SharedTexts:
    """The shared texts of a file, by their numbers as cells write them.

    Attributes:
        texts: The texts.
        blank: Those that show nothing.
        struck: Those with a part that is struck through, raised or lowered.
        half_white: Those with a part in white beside one in another colour.
    """

    texts: Mapping[str, str]
    blank: frozenset[str]
    struck: frozenset[str]
    half_white: frozenset[str]


@dataclass(frozen=True, slots=True)
class XlsxPackage:
    """The parts of an XLSX file that describe its sheets.

    Attributes:
        archive: The file.
        sheets: The member of the archive that holds each sheet, by the name of the sheet.
        formats: What the formats of cells show where it is not the number in the file, by the number of the style.
        text_formats: The same for texts.
        struck_styles: The numbers of the styles that strike a cell through.
        texts: The shared texts.
        is_recalculated: Whether the file asks to be calculated when it is opened: its results are not to be used.
        members: The members of the archive, by their names in lower case, with slashes.
    """

    archive: zipfile.ZipFile
    sheets: Mapping[str, zipfile.ZipInfo]
    formats: Mapping[str, ShownAs]
    text_formats: Mapping[str, ShownText]
    struck_styles: frozenset[str]
    texts: SharedTexts
    is_recalculated: bool
    members: Mapping[str, zipfile.ZipInfo]

    @property
    def odd_styles(self) -> frozenset[str]:
        """The numbers of the styles with which a cell may show something else than the value in the file."""
        return frozenset((*self.formats, *self.text_formats, *self.struck_styles))


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
                if ENTITY.search(part.read(4000)):
                    raise RefusedError(Refusal.ENTITIES)
    book = _tree(archive, members, _BOOK)
    if book is None:
        nothing: frozenset[str] = frozenset()
        texts = SharedTexts({}, nothing, nothing, nothing)
        return XlsxPackage(archive, {}, {}, {}, nothing, texts, is_recalculated=False, members=members)
    calculation = book.find("{*}calcPr")
    styles = _tree(archive, members, _STYLES)
    formats = _formats(styles)
    return XlsxPackage(
        archive,
        _sheets(book, _tree(archive, members, _BOOK_RELATIONS), members),
        _classified(formats, shown_as),
        _classified(formats, shown_text),
        _struck_styles(styles),
        _shared_texts(_tree(archive, members, _SHARED_TEXTS)),
        is_recalculated=calculation is not None and calculation.get("fullCalcOnLoad", "").lower() in _TRUE,
        members=members,
    )


def _tree(archive: zipfile.ZipFile, members: Mapping[str, zipfile.ZipInfo], name: str) -> ElementTree.Element | None:
    member = members.get(name)
    return None if member is None else parsed_xml(archive.read(member))


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


def _formats(styles: ElementTree.Element | None) -> dict[str, str]:
    """Return the format of each style, by the number of the style, where the file or the standard states it."""
    if styles is None:
        return {}
    by_number = {one.get("numFmtId", ""): one.get("formatCode", "") for one in styles.iterfind(".//{*}numFmt")}
    by_number = {str(number): code for number, code in BUILT_IN_FORMATS.items()} | by_number
    found = enumerate(styles.iterfind("{*}cellXfs/{*}xf"))
    return {str(style): code for style, one in found if (code := by_number.get(one.get("numFmtId", "")))}


def _classified(formats: Mapping[str, str], classify: Callable[[str], _Shown | None]) -> dict[str, _Shown]:
    by_code = {code: classify(code) for code in set(formats.values())}
    return {style: shown for style, code in formats.items() if (shown := by_code[code]) is not None}


def is_struck_run(text: str, properties: Mapping[str, str]) -> bool:
    """Return whether a part of a text is struck through, or raised or lowered and more than letters: not in 1er.

    Args:
        text: The part of the text.
        properties: The values of the properties `strike` and `vertAlign` that it has.
    """
    if "strike" in properties and properties["strike"] not in _FALSE:
        return not is_blank(text)
    is_moved = properties.get("vertAlign", "baseline") != "baseline"
    return is_moved and not all(sign.isalpha() or sign.isspace() for sign in text)


def _struck_styles(styles: ElementTree.Element | None) -> frozenset[str]:
    if styles is None:
        return frozenset()
    marks = (font.find("{*}strike") for font in styles.iterfind("{*}fonts/{*}font"))
    fonts = {str(n) for n, mark in enumerate(marks) if mark is not None and mark.get("val", "1") not in _FALSE}
    found = enumerate(styles.iterfind("{*}cellXfs/{*}xf"))
    return frozenset(str(number) for number, style in found if style.get("fontId") in fonts)


def is_white(colour: Mapping[str, str]) -> bool:
    """Return whether the attributes of an element `color` are those of white."""
    is_of_theme = colour.get("theme") == "0" and not float(colour.get("tint", "0"))
    return is_of_theme or colour.get("indexed") in ("1", "9") or colour.get("rgb", "").upper()[-6:] == "FFFFFF"


def _shared_texts(shared: ElementTree.Element | None) -> SharedTexts:
    texts: dict[str, str] = {}
    struck: set[str] = set()
    half_white: set[str] = set()
    for number, text in enumerate([] if shared is None else shared.iterfind("{*}si")):
        texts[str(number)] = _shown_text(text)
        are_white: set[bool] = set()
        for run in text.iterfind("{*}r") if len(text) > 1 or (len(text) and not text[0].text) else ():
            marks = {mark.tag.rpartition("}")[2]: mark for mark in run.iterfind("{*}rPr/*")}
            shown = run.findtext("{*}t", "")
            if is_struck_run(shown, {name: mark.get("val", "1") for name, mark in marks.items()}):
                struck.add(str(number))
            if not is_blank(shown):
                are_white.add("color" in marks and is_white(marks["color"].attrib))
        if len(are_white) > 1:
            half_white.add(str(number))
    blank = frozenset(number for number, text in texts.items() if is_blank(text))
    return SharedTexts(texts, blank, frozenset(struck), frozenset(half_white))


def _shown_text(text: ElementTree.Element) -> str:
    """Return the characters of a shared text, without the readings that East Asian programs write above it."""
    if len(text) == 1 and text[0].tag.endswith("}t"):
        return text[0].text or ""
    parts = [*text.iterfind("{*}t"), *text.iterfind("{*}r/{*}t")]
    return "".join(part.text or "" for part in parts)
