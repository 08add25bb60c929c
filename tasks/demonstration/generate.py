"""Generate the returns of a demonstration from a scenario and from checksums; the result is reproducible."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

from schemas.enums import InstrumentKind
from schemas.errors import UsageError
from schemas.instruments import InstrumentVersion
from schemas.programme import Programme
from schemas.programme_tables import CrosswalkLine, Indicator
from schemas.rules import AtMost
from tasks.demonstration.chance import chance, chosen
from tasks.demonstration.people import Rows, people_of
from tasks.demonstration.scenario import Scenario
from tasks.schedule.expected_returns import plan

NOT_COMMUNICATED = "nc"


@dataclass(frozen=True, slots=True)
class DemonstrationReturn:
    """One return of the demonstration.

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


@dataclass(frozen=True, slots=True)
class _Slot:
    """An expected return that will be received, before its answers are generated."""

    id_: str
    enrolment_id: str
    innovation_code: str
    occasion_code: str
    months: int
    instrument_code: str
    version: InstrumentVersion
    lines: Mapping[str, CrosswalkLine]
    begun_items: frozenset[str]
    due_on: date
    on_time_until_on: date


def generate(programme: Programme, scenario: Scenario) -> list[DemonstrationReturn]:
    """Generate all returns received by the date of the scenario; their latest values add up to its totals.

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
    return [_return(programme, scenario, slot, figures) for slot in slots]


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
    months = {occasion.code: occasion.nearest_months for occasion in programme.settings.occasions}
    for row in plan(programme):
        id_, enrolment_id, due_on = str(row["expected_return_id"]), str(row["enrolment_id"]), row["due_on"]
        on_time_until_on = row["on_time_until_on"]
        assert isinstance(due_on, date)  # noqa: S101 narrows the type
        assert isinstance(on_time_until_on, date)  # noqa: S101 narrows the type
        if due_on > scenario.as_of or id_ in scenario.missing or row["is_after_leaving"]:
            continue
        instrument_code, occasion_code = str(row["instrument_code"]), str(row["occasion_code"])
        version = programme.instrument_by_code[instrument_code].version_at(occasion_code)
        assert version is not None  # noqa: S101 the plan has only occasions with a version
        columns = {sheet.item_of(column) for sheet in version.sheets for column in sheet.columns}
        crossings = programme.crosswalk_of(instrument_code, version.version)
        lines = {line.item: line for line in crossings if line.item not in columns}
        innovation = programme.cohort_by_code[enrolment_id.split("/", maxsplit=1)[0]].innovation
        yield _Slot(
            id_=id_,
            enrolment_id=enrolment_id,
            innovation_code=innovation,
            occasion_code=occasion_code,
            months=months[occasion_code],
            instrument_code=instrument_code,
            version=version,
            lines=lines,
            begun_items=_begun_items(programme, lines),
            due_on=due_on,
            on_time_until_on=on_time_until_on,
        )


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
                weights = _weights(reporting, indicator, limits, finals)
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
    """Map each indicator to the indicator that limits it in a rule of an instrument."""
    limits: dict[str, str] = {}
    for instrument in programme.settings.instruments:
        for version in instrument.versions:
            indicator_of = {x.item: x.indicator_code for x in programme.crosswalk_of(instrument.code, version.version)}
            limits |= {indicator_of[r.item]: indicator_of[r.at_most] for r in version.rules if isinstance(r, AtMost)}
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
    reporting: Iterable[str], indicator: Indicator, limits: Mapping[str, str], finals: Mapping[tuple[str, str], int]
) -> dict[str, float]:
    limit = limits.get(indicator.indicator_code)
    if limit is not None:
        return {enrolment: finals.get((enrolment, limit), 0) for enrolment in reporting}
    return {enrolment: 0.5 + chance(indicator.indicator_code, enrolment) for enrolment in reporting}


def _growing(
    finals: Mapping[str, int], reporting: Mapping[str, Sequence[tuple[_Slot, str]]]
) -> Iterator[tuple[tuple[str, str], str]]:
    for enrolment, slots in reporting.items():
        last = slots[-1][0].months
        for slot, item in slots:
            yield (slot.id_, item), str(finals[enrolment] * slot.months // last)


def _return(
    programme: Programme, scenario: Scenario, slot: _Slot, figures: Mapping[tuple[str, str], str]
) -> DemonstrationReturn:
    answers: dict[str, str | None] = {
        item: figures.get((slot.id_, item)) or chosen(programme, slot.enrolment_id, slot.months, line)
        for item, line in slot.lines.items()
    }
    answers |= dict.fromkeys(scenario.not_communicated.get(slot.id_, ()), NOT_COMMUNICATED)
    answers |= scenario.to_correct.get(slot.id_, {})
    grid = scenario.grids.get(slot.id_, {})
    answers |= {item: grid[item.split("!")[-1]] for item in slot.lines if item.split("!")[-1] in grid}
    people = scenario.people.get(slot.id_, ())
    is_partial = slot.id_ in scenario.partial
    if is_partial:
        answers = {item: answer if item in slot.begun_items else None for item, answer in answers.items()}
    return DemonstrationReturn(
        expected_return_id=slot.id_,
        enrolment_id=slot.enrolment_id,
        occasion_code=slot.occasion_code,
        instrument_code=slot.instrument_code,
        instrument_kind=programme.instrument_by_code[slot.instrument_code].kind,
        version=slot.version,
        answered_at=_answered_at(scenario, slot),
        is_complete=not is_partial,
        answers=answers,
        rows=people_of(programme, slot.instrument_code, slot.version, slot.enrolment_id, slot.months, people),
    )


def _begun_items(programme: Programme, lines: Mapping[str, CrosswalkLine]) -> frozenset[str]:
    """Return the items answered in a partial return: more than half of the core items, and at most 80 %."""
    core = [item for item, line in lines.items() if programme.indicator_by_code[line.indicator_code].is_core]
    return frozenset(core[: (2 * len(core) + 2) // 3])


def _answered_at(scenario: Scenario, slot: _Slot) -> datetime:
    hour = time(9 + int(chance(slot.id_, "hour") * 9), int(chance(slot.id_, "minute") * 60))
    late_days = scenario.late_days.get(slot.id_)
    if late_days is not None:
        return datetime.combine(slot.on_time_until_on + timedelta(days=late_days), hour)
    day = slot.due_on + timedelta(days=int(chance(slot.id_, "day") * 20) - 15)
    return datetime.combine(min(day, slot.on_time_until_on, scenario.as_of), hour)
