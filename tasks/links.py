"""Sign the links of the desk: to sign in, and for a structure to send a return. Nobody else can make or change one."""

import json
import time
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from uuid import uuid4

from cryptography.fernet import InvalidToken, MultiFernet

from schemas.settings import Environment, ProjectPaths
from tasks.keys import cipher_of

SIGN_IN_LASTS = timedelta(minutes=30)
"""How long a link to sign in is of use."""
SENDING_LASTS = timedelta(days=120)
"""How long a link to send a return is of use. Each reminder has a new one."""


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
        self._cipher: MultiFernet = cipher_of(paths.desk_key, environment.desk_key, "ESSAIM_DESK_KEY")

    def made(self, purpose: Purpose, subject: str, *, seconds_ago: int = 0) -> str:
        """Return the text of a link, safe in a URL.

        Args:
            purpose: What it is for.
            subject: Code of the person who signs in, or the expected return to send.
            seconds_ago: Age of the link.
        """
        content = json.dumps([purpose.value, subject, uuid4().hex])
        made_at = int(time.time()) - seconds_ago
        return self._cipher.encrypt_at_time(content.encode(), made_at).decode().rstrip("=")

    def read(self, purpose: Purpose, text: str, lasts: timedelta) -> Link | None:
        """Return what a link states; None if it was changed, made for another purpose, or is too old."""
        try:
            token = (text + "=" * (-len(text) % 4)).encode("ascii")
            content = self._cipher.decrypt(token, ttl=int(lasts.total_seconds()))
            made_at = datetime.fromtimestamp(self._cipher.extract_timestamp(token), UTC).replace(tzinfo=None)
        except (InvalidToken, UnicodeEncodeError):
            return None
        stated, subject, link_id = json.loads(content)
        return Link(subject, link_id, made_at) if stated == purpose else None
