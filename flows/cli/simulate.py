"""`essaim simulate`."""

import secrets
import sys
import threading
from shlex import quote
from typing import Annotated

import typer

from flows.cli.demo import USER
from flows.cli.options import HIGHEST_PORT, Programme, programme_folder
from schemas.errors import UsageError
from schemas.settings import Environment
from tasks.demonstration import answer_surveys, generate, read_scenario
from tasks.programme import read_programme
from tasks.simulator import State, User, serve

EXAMPLE = "essaim simulate --programme demo"


def simulate(
    programme: Programme = None,
    port: Annotated[
        int, typer.Option(min=0, max=HIGHEST_PORT, help="Port on the loopback address; 0 takes a free one.")
    ] = 8085,
) -> None:
    """Run `essaim simulate`.

    Raises:
        UsageError: The port is taken, or the folder is no demonstration.
    """
    environment = Environment()
    folder = programme_folder(programme, environment)
    settings = read_programme(folder)
    returns = generate(settings, read_scenario(folder))
    username = environment.limesurvey_username or USER
    given = environment.limesurvey_password
    password = given.get_secret_value() if given else secrets.token_urlsafe(12)
    state: State = answer_surveys(folder, settings, returns, User(username, password))
    try:
        with serve(state, port=port) as simulator:
            sys.stdout.write(
                f"The simulator answers at {simulator.url} until you interrupt it. In another terminal:\n\n"
                f"export ESSAIM_LIMESURVEY_URL={simulator.url}\n"
                f"export ESSAIM_LIMESURVEY_USERNAME={quote(username)}\n"
                + ("" if given else f"export ESSAIM_LIMESURVEY_PASSWORD={password}\n")
                + f"essaim collect --programme {quote(str(folder))} --as-of {read_scenario(folder).as_of}\n"
            )
            sys.stdout.flush()
            threading.Event().wait()
    except OSError as error:
        raise UsageError(f"Port {port} cannot be used ({error.strerror}). Name another with --port, or 0.") from error
