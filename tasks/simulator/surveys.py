"""Implement the remote methods for sessions, the site and surveys."""

from __future__ import annotations

import base64
import binascii
import secrets
from collections import Counter
from typing import cast

from tasks.simulator.fieldmap import field_map
from tasks.simulator.protocol import Call, DatabaseFailure, StatusError, integer, remote, texts
from tasks.simulator.state import Right
from tasks.simulator.survey import Survey

_LOCKED_OUT = "You have exceeded the number of maximum login attempts. Please wait 10 minutes before trying again."
_SITE = {
    "versionnumber": "6.14.0",
    "dbversionnumber": 630,
    "defaultlang": "en",
    "iSessionExpirationTime": 7200,
    "timeadjust": "+0 hours",
    "maxemails": 50,
    "sitename": "Simulator",
    "restrictToLanguages": "",
}
# The properties of a survey in the order of the server's answer, with their defaults for an export file.
_PROPERTIES: dict[str, str | int | None] = {
    "sid": 0, "owner_id": 1, "gsid": 1, "admin": "", "active": "N", "expires": None, "startdate": None,
    "adminemail": "", "anonymized": "N", "format": "G", "savetimings": "N", "template": "fruity_twentythree",
    "language": "en", "additional_languages": "", "datestamp": "N", "usecookie": "N", "allowregister": "N",
    "allowsave": "Y", "autonumber_start": 0, "autoredirect": "N", "allowprev": "N", "printanswers": "N",
    "ipaddr": "N", "ipanonymize": "N", "refurl": "N", "datecreated": "", "showsurveypolicynotice": 0,
    "publicstatistics": "N", "publicgraphs": "N", "listpublic": "N", "htmlemail": "Y", "sendconfirmation": "Y",
    "tokenanswerspersistence": "N", "assessments": "N", "usecaptcha": "N", "usetokens": "N", "bounce_email": None,
    "attributedescriptions": "", "emailresponseto": None, "emailnotificationto": None, "tokenlength": 15,
    "showxquestions": "Y", "showgroupinfo": "B", "shownoanswer": "Y", "showqnumcode": "X", "bouncetime": None,
    "bounceprocessing": "N", "bounceaccounttype": None, "bounceaccounthost": None, "bounceaccountpass": None,
    "bounceaccountencryption": None, "bounceaccountuser": None, "showwelcome": "Y", "showprogress": "Y",
    "questionindex": 0, "navigationdelay": 0, "nokeyboard": "N", "alloweditaftercompletion": "N",
    "googleanalyticsstyle": None, "googleanalyticsapikey": None, "tokenencryptionoptions": "",
}  # fmt: skip
_LANGUAGE_PROPERTIES = (
    "surveyls_survey_id", "surveyls_language", "surveyls_title", "surveyls_description", "surveyls_welcometext",
    "surveyls_endtext", "surveyls_policy_notice", "surveyls_policy_error", "surveyls_policy_notice_label",
    "surveyls_url", "surveyls_urldescription", "surveyls_email_invite_subj", "surveyls_email_invite",
    "surveyls_email_remind_subj", "surveyls_email_remind", "surveyls_email_register_subj", "surveyls_email_register",
    "surveyls_email_confirm_subj", "surveyls_email_confirm", "surveyls_dateformat", "surveyls_attributecaptions",
    "surveyls_alias", "email_admin_notification_subj", "email_admin_notification", "email_admin_responses_subj",
    "email_admin_responses", "surveyls_numberformat", "attachments",
)  # fmt: skip


@remote("username", "password", "plugin?", needs_session=False)
def get_session_key(call: Call, name: object, password: object, plugin: object = "Authdb") -> object:
    """Return a session key for a user name and password."""
    try:
        key = call.state.login(str(name), str(password), str(plugin or "Authdb"), call.address)
    except PermissionError:
        raise StatusError(_LOCKED_OUT) from None
    if key is None:
        raise StatusError("Invalid user name or password")
    return key


@remote()
def release_session_key(call: Call, key: object) -> object:
    """End a session; an unknown key is OK too."""
    call.state.sessions.pop(str(key), None)
    return "OK"


