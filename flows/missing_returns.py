"""The check for missing returns of every working day, as a Prefect flow: see `flows/collect.py` for its steps."""

from datetime import date
from pathlib import Path

from prefect import State, flow

from flows.artifacts import programme_paths, run_name, show_collection
from flows.collect import collect_missing_returns
from schemas.settings import Environment


@flow(name="missing returns", flow_run_name=run_name, persist_result=False, timeout_seconds=2 * 3600)
def missing_returns(programme: Path | None = None, as_of: date | None = None) -> State:
    """Check for missing returns and alert the evaluators.

    1. Plan the expected returns.
    2. Fetch the changed surveys of outstanding returns and read the new workbooks of the inbox, so that no return
       received since the last run is reported as missing.
    3. Validate and load the new returns.
    4. Build, test and publish the views.
    5. Alert the evaluators of missing returns and of errors to correct.
    6. Write the report.

    Args:
        programme: Programme folder; the one in ESSAIM_PROGRAMME by default.
        as_of: Day to take as today, in the programme's time zone; the present date by default.
    """
    environment = Environment()
    paths = programme_paths(programme, environment)
    return show_collection(collect_missing_returns(paths, environment, as_of), paths, environment)
