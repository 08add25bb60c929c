"""What the simulator holds in memory: users, surveys with their questions, participants and responses.

Field names follow the server that the simulator stands in for, because its answers repeat them. Dates are naive texts,
`YYYY-MM-DD HH:MM:SS`, in the time zone of that server (Europe/Paris in the recordings), as in its own database.
"""

from __future__ import annotations

import json
import secrets
import string
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

if TYPE_CHECKING:
    from tasks.simulator.fields import Column

_SERVER_ZONE = ZoneInfo("Europe/Paris")
_ALPHANUMERIC = string.ascii_letters + string.digits


def server_now() -> datetime:
    """The present moment on the simulated server's clock, naive, to the second."""
    return datetime.now(_SERVER_ZONE).replace(tzinfo=None, microsecond=0)


@dataclass(slots=True)
class Group:
    """A page of questions; `names` and `descriptions` by language."""

    gid: int
    order: int
    relevance: str
    randomization: str
    names: dict[str, str]
    descriptions: dict[str, str]


@dataclass(slots=True)
class Text:
    """The wording of a question in one language."""

    id: int
    question: str
    help: str
    script: str


@dataclass(slots=True)
class Option:
    """An answer option of a question, on one of its scales; `texts` by language."""

    code: str
    order: int
    assessment: int
    scale_id: int
    texts: dict[str, str]


@dataclass(slots=True)
class Question:
    """A question, or a subquestion where `parent_qid` is not 0."""

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
    """By (attribute, language); the language is empty for attributes that have none."""
    default_values: dict[str, str] = field(default_factory=dict[str, str])


@dataclass(slots=True)
class Participant:
    """A row of the participants table. `completed`, `sent` and `remindersent` are `N` or a date."""

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
        """One column of the row, `None` where there is no such column."""
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
    """A row of the responses table; `answers` by column name (`790101X13X124other`), not by heading."""

    id: int
    answers: dict[str, str | None]
    token: str | None = None
    submitdate: str | None = None
    startdate: str | None = None
    datestamp: str | None = None
    lastpage: int | None = None
    startlanguage: str | None = None
    seed: str | None = None
    ipaddr: str | None = None
    refurl: str | None = None


