"""Run a Prefect server on the loopback address, in a child process that ends with its parent, even if that is killed.

The server sends no telemetry and fetches nothing. Its database is below `var/`, unless Prefect's own setting names
another.
"""

import contextlib
import os
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Generator, Mapping

from schemas.errors import EssaimError, UsageError
from schemas.settings import ProjectPaths

OFFLINE = {
    "DO_NOT_TRACK": "1",
    "PREFECT_SERVER_ANALYTICS_ENABLED": "false",
    "PREFECT_CLIENT_SERVER_VERSION_CHECK_ENABLED": "false",
}
"""Settings of every process that uses Prefect: no telemetry."""


@contextlib.contextmanager
def own_server(paths: ProjectPaths, port: int, settings: Mapping[str, str] | None = None) -> Generator[str]:
    """Run a server until the context ends, and yield the address of its API.

    Args:
        paths: Where the programme's folders and files are.
        port: Port to listen on; 0 takes a free one.
        settings: Further environment variables of the server.

    Raises:
        UsageError: The port is taken.
        EssaimError: The server does not start.
    """
    paths.var.mkdir(parents=True, exist_ok=True)
    port = _free_port(port)
    url = f"http://127.0.0.1:{port}/api"
    database = f"sqlite+aiosqlite:///{paths.prefect_database}"
    environment = {
        "PREFECT_SERVER_DATABASE_CONNECTION_URL": database,
        "PREFECT_SERVER_LOGGING_LEVEL": "WARNING",
        # Prefect copies its pages; by default into its own installation, which may be read-only.
        "PREFECT_UI_STATIC_DIRECTORY": str(paths.prefect_pages),
        **os.environ,
        **OFFLINE,
        "PREFECT_API_URL": url,
        **(settings or {}),
    }
    with paths.prefect_log.open("wb") as output:
        process = subprocess.Popen(  # noqa: S603 our own interpreter and module
            [sys.executable, "-m", "flows.cli.prefect_server", str(port)],
            stdin=subprocess.PIPE,
            stdout=output,
            stderr=subprocess.STDOUT,
            env=environment,
            # Ctrl-C reaches the parent process only, which ends its worker before this server.
            start_new_session=True,
        )
    try:
        wait_for_server(url, process, where=str(paths.prefect_log))
        yield url
    finally:
        process.terminate()
        try:
            process.wait(timeout=15)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
        if process.stdin:
            process.stdin.close()


def wait_for_server(url: str, own: "subprocess.Popen[bytes] | None" = None, where: str = "") -> None:
    """Wait until a server answers: 15 seconds, or two minutes if it is starting.

    Args:
        url: Address of its API.
        own: The process of a server that is starting; None for a server that runs already.
        where: Path of that process's log.

    Raises:
        EssaimError: The server does not answer.
    """
    import httpx  # takes long, and most commands wait for no server

    deadline = time.monotonic() + (15 if own is None else 120)
    while time.monotonic() < deadline and (own is None or own.poll() is None):
        with contextlib.suppress(httpx.TransportError):
            if httpx.get(f"{url}/health", timeout=5).is_success:
                return
        time.sleep(0.1)
    if own is None:
        raise EssaimError(
            f"The Prefect server at {url} does not answer. Start it, or unset PREFECT_API_URL to do without one."
        )
    raise EssaimError(
        f"The Prefect server did not start; its log is {where}. Fix the cause, then run the command again."
    )


def _free_port(port: int) -> int:
    with socket.socket() as free:
        free.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            free.bind(("127.0.0.1", port))
        except OSError as error:
            raise UsageError(
                f"Port {port} cannot be used ({error.strerror}): is a server running already? "
                "Name another with --port, or that server in PREFECT_API_URL."
            ) from error
        return free.getsockname()[1]


def _end_with_parent() -> None:
    sys.stdin.buffer.read()
    os._exit(0)


def _serve(port: int) -> None:
    threading.Thread(target=_end_with_parent, daemon=True).start()
    import uvicorn  # only the server process needs it
    from prefect.server.api.server import create_app

    uvicorn.run(create_app, factory=True, host="127.0.0.1", port=port, log_level="error", lifespan="on")


if __name__ == "__main__":
    _serve(int(sys.argv[1]))
