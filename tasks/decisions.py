"""Check and record the decisions of people, and apply them to the programme of a run."""

import difflib
import unicodedata
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from fnmatch import fnmatchcase

from schemas.enums import DecisionKind
from schemas.errors import UsageError
from schemas.programme import Programme
from schemas.settings import ProjectPaths
from schemas.tables import Row
from tasks.i18n import counted
from tasks.programme.structure_edits import ended_in_words
from tasks.records import checksum
from tasks.run import RunContext, progress
from tasks.schedule.expected_returns import (
    Effect,
    as_believed,
    day_of,
    differences,
    is_due_after_leaving,
    with_extension,
)
from warehouse.connection import open_warehouse
from warehouse.decisions import published_decisions, record_decisions
from warehouse.known_plan import KnownDecisions, KnownPlan, published_plan
from warehouse.runs import last_instant_of

IdsOf = Callable[[str], Iterable[str]]
"""Returns the ways to write the id of an enrolment or expected return: with each code that its structure has or had."""

FIRST_DAY, LAST_DAY = date(1970, 1, 1), date(2199, 12, 31)
"""The days that a decision may name: far from those with which no calendar can count."""
_NOUNS = {DecisionKind.LEAVE: "enrolment"}
_WILD = frozenset("*?[")
_UNREADABLE = frozenset({"Cc", "Cs"})
"""Unicode's categories of control characters, and of bytes that are not UTF-8 in an argument."""


@dataclass(frozen=True, slots=True)
class Decision:
    """A decision about expected returns, enrolments or findings of surveillance.

    Attributes:
        effective_on: First day on which reminders go out again (snooze), later due date (extend), or day on which the
            structure left (leave).
        is_undone: True if the decision takes an earlier one back.
    """

    kind: DecisionKind
    effective_on: date | None
    author: str
    reason: str
    is_undone: bool = False

    def row(self, subject_id: str, decided_on: date, found: str | None = None) -> Row:
        """Return the decision about one subject as a row of `raw.decisions`.

        Args:
            subject_id: The expected return, enrolment or finding.
            decided_on: The day of the decision.
            found: What had been found, for an explanation.
        """
        return {
            "kind": self.kind.value,
            "subject_id": subject_id,
            "is_undone": self.is_undone,
            "effective_on": None if self.is_undone else self.effective_on,
            "decided_on": decided_on,
            "author": self.author,
            "reason": self.reason,
            "found": found,
        }


def named(names: Iterable[str], known: Sequence[str], kind: DecisionKind, ids_of: IdsOf) -> list[str]:
    """Return the known subjects that match the names, in the order of `known`.

    Args:
        names: Ids of subjects, in which `*`, `?` and `[…]` match as in file names.
        known: Ids of all expected returns or enrolments.
        kind: Kind of the decision.
        ids_of: Returns the ways to write an id (`Programme.ids_of`).

    Raises:
        UsageError: Some names match nothing. The error lists them all, each with the nearest known one.
    """
    remedy = "essaim status --all lists the expected returns; * stands for any text."
    return matching(names, known, _NOUNS.get(kind, "expected return"), f"Nothing was decided. {remedy}", ids_of)


def matching(names: Iterable[str], known: Sequence[str], noun: str, remedy: str, ids_of: IdsOf) -> list[str]:
    """Return the known ids that match the names, in the order of `known`.

    Args:
        names: Ids, in which `*`, `?` and `[…]` match as in file names.
        known: All ids.
        noun: What an id identifies.
        remedy: What to do where a name matches nothing.
        ids_of: Returns the ways to write an id: with any code that its structure has or had.

    Raises:
        UsageError: Some names match nothing. The error lists them all, each with the nearest known one.
    """
    spelt = {id_: (id_, *ids_of(id_)) for id_ in known}
    matched: set[str] = set()
    unknown: list[str] = []
    for name in names:
        is_pattern = bool(_WILD & set(name))
        matches = [
            id_
            for id_, written in spelt.items()
            if name in written or (is_pattern and any(fnmatchcase(one, name) for one in written))
        ]
        matched.update(matches)
        if not matches:
            close = difflib.get_close_matches(name, known, n=1, cutoff=0.3)
            article = "an" if noun[0] in "aeiou" else "a"
            unknown.append(f"{name!r} is not {article} {noun}." + (f" The nearest is {close[0]}." if close else ""))
    if unknown:
        raise UsageError("\n".join([*unknown, remedy]))
    return [id_ for id_ in known if id_ in matched]


