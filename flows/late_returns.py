"""The weekly collection of late returns, as a Prefect flow: see `flows/collect.py` for its steps."""

from datetime import date
from pathlib import Path

from prefect import State, flow

from flows.artifacts import programme_paths, run_name, show_collection
from flows.collect import collect_late_returns
from schemas.settings import Environment


@flow(name="late returns", flow_run_name=run_name, persist_result=False, timeout_seconds=3 * 3600)
def late_returns(programme: Path | None = None, as_of: date | None = None) -> State:
    """Collect late and changed returns. Nobody is alerted.

    1. Plan the expected returns.
    2. Fetch the surveys that changed and read the new workbooks of the inbox.
    3. Validate and load the new returns.
    4. Build, test and publish the views.
    5. Write the report.

    Args:
        programme: Programme folder; the one in ESSAIM_PROGRAMME by default.
        as_of: Day to take as today, in the programme's time zone; the present date by default.
    """
    environment = Environment()
    paths = programme_paths(programme, environment)
    return show_collection(collect_late_returns(paths, environment, as_of), paths, environment)
