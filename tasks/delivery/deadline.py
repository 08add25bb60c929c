"""End a connection after a total time. A socket's own timeout restarts with each byte that arrives."""

import socket
import threading
import time
from contextlib import suppress
from types import TracebackType
from typing import Self


class ConnectionDeadline:
    """Shuts down the watched connection when its time is over.

    Args:
        seconds: Seconds from now.
    """

    def __init__(self, seconds: float) -> None:
        self.seconds = seconds
        self._until = time.monotonic() + seconds
        self._lock = threading.Lock()
        self._connection: socket.socket | None = None
        self._timer = threading.Timer(seconds, self._end)
        self._timer.daemon = True

    @property
    def is_over(self) -> bool:
        """True if the time is over."""
        return time.monotonic() >= self._until

    def ends(self, connection: socket.socket) -> None:
        """Watch this connection instead of the one before."""
        with self._lock:
            self._forget()
            # A duplicate, because a TLS socket may take over the original.
            self._connection = connection.dup()
        if self.is_over:
            self._end()

    def _end(self) -> None:
        with self._lock, suppress(OSError):
            if self._connection is not None:
                self._connection.shutdown(socket.SHUT_RDWR)

    def _forget(self) -> None:
        if self._connection is not None:
            self._connection.close()
            self._connection = None

    def __enter__(self) -> Self:
        self._timer.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._timer.cancel()
        with self._lock:
            self._forget()
