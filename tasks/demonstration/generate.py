"""Generate the returns of a programme from a scenario and from checksums; the result is reproducible."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from types import MappingProxyType

from schemas.enums import InstrumentKind
from schemas.errors import UsageError
from schemas.instruments import Instrument, InstrumentVersion
from schemas.programme import Programme
from schemas.programme_tables import CrosswalkLine, Indicator
from schemas.rules import AtMost
from tasks.demonstration.answering import Answering
from tasks.demonstration.asking import Asking
from tasks.demonstration.people import Rows, people_of
from tasks.demonstration.scenario import Scenario
from tasks.i18n import language
from tasks.schedule.expected_returns import day_of, plan
from tasks.simulator import Survey

NOT_COMMUNICATED = "nc"


@dataclass(frozen=True, slots=True)
class DemonstrationReturn:
    """One invented return.

    Attributes:
        expected_return_id: The expected return that it answers.
        enrolment_id: The enrolment.
        occasion_code: The occasion.
        instrument_code: The instrument.
        instrument_kind: Whether the instrument is a survey or a workbook.
        version: The version of the instrument.
        answered_at: The time of delivery, naive, in the time zone of the programme.
        is_complete: Whether the response was submitted.
        answers: The answers by item; None for a blank.
        rows: The rows of participants, by sheet.
        respondent: The number of the respondent, from 1, where several answer; else 0.
    """

    expected_return_id: str
    enrolment_id: str
    occasion_code: str
    instrument_code: str
    instrument_kind: InstrumentKind
    version: InstrumentVersion
    answered_at: datetime
    is_complete: bool
    answers: Mapping[str, str | None]
    rows: Rows
    respondent: int = 0


@dataclass(frozen=True, slots=True)
class _Slot:
    """An expected return that will be received, before its answers are generated.

    Attributes:
        id_: The expected return.
        enrolment_id: The enrolment.
        innovation_code: The innovation of its cohort.
        occasion_code: The occasion.
        months: The months since the training, at least 1.
        began_on: The end of the training.
        instrument: The instrument.
        version: Its version.
        lines: The lines of the crosswalk by item, without those of tables.
        begun_items: The items that are answered where the return is partial.
        due_on: When it is due.
        on_time_until_on: The last day on which it is on time.
    """

    id_: str
    enrolment_id: str
    innovation_code: str
    occasion_code: str
    months: int
    began_on: date
    instrument: Instrument
    version: InstrumentVersion
    lines: Mapping[str, CrosswalkLine]
    begun_items: frozenset[str]
    due_on: date
    on_time_until_on: date


def generate(
    programme: Programme, scenario: Scenario, surveys: Mapping[int, Survey] = MappingProxyType({})
) -> list[DemonstrationReturn]:
    """Generate all returns received by the date of the scenario; their latest values add up to its totals.

    Args:
        programme: The programme.
        scenario: Which returns come, and what is determined of their answers.
        surveys: The surveys by number, if answers are to fit their questions: what these offer, and when they are
            shown. Otherwise only the items of the crosswalk are answered.

    Raises:
        UsageError: The scenario names a return that is not expected, or a total that no return can report.
    """
    slots = list(_slots(programme, scenario))
    missing = scenario.missing & {str(row["expected_return_id"]) for row in plan(programme)}
    unknown = scenario.named_returns - {slot.id_ for slot in slots} - missing
    if unknown:
        raise UsageError(
            f"demonstration.yaml names returns that are not expected by {scenario.as_of}: "
            f"{', '.join(sorted(unknown))}. Correct their identifiers, or the date in as_of."
        )
    figures = _figures(programme, scenario, slots)
    asking = Asking(programme, surveys)
    return [
        _return(programme, scenario, slot, figures, asking, number)
        for slot in slots
        for number in _respondents(scenario, slot)
    ]


def split(total: int, weights: Mapping[str, float]) -> dict[str, int]:
    """Split a total into integers in proportion to weights (largest remainder method)."""
    whole = sum(weights.values())
    shares = {key: total * weight / whole for key, weight in weights.items()}
    parts = {key: int(share) for key, share in shares.items()}
    by_remainder = sorted(shares, key=lambda key: (parts[key] - shares[key], key))
    for key in by_remainder[: total - sum(parts.values())]:
        parts[key] += 1
    return parts


def _slots(programme: Programme, scenario: Scenario) -> Iterator[_Slot]:
    for row in plan(programme):
        id_, enrolment_id, due_on = str(row["expected_return_id"]), str(row["enrolment_id"]), day_of(row, "due_on")
        if not scenario.is_received(id_, due_on) or row["is_after_leaving"]:
            continue
        occasion_code, instrument = str(row["occasion_code"]), programme.instrument_by_code[str(row["instrument_code"])]
        (version,) = (one for one in instrument.versions if occasion_code in one.occasions)
        columns = {sheet.item_of(column) for sheet in version.sheets for column in sheet.columns}
        crossings = programme.crosswalk_of(instrument.code, version.version)
        lines = {line.item: line for line in crossings if line.item not in columns}
        enrolment = programme.enrolment_by_id[enrolment_id]
        anchor_on = programme.anchor_of(enrolment)
        yield _Slot(
            id_=id_,
            enrolment_id=enrolment_id,
            innovation_code=programme.cohort_by_code[enrolment.cohort_code].innovation,
            occasion_code=occasion_code,
            months=_months_between(anchor_on, due_on),
            began_on=anchor_on,
            instrument=instrument,
            version=version,
            lines=lines,
            begun_items=_begun_items(programme, lines),
            due_on=due_on,
            on_time_until_on=day_of(row, "on_time_until_on"),
        )


def _months_between(anchor_on: date, due_on: date) -> int:
    return max(1, (due_on.year - anchor_on.year) * 12 + due_on.month - anchor_on.month)


def _respondents(scenario: Scenario, slot: _Slot) -> Iterable[int]:
    """Return the numbers of the respondents of a return, from 1; 0 for the only one."""
    if not slot.instrument.respondents.several:
        return (0,)
    return range(1, scenario.respondents.get(slot.id_, slot.instrument.respondents.minimum) + 1)


def _figures(programme: Programme, scenario: Scenario, slots: Sequence[_Slot]) -> dict[tuple[str, str], str]:
    """Return the values of published indicators by return and item; they grow with the months up to the totals."""
    figures: dict[tuple[str, str], str] = {}
    limits = _limits(programme)
    published = [i for i in programme.indicators if i.publication_rank is not None]
    finals: dict[tuple[str, str], int] = {}
    # Split an indicator after the one that limits it, in the same proportions.
    for indicator in sorted(published, key=lambda i: i.indicator_code in limits):
        for innovation in programme.settings.innovations:
            reporting = _reporting(scenario, slots, innovation.code, indicator)
            printed = scenario.totals.get(innovation.code, {}).get(indicator.indicator_code, "")
            if printed == NOT_COMMUNICATED:
                figures.update(
                    {(slot.id_, item): NOT_COMMUNICATED for group in reporting.values() for slot, item in group}
                )
            elif printed.isdigit() and (reporting or printed != "0"):
                weights = _weights(scenario, reporting, indicator, limits, finals)
                if not any(weights.values()):
                    raise UsageError(
                        f"demonstration.yaml: no return reports {indicator.indicator_code} of {innovation.code}, "
                        f"so its total of {printed} cannot be split. Remove the total, or returns from missing."
                    )
                parts = split(int(printed), weights)
                finals.update({(enrolment, indicator.indicator_code): part for enrolment, part in parts.items()})
                figures.update(_growing(parts, reporting))
    return figures


def _limits(programme: Programme) -> dict[str, str]:
    """Map each indicator to the indicator that limits it in a rule of an instrument.

    A rule may be between items that give no indicator.
    """
    limits: dict[str, str] = {}
    for instrument in programme.settings.instruments:
        for version in instrument.versions:
            indicator_of = {x.item: x.indicator_code for x in programme.crosswalk_of(instrument.code, version.version)}
            rules = [(rule.item, rule.at_most) for rule in version.rules if isinstance(rule, AtMost)]
            limits |= {
                indicator_of[item]: indicator_of[at_most]
                for item, at_most in rules
                if item in indicator_of and at_most in indicator_of
            }
    return limits


def _reporting(
    scenario: Scenario, slots: Iterable[_Slot], innovation_code: str, indicator: Indicator
) -> dict[str, list[tuple[_Slot, str]]]:
    """Return the returns and items that report the indicator, by enrolment, in chronological order."""
    reporting: dict[str, list[tuple[_Slot, str]]] = defaultdict(list)
    for slot in sorted(slots, key=lambda s: s.months):
        if slot.innovation_code != innovation_code or slot.id_ in scenario.to_correct:
            continue
        answered = slot.begun_items if slot.id_ in scenario.partial else slot.lines
        not_communicated = scenario.not_communicated.get(slot.id_, frozenset())
        for item, line in slot.lines.items():
            if line.indicator_code == indicator.indicator_code and item in answered and item not in not_communicated:
                reporting[slot.enrolment_id].append((slot, item))
    return reporting


def _weights(
    scenario: Scenario,
    reporting: Iterable[str],
    indicator: Indicator,
    limits: Mapping[str, str],
    finals: Mapping[tuple[str, str], int],
) -> dict[str, float]:
    limit = limits.get(indicator.indicator_code)
    if limit is not None:
        return {enrolment: finals.get((enrolment, limit), 0) for enrolment in reporting}
    return {enrolment: 0.5 + scenario.chance(indicator.indicator_code, enrolment) for enrolment in reporting}


def _growing(
    finals: Mapping[str, int], reporting: Mapping[str, Sequence[tuple[_Slot, str]]]
) -> Iterator[tuple[tuple[str, str], str]]:
    for enrolment, slots in reporting.items():
        last = slots[-1][0].months
        for slot, item in slots:
            yield (slot.id_, item), str(finals[enrolment] * slot.months // last)


def _return(
    programme: Programme,
    scenario: Scenario,
    slot: _Slot,
    figures: Mapping[tuple[str, str], str],
    asking: Asking,
    respondent: int,
) -> DemonstrationReturn:
    asked = asking.asked(slot.instrument, slot.version, slot.lines)
    answered_at = _answered_at(scenario, slot, respondent)
    answering = Answering(
        who=f"{slot.enrolment_id}/respondent {respondent}" if respondent else slot.enrolment_id,
        months=slot.months,
        began_on=slot.began_on,
        answered_on=answered_at.date(),
        growth=scenario.growth,
        chance=scenario.chance,
        words=language(programme.settings.locale),
    )
    answers = asked.answers(answering)
    answers |= {item: figures[slot.id_, item] for item in answers if figures.get((slot.id_, item))}
    answers |= dict.fromkeys(scenario.not_communicated.get(slot.id_, ()), NOT_COMMUNICATED)
    answers |= scenario.to_correct.get(slot.id_, {})
    grid = scenario.grids.get(slot.id_, {})
    answers |= {item: grid[item.split("!")[-1]] for item in slot.lines if item.split("!")[-1] in grid}
    is_partial = slot.id_ in scenario.partial
    if is_partial:
        answers = {item: answer if item in slot.begun_items else None for item, answer in answers.items()}
    return DemonstrationReturn(
        expected_return_id=slot.id_,
        enrolment_id=slot.enrolment_id,
        occasion_code=slot.occasion_code,
        instrument_code=slot.instrument.code,
        instrument_kind=slot.instrument.kind,
        version=slot.version,
        answered_at=answered_at,
        is_complete=not is_partial,
        answers=asked.shown(answers),
        rows=people_of(programme, slot.instrument.code, slot.version, answering, scenario.people.get(slot.id_, ())),
        respondent=respondent,
    )


def _begun_items(programme: Programme, lines: Mapping[str, CrosswalkLine]) -> frozenset[str]:
    """Return the items answered in a partial return: more than half of the core items, and at most 80 %."""
    core = [item for item, line in lines.items() if programme.indicator_by_code[line.indicator_code].is_core]
    return frozenset(core[: (2 * len(core) + 2) // 3])


def _answered_at(scenario: Scenario, slot: _Slot, respondent: int) -> datetime:
    who = f"{slot.id_}/{respondent}" if respondent else slot.id_
    hour = time(9 + int(scenario.chance(who, "hour") * 9), int(scenario.chance(who, "minute") * 60))
    if scenario.answered_on is not None:
        return datetime.combine(scenario.answered_on[slot.id_], hour)
    late_days = scenario.late_days.get(slot.id_)
    if late_days is not None:
        return datetime.combine(slot.on_time_until_on + timedelta(days=late_days), hour)
    day = slot.due_on + timedelta(days=int(scenario.chance(slot.id_, "day") * 20) - 15)
    return datetime.combine(min(day, slot.on_time_until_on, scenario.as_of), hour)
