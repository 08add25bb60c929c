"""A client for LimeSurvey's RemoteControl 2 (JSON-RPC), made for pipelines: whole answers or an error, never less.

It knows nothing of programmes, warehouses or orchestration. What a server answers is checked before it is believed;
whatever is not recognised is an error, never "empty". Dates are naive, in the server's time zone.
"""

from tasks.limesurvey.answers import (
    LONG_FORM,
    RESPONSES,
    SYSTEM_HEADINGS,
    answer_fields,
    are_answered,
    contents,
    long_form,
    reserved_codes,
    responses_table,
)
from tasks.limesurvey.client import LimeSurvey
from tasks.limesurvey.errors import (
    BadAnswer,
    LimeSurveyError,
    LoginRefused,
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
    UploadedFile,
)
from tasks.limesurvey.pages import ResponseFile, responses_of

__all__ = [
    "LONG_FORM",
    "RESPONSES",
    "SYSTEM_HEADINGS",
    "BadAnswer",
    "LimeSurvey",
    "LimeSurveyError",
    "LoginRefused",
    "Mailing",
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
    "UploadedFile",
    "answer_fields",
    "are_answered",
    "contents",
    "long_form",
    "reserved_codes",
    "responses_of",
    "responses_table",
]
