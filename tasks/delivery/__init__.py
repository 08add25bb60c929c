"""Deliver messages to files, a mail server or chats, each by a function `send(message) -> Delivery`."""

from tasks.delivery.choosing import open_chats, open_delivery, refuse_unusable_channels
from tasks.delivery.outcome import RECIPIENT_HEADER, Delivery, Send

__all__ = ["RECIPIENT_HEADER", "Delivery", "Send", "open_chats", "open_delivery", "refuse_unusable_channels"]
