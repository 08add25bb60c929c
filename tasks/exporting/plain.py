"""Write Parquet and CSV."""

import csv
import json
from dataclasses import asdict
from pathlib import Path

from tasks.exporting.exported import Exported, codebook_lines

_STARTS_A_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n")


def write_parquet(exported: Exported, locale: str, path: Path) -> None:
    """Write Parquet with typed columns; instants are in UTC, in microseconds.

    Each field has a `description` in its metadata. The schema metadata hold the `description` of the view and, if there
    are indicators, the `codebook` as a JSON array of objects.
    """
    import pyarrow as pa
    import pyarrow.parquet as pq

    table, view = exported.table, exported.view
    meanings = {column.name: column.meaning.text(locale) for column in view.columns}
    fields = [field.with_metadata({"description": meanings[field.name]}) for field in table.schema]
    metadata = {"description": view.meaning.text(locale)}
    if exported.indicators:
        lines = [asdict(line) for line in codebook_lines(exported, locale)]
        metadata["codebook"] = json.dumps(lines, ensure_ascii=False)
    pq.write_table(table.cast(pa.schema(fields, metadata=metadata)), path)


def write_csv(exported: Exported, locale: str, path: Path) -> None:  # noqa: ARG001 all writers have the same signature
    """Write CSV in UTF-8 with commas, ISO dates, and an empty field for null.

    A text that a spreadsheet would evaluate as a formula is prefixed with an apostrophe (OWASP, CSV injection).
    """
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(exported.table.column_names)
        for batch in exported.table.to_batches(max_chunksize=10_000):
            columns = [column.to_pylist() for column in batch.columns]
            writer.writerows([_cell(value) for value in row] for row in zip(*columns, strict=True))


def _cell(value: object) -> object:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str) and value.startswith(_STARTS_A_FORMULA):
        return f"'{value}"
    return "" if value is None else value
