"""What editing the programme folder changes of the plan, and what it cannot change any more because it was due."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from schemas.tables import Row

_PLACE = ("instrument_version", "instrument_kind", "filled_by", "source_id")
_CLOCK = ("opens_on", "on_time_until_on", "locked_on")
_COUNTING = ("takes_several", "minimum_respondents", "keeps_first")
_COMPARED = ("due_on", *_PLACE, *_CLOCK, *_COUNTING)


class Change(StrEnum):
    """How an expected return changes; the last two say what the folder asks for and cannot have."""

    ADDED = "added"
    ADDED_LATE = "added late"
    """It is added though its due date has passed: it is missing unless it came."""
    WITHDRAWN = "withdrawn"
    MOVED = "moved"
    REPLACED = "replaced"
    """Another version, source or kind of instrument is asked."""
    RULES = "rules"
    """It opens, stops being on time, locks or counts otherwise."""
    STAYS = "stays as it was due"
    STAYS_EXPECTED = "stays expected"
    """The programme does not name it any more, and it was due: it is expected until somebody waives it."""


FROZEN = frozenset({Change.STAYS, Change.STAYS_EXPECTED})


@dataclass(frozen=True, slots=True)
class PlanChange:
    """One expected return that changes. `before` and `after` say what differs, in words; empty where there is none."""

    expected_return_id: str
    change: Change
    before: str
    after: str


def plan_changes(
    planned: Mapping[str, Row], wanted: Iterable[Row], changes: Iterable[Row], today: date
) -> list[PlanChange]:
    """How a plan changes.

    Args:
        planned: The plan as it is, by expected return.
        wanted: What the programme folder asks for.
        changes: The rows that would be added to the plan.
        today: The run's today.
    """
    asked = {str(row["expected_return_id"]): row for row in wanted}
    applied = {str(row["expected_return_id"]): row for row in changes}
    found: list[PlanChange] = []
    for id_ in sorted({*asked, *applied, *planned}):
        before, after = planned.get(id_), asked.get(id_)
        is_expected = before is not None and not before["is_withdrawn"]
        if id_ in applied:
            found.append(_applied(id_, before if is_expected else None, after, today))
        elif is_expected and before is not None and _differs(before, after):
            kind = Change.STAYS_EXPECTED if after is None else Change.STAYS
            found.append(PlanChange(id_, kind, *_words(before, after)))
    return found


def changed_anchors(planned: Mapping[str, Row], wanted: Iterable[Row]) -> list[str]:
    """The cohorts all of whose due dates differ from the plan: their anchor was corrected."""
    moved: dict[str, list[bool]] = defaultdict(list)
    for row in wanted:
        before = planned.get(str(row["expected_return_id"]))
        if before is not None and not before["is_withdrawn"]:
            moved[str(row["enrolment_id"]).split("/", maxsplit=1)[0]].append(before["due_on"] != row["due_on"])
    return [cohort_code for cohort_code, found in moved.items() if all(found)]


@dataclass(frozen=True, slots=True)
class PlanChangeGroup:
    """What changes alike for several structures of a cohort."""

    change: Change
    cohort_code: str
    occasion_code: str
    instrument_code: str
    count: int
    before: str
    after: str


def grouped(changes: Sequence[PlanChange]) -> list[PlanChangeGroup]:
    """The changes by kind, cohort, occasion and instrument, those that cannot be made last."""
    counts: dict[tuple[Change, str, str, str, str, str], int] = defaultdict(int)
    for one in changes:
        cohort_code, _, occasion_code, instrument_code = one.expected_return_id.split("/")
        counts[one.change, cohort_code, occasion_code, instrument_code, one.before, one.after] += 1
    order = list(Change)
    groups = [
        PlanChangeGroup(change, cohort_code, occasion_code, instrument_code, count, before, after)
        for (change, cohort_code, occasion_code, instrument_code, before, after), count in counts.items()
    ]
    return sorted(groups, key=lambda g: (order.index(g.change), g.cohort_code, g.occasion_code, g.instrument_code))


def _applied(id_: str, before: Row | None, after: Row | None, today: date) -> PlanChange:
    if before is None and after is not None:
        late = str(after["due_on"]) < today.isoformat()
        return PlanChange(id_, Change.ADDED_LATE if late else Change.ADDED, "", f"due {after['due_on']}")
    if after is None:
        return PlanChange(id_, Change.WITHDRAWN, f"due {before['due_on']}" if before else "", "")
    assert before is not None  # noqa: S101 neither is None here
    differing = {name for name in _COMPARED if before[name] != after[name]}
    of_instrument = Change.REPLACED if differing & {*_PLACE} else Change.RULES
    return PlanChange(id_, Change.MOVED if "due_on" in differing else of_instrument, *_words(before, after))


def _differs(before: Row, after: Row | None) -> bool:
    return after is None or any(before[name] != after[name] for name in _COMPARED)


def _words(before: Row, after: Row | None) -> tuple[str, str]:
    if after is None:
        return f"due {before['due_on']}", ""
    # Where a due date moves, the days that follow from it move with it: they are not told one by one.
    names = [name for name in _COMPARED if before[name] != after[name]]
    if "due_on" in names:
        names = [name for name in names if name not in _CLOCK]
    return ", ".join(_values(before, names)), ", ".join(_values(after, names))


def _values(row: Row, names: Iterable[str]) -> Iterator[str]:
    said = {"due_on": "due", "instrument_version": "version", "on_time_until_on": "on time until", "source_id": "from"}
    for name in names:
        yield f"{said.get(name, name.removesuffix('_on').replace('_', ' '))} {row[name]}"
