"""Define the faults that the simulator injects."""

from __future__ import annotations

import threading
from dataclasses import dataclass
from enum import StrEnum


class Misbehaviour(StrEnum):
    """A kind of fault."""

    DROP = "drop"
    """The server closes the connection without an answer."""
    DELAY = "delay"
    """The answer is delayed by `seconds`."""
    TRUNCATE = "truncate"
    """The server sends half of the body and closes the connection."""
    HTML = "html"
    """HTTP 200 with the page of the login form."""
    EXPIRE = "expire"
    """All sessions expire before the call."""
    OUT_OF_MEMORY = "out of memory"
    """HTTP 500 for an export of more than `above` responses, or a list of more than `above` rows."""
    DUPLICATE = "duplicate"
    """An export repeats its last response, or a list its last row."""
    DRIP = "drip"
    """The server sends one byte every `seconds`."""
    UNAVAILABLE = "unavailable"
    """HTTP 503 with `Retry-After: seconds`."""
    FATAL = "fatal"
    """HTTP 200 with the page of a server that ran out of memory, for an export of more than `above` responses."""
    MISSING = "missing"
    """An export omits its last response, or a list its last row."""
    OTHER_ID = "other id"
    """The JSON-RPC envelope has the id of another call."""
    BAD_BASE64 = "bad base64"
    """The result of an export contains a character outside the base64 alphabet."""
    EMPTY_BODY = "empty body"
    """HTTP 200 with an empty body."""


@dataclass(slots=True)
class InjectedFault:
    """A fault for the next `times` calls (`None`: all) of one method or of any."""

    kind: Misbehaviour
    times: int | None = 1
    method: str | None = None
    seconds: float = 0.0
    above: int = 0


class Faults:
    """A thread-safe queue of faults."""

    def __init__(self) -> None:
        """Create an empty queue."""
        self._waiting: list[InjectedFault] = []
        self._lock = threading.Lock()

    def add(self, fault: InjectedFault) -> None:
        """Add a fault."""
        with self._lock:
            self._waiting.append(fault)

    def clear(self) -> None:
        """Remove all faults."""
        with self._lock:
            self._waiting.clear()

    def take(self, method: str | None) -> InjectedFault | None:
        """Return the first fault that applies to a call of this method, if any, and count the call."""
        with self._lock:
            for fault in self._waiting:
                if fault.method is not None and fault.method != method:
                    continue
                if fault.times is not None:
                    fault.times -= 1
                    if fault.times <= 0:
                        self._waiting.remove(fault)
                return fault
        return None
