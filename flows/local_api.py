"""A Prefect API for one command, where no server is configured.

Prefect would start one by itself, at two costs: the command waits while its own process imports the whole server, and
the server stays behind when the command is killed. This one is started first, imports the server elsewhere, keeps its
records below `var/` (a new database costs as much as all the rest), and ends with the process that started it, however
that ends.
"""

import contextlib
import os
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Generator

from schemas.errors import EssaimError
from schemas.settings import Places

QUIET = {
    "DO_NOT_TRACK": "1",
    "PREFECT_SERVER_ANALYTICS_ENABLED": "false",
    "PREFECT_LOGGING_LEVEL": "CRITICAL",
    "PREFECT_CLIENT_SERVER_VERSION_CHECK_ENABLED": "false",
}
"""Settings of every command: nothing is sent to anybody, and errors are sentences, not Prefect's tracebacks."""

_LIGHT = {
    "PREFECT_SERVER_UI_ENABLED": "false",
    "PREFECT_SERVER_LOGGING_LEVEL": "ERROR",
    "PREFECT_SERVER_SERVICES_SCHEDULER_ENABLED": "false",
    "PREFECT_SERVER_SERVICES_LATE_RUNS_ENABLED": "false",
    "PREFECT_SERVER_SERVICES_CANCELLATION_CLEANUP_ENABLED": "false",
    "PREFECT_SERVER_SERVICES_PAUSE_EXPIRATIONS_ENABLED": "false",
    "PREFECT_SERVER_SERVICES_FOREMAN_ENABLED": "false",
    "PREFECT_SERVER_SERVICES_TRIGGERS_ENABLED": "false",
    "PREFECT_SERVER_SERVICES_REPOSSESSOR_ENABLED": "false",
    "PREFECT_SERVER_SERVICES_EVENT_PERSISTER_ENABLED": "false",
}


@contextlib.contextmanager
def prefect_api(places: Places) -> Generator["subprocess.Popen[bytes] | None"]:
    """Name an API in `PREFECT_API_URL` before Prefect is imported: the one that is named already, or one of our own.

    Gives the process of one of our own, which takes a while to answer.
    """
    os.environ.update({name: value for name, value in QUIET.items() if name not in os.environ})
    if os.environ.get("PREFECT_API_URL"):
        yield None
        return
    places.var.mkdir(parents=True, exist_ok=True)
    own = {
        **_LIGHT,
        "PREFECT_SERVER_DATABASE_CONNECTION_URL": f"sqlite+aiosqlite:///{places.prefect_database}",
        "PREFECT__SERVER_EPHEMERAL": "1",
        "PREFECT__SERVER_FINAL": "1",
    }
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    with places.prefect_log.open("wb") as output:
        process = subprocess.Popen(  # noqa: S603 our own interpreter and module
            [sys.executable, "-m", "flows.local_api", str(port)],
            stdin=subprocess.PIPE,
            stdout=output,
            stderr=subprocess.STDOUT,
            env={**os.environ, **own},
        )
    try:
        os.environ["PREFECT_API_URL"] = f"http://127.0.0.1:{port}/api"
        yield process
    finally:
        del os.environ["PREFECT_API_URL"]
        process.kill()
        process.wait()
        if process.stdin:
            process.stdin.close()


def wait_for_api(places: Places, own: "subprocess.Popen[bytes] | None") -> None:
    """Wait until the API answers: two minutes for one of our own, a quarter of a minute for one that should be there.

    Raises:
        EssaimError: it does not.
    """
    import httpx  # only where an API is waited for

    url = os.environ["PREFECT_API_URL"]
    deadline = time.monotonic() + (15 if own is None else 120)
    while time.monotonic() < deadline and (own is None or own.poll() is None):
        with contextlib.suppress(httpx.TransportError):
            if httpx.get(f"{url}/health", timeout=5).is_success:
                return
        time.sleep(0.05)
    if own is None:
        raise EssaimError(
            f"The Prefect server at {url} does not answer. Start it, or unset PREFECT_API_URL to do without one."
        )
    raise EssaimError(
        f"The Prefect API of this command did not start. Why is in {places.prefect_log}. "
        "Run the command again, or start a server and name it in PREFECT_API_URL."
    )


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
