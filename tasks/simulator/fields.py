"""Derive the columns of a responses table: their names and their headings in exports."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Protocol

from tasks.simulator.model import Group, Question


class Questioned(Protocol):
    """The parts of a survey that determine its columns: number, groups and questions."""

    sid: int
    groups: list[Group]
    questions: list[Question]


_NUMERIC = "NK"
_DATED = "D"


@dataclass(frozen=True, slots=True)
class AnswerColumn:
    """A column that holds answers.

    Attributes:
        name: The column name of the server, such as `790101X14X138gouv#0`.
        heading: The heading in exports by code, such as `td[gouv][1]`.
        question: The question.
        aid: The part of `name` after the id of the question.
        subquestions: The subquestions of the column: a row, or a row and a column.
        extra: The kind of an additional field.
        scale_id: The scale of a dual-scale question, 0 or 1.
        rank: The rank in a ranking question, from 1; 0 for other types.
    """

    name: str
    heading: str
    question: Question
    aid: str
    subquestions: tuple[Question, ...] = ()
    extra: str = ""
    """`other`, `comment`, `othercomment`, `rank` or `filecount`; empty for the answer itself."""
    scale_id: int | None = None
    rank: int = 0

    def stored(self, text: object) -> str | None:
        """Convert a value like the database of the server.

        Empty numbers and dates become null, decimals are shortened, dates get a time.
        """
        if text is None:
            return None
        if isinstance(text, bool | int | float):
            text = _number(text)
        if not isinstance(text, str):
            text = str(text)
        if self.extra in {"other", "comment", "othercomment"}:
            return text
        if self.extra == "filecount":
            return text or None
        if self.question.type in _DATED:
            return text + " 00:00:00"[len(text) - len("2026-01-01") :] if text else None
        if self.question.type in _NUMERIC:
            return shortened(text) if text else None
        return text


def _number(value: float) -> str:
    return str(int(value)) if float(value).is_integer() else str(value)


def shortened(decimal: str) -> str:
    """Remove trailing zeros from a decimal fraction: `0.10` becomes `0.1`."""
    return re.sub(r"\.?0+$", "", decimal) if "." in decimal else decimal


def ordered_questions(survey: Questioned) -> list[Question]:
    """Return the questions, without subquestions, in the order of the questionnaire."""
    order_of_group = {group.gid: group.order for group in survey.groups}
    questions = [question for question in survey.questions if question.parent_qid == 0]
    return sorted(questions, key=lambda question: (order_of_group[question.gid], question.order, question.qid))


def subquestions_of(survey: Questioned, question: Question, scale_id: int | None = None) -> list[Question]:
    """Return the subquestions of a question in order, on one scale or on all."""
    return sorted(
        (
            row
            for row in survey.questions
            if row.parent_qid == question.qid and (scale_id is None or row.scale_id == scale_id)
        ),
        key=lambda row: (row.scale_id, row.order, row.qid),
    )


def answer_columns(survey: Questioned) -> list[AnswerColumn]:
    """Return all columns that hold answers, in the order of the questionnaire."""
    return [column for question in ordered_questions(survey) for column in _columns_of(survey, question)]


def _columns_of(survey: Questioned, question: Question) -> list[AnswerColumn]:
    base = f"{survey.sid}X{question.gid}X{question.qid}"
    title = question.title

    def plain(aid: str = "", heading: str = "", extra: str = "") -> AnswerColumn:
        return AnswerColumn(base + aid, title + heading, question, aid.removeprefix("_"), extra=extra)

    def of(subquestion: Question, aid: str = "", extra: str = "") -> AnswerColumn:
        aid = aid or subquestion.title
        return AnswerColumn(base + aid, f"{title}[{aid}]", question, aid, (subquestion,), extra)

    match question.type:
        case "L" | "!":
            return [plain(), *([plain("other", "[other]", "other")] if question.other == "Y" else [])]
        case "O":
            return [plain(), plain("comment", "[comment]", "comment")]
        case "|":
            return [plain(), plain("_filecount", "[filecount]", "filecount")]
        case "R":
            return [
                AnswerColumn(f"{base}{rank}", f"{title}[{rank}]", question, str(rank), extra="rank", rank=rank)
                for rank in range(1, _ranks(question) + 1)
            ]
        case "1":
            return [
                AnswerColumn(
                    f"{base}{row.title}#{scale}",
                    f"{title}[{row.title}][{scale + 1}]",
                    question,
                    row.title,
                    (row,),
                    scale_id=scale,
                )
                for row in subquestions_of(survey, question)
                for scale in (0, 1)
            ]
        case ":" | ";":
            across = subquestions_of(survey, question, 1)
            return [
                AnswerColumn(
                    f"{base}{row.title}_{column.title}",
                    f"{title}[{row.title}_{column.title}]",
                    question,
                    f"{row.title}_{column.title}",
                    (row, column),
                )
                for row in subquestions_of(survey, question, 0)
                for column in across
            ]
        case "M":
            columns = [of(row) for row in subquestions_of(survey, question)]
            return columns + ([plain("other", "[other]", "other")] if question.other == "Y" else [])
        case "P":
            columns = [
                column
                for row in subquestions_of(survey, question)
                for column in (of(row), of(row, f"{row.title}comment", "comment"))
            ]
            if question.other == "Y":
                columns += [plain("other", "[other]", "other"), plain("othercomment", "[othercomment]", "othercomment")]
            return columns
        case "A" | "B" | "C" | "E" | "F" | "H" | "K" | "Q":
            return [of(row) for row in subquestions_of(survey, question)]
        case _:
            return [plain()]


def _ranks(question: Question) -> int:
    """Return the number of ranks of a ranking question: the number of options, or its limit."""
    limit = question.attributes.get(("max_subquestions", ""), "")
    return int(limit) if limit.isdigit() else len(question.options)
