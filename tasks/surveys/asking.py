"""What a survey asks, as it is loaded, and how that differs from what its crosswalk was written for."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from schemas.enums import DriftKind
from schemas.programme import Join, Programme
from schemas.tables import QUESTIONNAIRE_DIFFERENCES, QUESTIONNAIRES, Row, Table
from tasks.drift import Difference, broken_items, differences
from tasks.programme.questionnaires import baseline_of
from tasks.questionnaires.elements import elements_of
from tasks.questionnaires.questionnaire import Questionnaire
from tasks.questionnaires.response_columns import fields_of
from tasks.surveys.fetching import SurveyToRead
from warehouse.connection import Warehouse
from warehouse.surveys import knows_differences, knows_questionnaire


@dataclass(frozen=True, slots=True)
class AskedNow:
    """The questionnaire of a survey as it is, and its differences from the one that the crosswalk was written for."""

    survey: SurveyToRead
    questionnaire: Questionnaire
    differences: Sequence[Difference]
    has_baseline: bool

    @property
    def broken_items(self) -> tuple[str, ...]:
        """The crosswalk items that cannot be read safely any more."""
        return tuple(sorted(broken_items(self.differences)))

    def unasked_identifiers(self, identifiers: Iterable[str]) -> list[str]:
        """The questions that name people and are not asked under their codes any more: under which, nobody can tell.

        Where nothing tells what was asked before, all that are not asked.
        """
        gone = {d.question_code for d in self.differences if d.kind in (DriftKind.RENAMED, DriftKind.VANISHED)}
        asked = {question.code for question in self.questionnaire.questions}
        return [code for code in identifiers if code not in asked and (code in gone or not self.has_baseline)]

    def unasked_names(self, join: Join) -> list[str]:
        """The questions that name structure and cohort, where they are not asked under their codes."""
        headings = fields_of(self.questionnaire)
        return [name for name in join.questions if name not in headings]

    @property
    def notes(self) -> list[str]:
        """What a person should know of it."""
        if not self.differences:
            return []
        broken = self.broken_items
        harm = f"what is answered to {', '.join(broken)} is kept aside" if broken else "nothing that is used is touched"
        return [
            f"survey {self.survey.survey_id} asks otherwise than its crosswalk was written for "
            f"({len(self.differences)} differences): {harm}. essaim drift shows them, and the lines that mend them."
        ]

    def rows_to_load(self, warehouse: Warehouse, programme: Programme) -> Mapping[Table, Sequence[Row]]:
        """The questionnaire and the differences, where the warehouse does not hold them yet."""
        source_id, version = self.survey.source_id, self.questionnaire.version
        elements = [] if knows_questionnaire(warehouse, source_id, version) else self._element_rows()
        is_told = knows_differences(warehouse, source_id, version, programme.version)
        return {
            QUESTIONNAIRES: elements,
            QUESTIONNAIRE_DIFFERENCES: [] if is_told else self._difference_rows(programme),
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

    def _difference_rows(self, programme: Programme) -> list[Row]:
        found = {"source_id": self.survey.source_id, "questionnaire_version": self.questionnaire.version}
        found["programme_version"] = programme.version
        nothing = {"place": 0, **dict.fromkeys(("question_code", "code", "found", "expected", "breaks"), "")}
        return [
            {
                **found,
                "place": place,
                "kind": difference.kind.value,
                "question_code": difference.question_code,
                "code": difference.code,
                "found": difference.found,
                "expected": difference.expected,
                "breaks": "|".join(difference.breaks),
            }
            for place, difference in enumerate(self.differences, start=1)
        ] or [{**found, **nothing}]


def asked_now(survey: SurveyToRead, questionnaire: Questionnaire, programme: Programme) -> AskedNow:
    """A survey's questionnaire, held against the one that the crosswalk was written for."""
    code, version = survey.instrument_code, survey.instrument_version
    baseline = baseline_of(programme, code, version)
    found = differences(code, version, baseline, questionnaire, programme)
    return AskedNow(survey, questionnaire, found, has_baseline=baseline is not None)
