"""Fetch the live questionnaires of a programme and compare them with their baselines."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
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
from tasks.schedule.expected_returns import day_of, plan, survey_source, with_extension
from tasks.surveys.server import OpenDays, open_days_of, open_server

if TYPE_CHECKING:
    from schemas.tables import Row
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
        closed_while_expected: A sentence where the server does not let the survey be answered as long as its returns
            are expected, else empty.
        differences: The differences of the live questionnaire from the baseline.
        baseline: The questionnaire that the crosswalk was written for; None without a file.
        present: The live questionnaire; None if it could not be read.
    """

    instrument_code: str
    version: int
    survey_id: int
    outcome: DriftOutcome
    detail: str = ""
    closed_while_expected: str = ""
    differences: tuple[Difference, ...] = ()
    baseline: Questionnaire | None = None
    present: Questionnaire | None = None


def compare_surveys(
    programme: Programme, environment: Environment, today: date, extensions: Mapping[str, date]
) -> list[SurveyDrift]:
    """Compare each survey of the programme with its baseline, in the order of programme.yaml.

    The days on which it can be answered are compared with those of its returns that are not late by `today`.

    A survey that cannot be read has the outcome `COULD_NOT_CHECK`; the others are still compared.

    Args:
        programme: The programme.
        environment: The settings of the installation.
        today: The day of the question.
        extensions: The later due date of each extended return, by its id.

    Raises:
        SurveyServerError: The server could not be reached, or refused the login, which is not retried.
        UsageError: The programme names no server, or the environment has no user and password.
    """
    surveys = list(_surveys(programme))
    if not surveys:
        return []
    clock = [with_extension(row, extensions.get(str(row["expected_return_id"]))) for row in plan(programme)]
    with open_server(programme, environment) as server:
        try:
            open_days = {entry.survey_id: open_days_of(entry, programme) for entry in server.surveys()}
        except LimeSurveyError as error:
            raise SurveyServerError(str(error)) from error
        return [
            replace(
                _compared(server, programme, *survey),
                closed_while_expected=_closed_while_expected(clock, survey[2], open_days.get(survey[2]), today),
            )
            for survey in surveys
        ]


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


def _closed_while_expected(clock: Sequence[Row], survey_id: int, days: OpenDays | None, today: date) -> str:
    """Return a sentence if the server opens a survey too late, or closes it too early, for its returns to come."""
    to_come = [row for row in clock if row["source_id"] == survey_source(survey_id)]
    to_come = [row for row in to_come if day_of(row, "on_time_until_on") >= today]
    if days is None or not to_come:
        return ""
    opens_on = min(day_of(row, "opens_on") for row in to_come)
    on_time_until = max(day_of(row, "on_time_until_on") for row in to_come)
    if days.last is not None and days.last < on_time_until:
        found, remedy = f"only until {days.last}", "Extend its expiry date"
    elif days.first is not None and days.first > max(opens_on, today):
        found, remedy = f"only from {days.first}", "Bring its start date forward"
    else:
        return ""
    return (
        f"It can be answered {found}. Expected from {opens_on} until {on_time_until}, when its returns are open. "
        f"{remedy} on the survey server."
    )
