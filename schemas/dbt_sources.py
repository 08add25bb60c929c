"""Generate the dbt sources of the `raw` tables and the test of their keys.

`python -m schemas.dbt_sources` writes both files.
"""

from collections.abc import Iterator

from schemas.package_data import project_path
from schemas.tables import ANSWERS, ROW_ANSWERS, TABLES, Column, Kind, Table

_DBT_PROJECT = project_path("dbt_project")
SOURCES_FILE = _DBT_PROJECT / "models" / "staging" / "_raw__sources.yml"
GRAIN_FILE = _DBT_PROJECT / "tests" / "each_row_of_raw_is_there_once.sql"
TESTED_BY_RETURN = (ANSWERS, ROW_ANSWERS)
"""Tables that are too large to scan in each build. Tests of their own check only the rows since the last build."""

DATA_TYPES: dict[Kind, str] = {
    Kind.TEXT: "text",
    Kind.WHOLE: "bigint",
    Kind.NUMBER: "double precision",
    Kind.YES_NO: "boolean",
    Kind.DAY: "date",
    Kind.INSTANT: "timestamp",
}
_NOTICE = "Generated from schemas/tables.py: edit that file, then run python -m schemas.dbt_sources."
HEAD = f"""\
# {_NOTICE}
version: 2

sources:
  - name: raw
    schema: raw
    description: Received data, append-only. Each row carries its run, when it was known and when it was loaded.
    tables:
"""


_TEST_HEAD = f"""\
{{#- {_NOTICE}
    One test checks all tables, because each test adds dbt's fixed cost to a build. The tables enforce `not null`. -#}}
{{% set keys = {{
"""
_TEST_TAIL = """
} %}

{% for name, key in keys.items() %}
    {{ invalid_keys(source('raw', name), key.split(', '), name) }}
    {% if not loop.last %}union all{% endif %}
{% endfor %}
"""
RAW_TABLES = tuple(table for table in TABLES if table.schema == "raw")


def dbt_sources() -> str:
    """Return the contents of the dbt file that declares the `raw` tables and their columns."""
    return HEAD + "".join(f"{line}\n" for table in RAW_TABLES for line in _table(table))


def grain_test() -> str:
    """Return the contents of the dbt test that the rows of each `raw` table have unique keys."""
    tested = [table for table in RAW_TABLES if table not in TESTED_BY_RETURN]
    keys = ",\n".join(f"    '{table.name}': '{', '.join(table.key)}'" for table in tested)
    return _TEST_HEAD + keys + _TEST_TAIL


def _table(table: Table) -> Iterator[str]:
    yield f"      - name: {table.name}"
    yield f"        description: {_quoted(table.grain)}"
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
    SOURCES_FILE.write_text(dbt_sources(), encoding="utf-8")
    GRAIN_FILE.write_text(grain_test(), encoding="utf-8")
