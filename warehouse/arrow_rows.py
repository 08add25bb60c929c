"""Rows on their way into a table, as Arrow, whichever the engine."""

# pyright: reportAttributeAccessIssue=false
# Arrow makes the functions of its compute module when it is imported.

from collections.abc import Iterator, Sequence
from itertools import chain

import pyarrow as pa
import pyarrow.compute as pc

from schemas.tables import Row, Table

Rows = Sequence[Row] | pa.Table | Iterator[pa.Table]
"""Rows of one table: many as an Arrow table; more than memory should hold in pieces, one after the other."""


def arriving(table: Table, rows: Rows) -> pa.RecordBatchReader:
    """The rows with the table's columns and types; texts that repeat may come as a dictionary, and stay one.

    A NUL character, which PostgreSQL's text cannot hold, becomes U+FFFD, the character that stands for one that could
    not be kept: visible, and the same on both engines. The original, which is landed, still has it.
    """
    pieces = (_fitting(table, some) for some in (rows if isinstance(rows, Iterator) else [rows]))
    first = next(pieces, table.arrow.empty_table())
    schema = first.schema
    batches = (batch for some in chain([first], pieces) for batch in some.cast(schema).to_batches())
    return pa.RecordBatchReader.from_batches(schema, batches)


def _fitting(table: Table, rows: Sequence[Row] | pa.Table) -> pa.Table:
    given = rows if isinstance(rows, pa.Table) else pa.Table.from_pylist(rows, schema=table.arrow)
    columns = [_fitted(given.column(field.name), field) for field in table.arrow]
    return pa.Table.from_arrays(columns, names=table.arrow.names)


def _fitted(column: pa.ChunkedArray, field: pa.Field) -> pa.ChunkedArray:
    if column.null_count and not field.nullable:
        raise ValueError(f"{field.name} is null in {column.null_count} rows; expected a value in each.")
    if pa.types.is_dictionary(column.type) and column.type.value_type == field.type:
        chunks = [pa.DictionaryArray.from_arrays(c.indices, _without_nul(c.dictionary)) for c in column.chunks]
        return pa.chunked_array(chunks, column.type)
    return _without_nul(column.cast(field.type))


def _without_nul(texts: pa.Array | pa.ChunkedArray) -> pa.Array | pa.ChunkedArray:
    has_nul = pa.types.is_string(texts.type) and pc.any(pc.match_substring(texts, "\0")).as_py()
    return pc.replace_substring(texts, "\0", "\ufffd") if has_nul else texts
