"""Test what becomes of responses that are set aside because they came after the structure had left."""

from collections.abc import Generator
from datetime import date
from typing import Any

import pytest
import sqlalchemy as sa
from commands import Commands
from small_programme import Small, small_programme

from schemas.enums import DecisionKind
from schemas.settings import Environment, ProjectPaths
from schemas.tables import RETURNS, SET_ASIDE_RESPONSES, sql_table
from tasks.decisions import Decision, decide
from tasks.programme import read_programme
from tasks.run import recorded_run
from warehouse.connection import open_warehouse

DECIDED, UNDONE = date(2026, 1, 6), date(2026, 1, 17)
STATES = "select state, state_reason from analytics.return_status order by expected_return_id"


@pytest.fixture
def small(paths_with_views: ProjectPaths, monkeypatch: pytest.MonkeyPatch) -> Generator[Small]:
    options: dict[str, Any] = {"left": {"STR3": "2026-01-05"}, "respondents": {"after_leaving": "set_aside"}}
    with small_programme(monkeypatch, paths_with_views.folder, **options) as small:
        small.add_participants("STR1", "STR2", "STR3")
        yield small


def leave(small: Small, structure: str, left_on: date | None, day: date) -> None:
    """Record a departure, or take it back, without building the views."""
    with recorded_run(small.paths, read_programme(small.folder), Environment(), command="leave", as_of=day) as run:
        decision = Decision(DecisionKind.LEAVE, left_on, "E", "r", is_undone=left_on is None)
        decide(run, decision, [f"C-1/{structure}"], {})


def set_aside(small: Small) -> list[tuple[str, bool]]:
    """Return the structures of which responses began or ceased to be set aside, in the order of the runs."""
    rows = sql_table(SET_ASIDE_RESPONSES).c
    with open_warehouse(small.paths) as warehouse:
        found = warehouse.execute(
            sa.select(rows.expected_return_id, rows.is_set_aside).order_by(rows.known_at, rows.expected_return_id)
        )
    return [(id_.split("/")[1], is_set_aside) for id_, is_set_aside in found]


def test_what_came_after_a_structure_had_left_is_said_to_be_set_aside_and_read_once_the_day_is_corrected(small: Small):
    commands = Commands(small.folder)
    small.survey.settings["alloweditaftercompletion"] = "Y"
    small.collect(date(2026, 1, 3))
    for structure in ("STR1", "STR2"):
        leave(small, structure, date(2026, 1, 5), DECIDED)
    for token in ("str1", "str2", "str3"):
        small.answer(token, "2026-01-10 10:00:00")
    assert commands.run("collect", "--as-of", "2026-01-16").code == 3
    assert commands.rows(STATES) == [("missing", "set_aside")] * 3
    ((heading, text),) = commands.mail("E", date(2026, 1, 16)).items()
    assert heading.startswith("RÉPONSES DONNÉES APRÈS LE DÉPART DE LA STRUCTURE")
    assert "Ouvrir le questionnaire" not in text
    # Nothing changed on the server, and the next run records nothing again.
    small.collect(date(2026, 1, 17), weekly=True)
    assert set_aside(small) == [("STR1", True), ("STR2", True), ("STR3", True)]

    leave(small, "STR1", None, UNDONE)
    leave(small, "STR2", date(2026, 2, 1), UNDONE)
    commands.run("collect", "--late", "--as-of", "2026-01-19")
    assert commands.rows(STATES) == [("received", None), ("received", None), ("missing", "set_aside")]
    small.edit("structures.csv", "2026-01-05", "2026-01-31")
    assert small.collect(date(2026, 1, 21), daily=True).count == 1
    assert set_aside(small)[3:] == [("STR1", False), ("STR2", False), ("STR3", False)]
    # What a later day's run reads is still set aside as of the day before.
    leave(small, "STR1", date(2026, 1, 5), date(2026, 1, 22))
    small.survey.edit(1, {"budget": "7"}, at="2026-01-25 10:00:00")
    small.collect(date(2026, 1, 26))
    small.survey.edit(1, {"budget": "8"}, at="2026-01-28 10:00:00")
    small.collect(date(2026, 1, 27))
    assert set_aside(small)[6:] == [("STR1", True)]
    with open_warehouse(small.paths) as warehouse:
        assert len(warehouse.execute(sa.select(sql_table(RETURNS).c.return_id))) == 3
