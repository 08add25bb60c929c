"""Run the HTTP server of the simulator on loopback."""

from __future__ import annotations

import base64
import contextlib
import json
import socket
import threading
from collections.abc import Callable, Generator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import cast

from tasks.simulator.faults import Faults, InjectedFault, Misbehaviour
from tasks.simulator.protocol import HTML, Reply, answer, crash_page
from tasks.simulator.registry import REMOTE_CONTROL_PATH
from tasks.simulator.state import State

_LOGIN_PAGE = b"<!DOCTYPE html><html><head><title>Administration</title></head><body><form>Log in</form></body></html>"
_FATAL = b"<br />\n<b>Fatal error</b>:  Allowed memory size of 134217728 bytes exhausted (tried to allocate 20480)"
_CHUNK = 1 << 20
_LOOPBACK = "127.0.0.1"


@dataclass(slots=True)
class Simulator:
    """A running simulator.

    Attributes:
        url: The address for clients.
        state: The users, sessions and surveys.
        faults: The faults to inject.
        calls: The methods called so far, in order.
        params: The parameters of each call, including session keys and passwords.
    """

    url: str
    state: State
    faults: Faults
    calls: list[str] = field(default_factory=list[str])
    params: list[object] = field(default_factory=list[object])

    def misbehave(
        self,
        kind: Misbehaviour,
        *,
        times: int | None = 1,
        method: str | None = None,
        seconds: float = 0.0,
        above: int = 0,
    ) -> None:
        """Inject a fault into the next calls.

        Args:
            kind: The fault.
            times: The number of calls; None for all.
            method: The method; None for any.
            seconds: The delay, the pause between two bytes, or the value of Retry-After.
            above: The number of responses or rows above which an export or a list runs out of memory.
        """
        self.faults.add(InjectedFault(kind, times, method, seconds, above))

    def behave(self) -> None:
        """Remove all faults."""
        self.faults.clear()


@contextlib.contextmanager
def serve(state: State, *, port: int = 0) -> Generator[Simulator]:
    """Serve the state over HTTP in a thread until the block ends; port 0 selects a free port."""
    stop = threading.Event()
    faults = Faults()
    simulator = Simulator("", state, faults)

    class Handler(_Handler):
        pass

    Handler.simulator = simulator
    Handler.pause = staticmethod(stop.wait)
    server = ThreadingHTTPServer((_LOOPBACK, port), Handler)
    server.daemon_threads = True
    server.block_on_close = False
    simulator.url = f"http://{_LOOPBACK}:{server.server_address[1]}{REMOTE_CONTROL_PATH}"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    try:
        yield simulator
    finally:
        stop.set()
        server.shutdown()
        server.server_close()
        thread.join()


class _Handler(BaseHTTPRequestHandler):
    simulator: Simulator
    pause: Callable[[float], object]

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 name of the base class
        """Suppress the log of the base class."""

    def do_POST(self) -> None:
        """Answer a call, or inject a fault."""
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        if self.path != REMOTE_CONTROL_PATH:
            self._send(Reply(400, HTML, crash_page().body))
            return
        request = _request_of(body)
        method = cast("str | None", request.get("method"))
        self.simulator.calls.append(method or "")
        self.simulator.params.append(request.get("params"))
        fault = self.simulator.faults.take(method)
        if fault is not None and self._instead(fault):
            return
        reply = answer(self.simulator.state, body, self.headers.get("Content-Type", ""), self.client_address[0])
        if fault is not None:
            self._send_spoiled(reply, fault)
        else:
            self._send(reply)

    def _instead(self, fault: InjectedFault) -> bool:
        """Apply a fault that acts before or instead of the answer; return whether the call is finished."""
        match fault.kind:
            case Misbehaviour.DROP:
                self.close_connection = True
                with contextlib.suppress(OSError):
                    self.connection.shutdown(socket.SHUT_RDWR)
            case Misbehaviour.HTML:
                self._send(Reply(200, HTML, _LOGIN_PAGE))
            case Misbehaviour.EMPTY_BODY:
                self._send(Reply(200, HTML, b""))
            case Misbehaviour.UNAVAILABLE:
                self._send(Reply(503, HTML, b"<h1>Service Unavailable</h1>"), {"Retry-After": f"{fault.seconds:g}"})
            case Misbehaviour.DELAY:
                self.pause(fault.seconds)
                return False
            case Misbehaviour.EXPIRE:
                self.simulator.state.expire_sessions()
                return False
            case _:
                return False
        return True

    def _send_spoiled(self, reply: Reply, fault: InjectedFault) -> None:
        body = reply.body
        match fault.kind:
            case Misbehaviour.TRUNCATE:
                self._send(reply, cut=len(body) // 2)
                return
            case Misbehaviour.DRIP:
                self._send(reply, seconds_between_bytes=fault.seconds)
                return
            case Misbehaviour.OTHER_ID:
                body = json.dumps(json.loads(body) | {"id": "another"}).encode()
            case Misbehaviour.BAD_BASE64:
                body = body.replace(b'"result":"', b'"result":"*', 1)
            case Misbehaviour.OUT_OF_MEMORY | Misbehaviour.FATAL if len(_rows(body)) > fault.above:
                self._send(crash_page() if fault.kind is Misbehaviour.OUT_OF_MEMORY else Reply(200, HTML, _FATAL))
                return
            case Misbehaviour.DUPLICATE:
                body = _with_rows(body, _rows(body) + _rows(body)[-1:])
            case Misbehaviour.MISSING:
                body = _with_rows(body, _rows(body)[:-1])
            case _:
                pass
        self._send(Reply(reply.status, reply.content_type, body))

    def _send(
        self,
        reply: Reply,
        headers: dict[str, str] | None = None,
        *,
        cut: int | None = None,
        seconds_between_bytes: float = 0.0,
    ) -> None:
        """Send an answer without a length and close the connection, as the real server does."""
        self.close_connection = True
        with contextlib.suppress(OSError):
            self.send_response(reply.status)
            for name, value in {"Content-Type": reply.content_type, "Connection": "close", **(headers or {})}.items():
                self.send_header(name, value)
            self.end_headers()
            body = reply.body[:cut]
            step = 1 if seconds_between_bytes else _CHUNK
            for start in range(0, len(body), step):
                self.wfile.write(body[start : start + step])
                if seconds_between_bytes and self.pause(seconds_between_bytes):
                    break


def _request_of(body: bytes) -> dict[str, object]:
    try:
        request = json.loads(body)
    except ValueError:
        return {}
    return cast("dict[str, object]", request) if isinstance(request, dict) else {}


def _rows(body: bytes) -> list[object]:
    """Return the responses in the answer to an export, or the rows of a list; none for other answers."""
    try:
        result = json.loads(body)["result"]
        rows = json.loads(base64.b64decode(result))["responses"] if isinstance(result, str) else result
    except (ValueError, TypeError, KeyError):
        return []
    return cast("list[object]", rows) if isinstance(rows, list) else []


def _with_rows(body: bytes, rows: list[object]) -> bytes:
    if not _rows(body):
        return body
    envelope = cast("dict[str, object]", json.loads(body))
    exported = isinstance(envelope["result"], str)
    content = base64.b64encode(json.dumps({"responses": rows}).encode()).decode() if exported else rows
    return json.dumps(envelope | {"result": content}).encode()
