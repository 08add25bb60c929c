"""Parse CSV files to cells. Encoding and separator are detected and reported; nothing else is guessed."""

import codecs
import csv
import io

from tasks.spreadsheets.cells import CellBook, CellSheet, Refusal, RefusedError
from tasks.spreadsheets.columns import in_columns

SHEET = ""
"""The name of the only sheet of a CSV file."""

_MARKS = (
    (codecs.BOM_UTF8, "utf-8-sig", "UTF-8"),
    (codecs.BOM_UTF16_LE, "utf-16", "UTF-16"),
    (codecs.BOM_UTF16_BE, "utf-16", "UTF-16"),
)
_SEPARATORS = ";,\t|"


def parse_csv(content: bytes, maximum_cells: int) -> CellBook:
    """Parse a CSV file to one sheet.

    Args:
        content: The bytes of the file.
        maximum_cells: The number of cells (rows × widest row) from which the file is refused.

    Raises:
        RefusedError: A quote is never closed, the bytes are in no known encoding, or there are too many cells.
    """
    text, encoding = _decoded(content)
    separator = _separator(text)
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
    return CellBook({SHEET: CellSheet(SHEET, tuple(texts), tuple(kinds))}, encoding, separator)


def _decoded(content: bytes) -> tuple[str, str]:
    for mark, codec, name in _MARKS:
        if content.startswith(mark):
            return _text(content, codec), name
    if b"\0" in content[:2000]:
        odd = content[1:2000:2].count(0) > content[:2000:2].count(0)
        return _text(content, "utf-16-le" if odd else "utf-16-be"), "UTF-16"
    try:
        return content.decode(), "UTF-8"
    except UnicodeDecodeError:
        pass
    from charset_normalizer import from_bytes  # slow to import, and needed only where the file is not UTF-8

    # What spreadsheet programs in France write besides Unicode: Windows, Mac and, from old programs, DOS encodings.
    best = from_bytes(content, cp_isolation=["cp1252", "mac_roman", "cp850"]).best()
    if best is None:
        raise RefusedError(Refusal.BROKEN)
    return str(best), {"cp1252": "Windows-1252", "mac_roman": "Mac Roman", "cp850": "DOS 850"}[best.encoding]


def _text(content: bytes, codec: str) -> str:
    try:
        return content.decode(codec)
    except UnicodeDecodeError as error:
        raise RefusedError(Refusal.BROKEN) from error


def _separator(text: str) -> str:
    """Return the most frequent separator of the first line that has any outside quotes."""
    for line in text.splitlines()[:20]:
        outside = "".join(line.split('"')[::2])
        counts = {sign: outside.count(sign) for sign in _SEPARATORS}
        if any(counts.values()):
            return max(counts, key=lambda sign: counts[sign])
    return ";"
