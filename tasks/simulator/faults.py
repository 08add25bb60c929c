"""How the simulator misbehaves on demand."""

from __future__ import annotations

import threading
from dataclasses import dataclass
from enum import StrEnum


class Misbehaviour(StrEnum):
    """What goes wrong."""

    DROP = "drop"
    """The connection is cut before any answer."""
    DELAY = "delay"
    """The answer comes `seconds` late."""
    TRUNCATE = "truncate"
    """Half of the body, then the connection is closed."""
    HTML = "html"
    """HTTP 200 with the page of a login form."""
    EXPIRE = "expire"
    """The session ends before the call."""
    OUT_OF_MEMORY = "out of memory"
    """HTTP 500 for an export of more than `above` responses, or a list of more than `above` rows."""
    DUPLICATE = "duplicate"
    """The last response of an export, or the last row of a list, comes twice."""
    DRIP = "drip"
    """One byte every `seconds`."""
    UNAVAILABLE = "unavailable"
    """HTTP 503 with `Retry-After: seconds`."""
    FATAL = "fatal"
    """HTTP 200 with the page of a server that ran out of memory, for an export of more than `above` responses."""
    MISSING = "missing"
    """The last response of an export, or the last row of a list, is left out."""
    OTHER_ID = "other id"
    """The envelope has the id of another call."""
    BAD_BASE64 = "bad base64"
    """The result of an export has a character that is not base64."""
    EMPTY_BODY = "empty body"
    """HTTP 200 and nothing."""


@dataclass(slots=True)
class InjectedFault:
    """One misbehaviour, for the next `times` calls (`None`: all), of one method or of any."""

    kind: Misbehaviour
    times: int | None = 1
    method: str | None = None
    seconds: float = 0.0
    above: int = 0


class Faults:
    """The misbehaviours that are waiting for their calls; safe to use from several threads."""

    def __init__(self) -> None:
        self._waiting: list[InjectedFault] = []
        self._lock = threading.Lock()

    def add(self, fault: InjectedFault) -> None:
        """Queues a misbehaviour."""
        with self._lock:
            self._waiting.append(fault)

    def clear(self) -> None:
        """Forgets those that are waiting."""
        with self._lock:
            self._waiting.clear()

    def take(self, method: str | None) -> InjectedFault | None:
        """The misbehaviour that is due for a call of that method, if there is one."""
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
