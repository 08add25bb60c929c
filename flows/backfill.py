"""The form of a backfill: see `flows/past_period.py`."""

from collections.abc import Sequence
from datetime import date
from pathlib import Path

from prefect import State, flow

from flows.artifacts import programme_folder, shown
from flows.past_period import collect_period
from schemas.enums import Pace
from schemas.settings import ProjectPaths


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
    """Collect a past period, in order, then build the views as of the present day.

    Args:
        first_on: The first day of the period, in the programme's time zone.
        last_on: Its last day, which is always collected; at the latest the present day.
        pace: Which of its days are collected: the first of each quarter, of each month, or each last day that is on
            time for a due date.
        occasions: With the pace of due dates, the codes of the occasions to collect, such as M06; all by default.
        programme: The programme folder; the one that ESSAIM_PROGRAMME names by default.
    """
    paths = ProjectPaths(programme_folder(programme))
    return shown(collect_period(paths, first_on, last_on, pace, occasions), paths)
