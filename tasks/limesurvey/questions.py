"""The calls that read questionnaires."""

from __future__ import annotations

from collections.abc import Sequence

from tasks.limesurvey.errors import NotPermitted
from tasks.limesurvey.questionnaire import WITH_OPTIONS, attributes_of, options_of, questionnaire_of
from tasks.limesurvey.reading import Row, rows
from tasks.limesurvey.session import StatusAnswer
from tasks.limesurvey.surveys import SurveyCalls
from tasks.questionnaires.questionnaire import Questionnaire, kind_of

_OPTION_SETTINGS = ("answeroptions", "answeroptions_multiscale")
"""The settings that hold the answer options of every question type; the server returns both as `answeroptions`.

The server refuses `answeroptions` alone for a dual-scale question and `answeroptions_multiscale` alone for any other.
Without a list of settings it fails on a question that has a default value.
"""

_ATTRIBUTE_SETTINGS = ("attributes", "attributes_lang")
"""The settings that hold the attributes of a question: without language, and by language."""


class QuestionCalls(SurveyCalls):
    """The part of the client that reads questionnaires."""

    def outline(self, survey_id: int) -> str:
        """Return the sha256, in hexadecimal, of the groups, questions and subquestions in the base language.

        It takes one call each of `list_questions` and `list_groups`. It changes with any question, subquestion, code,
        type, text, order or relevance in the base language, but not with answer options or translations: those need
        `questionnaire`, which takes a call per question.

        Raises:
            LimeSurveyError: The server could not be reached, refused the call, or sent an answer that is not valid.
        """
        listed = self._question_rows(survey_id, None)
        language = listed[0].text("language")
        groups = {language: self._group_rows(survey_id, language)}
        return questionnaire_of(groups, {language: listed}, {}, {}, self._refuse("list_groups", survey_id)).version

    def questionnaire(self, survey_id: int, *, languages: Sequence[str] | None = None) -> Questionnaire:
        """Fetch the questionnaire of a survey, with its answer options.

        Each language takes two calls, and one call of `get_question_properties` for each question that has answer
        options: the server returns the options of one question in one language at a time. The attributes of the
        questions, which decide whether a question is shown, take one call for each question.

        Args:
            survey_id: The survey, active or not.
            languages: The languages to fetch; the base language is always among them. By default all languages of the
                survey, or the base language alone if the account may not read the survey's properties.

        Raises:
            LimeSurveyError: The server could not be reached, refused a call, or sent an answer that is not valid.
        """
        base_rows = self._question_rows(survey_id, None)
        base = base_rows[0].text("language")
        if languages is None:
            try:
                languages = self.survey_properties(survey_id).languages
            except NotPermitted:
                languages = ()
        chosen = (base, *(language for language in dict.fromkeys(languages) if language != base))
        questions = {base: base_rows} | {language: self._question_rows(survey_id, language) for language in chosen[1:]}
        groups = {language: self._group_rows(survey_id, language) for language in chosen}
        refuse = self._refuse("get_question_properties", survey_id)
        attributes = {
            qid: attributes_of(self._property(survey_id, qid, _ATTRIBUTE_SETTINGS, base), refuse)
            for qid in (row.integer("qid") for row in base_rows if not row.integer("parent_qid"))
        }
        options = {
            qid: options_of(
                {language: self._property(survey_id, qid, _OPTION_SETTINGS, language) for language in chosen}, refuse
            )
            for qid in (
                row.integer("qid")
                for row in base_rows
                if not row.integer("parent_qid") and kind_of(row.text("type")) in WITH_OPTIONS
            )
        }
        return questionnaire_of(groups, questions, options, attributes, self._refuse("list_groups", survey_id))

    def _group_rows(self, survey_id: int, language: str) -> list[Row]:
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

    def _property(self, survey_id: int, question_id: int, settings: tuple[str, ...], language: str) -> object:
        """Return the value of the first of the settings, under whose name the server returns all of them."""
        name = settings[0]
        result = self._call("get_question_properties", question_id, settings, language, survey_id=survey_id)
        refuse = self._refuse("get_question_properties", survey_id)
        properties = dict(Row(result, refuse).items())
        if name not in properties:
            raise refuse(f"question {question_id} has no {name} in it, not even none")
        return properties[name]