@remote("sSetttingName")
def get_site_settings(call: Call, name: object) -> object:
    """Return a setting of the site, for administrators only."""
    if not call.user.administrator or name not in _SITE:
        raise StatusError("Invalid setting")
    return _SITE[cast("str", name)]


@remote("sUsername?")
def list_surveys(call: Call, username: object = None) -> object:
    """Return the surveys that the user may read; an administrator may request those of another user."""
    user = call.user
    if username and user.administrator:
        if username not in call.state.users:
            raise StatusError("Invalid user")
        user = call.state.users[str(username)]
    rows = [
        {
            "sid": survey.sid,
            "gsid": integer(survey.settings.get("gsid")) or 1,
            "surveyls_title": survey.texts[survey.languages[0]]["surveyls_title"],
            "startdate": survey.settings.get("startdate"),
            "expires": survey.settings.get("expires"),
            "active": "Y" if survey.active else "N",
        }
        for _, survey in sorted(call.state.surveys.items())
        if user.may(survey.sid, Right.SURVEY)
    ]
    if not rows:
        raise StatusError("No surveys found")
    return rows


def _properties(survey: Survey) -> dict[str, object]:
    properties: dict[str, object] = {}
    for name, default in _PROPERTIES.items():
        value = survey.settings.get(name, default)
        properties[name] = integer(value) if isinstance(default, int) else value if value is not None else default
    return properties | {"sid": survey.sid, "active": "Y" if survey.active else "N", "datecreated": survey.created}


@remote("iSurveyID", "aSurveySettings?")
def get_survey_properties(call: Call, survey_id: object, names: object = None) -> object:
    """Return the properties of a survey, all or those requested."""
    survey = call.survey(survey_id, Right.SETTINGS)
    properties = _properties(survey)
    return {name: properties[name] for name in texts(names) if name in properties} if names else properties


@remote("iSurveyID", "aSurveyData")
def set_survey_properties(call: Call, survey_id: object, data: object) -> object:
    """Change properties of a survey and report each change."""
    survey = call.survey(survey_id, Right.CHANGE)
    done: dict[str, bool] = {}
    for name, value in cast("dict[str, object]", data).items():
        if name in _PROPERTIES and name not in {"sid", "active", "language", "additional_languages"}:
            survey.settings[name] = None if value is None else str(value)
            done[name] = True
    if not done:
        raise StatusError("No valid Data")
    return done


@remote("iSurveyID", "aSurveyLocaleSettings?", "sLang?")
def get_language_properties(call: Call, survey_id: object, names: object = None, language: object = None) -> object:
    """Return the texts of a survey in a language; all are null for a language that it does not have."""
    survey = call.survey(survey_id, Right.TEXTS)
    stored = survey.texts.get(str(language or survey.languages[0]), {})
    values: dict[str, object] = {}
    for name in _LANGUAGE_PROPERTIES:
        value: object = stored.get(name)
        if stored and value is None and name not in {"surveyls_attributecaptions", "attachments"}:
            value = ""
        if stored and name in {"surveyls_survey_id", "surveyls_dateformat", "surveyls_numberformat"}:
            value = survey.sid if name == "surveyls_survey_id" else integer(value)
        values[name] = value
    return {name: values[name] for name in texts(names) if name in values} if names else values


@remote("iSurveyID", "sLanguage?")
def get_fieldmap(call: Call, survey_id: object, language: object = None) -> object:
    """Return a description of each column of the responses table."""
    survey = call.survey(survey_id, Right.CONTENT)
    return field_map(survey, str(language) if language in survey.languages else survey.languages[0])


@remote("iSurveyID", "sStatName?")
def get_summary(call: Call, survey_id: object, name: object = "all") -> object:
    """Return the numbers of participants and responses, without those of absent tables."""
    survey = call.survey(survey_id, Right.SURVEY, missing="Invalid surveyid")
    counts: dict[str, int] = {}
    people = survey.participants.values()
    if survey.has_participants:
        counts = {
            "token_count": len(people),
            "token_invalid": len([row for row in people if not row.token]),
            "token_sent": len([row for row in people if row.sent != "N"]),
            "token_opted_out": len([row for row in people if row.emailstatus.startswith("OptOut")]),
            "token_completed": len([row for row in people if row.completed != "N"]),
            "token_screenout": 0,
        }
    if survey.active:
        complete = len([row for row in survey.responses.values() if row.submitdate])
        counts |= {
            "completed_responses": complete,
            "incomplete_responses": len(survey.responses) - complete,
            "full_responses": len(survey.responses),
        }
    if name in {"all", None}:
        return counts or []
    if str(name) not in _SUMMARY_KEYS:
        raise StatusError("Invalid summary key")
    if str(name) not in counts:
        raise StatusError("No available data")
    return counts[str(name)]


