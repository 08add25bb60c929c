"""Implement the remote methods for groups and questions."""

from __future__ import annotations

import functools
import json
from importlib.resources import files
from typing import cast

from tasks.simulator.fields import subquestions_of
from tasks.simulator.model import Question
from tasks.simulator.protocol import Call, DatabaseFailure, StatusError, integer, remote, texts
from tasks.simulator.state import Right
from tasks.simulator.survey import Survey

_NO_ANSWERS = "No available answers"
_NO_OPTIONS = "No available answer options"
_DUAL_SCALE = "1"
_ONE_SCALE, _TWO_SCALES = "answeroptions", "answeroptions_multiscale"
"""The names for requesting options: of ordinary questions, and of dual-scale ones. Answers use the first."""


@remote("iSurveyID", "sLanguage?")
def list_groups(call: Call, survey_id: object, language: object = None) -> object:
    """Return the groups; their names are null in a language that the survey does not have."""
    survey = call.survey(survey_id, Right.CONTENT)
    chosen = str(language or survey.languages[0])
    return [
        {
            "id": group.gid,
            "gid": group.gid,
            "sid": survey.sid,
            "group_order": group.order,
            "randomization_group": group.randomization,
            "grelevance": group.relevance,
            "group_name": group.names.get(chosen),
            "description": group.descriptions.get(chosen),
            "language": chosen,
        }
        for group in sorted(survey.groups, key=lambda row: row.order)
    ] or _none("No groups found")


def _none(words: str) -> object:
    raise StatusError(words)


def _row(survey: Survey, question: Question, language: str) -> dict[str, object]:
    text = question.texts[language]
    return {
        "id": question.qid,
        "question": text.question,
        "help": text.help,
        "language": language,
        "qid": question.qid,
        "parent_qid": question.parent_qid,
        "sid": survey.sid,
        "type": question.type,
        "title": question.title,
        "preg": question.preg,
        "other": question.other,
        "mandatory": question.mandatory,
        "encrypted": question.encrypted,
        "question_order": question.order,
        "scale_id": question.scale_id,
        "same_default": question.same_default,
        "question_theme_name": question.theme,
        "modulename": question.modulename,
        "gid": question.gid,
        "relevance": question.relevance,
        "same_script": question.same_script,
    }


@remote("iSurveyID", "iGroupID?", "sLanguage?")
def list_questions(call: Call, survey_id: object, group_id: object = None, language: object = None) -> object:
    """Return the questions and subquestions of a survey or of a group, ordered by group and position."""
    survey = call.survey(survey_id, Right.CONTENT)
    chosen = str(language or survey.languages[0])
    if chosen not in survey.languages:
        raise StatusError("Error: Invalid language")
    gid = integer(group_id) if group_id is not None else None
    orders = {group.gid: group.order for group in survey.groups}
    if gid is not None and gid not in orders:
        raise StatusError("Error: group not found")
    questions = [row for row in survey.questions if gid in {None, row.gid} and chosen in row.texts]
    questions.sort(key=lambda row: (orders[row.gid], row.order, row.qid))
    return [_row(survey, question, chosen) for question in questions] or _none("No questions found")


def _find(call: Call, question_id: object, right: Right) -> tuple[Survey, Question]:
    qid = integer(question_id)
    for survey in call.state.surveys.values():
        for question in survey.questions:
            if question.qid == qid:
                call.need(survey, right)
                return survey, question
    raise StatusError("Error: Invalid questionid")


def _options(question: Question, language: str) -> object:
    by_scale: dict[str, dict[str, object]] = {}
    for option in sorted(question.options, key=lambda row: (row.scale_id, row.order)):
        with_code: dict[str, object] = {"code": option.code} if question.type == _DUAL_SCALE else {}
        by_scale.setdefault(str(option.scale_id), {})[option.code] = with_code | {
            "answer": option.texts.get(language),
            "assessment_value": option.assessment,
            "scale_id": option.scale_id,
            "order": option.order,
        }
    if question.type == _DUAL_SCALE:
        return listed({scale: listed(options) for scale, options in by_scale.items()}) or _NO_OPTIONS
    return listed(by_scale.get("0", {})) or _NO_OPTIONS


def listed(array: dict[str, object]) -> object:
    """Convert a PHP array to JSON: an array with keys 0, 1, 2 … becomes a list."""
    return list(array.values()) if list(array) == [str(number) for number in range(len(array))] else array


def _subquestions(survey: Survey, question: Question, language: str) -> object:
    return {
        str(row.qid): {"title": row.title, "question": row.texts[language].question, "scale_id": row.scale_id}
        for row in subquestions_of(survey, question)
    } or _NO_ANSWERS


@functools.cache
def _default_attributes() -> dict[str, dict[str, dict[str, str | None]]]:
    """Return the attributes of each question theme with their default values, in the order of the server."""
    return json.loads(files("tasks.simulator").joinpath("attributes.json").read_text(encoding="utf-8"))


