"""Compute the expected returns of a programme, and when each opens, is due and stops being on time.

Due dates are always computed from the anchor date of the enrolment, never chained: 31 August + 6 months is the last day
of February, and + 12 months is 31 August again.
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
from schemas.instruments import Instrument, InstrumentVersion
from schemas.programme import Occasion, Programme
from schemas.programme_tables import Enrolment

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
    """Yield the plan of a programme: one row for each enrolment × occasion × instrument with a version there.

    A structure that moved from another cohort owes what is due after the move.
    """
    for enrolment in programme.enrolments:
        moved_on = programme.moved_on.get(enrolment.enrolment_id)
        innovation = programme.cohort_by_code[enrolment.cohort_code].innovation
        for occasion in programme.settings.occasions:
            for instrument in programme.settings.instruments:
                version = instrument.version_at(occasion.code)
                if version is None or innovation not in instrument.innovations:
                    continue
                expected = _expected(programme, enrolment, occasion, instrument, version)
                if moved_on is None or day_of(expected, "due_on") > moved_on:
                    yield expected


def owed_by_folder(programme: Programme) -> list[Row]:
    """Return the plan of a programme without the returns that are due after their structure left."""
    return [row for row in plan(programme) if not row["is_after_leaving"]]


def is_due_after_leaving(row: Row, departures: Mapping[str, date]) -> bool:
    """Return whether a planned return is due after its structure left: by a decision in force, else by the plan.

    Args:
        row: The row of the plan, as believed.
        departures: The departures that were recorded as decisions: the day by enrolment.
    """
    left_on = departures.get(str(row["enrolment_id"]))
    return bool(row["is_after_leaving"]) if left_on is None else day_of(row, "due_on") > left_on


def with_extension(row: Row, until: date | None) -> Row:
    """Return a planned row by its extended clock: the days that follow from the due date move with it.

    Args:
        row: The row of the plan.
        until: The later due date that was decided; None for none. One that is not later changes nothing: the plan may
            have been amended since.
    """
    due_on = day_of(row, "due_on")
    if until is None or until <= due_on:
        return row
    moved = {name: day_of(row, name) + (until - due_on) for name in ("on_time_until_on", "locked_on") if row[name]}
    return {**row, "due_on": until, **moved}


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
        after: The row that the edit would plan; withdrawn where the folder no longer names the return. Where the
            structure of a return that was due left or is enrolled again, the planned row but for that.
        effect: What becomes of the difference.
    """

    expected_return_id: str
    before: Row | None
    after: Row
    effect: Effect


def as_believed(planned: Mapping[str, Row], left_on: Mapping[str, date]) -> dict[str, Row]:
    """Return a plan in which each row states whether it is due after its structure left.

    Rows of an earlier Essaim do not, and go by the enrolments that are loaded.

    Args:
        planned: The latest plan row of each expected return, by id.
        left_on: The day on which each structure left according to the loaded enrolments, by enrolment.
    """
    return {
        id_: row if row["is_after_leaving"] is not None else _stated(row, left_on.get(str(row["enrolment_id"])))
        for id_, row in planned.items()
    }


def to_state(planned: Mapping[str, Row], left_on: Mapping[str, date], programme: Programme) -> list[Row]:
    """Return the rows that must be stated before the programme is loaded, so that its enrolments do not change them.

    Args:
        planned: The latest plan row of each expected return, by id.
        left_on: The day on which each structure left according to the loaded enrolments, by enrolment.
        programme: The programme that is loaded next.
    """
    enrolments = {enrolment.enrolment_id: enrolment for enrolment in programme.enrolments}
    return [
        row
        for id_, row in as_believed(planned, left_on).items()
        if planned[id_]["is_after_leaving"] is None
        and (enrolment := enrolments.get(str(row["enrolment_id"]))) is not None
        and row["is_after_leaving"] != enrolment.has_left_by(day_of(row, "due_on"))
    ]


