"""Compute the expected returns of a programme, and when each opens, is due and stops being on time.

Due dates are always computed from the anchor date, never chained: 31 August + 6 months is the last day of February,
and + 12 months is 31 August again.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Iterator, Mapping
from datetime import date, timedelta
from typing import TYPE_CHECKING

from schemas.enums import Duplicates, InstrumentKind
from schemas.months import months_after
from schemas.programme import Enrolment, Instrument, InstrumentVersion, Occasion, Programme

if TYPE_CHECKING:
    from schemas.tables import Row  # imports the engines, which light commands avoid

INBOX = "inbox"
"""The source of workbooks."""


def survey_source(survey_id: int) -> str:
    """Return the id of a survey as a source, such as `limesurvey:1234`."""
    return f"{InstrumentKind.LIMESURVEY}:{survey_id}"


def expected_return_id(enrolment_id: str, occasion_code: str, instrument_code: str) -> str:
    """Return the id of an expected return, such as `VITA-2/ICARE/M06/tableau`."""
    return f"{enrolment_id}/{occasion_code}/{instrument_code}"


def plan(programme: Programme) -> Iterator[Row]:
    """Yield the plan of a programme: one row for each enrolment × occasion × instrument with a version there."""
    for enrolment in programme.enrolments:
        innovation = programme.cohort_by_code[enrolment.cohort_code].innovation
        for occasion in programme.settings.occasions:
            for instrument in programme.settings.instruments:
                version = instrument.version_at(occasion.code)
                if version is not None and innovation in instrument.innovations:
                    yield _expected(programme, enrolment, occasion, instrument, version)


def changes_to_plan(planned: Mapping[str, Row], programme: Programme, today: date) -> list[Row]:
    """Return the rows that bring the plan in line with the programme.

    Only returns that are not due yet change: a return whose due date has passed stays as it was planned. A return that
    is not due and no longer in the programme is withdrawn.

    Args:
        planned: The latest plan row of each expected return, by id.
        programme: The programme.
        today: The run's today.
    """
    wanted = {str(row["expected_return_id"]): row for row in plan(programme)}
    added = [
        row for id_, row in wanted.items() if _may_change(planned.get(id_), today) and _differs(planned.get(id_), row)
    ]
    withdrawn = [
        _with_checksum({**_planned_columns(row), "is_withdrawn": True})
        for id_, row in planned.items()
        if id_ not in wanted and _may_change(row, today) and not row["is_withdrawn"]
    ]
    return added + withdrawn


def _expected(
    programme: Programme, enrolment: Enrolment, occasion: Occasion, instrument: Instrument, version: InstrumentVersion
) -> Row:
    schedule = programme.settings.schedule
    due_on = months_after(programme.cohort_by_code[enrolment.cohort_code].anchor_on, occasion.months)
    locked_on = due_on + timedelta(days=schedule.expiry_days) if schedule.expiry_days else None
    return _with_checksum(
        {
            "expected_return_id": expected_return_id(enrolment.enrolment_id, occasion.code, instrument.code),
            "enrolment_id": enrolment.enrolment_id,
            "occasion_code": occasion.code,
            "instrument_code": instrument.code,
            "instrument_version": version.version,
            "instrument_kind": instrument.kind.value,
            "filled_by": instrument.filled_by.value,
            "source_id": INBOX if version.survey_id is None else survey_source(version.survey_id),
            "takes_several": instrument.respondents.several,
            "minimum_respondents": instrument.respondents.minimum,
            "keeps_first": instrument.respondents.duplicates is Duplicates.FIRST,
            "opens_on": due_on - timedelta(days=schedule.opens_days_before),
            "due_on": due_on,
            "on_time_until_on": due_on + timedelta(days=schedule.grace_days),
            "locked_on": locked_on,
            "is_withdrawn": False,
        }
    )


def _with_checksum(row: Row) -> Row:
    content = json.dumps(row, sort_keys=True, default=str)
    return {**row, "plan_sha256": hashlib.sha256(content.encode()).hexdigest()}


def _planned_columns(row: Row) -> Row:
    stamps: Iterable[str] = ("plan_sha256", "run_id", "known_at", "loaded_at")
    return {name: value for name, value in row.items() if name not in stamps}


def _may_change(planned: Row | None, today: date) -> bool:
    return planned is None or planned["is_withdrawn"] is True or _due(planned) >= today


def _differs(planned: Row | None, wanted: Row) -> bool:
    return planned is None or planned["plan_sha256"] != wanted["plan_sha256"]


def _due(row: Row) -> date:
    due_on = row["due_on"]
    assert isinstance(due_on, date)  # noqa: S101 narrows the type of a column that is a date
    return due_on
