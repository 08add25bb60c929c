"""The `raw` tables as dbt sources: `python -m schemas.dbt_sources` prints `_raw__sources.yml`, which is checked in."""

import sys
from collections.abc import Iterator

from schemas.tables import TABLES, Column, Kind, Table

DATA_TYPES: dict[Kind, str] = {
    Kind.TEXT: "text",
    Kind.WHOLE: "bigint",
    Kind.NUMBER: "double precision",
    Kind.YES_NO: "boolean",
    Kind.DAY: "date",
    Kind.INSTANT: "timestamp",
}
HEAD = """\
# Made from schemas/tables.py: change it there, then run python -m schemas.dbt_sources and keep what it prints.
version: 2

sources:
  - name: raw
    schema: raw
    description: What was received, append-only. Each row carries its run, when it was known and when it was loaded.
    tables:
"""


def dbt_sources() -> str:
    """The text of the dbt file that declares the `raw` tables, their columns and their tests."""
    return HEAD + "".join(f"{line}\n" for table in TABLES if table.schema == "raw" for line in _table(table))


def _table(table: Table) -> Iterator[str]:
    required = [column.name for column in table.columns if not column.is_nullable]
    yield f"      - name: {table.name}"
    yield f"        description: {_quoted(table.grain)}"
    yield "        data_tests:"
    yield "          - grain:"
    yield f"              name: grain_raw_{table.name}"
    yield "              arguments:"
    yield f"                columns: [{', '.join(table.key)}]"
    yield "                never_null:"
    yield from (f"                  - {name}" for name in required)
    yield "        columns:"
    for column in table.columns:
        yield from _column(column)


def _column(column: Column) -> Iterator[str]:
    yield f"          - name: {column.name}"
    yield f"            data_type: {DATA_TYPES[column.kind]}"
    yield f"            description: {_quoted(column.meaning)}"


def _quoted(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"


if __name__ == "__main__":
    sys.stdout.write(dbt_sources())
