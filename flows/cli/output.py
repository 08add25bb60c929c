"""Print tables on the command line."""

import csv
import json
import sys
from collections.abc import Sequence
from enum import StrEnum


class Format(StrEnum):
    """A format that tables are printed in."""

    TABLE = "table"
    CSV = "csv"
    JSON = "json"


def show(names: Sequence[str], rows: Sequence[Sequence[object]], output: Format, title: str | None = None) -> None:
    """Print a table. Nulls are blank in a table and in CSV, and null in JSON.

    Args:
        names: Names of the columns.
        rows: The rows, each in the order of the columns.
        output: The format.
        title: Title above a table; CSV and JSON have none.
    """
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
        is_numeric = any(isinstance(row[position], (int, float)) for row in rows)
        table.add_column(name, justify="right" if is_numeric else "left", overflow="fold")
    for row in rows:
        table.add_row(*("" if value is None else str(value) for value in row))
    # Lines written to a file or another program are not folded at the width of a terminal.
    width = None if sys.stdout.isatty() else 200
    Console(width=width, markup=False, highlight=False).print(table)
