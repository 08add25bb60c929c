"""The errors of the client.

    LimeSurveyError
     ├─ Unreachable
     ├─ LoginRefused
     ├─ SurveyNotFound
     ├─ SurveyNotActive
     ├─ NoParticipantTable
     ├─ MissingAttribute
     ├─ NotPermitted
     ├─ BadAnswer
     ├─ ServerError
     └─ SessionExpired, Exhausted (handled inside the client)

Every error names the address without credentials, the survey, what was found, what was expected and the remedy. The
server's own words are in `words`; they are part of the sentence only where they cannot hold SQL or table names.
"""

from __future__ import annotations

from collections.abc import Sequence


class LimeSurveyError(Exception):
    """The base of all errors of this package. `str(error)` is a full sentence.

    Attributes:
        where: The server's address, without credentials.
        found: What was found, as part of a sentence.
        expected: What was expected, as part of a sentence.
        remedy: What to do, as one or more sentences.
        survey_id: The survey of the call, if it had one.
        words: The server's own words. They may hold SQL.
    """

    def __init__(
        self, *, where: str, found: str, expected: str, remedy: str, survey_id: int | None = None, words: str = ""
    ) -> None:
        self.where = where
        self.found = found
        self.expected = expected
        self.remedy = remedy
        self.survey_id = survey_id
        self.words = words
        survey = "" if survey_id is None else f", survey {survey_id}"
        super().__init__(f"{where}{survey}: {found}. Expected: {expected}. {remedy}")


class Unreachable(LimeSurveyError):
    """No answer: the connection failed, the deadline passed, or every attempt returned HTTP 429 or 5xx."""


class LoginRefused(LimeSurveyError):
    """The server refused the login, or has locked our address out (`locked_out`). Never retried."""

    def __init__(
        self, *, where: str, found: str, expected: str, remedy: str, words: str = "", locked_out: bool = False
    ) -> None:
        super().__init__(where=where, found=found, expected=expected, remedy=remedy, words=words)
        self.locked_out = locked_out


class SurveyNotFound(LimeSurveyError):
    """No survey has that number."""


class SurveyNotActive(LimeSurveyError):
    """The survey has no table of responses: it was never activated, or it was deactivated."""


class NoParticipantTable(LimeSurveyError):
    """The survey has no participants table: open to all, or deactivated."""


class MissingAttribute(LimeSurveyError):
    """The participants of the survey lack attributes that were asked for.

    Attributes:
        names: The attributes that they lack.
    """

    def __init__(
        self, *, where: str, found: str, expected: str, remedy: str, survey_id: int, names: Sequence[str]
    ) -> None:
        super().__init__(where=where, found=found, expected=expected, remedy=remedy, survey_id=survey_id)
        self.names = tuple(names)


class NotPermitted(LimeSurveyError):
    """The account lacks a permission; some calls return the same words for a survey that does not exist."""


class BadAnswer(LimeSurveyError):
    """An answer that breaks the protocol. None of it is used."""


class ServerError(LimeSurveyError):
    """The server reported an internal error. Its words may hold SQL: they are in `words` only."""


class SessionExpired(LimeSurveyError):
    """The session key has expired. Handled inside the client: it logs in again, once."""


class Exhausted(LimeSurveyError):
    """One answer was too large for the server or for us. Handled inside the client: it halves the page."""
