"""Emit Prefect events about returns once the run that changed them has ended, for automations.

An event holds codes only. A run that is killed before its end emits none, so the views and the ledger stay the record.
"""

from collections.abc import Iterable
from enum import StrEnum

from prefect.events import emit_event

from schemas.enums import ReturnState
from tasks.pipeline.state_changes import StateChange


class ReturnEvent(StrEnum):
    """The name of an event about an expected return."""

    MISSING = "essaim.return.missing"
    RECEIVED = "essaim.return.received"
    QUARANTINED = "essaim.return.quarantined"


EVENT_OF = {
    ReturnState.MISSING: ReturnEvent.MISSING,
    ReturnState.RECEIVED: ReturnEvent.RECEIVED,
    ReturnState.LATE: ReturnEvent.RECEIVED,
    ReturnState.NOTHING_TO_REPORT: ReturnEvent.RECEIVED,
    ReturnState.QUARANTINED: ReturnEvent.QUARANTINED,
}
"""The event of each state. A change to any other state emits none."""


def emit_return_events(changes: Iterable[StateChange]) -> int:
    """Emit an event for each return whose new state has one, and return the number of events."""
    events = [(EVENT_OF[change.state], change) for change in changes if change.state in EVENT_OF]
    for event, change in events:
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
    return len(events)
