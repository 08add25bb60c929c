"""Find out when what decides which occasion a response answers last changed, where the day of the response decides.

Reads `raw.expected_returns` and `raw.decisions`.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from schemas.enums import DecisionKind
from schemas.tables import DECISIONS, EXPECTED_RETURNS, sql_table
from warehouse.connection import Warehouse
from warehouse.runs import Stamp


@dataclass(frozen=True, slots=True)
class PlacementChange:
    """The last change of what decides the placement of the responses of an enrolment. Instants are UTC.

    Attributes:
        known_at: From when on it is known.
        loaded_at: When it was recorded.
    """

    known_at: datetime
    loaded_at: datetime

    def is_after(self, known_at: datetime, loaded_at: datetime) -> bool:
        """Return whether a response was placed without knowing the change."""
        return known_at < self.known_at or loaded_at < self.loaded_at


def placement_changes(warehouse: Warehouse, stamp: Stamp) -> dict[str, PlacementChange]:
    """Return the last change of each enrolment by what is known by the run's today: the latest instants of any change.

    A change is another first day of an expected return, another answer to whether it is due after the structure left,
    a waiver that was undone, and a departure that was moved or undone. A new waiver or departure is none: it makes no
    placement ambiguous.
    """
    changes: dict[str, PlacementChange] = {}
    plan, decisions = _changes_of_plan(stamp), _changes_of_decisions(stamp)
    for subject_id, known_at, loaded_at in (*warehouse.execute(plan), *warehouse.execute(decisions)):
        enrolment_id = "/".join(str(subject_id).split("/")[:2])
        before = changes.get(enrolment_id, PlacementChange(known_at, loaded_at))
        changes[enrolment_id] = PlacementChange(max(known_at, before.known_at), max(loaded_at, before.loaded_at))
    return changes


def _changes_of_plan(stamp: Stamp) -> sa.Executable:
    rows = sql_table(EXPECTED_RETURNS).c
    is_after_leaving = sa.func.coalesce(rows.is_after_leaving, sa.false())

    def before(column: sa.ColumnElement[Any]) -> sa.ColumnElement[Any]:
        in_order = (rows.known_at, rows.loaded_at)
        return sa.func.lag(column).over(partition_by=rows.expected_return_id, order_by=in_order)

    planned = (
        sa.select(
            rows.enrolment_id,
            rows.known_at,
            rows.loaded_at,
            (before(rows.opens_on) != rows.opens_on).label("is_moved"),
            (before(is_after_leaving) != is_after_leaving).label("is_owed_otherwise"),
        )
        .where(rows.known_at <= stamp.known_at)
        .subquery()
        .c
    )
    return sa.select(planned.enrolment_id, planned.known_at, planned.loaded_at).where(
        planned.is_moved | planned.is_owed_otherwise
    )


def _changes_of_decisions(stamp: Stamp) -> sa.Executable:
    rows = sql_table(DECISIONS).c
    before = sa.func.lag(rows.effective_on).over(
        partition_by=(rows.kind, rows.subject_id), order_by=(rows.known_at, rows.loaded_at)
    )
    decided = (
        sa.select(
            rows.subject_id,
            rows.known_at,
            rows.loaded_at,
            rows.is_undone,
            (before != rows.effective_on).label("is_moved"),
        )
        .where(rows.kind.in_([DecisionKind.WAIVE.value, DecisionKind.LEAVE.value]), rows.known_at <= stamp.known_at)
        .subquery()
        .c
    )
    return sa.select(decided.subject_id, decided.known_at, decided.loaded_at).where(
        decided.is_undone | decided.is_moved
    )
