"""Resolve who follows each enrolment, from which day to which, and who stands in for whom (docs/decisions/0036).

A substitute gets the alerts in the place of the evaluator who is away. The substitute of a substitute is followed once.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date

from schemas.following import FollowedKind, Period, merged
from schemas.programme import Evaluator, Programme, Settings
from schemas.programme_tables import present_codes


@dataclass(frozen=True, slots=True)
class Following:
    """An evaluator who follows an enrolment, or stands in for one who does, in a period.

    Attributes:
        replaces_code: Code of the evaluator for whom this one stands in; None for the one who follows.
    """

    evaluator_code: str
    enrolment_id: str
    period: Period
    replaces_code: str | None = None


def named_by(code: str, settings: Settings, structures: Mapping[str, str]) -> list[tuple[FollowedKind, str]]:
    """Return what a code alone names: the kinds of things, each with the code that it has now.

    Args:
        code: The code.
        settings: The contents of programme.yaml.
        structures: The present code of each structure, by each code that it has or had (`present_codes`).
    """
    named: list[tuple[FollowedKind, str]] = []
    if any(innovation.code == code for innovation in settings.innovations):
        named.append((FollowedKind.INNOVATION, code))
    if any(cohort.code == code for cohort in settings.cohorts):
        named.append((FollowedKind.COHORT, code))
    if (structure := structures.get(code)) is not None:
        named.append((FollowedKind.STRUCTURE, structure))
    return named


def enrolled(programme: Programme) -> dict[str, str]:
    """Return the innovation of each enrolment of the folder, by id of the enrolment."""
    return {
        enrolment.enrolment_id: programme.cohort_by_code[enrolment.cohort_code].innovation
        for enrolment in programme.enrolments
    }


def following(programme: Programme, enrolments: Mapping[str, str]) -> dict[str, tuple[Following, ...]]:
    """Return who follows each of some enrolments, in the order of programme.yaml, and who stands in.

    Args:
        programme: The programme.
        enrolments: The innovation of each enrolment, by id; also of some that are no longer in the folder.
    """
    settings = programme.settings
    structures = present_codes(programme.enrolments)
    entries = {e.code: list(entries_of(e, settings, structures)) for e in settings.evaluators}
    standing_in = {e.code: _standing_in(e, settings) for e in settings.evaluators}
    return {
        enrolment_id: tuple(_of_enrolment(enrolment_id, innovation_code, structures, entries, standing_in))
        for enrolment_id, innovation_code in enrolments.items()
    }


def followers_on(of_enrolment: Iterable[Following], day: date) -> tuple[str, ...]:
    """Return the codes of the evaluators who follow an enrolment on a day, whether they are away or not."""
    return tuple(one.evaluator_code for one in of_enrolment if one.replaces_code is None and one.period.holds_on(day))


def recipients_on(of_enrolment: Iterable[Following], day: date) -> tuple[str, ...]:
    """Return the codes of the evaluators who get the alerts of an enrolment on a day: substitutes for those away."""
    today = [one for one in of_enrolment if one.period.holds_on(day)]
    away = {one.replaces_code for one in today if one.replaces_code is not None}
    present = (one.evaluator_code for one in today if one.replaces_code is not None or one.evaluator_code not in away)
    return tuple(dict.fromkeys(present))


Entry = tuple[FollowedKind, str, Period]
"""What an entry of `follows` names, and in which period."""


def entries_of(evaluator: Evaluator, settings: Settings, structures: Mapping[str, str]) -> Iterator[Entry]:
    """Yield what an evaluator follows: the entries of `follows` in order, structures by their present codes."""
    for entry in evaluator.follows:
        if isinstance(entry, str):
            yield from ((kind, code, Period()) for kind, code in named_by(entry, settings, structures))
            continue
        kind, code = entry.what
        if kind is FollowedKind.STRUCTURE:
            code = structures.get(code, code)
        yield kind, code, entry.period


def _standing_in(evaluator: Evaluator, settings: Settings) -> list[tuple[str, Period]]:
    """Return who stands in for an evaluator: the substitutes, and their own substitutes while they are away too."""
    substitutes = {other.code: other.substitutes for other in settings.evaluators}
    periods: dict[str, list[Period]] = defaultdict(list)
    for substitute in evaluator.substitutes:
        present = [substitute.period]
        for second in substitutes.get(substitute.evaluator, ()):
            if (both := substitute.period.common(second.period)) is not None:
                periods[second.evaluator].append(both)
                present = [left for period in present for left in period.without(both)]
        periods[substitute.evaluator] += present
    return [(code, period) for code, of_code in periods.items() for period in merged(of_code)]


def _of_enrolment(
    enrolment_id: str,
    innovation_code: str,
    structures: Mapping[str, str],
    entries: Mapping[str, Iterable[Entry]],
    standing_in: Mapping[str, Iterable[tuple[str, Period]]],
) -> Iterator[Following]:
    cohort_code, _, structure_code = enrolment_id.partition("/")
    names = {
        (FollowedKind.INNOVATION, innovation_code),
        (FollowedKind.COHORT, cohort_code),
        (FollowedKind.STRUCTURE, structures.get(structure_code, structure_code)),
    }
    for evaluator_code, of_evaluator in entries.items():
        for period in merged(period for kind, code, period in of_evaluator if (kind, code) in names):
            yield Following(evaluator_code, enrolment_id, period)
            for substitute_code, away in standing_in[evaluator_code]:
                if (both := period.common(away)) is not None:
                    yield Following(substitute_code, enrolment_id, both, evaluator_code)
