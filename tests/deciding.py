"""Record decisions in tests as the commands waive, nothing, snooze, extend and leave do, without building the views."""

from datetime import date
from pathlib import Path

from schemas.enums import DecisionKind
from schemas.settings import Environment, ProjectPaths
from tasks.decisions import Decision, decide
from tasks.programme import read_programme
from tasks.run import recorded_run


def decided(
    folder: Path,
    kind: DecisionKind,
    *subjects: str,
    as_of: date,
    on: date | None = None,
    reason: str = "invented",
    is_undone: bool = False,
) -> None:
    """Record and publish a decision about expected returns or enrolments of a programme folder, or undo it.

    Args:
        folder: The programme folder.
        kind: What is decided.
        subjects: The ids of the expected returns or enrolments.
        as_of: The day to take as today.
        on: The day on which a structure left, until which reminders are paused, or on which a return is due.
        reason: Why.
        is_undone: Whether an earlier decision is undone.
    """
    programme = read_programme(folder)
    with recorded_run(ProjectPaths(folder), programme, Environment(), command=kind.value, as_of=as_of) as run:
        decide(run, Decision(kind, on, "E", reason, is_undone), subjects, {})
