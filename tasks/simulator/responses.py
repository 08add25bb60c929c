"""Implement the remote methods for responses."""

from __future__ import annotations

import base64
import json
import re
import secrets
import urllib.parse
from bisect import bisect_left, bisect_right
from typing import cast

from tasks.simulator.exports import Options, export
from tasks.simulator.fields import AnswerColumn
from tasks.simulator.model import StoredResponse
from tasks.simulator.protocol import Call, Crash, DatabaseFailure, PlainText, StatusError, integer, remote, texts
from tasks.simulator.state import Right
from tasks.simulator.survey import Survey

_NO_TABLE = "No Data, survey table does not exist."
_EMPTY = "No Data, could not get max id."
_SQL = "CDbCommand failed to execute the SQL statement: SQLSTATE"
_DIGITS_BEFORE_THE_POINT = 20
_OWN = ("submitdate", "startdate", "datestamp", "lastpage", "startlanguage", "seed", "token", "ipaddr", "refurl")


def _select(
    survey: Survey, completion: object, first: int = 0, last: int = 0, ids: set[int] | None = None
) -> list[StoredResponse]:
    numbers = list(survey.responses)  # ascending
    between = numbers[bisect_left(numbers, first) : bisect_right(numbers, last) if last else None]
    return [
        row
        for row in (survey.responses[number] for number in between)
        if (ids is None or row.id in ids)
        and (completion not in {"complete", "incomplete"} or (row.submitdate is not None) == (completion == "complete"))
    ]


def _options(
    call: Call,
    survey: Survey,
    kind: object,
    language: object,
    heading: object,
    answers: object,
    fields: object,
    additional: dict[str, object],
) -> Options:
    chosen = str(language or survey.languages[0])
    if chosen not in survey.languages:
        raise StatusError("Language code not found for this survey.")
    if kind not in {"json", "csv"}:
        raise DatabaseFailure(f"Writer for {kind} should implement IWriter")
    if "stripHtmlCode" in additional:
        raise Crash
    if fields == []:
        raise PlainText("At least one column must be selected for export.")
    return Options(
        kind=str(kind),
        language=chosen,
        heading=str(heading),
        answers=str(answers),
        fields=tuple(texts(fields)) if fields else None,
        with_participants=call.user.may(survey.sid, Right.PARTICIPANTS),
    )


@remote(
    "iSurveyID", "sDocumentType", "sLanguageCode?", "sCompletionStatus?", "sHeadingType?", "sResponseType?",
    "iFromResponseID?", "iToResponseID?", "aFields?", "aAdditionalOptions?",
)  # fmt: skip
def export_responses(
    call: Call,
    survey_id: object,
    kind: object,
    language: object = None,
    completion: object = "all",
    heading: object = "code",
    answers: object = "short",
    first: object = None,
    last: object = None,
    fields: object = None,
    additional: object = None,
) -> object:
    """Export the responses of a survey between two ids, inclusive (0 or null for no limit)."""
    survey = call.survey(survey_id, Right.EXPORT, missing="No permission")
    if not survey.active:
        raise StatusError(_NO_TABLE)
    if not survey.responses:
        raise StatusError(_EMPTY)
    extra = cast("dict[str, object]", additional) if isinstance(additional, dict) else {}
    options = _options(call, survey, kind, language, heading, answers, fields, extra)
    ids = {integer(text) for text in str(extra["aResponses"]).split(",")} if "aResponses" in extra else None
    return export(survey, _select(survey, completion, integer(first), integer(last), ids), options)


