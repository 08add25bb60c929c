"""Test runs as of a day before the last collected one: they know what had come by their day."""

from collections.abc import Generator
from datetime import date
from pathlib import Path

import bookkeeping as wb
import pytest
import sqlalchemy as sa
from believed import counted_on
from building import build_models
from commands import Commands
from delivering import collect, deliver, rows
from small_programme import Small, small_programme

from schemas.settings import ProjectPaths
from schemas.tables import RETURNS
from tasks.programme import read_programme
from warehouse.connection import open_warehouse
from warehouse.runs import last_instant_of

STATES = "select state from analytics.return_status order by expected_return_id"
ANSWERED = "select distinct expected_return_id from analytics.survey_answers order by 1"
LOADED = "select count(*), count(distinct return_id) from raw.returns"
LATE = "2026-01-20 10:00:00"


def states(commands: Commands, *arguments: str) -> list[str]:
    return [str(state) for (state,) in commands.rows(STATES, *arguments)]


def test_a_run_as_of_an_earlier_day_knows_what_had_come_by_then_although_a_later_run_loaded_it(
    paths_with_views: ProjectPaths, monkeypatch: pytest.MonkeyPatch
) -> None:
    with small_programme(monkeypatch, paths_with_views.folder) as small:
        commands = Commands(small.folder)
        small.add_participants("STR1", "STR2", "STR3")
        answered = small.answer("str1")
        small.answer("str2", LATE)
        small.collect(jan(25))
        small.survey.delete_response(answered)
        small.collect(jan(27), views=True)
        assert states(commands) == ["missing", "late", "missing"]
        # What was deleted since was there by then.
        commands.run("collect", "--as-of", "2026-01-16")
        assert states(commands) == ["received", "missing", "missing"]
        assert commands.rows(ANSWERED) == [("C-1/STR1/M06/suivi",)]
        (mail,) = small.paths.mails.glob("2026-01-16*.eml")
        assert "STR1" not in mail.read_text(encoding="utf-8")
        # It is another row of the same version, and the next run as of such a day adds none for it.
        assert commands.rows(LOADED) == [(3, 2)]
        small.answer("str3", "2026-01-18 10:00:00")
        small.collect(jan(18), views=True)
        assert states(commands) == ["received", "missing", "late"]
        assert commands.rows(LOADED) == [(4, 3)]
        commands.run("build", "--as-of", "2026-01-17")
        assert states(commands, "--as-of", "2026-01-17") == ["received", "missing", "missing"]
        assert commands.rows(ANSWERED, "--as-of", "2026-01-17") == [("C-1/STR1/M06/suivi",)]


