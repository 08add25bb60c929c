"""`essaim collect`."""

import json
import os
import sys
from dataclasses import asdict, fields
from datetime import date
from pathlib import Path
from typing import Annotated, cast

import typer

from flows.cli.options import AsOf, DryRun, Json, Programme, programme_folder
from flows.cli.output import Format, show
from flows.cli.prefect_server import OFFLINE, wait_for_server
from flows.collect import CollectionResult, collect_everything, collect_late_returns
from schemas.enums import Exit
from schemas.errors import UsageError
from schemas.settings import Environment, ProjectPaths
from tasks.i18n import counted
from tasks.programme import read_programme
from warehouse.address import warehouse_address
from warehouse.views import InnovationSummary
from warehouse.writer import refuse_if_busy

_SILENT = {"PREFECT_LOGGING_LEVEL": "CRITICAL"}
"""A command prints its errors as sentences. Prefect would log them as tracebacks."""


EXAMPLE = "essaim collect --programme demo --as-of 2019-03-31"


def collect(
    programme: Programme = None,
    as_of: AsOf = None,
    late: Annotated[
        bool, typer.Option("--late", help="Read only workbooks and the surveys that changed; alert nobody.")
    ] = False,
    dry_run: DryRun = False,
    as_json: Json = False,
) -> None:
    """Run `essaim collect`.

    Raises:
        EssaimError: The collection could not be done.
    """
    if late and dry_run:
        raise UsageError("--late and --dry-run do not go together. Leave one out: --dry-run shows everything.")
    environment = Environment()
    folder = programme_folder(programme, environment)
    collected = run_collection(folder, environment, as_of=as_of, late=late, dry_run=dry_run)
    raise typer.Exit(print_result(collected, as_json=as_json, dry_run=dry_run))


def run_collection(
    folder: Path, environment: Environment, *, as_of: date | None, late: bool = False, dry_run: bool = False
) -> CollectionResult:
    """Collect as a flow of the server that `PREFECT_API_URL` names, else in this process without Prefect.

    Args:
        folder: The programme folder.
        environment: The settings of the installation.
        as_of: The run's today; the present date by default.
        late: Collect late returns only.
        dry_run: Work on a copy.

    Raises:
        EssaimError: The collection could not be done.
    """
    paths = ready_to_collect(folder, environment)
    server = os.environ.get("PREFECT_API_URL")
    if server:
        return _collect_as_a_flow(server, paths.folder, as_of, late=late, dry_run=dry_run)
    if late:
        return collect_late_returns(paths, environment, as_of)
    return collect_everything(paths, environment, as_of, dry_run=dry_run)


def print_result(collected: CollectionResult, *, as_json: bool, dry_run: bool = False) -> Exit:
    """Print how a collection ended, and return the exit code."""
    if as_json:
        sys.stdout.write(json.dumps(asdict(collected), default=str, ensure_ascii=False) + "\n")
    else:
        show_collected(collected, dry_run=dry_run)
    return Exit.NEEDS_A_PERSON if collected.needs_a_person else Exit.DONE


def ready_to_collect(folder: Path, environment: Environment) -> ProjectPaths:
    """Check that a collection can begin, and return the paths it works in.

    Raises:
        ProgrammeError: The folder has mistakes.
        UsageError: A credential is missing.
        WarehouseBusyError: Another run is writing.
    """
    programme, paths = read_programme(folder), ProjectPaths(folder)
    if programme.settings.sources.limesurvey is not None:
        from tasks.surveys import open_server  # imports the client

        open_server(programme, environment)
    refuse_if_busy(paths.var, warehouse_address(paths))
    return paths


def _collect_as_a_flow(server: str, folder: Path, as_of: date | None, *, late: bool, dry_run: bool) -> CollectionResult:
    os.environ.update({name: value for name, value in (OFFLINE | _SILENT).items() if name not in os.environ})
    wait_for_server(server)
    # Prefect reads its settings from the environment when it is imported.
    from flows.collection import collection
    from flows.late_returns import late_returns

    # A call of a flow returns the data of its final state.
    return cast("CollectionResult", late_returns(folder, as_of) if late else collection(folder, as_of, dry_run))


def show_collected(collected: CollectionResult, *, dry_run: bool) -> None:
    """Print the summary of a collection, and the sentences for a person."""
    names = [field.name for field in fields(InnovationSummary)]
    if not collected.summary[-1].nothing_to_report:
        names.remove("nothing_to_report")
    title = f"Returns due by {collected.as_of}" + (" (dry run: nothing was changed)" if dry_run else "")
    show(names, [[getattr(line, name) for name in names] for line in collected.summary], Format.TABLE, title)
    for heading, sentences in (
        ("Quarantined", collected.quarantined),
        ("Could not be read", collected.troubles),
        ("Cannot be answered", collected.closed),
        ("Corrections not applied", collected.corrections),
        ("Nothing to report by decision, and contradicted by a return", collected.contradictions),
        ("Not used", collected.notes),
        ("Mails", collected.mails),
        ("Could not be delivered", collected.undelivered),
    ):
        if sentences:
            sys.stdout.write(f"{heading}:\n" + "".join(f"  {sentence}\n" for sentence in sentences))
    if collected.to_look_at:
        sys.stdout.write(f"To be looked at: {counted(collected.to_look_at, 'finding')}. Run essaim status.\n")
    if collected.report is not None:
        sys.stdout.write(f"Report: {collected.report}\n")
    if collected.data_docs is not None:
        sys.stdout.write(f"Checks (Data Docs): {collected.data_docs}\n")
