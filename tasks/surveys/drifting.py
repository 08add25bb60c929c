"""Fetches what the surveys of a programme ask, and compares it with what their crosswalk was written for."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from schemas.enums import DriftOutcome
from schemas.errors import EssaimError
from schemas.programme import Programme
from schemas.settings import Environment
from tasks.drift.comparing import differences
from tasks.drift.difference import Difference
from tasks.limesurvey import LimeSurveyError, LoginRefused
from tasks.programme.questionnaires import baseline_of
from tasks.questionnaires.questionnaire import Questionnaire
from tasks.surveys.server import open_server

if TYPE_CHECKING:
    from tasks.limesurvey import LimeSurvey


@dataclass(frozen=True, slots=True)
class SurveyDrift:
    """One survey of the programme: what it asks now, and how that differs. `detail` says why it could not be read."""

    instrument_code: str
    version: int
    survey_id: int
    outcome: DriftOutcome
    detail: str = ""
    differences: tuple[Difference, ...] = ()
    baseline: Questionnaire | None = None
    present: Questionnaire | None = None


def compare_surveys(programme: Programme, environment: Environment) -> list[SurveyDrift]:
    """Each survey of the programme, in its order, read within one session.

    Raises:
        EssaimError: the server could not be reached, or refused the login, which is not tried again.
        UsageError: the programme names no server, or the environment no user and password.
    """
    surveys = list(_surveys(programme))
    if not surveys:
        return []
    with open_server(programme, environment) as server:
        try:
            server.surveys()
        except LimeSurveyError as error:
            raise EssaimError(str(error)) from error
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
        raise EssaimError(str(error)) from error
    except LimeSurveyError as error:
        return SurveyDrift(instrument_code, version, survey_id, DriftOutcome.COULD_NOT_CHECK, str(error))
    found = differences(instrument_code, version, baseline, present, programme)
    outcome = DriftOutcome.DIFFERS if found else DriftOutcome.SAME
    return SurveyDrift(
        instrument_code=instrument_code,
        version=version,
        survey_id=survey_id,
        outcome=outcome if baseline else DriftOutcome.NO_BASELINE,
        differences=found,
        baseline=baseline,
        present=present,
    )
