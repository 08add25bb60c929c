"""The scheduled runs, and the longest valid interval between two runs of each."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class RegularRun:
    """A run that `prefect.yaml` schedules.

    Attributes:
        name: The last tag of its deployment.
        command: The command, as the run ledger names it.
        overdue_after_days: The longest interval between two scheduled runs, plus one day. A test compares it with
            `prefect.yaml`.
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
