"""Decisions of people: what they may name, what they leave behind, and what follows for a collection."""

import difflib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from fnmatch import fnmatchcase

from schemas.enums import DecisionKind
from schemas.errors import UsageError
from schemas.programme import Programme
from schemas.tables import Row
from tasks.run import RunContext
from warehouse.connection import open_warehouse
from warehouse.decisions import record_decisions

_NOUNS = {DecisionKind.LEAVE: "enrolment"}
_WILD = frozenset("*?[")


@dataclass(frozen=True, slots=True)
class Decision:
    """What somebody decides about some expected returns or enrolments, or takes back.

    `effective_on` is the first day on which a snoozed return is chased again, or the day on which a structure left.
    """

    kind: DecisionKind
    effective_on: date | None
    author: str
    reason: str
    is_undone: bool = False

    def row(self, subject_id: str, decided_on: date) -> Row:
        """The decision about one subject as a row of `raw.decisions`."""
        return {
            "kind": self.kind.value,
            "subject_id": subject_id,
            "is_undone": self.is_undone,
            "effective_on": None if self.is_undone else self.effective_on,
            "decided_on": decided_on,
            "author": self.author,
            "reason": self.reason,
        }


def named(names: Iterable[str], known: Sequence[str], kind: DecisionKind) -> list[str]:
    """The subjects that are named, in their own order; a name may have `*`, `?` and `[…]` in it.

    Raises:
        UsageError: some names are of nothing that is known; all of them, each with the nearest that is.
    """
    noun = _NOUNS.get(kind, "expected return")
    found: set[str] = set()
    unknown: list[str] = []
    for name in names:
        matches = [one for one in known if one == name or (_WILD & set(name) and fnmatchcase(one, name))]
        found.update(matches)
        if not matches:
            close = difflib.get_close_matches(name, known, n=1, cutoff=0.3)
            unknown.append(f"{name!r} is no {noun}." + (f" The nearest is {close[0]}." if close else ""))
    if unknown:
        raise UsageError(
            "\n".join(
                [
                    *unknown,
                    "Nothing was decided. essaim status --all lists the expected returns; * stands for any text.",
                ]
            )
        )
    return [one for one in known if one in found]


def check_decision(
    decision: Decision, subjects: Sequence[str], in_force: Mapping[str, object], programme: Programme, today: date
) -> None:
    """Refuse what cannot be meant.

    Raises:
        UsageError: nothing is there to be taken back, or the day cannot be right.
    """
    if not decision.reason.strip():
        raise UsageError("A decision needs a reason: say why with --reason. It is kept, and read by others.")
    if decision.is_undone:
        idle = [subject for subject in subjects if subject not in in_force]
        if idle:
            raise UsageError(
                f"There is nothing to take back of {', '.join(idle)}: essaim status lists the decisions in force."
            )
        return
    day = decision.effective_on
    if decision.kind is DecisionKind.SNOOZE and (day is None or day <= today):
        found = f"--until {day}" if day else "no --until"
        raise UsageError(f"Found {found}; expected a day after {today}: the first on which it is chased again.")
    for subject in subjects if decision.kind is DecisionKind.LEAVE else ():
        cohort = programme.cohort_by_code.get(subject.split("/", maxsplit=1)[0])
        if day is None or (cohort is not None and day < cohort.anchor_on):
            anchor = cohort.anchor_on if cohort else "its training"
            found = f"--on {day}" if day else "no --on"
            raise UsageError(f"Found {found} for {subject}; expected the day when it left, not before {anchor}.")


def decide(
    run: RunContext, decision: Decision, subjects: Sequence[str], in_force: Mapping[str, tuple[object, ...]]
) -> list[str]:
    """Record a decision about each subject. Those about which the same thing was not decided already."""
    same = (decision.effective_on, decision.reason)
    new = [subject for subject in subjects if decision.is_undone or in_force.get(subject) != same]
    with open_warehouse(run.paths) as warehouse:
        record_decisions(warehouse, [decision.row(subject, run.as_of) for subject in new], run.stamp)
    return new


def with_departures(programme: Programme, departures: Mapping[str, date]) -> Programme:
    """Return the programme with recorded departures applied to its enrolments.

    Args:
        programme: The programme as its folder says.
        departures: The day each enrolment left, by its id, as somebody recorded with `essaim leave`.
    """
    if not departures:
        return programme
    enrolments = [
        enrolment.model_copy(update={"left_on": departures.get(enrolment.enrolment_id, enrolment.left_on)})
        for enrolment in programme.enrolments
    ]
    return programme.model_copy(update={"enrolments": enrolments})
