"""Test which events of dbt are passed on."""

from typing import Any

import pytest
from dbt.events.types import NodeFinished
from dbt_common.events.base_types import EventLevel
from dbt_common.events.event_manager_client import add_callback_to_manager, get_event_manager
from dbt_common.events.functions import fire_event
from dbt_common.events.types import Note

from tasks.transform.dbt_events import reading_few_events

pytestmark = pytest.mark.slow  # it imports dbt


def test_events_of_level_debug_are_dropped_but_for_the_one_that_is_observed() -> None:
    read: list[tuple[str, str]] = []

    def note(event: Any) -> None:
        read.append((event.info.name, event.info.level))

    usual = get_event_manager()
    with reading_few_events():
        add_callback_to_manager(note)
        fire_event(Note(msg="nobody reads this"), EventLevel.DEBUG)
        fire_event(NodeFinished(node_info={}, run_result={}))
        for level in (EventLevel.INFO, EventLevel.WARN):
            fire_event(Note(msg="somebody may read this"), level)
    assert read == [("NodeFinished", "debug"), ("Note", "info"), ("Note", "warn")]
    assert get_event_manager() is usual
