"""Reads the views that dbt builds, where a command needs them."""

from collections.abc import Iterable
from dataclasses import dataclass, fields
from datetime import date

import sqlalchemy as sa

from schemas.enums import ReturnState
from warehouse.connection import Warehouse


@dataclass(frozen=True, slots=True)
class ReturnStatus:
    """One expected return as `analytics.return_status` shows it, in the columns that commands need."""

    expected_return_id: str
    innovation_code: str
    cohort_code: str
    structure_code: str
    structure_name: str
    occasion_code: str
    instrument_code: str
    source_id: str
    due_on: date
    on_time_until_on: date
    days_late: int | None
    state: ReturnState
    snoozed_until_on: date | None
    is_source_read: bool
    quarantined_return_id: str | None


_NAMES = [field.name for field in fields(ReturnStatus)]
_RETURN_STATUS = sa.table("return_status", *(sa.column(name) for name in _NAMES), schema="analytics")


def return_status(warehouse: Warehouse) -> list[ReturnStatus]:
    """All expected returns with their states, by due date."""
    rows = warehouse.execute(
        sa.select(_RETURN_STATUS).order_by(_RETURN_STATUS.c.due_on, _RETURN_STATUS.c.expected_return_id)
    )
    return [_status(dict(zip(_NAMES, row, strict=True))) for row in rows]


def return_status_before(warehouse: Warehouse) -> list[ReturnStatus]:
    """The same before a build, as the view was last built; nothing where it never was."""
    return return_status(warehouse) if is_built(warehouse, _RETURN_STATUS) else []


def is_built(warehouse: Warehouse, view: sa.TableClause) -> bool:
    """Whether this view is there. A build that was killed may have made some views and not others."""
    tables = sa.table("tables", sa.column("table_schema"), sa.column("table_name"), schema="information_schema")
    return bool(
        warehouse.execute(
            sa.select(tables.c.table_name)
            .where(tables.c.table_schema == view.schema)
            .where(tables.c.table_name == view.name)
        )
    )


_BEGUN_BY = sa.table("stg_moment", sa.column("models"), schema="staging")
_ENDED_BY = sa.table("int_built_models", sa.column("models"), schema="intermediate")


def are_all_built_by(warehouse: Warehouse, models: str) -> bool:
    """Whether a version of the models made all views that are there, and no build of another began since."""
    if not (is_built(warehouse, _BEGUN_BY) and is_built(warehouse, _ENDED_BY)):
        return False
    versions = sa.union_all(sa.select(_BEGUN_BY.c.models), sa.select(_ENDED_BY.c.models))
    return warehouse.execute(versions) == [(models,), (models,)]


@dataclass(frozen=True, slots=True)
class InnovationSummary:
    """How many returns of one innovation have fallen due, and what became of them. The states add up to `expected`."""

    innovation_code: str
    expected: int
    received: int
    late: int
    partial: int
    missing: int
    quarantined: int
    unverifiable: int
    open: int


def summarise(
    statuses: Iterable[ReturnStatus], as_of: date, innovation_codes: Iterable[str]
) -> list[InnovationSummary]:
    """One line an innovation, in the given order, and a TOTAL."""
    due = [s for s in statuses if s.due_on <= as_of and s.state not in (ReturnState.LEFT, ReturnState.WAIVED)]

    def line(name: str, members: list[ReturnStatus]) -> InnovationSummary:
        def count(state: ReturnState) -> int:
            return sum(member.state is state for member in members)

        return InnovationSummary(
            name,
            len(members),
            count(ReturnState.RECEIVED),
            count(ReturnState.LATE),
            count(ReturnState.PARTIAL),
            count(ReturnState.MISSING),
            count(ReturnState.QUARANTINED),
            count(ReturnState.UNVERIFIABLE),
            count(ReturnState.OPEN),
        )

    lines = [line(code, [s for s in due if s.innovation_code == code]) for code in innovation_codes]
    return [*lines, line("TOTAL", due)]


def _status(row: dict[str, object]) -> ReturnStatus:
    return ReturnStatus(**{**row, "state": ReturnState(str(row["state"]))})  # pyright: ignore[reportArgumentType] typed by the view's contract
