"""Which of the runs that happen by themselves did not happen."""

from collections.abc import Iterator, Mapping
from datetime import date

from schemas.run_intervals import REGULAR_RUNS

_REMEDIES = {
    "collect": "Run essaim collect, and see why the schedule did not.",
    "late-returns": "Run essaim collect, which collects those too, and see why the schedule did not.",
    "retention": "Run the deployment retention, and see why the schedule did not.",
    "missing-returns": "Run essaim collect, which alerts too, and see why the schedule did not.",
}


def overdue_runs(last_done_on: Mapping[str, date], today: date) -> Iterator[str]:
    """A sentence for each regular run that is overdue. One that was never done there is nobody's habit, and not told.

    Args:
        last_done_on: The latest day, up to today, for which each command was done.
        today: The run's today.
    """
    for run in REGULAR_RUNS:
        last = last_done_on.get(run.command)
        if last is not None and (today - last).days > run.overdue_after_days:
            yield (
                f"The {run.name} run is overdue: it was last done for {last}, {(today - last).days} days before "
                f"{today}; expected after {run.overdue_after_days} days at most. {_REMEDIES[run.command]}"
            )
