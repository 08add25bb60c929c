"""Compare the plan with an edited programme folder: the changes of the next run, and the edits that come too late."""

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
    """How an expected return changes. The last two mark edits that come too late, because the return was due."""

    ADDED = "added"
    ADDED_LATE = "added late"
    """Added after its due date: the return is missing unless it was received."""
    WITHDRAWN = "withdrawn"
    MOVED = "moved"
    REPLACED = "replaced"
    """The version, the source or the kind of the instrument changes."""
    RULES = "rules"
    """The opening, grace or lock date or the rules for several respondents change."""
    STAYS = "stays as it was due"
    STAYS_EXPECTED = "stays expected"
    """Due, and no longer in the programme: the return stays expected until it is waived."""


FROZEN = frozenset({Change.STAYS, Change.STAYS_EXPECTED})


@dataclass(frozen=True, slots=True)
class PlanChange:
    """A change of an expected return.

    Attributes:
        before: The planned values that differ, in words; empty where nothing was planned.
        after: The values in the programme folder, in words; empty where it has none.
    """

    expected_return_id: str
    change: Change
    before: str
    after: str


def plan_changes(
    planned: Mapping[str, Row], wanted: Iterable[Row], changes: Iterable[Row], today: date
) -> list[PlanChange]:
    """Return the changes of a plan, by expected return.

    Args:
        planned: The latest plan row of each expected return, by id.
        wanted: The plan rows of the programme folder.
        changes: The rows that a run would add to the plan.
        today: The run's today.
    """
    wanted_by_id = {str(row["expected_return_id"]): row for row in wanted}
    applied = {str(row["expected_return_id"]): row for row in changes}
    compared: list[PlanChange] = []
    for id_ in sorted({*wanted_by_id, *applied, *planned}):
        before, after = planned.get(id_), wanted_by_id.get(id_)
        is_expected = before is not None and not before["is_withdrawn"]
        if id_ in applied:
            compared.append(_applied(id_, before if is_expected else None, after, today))
        elif is_expected and before is not None and _differs(before, after):
            kind = Change.STAYS_EXPECTED if after is None else Change.STAYS
            compared.append(PlanChange(id_, kind, *_words(before, after)))
    return compared


def changed_anchors(planned: Mapping[str, Row], wanted: Iterable[Row]) -> list[str]:
    """Return the codes of the cohorts whose due dates all differ from the plan: their anchor date was corrected."""
    moved: dict[str, list[bool]] = defaultdict(list)
    for row in wanted:
        before = planned.get(str(row["expected_return_id"]))
        if before is not None and not before["is_withdrawn"]:
            moved[str(row["enrolment_id"]).split("/", maxsplit=1)[0]].append(before["due_on"] != row["due_on"])
    return [cohort_code for cohort_code, are_moved in moved.items() if all(are_moved)]


@dataclass(frozen=True, slots=True)
class PlanChangeGroup:
    """The same change for several structures of a cohort."""

    change: Change
    cohort_code: str
    occasion_code: str
    instrument_code: str
    count: int
    before: str
    after: str


def grouped(changes: Sequence[PlanChange]) -> list[PlanChangeGroup]:
    """Group changes by kind, cohort, occasion and instrument. Edits that come too late are last."""
    counts: dict[tuple[Change, str, str, str, str, str], int] = defaultdict(int)
    for item in changes:
        cohort_code, _, occasion_code, instrument_code = item.expected_return_id.split("/")
        counts[item.change, cohort_code, occasion_code, instrument_code, item.before, item.after] += 1
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
    # The days that follow from a due date move with it, and are left out.
    names = [name for name in _COMPARED if before[name] != after[name]]
    if "due_on" in names:
        names = [name for name in names if name not in _CLOCK]
    return ", ".join(_values(before, names)), ", ".join(_values(after, names))


def _values(row: Row, names: Iterable[str]) -> Iterator[str]:
    words = {"due_on": "due", "instrument_version": "version", "on_time_until_on": "on time until", "source_id": "from"}
    for name in names:
        yield f"{words.get(name, name.removesuffix('_on').replace('_', ' '))} {row[name]}"
