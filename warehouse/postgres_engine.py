"""Hold the warehouse in a PostgreSQL database."""

import io
from collections.abc import Generator, Iterator, Sized
from contextlib import contextmanager
from typing import Any, Self

import psycopg
import pyarrow as pa
import pyarrow.csv as pc
import sqlalchemy as sa
from psycopg.abc import Buffer
from sqlalchemy.dialects.postgresql import psycopg as dialects

from schemas.tables import ANSWERS, ROW_ANSWERS, Kind, Table, sql_table
from warehouse.address import Address
from warehouse.arrow_rows import Rows, arriving
from warehouse.database import connect, explain_errors
from warehouse.migrations import bring_up_to_date, is_up_to_date
from warehouse.sql import as_text

_DIALECT = dialects.PGDialect_psycopg()
_ROWS_AT_A_TIME = 16_384
"""Rows per chunk of a COPY: some megabytes of text, so that a load never holds all its rows as text."""

_LONGEST_ROW = 1 << 26
"""Maximum length of a row in a COPY result, in bytes; also the size of the blocks in which the result is read."""

_TYPES: dict[int, pa.DataType] = {
    16: pa.bool_(),
    20: pa.int64(),
    21: pa.int64(),
    23: pa.int64(),
    700: pa.float64(),
    701: pa.float64(),
    1082: pa.date32(),
    1114: pa.timestamp("us"),
    1184: pa.timestamp("us", "UTC"),
    1700: pa.float64(),
}
"""Arrow types by PostgreSQL's type OIDs. All other types are read as text."""

_INDEXED_BY_LOAD = (ANSWERS, ROW_ANSWERS)
"""Tables with an index on `loaded_at`: they are too large to scan for the rows of one load."""


class PostgreSQLWarehouse:
    """A warehouse in a PostgreSQL database.

    With `read_only`, all statements see one snapshot (REPEATABLE READ), and no table is created.

    Raises:
        UsageError: The server refuses the connection.
        DatabaseError: The database cannot be reached, or a later Essaim upgraded its tables.
    """

    def __init__(self, address: Address, *, read_only: bool = False) -> None:
        self._address = address
        self._connection = connect(address)
        try:
            if read_only:
                self._connection.autocommit = False
                self._connection.read_only = True
                self._connection.isolation_level = psycopg.IsolationLevel.REPEATABLE_READ
            else:
                self._create_tables()
        except BaseException:
            self._connection.close()
            raise

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._connection.close()

    def execute(self, statement: sa.Executable) -> list[tuple[Any, ...]]:
        """Run one SQLAlchemy statement and return its rows."""
        compiled = statement.compile(dialect=_DIALECT, compile_kwargs={"render_postcompile": True})  # pyright: ignore[reportAttributeAccessIssue] every statement of ours has it
        with explain_errors(self._address):
            answer = self._connection.execute(str(compiled).encode(), compiled.params)
            return answer.fetchall() if answer.description else []

    def arrow(self, statement: sa.Select[*tuple[Any, ...]]) -> pa.Table:
        """Run a SELECT and return its result as an Arrow table. Columns of type numeric become float64."""
        return pa.Table.from_batches(list(self.batches(statement)), self._schema(as_text(statement)))

    def batches(self, statement: sa.Select[*tuple[Any, ...]]) -> Iterator[pa.RecordBatch]:
        """Run a SELECT and yield its result in record batches while the rows arrive."""
        schema = self._schema(text := as_text(statement))
        copy = f"copy ({text}) to stdout (format csv)"
        with explain_errors(self._address), self._connection.cursor() as cursor, cursor.copy(copy.encode()) as copying:
            blocks = _Blocks(iter(copying))
            if blocks.is_empty:
                return
            yield from pc.open_csv(
                pa.PythonFile(blocks, "r"),
                pc.ReadOptions(column_names=schema.names, block_size=_LONGEST_ROW),
                pc.ParseOptions(newlines_in_values=True, ignore_empty_lines=False),
                pc.ConvertOptions(
                    column_types=schema,
                    null_values=[""],
                    true_values=["t"],
                    false_values=["f"],
                    strings_can_be_null=True,
                    quoted_strings_can_be_null=False,
                ),
            )

    def _schema(self, text: str) -> pa.Schema:
        no_rows = f"select * from ({text}) as answer limit 0"  # noqa: S608 a statement of ours
        with explain_errors(self._address):
            described = self._connection.execute(no_rows.encode()).description
        return pa.schema([(column.name, _TYPES.get(column.type_code, pa.string())) for column in described or ()])

    def append(self, table: Table, rows: Rows) -> None:
        """Insert rows into a table by COPY. Each row must have all columns; pass many rows as Arrow tables."""
        if isinstance(rows, Sized) and not len(rows):
            return
        copy = f"copy {table.full_name} ({', '.join(table.arrow.names)}) from stdin (format csv)"
        with explain_errors(self._address), self._connection.cursor() as cursor, cursor.copy(copy.encode()) as copying:
            for batch in _in_pieces(arriving(table, rows)):
                # Arrow quotes every text and writes nothing for a null. COPY reads an unquoted empty field as null.
                lines = pa.BufferOutputStream()
                pc.write_csv(batch.cast(table.arrow), lines, pc.WriteOptions(include_header=False))
                copying.write(memoryview(lines.getvalue()))

    @contextmanager
    def transaction(self) -> Generator[None]:
        """Run the enclosed statements in one transaction, rolled back on an exception."""
        with explain_errors(self._address), self._connection.transaction():
            yield

    def checkpoint(self) -> None:
        """Do nothing: PostgreSQL writes to disk what it commits."""

    def tables(self) -> frozenset[str]:
        """Return the names, with their schema, of the existing tables of `ops` and `raw`."""
        names = "select schemaname || '.' || tablename from pg_catalog.pg_tables where schemaname in ('ops', 'raw')"
        with explain_errors(self._address):
            return frozenset(name for (name,) in self._connection.execute(names))

    def _create_tables(self) -> None:
        existing = self.tables()
        with explain_errors(self._address):
            is_done = is_up_to_date(self._run, existing)
        if not is_done:
            with self.transaction():
                bring_up_to_date(self._run, existing, _create)
                for table in _INDEXED_BY_LOAD:
                    self._run(_index_of_loads(table))

    def _run(self, text: str) -> list[tuple[Any, ...]]:
        answer = self._connection.execute(text.encode())
        return answer.fetchall() if answer.description else []


