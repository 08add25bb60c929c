"""Decide which returns of a programme without a scenario come when: on time, late, begun only, or not at all."""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from schemas.enums import InstrumentKind
from schemas.instruments import Instrument, InstrumentVersion
from schemas.programme import Programme
from tasks.demonstration.answering import Growth
from tasks.demonstration.scenario import Scenario
from tasks.schedule.expected_returns import day_of, plan

GROWTH = Growth(head_start=6, spread=20, spread_a_month=5)
_MISSING, _LATE, _PARTIAL, _TOO_FEW, _NOT_COMMUNICATED, _LEAVES = 0.08, 0.14, 0.05, 0.1, 0.03, 0.15
"""Shares of returns, items and people."""
_EARLIEST, _WITHIN = 15, 20
"""Days before the due date from which returns come, and the number of days within which those on time come."""
_LATE_WITHIN = 30
_MORE_RESPONDENTS = 4
_FEWEST_PEOPLE, _MORE_PEOPLE = 2, 3


@dataclass(frozen=True, slots=True)
class _Owed:
    """An expected return, and the days within which it can be answered."""

    id_: str
    enrolment_id: str
    instrument: Instrument
    version: InstrumentVersion
    opens_on: date
    due_on: date
    on_time_until_on: date
    left_on: date

    @property
    def is_placed_by_day(self) -> bool:
        """Whether it is known by the day of a response alone which occasion it answers."""
        return len(self.version.occasions) > 1 and not self.instrument.join_of(self.version.version).names_occasion

    @property
    def takes_part_of_answers(self) -> bool:
        """Whether it can be begun and not submitted."""
        return self.instrument.kind is InstrumentKind.LIMESURVEY and not self.instrument.respondents.several


def usual_scenario(programme: Programme, as_of: date, seed: int = 0) -> Scenario:
    """Return which returns of a programme have come before a day.

    The same seed gives the same returns: a later day adds returns, and changes none.

    Args:
        programme: The programme.
        as_of: The day. Returns come until the evening before.
        seed: The seed.
    """
    scenario = Scenario(as_of=as_of, growth=GROWTH, seed=seed, answered_on={})
    answered_on: dict[str, date] = {}
    partial: set[str] = set()
    respondents: dict[str, int] = {}
    people: dict[str, list[int]] = {}
    not_communicated: dict[str, frozenset[str]] = {}
    for owed in _by_survey_or_workbook(programme):
        for place, one in enumerate(owed):
            fate = scenario.chance(one.id_, "fate")
            is_partial = one.takes_part_of_answers and scenario.chance(one.id_, "partial") < _PARTIAL
            until_on = owed[place + 1].opens_on - timedelta(days=1) if owed[place + 1 :] else date.max
            day = _day(scenario, one, min(until_on, one.left_on), is_late=_MISSING <= fate < _MISSING + _LATE)
            if fate >= _MISSING and day < as_of:
                answered_on[one.id_] = day
                partial |= {one.id_} if is_partial else set()
                respondents[one.id_] = _respondents(scenario, one)
                people[one.id_] = _people(scenario, one, place)
                not_communicated[one.id_] = frozenset(_not_communicated(programme, scenario, one))
            if one.is_placed_by_day and (fate < _MISSING or is_partial):
                break  # A later response could be for this occasion too.
    return Scenario(
        as_of=as_of,
        partial=frozenset(partial),
        not_communicated=not_communicated,
        people=people,
        answered_on=answered_on,
        respondents=respondents,
        growth=GROWTH,
        seed=seed,
    )


def _by_survey_or_workbook(programme: Programme) -> Iterator[Sequence[_Owed]]:
    """Yield the expected returns of each enrolment and instrument version, in the order in which they open."""
    groups: dict[tuple[str, str, int], list[_Owed]] = defaultdict(list)
    for row in plan(programme):
        if row["is_after_leaving"]:
            continue
        enrolment_id = str(row["enrolment_id"])
        instrument = programme.instrument_by_code[str(row["instrument_code"])]
        (version,) = (one for one in instrument.versions if str(row["occasion_code"]) in one.occasions)
        one = _Owed(
            id_=str(row["expected_return_id"]),
            enrolment_id=enrolment_id,
            instrument=instrument,
            version=version,
            opens_on=day_of(row, "opens_on"),
            due_on=day_of(row, "due_on"),
            on_time_until_on=day_of(row, "on_time_until_on"),
            left_on=programme.enrolment_by_id[enrolment_id].left_on or date.max,
        )
        # Without shared surveys, only the order of occasions matters: people join and leave from one to the next.
        groups[enrolment_id, instrument.code, version.version if one.is_placed_by_day else 0].append(one)
    for owed in groups.values():
        yield sorted(owed, key=lambda one: (one.opens_on, one.id_))


def _day(scenario: Scenario, owed: _Owed, until_on: date, *, is_late: bool) -> date:
    late_on = owed.on_time_until_on + timedelta(days=1 + int(scenario.chance(owed.id_, "late") * _LATE_WITHIN))
    if is_late and late_on <= until_on:
        return late_on
    day = owed.due_on + timedelta(days=int(scenario.chance(owed.id_, "day") * _WITHIN) - _EARLIEST)
    return min(max(day, owed.opens_on), owed.on_time_until_on, max(until_on, owed.opens_on))


def _respondents(scenario: Scenario, owed: _Owed) -> int:
    respondents = owed.instrument.respondents
    if not respondents.several:
        return 1
    if respondents.minimum > 1 and not owed.is_placed_by_day and scenario.chance(owed.id_, "too few") < _TOO_FEW:
        return respondents.minimum - 1
    return respondents.minimum + int(scenario.chance(owed.id_, "respondents") * _MORE_RESPONDENTS)


def _people(scenario: Scenario, owed: _Owed, place: int) -> list[int]:
    """Return the numbers of the people of an enrolment at an occasion: some join at each, and none comes back."""
    at_first = _FEWEST_PEOPLE + int(scenario.chance(owed.enrolment_id, "people") * _MORE_PEOPLE)
    present = [
        number
        for number in range(1, at_first + place + 1)
        if scenario.chance(f"{owed.enrolment_id}/{number}", "leaves") >= _LEAVES * place
    ]
    needed = max((sheet.minimum_rows for sheet in owed.version.sheets), default=0)
    more = range(at_first + place + 1, at_first + place + 1 + max(needed - len(present), 0))
    return [*present, *more]


def _not_communicated(programme: Programme, scenario: Scenario, owed: _Owed) -> Iterator[str]:
    lines = {x.item: x for x in programme.crosswalk_of(owed.instrument.code, owed.version.version)}
    for sheet in owed.version.sheets:
        for field in sheet.items:
            item = sheet.item_of(field)
            is_numeric = programme.kind_of(field, lines.get(item)).is_numeric
            if is_numeric and scenario.chance(owed.id_, item, "nc") < _NOT_COMMUNICATED:
                yield item
