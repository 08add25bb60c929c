"""Compute the expected returns of a programme, and when each opens, is due and stops being on time.

Due dates are always computed from the anchor date, never chained: 31 August + 6 months is the last day of February,
and + 12 months is 31 August again.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum
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


class Effect(StrEnum):
    """What becomes of a difference between the plan and the programme folder."""

    NEXT_RUN = "next run"
    """The return is not due, before and after the edit: the next run applies it."""
    TO_ACCEPT = "needs acceptance"
    """The return was due already, or the edit makes it fall due in the past: no run plans until a person decides."""
    STAYS = "stays as planned"
    """The edit concerns later returns only, or a person decided that this return stays as it was planned."""


PLACE = ("instrument_version", "instrument_kind", "filled_by", "source_id")
"""The columns of a planned row that name where its return comes from."""


@dataclass(frozen=True, slots=True)
class Difference:
    """A difference between the plan and the programme folder, for one expected return.

    Attributes:
        before: The planned row; None where the return is not expected.
        after: The row that the folder would plan; withdrawn where the folder no longer names the return.
        effect: What becomes of the difference.
    """

    expected_return_id: str
    before: Row | None
    after: Row
    effect: Effect


def differences(
    planned: Mapping[str, Row], programme: Programme, today: date, kept: Collection[tuple[str, str]] = ()
) -> list[Difference]:
    """Return the differences between the plan and the programme folder (docs/decisions/0025).

    An edit that makes a return fall due in the past, or that moves, withdraws or replaces one that was due, needs
    acceptance. Where nothing was planned yet, everything may be due in the past. Changed rules (opening, grace, expiry,
    respondents) apply to returns that are not due yet; the others stay as they were due.

    Args:
        planned: The latest plan row of each expected return, by id.
        programme: The programme.
        today: The run's today.
        kept: The edits that a person decided not to apply: id of the expected return, and checksum of the row.
    """
    wanted = {str(row["expected_return_id"]): row for row in plan(programme)}
    found: list[Difference] = []
    for id_, row in planned.items():
        if id_ not in wanted and not row["is_withdrawn"]:
            wanted[id_] = _with_checksum({**_planned_columns(row), "is_withdrawn": True})
    for id_, after in wanted.items():
        known = planned.get(id_)
        if known is not None and known["plan_sha256"] == after["plan_sha256"]:
            continue
        before = None if known is None or known["is_withdrawn"] else known
        effect = _effect(before, after, today) if planned else Effect.NEXT_RUN
        if effect is Effect.TO_ACCEPT and (id_, after["plan_sha256"]) in kept:
            effect = Effect.STAYS
        found.append(Difference(id_, before, after, effect))
    return found


def changes_to_plan(planned: Mapping[str, Row], programme: Programme, today: date) -> list[Row]:
    """Return the rows that a run adds to the plan: those of `differences` that need no acceptance."""
    return [one.after for one in differences(planned, programme, today) if one.effect is Effect.NEXT_RUN]


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


def _effect(before: Row | None, after: Row, today: date) -> Effect:
    if before is None or day_of(before, "due_on") >= today:
        is_past = not after["is_withdrawn"] and day_of(after, "due_on") < today
        return Effect.TO_ACCEPT if is_past else Effect.NEXT_RUN
    is_elsewhere = any(before[name] != after[name] for name in ("due_on", "is_withdrawn", *PLACE))
    return Effect.TO_ACCEPT if is_elsewhere else Effect.STAYS


def day_of(row: Row, column: str) -> date:
    """Return a day of a planned row."""
    day = row[column]
    assert isinstance(day, date)  # noqa: S101 narrows the type of a column that is a date
    return day
