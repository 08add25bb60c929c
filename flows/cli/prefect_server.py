"""A Prefect server on the loopback address, in a process that ends with the one that started it, however that ends.

Nothing of it is sent to anybody, and it fetches nothing. Its records are below `var/`, unless Prefect's own setting
names a database.
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
"""Settings of everything that uses Prefect: no telemetry."""


@contextlib.contextmanager
def own_server(paths: ProjectPaths, port: int, settings: Mapping[str, str] | None = None) -> Generator[str]:
    """A server for as long as it is used: the address of its API. Port 0 takes a free one.

    Raises:
        UsageError: the port is taken.
        EssaimError: it does not start.
    """
    paths.var.mkdir(parents=True, exist_ok=True)
    port = _free_port(port)
    url = f"http://127.0.0.1:{port}/api"
    database = f"sqlite+aiosqlite:///{paths.prefect_database}"
    environment = {
        "PREFECT_SERVER_DATABASE_CONNECTION_URL": database,
        "PREFECT_SERVER_LOGGING_LEVEL": "WARNING",
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
            # Ctrl-C is for the process that started it, which ends its worker first.
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
    """Wait until a server answers: two minutes for one of our own, a quarter of a minute for one that should be there.

    Raises:
        EssaimError: it does not. `where` its own words are.
    """
    import httpx  # only where a server is waited for

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
    raise EssaimError(f"The Prefect server did not start. Why is in {where}. Mend that, and run the command again.")


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
    import uvicorn  # only in the process that serves
    from prefect.server.api.server import create_app

    uvicorn.run(create_app, factory=True, host="127.0.0.1", port=port, log_level="error", lifespan="on")


if __name__ == "__main__":
    _serve(int(sys.argv[1]))