@dataclass(slots=True)
class Survey:
    """A survey with everything that belongs to it.

    `settings` are the survey's own properties, as its export file spells them; `languages` starts with the base
    language. `responses` and `participants` are in the order of their ids.
    """

    sid: int
    settings: dict[str, str | None]
    texts: dict[str, dict[str, str | None]]
    groups: list[Group]
    questions: list[Question]
    created: str = field(default_factory=lambda: f"{server_now():%Y-%m-%d %H:%M:%S}")
    active: bool = False
    has_participants: bool = False
    attribute_names: tuple[str, ...] = ()
    """The columns of the participants table beyond those that every survey has, `attribute_1` for one."""
    participants: dict[int, Participant] = field(default_factory=dict[int, Participant])
    responses: dict[int, StoredResponse] = field(default_factory=dict[int, StoredResponse])
    files: dict[str, str] = field(default_factory=dict[str, str])
    """Contents of uploaded files in base64, by the name that the server gave them."""
    next_response_id: int = 1
    next_tid: int = 1
    _columns: tuple[object, list[Column]] | None = field(default=None, repr=False, compare=False)
    _by_heading: tuple[list[Column], dict[str, Column]] | None = field(default=None, repr=False, compare=False)

    @classmethod
    def from_lss(cls, source: Path | str | bytes) -> Survey:
        """Reads a survey from its `.lss` export file (a path, or the bytes of one).

        Raises `ValueError` for anything else, and for a document type declaration: entities are never expanded.
        """
        from tasks.simulator.lss import read_lss  # lss builds this very class

        return read_lss(source if isinstance(source, bytes) else Path(source).read_bytes())

    @property
    def languages(self) -> tuple[str, ...]:
        """The base language, then the others."""
        return (self.settings["language"] or "", *(self.settings.get("additional_languages") or "").split())

    @property
    def anonymized(self) -> bool:
        """Whether the responses hold no token."""
        return self.settings.get("anonymized") == "Y"

    @property
    def dated(self) -> bool:
        """Whether the responses hold the dates of their start and of their last change."""
        return self.settings.get("datestamp") == "Y"

    def attribute_descriptions(self) -> dict[str, str]:
        """What the staff call the attributes of participants."""
        described = json.loads(self.settings.get("attributedescriptions") or "{}")
        return {name: row.get("description") or name for name, row in described.items()}

    def columns(self) -> list[Column]:
        """The columns of the responses table that hold answers, in the order of the questionnaire."""
        from tasks.simulator.fields import answer_columns  # fields reads this very class

        asked = tuple(
            (one.qid, one.gid, one.parent_qid, one.type, one.title, one.other, one.order, one.scale_id)
            for one in self.questions
        )
        shape = (self.sid, self.active, asked, tuple((group.gid, group.order) for group in self.groups))
        if self._columns is None or self._columns[0] != shape:
            self._columns = (shape, answer_columns(self))
        return self._columns[1]

    def columns_by_heading(self) -> dict[str, Column]:
        """The same, by their headings in exports by code."""
        columns = self.columns()
        if self._by_heading is None or self._by_heading[0] is not columns:
            self._by_heading = (columns, {column.heading: column for column in columns})
        return self._by_heading[1]

    def activate(self) -> None:
        """Opens the survey: its responses table exists and is empty; ids go on where they were."""
        self.active = True
        self.responses = {}
        for question in self.questions:
            if question.type == "R":  # its columns are made now and do not follow its options afterwards
                question.attributes.setdefault(("max_subquestions", ""), str(len(question.options)))

    def deactivate(self) -> None:
        """Closes the survey: responses and participants are archived where no call reaches them."""
        self.active = False
        self.settings["autonumber_start"] = str(self.next_response_id)
        self.has_participants = False
        self.attribute_names = ()
        self.responses = {}
        self.participants = {}
        self.next_tid = 1

    def add_participant(
        self, *, token: str | None = None, attributes: Mapping[str, str] | None = None, **columns: str | int | None
    ) -> int:
        """Adds one participant and answers its tid; `columns` are those of `Participant`, `firstname` for one."""
        self.has_participants = True
        given = dict(attributes or {})
        self.attribute_names = (*self.attribute_names, *(name for name in given if name not in self.attribute_names))
        participant = Participant(
            tid=self.next_tid,
            token=new_token() if token is None else token,
            attributes=given,
            **columns,  # type: ignore[arg-type]  # the dataclass refuses unknown names
        )
        self.participants[participant.tid] = participant
        self.next_tid += 1
        return participant.tid

    def add_response(
        self,
        answers: Mapping[str, str | None],
        *,
        token: str | None = None,
        submitdate: str | None = None,
        startdate: str | None = None,
        datestamp: str | None = None,
        lastpage: int | None = None,
        startlanguage: str | None = None,
        seed: str | None = None,
        response_id: int | None = None,
    ) -> int:
        """Adds one response and answers its id.

        `answers` go by heading (`freins[temps]`, `statut[other]`, `td[gouv][2]`); headings that are left out are
        null. A `submitdate` of `None` makes it incomplete. The participant with that token is marked as completed.

        Raises `KeyError` for a heading that the survey does not have, `ValueError` where the survey is not active.
        """
        if not self.active:
            raise ValueError(f"Survey {self.sid} is not active: activate() it before responses are added.")
        by_heading = self.columns_by_heading()
        columns = [(by_heading[heading], text) for heading, text in answers.items()]
        started = startdate or datestamp or submitdate or f"{server_now():%Y-%m-%d %H:%M:%S}"
        stored = StoredResponse(
            id=self.next_response_id if response_id is None else response_id,
            answers={column.name: column.stored(text) for column, text in columns},
            token=token,
            submitdate=submitdate,
            startdate=started,
            datestamp=datestamp or submitdate or started,
            lastpage=lastpage,
            startlanguage=startlanguage or self.languages[0],
            seed=seed,
        )
        self.put_response(stored)
        if token is not None and submitdate is not None:
            for participant in self.participants.values():
                if participant.token == token:
                    participant.completed = submitdate[:16]
                    participant.usesleft -= 1
        return stored.id

    def put_response(self, stored: StoredResponse) -> None:
        """Stores a row under its id and keeps the rows in the order of their ids."""
        append = not self.responses or stored.id > next(reversed(self.responses))
        self.responses[stored.id] = stored
        if not append:
            self.responses = dict(sorted(self.responses.items()))
        self.next_response_id = max(self.next_response_id, stored.id + 1)


def new_token(length: int = 15) -> str:
    """A random token of letters and digits."""
    return "".join(secrets.choice(_ALPHANUMERIC) for _ in range(length))
