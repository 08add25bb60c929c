"""Read what cohorts have reached of their targets.

Reads `analytics.target_progress`, from the warehouse or from the published data.
"""

from dataclasses import dataclass, fields
from datetime import date
from typing import Any

import sqlalchemy as sa

from schemas.enums import TargetDirection, TargetStatus
from schemas.settings import ProjectPaths
from warehouse.connection import Warehouse
from warehouse.published import QueryResult, read
from warehouse.sql import as_text


@dataclass(frozen=True, slots=True)
class TargetProgress:
    """A target and what its cohort has reached: the columns of `analytics.target_progress` that alerts need."""

    target_id: str
    cohort_code: str
    innovation_code: str
    occasion_code: str
    indicator_code: str
    unit: str | None
    direction: TargetDirection
    target: float
    last_due_on: date | None
    value: float | None
    lower_value: float | None
    upper_value: float | None
    n_reported: int
    n_expected: int
    status: TargetStatus


_NAMES = [field.name for field in fields(TargetProgress)]
_PROGRESS = sa.table("target_progress", *(sa.column(name) for name in _NAMES), schema="analytics")
_UNDECIDED = (
    "target_id", "direction", "target", "value", "lower_value", "upper_value", "n_reported", "n_expected",
)  # fmt: skip


def target_progress(warehouse: Warehouse) -> list[TargetProgress]:
    """Return the targets with their status by the last build, by id."""
    rows = warehouse.execute(sa.select(_PROGRESS).order_by(_PROGRESS.c.target_id))
    return [_progress(dict(zip(_NAMES, row, strict=True))) for row in rows]


def undecided_targets(paths: ProjectPaths) -> QueryResult:
    """Return the targets of which the published views cannot say whether they are reached: what is missing decides."""
    is_undecided = _PROGRESS.c.status == TargetStatus.UNDECIDED.value
    statement = sa.select(*(_PROGRESS.c[name] for name in _UNDECIDED)).where(is_undecided)
    return read(paths, as_text(statement.order_by(_PROGRESS.c.target_id)), is_ours=True)


def _progress(row: dict[str, Any]) -> TargetProgress:
    # The contract of the view types the other columns.
    parsed: dict[str, Any] = {"direction": TargetDirection(row["direction"]), "status": TargetStatus(row["status"])}
    return TargetProgress(**{**row, **parsed})
