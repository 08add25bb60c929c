"""Find the hidden and filtered rows and columns of a sheet that have values: nobody sees what they hold."""

# pyarrow.compute makes its functions when it is imported:
# pyright: reportAttributeAccessIssue=false

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from xml.etree import ElementTree

import pyarrow as pa
import pyarrow.compute as pc

from tasks.spreadsheets.cells import CellKind

_TABLE = "{urn:oasis:names:tc:opendocument:xmlns:table:1.0}"
_ROW = re.compile(rb"<(?:\w+:)?row\b")
_COLUMN = re.compile(rb"<(?:\w+:)?col\b([^>]*)>")
_ATTRIBUTE = re.compile(rb"""\b(r|min|max|hidden|ht|width)\s*=\s*["']([^"']*)""")
_MAY_HIDE = (b"hidden", b' ht="0', b" ht='0")
_ROWS = b"sheetData"
_NONE = re.compile(rb"0(?:\.0*)?")

Span = tuple[int, int]
"""The first and the last of some rows or columns that follow one another, from 0."""


@dataclass(frozen=True, slots=True)
class Hidden:
    """The hidden rows and columns of a sheet, with and without values."""

    rows: tuple[Span, ...] = ()
    columns: tuple[Span, ...] = ()


def hidden_in_xlsx(xml: bytes) -> Hidden:
    """Return the hidden rows and columns of a sheet of an XLSX file, from its bytes."""
    start, end = xml.find(_ROWS) + len(_ROWS), xml.rfind(_ROWS)

    def has(text: bytes) -> bool:
        # The search for a rare letter is ten times faster than the search for a text.
        return xml.find(b"h", start, end) >= 0 and xml.find(text, start, end) >= 0

    columns = map(_attributes, _COLUMN.findall(xml, 0, start))
    spans = [(int(one[b"min"]) - 1, int(one[b"max"]) - 1) for one in columns if _is_hidden(one)]
    rows = _hidden_rows(xml[start:end]) if any(map(has, _MAY_HIDE)) else ()
    return Hidden(tuple(rows), tuple(spans))


def _hidden_rows(xml: bytes) -> Iterator[Span]:
    row = 0
    for part in _ROW.split(xml)[1:] if b":row" in xml else xml.split(b"<row")[1:]:
        attributes = _attributes(part[: part.find(b">")])
        row = int(number) if (number := attributes.get(b"r", b"")).isdigit() else row + 1
        if _is_hidden(attributes):
            yield row - 1, row - 1


def _attributes(written: bytes) -> dict[bytes, bytes]:
    return dict(_ATTRIBUTE.findall(written))


def _is_hidden(attributes: dict[bytes, bytes]) -> bool:
    size = attributes.get(b"ht") or attributes.get(b"width") or b"1"
    return attributes.get(b"hidden", b"0") in (b"1", b"true") or _NONE.fullmatch(size) is not None


def hidden_in_ods(table: ElementTree.Element) -> Hidden:
    """Return the hidden rows and columns of a table of an ODS file."""
    return Hidden(tuple(_hidden(table, "row")), tuple(_hidden(table, "column")))


def _hidden(table: ElementTree.Element, kind: str) -> Iterator[Span]:
    closed = {
        id(part)
        for group in table.iter(f"{_TABLE}table-{kind}-group")
        if group.get(f"{_TABLE}display") == "false"
        for part in group.iter(f"{_TABLE}table-{kind}")
    }
    place = 0
    for part in table.iter(f"{_TABLE}table-{kind}"):
        repeats = int(part.get(f"{_TABLE}number-{kind}s-repeated", "1"))
        if id(part) in closed or part.get(f"{_TABLE}visibility", "visible") != "visible":
            yield place, place + repeats - 1
        place += repeats


def filled_rows(spans: Iterable[Span], kinds: Sequence[pa.Array]) -> tuple[int, ...]:
    """Return the rows of some spans with a value in any column."""
    height = len(kinds[0]) if kinds else 0
    rows = pa.array(_within(spans, height), pa.int64())
    if not len(rows):
        return ()
    is_filled = pa.array([False] * len(rows))
    for column in kinds:
        is_filled = pc.or_(is_filled, pc.not_equal(column.take(rows), CellKind.BLANK.value))
    return tuple(rows.filter(is_filled).to_pylist())


def filled_columns(spans: Iterable[Span], kinds: Sequence[pa.Array]) -> tuple[int, ...]:
    """Return the columns of some spans with a value in any row."""
    columns = _within(spans, len(kinds))
    return tuple(n for n in columns if pc.any(pc.not_equal(kinds[n], CellKind.BLANK.value)).as_py())


def _within(spans: Iterable[Span], count: int) -> list[int]:
    return [number for first, last in spans for number in range(first, min(last + 1, count))]
