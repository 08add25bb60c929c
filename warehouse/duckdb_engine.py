"""Hold the warehouse in a DuckDB file."""

import shutil
from collections.abc import Generator, Sized
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Self

import duckdb
import pyarrow as pa
import sqlalchemy as sa
from sqlalchemy.dialects import postgresql
from sqlalchemy.sql.compiler import SQLCompiler

from schemas.errors import DatabaseError
from schemas.tables import Table, sql_table
from warehouse.arrow_rows import Rows, arriving
from warehouse.migrations import bring_up_to_date, is_up_to_date

# DuckDB accepts PostgreSQL's SQL.
_DIALECT = postgresql.dialect(paramstyle="numeric_dollar")

STORAGE_VERSION = "v1.4.0"
"""Storage format of a new file: DuckDB 1.4 and later, and tools built on them, read it.

By default DuckDB 2 writes a format that no earlier version reads.
"""

_MEMORY = "300MB"
"""Limit of DuckDB's buffer pool. Rows are loaded in pages, and DuckDB would cache every page that it has read."""


class DuckDBWarehouse:
    """A warehouse in a DuckDB file, which no other process can open at the same time.

    Raises:
        DatabaseError: The file is not a DuckDB file, or another process has it open, or a later Essaim upgraded it.
    """

    def __init__(self, path: Path) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        try:
            self._connection = duckdb.connect(
                str(path), config={"memory_limit": _MEMORY, "storage_compatibility_version": STORAGE_VERSION}
            )
        except duckdb.Error as error:
            raise DatabaseError(
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
        """Run one SQLAlchemy statement and return its rows."""
        return self._connection.execute(*_compiled(statement)).fetchall()

    def arrow(self, statement: sa.Select[*tuple[Any, ...]]) -> pa.Table:
        """Run a SELECT and return its result as an Arrow table."""
        text, parameters = _compiled(statement)
        return self._connection.sql(text, params=parameters).to_arrow_table()

    def append(self, table: Table, rows: Rows) -> None:
        """Insert rows into a table. Each row must have all columns; pass many rows as Arrow tables."""
        if isinstance(rows, Sized) and not len(rows):
            return
        names = ", ".join(column.name for column in table.columns)
        self._connection.register("rows_to_append", arriving(table, rows))
        self._connection.execute(f"insert into {table.full_name} ({names}) select {names} from rows_to_append")  # noqa: S608 names of our own tables
        self._connection.unregister("rows_to_append")

    @contextmanager
    def transaction(self) -> Generator[None]:
        """Run the enclosed statements in one transaction, rolled back on an exception."""
        self._connection.execute("begin transaction")
        try:
            yield
        except BaseException:
            self._connection.execute("rollback")
            raise
        self._connection.execute("commit")

    def checkpoint(self) -> None:
        """Write the write-ahead log into the file. DuckDB ignores the truncated end of a log without an error."""
        self._connection.execute("checkpoint")

    def _create_tables(self) -> None:
        names = "select schema_name || '.' || table_name from duckdb_tables() where schema_name in ('ops', 'raw')"
        existing = frozenset(str(name) for (name,) in self._run(names))
        if not is_up_to_date(self._run, existing):
            with self.transaction():
                bring_up_to_date(self._run, existing, _create)

    def _run(self, text: str) -> list[tuple[Any, ...]]:
        return self._connection.execute(text).fetchall()


def copy_for_readers(source: Path, target: Path) -> None:
    """Copy a closed DuckDB file in the storage format that DuckDB 1.4 reads, with comments and constraints.

    A file of that format is copied as it is. A file that an earlier Essaim created is written again.

    Args:
        source: The file to copy.
        target: The file to write, which is replaced.
    """
    with duckdb.connect(config={"temp_directory": ""}) as connection:
        connection.execute(f"attach {_quoted(source)} as source (type duckdb, read_only)")
        ((tags,),) = connection.execute("select tags from duckdb_databases() where database_name = 'source'").fetchall()
        if tags["storage_version"] != f"{STORAGE_VERSION}+":
            target.unlink(missing_ok=True)
            connection.execute(f"attach {_quoted(target)} as target (type duckdb, storage_version '{STORAGE_VERSION}')")
            connection.execute("copy from database source to target")
            return
    shutil.copyfile(source, target)


def _quoted(path: Path) -> str:
    return "'" + str(path).replace("'", "''") + "'"


def _create(table: Table) -> str:
    return str(sa.schema.CreateTable(sql_table(table)).compile(dialect=_DIALECT))


def _compiled(statement: sa.Executable) -> tuple[str, list[Any]]:
    compiled = statement.compile(dialect=_DIALECT, compile_kwargs={"render_postcompile": True})  # pyright: ignore[reportAttributeAccessIssue] every statement of ours has it
    names = compiled.positiontup if isinstance(compiled, SQLCompiler) else None
    return str(compiled), [compiled.params[name] for name in names or ()]


def _first_line(error: Exception) -> str:
    return str(error).strip().splitlines()[0].rstrip(".") + "."
