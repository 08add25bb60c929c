"""Find what is probably not meant so in who follows what: days without anybody, and structures followed twice over."""

from collections import defaultdict
from collections.abc import Iterator
from datetime import date, timedelta

from schemas.following import FollowedKind, Period
from schemas.programme import Programme
from schemas.programme_tables import present_codes
from tasks.following import Entry, enrolled, entries_of, following
from tasks.schedule.expected_returns import day_of, owed_by_folder

_LISTED = 5


def doubtful_follows(programme: Programme) -> list[str]:
    """Return a sentence for each entry of `follows` within another one, and for the days on which nobody follows.

    The days of an enrolment go from the opening of its first return to the first day on which its last one can be
    missing. The enrolments without anybody on the same days make one sentence.
    """
    return [*_followed_already(programme), *_followed_by_nobody(programme)]


def _followed_by_nobody(programme: Programme) -> Iterator[str]:
    lead = programme.settings.lead
    then = "Their alerts go to the lead." if lead else "Their alerts go to nobody: there is no lead."
    names = {e.enrolment_id: f"{e.enrolment_id} ({e.structure_name})" for e in programme.enrolments}
    alone: dict[tuple[Period, ...], list[str]] = defaultdict(list)
    of_enrolments = following(programme, enrolled(programme))
    for enrolment_id, whole in _days_of_returns(programme).items():
        left = [whole]
        for one in of_enrolments[enrolment_id]:
            if one.replaces_code is None:
                left = [rest for period in left for rest in period.without(one.period)]
        if left:
            alone[tuple(left)].append(names[enrolment_id])
    for periods, found in alone.items():
        listed = ", ".join(found[:_LISTED]) + (f" and {len(found) - _LISTED} more" if len(found) > _LISTED else "")
        days = " and ".join(f"from {period.from_on} to {period.to_on}" for period in periods)
        yield f"programme.yaml: check follows: nobody follows {listed} {days}. {then}"


def _days_of_returns(programme: Programme) -> dict[str, Period]:
    first: dict[str, date] = {}
    last: dict[str, date] = {}
    for row in owed_by_folder(programme):
        id_ = str(row["enrolment_id"])
        first[id_] = min(first.get(id_, date.max), day_of(row, "opens_on"))
        last[id_] = max(last.get(id_, date.min), day_of(row, "on_time_until_on") + timedelta(days=1))
    return {id_: Period(first[id_], last[id_]) for id_ in first}


def _followed_already(programme: Programme) -> Iterator[str]:
    structures = present_codes(programme.enrolments)
    for evaluator in programme.settings.evaluators:
        entries = list(entries_of(evaluator, programme.settings, structures))
        for kind, code, period in entries:
            around = next((one for one in entries if _is_within(programme, (kind, code, period), one)), None)
            if around is not None:
                yield (
                    f"programme.yaml: check follows of evaluator {evaluator.code}: {kind} {code} is already followed "
                    f"with {around[0]} {around[1]}."
                )


def _is_within(programme: Programme, inner: Entry, outer: Entry) -> bool:
    if not outer[2].contains(inner[2]):
        return False
    cohorts = {inner[1]} if inner[0] is FollowedKind.COHORT else set[str]()
    if inner[0] is FollowedKind.STRUCTURE:
        cohorts = {enrolment.cohort_code for enrolment in programme.enrolments if enrolment.structure_code == inner[1]}
    match outer[0]:
        case FollowedKind.INNOVATION:
            innovations = {programme.cohort_by_code[code].innovation for code in cohorts}
            return innovations == {outer[1]}
        case FollowedKind.COHORT:
            return inner[0] is FollowedKind.STRUCTURE and cohorts == {outer[1]}
        case FollowedKind.STRUCTURE | FollowedKind.ATTRIBUTE:
            return False
