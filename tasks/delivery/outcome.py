"""The outcome of an attempt to deliver a message, by any channel."""

from collections.abc import Callable
from dataclasses import dataclass
from email.message import EmailMessage

from schemas.enums import DeliveryOutcome

RECIPIENT_HEADER = "X-Essaim-Recipient"
"""Header with the recipient's code, for channels and file names that must not show the address."""


@dataclass(frozen=True, slots=True)
class Delivery:
    """The outcome of one attempt.

    Attributes:
        words: A sentence for the person who runs Essaim, without mail addresses and secrets.
    """

    outcome: DeliveryOutcome
    words: str


Send = Callable[[EmailMessage], Delivery]
"""Delivers a message. Errors of the other side are outcomes, never exceptions."""
