"""`essaim desk`."""

import signal
import sys
import threading
from typing import Annotated

import typer

from flows.cli.options import DESK_PORT, HIGHEST_PORT, Programme, programme_folder
from schemas.settings import Environment, ProjectPaths
from tasks.desk.people import first_person
from tasks.desk.serving import served
from tasks.desk.signing_in import sign_in_address
from tasks.run import progress

EXAMPLE = "essaim desk --programme demo"


def desk(
    programme: Programme = None,
    port: Annotated[
        int, typer.Option(min=0, max=HIGHEST_PORT, help="Port to listen on; 0 takes a free one.")
    ] = DESK_PORT,
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
            person = first_person(running.programme)
            if person is not None:
                link = sign_in_address(running.url, running.links, person.code)
                sys.stdout.write(f"Sign in as {person.name}, within 30 minutes: {link}\n")
                sys.stdout.flush()
        _wait_for_the_end()
    progress.info("Stopped.")


def _wait_for_the_end() -> None:
    ended = threading.Event()

    def end(_number: int, _frame: object) -> None:
        ended.set()

    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, end)
    ended.wait()
