"""Read the plan of expected returns, and what people decided about it, in a run or without one.

Reads `raw.expected_returns`, `raw.amendments`, `raw.programme_enrolments`, `raw.programme_cohorts` and `raw.decisions`.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any
from zoneinfo import ZoneInfo

import sqlalchemy as sa

from schemas.enums import DecisionKind
from schemas.settings import ProjectPaths
from schemas.tables import (
    AMENDMENTS,
    DECISIONS,
    EXPECTED_RETURNS,
    PROGRAMME_COHORTS,
    PROGRAMME_ENROLMENTS,
    Row,
    Table,
    sql_table,
)
from warehouse.address import warehouse_address
from warehouse.connection import Warehouse, holds_a_warehouse
from warehouse.decisions import decisions_by, latest_leavings
from warehouse.published import read, read_copy
from warehouse.runs import Stamp
from warehouse.sql import as_text
from warehouse.writer import refuse_if_busy

_AMENDMENTS, _EXPECTED_RETURNS = sql_table(AMENDMENTS).c, sql_table(EXPECTED_RETURNS).c
_ENROLMENTS, _DECISIONS = sql_table(PROGRAMME_ENROLMENTS).c, sql_table(DECISIONS).c
_COHORTS = sql_table(PROGRAMME_COHORTS).c

_Ask = Callable[[sa.Executable], Sequence[tuple[Any, ...]]]

Kept = frozenset[tuple[str, str]]
"""Edits that are not applied: id of the expected return, and checksum of the row in the programme folder."""


@dataclass(frozen=True, slots=True)
class KnownPlan:
    """The plan as known by an instant.

    Attributes:
        known_at: The instant, UTC without a zone.
        planned: The latest row of each expected return, by its id.
        left_on: The day on which each structure left according to the loaded enrolments, by enrolment. Empty where
            every planned row states whether it is due after leaving.
        kept: The edits of which it was decided that the return stays as it was planned.
        departures: The departures that were recorded as decisions: the day by enrolment.
        structures: The names of the structures in the folder that was loaded last, by enrolment.
    """

    known_at: datetime
    planned: Mapping[str, Row]
    left_on: Mapping[str, date]
    kept: Kept
    departures: Mapping[str, date]
    structures: Mapping[str, str]

    def day(self, zone: ZoneInfo) -> date:
        """Return the local day of the instant."""
        return self.known_at.replace(tzinfo=UTC).astimezone(zone).date()


@dataclass(frozen=True, slots=True)
class KnownDecisions:
    """The decisions of one kind, seen from a day.

    Attributes:
        in_force: Effective date and reason of the latest decisions known by the end of the day, by subject. Those that
            were taken back are left out.
        decided_since: The day of the latest decision, by subject, where it is after that day.
    """

    in_force: Mapping[str, tuple[date | None, str]]
    decided_since: Mapping[str, date]


def plan_known_by(warehouse: Warehouse, stamp: Stamp) -> KnownPlan:
    """Return the plan known by the run's today."""
    return _known_plan(warehouse.execute, stamp.known_at)


def latest_plan(warehouse: Warehouse, stamp: Stamp) -> KnownPlan:
    """Return the latest plan, even if the run's today is earlier: the programme folder is never that of a past day."""
    return _known_plan(warehouse.execute, _last_changed_at(warehouse.execute, stamp.known_at))


def loaded_leavings(warehouse: Warehouse, stamp: Stamp) -> dict[str, tuple[date | None, str | None]]:
    """Return the day and reason of leaving in the enrolments loaded last, known by the run's today, by enrolment."""
    rows = warehouse.execute(
        sa.select(_ENROLMENTS.enrolment_id, _ENROLMENTS.left_on, _ENROLMENTS.left_reason)
        .where(_ENROLMENTS.known_at <= stamp.known_at)
        .order_by(_ENROLMENTS.known_at, _ENROLMENTS.loaded_at)
    )
    return {str(enrolment_id): (left_on, left_reason) for enrolment_id, left_on, left_reason in rows}


def loaded_enrolments(warehouse: Warehouse, stamp: Stamp) -> dict[str, str]:
    """Return the innovation of each enrolment that was ever loaded, known by the run's today, by id."""
    is_cohort_of = (_COHORTS.run_id == _ENROLMENTS.run_id) & (_COHORTS.cohort_code == _ENROLMENTS.cohort_code)
    rows = warehouse.execute(
        sa.select(_ENROLMENTS.enrolment_id, _COHORTS.innovation_code)
        .where(is_cohort_of, _ENROLMENTS.known_at <= stamp.known_at)
        .order_by(_ENROLMENTS.known_at, _ENROLMENTS.loaded_at)
    )
    return {str(enrolment_id): str(innovation_code) for enrolment_id, innovation_code in rows}


