"""Record to which expected returns a response came after the structure had left, and was therefore set aside."""

from collections.abc import Iterator

from schemas.tables import Row
from tasks.run import RunContext
from warehouse.connection import Warehouse
from warehouse.surveys import returns_with_set_aside


def set_aside_responses(
    source_id: str, run: RunContext, warehouse: Warehouse, set_aside: frozenset[str], *, is_up_to_date: bool
) -> Iterator[Row]:
    """Yield a row for each expected return to which a response begins or ceases to be set aside.

    Args:
        source_id: The survey, read completely.
        run: The run.
        warehouse: The open warehouse.
        set_aside: The expected returns to which a response is set aside now.
        is_up_to_date: Whether no response changed after the run's today: one that did may have been set aside then.
    """
    before = returns_with_set_aside(warehouse, source_id, run.stamp)
    ended = before - set_aside if is_up_to_date else frozenset[str]()
    for expected_return_id in sorted((set_aside - before) | ended):
        yield {
            "expected_return_id": expected_return_id,
            "source_id": source_id,
            "is_set_aside": expected_return_id in set_aside,
        }
