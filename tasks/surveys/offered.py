"""Attribute refused answers that a survey itself offers to the programme: respondents cannot choose another code."""

from dataclasses import replace
from gettext import NullTranslations

import pyarrow as pa

from schemas.enums import IndicatorKind, ResolvedBy, Severity
from schemas.expectations import IsOneOf, IsText, IsWithin
from schemas.programme import Programme
from tasks.questionnaires.questionnaire import QuestionKind, Questionnaire
from tasks.questionnaires.response_columns import codes_in, fields_of, is_typed
from tasks.records import Finding
from tasks.surveys.fetching import SurveyToRead

_OF_ONE_ANSWER = frozenset({IsOneOf.__name__, IsText.__name__, IsWithin.__name__})
"""The checks of one answer by itself. Rules that compare two answers are for the respondent."""


class OfferedAnswers:
    """The answers that a survey offers, and the lines of the crosswalk that accept them.

    Args:
        questionnaire: The live questionnaire.
        programme: The programme.
        survey: The survey.
        language: The language of the findings.
    """

    def __init__(
        self, questionnaire: Questionnaire, programme: Programme, survey: SurveyToRead, language: NullTranslations
    ) -> None:
        self._language = language
        self._fields = fields_of(questionnaire)
        self._questions = {question.code: question for question in questionnaire.questions}
        lines = programme.crosswalk_of(survey.instrument_code, survey.instrument_version)
        self._recodes = {line.item: line.recode for line in lines}
        self._days = {
            line.item
            for line in lines
            if not line.recode and programme.indicator_by_code[line.indicator_code].kind is IndicatorKind.DATE
        }

    def explain(self, finding: Finding, responses: pa.Table, row: int) -> Finding:
        """Return the finding, or another that names the missing line where the survey offers the refused answer."""
        field = self._fields.get(finding.item)
        question = self._questions.get(field.question_code or "") if field else None
        if finding.severity is not Severity.ERROR or finding.check_name not in _OF_ONE_ANSWER:
            return finding
        if field is None or question is None or is_typed(question, field):
            return finding
        # No line of the crosswalk could accept a day that does not exist.
        if question.letter == QuestionKind.DATE and finding.item in self._days:
            return finding
        _ = self._language.gettext
        answer = responses.column(finding.item)[row].as_py()
        offered = codes_in(question, field)
        found, code = finding.found, _("this answer")
        # Only codes of the questionnaire are quoted: any other text might name a person.
        if answer in offered:
            code = str(answer)
            found = _("the option {code} of the questionnaire ({label})").format(code=code, label=offered[answer])
        recode = self._recodes.get(finding.item)
        if recode:
            expected = _("a line for {code} in recodes.csv, recode {recode}: the crosswalk lacks it").format(
                code=code, recode=recode
            )
        else:
            expected = _(
                "a recode with a line for {code} in crosswalk.csv, on the line of {item}: the crosswalk lacks it"
            ).format(code=code, item=finding.item)
        return replace(finding, found=found, expected=expected, resolved_by=ResolvedBy.PROGRAMME)
