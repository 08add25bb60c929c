"""Compare the states of expected returns before and after a run, for its events."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date

from schemas.enums import ReturnState
from tasks.run import RunContext
from warehouse.connection import open_warehouse
from warehouse.views import ReturnStatus, states_of_last_build


@dataclass(frozen=True, slots=True)
class StateChange:
    """An expected return whose state a run changed.

    Attributes:
        was: Its state before the run; None if it was not expected then.
        state: Its state after the run.
    """

    expected_return_id: str
    innovation_code: str
    cohort_code: str
    structure_code: str
    occasion_code: str
    instrument_code: str
    due_on: date
    was: ReturnState | None
    state: ReturnState


def states_before(run: RunContext) -> dict[str, ReturnState]:
    """Return the state of each expected return as of the last build of the views; empty if they were never built."""
    with open_warehouse(run.paths) as warehouse:
        return states_of_last_build(warehouse)


def changes_of_state(before: Mapping[str, ReturnState], after: Iterable[ReturnStatus]) -> tuple[StateChange, ...]:
    """Return the expected returns whose state differs from the one before, in the order of `after`."""
    return tuple(
        StateChange(
            status.expected_return_id,
            status.innovation_code,
            status.cohort_code,
            status.structure_code,
            status.occasion_code,
            status.instrument_code,
            status.due_on,
            before.get(status.expected_return_id),
            status.state,
        )
        for status in after
        if before.get(status.expected_return_id) is not status.state
    )
