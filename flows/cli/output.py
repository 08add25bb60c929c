"""How the command line prints tables."""

import csv
import json
import sys
from collections.abc import Sequence
from enum import StrEnum


class Format(StrEnum):
    """How a table is printed."""

    TABLE = "table"
    CSV = "csv"
    JSON = "json"


def show(names: Sequence[str], rows: Sequence[Sequence[object]], output: Format, title: str | None = None) -> None:
    """Print a table; nulls are blank in a table and in CSV, and null in JSON."""
    if output is Format.JSON:
        sys.stdout.write(
            json.dumps([dict(zip(names, row, strict=True)) for row in rows], default=str, ensure_ascii=False)
        )
        sys.stdout.write("\n")
    elif output is Format.CSV:
        writer = csv.writer(sys.stdout, lineterminator="\n")
        writer.writerow(names)
        writer.writerows(["" if value is None else value for value in row] for row in rows)
    else:
        _show_table(names, rows, title)


def _show_table(names: Sequence[str], rows: Sequence[Sequence[object]], title: str | None) -> None:
    from rich.box import SIMPLE_HEAD  # only tables need it
    from rich.console import Console
    from rich.table import Table

    table = Table(title=title, title_justify="left", title_style="bold", box=SIMPLE_HEAD)
    for position, name in enumerate(names):
        numeric = any(isinstance(row[position], (int, float)) for row in rows)
        table.add_column(name, justify="right" if numeric else "left", overflow="fold")
    for row in rows:
        table.add_row(*("" if value is None else str(value) for value in row))
    # Output that goes to a file or another program is not cut to the width of a terminal.
    width = None if sys.stdout.isatty() else 200
    Console(width=width, markup=False, highlight=False).print(table)
