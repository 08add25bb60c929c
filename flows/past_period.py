"""Collect a past period day by day, for an installation that begins late.

The returns of each day are known from that day on, so that views as of any day of the period can be built. Nobody is
alerted of past returns.
"""

from collections.abc import Sequence
from datetime import date

from flows.collect import CollectionResult, collect, rebuild
from schemas.enums import Pace
from schemas.errors import UsageError
from schemas.programme import Programme
from schemas.settings import Environment, ProjectPaths
from tasks.programme import read_programme
from tasks.run import progress, today
from tasks.schedule.due_dates import days_of_period
from warehouse.connection import open_warehouse
from warehouse.runs import READ_SOURCES, last_done_on


def collect_period(
    paths: ProjectPaths,
    environment: Environment,
    first_on: date,
    last_on: date,
    pace: Pace,
    occasions: Sequence[str] = (),
) -> CollectionResult:
    """Collect days of a period in order, without views, then build the views as of its last day.

    Where later days were collected already, the views are built as of the latest of them.

    Args:
        paths: Where the programme's folders and files are.
        environment: The settings of the installation.
        first_on: First day of the period, in the programme's time zone.
        last_on: Last day of the period, which is always collected.
        pace: Which days of the period to collect.
        occasions: With the pace of due dates, codes of the occasions to collect; all by default.

    Raises:
        UsageError: The period ends before it begins or after the present date, an occasion is unknown, or
            occasions are given with another pace than due dates.
    """
    programme = read_programme(paths.folder)
    _check(programme, first_on, last_on, occasions)
    if occasions and pace is not Pace.DUE_DATES:
        raise UsageError("Occasions go with the pace of due dates only. Add --pace due-dates, or name no occasion.")
    days = days_of_period(programme, first_on, last_on, pace, occasions)
    for count, day in enumerate(days, start=1):
        progress.info("Collecting as of %s, day %d of %d.", day, count, len(days))
        collect(paths, environment, "backfill", day, alert=False, builds=False)
    return rebuild(paths, environment, "build", _built_on(paths, programme, last_on))


def _built_on(paths: ProjectPaths, programme: Programme, last_on: date) -> date:
    """Return the last day of the period, or the latest day on which the sources were read after it.

    Returns that fall due after that day are not missing: no run looked for them.
    """
    with open_warehouse(paths) as warehouse:
        done = last_done_on(warehouse, today(programme))
    return max([last_on, *(day for command, day in done.items() if command in READ_SOURCES)])


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
