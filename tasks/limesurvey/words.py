"""Map the server's words, which differ by method and version, to one meaning each."""

from __future__ import annotations

import re
from enum import StrEnum


class Meaning(StrEnum):
    """What a `status` or an `error` of the server means."""

    SESSION_EXPIRED = "session expired"
    NO_SURVEY = "no survey"
    NOT_ACTIVE = "not active"
    NO_PARTICIPANT_TABLE = "no participant table"
    NOT_PERMITTED = "not permitted"
    EMPTY = "empty"
    OUT_OF_MEMORY = "out of memory"
    UNKNOWN_LANGUAGE = "unknown language"
    UNKNOWN = "unknown"


# Compared in lower case and without the full stop. Spellings of LimeSurvey 6.14 (recorded) and of near versions.
_SESSION = (r"(error: )?invalid session ?key", r"session (key )?(has )?expired", r"invalid session")
_STATUS: dict[Meaning, tuple[str, ...]] = {
    Meaning.SESSION_EXPIRED: _SESSION,
    Meaning.NO_SURVEY: (r"(error: )?invalid survey ?id", r"(error: )?survey (id )?(does not exist|not found)"),
    Meaning.NOT_ACTIVE: (
        r"no data, survey table does not exist",
        r"no survey response table",
        r"(error: )?survey (is )?not active",
        r"no available data",
    ),
    Meaning.NO_PARTICIPANT_TABLE: (r"(error: )?no (survey )?(participants?|token) table",),
    Meaning.NOT_PERMITTED: (r"no permission", r"permission denied"),
    Meaning.EMPTY: (
        r"no surveys found",
        r"no (survey )?(participants|tokens) found",
        r"no data, could not get max id",
        r"(error: )?no candidate tokens",
        r"no valid data",
    ),
    Meaning.UNKNOWN_LANGUAGE: (r"error: invalid language", r"language code not found for this survey"),
}
_ERROR: dict[Meaning, tuple[str, ...]] = {
    Meaning.SESSION_EXPIRED: _SESSION,
    Meaning.NOT_ACTIVE: (r'the table ".*survey_\d+.*" .*cannot be found in the database',),
    Meaning.OUT_OF_MEMORY: (r".*allowed memory size.*", r".*out of memory.*"),
}


def meaning_of_status(words: str) -> Meaning:
    """Return the meaning of the `status` in a result."""
    return _meaning(words, _STATUS)


def meaning_of_error(words: str) -> Meaning:
    """Return the meaning of the `error` of an envelope."""
    return _meaning(words, _ERROR)


def _meaning(words: str, table: dict[Meaning, tuple[str, ...]]) -> Meaning:
    compared = words.strip().rstrip(".").lower()
    for meaning, patterns in table.items():
        if any(re.fullmatch(pattern, compared, re.DOTALL) for pattern in patterns):
            return meaning
    return Meaning.UNKNOWN
