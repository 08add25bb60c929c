"""`essaim simulate`."""

import secrets
import sys
import threading
from collections.abc import Generator, Sequence
from contextlib import contextmanager
from datetime import date, datetime
from pathlib import Path
from shlex import quote
from typing import Annotated

import typer

from flows.cli.demo import USER
from flows.cli.options import HIGHEST_PORT, AsOf, Programme, programme_folder
from schemas.errors import UsageError
from schemas.programme import Programme as Loaded
from schemas.settings import Environment, ProjectPaths
from tasks.demonstration import (
    DemonstrationReturn,
    answer_surveys,
    fill_inbox,
    generate,
    has_scenario,
    read_scenario,
    surveys_of,
    usual_scenario,
)
from tasks.i18n import counted
from tasks.programme import read_programme
from tasks.simulator import User, serve
from warehouse.connection import holds_a_warehouse

EXAMPLE = "essaim simulate --programme my-programme --seed 7"


def simulate(
    programme: Programme = None,
    as_of: AsOf = None,
    seed: Annotated[int, typer.Option("--seed", min=0, help="Another seed gives other invented answers.")] = 0,
    inbox: Annotated[
        Path | None,
        typer.Option(
            "--inbox", metavar="DIR", help="Write the invented workbooks there, not to the programme's inbox."
        ),
    ] = None,
    port: Annotated[
        int, typer.Option(min=0, max=HIGHEST_PORT, help="Port on the loopback address; 0 takes a free one.")
    ] = 8085,
) -> None:
    """Run `essaim simulate`.

    Raises:
        UsageError: The port is taken; the folder holds real returns, or files that would be overwritten; or a
            demonstration is asked for another day than its own.
    """
    environment = Environment()
    folder = programme_folder(programme, environment)
    settings = read_programme(folder)
    if has_scenario(folder):
        returns, day, told = _demonstration(folder, settings, as_of, seed, inbox)
    else:
        returns, day, told = _invented(folder, settings, as_of, seed, inbox)
    username = environment.limesurvey_username or USER
    given = environment.limesurvey_password
    password = given.get_secret_value() if given else secrets.token_urlsafe(12)
    state = answer_surveys(folder, settings, returns, User(username, password))
    try:
        with serve(state, port=port) as simulator:
            sys.stdout.write(
                f"{told}"
                f"The simulator answers at {simulator.url} until you interrupt it. In another terminal:\n\n"
                f"export ESSAIM_LIMESURVEY_URL={simulator.url}\n"
                f"export ESSAIM_LIMESURVEY_USERNAME={quote(username)}\n"
                + ("" if given else f"export ESSAIM_LIMESURVEY_PASSWORD={password}\n")
                + f"essaim collect --programme {quote(str(folder))} --as-of {day}\n"
            )
            sys.stdout.flush()
            threading.Event().wait()
    except OSError as error:
        raise UsageError(f"Port {port} cannot be used ({error.strerror}). Name another with --port, or 0.") from error


_Prepared = tuple[Sequence[DemonstrationReturn], date, str]
"""The returns, the day to collect them as of, and what is to be printed about them."""


def _demonstration(folder: Path, settings: Loaded, as_of: date | None, seed: int, inbox: Path | None) -> _Prepared:
    scenario = read_scenario(folder)
    if as_of not in (None, scenario.as_of) or seed or inbox is not None:
        raise UsageError(
            f"{folder} has a demonstration.yaml, which determines its answers as of {scenario.as_of}. "
            "Run essaim simulate without --as-of, --seed and --inbox, or simulate a copy without that file."
        )
    return generate(settings, scenario), scenario.as_of, ""


def _invented(folder: Path, settings: Loaded, as_of: date | None, seed: int, inbox: Path | None) -> _Prepared:
    """Write the invented workbooks, unless the folder may hold real returns."""
    paths = ProjectPaths(folder)
    if not paths.invented.exists() and holds_a_warehouse(paths):
        raise UsageError(
            f"{folder} has been collected without a simulator: its warehouse may hold real returns, and invented ones "
            "would be mixed with them. Copy the files of the folder without var/ and the inbox, and simulate the copy "
            "with ESSAIM_WAREHOUSE_URL unset."
        )
    day = as_of or datetime.now(settings.zone).date()
    surveys = surveys_of(folder, settings)
    returns = generate(settings, usual_scenario(settings, day, seed), surveys)
    count, place = 0, ""
    source = settings.settings.sources.inbox
    with _marked(paths):
        if source is not None or inbox is not None:
            target = inbox or _local(folder, source.path if source is not None else "")
            count = fill_inbox(target, settings, returns, says_invented=True)
            place = f", in {target}" if count else ""
    of_surveys = counted(len(returns) - count, "survey response")
    return (
        returns,
        day,
        f"All answers are invented (seed {seed}), as if they had come before {day}: {of_surveys}, which a stand-in "
        f"serves that is not LimeSurvey, and {counted(count, 'workbook')}{place}.\n"
        f"Before the first real return, delete the workbooks and {paths.var}.\n",
    )


_MARK = (
    "essaim simulate has invented the returns of this programme. Before the first real return, delete this folder and "
    "the invented workbooks in the inbox.\n"
)


@contextmanager
def _marked(paths: ProjectPaths) -> Generator[None]:
    """Mark the folder before anything invented is written, and take the mark back if nothing is."""
    is_new = not paths.invented.exists()
    paths.var.mkdir(exist_ok=True)
    paths.invented.write_text(_MARK, encoding="utf-8")
    try:
        yield
    except UsageError:
        if is_new:
            paths.invented.unlink()
        raise


def _local(folder: Path, address: str) -> Path:
    if "://" in address:
        raise UsageError(
            f"The inbox of the programme is {address}, where no invented workbook is written. "
            "Name a folder for them with --inbox DIR."
        )
    return folder / address
