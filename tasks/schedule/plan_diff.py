"""Describe the differences between the plan and an edited programme folder, for people."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from schemas.programme import Programme
from schemas.tables import Row
from tasks.i18n import counted
from tasks.schedule.expected_returns import PLACE, Difference, Effect

_CLOCK = ("opens_on", "on_time_until_on", "locked_on")
_COUNTING = ("takes_several", "minimum_respondents", "keeps_first")
_COMPARED = ("due_on", "is_after_leaving", *PLACE, *_CLOCK, *_COUNTING)
_LISTED = 12
_LEFT = "left before"


class Change(StrEnum):
    """How an expected return changes."""

    ADDED = "added"
    ADDED_LATE = "added late"
    """Added after its due date: the return is missing unless it was received."""
    WITHDRAWN = "withdrawn"
    MOVED = "moved"
    LEFT = "left"
    """The structure left before the due date: the return is no longer due."""
    STILL_ENROLLED = "still enrolled"
    """The structure has not left before the due date: the return is due again."""
    REPLACED = "replaced"
    """The version, the source or the kind of the instrument changes."""
    RULES = "rules"
    """The opening, grace or lock date or the rules for several respondents change."""


_DUE_AT_ONCE = (Change.ADDED_LATE, Change.MOVED, Change.STILL_ENROLLED)


@dataclass(frozen=True, slots=True)
class PlanChange:
    """A change of an expected return.

    Attributes:
        before: The planned values that differ, in words; empty where nothing was planned.
        after: The values in the programme folder, in words; empty where it has none.
        is_past: Whether the return is owed and due before the run's today once the change is applied.
    """

    expected_return_id: str
    change: Change
    effect: Effect
    before: str
    after: str
    is_past: bool


def plan_changes(found: Iterable[Difference], today: date) -> list[PlanChange]:
    """Return the differences of a plan in words, by expected return.

    Args:
        found: The differences between the plan and the programme folder.
        today: The run's today.
    """
    return [
        _change(one, today)
        for one in sorted(found, key=lambda one: one.expected_return_id)
        if one.effect is not Effect.STAYS or _differing(one)
    ]


def changed_anchors(planned: Mapping[str, Row], wanted: Iterable[Row], own: Collection[str] = ()) -> list[str]:
    """Return the cohorts and enrolments whose due dates all differ from the plan: their anchor date was corrected.

    A cohort stands for its enrolments where all of them moved that have no anchor date of their own.

    Args:
        planned: The latest plan row of each expected return, by id.
        wanted: The rows that the programme folder plans.
        own: The ids of the enrolments that have an anchor date of their own.
    """
    moved: dict[str, list[bool]] = defaultdict(list)
    for row in wanted:
        before = planned.get(str(row["expected_return_id"]))
        if before is not None and not before["is_withdrawn"]:
            moved[str(row["enrolment_id"])].append(before["due_on"] != row["due_on"])
    of_cohorts: dict[str, list[bool]] = defaultdict(list)
    for enrolment_id, are_moved in moved.items():
        if enrolment_id not in own:
            of_cohorts[enrolment_id.split("/", maxsplit=1)[0]].append(all(are_moved))
    cohorts = [cohort_code for cohort_code, are_moved in of_cohorts.items() if all(are_moved)]
    return cohorts + [
        enrolment_id
        for enrolment_id, are_moved in moved.items()
        if all(are_moved) and (enrolment_id in own or enrolment_id.split("/", maxsplit=1)[0] not in cohorts)
    ]


@dataclass(frozen=True, slots=True)
class PlanChangeGroup:
    """The same change for several structures of a cohort."""

    change: Change
    cohort_code: str
    occasion_code: str
    instrument_code: str
    count: int
    structures: str
    before: str
    after: str


def grouped(changes: Iterable[PlanChange], programme: Programme) -> list[PlanChangeGroup]:
    """Group changes by kind, cohort, occasion and instrument, and name their structures by their present codes."""
    structures: dict[tuple[Change, str, str, str, str, str], list[str]] = defaultdict(list)
    for item in changes:
        cohort_code, structure_code, occasion_code, instrument_code = item.expected_return_id.split("/")
        key = (item.change, cohort_code, occasion_code, instrument_code, item.before, item.after)
        enrolment = programme.enrolment_by_id.get(f"{cohort_code}/{structure_code}")
        structures[key].append(enrolment.structure_code if enrolment else structure_code)
    order = list(Change)
    groups = [
        PlanChangeGroup(change, cohort, occasion, instrument, len(codes), ", ".join(sorted(codes)), before, after)
        for (change, cohort, occasion, instrument, before, after), codes in structures.items()
    ]
    return sorted(groups, key=lambda g: (order.index(g.change), g.cohort_code, g.occasion_code, g.instrument_code))


def refusal(changes: Sequence[PlanChange], programme: Programme) -> str:
    """Return the sentences that stop a run: how many returns, of which cohorts and structures, and the remedy.

    Args:
        changes: The changes that need acceptance.
        programme: The programme, as read from its folder.
    """
    cohorts = sorted({one.expected_return_id.split("/", maxsplit=1)[0] for one in changes})
    structures = {one.expected_return_id.split("/")[1] for one in changes}
    groups = grouped(changes, programme)
    lines = [f"  {_sentence(group)}" for group in groups[:_LISTED]]
    if len(groups) > _LISTED:
        lines.append(f"  … and {len(groups) - _LISTED} groups more, which essaim plan lists.")
    count, of_structures = counted(len(changes), "return"), counted(len(structures), "structure")
    due = sum(one.is_past and one.change in _DUE_AT_ONCE for one in changes)
    at_once = f" {due} of them would be due already, and missing unless they were received." if due else ""
    return "\n".join(
        [
            "The programme folder was edited in a way that makes returns fall due in the past, or changes returns that "
            f"were due already: {count} of {', '.join(cohorts)} ({of_structures}).{at_once} "
            "Nothing was loaded.",
            *lines,
            "If this is a mistake, correct the folder. If it is meant, apply it with "
            'essaim plan --accept --reason "…"; with --keep, chosen returns stay as they were planned. '
            "essaim plan shows every change.",
        ]
    )


def _sentence(group: PlanChangeGroup) -> str:
    where = f"{group.cohort_code} {group.occasion_code} {group.instrument_code}"
    count = counted(group.count, "return")
    match group.change:
        case Change.ADDED | Change.ADDED_LATE:
            what = f"{count} added, {group.after}"
        case Change.WITHDRAWN:
            what = f"{count} no longer expected ({group.before}); what was received for them leaves the views"
        case Change.MOVED:
            what = f"{count} moved from {group.before} to {group.after}"
        case Change.LEFT:
            what = f"{count} no longer due ({group.before}), because the structure left before"
        case Change.STILL_ENROLLED:
            what = f"{count} due again ({group.after}), because the structure is still enrolled"
        case Change.REPLACED | Change.RULES:
            what = f"{count} changed from {group.before} to {group.after}"
    codes = group.structures.split(", ")
    named = (
        group.structures if len(codes) <= _LISTED else f"{', '.join(codes[:_LISTED])} and {len(codes) - _LISTED} more"
    )
    return f"{where}: {what}: {named}."


def _change(one: Difference, today: date) -> PlanChange:
    before, after = one.before, None if one.after["is_withdrawn"] else one.after
    is_past = after is not None and not after["is_after_leaving"] and str(after["due_on"]) < today.isoformat()
    id_, effect = one.expected_return_id, one.effect
    if before is None:
        kind = Change.ADDED_LATE if is_past else Change.ADDED
        return PlanChange(id_, kind, effect, "", ", ".join(_values(one.after, _owed(one.after))), is_past)
    if after is None:
        return PlanChange(id_, Change.WITHDRAWN, effect, f"due {before['due_on']}", "", is_past)
    names = _differing(one)
    if "is_after_leaving" in names and not {"due_on", *PLACE} & {*names}:
        kind = Change.LEFT if after["is_after_leaving"] else Change.STILL_ENROLLED
        due = f"due {after['due_on']}"
        words = (due, _LEFT) if kind is Change.LEFT else (_LEFT, due)
        return PlanChange(id_, kind, effect, *words, is_past)
    of_instrument = Change.REPLACED if {*names} & {*PLACE} else Change.RULES
    if "due_on" in names:
        # The days that follow from a due date move with it, and are left out.
        names = [name for name in names if name not in _CLOCK]
    kind = Change.MOVED if "due_on" in names else of_instrument
    return PlanChange(id_, kind, effect, ", ".join(_values(before, names)), ", ".join(_values(after, names)), is_past)


def _owed(row: Row) -> list[str]:
    return ["due_on", "is_after_leaving"] if row["is_after_leaving"] else ["due_on"]


def _differing(one: Difference) -> list[str]:
    """Return the compared columns that differ; all of them where one of the two rows is not expected."""
    before, after = one.before, one.after
    if before is None or after["is_withdrawn"]:
        return list(_COMPARED)
    return [name for name in _COMPARED if before[name] != after[name]]


def _values(row: Row, names: Iterable[str]) -> Iterator[str]:
    words = {"due_on": "due", "instrument_version": "version", "on_time_until_on": "on time until", "source_id": "from"}
    for name in names:
        if name == "is_after_leaving":
            yield _LEFT if row[name] else "still enrolled"
            continue
        yield f"{words.get(name, name.removesuffix('_on').replace('_', ' '))} {row[name]}"
