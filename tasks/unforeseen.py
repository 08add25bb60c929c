"""Confine an unforeseen error to the file or survey in which it arose, and log it without personal data."""

import errno
import hashlib
import os
import traceback
from datetime import UTC, datetime
from pathlib import Path

from schemas.errors import EssaimError

_OF_THE_MACHINE = frozenset(
    {
        errno.EACCES,
        errno.EDQUOT,
        errno.EIO,
        errno.EMFILE,
        errno.ENFILE,
        errno.ENOMEM,
        errno.ENOSPC,
        errno.EPERM,
        errno.EROFS,
    }
)


def concerns_one_source(error: Exception) -> bool:
    """Return whether the run can go on with its other sources.

    It cannot after an error of the project's own (`EssaimError`), nor after one of the machine, such as a full disk
    or a folder without permission to write.
    """
    if isinstance(error, OSError):
        return error.errno not in _OF_THE_MACHINE
    return not isinstance(error, EssaimError | MemoryError)


def record_unforeseen(error: Exception, log: Path, about: str) -> str:
    """Write the stack of an error to the log, without its message, which may quote an answer.

    Args:
        error: The error.
        log: The file to append to, readable by its owner only.
        about: The file or survey, without the name of a person.

    Returns:
        The kind of the error and a reference, as part of a sentence. Equal stacks have equal references.
    """
    frames = "".join(_frames(error))
    reference = hashlib.sha256(frames.encode()).hexdigest()[:8]
    log.parent.mkdir(parents=True, exist_ok=True)
    handle = os.open(log, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    with os.fdopen(handle, "w", encoding="utf-8", errors="backslashreplace") as file:
        file.write(f"{datetime.now(UTC):%Y-%m-%dT%H:%M:%SZ} {reference} {about}\n{frames}\n")
    return f"{type(error).__name__}, reference {reference}"


def _frames(error: BaseException) -> list[str]:
    """Return the kind and the frames of an error and of its causes, the first cause first."""
    cause = error.__cause__ or (None if error.__suppress_context__ else error.__context__)
    before = [] if cause is None else [*_frames(cause), "led to\n"]
    kind = f"{type(error).__module__}.{type(error).__qualname__}\n"
    return [*before, kind, *traceback.format_list(traceback.extract_tb(error.__traceback__))]
