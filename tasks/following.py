"""Resolve who follows each enrolment, from which day to which, and who stands in for whom (docs/decisions/0036).

Whoever follows a value of an attribute follows the structures that have it, on the days on which they have it.
A substitute gets the alerts in the place of the evaluator who is away. The substitute of a substitute is followed once.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date

from schemas.attributes import AttributeValue
from schemas.following import FollowedKind, Period, merged, value_of
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
    attributes = periods_of_attributes(programme.attribute_values)
    entries = {e.code: list(entries_of(e, settings, structures)) for e in settings.evaluators}
    away = {e.code: _standing_in(e, settings) for e in settings.evaluators}
    return {
        enrolment_id: tuple(
            _of_enrolment(_names_of(enrolment_id, innovation_code, structures, attributes), enrolment_id, entries, away)
        )
        for enrolment_id, innovation_code in enrolments.items()
    }


def periods_of_attributes(values: Iterable[AttributeValue]) -> dict[str, dict[str, list[Period]]]:
    """Return the days on which each structure has each value (`region=North`), by its present code."""
    periods: dict[str, dict[str, list[Period]]] = defaultdict(lambda: defaultdict(list))
    for one in values:
        periods[one.structure_code][value_of(one.attribute_code, one.value)].append(one.period)
    return periods


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


Names = Mapping[tuple[FollowedKind, str], Iterable[Period]]
"""What an entry may name to follow an enrolment, and on which days the enrolment has this name."""


def _names_of(
    enrolment_id: str,
    innovation_code: str,
    structures: Mapping[str, str],
    attributes: Mapping[str, Mapping[str, Iterable[Period]]],
) -> Names:
    cohort_code, _, structure_code = enrolment_id.partition("/")
    structure_code = structures.get(structure_code, structure_code)
    always = [Period()]
    return {
        (FollowedKind.INNOVATION, innovation_code): always,
        (FollowedKind.COHORT, cohort_code): always,
        (FollowedKind.STRUCTURE, structure_code): always,
        **{(FollowedKind.ATTRIBUTE, value): days for value, days in attributes.get(structure_code, {}).items()},
    }


def _of_enrolment(
    names: Names,
    enrolment_id: str,
    entries: Mapping[str, Iterable[Entry]],
    standing_in: Mapping[str, Iterable[tuple[str, Period]]],
) -> Iterator[Following]:
    for evaluator_code, of_evaluator in entries.items():
        common = (period.common(days) for kind, code, period in of_evaluator for days in names.get((kind, code), ()))
        for period in merged(days for days in common if days is not None):
            yield Following(evaluator_code, enrolment_id, period)
            for substitute_code, away in standing_in[evaluator_code]:
                if (both := period.common(away)) is not None:
                    yield Following(substitute_code, enrolment_id, both, evaluator_code)
