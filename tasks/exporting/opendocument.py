"""Write ODS (OpenDocument 1.2): the sheets of an XLSX export, with typed cells.

There is no maintained library that writes ODS, and the part of the format that a table needs is small.
"""

import math
import re
from collections.abc import Iterable, Iterator
from datetime import date, datetime
from pathlib import Path
from typing import IO
from xml.sax.saxutils import escape, quoteattr
from zipfile import ZIP_DEFLATED, ZIP_STORED, ZipFile, ZipInfo

from tasks.exporting.exported import Exported
from tasks.exporting.sheets import Row, Sheet, sheets_of, text_of_cell

_TYPE = "application/vnd.oasis.opendocument.spreadsheet"
_URN = "urn:oasis:names:tc:opendocument:xmlns"
_HEAD = '<?xml version="1.0" encoding="UTF-8"?>'
_MANIFEST = (
    f'{_HEAD}<manifest:manifest xmlns:manifest="{_URN}:manifest:1.0" manifest:version="1.2">'
    f'<manifest:file-entry manifest:full-path="/" manifest:version="1.2" manifest:media-type="{_TYPE}"/>'
    '<manifest:file-entry manifest:full-path="content.xml" manifest:media-type="text/xml"/></manifest:manifest>'
)
_TWO = 'number:style="long"'
_DAY = (
    f"<number:year {_TWO}/><number:text>-</number:text>"
    f"<number:month {_TWO}/><number:text>-</number:text>"
    f"<number:day {_TWO}/>"
)
_CLOCK = (
    f"<number:text> </number:text>"
    f"<number:hours {_TWO}/><number:text>:</number:text>"
    f"<number:minutes {_TWO}/><number:text>:</number:text>"
    f"<number:seconds {_TWO}/>"
)
_OPENING = (
    f'{_HEAD}<office:document-content xmlns:office="{_URN}:office:1.0" xmlns:table="{_URN}:table:1.0" '
    f'xmlns:text="{_URN}:text:1.0" xmlns:style="{_URN}:style:1.0" xmlns:number="{_URN}:datastyle:1.0" '
    'office:version="1.2"><office:automatic-styles>'
    f'<number:date-style style:name="shown-day">{_DAY}</number:date-style>'
    f'<number:date-style style:name="shown-moment">{_DAY}{_CLOCK}</number:date-style>'
    '<style:style style:name="day" style:family="table-cell" style:data-style-name="shown-day"/>'
    '<style:style style:name="moment" style:family="table-cell" style:data-style-name="shown-moment"/>'
    "</office:automatic-styles><office:body><office:spreadsheet>"
)
_CLOSING = "</office:spreadsheet></office:body></office:document-content>"
_EMPTY = "<table:table-cell/>"
_LINE_ENDS = re.compile("\r\n|\r|\n")
_SPACES = re.compile("  +|^ | $")


def write_ods(exported: Exported, locale: str, path: Path) -> None:
    """Write typed cells; texts are never evaluated as formulas. The same rows give the same bytes.

    Raises:
        UsageError: The number of rows or the length of a text exceeds the limit of spreadsheet programs.
    """
    sheets = sheets_of(exported, locale, ".ods")
    with ZipFile(path, "w") as archive:
        # The format requires this entry first, and not compressed.
        archive.writestr(_entry("mimetype", ZIP_STORED), _TYPE)
        archive.writestr(_entry("META-INF/manifest.xml"), _MANIFEST)
        with archive.open(_entry("content.xml"), "w", force_zip64=True) as content:
            _write(content, _document(sheets, exported.view.name))


def _entry(name: str, compression: int = ZIP_DEFLATED) -> ZipInfo:
    entry = ZipInfo(name)  # of 1 January 1980, whatever the day
    entry.compress_type = compression
    return entry


def _write(file: IO[bytes], parts: Iterable[str]) -> None:
    for part in parts:
        file.write(part.encode())


def _document(sheets: Iterable[Sheet], name: str) -> Iterator[str]:
    yield _OPENING
    for sheet in sheets:
        yield f"<table:table table:name={quoteattr(sheet.name)}>"
        for number, row in enumerate(sheet.rows):
            line = f"<table:table-row>{''.join(_cells(row, name))}</table:table-row>"
            yield f"<table:table-header-rows>{line}</table:table-header-rows>" if number == 0 else line
        yield "</table:table>"
    yield _CLOSING


def _cells(row: Row, name: str) -> Iterator[str]:
    for value in row:
        match value:
            case None:
                yield _EMPTY
            case str():
                yield _text_cell(text_of_cell(value, name, ".ods"))
            case bool():
                yield f'<table:table-cell office:value-type="boolean" office:boolean-value="{str(value).lower()}"/>'
            case datetime():
                yield _date_cell("moment", value.isoformat())
            case date():
                yield _date_cell("day", value.isoformat())
            case float() if not math.isfinite(value):
                yield _text_cell(str(value))
            case _:
                yield f'<table:table-cell office:value-type="float" office:value="{value}"/>'


def _date_cell(style: str, value: str) -> str:
    return f'<table:table-cell table:style-name="{style}" office:value-type="date" office:date-value="{value}"/>'


def _text_cell(text: str) -> str:
    paragraphs = "".join(f"<text:p>{_kept_white_space(escape(line))}</text:p>" for line in _LINE_ENDS.split(text))
    return f'<table:table-cell office:value-type="string">{paragraphs}</table:table-cell>'


def _kept_white_space(line: str) -> str:
    """Return a line whose spaces a reader does not collapse into one.

    A tab becomes a space, because LibreOffice drops `text:tab`.
    """
    return _SPACES.sub(lambda found: f'<text:s text:c="{len(found[0])}"/>', line.replace("\t", " "))
