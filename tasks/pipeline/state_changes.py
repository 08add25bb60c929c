"""What a run changed of the states of expected returns: what its events tell."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

from schemas.enums import ReturnState
from tasks.run import RunContext
from warehouse.connection import open_warehouse
from warehouse.views import ReturnStatus, return_status_before


@dataclass(frozen=True, slots=True)
class StateChange:
    """An expected return whose state is another than when the views were last built; `was` is None where it is new."""

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
    """The states of expected returns when the views were last built; none where they never were."""
    with open_warehouse(run.paths) as warehouse:
        known = return_status_before(warehouse)
    return {one.expected_return_id: one.state for one in known}


def changes_of_state(before: dict[str, ReturnState], after: Iterable[ReturnStatus]) -> tuple[StateChange, ...]:
    """What is in another state than before, in the order of `after`."""
    return tuple(
        StateChange(
            one.expected_return_id,
            one.innovation_code,
            one.cohort_code,
            one.structure_code,
            one.occasion_code,
            one.instrument_code,
            one.due_on,
            before.get(one.expected_return_id),
            one.state,
        )
        for one in after
        if before.get(one.expected_return_id) is not one.state
    )
