"""Read what the desk shows, from the published data: returns, what came for them, and what was decided.

Reads `analytics.return_status`, `staging.stg_moment`, `raw.returns`, `raw.findings`, `raw.decisions` and `ops.runs`.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, fields
from datetime import date, datetime
from typing import Any, TypeVar

import pyarrow as pa
import sqlalchemy as sa

from schemas.enums import (
    DecisionKind,
    FilledBy,
    InstrumentKind,
    ReturnOutcome,
    ReturnState,
    RunOutcome,
    Severity,
    StateReason,
)
from schemas.settings import ProjectPaths
from schemas.tables import DECISIONS, FINDINGS, RETURNS, RUNS, sql_table
from warehouse.address import warehouse_address
from warehouse.connection import holds_a_warehouse
from warehouse.published import read_together


@dataclass(frozen=True, slots=True)
class DeskReturn:
    """An expected return: the columns of `analytics.return_status` that the desk shows."""

    expected_return_id: str
    enrolment_id: str
    cohort_code: str
    structure_code: str
    structure_name: str
    innovation_code: str
    occasion_code: str
    instrument_code: str
    instrument_kind: InstrumentKind
    filled_by: FilledBy
    opens_on: date
    due_on: date
    original_due_on: date
    arrived_on: date | None
    days_late: int | None
    state: ReturnState
    state_reason: StateReason | None
    snoozed_until_on: date | None
    quarantined_return_id: str | None
    return_id: str | None
    n_respondents: int
    minimum_respondents: int


@dataclass(frozen=True, slots=True)
class DeskVersion:
    """A version of a return.

    Attributes:
        answered_at: When it was sent, UTC.
        loaded_at: When a run loaded it, UTC.
    """

    return_id: str
    origin: str
    answered_at: datetime
    loaded_at: datetime
    outcome: ReturnOutcome


@dataclass(frozen=True, slots=True)
class DeskFinding:
    """A deviation in a version of a return."""

    return_id: str
    loaded_at: datetime
    location: str
    found: str
    expected: str
    severity: Severity


@dataclass(frozen=True, slots=True)
class DeskDecision:
    """A decision about a return or its enrolment."""

    kind: DecisionKind
    subject_id: str
    is_undone: bool
    effective_on: date | None
    decided_on: date
    author: str
    reason: str


@dataclass(frozen=True, slots=True)
class DeskHistory:
    """What came for some returns and was decided about them, in the order of time."""

    versions: tuple[DeskVersion, ...]
    findings: tuple[DeskFinding, ...]
    decisions: tuple[DeskDecision, ...]


_T = TypeVar("_T")
_STATUS = sa.table("return_status", *(sa.column(field.name) for field in fields(DeskReturn)), schema="analytics")
_MOMENT = sa.table("stg_moment", sa.column("as_of"), schema="staging")
_RETURNS, _FINDINGS, _DECISIONS = sql_table(RETURNS), sql_table(FINDINGS), sql_table(DECISIONS)
_RUNS = sql_table(RUNS)


def is_published(paths: ProjectPaths) -> bool:
    """Return whether a run has published views."""
    return paths.published.exists() if warehouse_address(paths) is None else holds_a_warehouse(paths)


def published_day(paths: ProjectPaths) -> date:
    """Return the day of which the published views are.

    Raises:
        DatabaseError: The published data cannot be read.
    """
    (table,) = read_together(paths, [sa.select(_MOMENT)])
    day: date = table.column("as_of")[0].as_py()
    return day


def published_at(paths: ProjectPaths) -> datetime | None:
    """Return when the last run ended whose results are published, UTC; None before the first one.

    Raises:
        DatabaseError: The published data cannot be read.
    """
    if not is_published(paths):
        return None
    ended_at = sa.select(sa.func.max(_RUNS.c.ended_at).label("at")).where(_RUNS.c.outcome == RunOutcome.DONE.value)
    (table,) = read_together(paths, [ended_at])
    at: datetime | None = table.column("at")[0].as_py()
    return at


def desk_returns(paths: ProjectPaths, expected_return_id: str | None = None) -> list[DeskReturn]:
    """Return the expected returns, by structure and due date.

    Args:
        paths: The paths of the programme.
        expected_return_id: The only return to read; None for all.

    Raises:
        UsageError: Another version of Essaim built the views.
        DatabaseError: The published data cannot be read.
    """
    columns = _STATUS.c
    is_wanted = sa.true() if expected_return_id is None else columns.expected_return_id == expected_return_id
    statement = (
        sa.select(_STATUS)
        .where(is_wanted)
        .order_by(columns.structure_name, columns.enrolment_id, columns.due_on, columns.instrument_code)
    )
    (table,) = read_together(paths, [statement])
    return _made(
        DeskReturn,
        table,
        instrument_kind=InstrumentKind,
        filled_by=FilledBy,
        state=ReturnState,
        state_reason=StateReason,
    )


def desk_history(paths: ProjectPaths, expected_return_ids: Sequence[str], enrolment_ids: Sequence[str]) -> DeskHistory:
    """Return what came for some expected returns, and what was decided about them and their enrolments.

    Raises:
        DatabaseError: The published data cannot be read.
    """
    returns, findings, decisions = _RETURNS.c, _FINDINGS.c, _DECISIONS.c
    of_returns = returns.expected_return_id.in_(expected_return_ids)
    versions = (
        sa.select(returns.return_id, returns.origin, returns.answered_at, returns.loaded_at, returns.outcome)
        .where(of_returns)
        .order_by(returns.answered_at, returns.sequence, returns.loaded_at)
    )
    found = (
        sa.select(*(findings[field.name] for field in fields(DeskFinding)))
        .where(findings.return_id.in_(sa.select(returns.return_id).where(of_returns)))
        .order_by(findings.loaded_at, findings.location, findings.expected)
    )
    decided = (
        sa.select(*(decisions[field.name] for field in fields(DeskDecision)))
        .where(decisions.subject_id.in_([*expected_return_ids, *enrolment_ids]))
        .order_by(decisions.known_at, decisions.loaded_at)
    )
    of_versions, of_findings, of_decisions = read_together(paths, [versions, found, decided])
    return DeskHistory(
        tuple(_made(DeskVersion, of_versions, outcome=ReturnOutcome)),
        tuple(_made(DeskFinding, of_findings, severity=Severity)),
        tuple(_made(DeskDecision, of_decisions, kind=DecisionKind)),
    )


def _made(make: Callable[..., _T], table: pa.Table, **enums: Callable[[str], object]) -> list[_T]:
    """Return an object for each row, with the values of some columns as members of enums."""
    rows: list[dict[str, Any]] = table.to_pylist()
    return [
        make(
            **{
                name: enums[name](value) if name in enums and value is not None else value
                for name, value in row.items()
            }
        )
        for row in rows
    ]
