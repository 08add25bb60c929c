"""Decide which alerts are due, and which of them are new.

A return, kind and reminder step make one alert, which goes out once. A day that is run twice therefore repeats no
alert, and a week without a run is followed by one reminder, for the latest step.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from schemas.enums import AlertKind, ReturnState, StateReason
from schemas.instruments import BY_WINDOW, Instrument
from schemas.programme import Programme
from schemas.tables import Row
from tasks.alerts.recipients import LEAD, STRUCTURE, Recipient, structure_recipient
from tasks.alerts.steps import step_reached
from tasks.alerts.targets import TargetAlert
from tasks.alerts.to_structures import CORRECTED_BY_SENDER, REMINDABLE, errors_of_sender, kind_to_structure
from tasks.alerts.weekly import WeeklyAlert
from tasks.following import following, recipients_on
from tasks.records import checksum
from warehouse.alerts import AlertHistory, Fact
from warehouse.loads import ReturnError
from warehouse.views import ReturnStatus

_KIND_OF = {
    StateReason.NOTHING_CAME: AlertKind.MISSING,
    StateReason.BEGUN: AlertKind.UNFINISHED,
    StateReason.INCOMPLETE: AlertKind.INCOMPLETE,
    StateReason.TOO_FEW_RESPONDENTS: AlertKind.TOO_FEW_RESPONDENTS,
    StateReason.DELETED: AlertKind.DELETED,
    StateReason.COMPLETED_WITHOUT_RESPONSE: AlertKind.COMPLETED_WITHOUT_RESPONSE,
    StateReason.TOKEN_USED_UP: AlertKind.TOKEN_USED_UP,
    StateReason.SET_ASIDE: AlertKind.SET_ASIDE,
    StateReason.UNPLACED: AlertKind.UNPLACED,
    StateReason.TO_BE_CORRECTED: AlertKind.TO_BE_CORRECTED,
    StateReason.TO_BE_MENDED: AlertKind.TO_BE_MENDED,
    StateReason.UNREAD: AlertKind.UNVERIFIABLE,
}
"""The kind of alert for each reason why a return has not been received."""

ESCALATED = frozenset(_KIND_OF.values()) - {AlertKind.TO_BE_MENDED, AlertKind.UNVERIFIABLE}
"""The kinds that are escalated to the lead of the programme if they last."""

_NEED_MORE_THAN_A_WORD = frozenset(
    {
        StateReason.INCOMPLETE,
        StateReason.COMPLETED_WITHOUT_RESPONSE,
        StateReason.TOKEN_USED_UP,
        StateReason.SET_ASIDE,
    }
)
"""The reasons that a structure cannot resolve by itself, however early: it has answered, or is let in no more."""


_OF_A_VERSION = frozenset(
    {AlertKind.UNPLACED, AlertKind.TO_BE_CORRECTED, AlertKind.TO_BE_MENDED, AlertKind.NEWER_TO_BE_CORRECTED}
)
_TOLD_ONCE = frozenset({AlertKind.ESCALATED, AlertKind.NEWER_TO_BE_CORRECTED})
"""The kinds that are not repeated at each step."""


@dataclass(frozen=True, slots=True)
class Alert:
    """An alert of one recipient about one expected return.

    Attributes:
        step_days: The reminder step reached, in days after the due date; None before the first.
    """

    status: ReturnStatus
    kind: AlertKind
    step_days: int | None
    recipient_code: str

    @property
    def subject_id(self) -> str:
        """Id of the expected return."""
        return self.status.expected_return_id

    @property
    def cause(self) -> str:
        """The due date, step and version that the alert is about: another one of them makes another alert."""
        step = "" if self.step_days is None or self.kind in _TOLD_ONCE else f" {self.step_days:+d}"
        return self._cause(step)

    @property
    def fact(self) -> Fact:
        """What the alert reports, whatever the step: a reader who knows it is only reminded."""
        return (self.status.expected_return_id, self.kind.value, self._cause(""))

    def _cause(self, step: str) -> str:
        subject = None
        if self.kind in _OF_A_VERSION:
            subject = self.status.quarantined_return_id
        elif self.kind is AlertKind.UNVERIFIABLE:
            subject = self.status.source_id
        elif self.kind is AlertKind.SURVEY_CLOSED:
            # A survey that was opened again and has expired again is new.
            subject = f"{self.status.survey_closure} {self.status.survey_closure_on or ''}".rstrip()
        return f"due {self.status.due_on}{step}" + (f" {subject}" if subject else "")

    @property
    def alert_id(self) -> str:
        """Identifier of the alert."""
        return checksum(self.status.expected_return_id, self.kind, self.cause, self.recipient_code)


AnyAlert = Alert | TargetAlert | WeeklyAlert
"""An alert about an expected return or a target, or the page of a week."""


@dataclass(frozen=True, slots=True)
class Decided:
    """Rows for the ledger: alerts, and the messages that carry them."""

    alerts: list[Row]
    messages: list[Row]


def alerts_due(programme: Programme, statuses: Iterable[ReturnStatus], today: date) -> list[Alert]:
    """Return all alerts that hold on a day, whether or not they were sent already.

    There is at most one alert for each return and recipient, and none for a snoozed return. Evaluators are alerted of
    what they follow on the day, their substitutes while they are away, and the lead of what nobody follows. A structure
    is reminded at reminder steps only, and only of instruments that set `reminders` or `mails_to_structures`; it is
    asked for a correction at once. Where the programme must be mended, a
    survey cannot be answered, only the folder can state the occasion of a response, or a response is set aside, the
    lead is alerted at once.
    """
    statuses = list(statuses)
    of_enrolments = following(programme, {status.enrolment_id: status.innovation_code for status in statuses})
    gone = {enrolment.enrolment_id for enrolment in programme.enrolments if enrolment.has_left_by(today)}
    alerts: list[Alert] = []
    for status in statuses:
        if status.snoozed_until_on is not None and today < status.snoozed_until_on:
            continue
        step = step_reached(programme.settings.schedule, status.due_on, today, status.snoozed_until_on)
        owed = _kind(status, today, step)
        kind = AlertKind.SURVEY_CLOSED if _is_unanswerable(status) else owed
        if kind is None:
            continue
        instrument = programme.instrument_by_code.get(status.instrument_code)
        codes = recipients_on(of_enrolments[status.enrolment_id], today)
        alerts += [Alert(status, kind, step, code) for code in codes]
        if kind in ESCALATED and _is_escalated(programme, status, today):
            alerts.append(Alert(status, AlertKind.ESCALATED, step, LEAD))
        elif programme.settings.lead is not None and kind is AlertKind.SET_ASIDE:
            alerts.append(Alert(status, AlertKind.SET_ASIDE, step, LEAD))
        elif programme.settings.lead is not None and status.survey_closure is not None:
            alerts.append(Alert(status, AlertKind.SURVEY_CLOSED, step, LEAD))
        elif programme.settings.lead is not None and _is_to_mend(status):
            alerts.append(Alert(status, AlertKind.TO_BE_MENDED, step, LEAD))
        elif programme.settings.lead is not None and kind is AlertKind.UNPLACED and _is_assigned_by_day(instrument):
            alerts.append(Alert(status, AlertKind.UNPLACED, step, LEAD))
        elif programme.settings.lead is not None and not codes:
            alerts.append(Alert(status, kind, step, LEAD))
        # Nobody writes to a structure that has left, though it owes what was due before.
        if instrument is None or status.enrolment_id in gone:
            continue
        if owed in REMINDABLE and step is not None and instrument.reminders:
            alerts.append(Alert(status, AlertKind.REMINDED, step, status.source_id))
        to_structure = kind_to_structure(instrument, kind, step)
        if to_structure is not None:
            alerts.append(Alert(status, to_structure, step, structure_recipient(status.structure_code)))
    return alerts


def that_can_be_settled(alerts: Iterable[Alert], to_correct: Mapping[str, Sequence[ReturnError]]) -> Iterator[Alert]:
    """Yield the alerts, without those that ask a structure for a correction that only the programme can make.

    Args:
        alerts: The alerts.
        to_correct: The errors of each quarantined return version.
    """
    for alert in alerts:
        is_asked = alert.recipient_code.startswith(STRUCTURE) and alert.kind in CORRECTED_BY_SENDER
        if not is_asked or any(errors_of_sender(to_correct, alert.status.quarantined_return_id)):
            yield alert


def new_digests(
    programme: Programme,
    people: Mapping[str, Recipient],
    alerts: Iterable[AnyAlert],
    history: AlertHistory,
    *,
    as_of: date,
    run_id: str,
) -> Decided:
    """Decide the new alerts, and at most one digest for each recipient and channel.

    A recipient gets no new digest while another of the same day, or one waiting to be sent, is in the ledger: a later
    run decides the remaining alerts. An alert is skipped if its recipient was alerted of the same subject on a later
    day, which happens when `as_of` goes back in time.

    Args:
        programme: The programme.
        people: The recipients by code.
        alerts: All alerts that hold.
        history: The alerts and messages in the ledger.
        as_of: The run's today.
        run_id: Id of the run.
    """
    new_alerts: dict[str, list[AnyAlert]] = defaultdict(list)
    for alert in alerts:
        if alert.recipient_code in people and _is_new(alert, history, as_of):
            new_alerts[alert.recipient_code].append(alert)
    decided = Decided([], [])
    for code, group in new_alerts.items():
        message_id = message_id_of(programme.settings.programme, code, as_of)
        decided.alerts.extend(_alert_rows(group, message_id, as_of, run_id))
        decided.messages.extend(
            {
                "message_id": message_id,
                "channel": channel.value,
                "recipient_code": code,
                "decided_on": as_of,
                "run_id": run_id,
            }
            for channel in people[code].channels
        )
    return decided


def message_id_of(programme: str, recipient_code: str, day: date) -> str:
    """Return the Message-ID of the digest of a recipient for a day. It does not reveal the recipient."""
    return f"<{checksum(programme, recipient_code, day.isoformat())[:32]}@{programme}.essaim>"


def _kind(status: ReturnStatus, today: date, step: int | None) -> AlertKind | None:
    """Return the kind of alert of a return, if any. Where its source could not be read, it is never MISSING."""
    if status.state_reason is None:
        is_received = status.state in (ReturnState.RECEIVED, ReturnState.LATE, ReturnState.NOTHING_TO_REPORT)
        return AlertKind.NEWER_TO_BE_CORRECTED if is_received and status.quarantined_return_id is not None else None
    kind = _KIND_OF[status.state_reason]
    if status.state in (ReturnState.OPEN, ReturnState.PARTIAL) and today <= status.on_time_until_on:
        if step is None or not status.is_source_read:
            return None
        return kind if status.state_reason in _NEED_MORE_THAN_A_WORD else AlertKind.DUE_SOON
    return kind if status.is_source_read else AlertKind.UNVERIFIABLE


def _is_unanswerable(status: ReturnStatus) -> bool:
    """Return whether a return waits for a survey that nobody can answer. What could not be read may have come."""
    waits = status.state is not ReturnState.UNVERIFIABLE and status.state_reason is not StateReason.SET_ASIDE
    return status.survey_closure is not None and waits


def _is_to_mend(status: ReturnStatus) -> bool:
    return status.state is ReturnState.QUARANTINED and status.is_programme_to_mend and status.is_source_read


def _is_assigned_by_day(instrument: Instrument | None) -> bool:
    """Return whether only the programme folder can make the responses of a survey name their occasion."""
    return instrument is not None and instrument.join.occasion == BY_WINDOW


def _is_escalated(programme: Programme, status: ReturnStatus, today: date) -> bool:
    after = programme.settings.schedule.escalate_after_days
    return programme.settings.lead is not None and after is not None and (today - status.due_on).days >= after


def _is_new(alert: AnyAlert, history: AlertHistory, as_of: date) -> bool:
    last_alert_on = history.last_alert_on.get((alert.subject_id, alert.recipient_code))
    return (
        alert.alert_id not in history.alert_ids
        and alert.recipient_code not in history.waiting
        and (alert.recipient_code, as_of) not in history.message_days
        and (last_alert_on is None or last_alert_on <= as_of)
    )


def _alert_rows(alerts: Iterable[AnyAlert], message_id: str, as_of: date, run_id: str) -> Iterator[Row]:
    for alert in alerts:
        yield {
            "alert_id": alert.alert_id,
            "expected_return_id": alert.subject_id,
            "kind": alert.kind.value,
            "cause": alert.cause,
            "step_days": alert.step_days,
            "recipient_code": alert.recipient_code,
            "message_id": message_id,
            "decided_on": as_of,
            "run_id": run_id,
        }