def check_decision(
    decision: Decision,
    subjects: Sequence[str],
    known: KnownDecisions,
    programme: Programme,
    today: date,
    planned: Mapping[str, Row],
) -> None:
    """Refuse a decision that contradicts the programme or the decisions that are known.

    Args:
        decision: The decision.
        subjects: The expected returns or enrolments that it is about.
        known: The decisions of its kind, seen from the day of the decision.
        programme: The programme.
        today: The day of the decision.
        planned: The latest plan row of each expected return, by id.

    Raises:
        UsageError: It has no reason, is of a day before a later decision about the same subject, takes back a decision
            that is not in force, or has an impossible date.
    """
    if not decision.reason.strip():
        raise UsageError("A decision needs a reason, which others will read. Give it with --reason.")
    for option, text in (("--reason", decision.reason), ("--author", decision.author)):
        if any(unicodedata.category(sign) in _UNREADABLE for sign in text):
            raise UsageError(f"{option} holds control characters or bytes that are not UTF-8. Write it as plain text.")
    if since := {subject: known.decided_since[subject] for subject in subjects if subject in known.decided_since}:
        decided = ", ".join(f"{subject} as of {day}" for subject, day in since.items())
        raise UsageError(
            f"Decided since: {decided}. A decision as of {today} would have no effect from then on. Nothing was "
            f"decided. Decide as of {max(since.values())} or later."
        )
    if decision.is_undone:
        idle = [subject for subject in subjects if subject not in known.in_force]
        if idle:
            raise UsageError(
                f"There is nothing to take back of {', '.join(idle)} as of {today}. Run essaim status to list the "
                "decisions in force."
            )
        return
    day = decision.effective_on
    if day is not None and not FIRST_DAY <= day <= LAST_DAY:
        raise UsageError(f"Found the day {day}; expected one from {FIRST_DAY} to {LAST_DAY}. Nothing was decided.")
    if decision.kind is DecisionKind.SNOOZE and (day is None or day <= today):
        found = f"--until {day}" if day else "no --until"
        raise UsageError(f"Found {found}; expected a day after {today}, the first on which reminders go out again.")
    due = {subject: day_of(planned[subject], "due_on") for subject in subjects if subject in planned}
    if decision.kind is DecisionKind.EXTEND and (not_later := _due_from(due, day)):
        found = f"--until {day}" if day else "no --until"
        raise UsageError(f"Found {found}; expected a day after the planned due date: {not_later}. Nothing was decided.")
    for subject in subjects if decision.kind is DecisionKind.LEAVE else ():
        anchor_on = _anchor_of(programme, subject)
        if day is None or (anchor_on is not None and day < anchor_on):
            anchor = anchor_on or "its training"
            found = f"--on {day}" if day else "no --on"
            raise UsageError(f"Found {found} for {subject}; expected the day on which it left, not before {anchor}.")
        _refuse_beside_succession(subject, day, programme)


def _refuse_beside_succession(enrolment_id: str, day: date, programme: Programme) -> None:
    """Refuse a departure of an enrolment that merged or moved, or of one that answers for such an enrolment."""
    for one in programme.successions:
        if one.enrolment_id == enrolment_id:
            raise UsageError(
                f"{ended_in_words(programme, one)}, by its line in structures.csv: the returns of "
                f"{programme.ids_of(one.heir_enrolment_id)[0]} answer for it from then on. Nothing was decided. If the "
                "day is wrong, edit left_on of that line."
            )
        if one.heir_enrolment_id == enrolment_id and one.is_next and day <= one.since_on:
            raise UsageError(
                f"Found --on {day} for {enrolment_id}; expected a later day: {ended_in_words(programme, one)}, from "
                "which on its returns answer for both. Nothing was decided."
            )


def not_owed(subjects: Iterable[str], known: KnownPlan, programme: Programme) -> dict[str, str]:
    """Return the expected returns that nobody owes because their structure left before, each with the reason in words.

    Args:
        subjects: The ids of expected returns.
        known: The plan.
        programme: The programme.
    """
    planned, departures = as_believed(known.planned, known.left_on), programme.without_ended(known.departures)
    words: dict[str, str] = {}
    for id_ in subjects:
        row = planned.get(id_)
        if row is None or not is_due_after_leaving(row, departures):
            continue
        enrolment_id = str(row["enrolment_id"])
        ended = next((one for one in programme.successions if one.enrolment_id == enrolment_id), None)
        enrolment = programme.enrolment_by_id.get(enrolment_id)
        left_on = departures.get(enrolment_id, enrolment and enrolment.left_on)
        left = f"its structure left{f' on {left_on}' if left_on else ' before'}"
        why = ended_in_words(programme, ended) if ended else left
        words[id_] = f"{id_} is due on {row['due_on']}, and {why}: nothing is owed."
    return words


def _due_from(due: Mapping[str, date], day: date | None) -> str:
    """Name the returns whose planned due date is that day or later, each with its due date."""
    return ", ".join(f"{subject} is due on {due_on}" for subject, due_on in due.items() if day is None or day <= due_on)


def _anchor_of(programme: Programme, enrolment_id: str) -> date | None:
    """Return the anchor date of an enrolment; None where the folder has neither it nor its cohort."""
    if enrolment := programme.enrolment_by_id.get(enrolment_id):
        return programme.anchor_of(enrolment)
    cohort = programme.cohort_by_code.get(enrolment_id.split("/", maxsplit=1)[0])
    return cohort and cohort.anchor_on


