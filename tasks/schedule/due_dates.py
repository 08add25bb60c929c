"""List the due dates of a programme, for calendars and for the collection of past periods."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import TYPE_CHECKING

from schemas.enums import Pace
from schemas.programme import Programme
from schemas.selection import Selection
from tasks.following import Following, followers_on, following
from tasks.schedule.expected_returns import day_of, owed_by_folder

if TYPE_CHECKING:
    from schemas.tables import Row  # imports the engines, which light commands avoid


@dataclass(frozen=True, slots=True)
class DueDate:
    """A day on which the returns of a cohort for an instrument are due.

    Attributes:
        due_date_id: Cohort × occasion × instrument, which stay the same when the day changes. Where structures of the
            cohort have other due dates (an anchor date of their own, an extension), the day follows, except for the
            day of most of them.
        count: Number of structures that owe the return.
        evaluator_codes: Codes of the evaluators who follow one of these structures on the day.
    """

    due_date_id: str
    due_on: date
    innovation_code: str
    cohort_code: str
    cohort_name: str
    occasion_code: str
    instrument_code: str
    instrument_name: str
    count: int
    evaluator_codes: tuple[str, ...]


def due_dates(
    programme: Programme, owed: Iterable[Row], first: date | None = None, last: date | None = None
) -> list[DueDate]:
    """Return the due dates from `first` to `last`, both included, by day.

    Args:
        programme: The programme.
        owed: The rows of the plan that structures owe. Those of which the programme no longer has the cohort or the
            instrument are left out.
        first: The first day; None for no limit.
        last: The last day; None for no limit.
    """
    settings = programme.settings
    cohorts = {cohort.code: cohort for cohort in settings.cohorts}
    instruments = {instrument.code: instrument for instrument in settings.instruments}
    of_enrolments = _following(programme, owed := list(owed))
    owing: dict[tuple[str, str, str, date], list[str]] = defaultdict(list)
    for row in owed:
        enrolment_id = str(row["enrolment_id"])
        cohort_code = enrolment_id.split("/", maxsplit=1)[0]
        owing[cohort_code, str(row["occasion_code"]), str(row["instrument_code"]), day_of(row, "due_on")].append(
            enrolment_id
        )
    of_most: dict[tuple[str, str, str], date] = {}
    for (*group, due_on), _ in sorted(owing.items(), key=lambda item: (-len(item[1]), item[0])):
        of_most.setdefault((group[0], group[1], group[2]), due_on)
    order = {evaluator.code: place for place, evaluator in enumerate(settings.evaluators)}
    dates: list[DueDate] = []
    for (cohort_code, occasion_code, instrument_code, due_on), enrolment_ids in owing.items():
        if (first and due_on < first) or (last and due_on > last):
            continue
        due_date_id = f"{cohort_code}/{occasion_code}/{instrument_code}"
        if due_on != of_most[cohort_code, occasion_code, instrument_code]:
            due_date_id += f"/{due_on}"
        cohort = cohorts.get(cohort_code)
        instrument = instruments.get(instrument_code)
        if cohort is None or instrument is None:
            continue
        codes = {code for id_ in enrolment_ids for code in followers_on(of_enrolments.get(id_, ()), due_on)}
        dates.append(
            DueDate(
                due_date_id=due_date_id,
                due_on=due_on,
                innovation_code=cohort.innovation,
                cohort_code=cohort.code,
                cohort_name=cohort.name,
                occasion_code=occasion_code,
                instrument_code=instrument.code,
                instrument_name=instrument.name,
                count=len(enrolment_ids),
                evaluator_codes=tuple(sorted(codes, key=order.__getitem__)),
            )
        )
    return sorted(dates, key=lambda due: (due.due_on, due.cohort_code, due.instrument_code))


def selected(programme: Programme, owed: Iterable[Row], selection: Selection) -> list[Row]:
    """Return the rows of the plan that a selection includes: those of structures that an evaluator follows when due.

    Args:
        programme: The programme.
        owed: The rows of the plan that structures owe.
        selection: What is included.
    """
    owed = list(owed)
    if selection.is_everything:
        return owed
    of_enrolments = _following(programme, owed)

    def is_included(row: Row) -> bool:
        enrolment_id = str(row["enrolment_id"])
        enrolment = programme.enrolment_by_id.get(enrolment_id)
        cohort = programme.cohort_by_code.get(enrolment_id.partition("/")[0])
        structure_code = enrolment.structure_code if enrolment is not None else enrolment_id.partition("/")[2]
        followers = followers_on(of_enrolments.get(enrolment_id, ()), day_of(row, "due_on"))
        return (
            (not selection.structures or structure_code in selection.structures)
            and (not selection.innovations or (cohort is not None and cohort.innovation in selection.innovations))
            and (not selection.evaluators or not set(followers).isdisjoint(selection.evaluators))
        )

    return [row for row in owed if is_included(row)]


def days_of_period(
    programme: Programme, first_on: date, last_on: date, pace: Pace, occasions: Sequence[str] = ()
) -> list[date]:
    """Return the days on which to collect a past period, in order. The last day is always one of them.

    Args:
        programme: The programme.
        first_on: First day of the period.
        last_on: Last day of the period.
        pace: Which days of the period to collect.
        occasions: With the pace of due dates, codes of the occasions to collect; all by default.
    """
    if pace is Pace.DUE_DATES:
        grace = timedelta(days=programme.settings.schedule.grace_days)
        dates = due_dates(programme, owed_by_folder(programme), first_on - grace, last_on - grace)
        days = {due.due_on + grace for due in dates if not occasions or due.occasion_code in occasions}
    else:
        step = 3 if pace is Pace.QUARTERS else 1
        months = range(first_on.year * 12 + first_on.month - 1, last_on.year * 12 + last_on.month)
        firsts = (date(month // 12, month % 12 + 1, 1) for month in months if month % step == 0)
        days = {day for day in firsts if day >= first_on}
    return sorted(days | {last_on})


def by_evaluator(programme: Programme, owed: Iterable[Row]) -> dict[str, list[DueDate]]:
    """Return the due dates of each evaluator, by code: of the structures that the evaluator follows on their due dates.

    A due date of several evaluators counts for each of them the structures that this one follows. Substitutes get
    alerts, and no due dates.

    Args:
        programme: The programme.
        owed: The rows of the plan that structures owe.
    """
    of_enrolments = _following(programme, owed := list(owed))
    followed: dict[str, list[Row]] = defaultdict(list)
    for row in owed:
        for code in followers_on(of_enrolments.get(str(row["enrolment_id"]), ()), day_of(row, "due_on")):
            followed[code].append(row)
    return {code: due_dates(programme, rows) for code, rows in followed.items()}


def _following(programme: Programme, owed: Iterable[Row]) -> dict[str, tuple[Following, ...]]:
    cohorts = programme.cohort_by_code
    enrolment_ids = {str(row["enrolment_id"]): str(row["enrolment_id"]).split("/")[0] for row in owed}
    return following(
        programme, {id_: cohorts[code].innovation for id_, code in enrolment_ids.items() if code in cohorts}
    )
