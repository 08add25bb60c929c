"""What can go wrong between us and a LimeSurvey server, as sentences for a person.

Every error says where (the address without credentials, the survey), what was found, what was expected and what to do;
the server's own words stay in `words`, out of the sentence where they could hold SQL or table names.
"""

from __future__ import annotations


class LimeSurveyError(Exception):
    """The base of all errors of this package.

    `str(error)` is a full sentence; `words` are the server's own; `survey_id` is the survey that was asked about.
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
    """No answer: connection refused or cut, deadline passed, or HTTP 5xx to the end of the retries."""


class LoginRefused(LimeSurveyError):
    """Name and password were refused, or the address is locked out (`locked_out`). Never retried."""

    def __init__(
        self, *, where: str, found: str, expected: str, remedy: str, words: str = "", locked_out: bool = False
    ) -> None:
        super().__init__(where=where, found=found, expected=expected, remedy=remedy, words=words)
        self.locked_out = locked_out


class SurveyNotFound(LimeSurveyError):
    """There is no survey of that number."""


class SurveyNotActive(LimeSurveyError):
    """The survey has no table of responses: it was never activated, or it was deactivated."""


class NoParticipantTable(LimeSurveyError):
    """The survey has no participants table: open to all, or deactivated."""


class NotPermitted(LimeSurveyError):
    """The account lacks a right, or the survey does not exist and the server does not say so."""


class BadAnswer(LimeSurveyError):
    """An answer that is not what the protocol promises. Nothing of it is used."""


class ServerError(LimeSurveyError):
    """The server failed inside; its words, which may hold SQL, are in `words` only."""


class SessionExpired(LimeSurveyError):
    """The session key is not valid any more. Handled inside the client, by logging in once more."""


class Exhausted(LimeSurveyError):
    """The server gave up on one answer (HTTP 500, nothing at all, out of memory). Pages are halved on it."""
