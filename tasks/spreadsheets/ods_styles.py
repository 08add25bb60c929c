"""Read the styles of an ODS file that show something else than the value in the file."""

import zipfile
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from xml.etree import ElementTree

from tasks.spreadsheets.parsed_xml import parsed_xml

_OFFICE = "{urn:oasis:names:tc:opendocument:xmlns:office:1.0}"
_STYLE = "{urn:oasis:names:tc:opendocument:xmlns:style:1.0}"
_FO = "{urn:oasis:names:tc:opendocument:xmlns:xsl-fo-compatible:1.0}"
_NUMBER = "{urn:oasis:names:tc:opendocument:xmlns:datastyle:1.0}"
_LISTS = (f"{_OFFICE}styles", f"{_OFFICE}automatic-styles")
_THROUGH = (f"{_STYLE}text-line-through-style", f"{_STYLE}text-line-through-type")
_WHITE = "#ffffff"


@dataclass(frozen=True, slots=True)
class OdsStyles:
    """The styles of texts and cells that matter, by their names.

    Attributes:
        struck: Those that strike through.
        moved: Those that raise or lower texts.
        white: Those of texts in white, and those of cells with a number format in white.
        day_first: Whether the day comes before the month, for those that show days.
    """

    struck: frozenset[str]
    moved: frozenset[str]
    white: frozenset[str]
    day_first: Mapping[str, bool]


def read_styles(archive: zipfile.ZipFile, content: ElementTree.Element) -> OdsStyles:
    """Read the styles of an ODS file.

    Args:
        archive: The file.
        content: Its member `content.xml`, parsed.

    Raises:
        RefusedError: The file declares entities.
    """
    parts = [content]
    if "styles.xml" in archive.namelist():
        parts.insert(0, parsed_xml(archive.read("styles.xml")))
    found = {name: style for part in parts for name, style in _styles_of(part).items()}
    listed = [one for part in parts for kind in _LISTS for one in part.iterfind(f"{kind}/*")]
    formats = [(one.get(f"{_STYLE}name", ""), one) for one in listed if one.tag.startswith(_NUMBER)]
    day_first = {name: _is_day_first(one) for name, one in formats}
    white_formats = {name for name, one in formats if _is_white_format(one)}
    struck = (name for name in found if _has(found, name, _THROUGH, lambda value: value != "none"))
    moved = (name for name in found if _has(found, name, (f"{_STYLE}text-position",), _is_moved))
    white = (name for name in found if _is_white(found, name) or _data_style(found, name) in white_formats)
    days = {name: first for name in found if (first := day_first.get(_data_style(found, name))) is not None}
    return OdsStyles(frozenset(struck), frozenset(moved), frozenset(white), days)


def _is_day_first(number_format: ElementTree.Element) -> bool | None:
    order = [part.tag for part in number_format if part.tag in (f"{_NUMBER}day", f"{_NUMBER}month")]
    return order[0] == f"{_NUMBER}day" if len(order) > 1 else None


def _data_style(styles: Mapping[str, ElementTree.Element], name: str) -> str:
    """Return the name of the number format of a style, or of the nearest one above it that has one."""
    seen: set[str] = set()
    while name in styles and name not in seen:
        seen.add(name)
        if data_style := styles[name].get(f"{_STYLE}data-style-name"):
            return data_style
        name = styles[name].get(f"{_STYLE}parent-style-name", "")
    return ""


def _styles_of(part: ElementTree.Element) -> dict[str, ElementTree.Element]:
    return {name: style for style in part.iter(f"{_STYLE}style") if (name := style.get(f"{_STYLE}name"))}


def _is_white(styles: Mapping[str, ElementTree.Element], name: str) -> bool:
    is_of_text = styles[name].get(f"{_STYLE}family") == "text"
    return is_of_text and _has(styles, name, (f"{_FO}color",), lambda value: value.lower() == _WHITE)


def _is_white_format(style: ElementTree.Element) -> bool:
    colours = (part.get(f"{_FO}color", "") for part in style.iterfind(f"{_STYLE}text-properties"))
    return any(colour.lower() == _WHITE for colour in colours)


def _has(
    styles: Mapping[str, ElementTree.Element], name: str, keys: Collection[str], is_meant: Callable[[str], bool]
) -> bool:
    """Return whether a style, or the nearest one above it that states the property, has a value that is meant."""
    seen: set[str] = set()
    while name in styles and name not in seen:
        seen.add(name)
        stated = [
            value
            for properties in styles[name].iterfind(f"{_STYLE}text-properties")
            for attribute, value in properties.items()
            if attribute in keys
        ]
        if stated:
            return all(map(is_meant, stated))
        name = styles[name].get(f"{_STYLE}parent-style-name", "")
    return False


def _is_moved(position: str) -> bool:
    first = position.partition(" ")[0]
    return first in ("super", "sub") or bool(first.strip("+-0.%"))
