"""Shows the reports and the Data Docs beside Prefect's pages, read-only, so that the links there open.

A page from a server cannot open a file of the machine: browsers refuse it. So these are served, on the loopback
address.
"""

import contextlib
import sys
import threading
from collections.abc import Generator
from functools import partial
from http import HTTPStatus
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import IO, Any
from urllib.parse import urlsplit

from schemas.errors import UsageError
from schemas.settings import ProjectPaths

_HEADERS = {
    # What is shown holds its style itself. Nothing else is run or fetched, whatever a page says.
    "Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'; img-src data:",
    "X-Content-Type-Options": "nosniff",
    "Cache-Control": "no-cache",
}
_HERE = ("127.0.0.1", "localhost", "::1")


class _Pages(SimpleHTTPRequestHandler):
    """The folders of `var/` that are shown. Everything else below it, keys and warehouse, is not there."""

    def __init__(self, *given: Any, paths: ProjectPaths) -> None:
        self._shown = (paths.reports.resolve(), paths.data_docs.resolve())
        super().__init__(*given, directory=str(paths.var))

    def send_head(self) -> Any:
        # A name of somebody else's that leads here would let their pages read ours.
        asked = urlsplit(f"//{self.headers.get('Host', '')}").hostname
        path = Path(self.translate_path(self.path)).resolve()
        is_hidden = any(part.startswith(".") for part in path.parts[len(self._shown[0].parent.parts) :])
        if asked not in _HERE or is_hidden or not any(path.is_relative_to(folder) for folder in self._shown):
            self.send_error(HTTPStatus.NOT_FOUND, "Nothing is here but /reports/ and /data_docs/")
            return None
        return super().send_head()

    def guess_type(self, path: Any) -> str:
        guessed = super().guess_type(path)
        return f"{guessed}; charset=utf-8" if guessed.startswith("text/") else guessed

    def end_headers(self) -> None:
        for name, value in _HEADERS.items():
            self.send_header(name, value)
        super().end_headers()

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 the library's name
        """Who read what is nobody's business."""


@contextlib.contextmanager
def own_pages(paths: ProjectPaths, port: int, host: str = "127.0.0.1") -> Generator[str]:
    """Show the pages for as long as it is used: their address. Port 0 takes a free one.

    Raises:
        UsageError: the port is taken.
    """
    try:
        server = ThreadingHTTPServer((host, port), partial(_Pages, paths=paths))
    except OSError as error:
        raise UsageError(
            f"Port {port} cannot be used ({error.strerror}). Name another with --pages-port, or say in "
            "ESSAIM_PAGES_URL where the pages are shown already."
        ) from error
    with server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        try:
            yield f"http://127.0.0.1:{server.server_address[1]}"
        finally:
            server.shutdown()


def _show(folder: Path, port: int, host: str, log: IO[str]) -> None:
    with own_pages(ProjectPaths(folder), port, host) as url:
        log.write(f"The pages are at {url}/reports/ and {url}/data_docs/\n")
        log.flush()
        threading.Event().wait()


if __name__ == "__main__":
    # In a container of its own: the port is published on the loopback address of the machine only.
    _show(Path(sys.argv[1]), 4201, "0.0.0.0", sys.stdout)  # noqa: S104 nothing else reaches a container
