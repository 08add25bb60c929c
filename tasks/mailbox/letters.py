"""Parse a message, and identify it and its sender."""

import email
import email.policy
import hashlib
import re
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from email.headerregistry import AddressHeader
from email.message import EmailMessage
from email.parser import BytesParser
from zoneinfo import ZoneInfo

from schemas.base import EMAIL

_MESSAGE_ID = re.compile(r"<[^<>\s\x00-\x1f\x7f-\uffff]{1,250}>")
_QUOTED = re.compile(r'"(?:\\.|[^"\\])*"')
_COMMENT = re.compile(r"\([^()]*\)")
_PASSED = re.compile(r";\s*dmarc\s*=\s*pass\b", re.IGNORECASE)
_MOST_REFERENCES = 20
_SHOWN = 8
"""Length of the name of a message that people see."""


@dataclass(frozen=True, slots=True)
class Letter:
    """A message of the mailbox.

    Attributes:
        message: The parsed message; without its body where it is too large.
        key: sha256 of its Message-ID, sender, date and body.
        address: The address it is from; empty where it states none, several, or one that cannot be answered.
        arrived_at: When the server received it, UTC, without a zone.
        is_whole: Whether its body was fetched.
    """

    message: EmailMessage = field(repr=False)
    key: str
    address: str = field(repr=False)
    arrived_at: datetime
    is_whole: bool = True

    def arrived_on(self, zone: ZoneInfo) -> date:
        """Return the day on which it arrived, in a time zone."""
        return self.arrived_at.replace(tzinfo=UTC).astimezone(zone).date()

    @property
    def reference(self) -> str:
        """A short name of the message in notes, which names no person: of its Message-ID, else of its key."""
        message_id = text_of(self.message, "Message-ID")
        whole = hashlib.sha256(message_id.encode("utf-8", "surrogateescape")).hexdigest() if message_id else self.key
        return whole[:_SHOWN]

    @property
    def message_id(self) -> str | None:
        """Its Message-ID, if it is one."""
        found = _MESSAGE_ID.search(text_of(self.message, "Message-ID"))
        return found[0] if found else None

    @property
    def references(self) -> tuple[str, ...]:
        """The messages of its conversation, the last one itself, as an answer states them."""
        before = _MESSAGE_ID.findall(text_of(self.message, "References") or text_of(self.message, "In-Reply-To"))
        own = [] if self.message_id is None else [self.message_id]
        return (*before[-_MOST_REFERENCES:], *own)


def letter_of(content: bytes, arrived_at: datetime, *, is_whole: bool = True) -> Letter:
    """Parse a message.

    Args:
        content: Its bytes, or those of its header.
        arrived_at: When the server received it, UTC, without a zone.
        is_whole: Whether the content has the body.
    """
    message = BytesParser(policy=email.policy.default).parsebytes(content)
    address = _address_of(message)
    body = re.split(rb"\r?\n\r?\n", content, maxsplit=1)[-1]
    parts = (text_of(message, "Message-ID"), address.casefold(), text_of(message, "Date"))
    digest = hashlib.sha256("\0".join(parts).encode("utf-8", "surrogateescape"))
    digest.update(hashlib.sha256(body).digest())
    return Letter(message, digest.hexdigest(), address, arrived_at, is_whole)


def text_of(message: EmailMessage, name: str) -> str:
    """Return the first header of a name as text; empty without one."""
    return str(message.get(name, "")).strip()


def is_authenticated(message: EmailMessage, server: str) -> bool:
    """Return whether a server has recorded that the sender of a message is genuine: that DMARC passed (RFC 8601).

    Args:
        message: The message.
        server: The name under which the server records it. Its record is the topmost of this name.
    """
    for header in message.get_all("Authentication-Results", []):
        # A sender may write ";dmarc=pass" in a quoted text or a comment that the server repeats.
        plain = _QUOTED.sub('""', str(header))
        while (without := _COMMENT.sub(" ", plain)) != plain:
            plain = without
        name = plain.partition(";")[0].split()
        if name and name[0].casefold() == server.casefold():
            return _PASSED.search(plain) is not None
    return False


def _address_of(message: EmailMessage) -> str:
    headers = message.get_all("From", [])
    if len(headers) != 1 or not isinstance(headers[0], AddressHeader):
        return ""
    addresses = headers[0].addresses
    if len(addresses) != 1 or not EMAIL.fullmatch(addresses[0].addr_spec):
        return ""
    return addresses[0].addr_spec
