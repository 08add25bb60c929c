"""The warehouse in a DuckDB file."""

from collections.abc import Generator, Sized
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Self

import duckdb
import pyarrow as pa
import sqlalchemy as sa
from sqlalchemy.dialects import postgresql
from sqlalchemy.sql.compiler import SQLCompiler

from schemas.errors import EssaimError
from schemas.tables import Table, sql_table
from warehouse.arrow_rows import Rows, arriving
from warehouse.migrations import bring_up_to_date, is_up_to_date

# DuckDB reads PostgreSQL's SQL.
_DIALECT = postgresql.dialect(paramstyle="numeric_dollar")


_MEMORY = "300MB"
"""What a run of ours may hold of the file at a time: rows come in pages, and the engine would keep all it has seen."""


class DuckDBWarehouse:
    """A warehouse in a file. A second process cannot open the same file meanwhile.

    Raises:
        EssaimError: the file is not a warehouse, or another process has it open.
    """

    def __init__(self, path: Path) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        try:
            self._connection = duckdb.connect(str(path), config={"memory_limit": _MEMORY})
        except duckdb.Error as error:
            raise EssaimError(
                f"The warehouse {path} could not be opened: {_first_line(error)} "
                "Expected a DuckDB file that no other program has open. "
                "Close that program, or restore the file from a backup."
            ) from error
        try:
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
        return self._connection.execute(*_compiled(statement)).fetchall()

    def arrow(self, statement: sa.Select[*tuple[Any, ...]]) -> pa.Table:
        """The answer of a statement, in columns."""
        text, parameters = _compiled(statement)
        return self._connection.sql(text, params=parameters).to_arrow_table()

    def append(self, table: Table, rows: Rows) -> None:
        """Add rows to a table, all of its columns given: as Arrow where they are many."""
        if isinstance(rows, Sized) and not len(rows):
            return
        names = ", ".join(column.name for column in table.columns)
        self._connection.register("rows_to_append", arriving(table, rows))
        self._connection.execute(f"insert into {table.full_name} ({names}) select {names} from rows_to_append")  # noqa: S608 names of our own tables
        self._connection.unregister("rows_to_append")

    @contextmanager
    def transaction(self) -> Generator[None]:
        """All or nothing for what is done inside."""
        self._connection.execute("begin transaction")
        try:
            yield
        except BaseException:
            self._connection.execute("rollback")
            raise
        self._connection.execute("commit")

    def checkpoint(self) -> None:
        """Write the log into the file: a log that is cut short opens without its end, and says nothing."""
        self._connection.execute("checkpoint")

    def _create_tables(self) -> None:
        found = "select schema_name || '.' || table_name from duckdb_tables() where schema_name in ('ops', 'raw')"
        there = frozenset(str(name) for (name,) in self._run(found))
        if not is_up_to_date(self._run, there):
            with self.transaction():
                bring_up_to_date(self._run, there, _create)

    def _run(self, text: str) -> list[tuple[Any, ...]]:
        return self._connection.execute(text).fetchall()


def _create(table: Table) -> str:
    return str(sa.schema.CreateTable(sql_table(table)).compile(dialect=_DIALECT))


def _compiled(statement: sa.Executable) -> tuple[str, list[Any]]:
    compiled = statement.compile(dialect=_DIALECT, compile_kwargs={"render_postcompile": True})  # pyright: ignore[reportAttributeAccessIssue] every statement of ours has it
    names = compiled.positiontup if isinstance(compiled, SQLCompiler) else None
    return str(compiled), [compiled.params[name] for name in names or ()]


def _first_line(error: Exception) -> str:
    return str(error).strip().splitlines()[0].rstrip(".") + "."