def _in_pieces(rows: pa.RecordBatchReader) -> Iterator[pa.RecordBatch]:
    starts = ((batch, start) for batch in rows for start in range(0, batch.num_rows, _ROWS_AT_A_TIME))
    return (batch.slice(start, _ROWS_AT_A_TIME) for batch, start in starts)


def _create(table: Table) -> str:
    return str(sa.schema.CreateTable(_with_codes_in_order(table)).compile(dialect=_DIALECT))


def _index_of_loads(table: Table) -> str:
    """Return the statement that creates a BRIN index on `loaded_at`.

    The rows of a load are in adjacent blocks, so that the index is small and costs a load nothing. Before each build,
    `warehouse.roles.let_build` summarizes the new blocks.
    """
    return f"create index if not exists {table.name}_by_load on {table.full_name} using brin (loaded_at)"


class _Blocks(io.RawIOBase):
    """The output of a COPY as a readable binary file."""

    def __init__(self, blocks: Iterator[Buffer]) -> None:
        self._blocks = blocks
        self._waiting = bytearray(next(blocks, b""))
        self.is_empty = not self._waiting

    def readable(self) -> bool:
        return True

    def read(self, size: int = -1) -> bytes:
        while size < 0 or len(self._waiting) < size:
            block = next(self._blocks, None)
            if block is None:
                break
            self._waiting += block
        end = len(self._waiting) if size < 0 else size
        result = bytes(self._waiting[:end])
        del self._waiting[:end]
        return result


def _with_codes_in_order(table: Table) -> sa.Table:
    """Return the table with text columns in the collation "C", as in DuckDB, whatever the locale of the database.

    Some models break a tie by the order of identifiers: both engines must choose the same row.
    """
    columns = [
        sa.Column(c.name, sa.Text(collation="C") if kind is Kind.TEXT else c.type, nullable=c.nullable)
        for c, kind in zip(sql_table(table).columns, (column.kind for column in table.columns), strict=True)
    ]
    return sa.Table(table.name, sa.MetaData(), *columns, schema=table.schema)
