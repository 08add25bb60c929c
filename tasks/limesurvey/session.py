"""Make calls within a session: log in, renew an expired session, and raise the error that a `status` means."""

from __future__ import annotations

from collections.abc import Callable
from typing import Self, cast

import httpx
from pydantic import SecretStr

from tasks.limesurvey.errors import (
    BadAnswer,
    LimeSurveyError,
    LoginRefused,
    NoParticipantTable,
    NotPermitted,
    SessionExpired,
    SurveyNotActive,
    SurveyNotFound,
)
from tasks.limesurvey.exchange import Deadline
from tasks.limesurvey.wire import Again, JsonRpcTransport, Limits
from tasks.limesurvey.words import Meaning, meaning_of_status

_RELEASE_SECONDS = 10.0
_NOTHING_READ = "Nothing was read, and the collected responses stay as they are."


class StatusAnswer(Exception):
    """A result that holds nothing but a `status`: the server's words, and their meaning."""

    def __init__(self, words: str, meaning: Meaning) -> None:
        super().__init__(words)
        self.words = words
        self.meaning = meaning


class Session:
    """A session with one server, opened by the first call and released at the end of the block."""

    def __init__(
        self,
        url: str,
        *,
        username: str,
        password: str | SecretStr,
        transport: httpx.BaseTransport | None,
        limits: Limits,
        wait: Callable[[float], object],
    ) -> None:
        self._limits = limits
        self._wire = JsonRpcTransport(url, transport=transport, limits=limits, wait=wait)
        self._username = username
        self._password = password if isinstance(password, SecretStr) else SecretStr(password)
        self._key: str | None = None

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self.where!r})"

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_details: object) -> None:
        self.close()

    @property
    def where(self) -> str:
        """The server's address without credentials."""
        return self._wire.where

    def close(self) -> None:
        """Log out (`release_session_key`), if logged in, and close the connections. Failures are ignored."""
        key, self._key = self._key, None
        try:
            if key is not None:
                self._wire.post(
                    "release_session_key", [key], self._wire.deadline(at_most=_RELEASE_SECONDS), again=Again.NEVER
                )
        except LimeSurveyError:
            pass  # the session expires by itself
        finally:
            self._wire.close()

    def _call(
        self,
        method: str,
        *params: object,
        survey_id: int | None = None,
        reading: bool = True,
        halving: bool = False,
        judging: bool = False,
    ) -> object:
        """Call a method and return its result, within one deadline for retries and logins.

        Args:
            method: The remote call.
            params: Its arguments after the session key.
            survey_id: The survey, for errors.
            reading: False for a call that writes, which is never repeated.
            halving: Raise `Exhausted` for an answer that is too large for the server or for us.
            judging: Raise `StatusAnswer` for words that mean "empty" or "no such language".

        Raises:
            LimeSurveyError: The call failed, or its result is a `status`: the subclass that the words mean.
            StatusAnswer: See `judging`.
        """
        deadline = self._wire.deadline()
        expired = False
        while True:
            if self._key is None:
                self._key = self._login(deadline)
            try:
                result = self._wire.post(
                    method,
                    [self._key, *params],
                    deadline,
                    again=Again.ALWAYS if reading else Again.NEVER,
                    survey_id=survey_id,
                    halving=halving,
                )
                return self._accepted(method, result, survey_id, reading=reading, judging=judging)
            except SessionExpired as error:
                self._key = None
                if expired:
                    found = f"the session was over again right after a new login ({error.words!r})"
                    raise self._bad(found, survey_id, expected="a session that lasts", words=error.words) from error
                expired = True

    def _login(self, deadline: Deadline) -> str:
        """Log in (`get_session_key`) and return the session key.

        A login that the server received is never repeated: after three failures it locks our address out.
        """
        parameters = [self._username, self._password.get_secret_value()]
        result = self._wire.post("get_session_key", parameters, deadline, again=Again.UNHEARD)
        words = _status_of(result)
        if words is not None:
            locked = "maximum login attempts" in words.lower() or "login attempts" in words.lower()
            raise LoginRefused(
                where=self.where,
                found=f"the login of {self._username!r} is refused: "
                + ("too many failed attempts, the server locked this address out" if locked else words),
                expected="a session key",
                remedy="Wait for as long as the server demands before you try again, whatever the password."
                if locked
                else "Check name and password before you try again: three failures lock this address out.",
                words=words,
                locked_out=locked,
            )
        if not isinstance(result, str) or not result:
            raise self._bad("the login gives no session key", None, expected="a session key")
        return result

    def _accepted(self, method: str, result: object, survey_id: int | None, *, reading: bool, judging: bool) -> object:
        """Return the result of a call; where it is a `status`, raise the error that it means."""
        words = _status_of(result, alone=not reading)
        if words is None:
            return result
        meaning = meaning_of_status(words)
        match meaning:
            case Meaning.SESSION_EXPIRED:
                raise self._refusal(SessionExpired, words, survey_id)
            case Meaning.EMPTY | Meaning.UNKNOWN_LANGUAGE if judging:
                raise StatusAnswer(words, meaning)
            case Meaning.NO_SURVEY:
                raise self._refusal(SurveyNotFound, words, survey_id)
            case Meaning.NOT_ACTIVE:
                raise self._refusal(SurveyNotActive, words, survey_id)
            case Meaning.NO_PARTICIPANT_TABLE:
                raise self._refusal(NoParticipantTable, words, survey_id)
            case Meaning.NOT_PERMITTED:
                raise self._not_permitted(method, words, survey_id)
            case _:
                raise self._refusal(BadAnswer, words, survey_id)

    def _refusal(self, kind: type[LimeSurveyError], words: str, survey_id: int | None) -> LimeSurveyError:
        found, expected, remedy = _SENTENCES[kind]
        return kind(
            where=self.where,
            survey_id=survey_id,
            found=found.format(words=words),
            expected=expected,
            remedy=remedy,
            words=words,
        )

    def _not_permitted(self, method: str, words: str, survey_id: int | None) -> NotPermitted:
        action = _PERMISSIONS.get(method, f"call {method}")
        return NotPermitted(
            where=self.where,
            survey_id=survey_id,
            found=f"the account may not {action}, or there is no such survey ({words})",
            expected=f"an account with the permission to {action}",
            remedy="Ask the survey's owner for this permission, and check the number.",
            words=words,
        )

    def _bad(
        self, found: str, survey_id: int | None, *, expected: str = "a whole and undamaged answer", words: str = ""
    ) -> BadAnswer:
        return self._wire.bad(found, survey_id, expected=expected, remedy=_NOTHING_READ, words=words)

    def _only_empty(self, answer: StatusAnswer, survey_id: int | None) -> None:
        """Raise `BadAnswer` unless the words mean "empty"."""
        if answer.meaning is not Meaning.EMPTY:
            raise self._bad(f"the server answers {answer.words!r}", survey_id, words=answer.words)

    def _refuse(self, method: str, survey_id: int | None) -> Callable[[str], BadAnswer]:
        """Return a function that makes the error for an unexpected value in the result of a method."""
        return lambda found: self._bad(f"the answer to {method} is not usable: {found}", survey_id)


