"""What becomes of a message that is handed over: the one answer of every way to send."""

from collections.abc import Callable
from dataclasses import dataclass
from email.message import EmailMessage

from schemas.enums import DeliveryOutcome

RECIPIENT_HEADER = "X-Essaim-Recipient"
"""Names the recipient by its code, for whatever must not know the address."""


@dataclass(frozen=True, slots=True)
class Delivery:
    """How one attempt ended. `words` are a sentence for whoever runs Essaim: no person's address, no secret."""

    outcome: DeliveryOutcome
    words: str


Send = Callable[[EmailMessage], Delivery]
"""Hands a message over. Never raises for what the other side does."""
