"""Implement the remote methods for participants."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import cast

from tasks.simulator.model import Participant, new_token
from tasks.simulator.protocol import Call, Crash, StatusError, integer, remote, texts
from tasks.simulator.state import Right
from tasks.simulator.survey import Survey

_NO_TABLE = "Error: No survey participants table"
# The real server has more; these are the ones in use.
_OPERATORS: dict[str, Callable[[str, str], bool]] = {
    "=": lambda left, right: left.casefold() == right.casefold(),
    "LIKE": lambda left, right: right.casefold() in left.casefold(),
    ">": lambda left, right: float(left) > float(right),
}


def _with_table(call: Call, survey_id: object, right: Right, *, words: str = _NO_TABLE) -> Survey:
    survey = call.survey(survey_id, right)
    if not survey.has_participants:
        raise StatusError(words)
    return survey


def _meets(participant: Participant, survey: Survey, conditions: object) -> bool:
    if not isinstance(conditions, dict):
        return True
    for name, condition in cast("dict[str, object]", conditions).items():
        if name not in survey.attribute_names and participant.value(name) is None:
            continue  # the server ignores unknown columns
        sign, wanted = "=", condition
        if isinstance(condition, list):
            sign, wanted = str(cast("list[object]", condition)[0]), cast("list[object]", condition)[1]
            if sign not in _OPERATORS:
                raise StatusError(f"Illegal operator: {sign}")
        if not _OPERATORS[sign](str(participant.value(name)), str(wanted)):
            return False
    return True


@remote("iSurveyID", "iStart?", "iLimit?", "bUnused?", "aAttributes?", "aConditions?")
def list_participants(
    call: Call,
    survey_id: object,
    start: object = 0,
    limit: object = 10,
    unused: object = False,
    attributes: object = False,
    conditions: object = None,
) -> object:
    """Return participants from tid `start` on, with the requested columns; unknown columns are ignored."""
    survey = _with_table(call, survey_id, Right.PARTICIPANTS)
    if attributes is True:
        raise Crash
    wanted = texts(attributes)
    rows: list[object] = []
    for participant in survey.participants.values():
        if participant.tid < integer(start) or (unused and participant.completed != "N"):
            continue
        if not _meets(participant, survey, conditions):
            continue
        row: dict[str, object] = {
            "tid": participant.tid,
            "token": participant.token,
            "participant_info": {
                "firstname": participant.firstname,
                "lastname": participant.lastname,
                "email": participant.email,
            },
        }
        known = (*survey.attribute_names, *_columns(survey, participant))
        row |= {name: _columns(survey, participant).get(name) for name in wanted if name in known}
        rows.append(row)
        if len(rows) >= integer(limit):
            break
    if not rows:
        raise StatusError("No survey participants found.")
    return rows


def _columns(survey: Survey, row: Participant) -> dict[str, object]:
    """Return all columns of a row, in the order of the table."""
    columns: dict[str, object] = {
        "usesleft": row.usesleft,
        "completed": row.completed,
        "emailstatus": row.emailstatus,
        "tid": row.tid,
        "participant_id": None,
        "firstname": row.firstname,
        "lastname": row.lastname,
        "email": row.email,
        "token": row.token,
        "language": row.language,
        "blacklisted": None,
        "sent": row.sent,
        "remindersent": row.remindersent,
        "remindercount": row.remindercount,
        "validfrom": row.validfrom,
        "validuntil": row.validuntil,
        "mpid": None,
    }
    return columns | {name: row.attributes.get(name) for name in survey.attribute_names}


def _participant(survey: Survey, query: object) -> Participant:
    if isinstance(query, dict):
        found = [row for row in survey.participants.values() if _meets(row, survey, query)]
        if len(found) > 1:
            raise StatusError("Error: More than 1 result was found based on your attributes.")
    else:
        found = [row for row in survey.participants.values() if row.tid == integer(query)]
    if not found:
        raise StatusError("Error: No results were found based on your attributes.")
    return found[0]


@remote("iSurveyID", "aTokenQueryProperties", "aTokenProperties?")
def get_participant_properties(call: Call, survey_id: object, query: object, names: object = None) -> object:
    """Return a participant, selected by tid or by column values."""
    survey = _with_table(call, survey_id, Right.PARTICIPANTS)
    columns = _columns(survey, _participant(survey, query))
    return {name: columns[name] for name in texts(names) if name in columns} if names else columns


@remote("iSurveyID", "aTokenQueryProperties", "aTokenData")
def set_participant_properties(call: Call, survey_id: object, query: object, data: object) -> object:
    """Change a participant and return all its columns."""
    survey = _with_table(call, survey_id, Right.CHANGE)
    participant = _participant(survey, query)
    for name, value in cast("dict[str, object]", data).items():
        if name in survey.attribute_names:
            participant.attributes[name] = str(value)
        elif name != "tid" and hasattr(participant, name):
            setattr(participant, name, value)
    return _columns(survey, participant)


@remote("iSurveyID", "aParticipantData", "bCreateToken?")
def add_participants(call: Call, survey_id: object, data: object, create_token: object = True) -> object:
    """Add participants; with `create_token`, each gets a new token in place of the given one."""
    survey = _with_table(call, survey_id, Right.CHANGE, words="No survey participants table")
    rows: list[object] = []
    for given in cast("list[dict[str, object]]", data):
        values = dict(given)
        if values.get("email") and "@" not in str(values["email"]):
            rows.append(values | {"errors": {"email": ["Invalid email address."]}})
            continue
        token = new_token() if create_token else str(values.get("token") or "")
        attributes = {name: str(values[name]) for name in survey.attribute_names if name in values}
        columns = {
            name: cast("str", values[name])
            for name in ("firstname", "lastname", "email", "language", "usesleft", "validfrom", "validuntil")
            if name in values
        }
        tid = survey.add_participant(token=token, attributes=attributes, **columns)
        stored = _columns(survey, survey.participants[tid])
        row = {name: stored[name] for name in ("sent", "remindersent", "remindercount", "completed", "usesleft")}
        row |= {"emailstatus": "OK", **{name: stored[name] for name in values if name in stored}}
        row |= {"token": token, "language": stored["language"], "tid": str(tid), "participant_id": None}
        rows.append(row | {"blacklisted": None, "validfrom": None, "validuntil": None, "mpid": None} | columns)
    return rows


@remote("iSurveyID", "aTokenIDs")
def delete_participants(call: Call, survey_id: object, tids: object) -> object:
    """Delete participants; their responses remain."""
    survey = _with_table(call, survey_id, Right.CHANGE)
    outcome: dict[str, str] = {}
    for tid in cast("list[object]", tids):
        deleted = survey.participants.pop(integer(tid), None)
        outcome[str(tid)] = "Deleted" if deleted else "Invalid token ID"
    return outcome


def _mail(call: Call, chosen: list[Participant], left: int) -> object:
    """Return the status of each mail; a failure has the message of a server without a mail system."""
    sent = call.state.mail_works
    answer: dict[str, object] = {
        str(row.tid): {
            "name": f"{row.firstname} {row.lastname}",
            "email": row.email,
            "status": "OK" if sent else "fail",
            "warning": None,
            "error": None if sent else "Could not instantiate mail function.",
        }
        for row in chosen
    }
    return answer | {"status": f"{left} left to send"}


@remote("iSurveyID", "aTokenIds?", "bEmail?", "continueOnError?")
def invite_participants(
    call: Call, survey_id: object, tids: object = None, _email: object = True, _go_on: object = False
) -> object:
    """Invite participants who have not been invited yet."""
    survey = _with_table(call, survey_id, Right.CHANGE)
    waiting = [row for row in survey.participants.values() if row.sent == "N" and row.completed == "N"]
    chosen = _chosen(waiting, tids)
    if not chosen:
        raise StatusError("Error: No candidate tokens")
    for row in chosen if call.state.mail_works else ():
        row.sent = call.state.date()[:16]
    return _mail(call, chosen, len(waiting) - len(chosen))


@remote("iSurveyID", "iMinDaysBetween?", "iMaxReminders?", "aTokenIds?", "continueOnError?")
def remind_participants(
    call: Call,
    survey_id: object,
    days: object = None,
    most: object = None,
    tids: object = None,
    _go_on: object = False,
) -> object:
    """Remind participants who were invited and have not answered."""
    survey = _with_table(call, survey_id, Right.CHANGE)
    before = f"{call.state.now() - timedelta(days=integer(days)):%Y-%m-%d %H:%M}"
    waiting = [
        row
        for row in survey.participants.values()
        if row.sent != "N"
        and row.completed == "N"
        and (most is None or row.remindercount < integer(most))
        and (days is None or max(row.sent, row.remindersent.replace("N", "")) <= before)
    ]
    chosen = _chosen(waiting, tids)
    if not chosen:
        raise StatusError("Error: No candidate tokens")
    for row in chosen if call.state.mail_works else ():
        row.remindersent = call.state.date()[:16]
        row.remindercount += 1
    return _mail(call, chosen, len(waiting) - len(chosen))


def _chosen(waiting: list[Participant], tids: object) -> list[Participant]:
    if not isinstance(tids, list):
        return waiting
    wanted = {integer(tid) for tid in cast("list[object]", tids)}
    return [row for row in waiting if row.tid in wanted]