def _status_of(result: object, *, alone: bool = False) -> str | None:
    """Return the words of a result that is a failure status, else None.

    With `alone`, a status beside other values is no failure: calls that send mails return it with their results.
    """
    if isinstance(result, str):
        return result if meaning_of_status(result) is Meaning.SESSION_EXPIRED else None
    if not isinstance(result, dict):
        return None
    fields = cast("dict[str, object]", result)
    status = fields.get("status")
    if isinstance(status, str) and status != "OK" and (len(fields) == 1 or not alone):
        return status
    return None


_SENTENCES: dict[type[LimeSurveyError], tuple[str, str, str]] = {
    SessionExpired: ("the session is over ({words})", "a valid session", "Log in again."),
    SurveyNotFound: (
        "there is no such survey ({words})",
        "the number of a survey of this server",
        "Correct the number in the programme, or find out whether the survey was deleted.",
    ),
    SurveyNotActive: (
        "the survey has no table of responses ({words})",
        "an active survey",
        "Activate it, or remove it from the programme. Its answers could not be checked.",
    ),
    NoParticipantTable: (
        "the survey has no participants table ({words})",
        "a survey with participants",
        "Create its participants table, or declare that its responses are not joined by participant.",
    ),
    BadAnswer: (
        "the server answers {words!r}",
        "a result, or words that Essaim knows",
        f"{_NOTHING_READ} Ask the administrator of the server what the words mean.",
    ),
}

_PERMISSIONS = {
    "get_summary": "read the survey",
    "get_survey_properties": "read the survey's settings",
    "list_groups": "read the survey's content",
    "list_questions": "read the survey's content",
    "get_question_properties": "read the survey's content",
    "list_participants": "read the survey's participants",
    "invite_participants": "change the survey's participants",
    "remind_participants": "change the survey's participants",
    "export_timeline": "read the survey's responses",
    "export_responses": "export the survey's responses",
}
"""What the account needs the permission for, by remote call."""
