"""Hands messages over: into files, to a mail server, to chats. All with one signature, `send(message) -> Delivery`."""

from tasks.delivery.choosing import open_chats, open_delivery
from tasks.delivery.outcome import EVALUATOR_HEADER, Delivery, Send

__all__ = ["EVALUATOR_HEADER", "Delivery", "Send", "open_chats", "open_delivery"]
