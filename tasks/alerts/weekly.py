"""The weekly page for the lead: when it is due, and what it holds."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from schemas.enums import AlertKind, ReturnState
from schemas.programme import Programme
from tasks.alerts.addresses import desk_address, page_of_return
from tasks.alerts.contacts import contacts
from tasks.alerts.dating import dated_on
from tasks.alerts.recipients import WEEKLY, Recipient
from tasks.following import following, recipients_on
from tasks.records import checksum
from warehouse.alerts import AlertHistory, Fact, Message
from warehouse.views import ReturnStatus

MOST_MISSING = 10
"""Highest number of missing returns that the page lists: the oldest ones."""
_A_WEEK = timedelta(days=7)
_RECEIVED = (ReturnState.RECEIVED, ReturnState.LATE, ReturnState.NOTHING_TO_REPORT)
_NOT_EXPECTED = (ReturnState.LEFT, ReturnState.WAIVED)


@dataclass(frozen=True, slots=True)
class WeeklyAlert:
    """The page of one week for the lead. It is recorded in the ledger like an alert, so that it is sent once a week.

    Attributes:
        week: The ISO week, such as `2019-W13`.
    """

    week: str
    kind: AlertKind = AlertKind.WEEKLY
    recipient_code: str = WEEKLY
    step_days: int | None = None

    @property
    def subject_id(self) -> str:
        """What the ledger has in the place of an expected return."""
        return f"week {self.week}"

    @property
    def cause(self) -> str:
        """The week."""
        return self.week

    @property
    def fact(self) -> Fact:
        """What the alert reports."""
        return (self.subject_id, self.kind.value, self.cause)

    @property
    def alert_id(self) -> str:
        """Identifier of the alert."""
        return checksum(self.subject_id, self.kind, self.cause, self.recipient_code)


def weekly_alerts(
    programme: Programme, statuses: Iterable[ReturnStatus], history: AlertHistory, today: date
) -> list[WeeklyAlert]:
    """Return the alert of the week of a day: one where there is a lead, a return has fallen due, and one is to come.

    None where the ledger has the page of a later day, which happens when `as_of` goes back in time.

    Args:
        programme: The programme.
        statuses: The states of the expected returns.
        history: The alerts in the ledger.
        today: The day.
    """
    if programme.settings.lead is None or not programme.settings.alerts.weekly:
        return []
    is_overtaken = any(code == WEEKLY and day > today for (_, code), day in history.last_alert_on.items())
    statuses = list(statuses)
    has_begun = any(status.due_on <= today for status in statuses)
    is_over = all(status.state in (*_RECEIVED, *_NOT_EXPECTED) for status in statuses)
    if is_overtaken or not has_begun or is_over:
        return []
    year, week, _ = today.isocalendar()
    return [WeeklyAlert(f"{year}-W{week:02}")]


@dataclass(frozen=True, slots=True)
class Counts:
    """The due returns of a cohort, or of all of them, without those that were waived or whose structure has left.

    Attributes:
        expected: Number of returns that have fallen due.
        received: Number of those that came, late ones included, or that have nothing to report.
        late: Number of those that came late.
        missing: Number of those that are missing.
        to_correct: Number of those that came and cannot be used yet.
        came: Number of those that came within the last week.
        became_missing: Number of the missing ones that were still on time a week ago.
        fell_due: Number of those that fell due within the last week.
    """

    expected: int
    received: int
    late: int
    missing: int
    to_correct: int
    came: int
    became_missing: int
    fell_due: int


@dataclass(frozen=True, slots=True)
class OfCohort:
    """The counts of one cohort."""

    innovation: str
    cohort: str
    counts: Counts


@dataclass(frozen=True, slots=True)
class LongMissing:
    """A missing return.

    Attributes:
        followed_by: Names of those who get its alerts on the day.
        page: Address of its page at the desk; None without a desk.
    """

    structure: str
    instrument: str
    occasion: str
    due_on: date
    days_late: int
    followed_by: tuple[str, ...]
    page: str | None


@dataclass(frozen=True, slots=True)
class NotReached:
    """A person or structure whose last message did not arrive.

    Attributes:
        since_on: The day on which the message was decided.
        is_refused: True if it was permanently refused, False if it waits.
    """

    name: str
    since_on: date
    is_refused: bool


@dataclass(frozen=True, slots=True)
class WeeklyPage:
    """What the lead reads once a week, in one language.

    Attributes:
        total: The counts of all cohorts.
        cohorts: The cohorts with returns that have fallen due, in the order of programme.yaml.
        missing: The oldest missing returns.
        not_reached: Whose messages did not arrive.
        without_address: Names of structures with missing returns that Essaim is to write to and cannot.
        desk: Address of the desk; None without one.
        message_id: Message-ID of the mail. With `dated`, it makes the same content the same mail to the byte.
    """

    programme: str
    recipient: str
    sender: str
    as_of: date
    total: Counts
    cohorts: tuple[OfCohort, ...]
    missing: tuple[LongMissing, ...]
    not_reached: tuple[NotReached, ...]
    without_address: tuple[str, ...]
    desk: str | None
    message_id: str
    dated: datetime
    locale: str = "fr"


def weekly_page(
    programme: Programme,
    statuses: Iterable[ReturnStatus],
    people: Mapping[str, Recipient],
    undelivered: Iterable[Message],
    *,
    sender: str,
    as_of: date,
    decided_on: date,
    message_id: str,
    desk: str | None = None,
) -> WeeklyPage:
    """Return the weekly page.

    Args:
        programme: The programme.
        statuses: The states of the expected returns.
        people: The recipients by code.
        undelivered: The messages of the ledger that were refused or wait.
        sender: Mail address that the mail comes from.
        as_of: Day whose states it reports.
        decided_on: Day on which the message was decided, which dates the mail.
        message_id: Message-ID of the mail.
        desk: Address of the desk, if there is one.
    """
    settings = programme.settings
    due = [one for one in statuses if one.due_on <= as_of and one.state not in _NOT_EXPECTED]
    missing = sorted(
        (one for one in due if one.state is ReturnState.MISSING),
        key=lambda one: (one.due_on, one.structure_name, one.expected_return_id),
    )
    names = {innovation.code: innovation.name for innovation in settings.innovations}
    lead = people[WEEKLY]
    return WeeklyPage(
        programme=settings.name,
        recipient=lead.email or "",
        sender=sender,
        as_of=as_of,
        total=_counts(due, as_of),
        cohorts=tuple(
            OfCohort(names[cohort.innovation], cohort.name, _counts(of_cohort, as_of))
            for cohort in sorted(settings.cohorts, key=lambda one: list(names).index(one.innovation))
            if (of_cohort := [one for one in due if one.cohort_code == cohort.code])
        ),
        missing=tuple(_long_missing(programme, missing[:MOST_MISSING], as_of, desk)),
        not_reached=tuple(
            NotReached(people[one.recipient_code].name, one.decided_on, not one.outcome.is_waiting)
            for one in undelivered
            if one.recipient_code in people and one.message_id != message_id
        ),
        without_address=_without_address(programme, missing),
        desk=desk_address(desk) if desk else None,
        message_id=message_id,
        dated=dated_on(decided_on, programme.zone),
        locale=settings.locale,
    )


def _counts(due: list[ReturnStatus], as_of: date) -> Counts:
    def is_of_the_week(day: date | None) -> bool:
        return day is not None and as_of - _A_WEEK < day <= as_of

    received = [one for one in due if one.state in _RECEIVED]
    missing = [one for one in due if one.state is ReturnState.MISSING]
    return Counts(
        expected=len(due),
        received=len(received),
        late=sum(one.state is ReturnState.LATE for one in due),
        missing=len(missing),
        to_correct=sum(one.state is ReturnState.QUARANTINED for one in due),
        came=sum(is_of_the_week(one.arrived_on) for one in received),
        became_missing=sum(is_of_the_week(one.on_time_until_on + timedelta(days=1)) for one in missing),
        fell_due=sum(is_of_the_week(one.due_on) for one in due),
    )


def _long_missing(
    programme: Programme, missing: list[ReturnStatus], as_of: date, desk: str | None
) -> Iterable[LongMissing]:
    of_enrolments = following(programme, {one.enrolment_id: one.innovation_code for one in missing})
    names = {evaluator.code: evaluator.name for evaluator in programme.settings.evaluators}
    for one in missing:
        instrument = programme.instrument_by_code.get(one.instrument_code)
        yield LongMissing(
            structure=one.structure_name,
            instrument=instrument.name if instrument else one.instrument_code,
            occasion=one.occasion_code,
            due_on=one.due_on,
            days_late=(as_of - one.due_on).days,
            followed_by=tuple(names[code] for code in recipients_on(of_enrolments[one.enrolment_id], as_of)),
            page=page_of_return(desk, one.expected_return_id) if desk else None,
        )


def _without_address(programme: Programme, missing: Iterable[ReturnStatus]) -> tuple[str, ...]:
    found = contacts(programme)
    names: dict[str, None] = {}
    for one in missing:
        instrument = programme.instrument_by_code.get(one.instrument_code)
        contact = found.get(one.structure_code)
        if instrument is not None and instrument.mails_to_structures and contact is not None and contact.problem:
            names[one.structure_name] = None
    return tuple(names)
