"""What a simulated survey asks, and what the staff change in it, before it is opened and while people answer."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field

from tasks.simulator.fields import AnswerColumn, answer_columns, ordered_questions, subquestions_of
from tasks.simulator.model import Group, Numbering, Option, Question, Text, now_text

Texts = str | Mapping[str, str]
"""A wording: one for all languages, or one for each by language."""

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
    """A survey's settings, texts, groups and questions.

    `settings` are the survey's own properties, as its export file spells them; `languages` starts with the base
    language. Questions are named by their code (the server's "title"). Wording, order, `mandatory`, the code of a
    question and the answer options can change while the survey is open; questions and subquestions cannot come or go.
    All methods raise `KeyError` for a code that there is not.
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
        """The base language, then the others."""
        return (self.settings["language"] or "", *(self.settings.get("additional_languages") or "").split())

    @property
    def anonymized(self) -> bool:
        """Whether the responses hold no token."""
        return self.settings.get("anonymized") == "Y"

    @property
    def dated(self) -> bool:
        """Whether the responses hold the dates of their start and of their last change."""
        return self.settings.get("datestamp") == "Y"

    def attribute_descriptions(self) -> dict[str, str]:
        """What the staff call the attributes of participants."""
        described = json.loads(self.settings.get("attributedescriptions") or "{}")
        return {name: row.get("description") or name for name, row in described.items()}

    def columns(self) -> list[AnswerColumn]:
        """The columns of the responses table that hold answers, in the order of the questionnaire."""
        asked = tuple(
            (
                one.qid,
                one.gid,
                one.parent_qid,
                one.type,
                one.title,
                one.other,
                one.order,
                one.scale_id,
                len(one.options),
            )
            for one in self.questions
        )
        shape = (self.sid, self.active, asked, tuple((group.gid, group.order) for group in self.groups))
        if self._columns is None or self._columns[0] != shape:
            self._columns = (shape, answer_columns(self))
        return self._columns[1]

    def columns_by_heading(self) -> dict[str, AnswerColumn]:
        """The same, by their headings in exports by code."""
        columns = self.columns()
        if self._by_heading is None or self._by_heading[0] is not columns:
            self._by_heading = (columns, {column.heading: column for column in columns})
        return self._by_heading[1]

    def question(self, code: str, subquestion: str | None = None) -> Question:
        """The question of that code, or one of its subquestions."""
        of = self.questions if subquestion is None else subquestions_of(self, self.question(code))
        for row in of:
            if row.title == (subquestion or code) and (subquestion is not None or row.parent_qid == 0):
                return row
        raise KeyError(code if subquestion is None else f"{code}[{subquestion}]")

    def rename_question(self, old: str, new: str) -> None:
        """Gives a question another code. Answers stay where they are and are exported under the new heading."""
        self.question(old).title = new

    def set_text(self, code: str, text: str, *, subquestion: str | None = None, language: str | None = None) -> None:
        """Rewords a question or a subquestion in one language, by default the base language."""
        self.question(code, subquestion).texts[language or self.languages[0]].question = text

    def set_help(self, code: str, text: str, *, language: str | None = None) -> None:
        """Rewords the help of a question in one language, by default the base language."""
        self.question(code).texts[language or self.languages[0]].help = text

    def set_mandatory(self, code: str, mandatory: str) -> None:
        """`Y`, `N` or `S` (soft)."""
        self.question(code).mandatory = mandatory

    def move_question(self, code: str, place: int) -> None:
        """Puts a question at a place of its group, and numbers the questions of the group from 1."""
        question = self.question(code)
        others = [row for row in ordered_questions(self) if row.gid == question.gid and row is not question]
        others.insert(max(0, place - 1), question)
        for number, row in enumerate(others, start=1):
            row.order = number

    def option(self, code: str, option: str, *, scale_id: int = 0) -> Option:
        """An answer option of a question, on one of its scales."""
        for row in self.question(code).options:
            if (row.code, row.scale_id) == (option, scale_id):
                return row
        raise KeyError(f"{code}={option}")

    def recode_option(self, code: str, old: str, new: str, *, scale_id: int = 0) -> None:
        """Gives an option another code. Answers keep the old one, which then is no longer listed."""
        self.option(code, old, scale_id=scale_id).code = new

    def relabel_option(
        self, code: str, option: str, label: str, *, language: str | None = None, scale_id: int = 0
    ) -> None:
        """Rewords an option in one language, by default the base language."""
        self.option(code, option, scale_id=scale_id).texts[language or self.languages[0]] = label

    def add_option(self, code: str, option: str, label: Texts, *, scale_id: int = 0) -> None:
        """Adds an option after the others."""
        options = self.question(code).options
        order = 1 + max((row.order for row in options if row.scale_id == scale_id), default=-1)
        options.append(Option(option, order, 0, scale_id, self._in_every_language(label)))

    def remove_option(self, code: str, option: str, *, scale_id: int = 0) -> None:
        """Removes an option; answers that hold it keep it."""
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
        """Adds a question of the server's type `kind` (a letter) at the end of a group, counted from 0.

        Raises `ValueError` while the survey is open, as the server has it.
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
        """Adds a subquestion after the others. Raises `ValueError` while the survey is open."""
        self._need_closed()
        question = self.question(code)
        order = 1 + max((row.order for row in subquestions_of(self, question, scale_id)), default=-1)
        row = self._new_question(subquestion, "T", text, gid=question.gid, order=order)
        row.parent_qid, row.scale_id = question.qid, scale_id
        self.questions.append(row)

    def remove_question(self, code: str, subquestion: str | None = None) -> None:
        """Removes a question with its subquestions, or one subquestion. Raises `ValueError` while the survey is open.

        Its answers stay in the archive of a closed survey; opened again, the survey has no column for them.
        """
        self._need_closed()
        gone = self.question(code, subquestion)
        self.questions = [row for row in self.questions if row is not gone and row.parent_qid != gone.qid]

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
            raise ValueError(f"Survey {self.sid} is open: deactivate() it before questions come or go.")
