"""What analysts read: consistent, readable while a run writes, and nothing but readable.

Of a warehouse in a file it is a copy, made when a run has ended well. A warehouse in a database is read itself.
"""

import os
import shutil
from collections.abc import Generator, Sequence
from contextlib import contextmanager
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Any

from schemas.errors import EssaimError, UsageError
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


def publish(paths: ProjectPaths) -> None:
    """Replace the published copy by the warehouse as it stands. The warehouse must be closed and checkpointed.

    A reader has the earlier copy or the new one, never a mixture. A database is not copied: its analysts are let read.
    """
    address, environment = warehouse_address(paths), Environment()
    if address is not None:
        if environment.analyst_role is not None:
            from warehouse.roles import let_read  # brings the driver

            let_read(address, environment.analyst_role, environment.transformer_role)
        return
    arriving = paths.published.with_suffix(".arriving")
    shutil.copyfile(paths.warehouse, arriving)
    put_in_place(arriving, paths.published)


def put_in_place(arriving: Path, file: Path) -> None:
    """Replace a file that readers open by one on the same disk, in one step, and delete logs that lie beside it.

    DuckDB would read such a log as changes to the new file. A warehouse that was closed has none.
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
    """The write-ahead logs that DuckDB would read with a file."""
    logs = (file.with_name(f"{file.name}{ending}") for ending in (".wal", ".wal.checkpoint", ".wal.recovery"))
    return [log for log in logs if os.path.lexists(log)]


def read(paths: ProjectPaths, query: str, *, is_ours: bool = False, as_of: date | None = None) -> QueryResult:
    """Run one query on what is published, or was built again as of a day: the column names and the rows.

    The query can read tables and nothing else: no file, no network, no setting, no change.

    Raises:
        UsageError: nothing is published yet, or the query is not one that reads.
        EssaimError: what is published cannot be read.
    """
    try:
        query.encode()
    except UnicodeEncodeError as error:
        raise UsageError("The query could not be run: found bytes that are no text. Expected UTF-8.") from error
    address = warehouse_address(paths)
    if address is None or as_of is not None:
        return read_copy(_file(paths, as_of), query)
    return _read_database(address, query, is_ours=is_ours)


def read_columns(
    paths: ProjectPaths, statement: "sa.Select[*tuple[Any, ...]]", *, as_of: date | None = None
) -> "pa.Table":
    """The answer of a statement of ours in columns, from where `read` reads.

    Raises:
        UsageError: nothing is there yet.
        EssaimError: it cannot be read.
    """
    (answer,) = read_together(paths, [statement], as_of=as_of)
    return answer


def read_together(
    paths: ProjectPaths, statements: "Sequence[sa.Select[*tuple[Any, ...]]]", *, as_of: date | None = None
) -> "list[pa.Table]":
    """The answers of several statements, all of the same moment, as `read_columns` gives that of one."""
    from warehouse.sql import as_text  # brings the engines

    address = warehouse_address(paths)
    try:
        if address is None or as_of is not None:
            with _opened(_file(paths, as_of)) as connection:
                parsed = [parse_read(connection, as_text(statement)) for statement in statements]
                return [connection.sql(statement).to_arrow_table() for statement in parsed]
        from warehouse.postgres_engine import PostgreSQLWarehouse

        with PostgreSQLWarehouse(address, read_only=True) as warehouse:
            return [warehouse.arrow(statement) for statement in statements]
    except EssaimError as error:
        if not _is_not_there(error.__cause__):
            raise
        command = "essaim build" if as_of is None else f"essaim build --as-of {as_of}"
        raise UsageError(
            f"The views were built by another version of Essaim, which knew other columns. Run {command} first."
        ) from error


def _is_not_there(cause: BaseException | None) -> bool:
    """Whether an engine knows no such view or column."""
    import duckdb
    from psycopg import errors

    return isinstance(
        cause, (duckdb.BinderException, duckdb.CatalogException, errors.UndefinedColumn, errors.UndefinedTable)
    )


def read_copy(file: Path, query: str, *, is_live: bool = False) -> QueryResult:
    """Run one query on a warehouse in a file, as `read` does.

    Args:
        file: The published copy, or a file that was built as of a day.
        query: One statement that reads.
        is_live: Whether the file is the warehouse that runs write, whose log holds what a killed run committed.
    """
    with _opened(file, is_live=is_live) as connection:
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
"""Without external access DuckDB still lets a statement write to the attached file and its logs, hence the second."""


@contextmanager
def _opened(file: Path, *, is_live: bool = False) -> "Generator[duckdb.DuckDBPyConnection]":
    """Open a warehouse in a file read-only, on a connection that can open no other file, nor this one again.

    It is attached to an engine of its own, since the file system can be closed only after the file was opened. A query
    that needs more memory than there is fails: the engine has no place for temporary files.
    """
    import duckdb  # each engine where it is used

    if not file.exists():
        raise UsageError(f"There is no warehouse at {file} yet. Run essaim collect (or essaim demo) first.")
    if not is_live:
        _refuse_logs(file)
    path, name = str(file).replace("'", "''"), file.stem.replace('"', '""')
    try:
        with duckdb.connect(config={"temp_directory": ""}) as connection:
            connection.execute(f'attach \'{path}\' as "{name}" (type duckdb, read_only); use "{name}"')
            connection.execute(_CLOSED)
            if not is_live:
                # One that was written meanwhile may have been read.
                _refuse_logs(file)
            yield connection
    except duckdb.IOException as error:
        raise EssaimError(
            f"The published copy {file} could not be read: {error}. "
            "Expected a DuckDB file. Run essaim collect: it writes a new one."
        ) from error
    except duckdb.Error as error:
        raise UsageError(f"The query could not be run: {error}") from error


def _refuse_logs(file: Path) -> None:
    """Refuse to read a file beside which somebody has left a log: DuckDB would read it as changes to the file."""
    logs = _logs_beside(file)
    if logs:
        raise EssaimError(
            f"{file} was not read: found {logs[0].name} beside it, which could change its figures. Essaim leaves no "
            "such file there. Find out who wrote it, and publish again, which deletes it: essaim build (with --as-of "
            "for a file of a past day)."
        )


def _read_database(address: Address, query: str, *, is_ours: bool) -> QueryResult:
    """What a query answers in a transaction that cannot write.

    It goes to the server as a cursor's, which takes one statement and only one that selects: no COPY, SET or DO.
    What a select can call is decided by the user's rights, so that one who may touch the server's files is refused.
    """
    import psycopg  # each engine where it is used

    from warehouse.database import connect, told

    with connect(address, "essaim query") as connection, told(address):
        connection.autocommit = False
        connection.read_only = True
        connection.execute(f"set local statement_timeout = '{_LONGEST_QUERY}'".encode())
        built, is_mighty = connection.execute(_STANDING).fetchone() or (None, True)
        if built is None:
            raise UsageError(f"There is no warehouse in the database {address} yet. Run essaim collect first.")
        if is_mighty and not is_ours:
            raise UsageError(
                f"The user of the database {address} may read or write files of its server, or run programs on it, and "
                "so could any query. Expected a user without such rights, who owns the database: name one in "
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


_STANDING = b"""
    select
        pg_catalog.to_regclass('ops.runs'),
        rolsuper
        or pg_catalog.pg_has_role('pg_read_server_files', 'member')
        or pg_catalog.pg_has_role('pg_write_server_files', 'member')
        or pg_catalog.pg_has_role('pg_execute_server_program', 'member')
    from pg_catalog.pg_roles where rolname = session_user
"""


def _plain(value: object) -> object:
    """A sum of whole numbers, which PostgreSQL gives as a decimal, as a whole number."""
    return int(value) if isinstance(value, Decimal) and value.as_tuple().exponent == 0 else value
