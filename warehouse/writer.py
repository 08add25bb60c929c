"""One writer at a time: a lease on the warehouse, which ends with the process that holds it, however it ends."""

import json
import os
from collections.abc import Generator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

from filelock import FileLock, Timeout

from schemas.errors import WarehouseBusyError


@contextmanager
def writing(var: Path, command: str) -> Generator[None]:
    """Hold the warehouse in `var` for writing.

    Raises:
        WarehouseBusyError: another run holds it; the sentence names that run.
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
        yield
    finally:
        holder.unlink(missing_ok=True)
        lock.release()


def refuse_if_busy(var: Path) -> None:
    """Refuse at once what `writing` would refuse after the command has started up.

    Raises:
        WarehouseBusyError: another run writes.
    """
    lock = FileLock(var / "writer.lock")
    if not (var / "writer.lock").exists():
        return
    try:
        lock.acquire(blocking=False)
    except Timeout as error:
        raise _busy(var) from error
    lock.release()


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
