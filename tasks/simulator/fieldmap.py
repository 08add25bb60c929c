"""Build the field map: the server's description of each column of a responses table."""

from __future__ import annotations

from tasks.simulator.fields import AnswerColumn, ordered_questions, subquestions_of
from tasks.simulator.model import Question
from tasks.simulator.survey import Survey
from tasks.simulator.wording import word


def field_map(survey: Survey, language: str) -> dict[str, object]:
    """Return the description of each column by name, in the order of the table."""
    fields: dict[str, object] = {}
    for name in ("id", "submitdate", "lastpage", "startlanguage", "seed", *_own_columns(survey)):
        fields[name] = {
            "fieldname": name,
            "sid": survey.sid,
            "type": {"ipaddr": "ipaddress", "refurl": "url"}.get(name, name),
            "gid": "",
            "qid": "",
            "aid": "",
            "title": "",
            "question": word(name, "en"),
            "group_name": "",
        }
    groups = {group.gid: group for group in survey.groups}
    group_numbers = {group.gid: number for number, group in enumerate(sorted(survey.groups, key=lambda row: row.order))}
    question_numbers = {question.qid: number for number, question in enumerate(ordered_questions(survey))}
    columns = survey.columns()
    for position, column in enumerate(columns):
        question = column.question
        group = groups[question.gid]
        entry: dict[str, object] = {
            "fieldname": column.name,
            "type": question.type,
            "sid": survey.sid,
            "gid": question.gid,
            "qid": question.qid,
            "aid": column.rank or column.aid,
            "title": question.title,
            "question": _text(question, language),
            "group_name": group.names.get(language),
            "mandatory": question.mandatory,
            "encrypted": question.encrypted,
            "hasconditions": "N",
            "usedinconditions": "N",
            "questionSeq": question_numbers[question.qid],
            "groupSeq": group_numbers[question.gid],
        }
        entry |= _part(survey, column, language)
        last = position + 1 == len(columns) or columns[position + 1].question is not question
        if last:
            entry |= {"relevance": question.relevance, "grelevance": group.relevance, "preg": question.preg}
            entry |= {"help": question.texts[language].help if language in question.texts else ""}
            entry.setdefault("other", "Y" if column.extra in {"other", "othercomment"} else "N")
            if language in question.default_values and not column.subquestions:
                entry["defaultvalue"] = question.default_values[language]
        fields[column.name] = entry
    return fields


def _own_columns(survey: Survey) -> list[str]:
    names = ["token"] if survey.has_participants and not survey.anonymized else []
    names += ["startdate", "datestamp"] if survey.dated else []
    return names + [name for name in ("ipaddr", "refurl") if survey.settings.get(name) == "Y"]


def _text(question: Question, language: str) -> str | None:
    return question.texts[language].question if language in question.texts else None


def _part(survey: Survey, column: AnswerColumn, language: str) -> dict[str, object]:
    """Return the members that describe the part of the question in the column."""
    question = column.question
    if column.extra == "rank":
        return {"subquestion": f"{word('rank', language)} {column.rank}"}
    if column.extra == "filecount":
        return {"question": f"filecount - {_text(question, language)}"}
    if column.extra == "comment" and column.subquestions:
        return {"subquestion1": word("comment", language), "subquestion": _text(column.subquestions[0], language)}
    if column.extra:
        other = {"other": "Y"} if question.type in "MP" else {}
        return {"subquestion": word(column.extra, language), **other}
    if column.scale_id is not None:
        first = {"SQrelevance": column.subquestions[0].relevance} if column.scale_id == 0 else {}
        return {
            "scale_id": column.scale_id,
            "subquestion": _text(column.subquestions[0], language),
            "scale": f"{word('scale', language)} {column.scale_id + 1}",
            **first,
        }
    if len(column.subquestions) > 1:
        row, across = column.subquestions
        return {
            "sqid": row.qid,
            "subquestion1": _text(row, language),
            "subquestion2": _text(across, language),
            "preg": row.preg,
            "answerList": [
                {"code": option.title, "answer": _text(option, language)}
                for option in subquestions_of(survey, question, 1)
            ],
            "SQrelevance": row.relevance,
        }
    if column.subquestions:
        row = column.subquestions[0]
        return {
            "sqid": row.qid,
            "subquestion": _text(row, language),
            "preg": row.preg,
            "SQrelevance": row.relevance,
        }
    if question.type == "|":
        return {"max_files": question.attributes.get(("max_num_of_files", ""), "1")}
    return {}
