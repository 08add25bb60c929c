"""Hold the state of a simulated server: its users, sessions and surveys."""

from __future__ import annotations

import secrets
import string
import threading
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from tasks.simulator.model import Numbering, server_now
from tasks.simulator.survey import Survey

SESSION_SECONDS = 7200
LOCKOUT_FAILURES = 3
LOCKOUT_SECONDS = 600
_KEY_CHARACTERS = string.ascii_letters + string.digits + "_~"


class Interface(StrEnum):
    """The setting of the remote control interface."""

    JSON = "json"
    XML = "xml"
    OFF = "off"


class Right(StrEnum):
    """A permission on a survey. Administrators have all of them.

    The values are the server's names, of permissions to read where not stated otherwise.
    """

    SURVEY = "survey"
    CONTENT = "surveycontent"
    RESPONSES = "responses"
    EXPORT = "responses, export"
    PARTICIPANTS = "tokens"
    SETTINGS = "surveysettings"
    TEXTS = "surveylocale"
    CHANGE = "all, change"


READING = frozenset({Right.SURVEY, Right.CONTENT, Right.RESPONSES, Right.EXPORT, Right.PARTICIPANTS})
"""The rights of a user who collects responses."""


@dataclass(frozen=True, slots=True)
class User:
    """A user account; a user who is not an administrator has `rights` on `surveys`."""

    name: str
    password: str
    administrator: bool = True
    surveys: frozenset[int] = frozenset()
    rights: frozenset[Right] = READING
    enabled: bool = True

    def may(self, sid: int, right: Right) -> bool:
        """Return whether the user has a permission on a survey."""
        return self.administrator or (sid in self.surveys and right in self.rights)


@dataclass(slots=True)
class _Session:
    user: User
    made_at: float


class State:
    """The state of a simulated server.

    A lock serialises the calls; hold `lock` to change a survey while the server runs.
    """

    def __init__(
        self,
        surveys: Iterable[Survey] = (),
        users: Iterable[User] = (User("admin", "password"),),
        *,
        monotonic: Callable[[], float] = time.monotonic,
        now: Callable[[], datetime] = server_now,
    ) -> None:
        """Create a server.

        Args:
            surveys: The surveys, which get new ids for their groups and questions.
            users: The user accounts.
            monotonic: The clock by which sessions and lockouts expire, in seconds.
            now: The clock of the server, naive, in its time zone.
        """
        self.surveys: dict[int, Survey] = {}
        self.interface = Interface.JSON
        self.mail_works = False
        """Whether invitations and reminders are marked as sent. No mail is ever sent."""
        self.users: dict[str, User] = {user.name: user for user in users}
        self.lock = threading.RLock()
        self.monotonic = monotonic
        self.now = now
        self.sessions: dict[str, _Session] = {}
        self.failures: dict[str, tuple[int, float]] = {}
        self.numbering = Numbering()
        for survey in surveys:
            self.add(survey)

    def add(self, survey: Survey) -> Survey:
        """Add a survey under its own id; its groups and questions get the next free ids of the server."""
        self.renumber(survey)
        self.surveys[survey.sid] = survey
        return survey

    def renumber(self, survey: Survey) -> None:
        """Give the groups, questions and texts of a survey the next free ids, as an import does."""
        columns = [column.name for column in survey.columns()]
        gids = {group.gid: self.numbering.gid + offset for offset, group in enumerate(survey.groups)}
        qids = {question.qid: self.numbering.qid + offset for offset, question in enumerate(survey.questions)}
        text_ids = sorted(text.id for question in survey.questions for text in question.texts.values())
        new_text_ids = {old: self.numbering.text_id + offset for offset, old in enumerate(text_ids)}
        for group in survey.groups:
            group.gid = gids[group.gid]
        for question in survey.questions:
            question.qid, question.gid = qids[question.qid], gids[question.gid]
            question.parent_qid = qids.get(question.parent_qid, 0)
            for text in question.texts.values():
                text.id = new_text_ids[text.id]
        renamed = dict(zip(columns, (column.name for column in survey.columns()), strict=True))
        survey.rename_columns(renamed)
        self.numbering.gid += len(gids)
        self.numbering.qid += len(qids)
        self.numbering.text_id += len(text_ids)
        survey.numbering = self.numbering

    def login(self, name: str, password: str, plugin: str, address: str) -> str | None:
        """Return a new session key, or None if the name, password or plugin is wrong.

        Raises:
            PermissionError: The address is locked out, even with the right password.
        """
        failed, since = self.failures.get(address, (0, 0.0))
        if failed >= LOCKOUT_FAILURES:
            if self.monotonic() - since < LOCKOUT_SECONDS:
                raise PermissionError(address)
            failed = 0
        if plugin != "Authdb":
            return None
        user = self.users.get(name)
        if user is None or user.password != password or not user.enabled:
            self.failures[address] = (failed + 1, self.monotonic())
            return None
        self.failures.pop(address, None)
        key = "".join(secrets.choice(_KEY_CHARACTERS) for _ in range(32))
        self.sessions[key] = _Session(user, self.monotonic())
        return key

    def user_of(self, key: object) -> User | None:
        """Return the user of a session key, or None if the key is unknown, released or expired."""
        session = self.sessions.get(key) if isinstance(key, str) else None
        if session is None or self.monotonic() - session.made_at >= SESSION_SECONDS:
            return None
        return session.user

    def expire_sessions(self) -> None:
        """End all sessions."""
        self.sessions.clear()

    def date(self) -> str:
        """Return the time of the server as text, in the format of its database."""
        return f"{self.now():%Y-%m-%d %H:%M:%S}"
