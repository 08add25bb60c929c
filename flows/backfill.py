"""Backfill: a past period, collected day by day as it would have been, for an installation that begins late.

Each day's returns are known from that day on, so that views as of any day of the period can be built. Nobody is
alerted: it is past.
"""

from collections.abc import Sequence
from datetime import date
from pathlib import Path

from prefect import State, flow

from flows.in_order import Collected, collect, rebuild
from flows.pages import programme_folder, shown
from schemas.errors import UsageError
from schemas.programme import Programme
from schemas.settings import Places
from schemas.states import Pace
from tasks.context import progress, today
from tasks.due_dates import days_of_period
from tasks.programme import read_programme


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
    places = Places(programme_folder(programme))
    return shown(collect_period(places, first_on, last_on, pace, occasions), places)


def collect_period(
    places: Places, first_on: date, last_on: date, pace: Pace, occasions: Sequence[str] = ()
) -> Collected:
    """Collect each of the period's days, the earliest first, without views; then build them as of the present day.

    Raises:
        UsageError: the period ends before it begins, or has not ended; an occasion is not the programme's.
    """
    programme = read_programme(places.folder)
    _check(programme, first_on, last_on, occasions)
    days = days_of_period(programme, first_on, last_on, pace, occasions)
    for count, day in enumerate(days, start=1):
        progress.info("Collecting as of %s, day %d of %d.", day, count, len(days))
        collect(places, "backfill", day, alert=False, builds=False)
    return rebuild(places, "build", today(programme))


def _check(programme: Programme, first_on: date, last_on: date, occasions: Sequence[str]) -> None:
    present = today(programme)
    if not first_on <= last_on <= present:
        raise UsageError(
            f"The period from {first_on} to {last_on} cannot be collected. "
            f"Expected a first day, then a last one that is not after {present}."
        )
    known = [occasion.code for occasion in programme.settings.occasions]
    if unknown := [code for code in occasions if code not in known]:
        raise UsageError(f"The programme has no occasion {', '.join(unknown)}. Expected some of {', '.join(known)}.")
