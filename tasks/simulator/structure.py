"""Hold the questions of a simulated survey, and change them as staff do before and after activation."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from tasks.simulator.fields import AnswerColumn, answer_columns, ordered_questions, subquestions_of
from tasks.simulator.model import Group, Numbering, Option, Question, Text, now_text

Texts = str | Mapping[str, str]
"""A text for all languages, or texts by language."""

_THEMES = {
    "5": "5pointchoice", "A": "arrays/5point", "B": "arrays/10point", "C": "arrays/yesnouncertain", "D": "date",
    "E": "arrays/increasesamedecrease", "F": "arrays/array", "G": "gender", "H": "arrays/column", "I": "language",
    "K": "multiplenumeric", "L": "listradio", "M": "multiplechoice", "N": "numerical", "O": "list_with_comment",
    "P": "multiplechoice_with_comments", "Q": "multipleshorttext", "R": "ranking", "S": "shortfreetext",
    "T": "longfreetext", "U": "hugefreetext", "X": "boilerplate", "Y": "yesno", "!": "list_dropdown",
    ":": "arrays/multiflexi", ";": "arrays/texts", "|": "file_upload", "*": "equation", "1": "arrays/dualscale",
}  # fmt: skip


@dataclass(slots=True)
class Structure:
    """The settings, texts, groups and questions of a survey.

    Methods identify a question by its code (the server's "title") and raise `KeyError` for an unknown code. While a
    survey is active, texts, order, `mandatory`, question codes and answer options can change; questions and
    subquestions cannot be added or removed.

    Attributes:
        sid: The survey id.
        settings: The properties of the survey, named as in its export file.
        texts: The texts of the survey, by language.
        groups: The question groups.
        questions: The questions and subquestions.
        created: The creation date.
        active: Whether the survey is active.
        numbering: The next free ids.
    """

    sid: int
    settings: dict[str, str | None]
    texts: dict[str, dict[str, str | None]]
    groups: list[Group]
    questions: list[Question]
    created: str = field(default_factory=now_text)
    active: bool = False
    numbering: Numbering = field(default_factory=Numbering, compare=False)
    _columns: tuple[object, list[AnswerColumn]] | None = field(default=None, repr=False, compare=False)
    _by_heading: tuple[list[AnswerColumn], dict[str, AnswerColumn]] | None = field(
        default=None, repr=False, compare=False
    )

    @property
    def languages(self) -> tuple[str, ...]:
        """The base language, followed by the additional languages."""
        return (self.settings["language"] or "", *(self.settings.get("additional_languages") or "").split())

    @property
    def anonymized(self) -> bool:
        """Whether responses have no token."""
        return self.settings.get("anonymized") == "Y"

    @property
    def dated(self) -> bool:
        """Whether responses have start and last-change dates."""
        return self.settings.get("datestamp") == "Y"

    def attribute_descriptions(self) -> dict[str, str]:
        """Return the descriptions of the participant attributes."""
        described = json.loads(self.settings.get("attributedescriptions") or "{}")
        return {name: row.get("description") or name for name, row in described.items()}

    def columns(self) -> list[AnswerColumn]:
        """Return the columns of the responses table that hold answers, in the order of the questionnaire."""
        questions = tuple(
            (
                row.qid,
                row.gid,
                row.parent_qid,
                row.type,
                row.title,
                row.other,
                row.order,
                row.scale_id,
                len(row.options),
            )
            for row in self.questions
        )
        shape = (self.sid, self.active, questions, tuple((group.gid, group.order) for group in self.groups))
        if self._columns is None or self._columns[0] != shape:
            self._columns = (shape, answer_columns(self))
        return self._columns[1]

    def columns_by_heading(self) -> dict[str, AnswerColumn]:
        """Return the columns that hold answers, by their heading in exports by code."""
        columns = self.columns()
        if self._by_heading is None or self._by_heading[0] is not columns:
            self._by_heading = (columns, {column.heading: column for column in columns})
        return self._by_heading[1]

    def question(self, code: str, subquestion: str | None = None) -> Question:
        """Return a question, or one of its subquestions."""
        of = self.questions if subquestion is None else subquestions_of(self, self.question(code))
        for row in of:
            if row.title == (subquestion or code) and (subquestion is not None or row.parent_qid == 0):
                return row
        raise KeyError(code if subquestion is None else f"{code}[{subquestion}]")

    def rename_question(self, old: str, new: str) -> None:
        """Change the code of a question; its answers are kept and exported under the new heading."""
        self.question(old).title = new

    def set_text(self, code: str, text: str, *, subquestion: str | None = None, language: str | None = None) -> None:
        """Change the text of a question or subquestion in a language, by default the base language."""
        self.question(code, subquestion).texts[language or self.languages[0]].question = text

    def set_help(self, code: str, text: str, *, language: str | None = None) -> None:
        """Change the help of a question in a language, by default the base language."""
        self.question(code).texts[language or self.languages[0]].help = text

    def set_mandatory(self, code: str, mandatory: str) -> None:
        """Set whether a question is mandatory: `Y`, `N` or `S` (soft)."""
        self.question(code).mandatory = mandatory

    def move_question(self, code: str, place: int) -> None:
        """Move a question to a position in its group, and number the questions of the group from 1."""
        question = self.question(code)
        others = [row for row in ordered_questions(self) if row.gid == question.gid and row is not question]
        others.insert(max(0, place - 1), question)
        _number(others)

    def number_questions(self, gid: int) -> None:
        """Renumber the questions of a group from 1, as the server does after every change of a question."""
        _number([row for row in ordered_questions(self) if row.gid == gid])

    def option(self, code: str, option: str, *, scale_id: int = 0) -> Option:
        """Return an answer option of a question on a scale."""
        for row in self.question(code).options:
            if (row.code, row.scale_id) == (option, scale_id):
                return row
        raise KeyError(f"{code}={option}")

    def recode_option(self, code: str, old: str, new: str, *, scale_id: int = 0) -> None:
        """Change the code of an option; answers keep the old code, which is no longer listed."""
        self.option(code, old, scale_id=scale_id).code = new

    def relabel_option(
        self, code: str, option: str, label: str, *, language: str | None = None, scale_id: int = 0
    ) -> None:
        """Change the label of an option in a language, by default the base language."""
        self.option(code, option, scale_id=scale_id).texts[language or self.languages[0]] = label

    def add_option(self, code: str, option: str, label: Texts, *, scale_id: int = 0) -> None:
        """Append an option."""
        options = self.question(code).options
        order = 1 + max((row.order for row in options if row.scale_id == scale_id), default=-1)
        options.append(Option(option, order, 0, scale_id, self._in_every_language(label)))

    def remove_option(self, code: str, option: str, *, scale_id: int = 0) -> None:
        """Remove an option; answers keep its code."""
        self.question(code).options.remove(self.option(code, option, scale_id=scale_id))

    def add_question(
        self,
        code: str,
        kind: str,
        text: Texts,
        *,
        group: int = 0,
        options: Mapping[str, Texts] | None = None,
        subquestions: Mapping[str, Texts] | None = None,
        mandatory: str = "N",
        other: str = "N",
    ) -> None:
        """Append a question to a group.

        Args:
            code: The code of the question.
            kind: The type letter of the server.
            text: The text.
            group: The position of the group, from 0.
            options: The labels of answer options, by code.
            subquestions: The texts of subquestions, by code.
            mandatory: `Y`, `N` or `S` (soft).
            other: `Y` to offer an "other" answer, else `N`.

        Raises:
            ValueError: The survey is active.
        """
        self._need_closed()
        home = sorted(self.groups, key=lambda row: row.order)[group]
        order = 1 + max((row.order for row in self.questions if row.gid == home.gid and not row.parent_qid), default=0)
        row = self._new_question(code, kind, text, gid=home.gid, order=order)
        row.theme, row.mandatory, row.other = _THEMES.get(kind), mandatory, other
        self.questions.append(row)
        for option, label in (options or {}).items():
            self.add_option(code, option, label)
        for subquestion, wording in (subquestions or {}).items():
            self.add_subquestion(code, subquestion, wording)

    def add_subquestion(self, code: str, subquestion: str, text: Texts, *, scale_id: int = 0) -> None:
        """Append a subquestion.

        Raises:
            ValueError: The survey is active.
        """
        self._need_closed()
        question = self.question(code)
        order = 1 + max((row.order for row in subquestions_of(self, question, scale_id)), default=-1)
        row = self._new_question(subquestion, "T", text, gid=question.gid, order=order)
        row.parent_qid, row.scale_id = question.qid, scale_id
        self.questions.append(row)

    def remove_question(self, code: str, subquestion: str | None = None) -> None:
        """Remove a question with its subquestions, or one subquestion.

        Its answers remain in the archive; when the survey is active again, it has no column for them.

        Raises:
            ValueError: The survey is active.
        """
        self._need_closed()
        removed = self.question(code, subquestion)
        self.questions = [row for row in self.questions if row is not removed and row.parent_qid != removed.qid]

    def _new_question(self, code: str, kind: str, text: Texts, *, gid: int, order: int) -> Question:
        return Question(
            qid=self.numbering.new_qid(),
            parent_qid=0,
            gid=gid,
            type=kind,
            title=code,
            other="N",
            mandatory="N",
            encrypted="N",
            order=order,
            scale_id=0,
            relevance="1",
            theme=None,
            preg="",
            modulename="",
            same_default=0,
            same_script=0,
            texts={
                language: Text(self.numbering.new_text_id(), wording, "", "")
                for language, wording in self._in_every_language(text).items()
            },
        )

    def _in_every_language(self, text: Texts) -> dict[str, str]:
        return dict.fromkeys(self.languages, text) if isinstance(text, str) else dict(text)

    def _need_closed(self) -> None:
        if self.active:
            raise ValueError(f"Survey {self.sid} is active: call deactivate() before adding or removing questions.")


def _number(questions: Sequence[Question]) -> None:
    for number, row in enumerate(questions, start=1):
        row.order = number
