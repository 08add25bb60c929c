"""Which enrolment answers for another one from a day on: after a merger, or after a move to another cohort."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date

from schemas.enums import SuccessionKind
from schemas.programme_tables import Enrolment


@dataclass(frozen=True, slots=True)
class Succession:
    """An enrolment, and one whose returns answer for it.

    Attributes:
        enrolment_id: The enrolment that ended.
        heir_enrolment_id: The enrolment that answers for it: the next one, and each that follows that one in turn.
        since_on: The last day of the enrolment that ended: returns that are due later answer for it.
        kind: Why it ended.
        is_next: Whether no other enrolment lies between the two.
    """

    enrolment_id: str
    heir_enrolment_id: str
    since_on: date
    kind: SuccessionKind
    is_next: bool


@dataclass(frozen=True, slots=True)
class StructureChanges:
    """What the codes and cohorts in a return may mean, where structures were renamed or moved.

    Attributes:
        present: The id of each enrolment of a renamed structure, by each way to write it: `cohort/code`.
        moves: The move out of an enrolment into another cohort, by the enrolment.
    """

    present: Mapping[str, str] = field(default_factory=dict[str, str])
    moves: Mapping[str, Succession] = field(default_factory=dict[str, Succession])


UNCHANGED = StructureChanges()
"""No structure was renamed or moved."""


def successions(enrolments: Sequence[Enrolment], innovations: Mapping[str, str]) -> Iterator[Succession]:
    """Yield the successions of a programme, those over several steps included.

    Args:
        enrolments: The enrolments.
        innovations: The innovation of each cohort.
    """
    for enrolment in enrolments:
        kind = SuccessionKind.MOVED if enrolment.moved_to else SuccessionKind.MERGED
        passed, one = {enrolment.enrolment_id}, enrolment
        while (heir := heir_of(one, enrolments, innovations)) and one.left_on and heir.enrolment_id not in passed:
            # Each heir ends later than the one before it: essaim check refuses another order.
            is_next = one is enrolment
            yield Succession(enrolment.enrolment_id, heir.enrolment_id, one.left_on, kind, is_next)
            passed.add(heir.enrolment_id)
            one = heir


def heir_of(enrolment: Enrolment, enrolments: Sequence[Enrolment], innovations: Mapping[str, str]) -> Enrolment | None:
    """Return the enrolment that answers for one that merged or moved; None without one.

    Of a structure in several cohorts, the heir is its enrolment in the same cohort, else the last one in the same
    innovation.
    """
    if enrolment.moved_to is not None:
        wanted = (enrolment.moved_to, enrolment.structure_code)
        return next((one for one in enrolments if (one.cohort_code, one.structure_code) == wanted), None)
    innovation = innovations.get(enrolment.cohort_code)
    heirs = [
        one
        for one in enrolments
        if one.structure_code == enrolment.merged_into and innovations.get(one.cohort_code) == innovation
    ]
    return next((one for one in heirs if one.cohort_code == enrolment.cohort_code), heirs[-1] if heirs else None)
