"""One writer at a time: a lease on the warehouse, which ends with the process that holds it, however it ends.

In a database there is one more lease, for the writers on other machines.
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
    """Hold the warehouse for writing: in `var`, or in a database. What it gives makes sure that it is still held.

    Raises:
        WarehouseBusyError: another run holds it; the sentence names that run.
        EssaimError: the database cannot be reached; later, that the lease on it was lost.
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
        from warehouse.database_lease import only_writer  # brings the driver

        with only_writer(database, command) as still_held:
            yield still_held
    finally:
        holder.unlink(missing_ok=True)
        lock.release()


class Lease(NamedTuple):
    """Whether a run holds the warehouse, and what was last written about who does: a run that was killed leaves it."""

    is_held: bool
    holder: str | None


def lease(var: Path) -> Lease:
    """How the lease on the warehouse stands."""
    holder = _describe(var / "writer.json") if (var / "writer.json").exists() else None
    try:
        refuse_if_busy(var)
    except WarehouseBusyError:
        return Lease(is_held=True, holder=holder)
    return Lease(is_held=False, holder=holder)


def refuse_if_busy(var: Path, database: Address | None = None) -> None:
    """Refuse at once what `writing` would refuse after the command has started up.

    Raises:
        WarehouseBusyError: another run writes.
        EssaimError: the database cannot be reached.
    """
    lock = FileLock(var / "writer.lock")
    if (var / "writer.lock").exists():
        try:
            lock.acquire(blocking=False)
        except Timeout as error:
            raise _busy(var) from error
        lock.release()
    if database is not None:
        from warehouse.database_lease import refuse_if_held  # brings the driver

        refuse_if_held(database)


def _busy(var: Path) -> WarehouseBusyError:
    return WarehouseBusyError(
        f"Another run is writing the warehouse in {var}: {_describe(var / 'writer.json')}. "
        "Wait until it has ended, then run this again; nothing was changed."
    )


def _describe(holder: Path) -> str:
    try:
        told = json.loads(holder.read_text())
        return f"essaim {told['command']}, process {told['pid']}, since {told['since']}"
    except (OSError, ValueError, KeyError, TypeError):
        return "it has just begun"