@remote(
    "iSurveyID", "sDocumentType", "sToken", "sLanguageCode?", "sCompletionStatus?", "sHeadingType?",
    "sResponseType?", "aFields?", "aAdditionalOptions?",
)  # fmt: skip
def export_responses_by_token(
    call: Call,
    survey_id: object,
    kind: object,
    token: object,
    language: object = None,
    completion: object = "all",
    heading: object = "code",
    answers: object = "short",
    fields: object = None,
    additional: object = None,
) -> object:
    """Export the responses with one of the tokens."""
    survey = call.state.surveys.get(integer(survey_id))
    if survey is None or not survey.active:
        raise StatusError(_NO_TABLE)
    call.survey(survey_id, Right.EXPORT)
    if not survey.responses:
        raise StatusError(_EMPTY)
    _need_tokens(survey)
    if token == []:
        raise StatusError("No Data, empty tokens array parameter")
    wanted = texts(cast("object", token)) if isinstance(token, list) else [str(token)]
    rows = [row for row in _select(survey, completion) if row.token in wanted]
    if not rows and not isinstance(token, list):
        raise StatusError("No Response found for Token")
    extra = cast("dict[str, object]", additional) if isinstance(additional, dict) else {}
    return export(survey, rows, _options(call, survey, kind, language, heading, answers, fields, extra))


def _need_tokens(survey: Survey) -> None:
    if survey.anonymized:
        raise DatabaseFailure(f'Table "lime_survey_{survey.sid}" does not have a column named "token".')


@remote("iSurveyID", "sToken")
def get_response_ids(call: Call, survey_id: object, token: object) -> object:
    """Return the ids of the responses with a token."""
    survey = call.survey(survey_id, Right.RESPONSES, missing="No permission")
    if not survey.active:
        raise DatabaseFailure(
            f'The table "{{{{survey_{survey.sid}}}}}" for active record class "SurveyDynamic" '
            "cannot be found in the database."
        )
    _need_tokens(survey)
    return [row.id for row in survey.responses.values() if row.token == token]


def _check(survey: Survey, column: AnswerColumn, text: str | None) -> None:
    """Reject a value that the database of the server rejects, with its message."""
    kind = column.question.type
    if text is None or column.extra:
        return
    table = f"`limesurvey`.`lime_survey_{survey.sid}`.`{column.name}`"
    if kind in "L!OFH1" and len(text) > 5:
        raise DatabaseFailure(
            f"{_SQL}[22001]: String data, right truncated: 1406 Data too long for column '{column.name}' at row 1"
        )
    if kind in "NK" and not text:
        raise DatabaseFailure(
            f"{_SQL}[22007]: Invalid datetime format: 1366 Incorrect decimal value: '' for column {table} at row 1"
        )
    if kind in "NK" and not re.fullmatch(r"[+-]?\d+(\.\d+)?", text):
        raise DatabaseFailure(f"{_SQL}[01000]: Warning: 1265 Data truncated for column '{column.name}' at row 1")
    if kind in "NK" and len(text.lstrip("+-0").partition(".")[0]) > _DIGITS_BEFORE_THE_POINT:
        raise DatabaseFailure(
            f"{_SQL}[22003]: Numeric value out of range: 1264 Out of range value for column '{column.name}' at row 1"
        )
    if kind == "D" and not re.match(r"\d{4}-\d\d-\d\d", text):
        raise DatabaseFailure(
            f"{_SQL}[22007]: Invalid datetime format: 1292 Incorrect datetime value: '{text}' "
            f"for column {table} at row 1"
        )


def _answers(survey: Survey, data: dict[str, object]) -> dict[str, str | None]:
    answers: dict[str, str | None] = {}
    columns = {column.name: column for column in survey.columns()}
    for name, value in data.items():
        if name in columns:
            column = columns[name]
            _check(survey, column, value if isinstance(value, str) else None)
            answers[column.name] = column.stored(value)
    return answers


@remote("iSurveyID", "aResponseData")
def add_response(call: Call, survey_id: object, data: object) -> object:
    """Add a response from values by column name, complete unless `submitdate` is empty; ignore unknown columns."""
    survey = call.survey(survey_id, Right.CHANGE)
    if not survey.active:
        raise StatusError("No survey response table")
    values = dict(cast("dict[str, object]", data))
    now = call.state.date()
    given_id = integer(values["id"]) if "id" in values else None
    if given_id in survey.responses:
        raise DatabaseFailure(
            f"{_SQL}[23000]: Integrity constraint violation: 1062 Duplicate entry '{given_id}' for key 'PRIMARY'"
        )
    own: dict[str, object] = {name: values.get(name) or None for name in _OWN}
    own["submitdate"] = (values["submitdate"] or None) if "submitdate" in values else now
    own |= {name: own[name] or now for name in ("startdate", "datestamp")} if survey.dated else {}
    own["startlanguage"] = own["startlanguage"] or survey.languages[0]
    stored = StoredResponse(
        id=survey.next_response_id if given_id is None else given_id,
        answers=_answers(survey, values),
        **own,  # type: ignore[arg-type]  # names of the dataclass, values of the caller
    )
    survey.put_response(stored)
    return stored.id if given_id is not None else str(stored.id)


