"""Allow one writer at a time in a PostgreSQL database, across machines, by an advisory lock.

PostgreSQL releases the lock when the connection that holds it ends.
"""

import os
import socket
from collections.abc import Callable, Generator
from contextlib import contextmanager, suppress

import psycopg

from schemas.errors import DatabaseError, WarehouseBusyError
from warehouse.address import Address
from warehouse.database import Connection, connect, explain_errors

_LOCK = int.from_bytes(b"essaim")
"""The number of the advisory lock. Advisory locks belong to one database."""

_MINE = """
    select 1 from pg_catalog.pg_locks
    where locktype = 'advisory' and objsubid = 1 and granted and pid = pg_catalog.pg_backend_pid()
    and (classid::bigint << 32) | objid::bigint = %s
"""
# Without further rights, a user sees the application name of other users' sessions, but not their queries.
_HOLDER = """
    select holder.application_name, holder.backend_start
    from pg_catalog.pg_locks as locks join pg_catalog.pg_stat_activity as holder on locks.pid = holder.pid
    where locks.locktype = 'advisory' and locks.objsubid = 1 and locks.granted
    and locks.database = (select oid from pg_catalog.pg_database where datname = pg_catalog.current_database())
    and (locks.classid::bigint << 32) | locks.objid::bigint = %s
"""


@contextmanager
def only_writer(address: Address, command: str) -> Generator[Callable[[], None]]:
    """Hold the lease on a database for the length of the context.

    Args:
        address: The database.
        command: The command that writes, shown to other runs while the lease is held.

    Yields:
        A function that raises DatabaseError if the lease is no longer held.

    Raises:
        WarehouseBusyError: Another run holds the lease; the message names that run.
        UsageError: The server refuses the connection.
        DatabaseError: The database cannot be reached.
    """
    with connect(address, f"essaim {command}, process {os.getpid()} on {socket.gethostname()}"[:63]) as connection:
        with explain_errors(address):
            if not _is_true(connection, "select pg_catalog.pg_try_advisory_lock(%s)"):
                raise _busy(address, connection)

        def still_held() -> None:
            try:
                is_held = _is_true(connection, _MINE)
            except psycopg.Error:
                is_held = False
            if not is_held:
                raise DatabaseError(
                    f"The lease of this run on the database {address} was lost with the connection that held it, and "
                    "another run may have written since. Run the same command again. If this happens again, find out "
                    "what closes idle connections (a proxy that pools connections cannot be used)."
                )

        try:
            yield still_held
        finally:
            # The server ends a closed session some time later: a run that begins at once would find the lease held.
            with suppress(psycopg.Error):
                connection.execute(b"select pg_catalog.pg_advisory_unlock(%s)", [_LOCK])


def refuse_if_held(address: Address) -> None:
    """Fail at once if another run holds the lease.

    Raises:
        WarehouseBusyError: Another run holds the lease.
        UsageError: The server refuses the connection.
        DatabaseError: The database cannot be reached.
    """
    with connect(address) as connection, explain_errors(address):
        if connection.execute(_HOLDER.encode(), [_LOCK]).fetchone():
            raise _busy(address, connection)


def _is_true(connection: Connection, query: str) -> bool:
    row = connection.execute(query.encode(), [_LOCK]).fetchone()
    return bool(row and row[0])


def _busy(address: Address, connection: Connection) -> WarehouseBusyError:
    name, since = connection.execute(_HOLDER.encode(), [_LOCK]).fetchone() or ("a run that has just ended", None)
    who = f"{name}, since {since.isoformat(timespec='seconds')}" if since else name
    return WarehouseBusyError(
        f"Another run is writing the warehouse in the database {address}: {who}. "
        "Nothing was changed. Wait until it has ended, then run the command again."
    )
