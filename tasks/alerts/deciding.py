"""Which alerts are due: what each recipient should know of each expected return, and what of it is new.

The same return, kind and step are one alert for ever. So a day that is run twice tells nothing twice, and a week
without a run leaves one reminder, for the latest step, not one for each.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date

from schemas.enums import AlertKind, ReturnState
from schemas.programme import Programme
from schemas.tables import Row
from tasks.alerts.recipients import LEAD, Recipient, followers
from tasks.alerts.steps import step_reached
from tasks.records import checksum
from warehouse.alerts import AlertHistory
from warehouse.views import ReturnStatus

ESCALATED = frozenset({AlertKind.MISSING, AlertKind.UNFINISHED, AlertKind.TO_BE_CORRECTED})
"""What the lead is told of when it lasts."""

REMINDABLE = frozenset({AlertKind.DUE_SOON, AlertKind.MISSING, AlertKind.UNFINISHED})
"""What the survey server can remind a structure of: something that it has not completed."""


@dataclass(frozen=True, slots=True)
class Alert:
    """What one recipient should know of one expected return. `step_days` is the reminder step that it has reached."""

    status: ReturnStatus
    kind: AlertKind
    step_days: int | None
    recipient_code: str

    @property
    def cause(self) -> str:
        """What made it true: another due date, step or version to be corrected is another alert."""
        if self.kind is AlertKind.ESCALATED:
            return f"due {self.status.due_on}"
        step = "" if self.step_days is None else f" {self.step_days:+d}"
        of = {
            AlertKind.TO_BE_CORRECTED: self.status.quarantined_return_id,
            AlertKind.UNVERIFIABLE: self.status.source_id,
        }.get(self.kind)
        return f"due {self.status.due_on}{step}" + (f" {of}" if of else "")

    @property
    def alert_id(self) -> str:
        """Identifier of the alert."""
        return checksum(self.status.expected_return_id, self.kind, self.cause, self.recipient_code)


@dataclass(frozen=True, slots=True)
class Decided:
    """Rows for the ledger: alerts, and the messages that tell them."""

    alerts: list[Row]
    messages: list[Row]


def alerts_due(programme: Programme, statuses: Iterable[ReturnStatus], today: date) -> list[Alert]:
    """Everything that evaluators, the lead and the structures should know on a day, told already or not.

    There is at most one alert for a return and recipient. Nobody is told of a return that is snoozed. A structure is
    reminded at the steps only, and of surveys only that opted in.
    """
    following = followers(programme)
    alerts: list[Alert] = []
    for status in statuses:
        if status.snoozed_until_on is not None and today < status.snoozed_until_on:
            continue
        step = step_reached(programme.settings.schedule, status.due_on, today, status.snoozed_until_on)
        kind = _kind(status, today, step)
        if kind is None:
            continue
        alerts += [Alert(status, kind, step, code) for code in following.get(status.innovation_code, ())]
        if kind in ESCALATED and _is_escalated(programme, status, today):
            alerts.append(Alert(status, AlertKind.ESCALATED, step, LEAD))
        instrument = programme.instrument_by_code.get(status.instrument_code)
        if kind in REMINDABLE and step is not None and instrument is not None and instrument.reminders:
            alerts.append(Alert(status, AlertKind.REMINDED, step, status.source_id))
    return alerts


def new_digests(
    programme: Programme,
    people: Mapping[str, Recipient],
    alerts: Iterable[Alert],
    told: AlertHistory,
    *,
    as_of: date,
    run_id: str,
) -> Decided:
    """What the ledger does not know yet: one digest for each of the `people` at most, by each of their channels.

    Nothing is decided for a recipient who has a message of this day, or one that is still waiting to be sent (which
    will tell what is true when it goes): what is true then is decided by a later run. Nothing is decided about a
    return of which the same recipient was told on a later day: the clock was set back.
    """
    of_recipient: dict[str, list[Alert]] = defaultdict(list)
    for alert in alerts:
        if alert.recipient_code in people and _is_new(alert, told, as_of):
            of_recipient[alert.recipient_code].append(alert)
    decided = Decided([], [])
    for code, group in of_recipient.items():
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
    """The Message-ID of the digest that a recipient gets for a day. It tells nobody who that is."""
    return f"<{checksum(programme, recipient_code, day.isoformat())[:32]}@{programme}.essaim>"


def _kind(status: ReturnStatus, today: date, step: int | None) -> AlertKind | None:
    """What there is to tell of a return that is not snoozed. Nobody is chased where the source could not be read."""
    is_on_time = today <= status.on_time_until_on
    match status.state:
        case ReturnState.MISSING:
            return AlertKind.MISSING
        case ReturnState.UNVERIFIABLE:
            return AlertKind.UNVERIFIABLE
        case ReturnState.QUARANTINED:
            return AlertKind.TO_BE_CORRECTED if status.is_source_read else AlertKind.UNVERIFIABLE
        case ReturnState.PARTIAL if not is_on_time:
            return AlertKind.UNFINISHED if status.is_source_read else AlertKind.UNVERIFIABLE
        case ReturnState.OPEN | ReturnState.PARTIAL if status.is_source_read and step is not None:
            return AlertKind.DUE_SOON
        case _:
            return None


def _is_escalated(programme: Programme, status: ReturnStatus, today: date) -> bool:
    after = programme.settings.schedule.escalate_after_days
    return programme.settings.lead is not None and after is not None and (today - status.due_on).days >= after


def _is_new(alert: Alert, told: AlertHistory, as_of: date) -> bool:
    last_alert_on = told.last_alert_on.get((alert.status.expected_return_id, alert.recipient_code))
    return (
        alert.alert_id not in told.alert_ids
        and alert.recipient_code not in told.waiting
        and (alert.recipient_code, as_of) not in told.message_days
        and (last_alert_on is None or last_alert_on <= as_of)
    )


def _alert_rows(alerts: Iterable[Alert], message_id: str, as_of: date, run_id: str) -> Iterator[Row]:
    for alert in alerts:
        yield {
            "alert_id": alert.alert_id,
            "expected_return_id": alert.status.expected_return_id,
            "kind": alert.kind.value,
            "cause": alert.cause,
            "step_days": alert.step_days,
            "recipient_code": alert.recipient_code,
            "message_id": message_id,
            "decided_on": as_of,
            "run_id": run_id,
        }
