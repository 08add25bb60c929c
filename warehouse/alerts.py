"""The ledger of alerts: who was alerted about which return, and the outcome of each message.

Reads and writes `ops.alerts` and `ops.messages`. An alert and its message are recorded in one transaction; messages are
sent from the ledger. No address is stored.
"""

import re
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from datetime import date, datetime, time

import sqlalchemy as sa

from schemas.enums import AlertKind, Channel, MessageOutcome
from schemas.tables import ALERTS, MESSAGES, RUNS, Row, sql_table
from warehouse.connection import Warehouse
from warehouse.runs import utc_now

_ALERTS = sql_table(ALERTS).c
_MESSAGES = sql_table(MESSAGES).c
_RUNS = sql_table(RUNS).c
_IS_WAITING = sa.or_(*(_MESSAGES.outcome == outcome.value for outcome in MessageOutcome if outcome.is_waiting))
_ADDRESS = re.compile(r"\S*@\S*")
_LONGEST_REPLY = 500


Fact = tuple[str, str, str]
"""What an alert reports: the expected return or target, the kind, and the cause without the reminder step."""


@dataclass(frozen=True, slots=True)
class AlertHistory:
    """The alerts and messages that the ledger already holds.

    Attributes:
        alert_ids: The recorded alerts.
        last_alert_on: The latest day of an alert, by expected return or target and recipient.
        message_days: Recipient and day of each message.
        waiting: The recipients with a message that is still to be sent and was not sent by another channel.
    """

    alert_ids: frozenset[str]
    last_alert_on: Mapping[tuple[str, str], date]
    message_days: frozenset[tuple[str, date]]
    waiting: frozenset[str]


@dataclass(frozen=True, slots=True)
class Message:
    """One digest to one recipient by one channel, as a row of `ops.messages`."""

    message_id: str
    channel: Channel
    recipient_code: str
    decided_on: date
    outcome: MessageOutcome
    attempts: int
    last_words: str | None
    run_id: str


_MESSAGE_COLUMNS = [_MESSAGES[field.name] for field in fields(Message)]


def alert_history(warehouse: Warehouse) -> AlertHistory:
    """Return the alerts and messages of all days, including days after this run's today."""
    alerts = warehouse.execute(
        sa.select(_ALERTS.alert_id, _ALERTS.expected_return_id, _ALERTS.recipient_code, _ALERTS.decided_on)
    )
    last_alert_on: dict[tuple[str, str], date] = {}
    for _, expected_return_id, recipient_code, decided_on in alerts:
        key = (expected_return_id, recipient_code)
        last_alert_on[key] = max(decided_on, last_alert_on.get(key, decided_on))
    outcomes: dict[str, set[MessageOutcome]] = defaultdict(set)
    recipients: dict[str, tuple[str, date]] = {}
    rows = warehouse.execute(
        sa.select(_MESSAGES.message_id, _MESSAGES.recipient_code, _MESSAGES.decided_on, _MESSAGES.outcome)
    )
    for message_id, recipient_code, decided_on, outcome in rows:
        outcomes[message_id].add(MessageOutcome(outcome))
        recipients[message_id] = (recipient_code, decided_on)
    return AlertHistory(
        alert_ids=frozenset(row[0] for row in alerts),
        last_alert_on=last_alert_on,
        message_days=frozenset(recipients.values()),
        waiting=frozenset(
            recipients[message_id][0]
            for message_id, by_channel in outcomes.items()
            if any(outcome.is_waiting for outcome in by_channel) and MessageOutcome.SENT not in by_channel
        ),
    )


