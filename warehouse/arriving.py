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
        column = given.column(position)
        if pa.types.is_string(column.type) and pc.any(pc.match_substring(column, "\0")).as_py():
            given = given.set_column(position, field, pc.replace_substring(column, "\0", "\ufffd"))
    return given
