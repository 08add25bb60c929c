"""Publish the warehouse and run read-only queries on the published data.

A warehouse in a file is published as a copy (`var/published.duckdb`), replaced at the end of each successful run, so
that it can be read while a run writes. A warehouse in PostgreSQL is read directly. A query may read any table of the
warehouse.
"""

import os
import shutil
from collections.abc import Generator, Sequence
from contextlib import contextmanager, nullcontext
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Any

from schemas.errors import DatabaseError, EssaimError, UsageError
from schemas.settings import Environment, ProjectPaths
from warehouse.address import Address, warehouse_address
from warehouse.one_read import parse_read

if TYPE_CHECKING:
    import duckdb
    import pyarrow as pa
    import sqlalchemy as sa

QueryResult = tuple[list[str], list[tuple[object, ...]]]
"""Column names, and rows."""

_LONGEST_QUERY = "10min"
_BESIDE = "beside"
"""The catalogue by which a query reads the views of another day."""


def publish(paths: ProjectPaths) -> None:
    """Replace the published copy with the current warehouse, which must be closed and checkpointed.

    The copy is replaced atomically, in a storage format that DuckDB 1.4 reads. A PostgreSQL database is not copied: the
    analysts' role is granted read access.
    """
    address, environment = warehouse_address(paths), Environment()
    if address is not None:
        if environment.analyst_role is not None:
            from warehouse.roles import let_read  # imports the driver

            let_read(address, environment.analyst_role, environment.transformer_role)
        return
    from warehouse.duckdb_engine import copy_for_readers  # import only the engine in use

    arriving = paths.published.with_suffix(".arriving")
    copy_for_readers(paths.warehouse, arriving)
    put_in_place(arriving, paths.published)


def put_in_place(arriving: Path, file: Path) -> None:
    """Atomically replace a DuckDB file that readers open, and delete the logs beside it.

    DuckDB would apply a leftover log to the new file. A closed warehouse has no log.

    Args:
        arriving: The new file, on the same disk.
        file: The file to replace.
    """
    with arriving.open("rb") as copied:
        os.fsync(copied.fileno())
    for log in _logs_beside(file):
        if log.is_dir() and not log.is_symlink():
            shutil.rmtree(log)
        else:
            log.unlink()
    arriving.replace(file)


def _logs_beside(file: Path) -> list[Path]:
    """Return the existing write-ahead logs that DuckDB would apply when it opens a file."""
    logs = (file.with_name(f"{file.name}{ending}") for ending in (".wal", ".wal.checkpoint", ".wal.recovery"))
    return [log for log in logs if os.path.lexists(log)]


def read(
    paths: ProjectPaths, query: str, *, is_ours: bool = False, as_of: date | None = None, beside: date | None = None
) -> QueryResult:
    """Run one query on the published data, or on the views that were built as of a past day.

    The query can only read tables: no files, no network, no settings, no changes.

    Args:
        paths: The paths of the programme.
        query: One statement that reads.
        is_ours: Whether the query is Essaim's own: it then runs even if the database user may access files of the
            server.
        as_of: The day as of which the views were built; None for the published data.
        beside: Another day, whose views the query reads too, as `beside.analytics.…`; None for no other.

    Returns:
        The column names and the rows.

    Raises:
        UsageError: No data is published yet, the query is not one statement that reads, it is Essaim's own and the
            views were built by another version, or the views of another day cannot be read beside a database.
        DatabaseError: The published data cannot be read.
    """
    try:
        query.encode()
    except UnicodeEncodeError as error:
        raise UsageError("The query could not be run: found bytes that are not text. Expected UTF-8.") from error
    if beside is not None and beside == as_of:
        raise UsageError(f"Found {beside} as both days; expected another day beside {as_of}.")
    address = warehouse_address(paths)
    with _asks_for_a_build(as_of) if is_ours else nullcontext():
        if address is None or as_of is not None:
            return read_copy(_file(paths, as_of), query, beside=None if beside is None else _file(paths, beside))
        if beside is not None:
            raise UsageError(
                f"The views as of {beside} are in a file, and the published ones in a database: they cannot be read in "
                "one query. Name the day of the others, too: run essaim build --as-of DAY, then add --as-of DAY."
            )
        return _read_database(address, query, is_ours=is_ours)


