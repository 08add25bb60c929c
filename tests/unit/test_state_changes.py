"""Test the state changes of a run, and the events that they cause."""

from datetime import date

import pytest

from flows.events import EVENT_OF, ReturnEvent
from schemas.enums import ReturnState
from tasks.pipeline.state_changes import changes_of_state
from warehouse.views import ReturnStatus


def status(structure: str, state: ReturnState) -> ReturnStatus:
    return ReturnStatus(
        expected_return_id=f"C-1/{structure}/M06/suivi",
        innovation_code="I",
        cohort_code="C-1",
        structure_code=structure,
        structure_name=f"Structure {structure}",
        occasion_code="M06",
        instrument_code="suivi",
        source_id="limesurvey/1",
        due_on=date(2025, 12, 30),
        on_time_until_on=date(2026, 1, 14),
        days_late=None,
        state=state,
        snoozed_until_on=None,
        is_source_read=True,
        quarantined_return_id=None,
        state_reason=None,
        is_programme_to_mend=False,
        n_respondents=0,
        minimum_respondents=1,
    )


def test_only_what_is_in_another_state_is_a_change():
    before = {"C-1/A/M06/suivi": ReturnState.OPEN, "C-1/B/M06/suivi": ReturnState.RECEIVED}
    after = [status("A", ReturnState.MISSING), status("B", ReturnState.RECEIVED), status("C", ReturnState.SCHEDULED)]
    changes = changes_of_state(before, after)
    assert [(one.structure_code, one.was, one.state) for one in changes] == [
        ("A", ReturnState.OPEN, ReturnState.MISSING),
        ("C", None, ReturnState.SCHEDULED),
    ]


def test_the_same_states_again_are_no_change():
    after = [status("A", ReturnState.MISSING)]
    assert changes_of_state({one.expected_return_id: one.state for one in after}, after) == ()


@pytest.mark.parametrize(
    ("state", "event"),
    [
        (ReturnState.MISSING, ReturnEvent.MISSING),
        (ReturnState.RECEIVED, ReturnEvent.RECEIVED),
        (ReturnState.LATE, ReturnEvent.RECEIVED),
        (ReturnState.QUARANTINED, ReturnEvent.QUARANTINED),
        (ReturnState.UNVERIFIABLE, None),
        (ReturnState.OPEN, None),
    ],
)
def test_what_could_not_be_checked_is_never_reported_as_missing(state: ReturnState, event: ReturnEvent | None):
    assert EVENT_OF.get(state) is event
