"""Read the corrections of answers that are not applied.

Reads `analytics.corrections`, from the published data or from the warehouse.
"""

from dataclasses import dataclass

import sqlalchemy as sa

from schemas.enums import CorrectionState
from schemas.settings import ProjectPaths
from warehouse.connection import Warehouse
from warehouse.published import QueryResult, read
from warehouse.sql import as_text

_COLUMNS = ("line", "expected_return_id", "respondent", "item", "old_value", "answer_text", "new_value", "state")
_CORRECTIONS = sa.table("corrections", *(sa.column(name) for name in _COLUMNS), schema="analytics")


@dataclass(frozen=True, slots=True)
class UnappliedCorrection:
    """A correction whose return does not have the answer that it corrects; empty values are blanks."""

    line: int
    expected_return_id: str
    respondent: str
    item: str
    old_value: str
    answer_text: str | None
    new_value: str
    state: CorrectionState


def _unapplied() -> sa.Select[*tuple[object, ...]]:
    states = [CorrectionState.NOT_APPLIED.value, CorrectionState.NO_RETURN.value]
    return sa.select(*_CORRECTIONS.c).where(_CORRECTIONS.c.state.in_(states)).order_by(_CORRECTIONS.c.line)


def unapplied_corrections(warehouse: Warehouse) -> list[UnappliedCorrection]:
    """Return the corrections that the last build did not apply, by line."""
    rows = warehouse.execute(_unapplied())
    return [UnappliedCorrection(*row[:-1], state=CorrectionState(row[-1])) for row in rows]


def published_unapplied_corrections(paths: ProjectPaths) -> QueryResult:
    """Return the corrections that the published views do not apply, by line."""
    return read(paths, as_text(_unapplied()), is_ours=True)
