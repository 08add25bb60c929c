"""Sends what the ledger says is to be sent, one message after another, and records what became of each at once.

A process that is killed between a server's answer and the record sends that one message again, with the same
Message-ID; every other one goes once.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from schemas.enums import Channel, DeliveryOutcome, MessageOutcome
from tasks.alerts.deciding import Alert
from tasks.alerts.recipients import Recipient
from tasks.delivery import Delivery
from warehouse.alerts import Message, returns_of_message, settle_message, waiting_messages, without_addresses
from warehouse.connection import Warehouse

ToMend = Mapping[str, Sequence[tuple[str, str]]]
"""For each return version to be corrected: where something else is expected, and what."""


@dataclass(frozen=True, slots=True)
class Outgoing:
    """What one message tells. `alerts` is all that is true for the recipient; `new` are the ids of what was not told.

    `decided_on` is the day that the message belongs to; `as_of` the day on which it is sent, and whose truth it tells.
    """

    message_id: str
    channel: Channel
    recipient: Recipient
    decided_on: date
    as_of: date
    alerts: tuple[Alert, ...]
    new: frozenset[str]
    to_mend: ToMend


Send = Callable[[Outgoing], Delivery]
"""Sends what is to be told. It does not raise: what a server says is an outcome. A full disk may raise OSError."""


@dataclass(frozen=True, slots=True)
class Sent:
    """What became of one message of the ledger, for whoever ran the command."""

    recipient_code: str
    channel: Channel
    outcome: MessageOutcome
    words: str

    @property
    def sentence(self) -> str:
        """To whom it went, or why it waits."""
        if self.outcome is MessageOutcome.POSTPONED:
            return f"{self.recipient_code}: refused for now ({self.words}); the next run tries again"
        return f"{self.recipient_code}: {self.words}"


_BECOMES = {
    DeliveryOutcome.SENT: MessageOutcome.SENT,
    DeliveryOutcome.POSTPONED: MessageOutcome.POSTPONED,
    DeliveryOutcome.REFUSED: MessageOutcome.DEAD,
}


def deliver_messages(
    warehouse: Warehouse,
    people: Mapping[str, Recipient],
    alerts: Iterable[Alert],
    to_mend: ToMend,
    *,
    as_of: date,
    send: Send,
) -> list[Sent]:
    """Send every message that waits, with what is true now: a return that has arrived since is not told of any more."""
    alerts = list(alerts)
    ended = settle_overtaken(warehouse, people, alerts)
    for message in waiting_messages(warehouse):
        mine, new = _still_true(warehouse, message, alerts)
        delivery = _attempt(
            send,
            Outgoing(
                message_id=message.message_id,
                channel=message.channel,
                recipient=people[message.recipient_code],
                decided_on=message.decided_on,
                as_of=as_of,
                alerts=mine,
                new=new,
                to_mend=to_mend,
            ),
        )
        outcome = _BECOMES[delivery.outcome]
        settle_message(warehouse, message, outcome, delivery.words, was_tried=True)
        ended.append(Sent(message.recipient_code, message.channel, outcome, delivery.words))
    return ended


def settle_overtaken(warehouse: Warehouse, people: Mapping[str, Recipient], alerts: Iterable[Alert]) -> list[Sent]:
    """Record which waiting messages are not to be sent any more, because nothing of them is true now.

    Done before anything new is decided: such a message must not hold back what its recipient should know.
    """
    alerts = list(alerts)
    ended: list[Sent] = []
    for message in waiting_messages(warehouse):
        if message.recipient_code not in people:
            words = "The programme does not name the recipient any more."
        elif message.channel not in people[message.recipient_code].channels:
            words = "This installation does not tell anybody that way any more."
        elif not _still_true(warehouse, message, alerts)[1]:
            words = "Nothing of it needed anybody any more before it could be sent."
        else:
            continue
        settle_message(warehouse, message, MessageOutcome.OVERTAKEN, words, was_tried=False)
        ended.append(Sent(message.recipient_code, message.channel, MessageOutcome.OVERTAKEN, words))
    return ended


def _still_true(
    warehouse: Warehouse, message: Message, alerts: Sequence[Alert]
) -> tuple[tuple[Alert, ...], frozenset[str]]:
    """All that is true for a message's recipient now, and the ids of what of it the message was decided for."""
    told_of = returns_of_message(warehouse, message.message_id)
    mine = tuple(alert for alert in alerts if alert.recipient_code == message.recipient_code)
    return mine, frozenset(alert.alert_id for alert in mine if alert.status.expected_return_id in told_of)


def _attempt(send: Send, told: Outgoing) -> Delivery:
    try:
        return send(told)
    except OSError as error:
        return Delivery(DeliveryOutcome.POSTPONED, without_addresses(error.strerror or str(error)) or "")