def ledger_plan(paths: ProjectPaths, known_at: datetime) -> KnownPlan:
    """Return the latest plan that the warehouse holds, published or not; an empty one without a warehouse.

    Nothing is written. Rows of a run that failed after it planned are included: the next run starts from them.

    Args:
        paths: The paths of the programme.
        known_at: The end of the day of the question, UTC; the plan may be known from a later day on.

    Raises:
        WarehouseBusyError: A run has the DuckDB file open.
        DatabaseError: The warehouse cannot be read.
    """
    if not holds_a_warehouse(paths):
        return KnownPlan(known_at, {}, {}, frozenset(), {}, {})
    return _latest(_asking(paths), known_at)


def ledger_subjects(paths: ProjectPaths, kind: DecisionKind) -> list[str]:
    """Return what decisions of a kind may be about, by the latest plan that the warehouse holds, published or not.

    For `leave` these are enrolments: those of the folder that was loaded last, and those that owe a return by the plan.
    For other kinds, they are the planned returns. As for `ledger_plan`, nothing is written, and the plan may be known
    from any day.

    Raises:
        UsageError: There is no warehouse yet.
        WarehouseBusyError: A run has the DuckDB file open.
        DatabaseError: The warehouse cannot be read.
    """
    ask = _asking(paths)
    returns = ask(
        sa.select(
            _EXPECTED_RETURNS.expected_return_id, _EXPECTED_RETURNS.enrolment_id, _EXPECTED_RETURNS.is_withdrawn
        ).order_by(_EXPECTED_RETURNS.known_at, _EXPECTED_RETURNS.loaded_at)
    )
    latest = {str(id_): (str(enrolment_id), is_withdrawn) for id_, enrolment_id, is_withdrawn in returns}
    if kind is not DecisionKind.LEAVE:
        return sorted(id_ for id_, (_, is_withdrawn) in latest.items() if not is_withdrawn)
    loaded = ask(
        sa.select(_ENROLMENTS.enrolment_id, _ENROLMENTS.run_id).order_by(_ENROLMENTS.known_at, _ENROLMENTS.loaded_at)
    )
    enrolled = {str(enrolment_id) for enrolment_id, run_id in loaded if run_id == loaded[-1][1]}
    return sorted(enrolled | {enrolment_id for enrolment_id, is_withdrawn in latest.values() if not is_withdrawn})


def ledger_decisions(paths: ProjectPaths, kind: DecisionKind, known_at: datetime) -> KnownDecisions:
    """Return the decisions of a kind that the warehouse holds, whatever day the views were built for.

    Args:
        paths: The paths of the programme.
        kind: Kind of the decisions.
        known_at: The end of the day of the question, UTC.

    Raises:
        UsageError: There is no warehouse yet.
        WarehouseBusyError: A run has the DuckDB file open.
        DatabaseError: The warehouse cannot be read.
    """
    return _known_decisions(_asking(paths), kind, known_at)


def published_decisions_of(paths: ProjectPaths, kind: DecisionKind, known_at: datetime) -> KnownDecisions:
    """Return the decisions of a kind in the published data.

    Args:
        paths: The paths of the programme.
        kind: Kind of the decisions.
        known_at: The end of the day of the question, UTC.

    Raises:
        UsageError: No data is published yet.
        DatabaseError: The published data cannot be read.
    """
    return _known_decisions(lambda statement: read(paths, as_text(statement), is_ours=True)[1], kind, known_at)


def decisions_known(warehouse: Warehouse, kind: DecisionKind, stamp: Stamp) -> KnownDecisions:
    """Return the decisions of a kind that the warehouse of a run holds, seen from the run's today."""
    return _known_decisions(warehouse.execute, kind, stamp.known_at)


def _known_decisions(ask: _Ask, kind: DecisionKind, known_at: datetime) -> KnownDecisions:
    columns = [_DECISIONS[name] for name in ("subject_id", "effective_on", "reason", "is_undone")]
    rows = ask(
        sa.select(*columns, _DECISIONS.decided_on, _DECISIONS.known_at)
        .where(_DECISIONS.kind == kind.value)
        .order_by(_DECISIONS.known_at, _DECISIONS.loaded_at)
    )
    latest = {row[0]: row for row in rows if row[-1] <= known_at}
    in_force = {id_: (day, reason) for id_, day, reason, is_undone, *_ in latest.values() if not is_undone}
    return KnownDecisions(in_force, {row[0]: row[-2] for row in rows if row[-1] > known_at})


def published_plan(paths: ProjectPaths, known_at: datetime) -> KnownPlan:
    """Return the latest plan in the published data; an empty one before the first run.

    Args:
        paths: The paths of the programme.
        known_at: The end of the day of the question, UTC; the plan may be known from a later day on.

    Raises:
        DatabaseError: The published data cannot be read.
    """
    is_there = paths.published.exists() if warehouse_address(paths) is None else holds_a_warehouse(paths)
    if not is_there:
        return KnownPlan(known_at, {}, {}, frozenset(), {}, {})
    return _latest(lambda statement: read(paths, as_text(statement), is_ours=True)[1], known_at)


def published_structures(paths: ProjectPaths) -> dict[str, str]:
    """Return the names of the structures in the folder of which the views were built last, by enrolment.

    Empty before the first run.

    Raises:
        DatabaseError: The published data cannot be read.
    """
    is_there = paths.published.exists() if warehouse_address(paths) is None else holds_a_warehouse(paths)
    if not is_there:
        return {}
    return _structures(lambda statement: read(paths, as_text(statement), is_ours=True)[1])


