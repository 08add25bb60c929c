"""Print tables on the command line."""

import json
import math
import re
import sys
from collections.abc import Sequence
from decimal import Decimal
from enum import StrEnum

_IN_QUOTES = re.compile(r'[",\r\n]')
_WIDEST = 100_000


class Format(StrEnum):
    """A format that tables are printed in."""

    TABLE = "table"
    CSV = "csv"
    JSON = "json"


def show(names: Sequence[str], rows: Sequence[Sequence[object]], output: Format, title: str | None = None) -> None:
    """Print a table. Nulls are blank in a table and in CSV, where an empty text is `""`, and null in JSON.

    In JSON, columns of the same name are numbered (`a`, `a_2`), decimals are numbers where no digit is lost, and
    NaN and the infinities are texts.

    Args:
        names: Names of the columns.
        rows: The rows, each in the order of the columns.
        output: The format.
        title: Title above a table; CSV and JSON have none.
    """
    if output is Format.JSON:
        keys = _distinct(names)
        records = [{key: _in_json(value) for key, value in zip(keys, row, strict=True)} for row in rows]
        sys.stdout.write(json.dumps(records, default=str, ensure_ascii=False, allow_nan=False) + "\n")
    elif output is Format.CSV:
        sys.stdout.writelines(",".join(map(_csv_field, line)) + "\n" for line in (names, *rows))
    else:
        _show_table(names, rows, title)


def _distinct(names: Sequence[str]) -> list[str]:
    """Return the names of columns, each repetition with a number that makes it unique."""
    keys: list[str] = []
    for name in names:
        key, count = name, 1
        while key in keys:
            count += 1
            key = f"{name}_{count}"
        keys.append(key)
    return keys


def _in_json(value: object) -> object:
    """Return a value as one that JSON has."""
    if isinstance(value, Decimal) and value.is_finite():
        number = int(value) if value == value.to_integral_value() else float(value)
        return number if Decimal(repr(number)) == value else str(value)
    if isinstance(value, float) and not math.isfinite(value):
        return {"inf": "Infinity", "-inf": "-Infinity"}.get(str(value), "NaN")
    return value


def _csv_field(value: object) -> str:
    """Return a field of CSV (RFC 4180). A null is blank, and an empty text is quoted, as in PostgreSQL."""
    if value is None:
        return ""
    text = str(value)
    is_quoted = not text or _IN_QUOTES.search(text) is not None
    return '"' + text.replace('"', '""') + '"' if is_quoted else text


def _show_table(names: Sequence[str], rows: Sequence[Sequence[object]], title: str | None) -> None:
    from rich.console import Console  # only tables need it

    from flows.cli.tables import table_of

    # Lines written to a file or to another program are not folded.
    width = Console().width if sys.stdout.isatty() else None
    console = Console(width=width or _WIDEST, markup=False, highlight=False)
    console.print(table_of(names, rows, title, width), crop=False)
