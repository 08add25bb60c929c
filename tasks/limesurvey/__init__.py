"""A client for LimeSurvey's RemoteControl 2 (JSON-RPC) that returns complete data or raises, and nothing in between.

The client knows nothing of programmes, warehouses or orchestration. It validates every answer of the server; an answer
it does not recognise is an error, never an empty result. Dates are naive, in the server's time zone.
"""

from tasks.limesurvey.answers import (
    LONG_FORM,
    RESPONSES,
    answer_fields,
    are_begun,
    contents,
    long_form,
    responses_table,
)
from tasks.limesurvey.client import LimeSurvey
from tasks.limesurvey.errors import (
    BadAnswer,
    LimeSurveyError,
    LoginRefused,
    MissingAttribute,
    NoParticipantTable,
    NotPermitted,
    ServerError,
    SurveyNotActive,
    SurveyNotFound,
    Unreachable,
)
from tasks.limesurvey.model import (
    Mailing,
    Participant,
    ResponsePage,
    Summary,
    SurveyEntry,
    SurveyProperties,
)
from tasks.limesurvey.pages import ResponseFile, responses_of, tells_hidden

__all__ = [
    "LONG_FORM",
    "RESPONSES",
    "BadAnswer",
    "LimeSurvey",
    "LimeSurveyError",
    "LoginRefused",
    "Mailing",
    "MissingAttribute",
    "NoParticipantTable",
    "NotPermitted",
    "Participant",
    "ResponseFile",
    "ResponsePage",
    "ServerError",
    "Summary",
    "SurveyEntry",
    "SurveyNotActive",
    "SurveyNotFound",
    "SurveyProperties",
    "Unreachable",
    "answer_fields",
    "are_begun",
    "contents",
    "long_form",
    "responses_of",
    "responses_table",
    "tells_hidden",
]