def differences(
    planned: Mapping[str, Row],
    programme: Programme,
    today: date,
    kept: Collection[tuple[str, str]] = (),
    decided: Collection[str] = (),
) -> list[Difference]:
    """Return the differences between the plan and the programme folder (docs/decisions/0025).

    An edit that makes a return fall due in the past, or that moves, withdraws or replaces one that was due, needs
    acceptance; so does a day of leaving that changes whether one that was due is owed. Where nothing was planned yet,
    everything may be due in the past. Changed rules (opening, grace, expiry, respondents) apply to returns that are not
    due yet; the others stay as they were due.

    Args:
        planned: The latest plan row of each expected return, by id, as believed.
        programme: The programme, as read from its folder.
        today: The run's today.
        kept: The edits that a person decided not to apply: id of the expected return, and checksum of the row.
        decided: The enrolments of which a decision, and not the folder, states when they left: whether their planned
            returns are due after that stays as it was planned.
    """
    wanted = {str(row["expected_return_id"]): row for row in plan(programme)}
    found: list[Difference] = []
    for id_, row in planned.items():
        if id_ not in wanted and not row["is_withdrawn"]:
            wanted[id_] = _with_checksum({**_planned_columns(row), "is_withdrawn": True})
    for id_, of_folder in wanted.items():
        known = planned.get(id_)
        after = of_folder
        if known is not None and not known["is_withdrawn"] and known["enrolment_id"] in decided:
            # The folder's day of leaving waits until the decision is revoked, and is an edit of that day then.
            after = _with_checksum({**_planned_columns(after), "is_after_leaving": known["is_after_leaving"]})
        if known is not None and known["plan_sha256"] == after["plan_sha256"]:
            continue
        before = None if known is None or known["is_withdrawn"] else known
        applied, effect = _applied(before, after, today) if planned else (after, Effect.NEXT_RUN)
        if effect is Effect.TO_ACCEPT and (id_, applied["plan_sha256"]) in kept:
            effect = Effect.STAYS
        found.append(Difference(id_, before, applied, effect))
    return found


def changes_to_plan(planned: Mapping[str, Row], programme: Programme, today: date) -> list[Row]:
    """Return the rows that a run adds to the plan: those of `differences` that need no acceptance."""
    return [one.after for one in differences(planned, programme, today) if one.effect is Effect.NEXT_RUN]


def _expected(
    programme: Programme, enrolment: Enrolment, occasion: Occasion, instrument: Instrument, version: InstrumentVersion
) -> Row:
    schedule = programme.settings.schedule
    due_on = occasion.due_on(programme.anchor_of(enrolment))
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
            "is_after_leaving": enrolment.has_left_by(due_on),
        }
    )


def _with_checksum(row: Row) -> Row:
    # Rows of an earlier Essaim have no `is_after_leaving`, and keep their checksums while it is false.
    content = {name: value for name, value in row.items() if name != "is_after_leaving" or value}
    sha256 = hashlib.sha256(json.dumps(content, sort_keys=True, default=str).encode()).hexdigest()
    return {**row, "plan_sha256": sha256}


def _planned_columns(row: Row) -> Row:
    stamps: Iterable[str] = ("plan_sha256", "run_id", "known_at", "loaded_at")
    return {name: value for name, value in row.items() if name not in stamps}


def _stated(row: Row, left_on: date | None) -> Row:
    is_after_leaving = left_on is not None and day_of(row, "due_on") > left_on
    stated = {**_planned_columns(row), "is_after_leaving": is_after_leaving}
    return _with_checksum(stated) if is_after_leaving else {**stated, "plan_sha256": row["plan_sha256"]}


def _applied(before: Row | None, after: Row, today: date) -> tuple[Row, Effect]:
    """Return the row that an edit would add to the plan, and what becomes of the edit."""
    if before is None or day_of(before, "due_on") >= today:
        is_past = not after["is_withdrawn"] and day_of(after, "due_on") < today
        return after, Effect.TO_ACCEPT if is_past else Effect.NEXT_RUN
    if any(before[name] != after[name] for name in ("due_on", "is_withdrawn", *PLACE)):
        return after, Effect.TO_ACCEPT
    if before["is_after_leaving"] == after["is_after_leaving"]:
        return after, Effect.STAYS
    # Only whether it is owed changes: by which rules it was on time stays as it was due.
    owed = _with_checksum({**_planned_columns(before), "is_after_leaving": after["is_after_leaving"]})
    return owed, Effect.TO_ACCEPT


def day_of(row: Row, column: str) -> date:
    """Return a day of a planned row."""
    day = row[column]
    assert isinstance(day, date)  # noqa: S101 narrows the type of a column that is a date
    return day
