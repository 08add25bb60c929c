"""The backfill of a past period, as a Prefect flow with a form: see `flows/past_period.py` for its steps."""

from collections.abc import Sequence
from datetime import date
from pathlib import Path

from prefect import State, flow

from flows.artifacts import programme_paths, show_collection
from flows.past_period import collect_period
from schemas.enums import Pace
from schemas.settings import Environment


@flow(
    name="backfill",
    flow_run_name="backfill of {first_on} to {last_on}",
    persist_result=False,
    timeout_seconds=24 * 3600,
)
def backfill(
    first_on: date,
    last_on: date,
    pace: Pace = Pace.QUARTERS,
    occasions: Sequence[str] = (),
    programme: Path | None = None,
) -> State:
    """Collect a past period. Nobody is alerted.

    1. For each day that the pace selects, in order: plan the expected returns, then fetch, read, validate and load.
    2. Build, test and publish the views as of the last day, or of a later day that was collected already.
    3. Write the report.

    Args:
        first_on: First day of the period, in the programme's time zone.
        last_on: Last day of the period, at the latest the present date. It is always collected.
        pace: Days to collect: the first of each quarter, the first of each month, or the last day on which the
            returns of a due date are on time.
        occasions: With the pace of due dates, codes of the occasions to collect, such as M06; all by default.
        programme: Programme folder; the one in ESSAIM_PROGRAMME by default.
    """
    environment = Environment()
    paths = programme_paths(programme, environment)
    collected = collect_period(paths, environment, first_on, last_on, pace, occasions)
    return show_collection(collected, paths, environment)
