"""Deliver the returns of a demonstration to a simulated survey server and, as workbooks, to an inbox."""

import hashlib
import os
from collections.abc import Iterable
from datetime import UTC
from pathlib import Path

from schemas.enums import InstrumentKind
from schemas.errors import UsageError
from schemas.instruments import Instrument
from schemas.programme import Programme
from tasks.demonstration.generate import DemonstrationReturn
from tasks.simulator import State, Survey, User
from tasks.workbooks import workbook_name, write_workbook
from tasks.workbooks.identity import Identity


def answer_surveys(folder: Path, programme: Programme, returns: Iterable[DemonstrationReturn], user: User) -> State:
    """Return the state of a simulated server with the surveys of `folder/surveys`, their participants and responses.

    Args:
        folder: The programme folder.
        programme: The programme.
        returns: The returns to deliver; those of other instruments are skipped.
        user: The user of the server.

    Raises:
        UsageError: `folder/surveys` has no file for the survey of an instrument.
    """
    surveys = {survey.sid: survey for survey in map(Survey.from_lss, sorted((folder / "surveys").glob("*.lss")))}
    for instrument in programme.settings.instruments:
        for version in instrument.versions:
            if version.survey_id is not None and version.survey_id not in surveys:
                raise UsageError(
                    f"{folder / 'surveys'} has no .lss file for survey {version.survey_id} of {instrument.code}."
                )
            if version.survey_id is not None:
                _enrol(programme, instrument, surveys[version.survey_id])
    for return_ in sorted(returns, key=lambda r: (r.answered_at, r.expected_return_id)):
        if return_.version.survey_id is not None:
            _answer(surveys[return_.version.survey_id], return_, programme.instrument_by_code[return_.instrument_code])
    return State(surveys.values(), [user])


def fill_inbox(inbox: Path, programme: Programme, returns: Iterable[DemonstrationReturn]) -> int:
    """Write each workbook with its delivery time as modification time, and return the number of workbooks."""
    inbox.mkdir(parents=True, exist_ok=True)
    count = 0
    for return_ in returns:
        if return_.instrument_kind is not InstrumentKind.WORKBOOK:
            continue
        cohort_code, structure_code = return_.enrolment_id.split("/")
        identity = Identity(
            programme=programme.settings.programme,
            cohorte=cohort_code,
            structure=structure_code,
            occasion=return_.occasion_code,
            instrument=return_.instrument_code,
            version=str(return_.version.version),
        )
        path = inbox / workbook_name(return_.expected_return_id)
        values = {item: int(a) if a is not None and a.isdigit() else a for item, a in return_.answers.items()}
        write_workbook(path, identity, return_.version, values, return_.rows)
        delivered = return_.answered_at.replace(tzinfo=programme.zone).astimezone(UTC).timestamp()
        os.utime(path, (delivered, delivered))
        count += 1
    return count


def _enrol(programme: Programme, instrument: Instrument, survey: Survey) -> None:
    survey.activate()
    for enrolment in programme.enrolments:
        if programme.cohort_by_code[enrolment.cohort_code].innovation in instrument.innovations:
            survey.add_participant(
                token=_token(survey.sid, enrolment.enrolment_id),
                attributes={
                    name: code
                    for name, code in (
                        (instrument.join.structure, enrolment.structure_code),
                        (instrument.join.cohort, enrolment.cohort_code),
                    )
                    if name
                },
                firstname="Personne",
                lastname=f"Inventée {enrolment.structure_code}",
                email=f"{enrolment.structure_code.lower()}@example.org",
            )


def _answer(survey: Survey, return_: DemonstrationReturn, instrument: Instrument) -> None:
    moment = f"{return_.answered_at:%Y-%m-%d %H:%M:%S}"
    names = dict.fromkeys(instrument.identifiers, f"Personne Inventée {return_.enrolment_id}")
    given = {item: answer for item, answer in return_.answers.items() if answer is not None}
    survey.add_response(
        {**(_left_blank(survey) if return_.is_complete else {}), **given, **names},
        token=_token(survey.sid, return_.enrolment_id),
        submitdate=moment if return_.is_complete else None,
        startdate=moment,
        datestamp=moment,
        lastpage=3 if return_.is_complete else 1,
    )


def _left_blank(survey: Survey) -> dict[str, str]:
    """Return the blank answers of a submitted form, by heading; a question with a condition is not shown."""
    conditions = {group.gid: group.relevance for group in survey.groups}
    return {
        heading: "0" if column.extra == "filecount" else ""
        for heading, column in survey.columns_by_heading().items()
        if {column.question.relevance, conditions[column.question.gid]} <= {"", "1"}
    }


def _token(survey_id: int, enrolment_id: str) -> str:
    return hashlib.sha256(f"{survey_id}/{enrolment_id}".encode()).hexdigest()[:15]
