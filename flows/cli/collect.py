"""`essaim collect` and `essaim backfill`."""

import json
import os
import sys
from collections.abc import Sequence
from dataclasses import asdict, fields
from datetime import date
from pathlib import Path
from typing import cast

from flows.cli.output import Format, show
from flows.cli.prefect_server import OFFLINE, wait_for_server
from flows.collect import CollectionResult, collect_everything, collect_late_returns
from flows.past_period import collect_period
from schemas.enums import Exit, Pace
from schemas.errors import UsageError
from schemas.settings import Environment, ProjectPaths
from tasks.programme import read_programme
from warehouse.address import warehouse_address
from warehouse.views import InnovationSummary
from warehouse.writer import refuse_if_busy

_SILENT = {"PREFECT_LOGGING_LEVEL": "CRITICAL"}
"""A command's errors are sentences, not Prefect's tracebacks."""


def collect_programme(folder: Path, *, as_of: date | None, late: bool, dry_run: bool, as_json: bool) -> Exit:
    """Run the collection and print how it ended.

    Raises:
        EssaimError: it could not be done.
    """
    if late and dry_run:
        raise UsageError("--late and --dry-run do not go together. Leave one out: --dry-run shows everything.")
    collected = run_collection(folder, as_of=as_of, late=late, dry_run=dry_run)
    return _told(collected, as_json=as_json, dry_run=dry_run)


def run_collection(folder: Path, *, as_of: date | None, late: bool = False, dry_run: bool = False) -> CollectionResult:
    """Run the collection: as a flow of the server that `PREFECT_API_URL` names, else in this process alone.

    Raises:
        EssaimError: it could not be done.
    """
    paths = _ready(folder)
    server = os.environ.get("PREFECT_API_URL")
    if server:
        return _collect_as_a_flow(server, paths.folder, as_of, late=late, dry_run=dry_run)
    if late:
        return collect_late_returns(paths, as_of)
    return collect_everything(paths, as_of, dry_run=dry_run)


def collect_past(
    folder: Path, first_on: date, last_on: date, pace: Pace, occasions: Sequence[str], *, as_json: bool
) -> Exit:
    """Collect a past period and print how it ended.

    Raises:
        EssaimError: it could not be done.
    """
    return _told(collect_period(_ready(folder), first_on, last_on, pace, occasions), as_json=as_json)


def _told(collected: CollectionResult, *, as_json: bool, dry_run: bool = False) -> Exit:
    if as_json:
        sys.stdout.write(json.dumps(asdict(collected), default=str, ensure_ascii=False) + "\n")
    else:
        show_collected(collected, dry_run=dry_run)
    return Exit.NEEDS_A_PERSON if collected.needs_a_person else Exit.DONE


def _ready(folder: Path) -> ProjectPaths:
    """What a collection works in, once it is plain that it can begin."""
    programme, paths = read_programme(folder), ProjectPaths(folder)
    if programme.settings.sources.limesurvey is not None:
        from tasks.surveys import open_server  # brings the client

        open_server(programme, Environment())
    refuse_if_busy(paths.var, warehouse_address(paths))
    return paths


def _collect_as_a_flow(server: str, folder: Path, as_of: date | None, *, late: bool, dry_run: bool) -> CollectionResult:
    os.environ.update({name: value for name, value in (OFFLINE | _SILENT).items() if name not in os.environ})
    wait_for_server(server)
    # They read Prefect's settings from the environment.
    from flows.collection import collection
    from flows.late_returns import late_returns

    # A flow that is called gives what its last state holds.
    return cast("CollectionResult", late_returns(folder, as_of) if late else collection(folder, as_of, dry_run))


def show_collected(collected: "CollectionResult", *, dry_run: bool) -> None:
    """Print the summary, and what needs a person."""
    names = [field.name for field in fields(InnovationSummary)]
    title = f"Returns due by {collected.as_of}" + (" (dry run: nothing was changed)" if dry_run else "")
    show(names, [list(asdict(line).values()) for line in collected.summary], Format.TABLE, title)
    for heading, sentences in (
        ("To be corrected", collected.quarantined),
        ("Could not be read", collected.troubles),
        ("Not used", collected.notes),
        ("Mails", collected.mails),
        ("Could not be delivered", collected.undelivered),
    ):
        if sentences:
            sys.stdout.write(f"{heading}:\n" + "".join(f"  {sentence}\n" for sentence in sentences))
    if collected.report is not None:
        sys.stdout.write(f"Report: {collected.report}\n")
    if collected.data_docs is not None:
        sys.stdout.write(f"What was checked: {collected.data_docs}\n")
