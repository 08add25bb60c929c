"""One writer at a time in a database, from whichever machine: a lock that ends with the connection that holds it."""

import os
import socket
from collections.abc import Callable, Generator
from contextlib import contextmanager

import psycopg

from schemas.errors import EssaimError, WarehouseBusyError
from warehouse.address import Address
from warehouse.database import Connection, connect, told

_LOCK = int.from_bytes(b"essaim")
"""An advisory lock is known by its number within its database."""

_MINE = """
    select 1 from pg_catalog.pg_locks
    where locktype = 'advisory' and objsubid = 1 and granted and pid = pg_catalog.pg_backend_pid()
    and (classid::bigint << 32) | objid::bigint = %s
"""
# What other users' sessions are doing is secret to a user without rights; what they are called is not.
_HOLDER = """
    select holder.application_name, holder.backend_start
    from pg_catalog.pg_locks as locks join pg_catalog.pg_stat_activity as holder on locks.pid = holder.pid
    where locks.locktype = 'advisory' and locks.objsubid = 1 and locks.granted
    and locks.database = (select oid from pg_catalog.pg_database where datname = pg_catalog.current_database())
    and (locks.classid::bigint << 32) | locks.objid::bigint = %s
"""


@contextmanager
def only_writer(address: Address, command: str) -> Generator[Callable[[], None]]:
    """Hold a database for writing. What it gives makes sure that it is still held.

    Raises:
        WarehouseBusyError: another run holds it; the sentence names that run.
        EssaimError: the database cannot be reached; later, that the lock was lost with its connection.
    """
    with connect(address, f"essaim {command}, process {os.getpid()} on {socket.gethostname()}"[:63]) as connection:
        with told(address):
            if not _is_true(connection, "select pg_catalog.pg_try_advisory_lock(%s)"):
                raise _busy(address, connection)

        def still_held() -> None:
            try:
                is_held = _is_true(connection, _MINE)
            except psycopg.Error:
                is_held = False
            if not is_held:
                raise EssaimError(
                    f"The database {address} let go of this run's lease: the connection that held it was lost, and "
                    "another run may have written since. Run the same command again; if this happens again, look "
                    "for what ends silent connections (a proxy that shares them cannot be used)."
                )

        yield still_held


def refuse_if_held(address: Address) -> None:
    """Refuse at once what `only_writer` would refuse.

    Raises:
        WarehouseBusyError: another run holds the database.
        EssaimError: it cannot be reached.
    """
    with connect(address) as connection, told(address):
        if connection.execute(_HOLDER.encode(), [_LOCK]).fetchone():
            raise _busy(address, connection)


def _is_true(connection: Connection, query: str) -> bool:
    row = connection.execute(query.encode(), [_LOCK]).fetchone()
    return bool(row and row[0])


def _busy(address: Address, connection: Connection) -> WarehouseBusyError:
    name, since = connection.execute(_HOLDER.encode(), [_LOCK]).fetchone() or ("it has just ended", None)
    who = f"{name}, since {since.isoformat(timespec='seconds')}" if since else name
    return WarehouseBusyError(
        f"Another run is writing the warehouse in the database {address}: {who}. "
        "Wait until it has ended, then run this again; nothing was changed."
    )
