"""Fetch the live questionnaires of a programme and compare them with their baselines."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from schemas.enums import DriftOutcome
from schemas.errors import SurveyServerError
from schemas.programme import Programme
from schemas.settings import Environment
from tasks.drift.comparing import differences
from tasks.drift.difference import Difference
from tasks.limesurvey import LimeSurveyError, LoginRefused
from tasks.programme.questionnaires import baseline_of
from tasks.questionnaires.questionnaire import Questionnaire
from tasks.questionnaires.unclear_codes import unclear_codes
from tasks.surveys.server import open_server

if TYPE_CHECKING:
    from tasks.limesurvey import LimeSurvey


@dataclass(frozen=True, slots=True)
class SurveyDrift:
    """The drift of one survey of the programme.

    Attributes:
        instrument_code: The instrument.
        version: The instrument version.
        survey_id: The survey's number on the server.
        outcome: The result of the comparison.
        detail: The reason why the survey could not be read, else empty.
        differences: The differences of the live questionnaire from the baseline.
        baseline: The questionnaire that the crosswalk was written for; None without a file.
        present: The live questionnaire; None if it could not be read.
    """

    instrument_code: str
    version: int
    survey_id: int
    outcome: DriftOutcome
    detail: str = ""
    differences: tuple[Difference, ...] = ()
    baseline: Questionnaire | None = None
    present: Questionnaire | None = None


def compare_surveys(programme: Programme, environment: Environment) -> list[SurveyDrift]:
    """Compare each survey of the programme with its baseline, in the order of programme.yaml.

    A survey that cannot be read has the outcome `COULD_NOT_CHECK`; the others are still compared.

    Raises:
        SurveyServerError: The server could not be reached, or refused the login, which is not retried.
        UsageError: The programme names no server, or the environment has no user and password.
    """
    surveys = list(_surveys(programme))
    if not surveys:
        return []
    with open_server(programme, environment) as server:
        try:
            server.surveys()
        except LimeSurveyError as error:
            raise SurveyServerError(str(error)) from error
        return [_compared(server, programme, *survey) for survey in surveys]


def _surveys(programme: Programme) -> Iterator[tuple[str, int, int]]:
    for instrument in programme.settings.instruments:
        for version in instrument.versions:
            if version.survey_id is not None:
                yield instrument.code, version.version, version.survey_id


def _compared(
    server: LimeSurvey, programme: Programme, instrument_code: str, version: int, survey_id: int
) -> SurveyDrift:
    baseline = baseline_of(programme, instrument_code, version)
    try:
        present = server.questionnaire(survey_id)
    except LoginRefused as error:
        raise SurveyServerError(str(error)) from error
    except LimeSurveyError as error:
        return SurveyDrift(instrument_code, version, survey_id, DriftOutcome.COULD_NOT_CHECK, str(error))
    if unclear := unclear_codes(present):
        detail = f"{server.where}, survey {survey_id}: {unclear}"
        return SurveyDrift(instrument_code, version, survey_id, DriftOutcome.COULD_NOT_CHECK, detail)
    drift = differences(instrument_code, version, baseline, present, programme)
    outcome = DriftOutcome.DIFFERS if drift else DriftOutcome.SAME
    return SurveyDrift(
        instrument_code=instrument_code,
        version=version,
        survey_id=survey_id,
        outcome=outcome if baseline else DriftOutcome.NO_BASELINE,
        differences=drift,
        baseline=baseline,
        present=present,
    )
