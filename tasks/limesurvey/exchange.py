"""Post one HTTP request and read its answer, within a total deadline and a size limit, which httpx does not enforce."""

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
"""The longest `Retry-After`, in seconds: a longer one counts as a day. No call lasts that long."""
_DELAY = re.compile(r"[0-9]+")


@dataclass(frozen=True, slots=True)
class Deadline:
    """The end of a call: `at` on the monotonic clock, `seconds` after its start."""

    at: float
    seconds: float

    def left(self) -> float:
        """Return the seconds that are left; negative after the deadline."""
        return self.at - time.monotonic()


class TooLargeError(Exception):
    """The body is larger than the limit."""


def exchange(
    http: httpx.Client, url: httpx.URL, content: bytes, deadline: Deadline, maximum_bytes: int
) -> tuple[int, httpx.Headers, bytes]:
    """Post a JSON request and read its answer.

    Returns:
        The status, the headers and the decompressed body.

    Raises:
        TooLargeError: The decompressed body is larger than `maximum_bytes`.
        httpx.HTTPError: The request failed, or the deadline ended it.
    """
    left = max(deadline.left(), 0.001)
    connections: list[object] = []

    def trace(event: str, info: Mapping[str, object]) -> None:
        if event in {"connection.connect_tcp.complete", "connection.start_tls.complete"}:
            connections.append(info["return_value"])

    # httpx restarts its timeout at every read: a slow drip of bytes would outlive it.
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
    """Shut down the last connection, which ends the read that another thread is blocked in."""
    connection = cast("httpcore.NetworkStream", connections[-1]).get_extra_info("socket") if connections else None
    if isinstance(connection, socket.socket):
        with contextlib.suppress(OSError):
            # The method of the plain socket: that of a TLS socket would wait for the peer's close notification.
            socket.socket.shutdown(connection, socket.SHUT_RDWR)


def described(error: httpx.TransportError) -> str:
    """Describe a failed connection without the words of httpx, which may hold the address with its credentials."""
    match error:
        case httpx.ConnectTimeout():
            return f"no connection within {_CONNECT_SECONDS:g} s"
        case httpx.ConnectError():
            return "no connection: refused, or no such host"
        case httpx.ReadError() | httpx.RemoteProtocolError() | httpx.WriteError():
            return "the connection was cut"
        case _:
            return f"the connection failed ({type(error).__name__})"


def retry_after(headers: httpx.Headers) -> float | None:
    """Return the seconds that the server asks to wait (RFC 9110: digits, or an HTTP date), at most `LONGEST_WAIT`.

    Of several headers, the longest wait counts. None where no header has either form.
    """
    parsed = [_wait_seconds(value.strip()) for value in headers.get_list("retry-after")]
    waits = [seconds for seconds in parsed if seconds is not None]
    return min(max(waits), LONGEST_WAIT) if waits else None


def _wait_seconds(text: str) -> float | None:
    if _DELAY.fullmatch(text):
        return float(text)
    try:
        at = email.utils.parsedate_to_datetime(text)
        return None if at.tzinfo is None else max(0.0, (at - datetime.now(UTC)).total_seconds())
    except (ValueError, TypeError, IndexError, OverflowError):
        # The parser raises any of these for a field that is out of range.
        return None
