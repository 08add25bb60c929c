"""Parquet and CSV."""

import csv
from pathlib import Path
from typing import TYPE_CHECKING

from tasks.dictionary import View

if TYPE_CHECKING:
    import pyarrow as pa

_STARTS_A_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n")


def write_parquet(table: "pa.Table", view: View, locale: str, path: Path) -> None:
    """Typed columns, each with what it means as its metadata; instants in microseconds, UTC."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    meanings = {column.name: column.meaning.said(locale) for column in view.columns}
    fields = [field.with_metadata({"description": meanings[field.name]}) for field in table.schema]
    described = pa.schema(fields, metadata={"description": view.meaning.said(locale)})
    pq.write_table(table.cast(described), path)


def write_csv(table: "pa.Table", view: View, locale: str, path: Path) -> None:  # noqa: ARG001 one signature for all
    """UTF-8, commas; nothing for null, ISO dates. A text that a spreadsheet would run as a formula gets a ' before it.

    The ' is what spreadsheets themselves mark a text with (OWASP, CSV injection).
    """
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(table.column_names)
        for batch in table.to_batches(max_chunksize=10_000):
            columns = [column.to_pylist() for column in batch.columns]
            writer.writerows([_cell(value) for value in row] for row in zip(*columns, strict=True))


def _cell(value: object) -> object:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str) and value.startswith(_STARTS_A_FORMULA):
        return f"'{value}"
    return "" if value is None else value
