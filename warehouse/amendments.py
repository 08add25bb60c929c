"""Record accepted edits of expected returns that were due already.

Writes `raw.amendments` and `raw.expected_returns`, append-only.
"""

from collections.abc import Iterable

from schemas.tables import AMENDMENTS, EXPECTED_RETURNS, Row
from warehouse.connection import Warehouse
from warehouse.loads import load_together
from warehouse.runs import Stamp


def record_amendments(warehouse: Warehouse, planned: Iterable[Row], amendments: Iterable[Row], stamp: Stamp) -> None:
    """Append planned rows and the decisions about them in one transaction."""
    load_together(warehouse, {EXPECTED_RETURNS: list(planned), AMENDMENTS: list(amendments)}, stamp)
    warehouse.checkpoint()
