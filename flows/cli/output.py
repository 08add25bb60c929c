"""Print tables on the command line."""

import csv
import json
import math
import sys
from collections.abc import Sequence
from decimal import Decimal
from enum import StrEnum

_ESCAPES = {code: f"\\x{code:02x}" for code in (*range(32), *range(127, 160)) if chr(code) not in "\t\n"}


class Format(StrEnum):
    """A format that tables are printed in."""

    TABLE = "table"
    CSV = "csv"
    JSON = "json"


def show(names: Sequence[str], rows: Sequence[Sequence[object]], output: Format, title: str | None = None) -> None:
    """Print a table. Nulls are blank in a table and in CSV, and null in JSON.

    In JSON, columns of the same name are numbered (`a`, `a_2`), decimals are numbers where no digit is lost, and
    NaN and the infinities are texts. A table shows control characters as
    escapes, so that a value cannot steer the terminal.

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
        writer = csv.writer(sys.stdout, lineterminator="\n")
        writer.writerow(names)
        writer.writerows(["" if value is None else value for value in row] for row in rows)
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


def _show_table(names: Sequence[str], rows: Sequence[Sequence[object]], title: str | None) -> None:
    from rich.box import SIMPLE_HEAD  # only tables need it
    from rich.console import Console
    from rich.table import Table

    table = Table(title=title, title_justify="left", title_style="bold", box=SIMPLE_HEAD)
    for position, name in enumerate(names):
        is_numeric = any(isinstance(row[position], (int, float)) for row in rows)
        table.add_column(name, justify="right" if is_numeric else "left", overflow="fold")
    for row in rows:
        table.add_row(*("" if value is None else str(value).translate(_ESCAPES) for value in row))
    # Lines written to a file or another program are not folded at the width of a terminal.
    width = None if sys.stdout.isatty() else 200
    Console(width=width, markup=False, highlight=False).print(table)