def read_columns(
    paths: ProjectPaths, statement: "sa.Select[*tuple[Any, ...]]", *, as_of: date | None = None
) -> "pa.Table":
    """Run one of Essaim's own statements on the data that `read` reads, and return the result as an Arrow table.

    Raises:
        UsageError: No data is published yet, or an earlier Essaim built the views.
        DatabaseError: The published data cannot be read.
    """
    (answer,) = read_together(paths, [statement], as_of=as_of)
    return answer


def read_together(
    paths: ProjectPaths, statements: "Sequence[sa.Select[*tuple[Any, ...]]]", *, as_of: date | None = None
) -> "list[pa.Table]":
    """Run several statements on one snapshot and return their results, as `read_columns` does for one statement.

    Raises:
        UsageError: No data is published yet, or an earlier Essaim built the views.
        DatabaseError: The published data cannot be read.
    """
    from warehouse.sql import as_text  # imports SQLAlchemy

    address = warehouse_address(paths)
    with _asks_for_a_build(as_of):
        if address is None or as_of is not None:
            with _opened(_file(paths, as_of)) as connection:
                parsed = [parse_read(connection, as_text(statement)) for statement in statements]
                return [connection.sql(statement).to_arrow_table() for statement in parsed]
        from warehouse.postgres_engine import PostgreSQLWarehouse

        with PostgreSQLWarehouse(address, read_only=True) as warehouse:
            return [warehouse.arrow(statement) for statement in statements]


@contextmanager
def _asks_for_a_build(as_of: date | None) -> Generator[None]:
    """Explain that a statement of Essaim's own reads a view or column that another version of Essaim did not build."""
    try:
        yield
    except EssaimError as error:
        if not _is_not_there(error.__cause__):
            raise
        command = "essaim build" if as_of is None else f"essaim build --as-of {as_of}"
        raise UsageError(
            f"The views were built by another version of Essaim and have other columns. Run {command} first."
        ) from error


def _is_not_there(cause: BaseException | None) -> bool:
    """Return whether an engine reports a missing view or column."""
    import duckdb
    from psycopg import errors

    return isinstance(
        cause, (duckdb.BinderException, duckdb.CatalogException, errors.UndefinedColumn, errors.UndefinedTable)
    )


def read_copy(file: Path, query: str, *, is_live: bool = False, beside: Path | None = None) -> QueryResult:
    """Run one query on a warehouse in a file, as `read` does.

    Args:
        file: The published copy, or a file that was built as of a day.
        query: One statement that reads.
        beside: Another such file, which the query reads as the catalogue `beside`; None for no other.
        is_live: Whether the file is the warehouse that runs write to; its log holds changes that a killed run
            committed.

    Returns:
        The column names and the rows.

    Raises:
        UsageError: The file does not exist, or the query is not one statement that reads.
        DatabaseError: The file cannot be read.
    """
    with _opened(file, is_live=is_live, beside=beside) as connection:
        answer = connection.execute(parse_read(connection, query))
        names = [column[0] for column in answer.description or ()]
        return names, answer.fetchall()


def _file(paths: ProjectPaths, as_of: date | None) -> Path:
    if as_of is None:
        return paths.published
    built = paths.built_as_of(as_of)
    if not built.exists():
        raise UsageError(f"The views were not built as of {as_of}. Run essaim build --as-of {as_of} first.")
    return built


_CLOSED = """
    set enable_external_access = false;
    set disabled_filesystems = 'LocalFileSystem';
    set lock_configuration = true;
"""
"""The second setting is needed: without external access, DuckDB still lets a statement write to the attached file."""


