"""Find the scheduled runs that are overdue."""

from collections.abc import Iterator, Mapping
from datetime import date

from schemas.run_intervals import REGULAR_RUNS

_REMEDIES = {
    "collect": "Run essaim collect, and check why the schedule did not run.",
    "late-returns": "Run essaim collect, which collects those too, and check why the schedule did not run.",
    "retention": "Run essaim retention, and check why the schedule did not run.",
    "missing-returns": "Run essaim collect, which alerts too, and check why the schedule did not run.",
}


_DONE_BY_COLLECTING = {"collect", "late-returns", "missing-returns"}


def overdue_runs(last_done_on: Mapping[str, date], today: date, command: str | None = None) -> Iterator[str]:
    """Yield a sentence for each overdue run. Runs that have never happened in this installation are not reported.

    Args:
        last_done_on: The latest day, up to today, for which each command was done, by command.
        today: The run's today.
        command: The command that is under way, of which nobody is asked; None for none.
    """
    for run in REGULAR_RUNS:
        last = last_done_on.get(run.command)
        if last is not None and (today - last).days > run.overdue_after_days:
            is_under_way = command == "collect" and run.command in _DONE_BY_COLLECTING
            remedy = "This run makes up for it; check why the schedule did not run."
            yield (
                f"The {run.name} run is overdue: it was last done for {last}, {(today - last).days} days before "
                f"{today}; expected after {run.overdue_after_days} days at most. "
                f"{remedy if is_under_way else _REMEDIES[run.command]}"
            )
