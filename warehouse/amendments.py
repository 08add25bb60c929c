"""Read the plan of expected returns without a run, and record accepted edits of what was due already.

Writes `raw.amendments` and `raw.expected_returns`, append-only. Reads both.
"""

from collections.abc import Callable, Iterable, Sequence
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from schemas.settings import ProjectPaths
from schemas.tables import AMENDMENTS, EXPECTED_RETURNS, Row, sql_table
from warehouse.address import warehouse_address
from warehouse.connection import Warehouse, holds_a_warehouse
from warehouse.loads import latest_planned, load_together, planned_by
from warehouse.published import read, read_copy
from warehouse.runs import Stamp
from warehouse.sql import as_text
from warehouse.writer import refuse_if_busy

_AMENDMENTS = sql_table(AMENDMENTS).c

Kept = frozenset[tuple[str, str]]
"""Edits that are not applied: id of the expected return, and checksum of the row in the programme folder."""


def kept_edits(warehouse: Warehouse, stamp: Stamp) -> Kept:
    """Return the edits of which it was decided, by the run's today, that the return stays as it was planned."""
    return _kept(warehouse.execute(_decided_by(stamp.known_at)))


def ledger_plan(paths: ProjectPaths, known_at: datetime) -> tuple[dict[str, Row], Kept]:
    """Return the plan and the kept edits that the warehouse holds, published or not; both empty without a warehouse.

    Nothing is written. Rows of a run that failed after it planned are included: the next run starts from them.

    Args:
        paths: The paths of the programme.
        known_at: The last instant whose rows are read, UTC.

    Raises:
        WarehouseBusyError: A run has the DuckDB file open.
        DatabaseError: The warehouse cannot be read.
    """
    if not holds_a_warehouse(paths):
        return {}, frozenset()
    ask = _asking(paths)
    planned = latest_planned(ask(planned_by(known_at)))
    existing = sa.table("tables", sa.column("table_schema"), sa.column("table_name"), schema="information_schema")
    is_there = sa.select(existing.c.table_name).where(
        existing.c.table_schema == AMENDMENTS.schema, existing.c.table_name == AMENDMENTS.name
    )
    # An earlier Essaim made a warehouse without the table, and only a run upgrades it.
    return planned, _kept(ask(_decided_by(known_at))) if ask(is_there) else frozenset()


def record_amendments(warehouse: Warehouse, planned: Iterable[Row], amendments: Iterable[Row], stamp: Stamp) -> None:
    """Append planned rows and the decisions about them in one transaction."""
    load_together(warehouse, {EXPECTED_RETURNS: list(planned), AMENDMENTS: list(amendments)}, stamp)
    warehouse.checkpoint()


def _asking(paths: ProjectPaths) -> Callable[[sa.Executable], Sequence[tuple[Any, ...]]]:
    address = warehouse_address(paths)
    if address is not None:
        return lambda statement: read(paths, as_text(statement), is_ours=True)[1]
    refuse_if_busy(paths.var, address)
    return lambda statement: read_copy(paths.warehouse, as_text(statement), is_live=True)[1]


def _decided_by(known_at: datetime) -> sa.Executable:
    return (
        sa.select(_AMENDMENTS.expected_return_id, _AMENDMENTS.plan_sha256, _AMENDMENTS.is_kept)
        .where(_AMENDMENTS.known_at <= known_at)
        .order_by(_AMENDMENTS.known_at, _AMENDMENTS.loaded_at)
    )


def _kept(rows: Iterable[Sequence[Any]]) -> Kept:
    latest = {id_: (sha256, is_kept) for id_, sha256, is_kept in rows}
    return frozenset((id_, sha256) for id_, (sha256, is_kept) in latest.items() if is_kept)
