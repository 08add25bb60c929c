"""The chasing ledger: what was decided to be told to whom, and what became of it.

An alert and its message are recorded in one transaction and sent from here. No address of anybody is held.
"""

import re
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from datetime import date

import sqlalchemy as sa

from schemas.enums import Channel, MessageOutcome
from schemas.tables import ALERTS, MESSAGES, Row, sql_table
from warehouse.connection import Warehouse
from warehouse.runs import utc_now

_ALERTS = sql_table(ALERTS).c
_MESSAGES = sql_table(MESSAGES).c
_IS_WAITING = sa.or_(*(_MESSAGES.outcome == outcome.value for outcome in MessageOutcome if outcome.is_waiting))
_ADDRESS = re.compile(r"\S*@\S*")
_LONGEST_WORDS = 500


@dataclass(frozen=True, slots=True)
class AlertHistory:
    """What the ledger knows of what was decided before.

    `last_alert_on` is the latest day on which something was decided about an expected return, by return and recipient;
    `message_days` are the days on which each recipient's messages were decided; `waiting` are the recipients whose
    latest message went by no channel yet.
    """

    alert_ids: frozenset[str]
    last_alert_on: Mapping[tuple[str, str], date]
    message_days: frozenset[tuple[str, date]]
    waiting: frozenset[str]


@dataclass(frozen=True, slots=True)
class Message:
    """One digest to one recipient by one channel, as the ledger holds it."""

    message_id: str
    channel: Channel
    recipient_code: str
    decided_on: date
    outcome: MessageOutcome
    attempts: int
    last_words: str | None


_MESSAGE_COLUMNS = [_MESSAGES[field.name] for field in fields(Message)]


def alert_history(warehouse: Warehouse) -> AlertHistory:
    """What was decided before, of this run's today, of days before it and of days after it."""
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
            for message_id, found in outcomes.items()
            if any(outcome.is_waiting for outcome in found) and MessageOutcome.SENT not in found
        ),
    )


def record_messages(warehouse: Warehouse, alerts: Sequence[Row], messages: Sequence[Row]) -> None:
    """Record alerts and the messages that tell them, in one transaction.

    What an earlier message to the same recipient has not told by the same channel, the new one tells.
    """
    begun = {"outcome": MessageOutcome.RECORDED.value, "attempts": 0, "last_words": None, "sent_at": None}
    with warehouse.transaction():
        for message in messages:
            warehouse.execute(
                sa.update(sql_table(MESSAGES))
                .where(_MESSAGES.recipient_code == message["recipient_code"])
                .where(_MESSAGES.channel == message["channel"])
                .where(_IS_WAITING)
                .values(outcome=MessageOutcome.OVERTAKEN.value, last_words=f"told by {message['message_id'][1:9]}")  # pyright: ignore[reportIndexIssue] a text
            )
        warehouse.append(ALERTS, list(alerts))
        warehouse.append(MESSAGES, [{**message, **begun} for message in messages])


def waiting() -> sa.Executable:
    """The messages that are still to be sent: of this run, postponed, or of a run that was interrupted."""
    return (
        sa.select(*_MESSAGE_COLUMNS)
        .where(_IS_WAITING)
        .order_by(_MESSAGES.decided_on, _MESSAGES.recipient_code, _MESSAGES.channel)
    )


def waiting_messages(warehouse: Warehouse) -> list[Message]:
    """The messages that are still to be sent."""
    return [message_of(row) for row in warehouse.execute(waiting())]


def returns_of_message(warehouse: Warehouse, message_id: str) -> frozenset[str]:
    """The expected returns that a message was decided for."""
    rows = warehouse.execute(sa.select(_ALERTS.expected_return_id).where(_ALERTS.message_id == message_id))
    return frozenset(row[0] for row in rows)


def settle_message(
    warehouse: Warehouse, message: Message, outcome: MessageOutcome, words: str | None, *, was_tried: bool
) -> None:
    """Record what became of a message. Addresses are taken out of what was said of it."""
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
    """The messages that were refused for good, and after which none reached the same recipient by the same channel."""
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
    """The dead letters that still need a person."""
    return [message_of(row) for row in warehouse.execute(dead_letters())]


def revive(warehouse: Warehouse) -> int:
    """Let the dead letters be tried once more: somebody corrected what they were refused for. How many there are."""
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
    """What a server said, on one line, cut where it is long, with every address taken out."""
    return _ADDRESS.sub("…", " ".join(words.split()))[:_LONGEST_WORDS] if words else None


def message_of(row: tuple[object, ...]) -> Message:
    """A message from a row of `waiting` or `dead_letters`."""
    values = dict(zip((field.name for field in fields(Message)), row, strict=True))
    channel, outcome = Channel(str(values["channel"])), MessageOutcome(str(values["outcome"]))
    return Message(**{**values, "channel": channel, "outcome": outcome})  # pyright: ignore[reportArgumentType] typed by the table
