"""Rows on their way into a table, as Arrow, whichever the engine."""

# pyright: reportAttributeAccessIssue=false
# Arrow makes the functions of its compute module when it is imported.

from collections.abc import Sequence

import pyarrow as pa
import pyarrow.compute as pc

from schemas.tables import Row, Table


def arriving(table: Table, rows: Sequence[Row] | pa.Table) -> pa.Table:
    """The rows with the table's columns and types.

    A NUL character, which PostgreSQL's text cannot hold, becomes U+FFFD, the character that stands for one that could
    not be kept: visible, and the same on both engines. The original, which is landed, still has it.
    """
    given = rows if isinstance(rows, pa.Table) else pa.Table.from_pylist(rows, schema=table.arrow)
    given = given.select(table.arrow.names).cast(table.arrow)
    for position, field in enumerate(given.schema):
        if holds(column := given.column(position), "\0"):
            given = given.set_column(position, field, pc.replace_substring(column, "\0", "\ufffd"))
    return given


def holds(column: pa.ChunkedArray, piece: str) -> bool:
    """Whether any text of a column contains a piece of text; never for a column that is not text."""
    return pa.types.is_string(column.type) and bool(pc.any(pc.match_substring(column, piece)).as_py())
