"""Compare the questionnaire of a fetched survey with its baseline, for loading."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from schemas.enums import DriftKind
from schemas.instruments import Join
from schemas.programme import Programme
from schemas.tables import QUESTIONNAIRE_CONDITIONS, QUESTIONNAIRE_DIFFERENCES, QUESTIONNAIRES, Row, Table
from tasks.drift import Difference, broken_items, differences
from tasks.programme.questionnaires import baseline_of
from tasks.questionnaires.display import Display
from tasks.questionnaires.elements import elements_of
from tasks.questionnaires.questionnaire import Questionnaire
from tasks.questionnaires.response_columns import fields_of
from tasks.surveys.fetching import SurveyToRead
from warehouse.connection import Warehouse
from warehouse.surveys import knows_conditions, knows_differences, knows_questionnaire


@dataclass(frozen=True, slots=True)
class LiveQuestionnaire:
    """The live questionnaire of a survey and its differences from the one that the crosswalk was written for.

    Attributes:
        survey: The survey.
        questionnaire: The live questionnaire.
        differences: Its differences from the baseline.
        has_baseline: True if the programme folder has the questionnaire that the crosswalk was written for.
    """

    survey: SurveyToRead
    questionnaire: Questionnaire
    differences: Sequence[Difference]
    has_baseline: bool

    @property
    def broken_items(self) -> tuple[str, ...]:
        """The crosswalk items that can no longer be read safely, in alphabetical order."""
        return tuple(sorted(broken_items(self.differences)))

    def lost_identifiers(self, identifiers: Iterable[str]) -> list[str]:
        """Return the identifying questions that were renamed or removed since the baseline.

        Answers that name people may now come under another code. Without a baseline, these are all identifying
        questions that the live questionnaire lacks.
        """
        gone = {d.question_code for d in self.differences if d.kind in (DriftKind.RENAMED, DriftKind.VANISHED)}
        present = {question.code for question in self.questionnaire.questions}
        return [code for code in identifiers if code not in present and (code in gone or not self.has_baseline)]

    def lost_join_columns(self, join: Join) -> list[str]:
        """Return the columns that name structure and cohort and that the live questionnaire lacks."""
        headings = fields_of(self.questionnaire)
        return [name for name in join.questions if name not in headings]

    @property
    def notes(self) -> list[str]:
        """The differences in a sentence for the report of the run; empty without differences."""
        if not self.differences:
            return []
        broken = self.broken_items
        effect = "no crosswalk item is affected"
        if broken:
            effect = f"new responses are quarantined, because {', '.join(broken)} can no longer be read safely"
        return [
            f"survey {self.survey.survey_id} differs from the questionnaire that its crosswalk was written for "
            f"({len(self.differences)} differences): {effect}. "
            "essaim drift shows the differences and the lines that resolve them."
        ]

    def rows_to_load(self, warehouse: Warehouse, programme: Programme) -> Mapping[Table, Sequence[Row]]:
        """Return the rows of the questionnaire and of its differences that the warehouse does not hold yet."""
        source_id, version = self.survey.source_id, self.questionnaire.version
        elements = [] if knows_questionnaire(warehouse, source_id, version) else self._element_rows()
        is_known = knows_differences(warehouse, source_id, version, programme.version)
        return {
            QUESTIONNAIRES: elements,
            QUESTIONNAIRE_CONDITIONS: [] if knows_conditions(warehouse, source_id, version) else self._condition_rows(),
            QUESTIONNAIRE_DIFFERENCES: [] if is_known else self._difference_rows(programme),
        }

    def _element_rows(self) -> list[Row]:
        ranks = {language: rank for rank, language in enumerate(self.questionnaire.languages, start=1)}
        return [
            {
                "source_id": self.survey.source_id,
                "questionnaire_version": self.questionnaire.version,
                **element.model_dump(mode="json"),
                "language_rank": ranks[element.language],
            }
            for element in elements_of(self.questionnaire)
        ]

    def _condition_rows(self) -> list[Row]:
        key = {"source_id": self.survey.source_id, "questionnaire_version": self.questionnaire.version}
        # A row without a column records that the questionnaire was read and has no conditions.
        return [
            {**key, "item": item, "other_item": other}
            for item, others in Display(self.questionnaire).conditions().items()
            for other in others
        ] or [{**key, "item": "", "other_item": ""}]

    def _difference_rows(self, programme: Programme) -> list[Row]:
        key = {"source_id": self.survey.source_id, "questionnaire_version": self.questionnaire.version}
        key["programme_version"] = programme.version
        # A row without a difference records that the comparison was made.
        nothing = {"place": 0, **dict.fromkeys(("question_code", "code", "found", "expected", "breaks"), "")}
        return [
            {
                **key,
                "place": place,
                "kind": difference.kind.value,
                "question_code": difference.question_code,
                "code": difference.code,
                "found": difference.found,
                "expected": difference.expected,
                "breaks": "|".join(difference.breaks),
            }
            for place, difference in enumerate(self.differences, start=1)
        ] or [{**key, **nothing}]


def compare_with_baseline(
    survey: SurveyToRead, questionnaire: Questionnaire, programme: Programme
) -> LiveQuestionnaire:
    """Compare the live questionnaire of a survey with the one that the crosswalk was written for."""
    code, version = survey.instrument_code, survey.instrument_version
    baseline = baseline_of(programme, code, version)
    drift = differences(code, version, baseline, questionnaire, programme)
    return LiveQuestionnaire(survey, questionnaire, drift, has_baseline=baseline is not None)
