"""What people decided: waivers, snoozes, leavings, and what was taken back. Rows are only ever added."""

from collections.abc import Sequence
from datetime import date

import sqlalchemy as sa

from schemas.enums import DecisionKind
from schemas.settings import ProjectPaths
from schemas.tables import DECISIONS, Row, sql_table
from warehouse.connection import Warehouse
from warehouse.loads import load_together
from warehouse.published import read
from warehouse.runs import Stamp
from warehouse.sql import as_text

_COLUMNS = ("kind", "subject_id", "effective_on", "decided_on", "author", "reason")
_STATED = sa.table("stg_decisions", *(sa.column(name) for name in (*_COLUMNS, "is_in_force")), schema="staging")
_STATUS = sa.table(
    "return_status",
    *(sa.column(name) for name in ("expected_return_id", "enrolment_id", "state", "due_on", "snoozed_until_on")),
    schema="analytics",
)
_ENROLMENTS = sa.table("dim_enrolment", sa.column("enrolment_id"), schema="marts")

QueryResult = tuple[list[str], list[tuple[object, ...]]]
"""Column names, and rows."""


def record_decisions(warehouse: Warehouse, rows: Sequence[Row], stamp: Stamp) -> None:
    """Add decisions, all of them or none."""
    load_together(warehouse, {DECISIONS: rows}, stamp)
    warehouse.checkpoint()


def decided_leavings(warehouse: Warehouse, stamp: Stamp) -> dict[str, date]:
    """When structures left by decision, as the run's today knows it: by enrolment."""
    decisions = sql_table(DECISIONS).c
    rows = warehouse.execute(
        sa.select(decisions.subject_id, decisions.effective_on, decisions.is_undone)
        .where(decisions.kind == DecisionKind.LEAVE.value, decisions.known_at <= stamp.known_at)
        .order_by(decisions.known_at, decisions.loaded_at)
    )
    latest = {subject_id: None if is_undone else left_on for subject_id, left_on, is_undone in rows}
    return {subject_id: left_on for subject_id, left_on in latest.items() if left_on is not None}


def known_subjects(paths: ProjectPaths, kind: DecisionKind) -> list[str]:
    """What can be decided about, as the views were last built: expected returns, or for `leave` the enrolments."""
    column = _ENROLMENTS.c.enrolment_id if kind is DecisionKind.LEAVE else _STATUS.c.expected_return_id
    return [str(row[0]) for row in read(paths, as_text(sa.select(column).order_by(column)), is_ours=True)[1]]


def decisions_of(paths: ProjectPaths, kind: DecisionKind) -> dict[str, tuple[object, ...]]:
    """What was decided last of one kind and not taken back: by subject, the day it takes effect and the reason."""
    decided = sa.select(_STATED.c.subject_id, _STATED.c.effective_on, _STATED.c.reason)
    rows = read(paths, as_text(decided.where(_STATED.c.kind == kind.value)), is_ours=True)[1]
    return {str(subject_id): tuple(rest) for subject_id, *rest in rows}


def decisions_in_force(paths: ProjectPaths) -> QueryResult:
    """The decisions that hold: not taken back, and of the snoozes those that are not over."""
    columns = [_STATED.c[name] for name in _COLUMNS]
    statement = sa.select(*columns).where(_STATED.c.is_in_force).order_by(_STATED.c.kind, _STATED.c.subject_id)
    return read(paths, as_text(statement), is_ours=True)


def returns_of(paths: ProjectPaths, kind: DecisionKind) -> QueryResult:
    """Every expected return with what a decision of this kind may have changed of it, and first of all its subject."""
    subject = _STATUS.c.enrolment_id if kind is DecisionKind.LEAVE else _STATUS.c.expected_return_id
    columns = [_STATUS.c[name] for name in ("expected_return_id", "due_on", "state", "snoozed_until_on")]
    statement = sa.select(subject.label("subject_id"), *columns).order_by(
        _STATUS.c.due_on, _STATUS.c.expected_return_id
    )
    return read(paths, as_text(statement), is_ours=True)
