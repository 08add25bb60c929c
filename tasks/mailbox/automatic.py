"""Recognise messages that no person wrote: automatic replies, bounces, mail of lists, and our own (RFC 3834)."""

from collections.abc import Collection
from email.message import EmailMessage

from tasks.mailbox.letters import text_of

_NO_PERSON = frozenset({"mailer-daemon", "postmaster", "noreply", "no-reply", "donotreply", "do-not-reply"})
_PRECEDENCE = frozenset({"bulk", "junk", "list", "auto_reply"})
_SUPPRESSED = frozenset({"all", "autoreply", "oof"})
_REPORTS = frozenset({"multipart/report", "message/delivery-status", "message/disposition-notification"})


def why_automatic(message: EmailMessage, address: str, own_addresses: Collection[str], own_domain: str) -> str | None:
    """Return why a message must not be answered, as part of a sentence; None for one that a person wrote.

    Args:
        message: The message.
        address: The address that it is from.
        own_addresses: The addresses of the programme, in lower case.
        own_domain: The domain of the programme's Message-IDs.
    """
    local = address.casefold().partition("@")[0]
    is_ours = address.casefold() in own_addresses or f"@{own_domain}>" in text_of(message, "Message-ID").casefold()
    suppressed = {word.strip() for word in text_of(message, "X-Auto-Response-Suppress").casefold().split(",")}
    auto_submitted = text_of(message, "Auto-Submitted").casefold().partition(";")[0].strip()
    if is_ours:
        return "it is our own"
    if message.get_content_type() in _REPORTS:
        return "it is a report of a mail server, such as a bounce"
    if text_of(message, "Return-Path").replace(" ", "") == "<>" or local in _NO_PERSON:
        return "its sender accepts no answer"
    if auto_submitted not in ("", "no"):
        return "it is an automatic reply"
    if suppressed & _SUPPRESSED or any(name in message for name in ("X-Autoreply", "X-Autorespond")):
        return "it is an automatic reply"
    if "List-Id" in message or text_of(message, "Precedence").casefold() in _PRECEDENCE:
        return "it is mail of a list"
    return None