def _latest(ask: _Ask, known_at: datetime) -> KnownPlan:
    # An earlier Essaim may have made the warehouse, and only a run upgrades it.
    has_amendments = bool(_columns(ask, AMENDMENTS))
    names = _columns(ask, EXPECTED_RETURNS)
    known_at = _last_changed_at(ask, known_at, has_amendments=has_amendments)
    return _known_plan(ask, known_at, has_amendments=has_amendments, names=names)


def _known_plan(
    ask: _Ask, known_at: datetime, *, has_amendments: bool = True, names: frozenset[str] | None = None
) -> KnownPlan:
    planned = _latest_planned(ask, known_at, names)
    is_stated = all(row["is_after_leaving"] is not None for row in planned.values())
    return KnownPlan(
        known_at,
        planned,
        {} if is_stated else _left_on(ask, known_at),
        _kept(ask, known_at) if has_amendments else frozenset(),
        latest_leavings(ask(decisions_by(DecisionKind.LEAVE, known_at))),
        _structures(ask, known_at),
    )


def _last_changed_at(ask: _Ask, known_at: datetime, *, has_amendments: bool = True) -> datetime:
    """Return the last instant from which a change of the plan is known, at the earliest `known_at`."""
    columns = [_EXPECTED_RETURNS.known_at, *([_AMENDMENTS.known_at] if has_amendments else [])]
    instants = [ask(sa.select(sa.func.max(column)))[0][0] for column in columns]
    return max([known_at, *(instant for instant in instants if instant is not None)])


def _latest_planned(ask: _Ask, known_at: datetime, names: frozenset[str] | None) -> dict[str, Row]:
    columns = EXPECTED_RETURNS.columns
    selected = [
        _EXPECTED_RETURNS[column.name] if names is None or column.name in names else sa.null().label(column.name)
        for column in columns
    ]
    rows = ask(
        sa.select(*selected)
        .where(_EXPECTED_RETURNS.known_at <= known_at)
        .order_by(_EXPECTED_RETURNS.known_at, _EXPECTED_RETURNS.loaded_at)
    )
    planned = (dict(zip((column.name for column in columns), row, strict=True)) for row in rows)
    return {str(row["expected_return_id"]): row for row in planned}


def _left_on(ask: _Ask, known_at: datetime) -> dict[str, date]:
    """Return the day on which each structure left according to the enrolments loaded last, by enrolment."""
    rows = ask(
        sa.select(_ENROLMENTS.enrolment_id, _ENROLMENTS.left_on)
        .where(_ENROLMENTS.known_at <= known_at)
        .order_by(_ENROLMENTS.known_at, _ENROLMENTS.loaded_at)
    )
    return {enrolment_id: day for enrolment_id, day in dict(_pairs(rows)).items() if day is not None}


def _structures(ask: _Ask, known_at: datetime | None = None) -> dict[str, str]:
    """Return the names of the structures in the folder that was loaded last, by enrolment."""
    loaded = sa.select(_ENROLMENTS.enrolment_id, _ENROLMENTS.structure_name, _ENROLMENTS.run_id)
    if known_at is not None:
        loaded = loaded.where(_ENROLMENTS.known_at <= known_at)
    rows = ask(loaded.order_by(_ENROLMENTS.known_at, _ENROLMENTS.loaded_at))
    return {str(enrolment_id): str(name) for enrolment_id, name, run_id in rows if run_id == rows[-1][2]}


def _pairs(rows: Iterable[Sequence[Any]]) -> Iterable[tuple[str, date | None]]:
    return ((str(enrolment_id), day) for enrolment_id, day in rows)


def _kept(ask: _Ask, known_at: datetime) -> Kept:
    rows = ask(
        sa.select(_AMENDMENTS.expected_return_id, _AMENDMENTS.plan_sha256, _AMENDMENTS.is_kept)
        .where(_AMENDMENTS.known_at <= known_at)
        .order_by(_AMENDMENTS.known_at, _AMENDMENTS.loaded_at)
    )
    latest = {id_: (sha256, is_kept) for id_, sha256, is_kept in rows}
    return frozenset((id_, sha256) for id_, (sha256, is_kept) in latest.items() if is_kept)


def _columns(ask: _Ask, table: Table) -> frozenset[str]:
    """Return the names of the columns that a table has in the warehouse; none if it does not exist."""
    names = ("table_schema", "table_name", "column_name")
    existing = sa.table("columns", *(sa.column(name) for name in names), schema="information_schema").c
    of_table = (existing.table_schema == table.schema) & (existing.table_name == table.name)
    return frozenset(str(name) for (name,) in ask(sa.select(existing.column_name).where(of_table)))


def _asking(paths: ProjectPaths) -> _Ask:
    address = warehouse_address(paths)
    if address is not None:
        return lambda statement: read(paths, as_text(statement), is_ours=True)[1]
    refuse_if_busy(paths.var, address)
    return lambda statement: read_copy(paths.warehouse, as_text(statement), is_live=True)[1]
