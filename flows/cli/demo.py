"""`essaim demo` and `essaim simulate`."""

import os
import secrets
import sys
import threading
from pathlib import Path
from shlex import quote
from typing import NoReturn

from flows.cli.collect import run_collection, show_collected
from schemas.enums import Exit
from schemas.errors import UsageError
from schemas.package_data import project_path
from schemas.settings import Environment, ProjectPaths
from tasks.demonstration import answer_surveys, fill_inbox, generate, read_scenario
from tasks.programme import read_programme
from tasks.run import progress
from tasks.simulator import State, User, serve
from warehouse.address import warehouse_address
from warehouse.connection import holds_a_warehouse

REFERENCE_PROGRAMME = project_path("examples", "ais_emploi")
_USER = "demonstration"


def demonstrate(folder: Path) -> Exit:
    """Write the reference programme to a folder, deliver its returns, and collect them.

    Raises:
        UsageError: the folder holds something already, or the database for its warehouse does.
    """
    if folder.exists() and any(folder.iterdir()):
        raise UsageError(f"{folder} is not empty. Name a new folder, or delete this one first.")
    address = warehouse_address(ProjectPaths(folder))
    if holds_a_warehouse(ProjectPaths(folder)):
        raise UsageError(
            f"The database {address} holds a warehouse already, which the demonstration must not be mixed into. "
            "Name an empty one in ESSAIM_WAREHOUSE_URL, or unset it."
        )
    _copy(REFERENCE_PROGRAMME, folder)
    programme = read_programme(folder)
    scenario = read_scenario(folder)
    returns = generate(programme, scenario)
    count = fill_inbox(folder / (programme.settings.sources.inbox or _no_inbox()).path, programme, returns)
    progress.info("Wrote the reference programme to %s, with %d workbooks in its inbox.", folder, count)
    password = secrets.token_urlsafe(12)
    user = User(_USER, password)
    with serve(answer_surveys(folder, programme, returns, user)) as simulator:
        progress.info("Started the simulator of the survey server at %s.", simulator.url)
        os.environ.update(
            ESSAIM_LIMESURVEY_URL=simulator.url,
            ESSAIM_LIMESURVEY_USERNAME=_USER,
            ESSAIM_LIMESURVEY_PASSWORD=password,
        )
        # Its evaluators are invented: nothing is sent to them, whatever this installation is set to.
        for name in ("ESSAIM_SMTP_URL", "ESSAIM_APPRISE_URLS"):
            os.environ.pop(name, None)
        collected = run_collection(folder, as_of=scenario.as_of)
    show_collected(collected, dry_run=False)
    warehouse = _IN_DATABASE.format(address=address) if address else _IN_FILE.format(folder=folder)
    sys.stdout.write(warehouse + _NEXT.format(folder=folder, quoted=quote(str(folder))))
    return Exit.DONE


def simulate_server(folder: Path, port: int) -> None:
    """Serve the survey answers of a demonstration, until interrupted."""
    programme = read_programme(folder)
    returns = generate(programme, read_scenario(folder))
    environment = Environment()
    username = environment.limesurvey_username or _USER
    given = environment.limesurvey_password
    password = given.get_secret_value() if given else secrets.token_urlsafe(12)
    state: State = answer_surveys(folder, programme, returns, User(username, password))
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


def _copy(source: Path, target: Path) -> None:
    """Copy the files of a folder without their permissions: an installation may be read-only."""
    for path in source.rglob("*"):
        if path.is_file():
            copied = target / path.relative_to(source)
            copied.parent.mkdir(parents=True, exist_ok=True)
            copied.write_bytes(path.read_bytes())


def _no_inbox() -> NoReturn:
    raise UsageError("The demonstration's programme.yaml names no inbox: expected sources.inbox.")


_IN_FILE = """
The warehouse is {folder}/var/warehouse.duckdb, the copy to query {folder}/var/published.duckdb,"""
_IN_DATABASE = """
The warehouse is in the database {address},"""
_NEXT = """
the mails (.eml) are in {folder}/var/mails.

Try next:
  essaim query --programme {quoted} "select * from analytics.consolidated_table"
  essaim query --programme {quoted} "select * from analytics.return_rates where grouping = 'cohort'"
  essaim status --programme {quoted}
  essaim simulate --programme {quoted}      (then collect again from another terminal: nothing changes)
"""
