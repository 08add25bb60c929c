"""Serve the desk, and have what it receives applied by a short run as soon as no other run writes."""

import contextlib
import socket
import subprocess
import sys
import threading
from collections.abc import Generator

import uvicorn

from schemas.errors import UsageError
from schemas.settings import Environment, ProjectPaths
from tasks.desk.app import application
from tasks.desk.desk import Desk
from tasks.links import Links
from warehouse.intake import holds_an_intake, oldest_waiting, open_intake
from warehouse.writer import lease

_AGAIN_SECONDS = 5
"""How long to wait where another run writes."""


class Applier:
    """Runs `essaim apply` in a process of its own whenever something was received, one at a time.

    Args:
        paths: The paths of the programme.
    """

    def __init__(self, paths: ProjectPaths) -> None:
        self._paths = paths
        self._wanted = threading.Event()
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._work, daemon=True, name="apply")

    def __enter__(self) -> "Applier":
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._ended.set()
        self._wanted.set()
        self._thread.join()

    def apply(self) -> None:
        """Have a run apply the intake."""
        self._wanted.set()

    def _work(self) -> None:
        while self._wanted.wait() and not self._ended.is_set():
            self._wanted.clear()
            while lease(self._paths.var).is_held:
                if self._ended.wait(_AGAIN_SECONDS):
                    return
            self._run()

    def _run(self) -> None:
        log = self._paths.var / "desk.log"
        command = [sys.executable, "-m", "flows", "apply", "--programme", str(self._paths.folder)]
        with log.open("ab") as output:
            subprocess.run(command, stdout=output, stderr=output, check=False)  # noqa: S603 our own interpreter


def _is_anything_waiting(paths: ProjectPaths) -> bool:
    """Return whether an earlier desk received something that no run has applied."""
    if not holds_an_intake(paths):
        return False
    with open_intake(paths) as intake:
        return oldest_waiting(intake) is not None


@contextlib.contextmanager
def served(
    paths: ProjectPaths, environment: Environment, port: int, host: str = "127.0.0.1", *, applies: bool = True
) -> Generator[Desk]:
    """Serve the desk until the context ends, and yield it.

    Args:
        paths: The paths of the programme.
        environment: The settings of the installation.
        port: Port to listen on; 0 takes a free one.
        host: Address to listen on.
        applies: Whether a short run applies what is received; otherwise the next run does.

    Raises:
        ProgrammeError: The folder has mistakes.
        UsageError: The port is taken, or the key of the links is none.
    """
    links = Links(paths, environment)
    try:
        listening = socket.create_server((host, port))
    except socket.gaierror as error:
        raise UsageError(f"Found --host {host}; expected an address of this machine, such as 127.0.0.1.") from error
    except OSError as error:
        raise UsageError(
            f"Port {port} of {host} cannot be used ({error.strerror}). Name another with --port."
        ) from error
    url = (environment.desk_url or f"http://127.0.0.1:{listening.getsockname()[1]}").rstrip("/")
    with contextlib.ExitStack() as stack:
        stack.enter_context(listening)
        applier = stack.enter_context(Applier(paths)) if applies else None
        apply = applier.apply if applier is not None else lambda: None
        if _is_anything_waiting(paths):
            apply()
        desk = Desk(paths, environment, links, url, apply, is_applied_here=applies)
        _ = desk.programme  # reports the mistakes of the folder before anybody is served
        # Without a log: addresses of requests may be keys, and the text of an error may quote a form.
        config = uvicorn.Config(
            application(desk), log_config=None, log_level="critical", access_log=False, lifespan="off"
        )
        config.timeout_graceful_shutdown = 5
        server = uvicorn.Server(config)
        thread = threading.Thread(target=server.run, args=([listening],), daemon=True, name="desk")
        thread.start()
        try:
            yield desk
        finally:
            server.should_exit = True
            thread.join()
