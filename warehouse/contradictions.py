"""Read the decisions that there is nothing to report which a return contradicts.

Reads `analytics.nothing_to_report`, from the published data or from the warehouse.
"""

from dataclasses import dataclass
from datetime import date

import sqlalchemy as sa

from schemas.enums import NothingState
from schemas.settings import ProjectPaths
from warehouse.connection import Warehouse
from warehouse.published import QueryResult, read
from warehouse.sql import as_text
from warehouse.views import is_built

_COLUMNS = ("expected_return_id", "said_on", "reason", "author")
_NOTHING = sa.table(
    "nothing_to_report", *(sa.column(name) for name in _COLUMNS), sa.column("state"), schema="analytics"
)


@dataclass(frozen=True, slots=True)
class ContradictedDecision:
    """A decision that there is nothing to report for an expected return, of which a return gives something."""

    expected_return_id: str
    decided_on: date
    reason: str
    author: str


def _contradicted() -> sa.Select[*tuple[object, ...]]:
    columns = [_NOTHING.c[name] for name in _COLUMNS]
    is_contradicted = _NOTHING.c.state == NothingState.CONTRADICTED.value
    return sa.select(*columns).where(is_contradicted).order_by(_NOTHING.c.expected_return_id)


def contradicted_decisions(warehouse: Warehouse) -> list[ContradictedDecision]:
    """Return the decisions that a return contradicts by the last build; none if the view does not exist."""
    if not is_built(warehouse, _NOTHING):
        return []
    return [ContradictedDecision(*row) for row in warehouse.execute(_contradicted())]


def published_contradicted_decisions(paths: ProjectPaths) -> QueryResult:
    """Return the decisions that a return contradicts by the published views."""
    return read(paths, as_text(_contradicted()), is_ours=True)
