"""Shows the reports and the Data Docs beside Prefect's pages, read-only, so that the links there open.

A page from a server cannot open a file of the machine: browsers refuse it. So these are served, on the loopback
address.
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
    # The pages hold their styles themselves. Nothing else is run or fetched, whatever a page contains.
    "Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'; img-src data:",
    "X-Content-Type-Options": "nosniff",
    "Cache-Control": "no-cache",
}
_HERE = ["127.0.0.1", "localhost", "[::1]"]


class _Pages(StaticFiles):
    """One folder of `var/`, without listings and hidden files; it may be made after the server has started."""

    async def check_config(self) -> None:
        """Accept a folder that does not exist yet."""

    def lookup_path(self, path: str) -> tuple[str, os.stat_result | None]:
        """Find a file. A link that leads out of the folder finds nothing."""
        if any(part.startswith(".") for part in Path(path).parts):
            return "", None
        return super().lookup_path(path)


class _Policy:
    """Adds the security headers to every response, refusals included."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        async def send_with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                MutableHeaders(scope=message).update(_HEADERS)
            await send(message)

        await self._app(scope, receive, send_with_headers)


def _application(paths: ProjectPaths) -> Starlette:
    """Serve the reports and the Data Docs. Everything else below `var/`, keys and warehouse, is not reachable."""

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
            # DNS rebinding: another site's name may lead to this address, and its pages must not read ours.
            Middleware(TrustedHostMiddleware, allowed_hosts=_HERE, www_redirect=False),
        ],
    )


@contextlib.contextmanager
def own_pages(paths: ProjectPaths, port: int, host: str = "127.0.0.1") -> Generator[str]:
    """Serve the pages until the context ends, and yield their address. Port 0 takes a free one.

    Raises:
        UsageError: the port is taken.
    """
    try:
        listening = socket.create_server((host, port))
    except OSError as error:
        raise UsageError(
            f"Port {port} cannot be used ({error.strerror}). Name another with --pages-port, or say in "
            "ESSAIM_PAGES_URL where the pages are shown already."
        ) from error
    # Nothing is logged: who reads which page is nobody's business.
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
    # In a container of its own: the port is published on the loopback address of the machine only.
    _show(Path(sys.argv[1]), 4201, "0.0.0.0", sys.stdout)  # noqa: S104 nothing else reaches a container
