"""Read views that dbt builds, for the commands that need them.

Reads `analytics.return_status`, `staging.stg_moment`, `intermediate.int_built_models` and `information_schema.tables`.
"""

from collections.abc import Iterable
from dataclasses import dataclass, fields
from datetime import date

import sqlalchemy as sa

from schemas.enums import ReturnState, StateReason, SurveyClosure
from warehouse.connection import Warehouse


@dataclass(frozen=True, slots=True)
class ReturnStatus:
    """One expected return: the columns of `analytics.return_status` that commands need."""

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
    state_reason: StateReason | None
    is_programme_to_mend: bool
    n_respondents: int
    minimum_respondents: int
    survey_closure: SurveyClosure | None = None
    survey_closure_on: date | None = None
    arrived_on: date | None = None

    @property
    def enrolment_id(self) -> str:
        """Cohort and structure."""
        return f"{self.cohort_code}/{self.structure_code}"


_NAMES = [field.name for field in fields(ReturnStatus)]
_RETURN_STATUS = sa.table("return_status", *(sa.column(name) for name in _NAMES), schema="analytics")


def return_status(warehouse: Warehouse) -> list[ReturnStatus]:
    """Return the states of all expected returns, by due date."""
    rows = warehouse.execute(
        sa.select(_RETURN_STATUS).order_by(_RETURN_STATUS.c.due_on, _RETURN_STATUS.c.expected_return_id)
    )
    return [_status(dict(zip(_NAMES, row, strict=True))) for row in rows]


def states_of_last_build(warehouse: Warehouse) -> dict[str, ReturnState]:
    """Return the state of each expected return as of the last build; empty if the view does not exist.

    An earlier Essaim may have built the view, without the columns that were added since.
    """
    if not is_built(warehouse, _RETURN_STATUS):
        return {}
    columns = _RETURN_STATUS.c
    rows = warehouse.execute(sa.select(columns.expected_return_id, columns.state))
    return {expected_return_id: ReturnState(state) for expected_return_id, state in rows}


def is_built(warehouse: Warehouse, view: sa.TableClause) -> bool:
    """Return whether a view exists. A killed build may have created only some of the views."""
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
    """Return whether a given version of the models built all existing views, and no other version began a build since.

    Args:
        warehouse: The warehouse.
        models: The version: a checksum of the models.
    """
    if not (is_built(warehouse, _BEGUN_BY) and is_built(warehouse, _ENDED_BY)):
        return False
    versions = sa.union_all(sa.select(_BEGUN_BY.c.models), sa.select(_ENDED_BY.c.models))
    return warehouse.execute(versions) == [(models,), (models,)]


def has_duckdb_indexes(warehouse: Warehouse) -> bool:
    """Return whether a DuckDB warehouse has an index in the schemas that dbt fills."""
    filled = sa.column("schema_name").not_in(["ops", "raw"])
    return bool(warehouse.execute(sa.select(sa.func.count()).select_from(sa.func.duckdb_indexes()).where(filled))[0][0])


@dataclass(frozen=True, slots=True)
class InnovationSummary:
    """Counts of the due returns of one innovation by state. The states add up to `expected`."""

    innovation_code: str
    expected: int
    received: int
    late: int
    nothing_to_report: int
    partial: int
    missing: int
    quarantined: int
    unverifiable: int
    open: int


def summarise(
    statuses: Iterable[ReturnStatus], as_of: date, innovation_codes: Iterable[str]
) -> list[InnovationSummary]:
    """Count the due returns by state, without waived returns and structures that left.

    Args:
        statuses: The states of the expected returns.
        as_of: The last due date that counts.
        innovation_codes: The innovations, in the order of the result.

    Returns:
        One summary per innovation, and a last one named TOTAL.
    """
    due = [s for s in statuses if s.due_on <= as_of and s.state not in (ReturnState.LEFT, ReturnState.WAIVED)]

    def line(name: str, members: list[ReturnStatus]) -> InnovationSummary:
        def count(state: ReturnState) -> int:
            return sum(member.state is state for member in members)

        return InnovationSummary(
            name,
            len(members),
            count(ReturnState.RECEIVED),
            count(ReturnState.LATE),
            count(ReturnState.NOTHING_TO_REPORT),
            count(ReturnState.PARTIAL),
            count(ReturnState.MISSING),
            count(ReturnState.QUARANTINED),
            count(ReturnState.UNVERIFIABLE),
            count(ReturnState.OPEN),
        )

    lines = [line(code, [s for s in due if s.innovation_code == code]) for code in innovation_codes]
    return [*lines, line("TOTAL", due)]


def _status(row: dict[str, object]) -> ReturnStatus:
    reason, closure = row["state_reason"], row["survey_closure"]
    parsed = {
        "state": ReturnState(str(row["state"])),
        "state_reason": None if reason is None else StateReason(str(reason)),
        "survey_closure": None if closure is None else SurveyClosure(str(closure)),
    }
    return ReturnStatus(**{**row, **parsed})  # pyright: ignore[reportArgumentType] typed by the view's contract
