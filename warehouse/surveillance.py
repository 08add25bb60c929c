"""Record the findings of surveillance when they are first found, and read them with their life.

Writes `raw.surveillance`, append-only. Reads `analytics.surveillance` and `staging.stg_surveillance`.
"""

from dataclasses import dataclass

import sqlalchemy as sa

from schemas.enums import FindingState
from schemas.settings import ProjectPaths
from schemas.tables import SURVEILLANCE, Row
from warehouse.connection import Warehouse
from warehouse.published import QueryResult, read
from warehouse.runs import Stamp
from warehouse.sql import as_text

_RECORDED = tuple(
    column.name for column in SURVEILLANCE.columns if column.name not in ("run_id", "known_at", "loaded_at")
)
_SHOWN = (
    "finding_id",
    "structure_name",
    "value_number",
    "value_text",
    "centre",
    "lower_value",
    "upper_value",
    "n_compared",
    "pattern",
    "reported_on",
    "evaluator_codes",
)
_FINDINGS = sa.table(
    "surveillance",
    *(sa.column(name) for name in dict.fromkeys((*_RECORDED, *_SHOWN, "state"))),
    schema="analytics",
)
_REPORTED = sa.table("stg_surveillance", sa.column("finding_id"), sa.column("found"), schema="staging")
_IS_NEW = _FINDINGS.c.state == FindingState.NEW.value


def record_findings(warehouse: Warehouse, stamp: Stamp) -> bool:
    """Append the findings of the views that no earlier run has found there, so that they are known once mended.

    Returns:
        Whether there was one.
    """
    found = _FINDINGS.c
    is_reported = sa.and_(_REPORTED.c.finding_id == found.finding_id, _REPORTED.c.found == found.found)
    statement = (
        sa.select(*(found[name] for name in _RECORDED))
        .where(found.state != FindingState.MENDED.value, ~sa.exists().where(is_reported))
        .order_by(found.finding_id)
    )
    rows: list[Row] = [dict(zip(_RECORDED, row, strict=True)) for row in warehouse.execute(statement)]
    if rows:
        from warehouse.loads import load_together  # imports Arrow

        load_together(warehouse, {SURVEILLANCE: rows}, stamp)
    return bool(rows)


def n_new_findings(warehouse: Warehouse) -> int:
    """Return the number of findings that nobody has explained."""
    return int(warehouse.execute(sa.select(sa.func.count()).select_from(_FINDINGS).where(_IS_NEW))[0][0])


def new_findings(paths: ProjectPaths) -> QueryResult:
    """Return the published findings that nobody has explained, the latest reported first."""
    found = _FINDINGS.c
    statement = (
        sa.select(*(found[name] for name in _SHOWN)).where(_IS_NEW).order_by(found.reported_on.desc(), found.finding_id)
    )
    return read(paths, as_text(statement), is_ours=True)


@dataclass(frozen=True, slots=True)
class PublishedFinding:
    """What became of a published finding, and what is found."""

    state: FindingState
    found: str


def published_findings(paths: ProjectPaths) -> dict[str, PublishedFinding]:
    """Return the published findings by id."""
    found = _FINDINGS.c
    statement = sa.select(found.finding_id, found.state, found.found).order_by(found.finding_id)
    _, rows = read(paths, as_text(statement), is_ours=True)
    return {str(id_): PublishedFinding(FindingState(str(state)), str(what)) for id_, state, what in rows}
