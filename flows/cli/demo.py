"""`essaim demo`."""

import os
import secrets
import sys
from pathlib import Path
from shlex import quote
from typing import Annotated, NoReturn

import typer

from flows.cli.collect import run_collection, show_collected
from flows.cli.options import DESK_PORT
from schemas.errors import UsageError
from schemas.package_data import project_path
from schemas.settings import Environment, ProjectPaths
from tasks.demonstration import answer_surveys, fill_inbox, generate, read_scenario
from tasks.desk.people import first_person
from tasks.desk.signing_in import sign_in_address
from tasks.i18n import counted
from tasks.links import Links
from tasks.programme import read_programme
from tasks.run import progress
from tasks.simulator import User, serve
from warehouse.address import warehouse_address
from warehouse.connection import holds_a_warehouse

REFERENCE_PROGRAMME = project_path("examples", "ais_emploi")
USER = "demonstration"
"""Name of the user that signs in to the simulator."""


EXAMPLE = "essaim demo my-demo"


def demo(
    folder: Annotated[Path, typer.Argument(metavar="DIR", help="Folder to write to: new or empty.")],
) -> None:
    """Run `essaim demo`: write the reference programme, deliver its returns, and collect them.

    Raises:
        UsageError: The folder is not empty, or the database for its warehouse holds one already.
    """
    if folder.exists() and any(folder.iterdir()):
        raise UsageError(f"{folder} is not empty. Name a new folder, or delete this one first.")
    address = warehouse_address(ProjectPaths(folder))
    if holds_a_warehouse(ProjectPaths(folder)):
        raise UsageError(
            f"The database {address} holds a warehouse already. The demonstration needs an empty one. "
            "Name another in ESSAIM_WAREHOUSE_URL, or unset it."
        )
    _copy(REFERENCE_PROGRAMME, folder)
    programme = read_programme(folder)
    scenario = read_scenario(folder)
    returns = generate(programme, scenario)
    count = fill_inbox(folder / (programme.settings.sources.inbox or _no_inbox()).path, programme, returns)
    workbooks = counted(count, "workbook")
    progress.info("Wrote the reference programme to %s, with %s in its inbox.", folder, workbooks)
    password = secrets.token_urlsafe(12)
    user = User(USER, password)
    with serve(answer_surveys(folder, programme, returns, user)) as simulator:
        progress.info("Started the simulator of the survey server at %s.", simulator.url)
        os.environ.update(
            ESSAIM_LIMESURVEY_URL=simulator.url,
            ESSAIM_LIMESURVEY_USERNAME=USER,
            ESSAIM_LIMESURVEY_PASSWORD=password,
        )
        # The evaluators of the demonstration are invented: no message is sent to them, whatever the settings.
        for name in ("ESSAIM_SMTP_URL", "ESSAIM_APPRISE_URLS"):
            os.environ.pop(name, None)
        collected = run_collection(folder, Environment(), as_of=scenario.as_of)
    show_collected(collected, dry_run=False)
    warehouse = _IN_DATABASE.format(address=address) if address else _IN_FILE.format(folder=folder)
    sys.stdout.write(warehouse + _NEXT.format(folder=folder, quoted=quote(str(folder)), link=_link_to_desk(folder)))


def _link_to_desk(folder: Path) -> str:
    """Return a link that signs in at the desk once it is open."""
    person = first_person(read_programme(folder))
    links = Links(ProjectPaths(folder), Environment())
    return "" if person is None else sign_in_address(f"http://127.0.0.1:{DESK_PORT}", links, person.code)


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
  essaim desk --programme {quoted}      (the pages of evaluators and structures; for 30 minutes, this link signs you in:
                                        {link})
  essaim simulate --programme {quoted}      (then collect again from another terminal: nothing changes)
"""
