"""Resolve what the questions of a simulated survey offer, and when they are shown."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from types import MappingProxyType

from schemas.enums import IndicatorKind
from tasks.demonstration.accepted import Accepted
from tasks.demonstration.answering import Answering
from tasks.questionnaires.display import Display, ResponseForm
from tasks.questionnaires.questionnaire import Question, QuestionKind, Questionnaire, QuestionPart
from tasks.simulator import AnswerColumn, Survey
from tasks.simulator import Question as SimulatedQuestion

_FORM = ResponseForm(is_complete=True, is_from_form=False)
_OF_SERVER: Mapping[str, Sequence[str]] = MappingProxyType(
    {
        QuestionKind.YES_NO: ("N", "Y"),
        QuestionKind.GENDER: ("F", "M"),
        QuestionKind.MULTIPLE_CHOICE: ("", "Y"),
        QuestionKind.MULTIPLE_CHOICE_WITH_COMMENTS: ("", "Y"),
        QuestionKind.FIVE_POINTS: tuple("12345"),
        QuestionKind.ARRAY_FIVE_POINTS: tuple("12345"),
        QuestionKind.ARRAY_TEN_POINTS: tuple(map(str, range(1, 11))),
        QuestionKind.ARRAY_YES_UNCERTAIN_NO: ("N", "U", "Y"),
        QuestionKind.ARRAY_INCREASE_SAME_DECREASE: ("D", "S", "I"),
    }
)
"""The answers that the server itself offers, by type of question."""
_NUMERIC = frozenset({QuestionKind.NUMBER, QuestionKind.MULTIPLE_NUMBERS, QuestionKind.ARRAY_NUMBERS})
_NOTHING = frozenset({QuestionKind.TEXT_DISPLAY, QuestionKind.FILE_UPLOAD})
"""The types of questions to which no answer is invented."""


@dataclass(frozen=True, slots=True)
class Form:
    """A survey as its respondents see it.

    Attributes:
        survey: The survey.
        accepted: What each question accepts that is answered, by heading, in their order. Questions that give no
            indicator are answered where answers are chosen, or needed: because they are mandatory, or because a
            condition reads them.
    """

    survey: Survey
    accepted: Mapping[str, Accepted]
    _display: Display

    @classmethod
    def of(cls, survey: Survey, lines: Mapping[str, Accepted]) -> "Form":
        """Return the form of a survey, given what the items of the crosswalk accept."""
        display = Display(questionnaire_in(survey))
        columns = survey.columns_by_heading()
        read = {name for heading in columns if display.has_condition(heading) for name in display.read_by(heading)}
        found: dict[str, Accepted] = {}
        for heading, column in columns.items():
            if column.question.type not in _NOTHING and not display.is_hidden(heading):
                accepted = _accepted(survey, column, lines.get(heading), is_needed=heading in read)
                found |= {heading: accepted} if accepted is not None else {}
        return cls(survey, found, display)

    def answers(self, answering: Answering) -> dict[str, str | None]:
        """Choose an answer to each question. Each option of a ranking is at one rank only."""
        chosen = {heading: accepted.answer(answering) for heading, accepted in self.accepted.items()}
        columns = self.survey.columns_by_heading()
        for question in {c.question.qid: c.question for c in columns.values() if c.rank}.values():
            left = [option.code for option in question.options]
            left.sort(key=lambda code: answering.place(f"{question.title}/{code}"))
            for heading in (h for h, c in columns.items() if c.question is question and h in chosen):
                valid = [code for code in left if code in (self.accepted[heading].values or ())]
                chosen[heading] = valid[0] if valid else ""
                left = [code for code in left if code != chosen[heading]]
        return chosen

    def shown(self, answers: Mapping[str, str | None]) -> dict[str, str | None]:
        """Return answers without those to questions that whoever gives these answers is not shown.

        The answer to a question whose condition cannot be evaluated is left out too.
        """
        kept: dict[str, str | None] = {}
        for heading in self.survey.columns_by_heading():
            kept[heading] = answers.get(heading) or ""
        for heading in self.survey.columns_by_heading():
            if self._display.has_condition(heading) and self._display.is_shown(heading, kept, _FORM) is not True:
                kept[heading] = None
        return {heading: answer if kept[heading] is not None else None for heading, answer in answers.items()}


def _accepted(survey: Survey, column: AnswerColumn, line: Accepted | None, *, is_needed: bool) -> Accepted | None:
    offered = _offered(survey, column)
    if line is not None:
        return _within(column, line if offered is None else line.among(offered))
    if column.extra not in ("", "rank") or column.question.type == QuestionKind.EQUATION:
        return None
    own = Accepted(f"{survey.sid}/{column.heading}", _own_kind(column.question.type))
    if offered is not None:
        return own.among(offered)
    return _within(column, own) if is_needed or column.question.mandatory == "Y" else None


def questionnaire_in(survey: Survey) -> Questionnaire:
    """Return the questionnaire of a simulated survey, with its conditions."""
    relevance = {group.gid: group.relevance for group in survey.groups}
    children: dict[int, list[SimulatedQuestion]] = {}
    for row in survey.questions:
        children.setdefault(row.parent_qid, []).append(row)
    order = {group.gid: group.order for group in survey.groups}
    heads = sorted(children.get(0, []), key=lambda row: (order[row.gid], row.order, row.qid))
    return Questionnaire(
        survey.languages,
        tuple(
            _question(row, position, relevance[row.gid], children.get(row.qid, []))
            for position, row in enumerate(heads, start=1)
        ),
    )


def _question(row: SimulatedQuestion, position: int, of_group: str, children: Sequence[SimulatedQuestion]) -> Question:
    return Question(
        code=row.title,
        letter=row.type,
        position=position,
        texts={language: text.question for language, text in row.texts.items()},
        has_other=row.other == "Y",
        subquestions=tuple(_subquestions(children)),
        options=tuple(
            QuestionPart(option.code, option.scale_id, place, option.texts)
            for place, option in enumerate(sorted(row.options, key=lambda x: (x.scale_id, x.order)), start=1)
        ),
        conditions=tuple(condition for condition in (of_group, row.relevance) if condition not in ("", "1")),
        is_hidden=_attribute(row, "hidden") == "1",
        array_filter=_attribute(row, "array_filter"),
        array_filter_exclude=_attribute(row, "array_filter_exclude"),
    )


def _subquestions(children: Sequence[SimulatedQuestion]) -> Iterator[QuestionPart]:
    ordered = sorted(children, key=lambda row: (row.scale_id, row.order, row.qid))
    for position, row in enumerate(ordered, start=1):
        texts = {language: text.question for language, text in row.texts.items()}
        yield QuestionPart(row.title, row.scale_id, position, texts, relevance=row.relevance)


def _offered(survey: Survey, column: AnswerColumn) -> Sequence[str] | None:
    """Return the answers that a column can hold; None where the respondent writes them."""
    question = column.question
    if column.extra not in ("", "rank"):
        return None
    if question.type in _OF_SERVER:
        return _OF_SERVER[question.type]
    if question.type == QuestionKind.LANGUAGE:
        return survey.languages
    if question.type == QuestionKind.ARRAY_NUMBERS and _attribute(question, "multiflexible_checkbox") == "1":
        return ("", "1")
    if question.options:
        return [option.code for option in question.options if option.scale_id == (column.scale_id or 0)]
    return None


def _own_kind(letter: str) -> IndicatorKind:
    if letter in _NUMERIC:
        return IndicatorKind.COUNT
    return IndicatorKind.DATE if letter == QuestionKind.DATE else IndicatorKind.TEXT


def _within(column: AnswerColumn, accepted: Accepted) -> Accepted:
    """Return the same within the limits of the question; the server takes nothing but numbers and days in some."""
    question = column.question
    is_typed = accepted.is_typed and question.type not in _NUMERIC and question.type != QuestionKind.DATE
    limits = [_number(_attribute(question, name)) for name in ("min_num_value_n", "max_num_value_n")]
    accepted = accepted.between(*limits) if question.type in _NUMERIC else accepted
    return replace(accepted, is_typed=is_typed)


def _number(text: str) -> float | None:
    try:
        return float(text)
    except ValueError:
        return None


def _attribute(question: SimulatedQuestion, name: str) -> str:
    return question.attributes.get((name, ""), "")