@remote("iSurveyID", "aResponseData")
def update_response(call: Call, survey_id: object, data: object) -> object:
    """Change values of a response; its dates are not updated."""
    survey = call.survey(survey_id, Right.CHANGE)
    if not survey.active:
        raise StatusError("No survey response table")
    if survey.settings.get("alloweditaftercompletion") != "Y":
        raise StatusError("Survey does not allow edit after completion")
    values = cast("dict[str, object]", data)
    if "id" in values:
        matching = [survey.responses[integer(values["id"])]] if integer(values["id"]) in survey.responses else []
    else:
        matching = [row for row in survey.responses.values() if row.token == values.get("token")]
    if not matching:
        raise StatusError("No matching Response")
    if len(matching) > 1:
        raise StatusError("More then one matching response, updateing is not possible.")
    stored = matching[0]
    stored.answers = {**stored.answers, **_answers(survey, values)}
    for name in _OWN:
        if name in values:
            setattr(stored, name, values[name])
    return True


@remote("iSurveyID", "iResponseID")
def delete_response(call: Call, survey_id: object, response_id: object) -> object:
    """Delete a response; its id is not reused."""
    survey = call.survey(survey_id, Right.CHANGE)
    if not survey.active:
        raise StatusError("No survey response table")
    if survey.responses.pop(integer(response_id), None) is None:
        raise StatusError("Response Id not found")
    return {str(integer(response_id)): "deleted"}


@remote("iSurveyID", "sFieldName", "sFileName", "sFileContent")
def upload_file(call: Call, survey_id: object, _field: object, name: object, content: object) -> object:
    """Store a file, which a response can then reference."""
    survey = call.survey(survey_id, Right.CHANGE)
    extension = str(name).rpartition(".")[2].lower()
    stored = f"fu_{secrets.token_hex(8)}_{extension}"
    survey.files[stored] = str(content)
    return {
        "success": True,
        "size": 0.001 * (len(str(content)) * 3 // 4),
        "name": urllib.parse.quote(str(name)),
        "ext": extension,
        "filename": stored,
        "msg": "The file has been successfully uploaded.",
    }


@remote("iSurveyID", "sToken", "responseId?")
def get_uploaded_files(call: Call, survey_id: object, token: object, response_id: object = None) -> object:
    """Return the files of the responses with a token, or of one response, with their contents."""
    survey = call.state.surveys.get(integer(survey_id))
    if survey is None or not survey.active:
        raise StatusError(_NO_TABLE)
    call.survey(survey_id, Right.RESPONSES)
    if not token and not response_id:
        raise StatusError("Invalid arguments: both Token and Reponse ID are empty")
    rows = [
        row
        for row in survey.responses.values()
        if (not token or row.token == token) and (not response_id or row.id == integer(response_id))
    ]
    if not rows:
        raise StatusError("Could not find response for given token or response id")
    uploaded: dict[str, object] = {}
    for column in survey.columns():
        if column.question.type != "|" or column.extra:
            continue
        for row in rows:
            listed = cast("list[dict[str, object]]", json.loads(row.answers.get(column.name) or "[]"))
            for index, meta in enumerate(listed):
                name = str(meta["filename"])
                question = {"title": column.question.title, "qid": column.question.qid}
                content = survey.files.get(name, base64.b64encode(b"").decode())
                uploaded[name] = {"meta": meta | {"question": question, "index": index}, "content": content}
    return uploaded or []
