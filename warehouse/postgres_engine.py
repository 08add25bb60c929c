"""The warehouse in a PostgreSQL database."""

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
from warehouse.database import connect, told
from warehouse.migrations import bring_up_to_date, is_up_to_date
from warehouse.sql import as_text

_DIALECT = dialects.PGDialect_psycopg()
_ROWS_AT_A_TIME = 16_384
"""Some megabytes as text: what is being sent is never in memory as a whole."""

_LONGEST_ROW = 1 << 26
"""In bytes; also how much of an answer is read at a time."""

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
"""PostgreSQL's types by their numbers; any other is a text."""

_FOUND_BY_LOAD = (ANSWERS, ROW_ANSWERS)
"""Tables that are too large to be read whole for what one load brought."""


class PostgreSQLWarehouse:
    """A warehouse in a database. Read-only, it is one consistent state, and no table is made.

    Raises:
        EssaimError: it cannot be opened.
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
        """Run one SQLAlchemy statement; the rows of its answer."""
        compiled = statement.compile(dialect=_DIALECT, compile_kwargs={"render_postcompile": True})  # pyright: ignore[reportAttributeAccessIssue] every statement of ours has it
        with told(self._address):
            answer = self._connection.execute(str(compiled).encode(), compiled.params)
            return answer.fetchall() if answer.description else []

    def arrow(self, statement: sa.Select[*tuple[Any, ...]]) -> pa.Table:
        """The answer of a statement, in columns. A column of type numeric comes as floating-point numbers."""
        return pa.Table.from_batches(list(self.batches(statement)), self._schema(as_text(statement)))

    def batches(self, statement: sa.Select[*tuple[Any, ...]]) -> Iterator[pa.RecordBatch]:
        """The answer of a statement, in columns, some of its rows at a time, while they come from the server."""
        schema = self._schema(text := as_text(statement))
        copy = f"copy ({text}) to stdout (format csv)"
        with told(self._address), self._connection.cursor() as cursor, cursor.copy(copy.encode()) as copying:
            blocks = _Blocks(iter(copying))
            if blocks.are_none:
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
        nothing = f"select * from ({text}) as answer limit 0"  # noqa: S608 a statement of ours
        with told(self._address):
            described = self._connection.execute(nothing.encode()).description
        return pa.schema([(column.name, _TYPES.get(column.type_code, pa.string())) for column in described or ()])

    def append(self, table: Table, rows: Rows) -> None:
        """Add rows to a table, all of its columns given: as Arrow where they are many."""
        if isinstance(rows, Sized) and not len(rows):
            return
        copy = f"copy {table.full_name} ({', '.join(table.arrow.names)}) from stdin (format csv)"
        with told(self._address), self._connection.cursor() as cursor, cursor.copy(copy.encode()) as copying:
            for batch in _in_pieces(arriving(table, rows)):
                # Every text is in quotes; a null is nothing at all, which COPY takes for one.
                lines = pa.BufferOutputStream()
                pc.write_csv(batch.cast(table.arrow), lines, pc.WriteOptions(include_header=False))
                copying.write(memoryview(lines.getvalue()))

    @contextmanager
    def transaction(self) -> Generator[None]:
        """All or nothing for what is done inside."""
        with told(self._address), self._connection.transaction():
            yield

    def checkpoint(self) -> None:
        """Nothing to do: the server has on the disk what it has committed."""

    def tables(self) -> frozenset[str]:
        """The tables of `ops` and `raw` that are there, by schema and name."""
        found = "select schemaname || '.' || tablename from pg_catalog.pg_tables where schemaname in ('ops', 'raw')"
        with told(self._address):
            return frozenset(name for (name,) in self._connection.execute(found))

    def _create_tables(self) -> None:
        there = self.tables()
        with told(self._address):
            is_done = is_up_to_date(self._run, there)
        if not is_done:
            with self.transaction():
                bring_up_to_date(self._run, there, _create)
                for table in _FOUND_BY_LOAD:
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
    """Of blocks: a load lies in few of them, side by side, so that the index is small and costs a load nothing.

    It is told of new blocks before each build (`warehouse.roles.let_build`).
    """
    return f"create index if not exists {table.name}_by_load on {table.full_name} using brin (loaded_at)"


class _Blocks(io.RawIOBase):
    """What a COPY sends, as a file to read."""

    def __init__(self, blocks: Iterator[Buffer]) -> None:
        self._blocks = blocks
        self._waiting = bytearray(next(blocks, b""))
        self.are_none = not self._waiting

    def readable(self) -> bool:
        return True

    def read(self, size: int = -1) -> bytes:
        while size < 0 or len(self._waiting) < size:
            block = next(self._blocks, None)
            if block is None:
                break
            self._waiting += block
        end = len(self._waiting) if size < 0 else size
        given = bytes(self._waiting[:end])
        del self._waiting[:end]
        return given


def _with_codes_in_order(table: Table) -> sa.Table:
    """The table with texts that sort by their characters, as in DuckDB, whatever the language of the database.

    Where the models break a tie by an identifier, both engines must pick the same row.
    """
    columns = [
        sa.Column(c.name, sa.Text(collation="C") if kind is Kind.TEXT else c.type, nullable=c.nullable)
        for c, kind in zip(sql_table(table).columns, (column.kind for column in table.columns), strict=True)
    ]
    return sa.Table(table.name, sa.MetaData(), *columns, schema=table.schema)
