"""The calls that read what a survey asks."""

from __future__ import annotations

from collections.abc import Sequence

from tasks.limesurvey.errors import NotPermitted
from tasks.limesurvey.model import Group, Question, Questionnaire
from tasks.limesurvey.questionnaire import (
    WITH_OPTIONS,
    groups_of,
    kind_of,
    options_of,
    questionnaire_of,
    questions_of,
    version_of,
)
from tasks.limesurvey.reading import Row, rows
from tasks.limesurvey.session import StatusAnswer
from tasks.limesurvey.surveys import SurveyCalls

_OPTION_SETTINGS = ("answeroptions", "answeroptions_multiscale")
"""The settings that hold the answer options of every type; the server answers both under `answeroptions`.

`answeroptions` alone is refused for a dual-scale question, `answeroptions_multiscale` alone for all others. Without a
list of settings the server fails on a question that has a default value.
"""


class QuestionCalls(SurveyCalls):
    """The part of the client that reads questionnaires."""

    def groups(self, survey_id: int, language: str | None = None) -> tuple[Group, ...]:
        """The groups in their order, with their names in one language (by default the base language)."""
        listed = self._group_rows(survey_id, language)
        return groups_of({listed[0].text("language"): listed}) if listed else ()

    def questions(self, survey_id: int, language: str | None = None) -> tuple[Question, ...]:
        """The questions with their subquestions, in one language, without their answer options."""
        listed = self._question_rows(survey_id, language)
        language = listed[0].text("language")
        return questions_of({language: listed}, {}, self.groups(survey_id, language))

    def outline(self, survey_id: int) -> str:
        """The sha256, in hexadecimal, of the groups, questions and subquestions in the base language; two calls.

        It changes with any question, subquestion, code, type, text, order or relevance of the base language, and not
        with answer options or other languages: those take `questionnaire`, which asks for each question.
        """
        listed = self._question_rows(survey_id, None)
        language = listed[0].text("language")
        groups = groups_of({language: self._group_rows(survey_id, language)})
        return version_of([language], groups, questions_of({language: listed}, {}, groups))

    def questionnaire(self, survey_id: int, *, languages: Sequence[str] | None = None) -> Questionnaire:
        """Everything that the survey asks, in all its languages, or in those named (and the base language).

        Where the account may not read the survey's properties and no languages are named, the base language alone.
        For each language it takes two calls, and one for each question that has answer options: the server tells those
        of one question in one language at a time.
        """
        base_rows = self._question_rows(survey_id, None)
        base = base_rows[0].text("language")
        if languages is None:
            try:
                languages = self.survey_properties(survey_id).languages
            except NotPermitted:
                languages = ()
        chosen = (base, *(language for language in dict.fromkeys(languages) if language != base))
        questions = {base: base_rows} | {one: self._question_rows(survey_id, one) for one in chosen[1:]}
        groups = groups_of({language: self._group_rows(survey_id, language) for language in chosen})
        refuse = self._refuse("get_question_properties", survey_id)
        options = {
            qid: options_of({one: self._options(survey_id, qid, one) for one in chosen}, refuse)
            for qid in (
                row.integer("qid")
                for row in base_rows
                if not row.integer("parent_qid") and kind_of(row.text("type")) in WITH_OPTIONS
            )
        }
        return questionnaire_of(survey_id, chosen, groups, questions_of(questions, options, groups))

    def _group_rows(self, survey_id: int, language: str | None) -> list[Row]:
        result = self._call("list_groups", survey_id, language, survey_id=survey_id)
        return rows(result, self._refuse("list_groups", survey_id))

    def _question_rows(self, survey_id: int, language: str | None) -> list[Row]:
        refuse = self._refuse("list_questions", survey_id)
        try:
            result = self._call("list_questions", survey_id, None, language, survey_id=survey_id, judging=True)
            listed = rows(result, refuse)
        except StatusAnswer as answer:
            raise self._bad(
                f"the survey has no language {language!r}" if language else f"the server answers {answer.words!r}",
                survey_id,
                expected="one of the survey's languages",
                words=answer.words,
            ) from None
        if not listed:
            raise refuse("there are no questions")
        return listed

    def _options(self, survey_id: int, question_id: int, language: str) -> object:
        result = self._call("get_question_properties", question_id, _OPTION_SETTINGS, language, survey_id=survey_id)
        refuse = self._refuse("get_question_properties", survey_id)
        properties = dict(Row(result, refuse).items())
        if "answeroptions" not in properties:
            raise refuse(f"question {question_id} has no answer options in it, not even none")
        return properties["answeroptions"]
