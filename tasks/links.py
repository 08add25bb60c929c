"""Sign the links of the desk: to sign in, and for a structure to send a return. Nobody else can make or change one.

A link is encrypted by AES-SIV, which is deterministic: the same content is the same text, so that a mail that is sent a
second time is the same to the byte.
"""

import json
import time
from base64 import urlsafe_b64decode, urlsafe_b64encode
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from uuid import uuid4

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESSIV
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from schemas.settings import Environment, ProjectPaths
from tasks.keys import keys_of

SIGN_IN_LASTS = timedelta(minutes=30)
"""How long a link to sign in is of use."""
SENDING_LASTS = timedelta(days=120)
"""How long a link to send a return is of use. Each reminder has a new one."""
_MOST_AHEAD = timedelta(minutes=1)
"""How far the clock that made a link may be ahead of the one that reads it."""


class Purpose(StrEnum):
    """What a link is for: one made for a purpose is of no use for another one."""

    SIGN_IN = "sign_in"
    SEND = "send"


@dataclass(frozen=True, slots=True)
class Link:
    """What a link states.

    Attributes:
        subject: Code of the person who signs in, or the expected return to send.
        link_id: Its identifier.
        made_at: UTC, without a zone.
    """

    subject: str
    link_id: str
    made_at: datetime


class Links:
    """Makes and reads the links of a programme.

    Args:
        paths: The paths of the programme.
        environment: The settings, which may hold the key.

    Raises:
        UsageError: The key is not a valid key.
    """

    def __init__(self, paths: ProjectPaths, environment: Environment) -> None:
        keys = keys_of(paths.desk_key, environment.desk_key, "ESSAIM_DESK_KEY")
        self._ciphers = [AESSIV(_derived(key)) for key in keys]

    def made(
        self, purpose: Purpose, subject: str, *, link_id: str | None = None, made_at: datetime | None = None
    ) -> str:
        """Return the text of a link, safe in a URL.

        Args:
            purpose: What it is for.
            subject: What it states.
            link_id: Its identifier; a random one by default.
            made_at: When it was made, UTC without a zone; now by default. With the same identifier and instant, the
                text is the same.
        """
        instant = time.time() if made_at is None else made_at.replace(tzinfo=UTC).timestamp()
        content = json.dumps(
            [purpose.value, subject, link_id or uuid4().hex, int(instant * 1000)], separators=(",", ":")
        )
        return urlsafe_b64encode(self._ciphers[0].encrypt(content.encode(), None)).decode().rstrip("=")

    def read(self, purpose: Purpose, text: str, lasts: timedelta) -> Link | None:
        """Return what a link states; None if it was changed, made for another purpose, or is too old."""
        content = self._opened(text)
        if content is None:
            return None
        stated, subject, link_id, milliseconds = json.loads(content)
        age = time.time() - milliseconds / 1000
        if stated != purpose or not -_MOST_AHEAD.total_seconds() <= age <= lasts.total_seconds():
            return None
        return Link(subject, link_id, datetime.fromtimestamp(milliseconds / 1000, UTC).replace(tzinfo=None))

    def _opened(self, text: str) -> bytes | None:
        try:
            token = urlsafe_b64decode((text + "=" * (-len(text) % 4)).encode("ascii"))
        except ValueError:
            return None
        # Base64 has several spellings of the same bytes: only the one that was made is accepted.
        if urlsafe_b64encode(token).decode().rstrip("=") != text:
            return None
        for cipher in self._ciphers:
            try:
                return cipher.decrypt(token, None)
            except (InvalidTag, ValueError):
                continue
        return None


def _derived(key: str) -> bytes:
    """Derive the two halves of a key of AES-SIV with 256 bits each from the 32 bytes of a key."""
    return HKDF(SHA256(), length=64, salt=None, info=b"essaim links of the desk").derive(urlsafe_b64decode(key))
