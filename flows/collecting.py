"""`essaim collect`."""

import json
import sys
import threading
from dataclasses import asdict, fields
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING

from flows.local_api import prefect_api, wait_for_api
from flows.showing import Format, show
from schemas.settings import Environment, Places
from schemas.states import Exit
from tasks.context import progress
from tasks.programme import read_programme
from tasks.quality import great_expectations
from tasks.transform import dbt_runner
from warehouse.views import InnovationSummary
from warehouse.writer import refuse_if_busy

if TYPE_CHECKING:
    from flows.collection import Collected


def collect_programme(folder: Path, *, as_of: date | None, dry_run: bool, as_json: bool) -> Exit:
    """Run the collection and print how it ended."""
    collected = run_collection(folder, as_of=as_of, dry_run=dry_run)
    if as_json:
        sys.stdout.write(json.dumps(asdict(collected), default=str, ensure_ascii=False) + "\n")
    else:
        show_collected(collected, dry_run=dry_run)
    return Exit.NEEDS_A_PERSON if collected.needs_a_person else Exit.DONE


def run_collection(folder: Path, *, as_of: date | None, dry_run: bool = False) -> "Collected":
    """Run the collection flow: against the server that `PREFECT_API_URL` names, else with an API of its own.

    Raises:
        EssaimError: it could not be done.
    """
    programme = read_programme(folder)
    if programme.settings.sources.limesurvey is not None:
        from tasks.surveys import open_server  # brings the client

        open_server(programme, Environment())
    places = Places(folder)
    refuse_if_busy(places.var)
    with prefect_api(places) as own:
        from flows.collection import collection  # reads Prefect's settings from the environment

        if own:
            progress.info("Starting a Prefect API for this command: some seconds.")
            # Nothing else is imported meanwhile: two threads that import the same packages can see them half-made.
            imports = threading.Thread(target=_import_ahead, daemon=True)
            imports.start()
            wait_for_api(places, own)
            imports.join()
        else:
            wait_for_api(places, own)
        return collection(folder, as_of, dry_run)


def _import_ahead() -> None:
    """Import what the collection will use, while there is nothing to do but to wait for an API to start."""
    great_expectations()
    dbt_runner()


def show_collected(collected: "Collected", *, dry_run: bool) -> None:
    """Print the summary, and what needs a person."""
    names = [field.name for field in fields(InnovationSummary)]
    title = f"Returns due by {collected.as_of}" + (" (dry run: nothing was changed)" if dry_run else "")
    show(names, [list(asdict(line).values()) for line in collected.summary], Format.TABLE, title)
    for heading, sentences in (
        ("To be corrected", collected.quarantined),
        ("Could not be read", collected.troubles),
        ("Not used", collected.notes),
        ("Mails", collected.mails),
    ):
        if sentences:
            sys.stdout.write(f"{heading}:\n" + "".join(f"  {sentence}\n" for sentence in sentences))
