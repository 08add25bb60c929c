"""Hands messages over: into files, to a mail server, to chats. All with one signature, `send(message) -> Delivery`."""

from tasks.delivery.choosing import open_chats, open_delivery, refuse_unusable_channels
from tasks.delivery.outcome import RECIPIENT_HEADER, Delivery, Send

__all__ = ["RECIPIENT_HEADER", "Delivery", "Send", "open_chats", "open_delivery", "refuse_unusable_channels"]
