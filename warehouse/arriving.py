"""Rows on their way into a table, as Arrow, whichever the engine."""

# pyright: reportAttributeAccessIssue=false
# Arrow makes the functions of its compute module when it is imported.

from collections.abc import Sequence

import pyarrow as pa
import pyarrow.compute as pc

from schemas.tables import Row, Table


def arriving(table: Table, rows: Sequence[Row] | pa.Table) -> pa.Table:
    """The rows with the table's columns and types; texts that repeat may come as a dictionary, and stay one.

    A NUL character, which PostgreSQL's text cannot hold, becomes U+FFFD, the character that stands for one that could
    not be kept: visible, and the same on both engines. The original, which is landed, still has it.
    """
    given = rows if isinstance(rows, pa.Table) else pa.Table.from_pylist(rows, schema=table.arrow)
    columns = [_fitted(given.column(field.name), field) for field in table.arrow]
    return pa.Table.from_arrays(columns, names=table.arrow.names)


def _fitted(column: pa.ChunkedArray, field: pa.Field) -> pa.ChunkedArray:
    if column.null_count and not field.nullable:
        raise ValueError(f"{field.name} is null in {column.null_count} rows; expected a value in each.")
    repeats = pa.types.is_dictionary(column.type) and column.type.value_type == field.type
    if repeats and not any(_has_nul(chunk.dictionary) for chunk in column.chunks):
        return column
    column = column.cast(field.type)
    return pc.replace_substring(column, "\0", "\ufffd") if _has_nul(column) else column


def _has_nul(texts: pa.Array | pa.ChunkedArray) -> bool:
    return pa.types.is_string(texts.type) and bool(pc.any(pc.match_substring(texts, "\0")).as_py())
