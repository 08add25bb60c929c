"""Record and read decisions: waivers, nothing to report, snoozes, extensions, departures, and their reversals.

Writes `raw.decisions`, append-only. Reads `raw.decisions`, and from the published data `staging.stg_decisions` and
`analytics.return_status`.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

import sqlalchemy as sa

from schemas.enums import DecisionKind
from schemas.settings import ProjectPaths
from schemas.tables import DECISIONS, Row, sql_table
from warehouse.address import warehouse_address
from warehouse.connection import Warehouse, holds_a_warehouse
from warehouse.published import read
from warehouse.runs import Stamp
from warehouse.sql import as_text

_COLUMNS = ("kind", "subject_id", "effective_on", "decided_on", "author", "reason")
_DECISIONS = sa.table("stg_decisions", *(sa.column(name) for name in (*_COLUMNS, "is_in_force")), schema="staging")
_STATUS = sa.table(
    "return_status",
    *(sa.column(name) for name in ("expected_return_id", "enrolment_id", "state", "due_on", "original_due_on")),
    sa.column("snoozed_until_on"),
    schema="analytics",
)
_SHOWN = ("expected_return_id", "due_on", "state", "snoozed_until_on")
_SHOWN_OF_EXTENSIONS = ("expected_return_id", "original_due_on", "due_on", "state", "snoozed_until_on")

QueryResult = tuple[list[str], list[tuple[object, ...]]]
"""Column names, and rows."""


def record_decisions(warehouse: Warehouse, rows: Sequence[Row], stamp: Stamp) -> None:
    """Append decisions in one transaction."""
    from warehouse.loads import load_together  # imports Arrow

    load_together(warehouse, {DECISIONS: rows}, stamp)
    warehouse.checkpoint()


def decided_leavings(warehouse: Warehouse, stamp: Stamp) -> dict[str, date]:
    """Return the departures that were recorded as decisions and known by the run's today: the date by enrolment."""
    return latest_leavings(warehouse.execute(decisions_by(DecisionKind.LEAVE, stamp.known_at)))


def waived_returns(warehouse: Warehouse, stamp: Stamp) -> frozenset[str]:
    """Return the ids of the expected returns that are waived, by the decisions known by the run's today."""
    return frozenset(_in_force(warehouse.execute(decisions_by(DecisionKind.WAIVE, stamp.known_at))))


def decisions_by(kind: DecisionKind, known_at: datetime) -> sa.Executable:
    """Return the statement that selects the decisions of a kind known by an instant (UTC), the latest last."""
    decisions = sql_table(DECISIONS).c
    return (
        sa.select(decisions.subject_id, decisions.effective_on, decisions.is_undone)
        .where(decisions.kind == kind.value, decisions.known_at <= known_at)
        .order_by(decisions.known_at, decisions.loaded_at)
    )


def latest_leavings(rows: Iterable[Sequence[Any]]) -> dict[str, date]:
    """Return the departures in force after the decisions about them: the date by enrolment."""
    return {enrolment_id: left_on for enrolment_id, left_on in _in_force(rows).items() if left_on is not None}


def _in_force(rows: Iterable[Sequence[Any]]) -> dict[str, date | None]:
    latest = {str(subject_id): (effective_on, is_undone) for subject_id, effective_on, is_undone in rows}
    return {subject_id: effective_on for subject_id, (effective_on, is_undone) in latest.items() if not is_undone}


@dataclass(frozen=True, slots=True)
class PublishedDecisions:
    """The decisions that change what structures owe, and when.

    Attributes:
        departures: The day on which each structure left, by enrolment.
        settled: The expected returns that nobody has to send: waived, or with nothing to report.
        extensions: The later due date of each extended return, by its id.
    """

    departures: Mapping[str, date]
    settled: frozenset[str]
    extensions: Mapping[str, date]


def published_decisions(paths: ProjectPaths) -> PublishedDecisions:
    """Return the recorded decisions in force; none before the first run.

    The latest decision about a subject counts, whatever day it was decided on.
    """
    is_there = paths.published.exists() if warehouse_address(paths) is None else holds_a_warehouse(paths)
    if not is_there:
        return PublishedDecisions({}, frozenset(), {})
    decisions = sql_table(DECISIONS).c
    statement = sa.select(decisions.kind, decisions.subject_id, decisions.effective_on, decisions.is_undone).order_by(
        decisions.known_at, decisions.loaded_at
    )
    latest = {
        (kind, id_): (day, is_undone) for kind, id_, day, is_undone in read(paths, as_text(statement), is_ours=True)[1]
    }
    in_force = {key: day for key, (day, is_undone) in latest.items() if not is_undone}
    days = {key: day for key, day in in_force.items() if isinstance(day, date)}
    return PublishedDecisions(
        departures={str(id_): day for (kind, id_), day in days.items() if kind == DecisionKind.LEAVE},
        settled=frozenset(str(id_) for kind, id_ in in_force if kind in (DecisionKind.WAIVE, DecisionKind.NOTHING)),
        extensions={str(id_): day for (kind, id_), day in days.items() if kind == DecisionKind.EXTEND},
    )


def decisions_in_force(paths: ProjectPaths) -> QueryResult:
    """Return the decisions in force: not reversed, and for snoozes not expired. Explained findings stay quiet."""
    columns = [_DECISIONS.c[name] for name in _COLUMNS]
    statement = (
        sa.select(*columns)
        .where(_DECISIONS.c.is_in_force, _DECISIONS.c.kind != DecisionKind.EXPLAIN.value)
        .order_by(_DECISIONS.c.kind, _DECISIONS.c.subject_id)
    )
    return read(paths, as_text(statement), is_ours=True)


def returns_of(paths: ProjectPaths, kind: DecisionKind) -> QueryResult:
    """Return every expected return with the columns that a decision of a kind may change.

    The first column, `subject_id`, is the subject of the decision: an enrolment for `leave`, else an expected return.
    """
    subject = _STATUS.c.enrolment_id if kind is DecisionKind.LEAVE else _STATUS.c.expected_return_id
    columns = [_STATUS.c[name] for name in (_SHOWN_OF_EXTENSIONS if kind is DecisionKind.EXTEND else _SHOWN)]
    statement = sa.select(subject.label("subject_id"), *columns).order_by(
        _STATUS.c.due_on, _STATUS.c.expected_return_id
    )
    return read(paths, as_text(statement), is_ours=True)
