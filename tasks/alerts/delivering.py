"""Send the queued messages of the ledger in turn, and record the outcome of each at once.

If the process is killed between the answer of a server and its record, the next run sends that message again with the
same Message-ID. Every other message goes once.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from types import MappingProxyType

from schemas.enums import Channel, DeliveryOutcome, MessageOutcome
from tasks.alerts.deciding import AnyAlert
from tasks.alerts.recipients import STRUCTURE, WEEKLY, Recipient
from tasks.delivery import Delivery
from warehouse.alerts import (
    Message,
    Written,
    facts_known_before,
    last_written,
    recorded_at,
    returns_of_message,
    settle_message,
    waiting_messages,
    without_addresses,
)
from warehouse.connection import Warehouse
from warehouse.loads import ReturnError
from warehouse.runs import last_read_on

ToCorrect = Mapping[str, Sequence[ReturnError]]
"""The errors of each quarantined return version."""


@dataclass(frozen=True, slots=True)
class Outgoing:
    """A message to send.

    Attributes:
        decided_on: The day on which the message was decided.
        as_of: The day on which it is sent, and whose states it reports.
        collected_on: The last day as of which the sources were read.
        alerts: All alerts of the recipient that hold on that day.
        decided: Ids of the alerts about the returns and targets that the message was decided for.
        new: Ids of the alerts that no earlier message has reported to the recipient.
        to_correct: The errors of quarantined returns.
        unassigned: The number of files and responses of each source that belong to no expected return.
        recorded_at: When the message was recorded, UTC: the same however often it is tried.
        written: The last message to a structure about each expected return.
    """

    message_id: str
    channel: Channel
    recipient: Recipient
    decided_on: date
    as_of: date
    collected_on: date
    alerts: tuple[AnyAlert, ...]
    decided: frozenset[str]
    new: frozenset[str]
    to_correct: ToCorrect
    unassigned: Mapping[str, int]
    recorded_at: datetime
    written: Mapping[str, Written]


Send = Callable[[Outgoing], Delivery]
"""Sends a message and returns the outcome, which includes the errors of servers. A full disk may raise OSError."""


@dataclass(frozen=True, slots=True)
class Sent:
    """The outcome of one message of the ledger, for the person who runs Essaim."""

    recipient_code: str
    channel: Channel
    outcome: MessageOutcome
    words: str

    @property
    def sentence(self) -> str:
        """The recipient and the outcome."""
        if self.outcome is MessageOutcome.POSTPONED:
            return f"{self.recipient_code}: postponed ({self.words}); the next run tries again"
        return f"{self.recipient_code}: {self.words}"


_BECOMES = {
    DeliveryOutcome.SENT: MessageOutcome.SENT,
    DeliveryOutcome.POSTPONED: MessageOutcome.POSTPONED,
    DeliveryOutcome.REFUSED: MessageOutcome.DEAD,
}


def deliver_messages(
    warehouse: Warehouse,
    people: Mapping[str, Recipient],
    alerts: Iterable[AnyAlert],
    to_correct: ToCorrect,
    *,
    as_of: date,
    send: Send,
    unassigned: Mapping[str, int] = MappingProxyType({}),
) -> list[Sent]:
    """Send all queued messages, worded from the alerts that hold now: returns received since are left out.

    Those to structures go first, so that the digests of the same run report them, and the weekly page goes last.

    Args:
        warehouse: The warehouse, open for writing.
        people: The recipients by code.
        alerts: All alerts that hold.
        to_correct: The errors of quarantined returns.
        as_of: The run's today.
        send: Sends one message.
        unassigned: The number of files and responses of each source that belong to no expected return.

    Returns:
        The outcome of each message.
    """
    alerts = list(alerts)
    collected_on = last_read_on(warehouse, as_of) or as_of
    sent = settle_overtaken(warehouse, people, alerts)
    messages = waiting_messages(warehouse)
    for message in sorted(messages, key=lambda one: (one.recipient_code == WEEKLY, not _is_to_structure(one))):
        current, decided = _alerts_now(warehouse, message, alerts)
        known = facts_known_before(warehouse, message)
        delivery = _attempt(
            send,
            Outgoing(
                message_id=message.message_id,
                channel=message.channel,
                recipient=people[message.recipient_code],
                decided_on=message.decided_on,
                as_of=as_of,
                collected_on=collected_on,
                alerts=current,
                decided=decided,
                new=frozenset(alert.alert_id for alert in current if alert.fact not in known),
                to_correct=to_correct,
                unassigned=unassigned,
                recorded_at=recorded_at(warehouse, message),
                written=last_written(warehouse, STRUCTURE),
            ),
        )
        outcome = _BECOMES[delivery.outcome]
        settle_message(warehouse, message, outcome, delivery.words, was_tried=True)
        sent.append(Sent(message.recipient_code, message.channel, outcome, delivery.words))
    return sent


def settle_overtaken(warehouse: Warehouse, people: Mapping[str, Recipient], alerts: Iterable[AnyAlert]) -> list[Sent]:
    """Settle the queued messages that no longer need sending as overtaken.

    This is done before new messages are decided, because a queued message holds back the next one of its recipient.
    """
    alerts = list(alerts)
    settled: list[Sent] = []
    for message in waiting_messages(warehouse):
        if message.recipient_code not in people:
            words = "The programme no longer names the recipient."
        elif message.channel not in people[message.recipient_code].channels:
            words = "This installation no longer sends by this channel."
        elif not _alerts_now(warehouse, message, alerts)[1]:
            words = "All its alerts were settled before it could be sent."
        else:
            continue
        settle_message(warehouse, message, MessageOutcome.OVERTAKEN, words, was_tried=False)
        settled.append(Sent(message.recipient_code, message.channel, MessageOutcome.OVERTAKEN, words))
    return settled


def _alerts_now(
    warehouse: Warehouse, message: Message, alerts: Sequence[AnyAlert]
) -> tuple[tuple[AnyAlert, ...], frozenset[str]]:
    """Return the current alerts of a message's recipient, and the ids of those that the message was decided for."""
    subjects = returns_of_message(warehouse, message.message_id)
    current = tuple(alert for alert in alerts if alert.recipient_code == message.recipient_code)
    return current, frozenset(alert.alert_id for alert in current if alert.subject_id in subjects)


def _is_to_structure(message: Message) -> bool:
    return message.recipient_code.startswith(STRUCTURE)


def _attempt(send: Send, message: Outgoing) -> Delivery:
    try:
        return send(message)
    except OSError as error:
        return Delivery(DeliveryOutcome.POSTPONED, without_addresses(error.strerror or str(error)) or "")
