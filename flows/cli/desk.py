"""`essaim desk`."""

import signal
import sys
import threading
from typing import Annotated

import typer

from flows.cli.options import HIGHEST_PORT, Programme, programme_folder
from schemas.settings import Environment, ProjectPaths
from tasks.alerts.recipients import LEAD
from tasks.desk.people import people
from tasks.desk.serving import served
from tasks.desk.signing_in import sign_in_address
from tasks.links import Purpose
from tasks.run import progress

EXAMPLE = "essaim desk --programme demo"


def desk(
    programme: Programme = None,
    port: Annotated[int, typer.Option(min=0, max=HIGHEST_PORT, help="Port to listen on; 0 takes a free one.")] = 4202,
    host: Annotated[str, typer.Option(help="Address to listen on. Behind a reverse proxy, leave the default.")] = (
        "127.0.0.1"
    ),
    leave: Annotated[
        bool, typer.Option("--leave", help="Leave what is received to the next run, instead of applying it at once.")
    ] = False,
) -> None:
    """Run `essaim desk`.

    Raises:
        ProgrammeError: The folder has mistakes.
        UsageError: The port is taken.
    """
    environment = Environment()
    paths = ProjectPaths(programme_folder(programme, environment))
    with served(paths, environment, port, host, applies=not leave) as running:
        progress.info("The desk is open at %s/ (Ctrl-C ends it).", running.url)
        if environment.desk_url is None:
            known = people(running.programme)
            code = LEAD if LEAD in known else next(iter(known), None)
            if code is not None:
                link = sign_in_address(running.url, running.links.made(Purpose.SIGN_IN, code))
                sys.stdout.write(f"Sign in as {known[code].name}, within 30 minutes: {link}\n")
                sys.stdout.flush()
        _wait_for_the_end()
    progress.info("Stopped.")


def _wait_for_the_end() -> None:
    ended = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: ended.set())
    ended.wait()
