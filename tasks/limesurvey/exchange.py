"""One HTTP request and its answer, within a deadline and a cap; the end of patience is ours, not the library's."""

from __future__ import annotations

import contextlib
import email.utils
import re
import socket
import threading
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, cast

import httpx

if TYPE_CHECKING:
    import httpcore

_CONNECT_SECONDS = 10.0
LONGEST_WAIT = 86_400.0
"""Seconds. A `Retry-After` beyond a day counts as a day: no call lasts that long."""
_DELAY = re.compile(r"[0-9]+")


@dataclass(frozen=True, slots=True)
class Deadline:
    """The moment by which a call has to be over, on the monotonic clock."""

    at: float
    seconds: float

    def left(self) -> float:
        """Seconds until then; negative once it has passed."""
        return self.at - time.monotonic()


class TooLargeError(Exception):
    """The body outgrew its cap."""


def exchange(
    http: httpx.Client, url: httpx.URL, content: bytes, deadline: Deadline, maximum_bytes: int
) -> tuple[int, httpx.Headers, bytes]:
    """Sends a JSON request and reads its answer while the clock runs: status, headers, unpacked body.

    Raises `TooLargeError`, and the errors of httpx; a read that the deadline ended is one of those, too.
    """
    left = max(deadline.left(), 0.001)
    connections: list[object] = []

    def trace(event: str, info: Mapping[str, object]) -> None:
        if event in {"connection.connect_tcp.complete", "connection.start_tls.complete"}:
            connections.append(info["return_value"])

    # A timeout of httpx starts again with every read: a byte now and then would outlive it.
    watchdog = threading.Timer(left, _hang_up, [connections])
    watchdog.daemon = True
    watchdog.start()
    try:
        with http.stream(
            "POST",
            url,
            content=content,
            headers={"Content-Type": "application/json"},
            timeout=httpx.Timeout(left, connect=min(left, _CONNECT_SECONDS)),
            extensions={"trace": trace},
        ) as response:
            body = bytearray()
            for chunk in response.iter_bytes():
                body += chunk
                if len(body) > maximum_bytes:
                    raise TooLargeError
            return response.status_code, response.headers, bytes(body)
    finally:
        watchdog.cancel()


def _hang_up(connections: Sequence[object]) -> None:
    """Ends whatever another thread waits for on the last of its connections."""
    connection = cast("httpcore.NetworkStream", connections[-1]).get_extra_info("socket") if connections else None
    if isinstance(connection, socket.socket):
        with contextlib.suppress(OSError):
            # The plain socket's method: the one of a TLS connection would wait for the other side's farewell.
            socket.socket.shutdown(connection, socket.SHUT_RDWR)


def described(error: httpx.TransportError) -> str:
    """What happened on the way, without the library's words, which may hold the address with its credentials."""
    match error:
        case httpx.ConnectTimeout():
            return "no connection within the time for it"
        case httpx.ConnectError():
            return "no connection: refused, or no such host"
        case httpx.ReadError() | httpx.RemoteProtocolError() | httpx.WriteError():
            return "the connection was cut"
        case _:
            return f"the connection failed ({type(error).__name__})"


def retry_after(headers: httpx.Headers) -> float | None:
    """Return the seconds that the server asks to wait (RFC 9110: digits, or an HTTP date), at most `LONGEST_WAIT`.

    Several headers: the longest wait counts. None where no header is of either form.
    """
    asked = [_seconds_asked(value.strip()) for value in headers.get_list("retry-after")]
    waits = [seconds for seconds in asked if seconds is not None]
    return min(max(waits), LONGEST_WAIT) if waits else None


def _seconds_asked(text: str) -> float | None:
    if _DELAY.fullmatch(text):
        return float(text)
    try:
        at = email.utils.parsedate_to_datetime(text)
        return None if at.tzinfo is None else max(0.0, (at - datetime.now(UTC)).total_seconds())
    except (ValueError, TypeError, IndexError, OverflowError):
        # A field of a date that is out of range fails in several ways.
        return None