def decide(
    run: RunContext,
    decision: Decision,
    subjects: Sequence[str],
    in_force: Mapping[str, tuple[object, ...]],
    found: Mapping[str, str] | None = None,
    *,
    decided_on: date | None = None,
) -> list[str]:
    """Record a decision, and return the subjects about which the same was not decided before.

    Args:
        run: The run.
        decision: The decision.
        subjects: The expected returns, enrolments or findings that it is about.
        in_force: The date and reason of the decisions of its kind in force, by subject.
        found: What had been found, by finding, for an explanation.
        decided_on: The day of the decision; the run's today by default.
    """
    same = (decision.effective_on, decision.reason)
    new = [subject for subject in subjects if decision.is_undone or in_force.get(subject) != same]
    rows = [decision.row(subject, decided_on or run.as_of, (found or {}).get(subject)) for subject in new]
    with open_warehouse(run.paths) as warehouse:
        record_decisions(warehouse, rows, run.stamp)
    return new


@dataclass(frozen=True, slots=True)
class OwedReturns:
    """The expected returns that structures owe.

    Attributes:
        rows: Their rows of the plan.
        waiting: The number of returns whose edit in the programme folder needs acceptance, and is not applied.
    """

    rows: list[Row]
    waiting: int = 0


def owed_returns(programme: Programme, paths: ProjectPaths, today: date) -> OwedReturns:
    """Return what structures owe by the published plan, the edits that the next run applies, and the decisions.

    For the commands that look forward without a run: templates and calendars. Waived returns are left out, those with
    nothing to report by a decision, and those that are due after their structure left; extended ones are due on the
    extended day. Before the first run, the
    programme folder decides.

    Args:
        programme: The programme as read from its folder.
        paths: The paths of the programme.
        today: The day of the question.
    """
    known = published_plan(paths, last_instant_of(today, programme.zone))
    decided = published_decisions(paths)
    planned = as_believed(known.planned, known.left_on)
    departures = programme.without_ended(decided.departures)
    found = differences(planned, programme, known.day(programme.zone), known.kept, departures)
    rows = {**planned, **{one.expected_return_id: one.after for one in found if one.effect is Effect.NEXT_RUN}}

    owed = [
        with_extension(row, decided.extensions.get(id_))
        for id_, row in rows.items()
        if not (row["is_withdrawn"] or id_ in decided.settled or is_due_after_leaving(row, departures))
    ]
    return OwedReturns(owed, sum(one.effect is Effect.TO_ACCEPT for one in found))


def warn_of_edits(waiting: int) -> None:
    """Warn that edits of the programme folder need acceptance, and that what is shown leaves them out."""
    if waiting:
        progress.warning(
            "Edits of the programme folder that change %s wait to be accepted, and are left out here. essaim plan "
            "shows them.",
            counted(waiting, "return"),
        )


def with_departures(programme: Programme, departures: Mapping[str, date]) -> Programme:
    """Return the programme with recorded departures applied to its enrolments.

    Args:
        programme: The programme as read from its folder.
        departures: The day each enrolment left, by its id, as recorded by `essaim leave`.
    """
    if not departures:
        return programme
    enrolments = [
        enrolment.model_copy(update={"left_on": departures.get(enrolment.enrolment_id, enrolment.left_on)})
        for enrolment in programme.enrolments
    ]
    return programme.model_copy(update={"enrolments": enrolments})


def without_waiting_leavings(
    programme: Programme, departures: Mapping[str, date], loaded: Mapping[str, tuple[date | None, str | None]]
) -> Programme:
    """Return the programme with the loaded day and reason of leaving where a decision is in force.

    The folder's are an edit of the day on which the decision is revoked (docs/decisions/0025). The version differs from
    that of the folder, which is loaded again then.

    Args:
        programme: The programme as read from its folder.
        departures: The day each enrolment left, by its id, as recorded by `essaim leave`.
        loaded: The day and reason of leaving that were loaded last, by enrolment.
    """
    waiting = {
        one.enrolment_id: loaded[one.enrolment_id]
        for one in programme.enrolments
        if one.enrolment_id in departures
        and loaded.get(one.enrolment_id, (one.left_on, one.left_reason)) != (one.left_on, one.left_reason)
    }
    if not waiting:
        return programme
    enrolments = [
        one.model_copy(update=dict(zip(("left_on", "left_reason"), waiting[one.enrolment_id], strict=True)))
        if one.enrolment_id in waiting
        else one
        for one in programme.enrolments
    ]
    version = checksum(programme.version, repr(sorted(waiting)), repr([waiting[id_] for id_ in sorted(waiting)]))
    return programme.model_copy(update={"enrolments": enrolments, "version": version})