def record_messages(warehouse: Warehouse, alerts: Sequence[Row], messages: Sequence[Row]) -> None:
    """Record alerts and their messages in one transaction.

    A new message replaces the unsent messages to the same recipient by the same channel: it includes their returns.

    Args:
        warehouse: The warehouse.
        alerts: Rows of `ops.alerts`.
        messages: Rows of `ops.messages`, without the columns that change when a message is sent.
    """
    unsent = {"outcome": MessageOutcome.RECORDED.value, "attempts": 0, "last_words": None, "sent_at": None}
    with warehouse.transaction():
        for message in messages:
            warehouse.execute(
                sa.update(sql_table(MESSAGES))
                .where(_MESSAGES.recipient_code == message["recipient_code"])
                .where(_MESSAGES.channel == message["channel"])
                .where(_IS_WAITING)
                .values(outcome=MessageOutcome.OVERTAKEN.value, last_words=f"replaced by {message['message_id'][1:9]}")  # pyright: ignore[reportIndexIssue] a text
            )
        warehouse.append(ALERTS, list(alerts))
        warehouse.append(MESSAGES, [{**message, **unsent} for message in messages])


def waiting() -> sa.Executable:
    """Return the statement that selects the messages to be sent: new, postponed, or left by an interrupted run."""
    return (
        sa.select(*_MESSAGE_COLUMNS)
        .where(_IS_WAITING)
        .order_by(_MESSAGES.decided_on, _MESSAGES.recipient_code, _MESSAGES.channel)
    )


def waiting_messages(warehouse: Warehouse) -> list[Message]:
    """Return the messages to be sent, the oldest first."""
    return [message_of(row) for row in warehouse.execute(waiting())]


def returns_of_message(warehouse: Warehouse, message_id: str) -> frozenset[str]:
    """Return the expected returns and targets that a message was decided for."""
    rows = warehouse.execute(sa.select(_ALERTS.expected_return_id).where(_ALERTS.message_id == message_id))
    return frozenset(row[0] for row in rows)


def recorded_at(warehouse: Warehouse, message: Message) -> datetime:
    """Return the start of the run that recorded a message, UTC: the same however often the message is tried."""
    rows = warehouse.execute(sa.select(_RUNS.started_at).where(_RUNS.run_id == message.run_id))
    return rows[0][0] if rows else datetime.combine(message.decided_on, time())


@dataclass(frozen=True, slots=True)
class Written:
    """The last message to a recipient about an expected return.

    Attributes:
        decided_on: The day on which it was decided.
        outcome: What became of it.
    """

    decided_on: date
    outcome: MessageOutcome


def last_written(warehouse: Warehouse, recipients_with: str) -> dict[str, Written]:
    """Return the last message about each expected return to the recipients whose codes begin with a text.

    Messages that were overtaken do not count.
    """
    rows = warehouse.execute(
        sa.select(_ALERTS.expected_return_id, _MESSAGES.decided_on, _MESSAGES.outcome)
        .select_from(sql_table(ALERTS).join(sql_table(MESSAGES), _ALERTS.message_id == _MESSAGES.message_id))
        .where(_MESSAGES.recipient_code.startswith(recipients_with, autoescape=True))
        .where(_MESSAGES.outcome != MessageOutcome.OVERTAKEN.value)
        .order_by(_MESSAGES.decided_on)
    )
    return {id_: Written(decided_on, MessageOutcome(outcome)) for id_, decided_on, outcome in rows}


def facts_known_before(warehouse: Warehouse, message: Message) -> frozenset[Fact]:
    """Return the facts that an earlier message by the same channel has reported to the recipient of a message.

    A message lists all alerts of its recipient that hold. It has reported an alert if it was sent, and decided on the
    day of the alert or later.
    """
    last_sent_on = (
        sa.select(sa.func.max(_MESSAGES.decided_on))
        .where(_MESSAGES.recipient_code == message.recipient_code, _MESSAGES.channel == message.channel.value)
        .where(_MESSAGES.outcome == MessageOutcome.SENT.value, _MESSAGES.message_id != message.message_id)
        .scalar_subquery()
    )
    rows = warehouse.execute(
        sa.select(_ALERTS.expected_return_id, _ALERTS.kind, _ALERTS.cause, _ALERTS.step_days)
        .where(_ALERTS.recipient_code == message.recipient_code, _ALERTS.message_id != message.message_id)
        .where(_ALERTS.decided_on <= last_sent_on)
    )
    return frozenset((id_, kind, _without_step(cause, step_days)) for id_, kind, cause, step_days in rows)