_SUMMARY_KEYS = (
    "token_count", "token_invalid", "token_sent", "token_opted_out", "token_completed", "token_screenout",
    "completed_responses", "incomplete_responses", "full_responses",
)  # fmt: skip


@remote("iSurveyID", "sType", "dStart", "dEnd")
def export_timeline(call: Call, survey_id: object, kind: object, start: object, end: object) -> object:
    """Return the number of responses completed per day or hour; hours have no leading zero."""
    survey = call.survey(survey_id, Right.RESPONSES)
    if kind not in {"day", "hour"}:
        raise StatusError("Invalid Period")
    if not survey.active:
        raise StatusError("No available data")
    first, last = (str(moment).replace("T", " ") for moment in (start, end))
    periods = Counter(
        row.submitdate[:10] if kind == "day" else f"{row.submitdate[:10]}_{int(row.submitdate[11:13])}"
        for row in survey.responses.values()
        if survey.dated and row.submitdate and first <= row.submitdate <= last
    )
    if not periods:
        raise StatusError("No valid Data")
    return dict(sorted(periods.items()))


@remote("iSurveyID", "aActivationOptions?")
def activate_survey(call: Call, survey_id: object, _options: object = None) -> object:
    """Activate a survey."""
    survey = call.survey(survey_id, Right.CHANGE, missing="No permission")
    if survey.active:
        raise StatusError("Error: Survey already active")
    survey.activate()
    return {"status": "OK", "pluginFeedback": None, "isAllowRegister": False}


@remote("iSurveyID", "aAttributeFields?")
def activate_tokens(call: Call, survey_id: object, attributes: object = None) -> object:
    """Create the participants table with the requested numbered attributes."""
    survey = call.survey(survey_id, Right.CHANGE)
    if survey.has_participants:
        raise DatabaseFailure(
            "CDbCommand failed to execute the SQL statement: SQLSTATE[42S01]: Base table or view already exists: "
            f"1050 Table 'lime_tokens_{survey.sid}' already exists"
        )
    survey.has_participants = True
    numbers = [integer(number) for number in cast("list[object]", attributes)] if isinstance(attributes, list) else []
    survey.attribute_names = tuple(f"attribute_{number}" for number in numbers)
    return {"status": "OK"}


@remote("iSurveyID", "sNewname", "DestSurveyID?")
def copy_survey(call: Call, survey_id: object, title: object, wanted_id: object = None) -> object:
    """Copy the structure of a survey under the requested id if it is free, else under a random one."""
    survey = call.survey(survey_id, Right.CHANGE)
    number = integer(wanted_id)
    while not number or number in call.state.surveys:
        number = secrets.randbelow(900_000) + 100_000
    return {"status": "OK", "newsid": call.state.add(survey.copy(number, str(title))).sid}


@remote("sImportData", "sImportDataType", "sNewSurveyName?", "DestSurveyID?")
def import_survey(call: Call, data: object, kind: object, title: object = None, wanted_id: object = None) -> object:
    """Import the structure of a survey with new ids for its groups and questions; return the survey id."""
    if not call.user.administrator:
        raise StatusError("No permission")
    if kind not in {"lss", "csv", "txt", "lsa"}:
        raise StatusError("Invalid extension")
    try:
        survey = Survey.from_lss(base64.b64decode(str(data)))
    except (ValueError, binascii.Error, KeyError):
        raise StatusError("Error: This is not a valid LimeSurvey survey structure XML file.") from None
    survey.sid = integer(wanted_id) or survey.sid
    while survey.sid in call.state.surveys:
        survey.sid += 1
    if title:
        survey.texts[survey.languages[0]]["surveyls_title"] = str(title)
    survey.created = call.state.date()
    call.state.add(survey)
    return survey.sid
