"""The runs that happen by themselves, and how long after one the next must have come."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class RegularRun:
    """A run that `prefect.yaml` schedules. `command` is what the run ledger calls it.

    `overdue_after_days` is the longest time between two runs on its schedule, and a day: a test holds both together.
    """

    name: str
    command: str
    overdue_after_days: int


REGULAR_RUNS = (
    RegularRun("quarterly", "collect", 93),
    RegularRun("weekly", "late-returns", 8),
    RegularRun("daily", "missing-returns", 4),
    RegularRun("monthly", "retention", 32),
)
