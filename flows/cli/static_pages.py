"""Serve the reports and the Data Docs on the loopback address, for the links in Prefect's pages.

Browsers refuse to open a local file from a page that a server sent.
"""

import contextlib
import os
import socket
import sys
import threading
from collections.abc import Generator
from pathlib import Path
from typing import IO
from urllib.parse import quote

import uvicorn
from starlette.applications import Starlette
from starlette.datastructures import MutableHeaders
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.middleware.trustedhost import TrustedHostMiddleware
from starlette.requests import Request
from starlette.responses import RedirectResponse
from starlette.routing import Mount, Route
from starlette.staticfiles import StaticFiles
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from schemas.errors import UsageError
from schemas.settings import ProjectPaths

_HEADERS = {
    # The pages hold their styles. A browser fetches and runs nothing else, whatever a page contains.
    "Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'; img-src data:",
    "X-Content-Type-Options": "nosniff",
    "Cache-Control": "no-cache",
}
_HERE = ["127.0.0.1", "localhost", "[::1]"]


class _Pages(StaticFiles):
    """Serve one folder of `var/`, without listings and hidden files. It may be created after the server starts."""

    async def check_config(self) -> None:
        """Accept a folder that does not exist yet."""

    def lookup_path(self, path: str) -> tuple[str, os.stat_result | None]:
        """Find a file. A symbolic link out of the folder finds none."""
        if any(part.startswith(".") for part in Path(path).parts):
            return "", None
        return super().lookup_path(path)


class _Policy:
    """Middleware that adds the security headers to every response, errors included."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        async def send_with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                MutableHeaders(scope=message).update(_HEADERS)
            await send(message)

        await self._app(scope, receive, send_with_headers)


def _application(paths: ProjectPaths) -> Starlette:
    """Serve the reports and the Data Docs, and nothing else below `var/`, such as the keys."""

    def latest_report(_request: Request) -> RedirectResponse:
        written = [file for file in paths.reports.glob("[!.]*.html") if file.is_file()]
        if not written:
            raise HTTPException(404, "No report has been written yet.")
        return RedirectResponse(quote(max(written, key=lambda file: file.stat().st_mtime).name))

    return Starlette(
        routes=[
            Route("/reports/", latest_report),
            Mount("/reports", _Pages(directory=paths.reports, check_dir=False)),
            Mount("/data_docs", _Pages(directory=paths.data_docs, html=True, check_dir=False)),
        ],
        middleware=[
            Middleware(_Policy),
            # Against DNS rebinding: a foreign host name that resolves to this address is refused.
            Middleware(TrustedHostMiddleware, allowed_hosts=_HERE, www_redirect=False),
        ],
    )


@contextlib.contextmanager
def own_pages(paths: ProjectPaths, port: int, host: str = "127.0.0.1") -> Generator[str]:
    """Serve the pages until the context ends, and yield their address.

    Args:
        paths: Where the programme's folders and files are.
        port: Port to listen on; 0 takes a free one.
        host: Address to listen on.

    Raises:
        UsageError: The port is taken.
    """
    try:
        listening = socket.create_server((host, port))
    except OSError as error:
        raise UsageError(
            f"Port {port} cannot be used ({error.strerror}). Name another with --pages-port, or name in "
            "ESSAIM_PAGES_URL the server that shows the pages already."
        ) from error
    # Without a log, which would record who reads which page.
    config = uvicorn.Config(_application(paths), log_config=None, log_level="error", access_log=False, lifespan="off")
    config.timeout_graceful_shutdown = 1
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run, args=([listening],), daemon=True)
    with listening:
        thread.start()
        try:
            yield f"http://127.0.0.1:{listening.getsockname()[1]}"
        finally:
            server.should_exit = True
            thread.join()


def _show(folder: Path, port: int, host: str, log: IO[str]) -> None:
    with own_pages(ProjectPaths(folder), port, host) as url:
        log.write(f"The pages are at {url}/reports/ and {url}/data_docs/\n")
        log.flush()
        threading.Event().wait()


if __name__ == "__main__":
    # In a container, whose port is published on the loopback address of the machine only.
    _show(Path(sys.argv[1]), 4201, "0.0.0.0", sys.stdout)  # noqa: S104 only that port leads to the container
