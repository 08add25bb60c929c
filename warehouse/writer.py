"""Allow one writer at a time: a lease on the warehouse, released when the process that holds it ends, however it ends.

The lease is a lock on `var/writer.lock`; `var/writer.json` describes the holder. If the warehouse is in PostgreSQL,
`warehouse.database_lease` adds a lock in the database, which excludes writers on other machines.
"""

import json
import os
from collections.abc import Callable, Generator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import NamedTuple

from filelock import FileLock, Timeout

from schemas.errors import WarehouseBusyError
from warehouse.address import Address


@contextmanager
def writing(var: Path, command: str, database: Address | None = None) -> Generator[Callable[[], None]]:
    """Hold the lease for writing for the length of the context.

    Args:
        var: The folder with the lock file.
        command: The command that writes, shown to other runs while the lease is held.
        database: The database of the warehouse; None if it is a file.

    Yields:
        A function that raises DatabaseError if the lease is no longer held.

    Raises:
        WarehouseBusyError: Another run holds the lease; the message names that run.
        UsageError: The server refuses the connection.
        DatabaseError: The database cannot be reached.
    """
    var.mkdir(parents=True, exist_ok=True)
    holder = var / "writer.json"
    lock = FileLock(var / "writer.lock")
    try:
        lock.acquire(blocking=False)
    except Timeout as error:
        raise _busy(var) from error
    try:
        holder.write_text(
            json.dumps(
                {"command": command, "pid": os.getpid(), "since": datetime.now(UTC).isoformat(timespec="seconds")}
            )
        )
        if database is None:
            yield lambda: None
            return
        from warehouse.database_lease import only_writer  # imports the driver

        with only_writer(database, command) as still_held:
            yield still_held
    finally:
        holder.unlink(missing_ok=True)
        lock.release()


class Lease(NamedTuple):
    """The state of the lease.

    Attributes:
        is_held: Whether a run holds the lease now.
        holder: Description of the last holder, which a killed run leaves behind; None if there is none.
    """

    is_held: bool
    holder: str | None


def lease(var: Path) -> Lease:
    """Return the state of the lease on the warehouse."""
    holder = _describe(var / "writer.json") if (var / "writer.json").exists() else None
    try:
        refuse_if_busy(var)
    except WarehouseBusyError:
        return Lease(is_held=True, holder=holder)
    return Lease(is_held=False, holder=holder)


def refuse_if_busy(var: Path, database: Address | None = None) -> None:
    """Fail at once if another run holds the lease, before the command loads its libraries.

    Args:
        var: The folder with the lock file.
        database: The database of the warehouse; None if it is a file.

    Raises:
        WarehouseBusyError: Another run holds the lease.
        UsageError: The server refuses the connection.
        DatabaseError: The database cannot be reached.
    """
    lock = FileLock(var / "writer.lock")
    if (var / "writer.lock").exists():
        try:
            lock.acquire(blocking=False)
        except Timeout as error:
            raise _busy(var) from error
        lock.release()
    if database is not None:
        from warehouse.database_lease import refuse_if_held  # imports the driver

        refuse_if_held(database)


def _busy(var: Path) -> WarehouseBusyError:
    return WarehouseBusyError(
        f"Another run is writing the warehouse in {var}: {_describe(var / 'writer.json')}. "
        "Nothing was changed. Wait until it has ended, then run the command again."
    )


def _describe(holder: Path) -> str:
    try:
        run = json.loads(holder.read_text())
        return f"essaim {run['command']}, process {run['pid']}, since {run['since']}"
    except (OSError, ValueError, KeyError, TypeError):
        return "a run that has just begun"