def _attributes(question: Question, language: str) -> tuple[dict[str, str | None], dict[str, str | None]]:
    """Return the attributes of a question without a language, and those in one language."""
    defaults = _default_attributes().get(question.theme or "", {"own": {}, "by_language": {}})
    own = dict(defaults["own"])
    translated = dict(defaults["by_language"])
    for (attribute, of), value in question.attributes.items():
        if of in {"", language}:
            (translated if of else own)[attribute] = value
    return own, translated


def _properties(survey: Survey, question: Question, language: str) -> dict[str, object]:
    text = question.texts[language]
    own, translated = _attributes(question, language)
    return {
        "qid": question.qid,
        "parent_qid": question.parent_qid,
        "sid": survey.sid,
        "gid": question.gid,
        "type": question.type,
        "title": question.title,
        "preg": question.preg,
        "other": question.other,
        "mandatory": question.mandatory,
        "encrypted": question.encrypted,
        "question_order": question.order,
        "scale_id": question.scale_id,
        "same_default": question.same_default,
        "relevance": question.relevance,
        "question_theme_name": question.theme,
        "modulename": question.modulename,
        "same_script": question.same_script,
        "question": text.question,
        "help": text.help,
        "script": text.script,
        "questionl10ns": {
            "id": text.id,
            "qid": question.qid,
            "question": text.question,
            "help": text.help,
            "script": text.script,
            "language": language,
        },
        "available_answers": listed(
            {row.title: row.texts[language].question for row in subquestions_of(survey, question)}
        )
        or _NO_ANSWERS,
        "subquestions": _subquestions(survey, question, language),
        "attributes": own or "No available attributes",
        "attributes_lang": translated or "No available attributes",
        "answeroptions": _options(question, language),
        "defaultvalue": None,
    }


@remote("iQuestionID", "aQuestionSettings?", "sLanguage?")
def get_question_properties(call: Call, question_id: object, names: object = None, language: object = None) -> object:
    """Return the properties of a question, all or those requested.

    The call fails if the question has a default value and it is requested. `answeroptions` alone is invalid for a
    dual-scale question, `answeroptions_multiscale` alone for other types.
    """
    survey, question = _find(call, question_id, Right.CONTENT)
    chosen = str(language or survey.languages[0])
    if chosen not in question.texts:
        raise StatusError("Error: Invalid questionid")
    wanted = texts(names)
    if question.default_values and (not wanted or "defaultvalue" in wanted):
        raise DatabaseFailure('Property "DefaultValue.defaultvalue" is not defined.')
    properties = _properties(survey, question, chosen)
    if not wanted:
        return properties
    of_other_types = _ONE_SCALE if question.type == _DUAL_SCALE else _TWO_SCALES
    requested = [_ONE_SCALE if name == _TWO_SCALES else name for name in wanted if name != of_other_types]
    found = {name: properties[name] for name in requested if name in properties}
    return found or _none("No valid Data")


def _is_taken(survey: Survey, question: Question, code: str) -> bool:
    place = (question.parent_qid, question.scale_id)
    others = [row for row in survey.questions if row is not question and (row.parent_qid, row.scale_id) == place]
    return code.casefold() in {row.title.casefold() for row in others}


@remote("iQuestionID", "aQuestionData", "sLanguage?")
def set_question_properties(call: Call, question_id: object, data: object, _language: object = None) -> object:
    """Change properties of a question, even while the survey is active; texts cannot be changed this way.

    A code that another question of the same place has, in any case of letters, is refused with `false`.
    """
    survey, question = _find(call, question_id, Right.CHANGE)
    done: dict[str, bool] = {}
    for name, value in cast("dict[str, object]", data).items():
        if name == "title" and _is_taken(survey, question, str(value)):
            done[name] = False
            continue
        if name == "question_order" and question.parent_qid == 0:
            survey.move_question(question.title, integer(value))
        elif name in {"title", "mandatory", "relevance", "preg"}:
            setattr(question, name, str(value))
        else:
            continue
        done[name] = True
    if any(done.values()):
        survey.number_questions(question.gid)
    return done or _none("No valid Data")


@remote("iQuestionID")
def delete_question(call: Call, question_id: object) -> object:
    """Delete a question of an inactive survey and return its id."""
    survey, question = _find(call, question_id, Right.CHANGE)
    if survey.active:
        raise StatusError("Survey is active and not editable")
    survey.questions = [row for row in survey.questions if question.qid not in {row.qid, row.parent_qid}]
    return question.qid


@remote("iGroupID", "aGroupSettings?", "sLanguage?")
def get_group_properties(call: Call, group_id: object, names: object = None, language: object = None) -> object:
    """Return the properties of a group, all or those requested."""
    gid = integer(group_id)
    for survey in call.state.surveys.values():
        for group in survey.groups:
            if group.gid != gid:
                continue
            call.need(survey, Right.CONTENT)
            chosen = str(language or survey.languages[0])
            values: dict[str, object] = {
                "gid": gid,
                "sid": survey.sid,
                "group_order": group.order,
                "randomization_group": group.randomization,
                "grelevance": group.relevance,
                "group_name": group.names.get(chosen),
                "description": group.descriptions.get(chosen),
            }
            return {name: values[name] for name in texts(names) if name in values} if names else values
    raise StatusError("Error: Invalid group ID")