def _without_step(cause: str, step_days: int | None) -> str:
    return cause if step_days is None else cause.replace(f" {step_days:+d}", "", 1)


ReportedTarget = tuple[str, str, str, str]
"""The recipient, target, kind and cause of an alert about a target."""


def reported_targets(warehouse: Warehouse) -> frozenset[ReportedTarget]:
    """Return the alerts about targets that a message has reported.

    Whatever the channel, a message has reported an alert if it was sent, and decided on the day of the alert or later.
    """
    was_sent = sa.exists().where(
        _MESSAGES.recipient_code == _ALERTS.recipient_code,
        _MESSAGES.outcome == MessageOutcome.SENT.value,
        _MESSAGES.decided_on >= _ALERTS.decided_on,
    )
    kinds = (AlertKind.TARGET_MISSED.value, AlertKind.TARGET_WITHDRAWN.value)
    rows = warehouse.execute(
        sa.select(_ALERTS.recipient_code, _ALERTS.expected_return_id, _ALERTS.kind, _ALERTS.cause).where(
            _ALERTS.kind.in_(kinds), was_sent
        )
    )
    return frozenset((code, target_id, kind, cause) for code, target_id, kind, cause in rows)


def settle_message(
    warehouse: Warehouse, message: Message, outcome: MessageOutcome, words: str | None, *, was_tried: bool
) -> None:
    """Record the outcome of a message.

    Args:
        warehouse: The warehouse.
        message: The message.
        outcome: Its outcome.
        words: The server's reply, or another reason. Addresses are removed before it is stored.
        was_tried: Whether to count an attempt.
    """
    warehouse.execute(
        sa.update(sql_table(MESSAGES))
        .where(_MESSAGES.message_id == message.message_id, _MESSAGES.channel == message.channel.value)
        .values(
            outcome=outcome.value,
            attempts=_MESSAGES.attempts + (1 if was_tried else 0),
            last_words=without_addresses(words),
            sent_at=utc_now() if outcome is MessageOutcome.SENT else None,
        )
    )


def dead_letters() -> sa.Executable:
    """Return the statement that selects the permanently rejected messages.

    A message is left out if a later message reached the same recipient by the same channel.
    """
    later = sql_table(MESSAGES).alias("later")
    reached = sa.exists().where(
        later.c.recipient_code == _MESSAGES.recipient_code,
        later.c.channel == _MESSAGES.channel,
        later.c.decided_on > _MESSAGES.decided_on,
        later.c.outcome == MessageOutcome.SENT.value,
    )
    return (
        sa.select(*_MESSAGE_COLUMNS)
        .where(_MESSAGES.outcome == MessageOutcome.DEAD.value, ~reached)
        .order_by(_MESSAGES.decided_on, _MESSAGES.recipient_code)
    )


def dead_messages(warehouse: Warehouse) -> list[Message]:
    """Return the permanently rejected messages that still need a person."""
    return [message_of(row) for row in warehouse.execute(dead_letters())]


def revive(warehouse: Warehouse) -> int:
    """Schedule the permanently rejected messages for another attempt, and return how many there are."""
    dead = dead_messages(warehouse)
    with warehouse.transaction():
        for message in dead:
            warehouse.execute(
                sa.update(sql_table(MESSAGES))
                .where(_MESSAGES.message_id == message.message_id, _MESSAGES.channel == message.channel.value)
                .values(outcome=MessageOutcome.POSTPONED.value)
            )
    return len(dead)


def without_addresses(words: str | None) -> str | None:
    """Return a server's reply on one line, shortened to 500 characters, with every address removed."""
    return _ADDRESS.sub("…", " ".join(words.split()))[:_LONGEST_REPLY] if words else None


def message_of(row: tuple[object, ...]) -> Message:
    """Convert a row of `waiting` or `dead_letters` to a message."""
    values = dict(zip((field.name for field in fields(Message)), row, strict=True))
    channel, outcome = Channel(str(values["channel"])), MessageOutcome(str(values["outcome"]))
    return Message(**{**values, "channel": channel, "outcome": outcome})  # pyright: ignore[reportArgumentType] typed by the table
