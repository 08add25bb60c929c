"""A chat for the tests: a real HTTP server on loopback that accepts or refuses messages."""

import json
import threading
from collections.abc import Generator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from pydantic import SecretStr

TOKEN = "un-jeton-secret"


@contextmanager
def chat(status: int = 200) -> Generator[tuple[SecretStr, list[dict[str, object]]]]:
    taken: list[dict[str, object]] = []

    class Handler(BaseHTTPRequestHandler):
        def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the base class names it so
            pass

        def do_POST(self) -> None:
            taken.append(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))
            self.send_response(status)
            self.end_headers()

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
    thread.start()
    try:
        yield SecretStr(f"json://127.0.0.1:{server.server_address[1]}/{TOKEN}"), taken
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
