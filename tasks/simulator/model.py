"""Define the rows that the simulator holds in memory: groups, questions, options, participants, responses.

Fields have the names that the real server uses in its answers. Dates are naive texts, `YYYY-MM-DD HH:MM:SS`, in the
time zone of the server (Europe/Paris in the recordings), as in its database.
"""

from __future__ import annotations

import secrets
import string
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from zoneinfo import ZoneInfo

_SERVER_ZONE = ZoneInfo("Europe/Paris")
_ALPHANUMERIC = string.ascii_letters + string.digits


def server_now() -> datetime:
    """Return the current time of the simulated server, naive, to the second."""
    return datetime.now(_SERVER_ZONE).replace(tzinfo=None, microsecond=0)


def now_text() -> str:
    """Return the current time of the simulated server as text, in the format of its database."""
    return f"{server_now():%Y-%m-%d %H:%M:%S}"


@dataclass(slots=True)
class Numbering:
    """The next free ids, shared by all surveys of a server because ids are unique on the server."""

    gid: int = 1
    qid: int = 1
    text_id: int = 1

    def new_qid(self) -> int:
        """Return a new question id."""
        self.qid += 1
        return self.qid - 1

    def new_text_id(self) -> int:
        """Return a new id for the text of a question in one language."""
        self.text_id += 1
        return self.text_id - 1


@dataclass(slots=True)
class Group:
    """A question group; `names` and `descriptions` are by language."""

    gid: int
    order: int
    relevance: str
    randomization: str
    names: dict[str, str]
    descriptions: dict[str, str]


@dataclass(slots=True)
class Text:
    """The text of a question in one language."""

    id: int
    question: str
    help: str
    script: str


@dataclass(slots=True)
class Option:
    """An answer option of a question on one of its scales; `texts` is by language."""

    code: str
    order: int
    assessment: int
    scale_id: int
    texts: dict[str, str]


@dataclass(slots=True)
class Question:
    """A question, or a subquestion if `parent_qid` is not 0."""

    qid: int
    parent_qid: int
    gid: int
    type: str
    title: str
    other: str
    mandatory: str
    encrypted: str
    order: int
    scale_id: int
    relevance: str
    theme: str | None
    preg: str
    modulename: str
    same_default: int
    same_script: int
    texts: dict[str, Text]
    options: list[Option] = field(default_factory=list["Option"])
    attributes: dict[tuple[str, str], str] = field(default_factory=dict[tuple[str, str], str])
    """Values by attribute and language; the language is empty for attributes without one."""
    default_values: dict[str, str] = field(default_factory=dict[str, str])


@dataclass(slots=True)
class Participant:
    """A row of the participants table; `completed`, `sent` and `remindersent` are `N` or a date."""

    tid: int
    token: str
    firstname: str = ""
    lastname: str = ""
    email: str = ""
    language: str = ""
    emailstatus: str = "OK"
    sent: str = "N"
    remindersent: str = "N"
    remindercount: int = 0
    completed: str = "N"
    usesleft: int = 1
    validfrom: str | None = None
    validuntil: str | None = None
    attributes: dict[str, str] = field(default_factory=dict[str, str])

    def value(self, name: str) -> object:
        """Return the value of a column, or None for an unknown column."""
        if name in self.attributes:
            return self.attributes[name]
        if name in PARTICIPANT_COLUMNS:
            return getattr(self, name)
        return None


PARTICIPANT_COLUMNS = (
    "tid", "token", "firstname", "lastname", "email", "language", "emailstatus", "sent", "remindersent",
    "remindercount", "completed", "usesleft", "validfrom", "validuntil",
)  # fmt: skip


@dataclass(slots=True)
class StoredResponse:
    """A row of the responses table; `answers` is by column name (`790101X13X124other`), not by heading."""

    id: int
    answers: Mapping[str, str | None]
    token: str | None = None
    submitdate: str | None = None
    startdate: str | None = None
    datestamp: str | None = None
    lastpage: int | None = None
    startlanguage: str | None = None
    seed: str | None = None
    ipaddr: str | None = None
    refurl: str | None = None


def new_token(length: int = 15) -> str:
    """Return a random token of letters and digits."""
    return "".join(secrets.choice(_ALPHANUMERIC) for _ in range(length))
