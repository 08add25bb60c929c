"""Parse CSV files to cells. The encoding is Unicode or declared, never guessed; the separator is the most frequent."""

import codecs
import csv
import io
import re
import zipfile
from dataclasses import replace

import pyarrow as pa

from tasks.spreadsheets.cells import MAXIMUM_BYTES, CellBook, CellSheet, Refusal, RefusedError
from tasks.spreadsheets.columns import in_columns

SHEET = ""
"""The name of the only sheet of a CSV file."""

_MARKS = (
    (codecs.BOM_UTF8, "utf-8-sig", "UTF-8"),
    (codecs.BOM_UTF16_LE, "utf-16", "UTF-16"),
    (codecs.BOM_UTF16_BE, "utf-16", "UTF-16"),
)
_NAMES = {"windows-1252": "Windows-1252", "iso-8859-15": "ISO 8859-15", "cp850": "DOS 850", "mac-roman": "Mac Roman"}
"""The encodings that programs in France have written besides Unicode, by their names in Python."""
_NO_SIGN = "\ufffd"
"""What Python decodes a byte to that has no meaning in an encoding."""
_UTF8_LETTERS = re.compile(rb"[\xc3-\xc5][\x80-\xbf]|\xe2[\x80-\x82][\x80-\xbf]")
"""Accented Latin letters, typographic signs and the sign of the euro, in UTF-8."""
_LEAST_SHARE = 4
"""One byte in so many is a null in UTF-16 without a mark. Fewer are letters that a program lost."""
_SEPARATORS = ";,\t|"
_OF_SYSTEMS = {".DS_Store", "Thumbs.db", "desktop.ini"}


def parse_csv(content: bytes, maximum_cells: int, declared: str | None = None) -> CellBook:
    """Parse a CSV file to one sheet.

    Args:
        content: The bytes of the file.
        maximum_cells: The number of cells (rows × widest row) from which the file is refused.
        declared: The encoding of files that are not in Unicode; None for none.

    Raises:
        RefusedError: A quote is never closed, the encoding is not Unicode nor declared, or there are too many cells.
    """
    text, encoding = _decoded(content, declared)
    separator = _separator(text)
    csv.field_size_limit(MAXIMUM_BYTES)
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=separator, strict=True)
    rows: list[list[str]] = []
    width = 0
    try:
        for row in reader:
            rows.append(row)
            width = max(width, len(row))
            if len(rows) * width > maximum_cells:
                raise RefusedError(Refusal.TOO_FAR, row=len(rows), column=width)
    except csv.Error as error:
        line = rows and reader.line_num
        raise RefusedError(Refusal.BROKEN_CSV, line=line or 1) from error
    texts, kinds = in_columns([row + [""] * (width - len(row)) for row in rows]) if width else ([], [])
    lengths = pa.array([len(row) for row in rows], pa.int32())
    return CellBook({SHEET: CellSheet(SHEET, tuple(texts), tuple(kinds), lengths=lengths)}, encoding, separator)


def parse_csv_set(archive: zipfile.ZipFile, maximum_cells: int, declared: str | None = None) -> CellBook:
    """Parse a set of CSV files in a ZIP archive to one sheet each, named by its file.

    Args:
        archive: The archive. Folders in it and the files that systems add to archives do not count.
        maximum_cells: The number of cells from which a file is refused.
        declared: The encoding of files that are not in Unicode; None for none.

    Raises:
        RefusedError: A file is no CSV file, two have the same name, or one cannot be parsed.
    """
    sheets: dict[str, CellSheet] = {}
    encodings: list[str] = []
    separators: list[str] = []
    for member in archive.infolist():
        file = member.filename.rpartition("/")[2]
        if not file or file in _OF_SYSTEMS or file.startswith("._"):
            continue
        name, _, ending = file.rpartition(".")
        if ending.lower() != "csv" or not name or name in sheets:
            raise RefusedError(Refusal.NO_CSV_SET, file=file)
        try:
            book = parse_csv(archive.read(member), maximum_cells, declared)
        except RefusedError as error:
            raise RefusedError(error.refusal, **error.details, file=file) from error
        sheets[name] = replace(book.sheets[SHEET], name=name)
        encodings.append(book.encoding or "")
        separators.append(book.separator or "")
    if not sheets:
        raise RefusedError(Refusal.NO_CSV_SET, file="")
    return CellBook(sheets, " / ".join(dict.fromkeys(encodings)), " ".join(dict.fromkeys(separators)))


def _decoded(content: bytes, declared: str | None) -> tuple[str, str]:
    for mark, codec, name in _MARKS:
        if content.startswith(mark):
            return _text(content, codec, name), name
    start = content[:2000]
    if start.count(0) * _LEAST_SHARE >= len(start) > 0:
        odd = start[1::2].count(0) > start[::2].count(0)
        return _text(content, "utf-16-le" if odd else "utf-16-be", "UTF-16"), "UTF-16"
    try:
        return content.decode(), "UTF-8"
    except UnicodeDecodeError as error:
        if _has_unicode(content):
            raise _invalid(content, error.start, "UTF-8") from error
        if declared is not None:
            return _text(content, declared, _NAMES[declared]), _NAMES[declared]
        raise _undecided(content, error.start) from error


def _text(content: bytes, codec: str, name: str) -> str:
    try:
        return content.decode(codec)
    except UnicodeDecodeError as error:
        raise _invalid(content, error.start, name) from error


def _has_unicode(content: bytes) -> bool:
    """Return whether the bytes have letters in UTF-8, which hardly ever occur by chance in another encoding."""
    return _UTF8_LETTERS.search(content) is not None


def _invalid(content: bytes, start: int, encoding: str) -> RefusedError:
    return RefusedError(Refusal.BAD_BYTE, line=_line(content, start), encoding=encoding)


def _undecided(content: bytes, start: int) -> RefusedError:
    """Refuse a file with each reading of its first byte that is not ASCII: one sign names nobody."""
    byte = content[start : start + 1]
    readings: dict[str, list[str]] = {}
    for codec, name in _NAMES.items():
        readings.setdefault(byte.decode(codec, errors="replace"), []).append(name)
    words = ", ".join(
        f"“{sign}” ({', '.join(names)})" for sign, names in readings.items() if sign != _NO_SIGN and sign.isprintable()
    )
    return RefusedError(Refusal.ENCODING, line=_line(content, start), readings=words)


def _line(content: bytes, start: int) -> int:
    return len(content[:start].splitlines() or [b""]) + content[:start].endswith((b"\n", b"\r"))


def _separator(text: str) -> str:
    """Return the most frequent separator of the first line that has any outside quotes."""
    for line in text.splitlines()[:20]:
        outside = "".join(line.split('"')[::2])
        counts = {sign: outside.count(sign) for sign in _SEPARATORS}
        if any(counts.values()):
            return max(counts, key=lambda sign: counts[sign])
    return ";"
