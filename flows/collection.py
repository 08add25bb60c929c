"""The quarterly collection, as a Prefect flow: see `flows/collect.py` for its steps."""

from datetime import date
from pathlib import Path

from prefect import State, flow

from flows.artifacts import programme_paths, run_name, show_collection
from flows.collect import collect_everything
from schemas.settings import Environment


@flow(name="collection", flow_run_name=run_name, persist_result=False, timeout_seconds=6 * 3600)
def collection(programme: Path | None = None, as_of: date | None = None, dry_run: bool = False) -> State:
    """Collect everything received, find the missing returns and alert the evaluators.

    1. Plan the expected returns.
    2. Fetch the surveys and read the workbooks of the inbox.
    3. Validate and load the new returns.
    4. Build, test and publish the views.
    5. Alert the evaluators of missing returns and of errors to correct.
    6. Write the report.

    Args:
        programme: Programme folder; the one in ESSAIM_PROGRAMME by default.
        as_of: Day to take as today, in the programme's time zone; the present date by default.
        dry_run: Work on a copy, which is deleted at the end of the run, and send nothing.
    """
    environment = Environment()
    paths = programme_paths(programme, environment)
    collected = collect_everything(paths, environment, as_of, dry_run=dry_run)
    return show_collection(collected, paths, environment, is_dry_run=dry_run)
