"""What a run tells Prefect of returns, once the run that decided it has ended: an automation can act upon it.

An event holds codes only. Views and ledger are what is true: an event can be lost with a run that is killed meanwhile.
"""

from collections.abc import Iterable
from enum import StrEnum

from prefect.events import emit_event

from schemas.enums import ReturnState
from tasks.pipeline.state_changes import StateChange


class ReturnEvent(StrEnum):
    """What became of an expected return."""

    MISSING = "essaim.return.missing"
    RECEIVED = "essaim.return.received"
    QUARANTINED = "essaim.return.quarantined"


EVENT_OF = {
    ReturnState.MISSING: ReturnEvent.MISSING,
    ReturnState.RECEIVED: ReturnEvent.RECEIVED,
    ReturnState.LATE: ReturnEvent.RECEIVED,
    ReturnState.QUARANTINED: ReturnEvent.QUARANTINED,
}
"""The states that are told; nobody needs to hear of the others."""


def tell_of_returns(changes: Iterable[StateChange]) -> int:
    """Emit an event for each return that came to such a state. How many."""
    told = [(EVENT_OF[change.state], change) for change in changes if change.state in EVENT_OF]
    for event, change in told:
        emit_event(
            event.value,
            resource={
                "prefect.resource.id": f"essaim.return.{change.expected_return_id}",
                "essaim.innovation": change.innovation_code,
                "essaim.cohort": change.cohort_code,
                "essaim.structure": change.structure_code,
                "essaim.occasion": change.occasion_code,
                "essaim.instrument": change.instrument_code,
            },
            payload={"state": change.state.value, "was": change.was and change.was.value, "due_on": str(change.due_on)},
        )
    return len(told)
