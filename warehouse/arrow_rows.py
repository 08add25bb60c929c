"""Convert rows to the Arrow types of their table before they are inserted, for both engines."""

# pyright: reportAttributeAccessIssue=false
# pyarrow.compute creates its functions when it is imported.

from collections.abc import Iterator, Sequence
from itertools import chain

import pyarrow as pa
import pyarrow.compute as pc

from schemas.tables import Row, Table

Rows = Sequence[Row] | pa.Table | Iterator[pa.Table]
"""Rows of one table: mappings, an Arrow table for many rows, or Arrow tables in pieces for more than fits in memory."""


def arriving(table: Table, rows: Rows) -> pa.RecordBatchReader:
    """Return the rows with the columns and types of their table. Dictionary-encoded text columns stay encoded.

    A NUL character, which PostgreSQL's text cannot hold, is replaced with U+FFFD (replacement character) on both
    engines. The encrypted original keeps it.

    Raises:
        ValueError: A column that is not nullable contains nulls.
    """
    pieces = (_fitting(table, piece) for piece in (rows if isinstance(rows, Iterator) else [rows]))
    first = next(pieces, table.arrow.empty_table())
    schema = first.schema
    batches = (batch for piece in chain([first], pieces) for batch in piece.cast(schema).to_batches())
    return pa.RecordBatchReader.from_batches(schema, batches)


def _fitting(table: Table, rows: Sequence[Row] | pa.Table) -> pa.Table:
    arrow = rows if isinstance(rows, pa.Table) else pa.Table.from_pylist(rows, schema=table.arrow)
    columns = [_fitted(arrow.column(field.name), field) for field in table.arrow]
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