@contextmanager
def _opened(file: Path, *, is_live: bool = False, beside: Path | None = None) -> "Generator[duckdb.DuckDBPyConnection]":
    """Open a warehouse in a file read-only, and another one beside it, on a connection that cannot open other files.

    The files are attached to an in-memory database, because file access can only be disabled after they are open.
    There is no folder for temporary files: a query that exceeds the memory limit fails.
    """
    import duckdb  # import only the engine in use

    if not file.exists():
        raise UsageError(f"There is no warehouse at {file} yet. Run essaim collect (or essaim demo) first.")
    names = {file: file.stem} if beside is None else {beside: _BESIDE, file: file.stem}
    settled = [] if is_live else list(names)
    for one in settled:
        _refuse_logs(one)
    try:
        with duckdb.connect(config={"temp_directory": ""}) as connection:
            for one, name in names.items():
                connection.execute(f"attach {_literal(one)} as {_identifier(name)} (type duckdb, read_only)")
            connection.execute(f"use {_identifier(file.stem)}")
            connection.execute(_CLOSED)
            for one in settled:
                # A log that appeared since the first check may have been applied.
                _refuse_logs(one)
            yield connection
    except duckdb.IOException as error:
        raise DatabaseError(
            f"The published copy {' or '.join(map(str, names))} could not be read: {error}. "
            "Expected a DuckDB file. Run essaim collect: it writes a new one."
        ) from error
    except duckdb.Error as error:
        raise UsageError(f"The query could not be run: {error}") from error


def _literal(file: Path) -> str:
    return "'" + str(file).replace("'", "''") + "'"


def _identifier(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'


def _refuse_logs(file: Path) -> None:
    """Refuse to read a file with a log beside it, which DuckDB would apply as changes to the file."""
    logs = _logs_beside(file)
    if logs:
        raise DatabaseError(
            f"{file} was not read: found {logs[0].name} beside it, which could change its figures. Expected no such "
            "file, as Essaim leaves none. Find out who wrote it, then run essaim build (with --as-of for the file of a "
            "past day), which deletes it and publishes again."
        )


def _read_database(address: Address, query: str, *, is_ours: bool) -> QueryResult:
    """Run a query in a read-only transaction.

    The query is declared as a cursor, which accepts exactly one SELECT: no COPY, SET or DO. The functions that a SELECT
    can call depend on the user's rights, so a user with access to the server's files is refused.
    """
    import psycopg  # import only the engine in use

    from warehouse.database import connect, explain_errors

    with connect(address, "essaim query") as connection, explain_errors(address):
        connection.autocommit = False
        connection.read_only = True
        connection.execute(f"set local statement_timeout = '{_LONGEST_QUERY}'".encode())
        runs_table, is_privileged = connection.execute(_PRIVILEGES).fetchone() or (None, True)
        if runs_table is None:
            raise UsageError(f"There is no warehouse in the database {address} yet. Run essaim collect first.")
        if is_privileged and not is_ours:
            raise UsageError(
                f"The user of the database {address} may read or write files of the server, or run programs on it, and "
                "so could any query. Expected a user without these rights who owns the database: name one in "
                "ESSAIM_WAREHOUSE_URL."
            )
        try:
            with connection.cursor("query") as cursor:
                cursor.execute(query.encode())
                names = [column.name for column in cursor.description or ()]
                return names, [tuple(map(_plain, row)) for row in cursor.fetchall()]
        except psycopg.OperationalError:
            raise
        except psycopg.Error as error:
            raise UsageError(f"The query could not be run: {error.diag.message_primary or error}") from error


_PRIVILEGES = b"""
    select
        pg_catalog.to_regclass('ops.runs'),
        rolsuper
        or pg_catalog.pg_has_role('pg_read_server_files', 'member')
        or pg_catalog.pg_has_role('pg_write_server_files', 'member')
        or pg_catalog.pg_has_role('pg_execute_server_program', 'member')
    from pg_catalog.pg_roles where rolname = session_user
"""


def _plain(value: object) -> object:
    """Convert a decimal without fraction to an int: PostgreSQL returns the sum of integers as a decimal."""
    return int(value) if isinstance(value, Decimal) and value.as_tuple().exponent == 0 else value