def test_a_backfill_after_a_corrected_anchor_finds_the_answers_that_were_loaded_since(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    join = {"by": "token", "occasion": "by window"}
    folder = tmp_path / "programme"
    with small_programme(monkeypatch, folder, structures=["STR1"], occasions={"M03": 3, "M06": 6}, join=join) as small:
        commands = Commands(small.folder)
        small.survey.add_participant(token="STR1", usesleft=2)
        small.answer("STR1", "2025-09-20 10:00:00")
        small.edit("programme.yaml", "2025-06-30", "2024-06-30")
        small.collect(date(2025, 10, 20))
        small.edit("programme.yaml", "2024-06-30", "2025-06-30")
        small.amend(date(2025, 10, 21))
        small.collect(date(2025, 10, 22), views=True)
        assert states(commands)[0] == "received"
        commands.run("backfill", "--from", "2025-09-01", "--to", "2025-10-20", "--pace", "due-dates")
        small.build_some(date(2025, 10, 19))
        assert states(commands) == ["received", "scheduled"]
        # The clock of that day was wrong, as it was believed then; no answer is lost for it.
        small.build_some(date(2025, 10, 20))
        assert "missing" not in states(commands)


def test_a_workbook_that_a_later_run_loaded_is_known_on_an_earlier_day(paths: ProjectPaths) -> None:
    deliver(paths, wb.book(), day=10)
    collect(paths, as_of=date(2019, 3, 31))
    for day in (9, 12, 12, 13):
        collect(paths, as_of=date(2019, 2, day))
    (first, first_known), (second, second_known) = rows(paths, RETURNS, "return_id", "known_at")
    assert first == second
    assert {known.date() for known in (first_known, second_known)} == {date(2019, 2, 12), date(2019, 3, 31)}


def jan(day: int) -> date:
    return date(2026, 1, day)


def answering(small: Small, *days: date) -> list[list[str]]:
    """Return for each day the structures of which a response counts, once for each response."""
    return [
        sorted(one.expected_return_id.split("/")[1] for versions in counted_on(small, day).values() for one in versions)
        for day in days
    ]


@pytest.fixture
def small(paths: ProjectPaths, monkeypatch: pytest.MonkeyPatch) -> Generator[Small]:
    with small_programme(monkeypatch, paths.folder / "programme", structures=("STR1", "STR2")) as small:
        small.add_participants("STR1", "STR2")
        small.answer("str2")
        yield small


def test_a_deletion_is_known_from_the_first_run_after_the_last_one_that_read_the_response(small: Small) -> None:
    number = small.answer()
    small.collect(jan(20))
    small.collect(jan(25))
    row = small.survey.responses[number]
    small.survey.delete_response(number)
    small.collect(jan(16))
    small.collect(jan(21), weekly=True)
    assert answering(small, jan(16), jan(21), jan(25)) == [["STR1", "STR2"]] * 3
    small.collect(jan(26), weekly=True)
    small.collect(jan(28))
    small.survey.put_response(row)
    small.collect(jan(27))
    assert answering(small, jan(25), jan(26), jan(27), jan(28)) == [["STR1", "STR2"], *[["STR2"]] * 3]
    small.collect(jan(29), weekly=True)
    assert answering(small, jan(28), jan(29)) == [["STR2"], ["STR1", "STR2"]]


@pytest.mark.parametrize("is_found", [True, False])
def test_a_response_that_is_assigned_otherwise_stays_where_it_was_until_the_day_on_which_that_was_found(
    small: Small, *, is_found: bool
) -> None:
    small.answer(budget="70")
    small.collect(jan(20))
    small.survey.participant("str1").attributes["attribute_1"] = "STR2"
    if is_found:
        small.collect(jan(30))
    # Whether or not a later run has found it.
    loaded = [small.collect(jan(day)) for day in (16, 21 if is_found else 17)]
    assert answering(small, jan(16), jan(19), jan(21)) == [["STR1", "STR2"]] * 3
    assert [len(one.notes) for one in loaded] == [0 if is_found else 1] * 2
    small.collect(jan(30), weekly=not is_found)
    assert answering(small, jan(29), jan(30)) == [["STR1", "STR2"], ["STR2", "STR2"]]
    day = jan(21)
    known_by = last_instant_of(day, read_programme(small.folder).zone)
    build_models(small.paths, "--select", "+fct_observation", as_of=day, known_by=known_by)
    with open_warehouse(small.paths) as warehouse:
        values = "select value_number from marts.fct_observation where indicator_code = 'budget' order by 1"
        assert [value for (value,) in warehouse.execute(sa.text(values))] == [70, 100]


def test_an_edit_without_a_date_is_known_from_the_first_run_after_the_last_one_that_read_the_response(
    small: Small,
) -> None:
    number = small.answer()
    small.collect(jan(20))
    small.survey.edit(number, {"budget": "7"})
    assert small.collect(jan(16)).count == 0
    (before,) = counted_on(small, jan(20))[number]
    assert small.collect(jan(21), weekly=True).count == 0
    assert small.collect(jan(22)).count == 1
    assert counted_on(small, jan(20))[number] == counted_on(small, jan(21))[number] == [before]
    assert counted_on(small, jan(22))[number] != [before]


def test_an_emptied_survey_is_found_by_a_run_as_of_a_later_day(small: Small) -> None:
    small.collect(jan(16))
    small.collect(jan(20))
    small.survey.responses.clear()
    assert small.collect(jan(18)).trouble is None
    assert small.collect(jan(21)).trouble is not None


def test_who_has_completed_by_now_had_not_on_an_earlier_day(small: Small) -> None:
    number = small.answer()
    small.collect(jan(20))
    small.survey.delete_response(number)
    small.collect(jan(16))
    completed = "select count(*) from raw.completed_participants"
    with open_warehouse(small.paths) as warehouse:
        assert warehouse.execute(sa.text(completed)) == [(0,)]
    small.collect(jan(21), weekly=True)
    with open_warehouse(small.paths) as warehouse:
        assert warehouse.execute(sa.text(completed)) == [(1,)]


def test_what_a_run_as_of_an_earlier_day_could_not_read_was_read_on_the_next_collected_day(small: Small) -> None:
    for day in (16, 20, 25):
        small.collect(jan(day))
    small.survey.active = False
    small.collect(jan(18))
    checks = "select outcome, known_at from raw.source_checks order by known_at"
    with open_warehouse(small.paths) as warehouse:
        found = [(outcome, known_at.day) for outcome, known_at in warehouse.execute(sa.text(checks))]
    assert found == [("read", 16), ("not_active", 18), ("read", 20)]
    small.collect(jan(26))
    small.survey.active = True
    # The day on which another run found the same is as it was.
    small.collect(jan(19))
    with open_warehouse(small.paths) as warehouse:
        found = [(outcome, known_at.day) for outcome, known_at in warehouse.execute(sa.text(checks))]
    assert found == [("read", 16), ("not_active", 18), ("read", 19), ("read", 20), ("not_active", 26)]
