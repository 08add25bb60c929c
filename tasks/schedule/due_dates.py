"""List the due dates of a programme from its folder alone, for calendars and for the collection of past periods."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from schemas.enums import Pace
from schemas.months import months_after
from schemas.programme import Programme
from schemas.programme_tables import Enrolment
from tasks.schedule.expected_returns import expected_return_id


@dataclass(frozen=True, slots=True)
class DueDate:
    """A day on which the returns of a cohort for an instrument are due.

    Attributes:
        count: Number of structures that owe the return.
        evaluator_codes: Codes of the evaluators who follow the cohort's innovation.
    """

    due_on: date
    innovation_code: str
    cohort_code: str
    cohort_name: str
    occasion_code: str
    instrument_code: str
    instrument_name: str
    count: int
    evaluator_codes: tuple[str, ...]

    @property
    def due_date_id(self) -> str:
        """Cohort × occasion × instrument, which stay the same when the day changes."""
        return f"{self.cohort_code}/{self.occasion_code}/{self.instrument_code}"


def due_dates(
    programme: Programme, first: date | None = None, last: date | None = None, waived: Collection[str] = ()
) -> list[DueDate]:
    """Return the due dates from `first` to `last`, both included, by day.

    Structures that left before a due date owe no return on it, and nobody owes a waived return.

    Args:
        programme: The programme.
        first: The first day; None for no limit.
        last: The last day; None for no limit.
        waived: Ids of the waived returns.
    """
    settings = programme.settings
    dates: list[DueDate] = []
    enrolled = defaultdict[str, list[Enrolment]](list)
    for enrolment in programme.enrolments:
        enrolled[enrolment.cohort_code].append(enrolment)
    for cohort in settings.cohorts:
        followers = tuple(evaluator.code for evaluator in settings.evaluators if cohort.innovation in evaluator.follows)
        for occasion in settings.occasions:
            due_on = months_after(cohort.anchor_on, occasion.months)
            here = [one.enrolment_id for one in enrolled[cohort.code] if not one.has_left_by(due_on)]
            if (first and due_on < first) or (last and due_on > last):
                continue
            for instrument in settings.instruments:
                if instrument.version_at(occasion.code) is None or cohort.innovation not in instrument.innovations:
                    continue
                owing = sum(expected_return_id(id_, occasion.code, instrument.code) not in waived for id_ in here)
                if owing:
                    dates.append(
                        DueDate(
                            due_on=due_on,
                            innovation_code=cohort.innovation,
                            cohort_code=cohort.code,
                            cohort_name=cohort.name,
                            occasion_code=occasion.code,
                            instrument_code=instrument.code,
                            instrument_name=instrument.name,
                            count=owing,
                            evaluator_codes=followers,
                        )
                    )
    return sorted(dates, key=lambda due: (due.due_on, due.cohort_code, due.instrument_code))


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
        dates = due_dates(programme, first_on - grace, last_on - grace)
        days = {due.due_on + grace for due in dates if not occasions or due.occasion_code in occasions}
    else:
        step = 3 if pace is Pace.QUARTERS else 1
        months = range(first_on.year * 12 + first_on.month - 1, last_on.year * 12 + last_on.month)
        firsts = (date(month // 12, month % 12 + 1, 1) for month in months if month % step == 0)
        days = {day for day in firsts if day >= first_on}
    return sorted(days | {last_on})


def by_evaluator(dates: Iterable[DueDate]) -> dict[str, list[DueDate]]:
    """Return the due dates that each evaluator follows, by code of the evaluator."""
    followed: dict[str, list[DueDate]] = defaultdict(list)
    for due in dates:
        for code in due.evaluator_codes:
            followed[code].append(due)
    return dict(followed)
