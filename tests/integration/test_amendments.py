"""Test edits after a collection: those of what was due already stop every run until a person accepts them.

What the edits change is decided without the engine, so the long histories are lived on one of the two engines each.
"""

import json
from collections.abc import Generator
from datetime import date, datetime
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from databases import Server
from running import essaim
from small_programme import Small, small_programme

from schemas.errors import EssaimError
from schemas.settings import Environment
from tasks.pipeline.planning import plan_expected_returns
from tasks.programme import read_programme
from tasks.run import recorded_run
from warehouse.address import warehouse_address
from warehouse.connection import open_warehouse
from warehouse.published import read

RIGHT, WRONG = '"anchor_on": "2025-06-30"', '"anchor_on": "2024-06-30"'
"""A return at M06 is due on 30 December of the year of the anchor."""


@pytest.fixture(params=["duckdb", "postgresql"])
def engine(request: pytest.FixtureRequest) -> str:
    return request.param


@pytest.fixture
def small(
    request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, engine: str
) -> Generator[Small]:
    if engine == "postgresql":
        server: Server = request.getfixturevalue("postgresql_server")
        monkeypatch.setenv("ESSAIM_WAREHOUSE_URL", server.database(request.getfixturevalue("database_with_views")).url)
    with small_programme(monkeypatch, tmp_path / "programme") as small:
        monkeypatch.setenv("ESSAIM_PROGRAMME", str(small.folder))
        small.add_participants("STR1", "STR2", "STR3")
        yield small


def rows(small: Small, sql: str) -> list[tuple[Any, ...]]:
    return read(small.paths, sql, is_ours=True)[1]


def loaded(small: Small) -> list[tuple[Any, ...]]:
    """Count the rows that the warehouse itself holds, published or not."""
    tables = ("expected_returns", "programme_cohorts", "source_checks")
    sql = "select " + ", ".join(f"(select count(*) from raw.{table})" for table in tables)
    return small.rows(sql) if warehouse_address(small.paths) is None else rows(small, sql)


def test_an_anchor_a_year_too_early_stops_the_collection_before_anything_is_loaded(
    small: Small, capsys: pytest.CaptureFixture[str]
):
    planned(small, date(2025, 9, 1))
    before = loaded(small)
    small.edit("programme.yaml", RIGHT, WRONG)
    ran = essaim(capsys, "collect", "--as-of", "2025-09-08")
    assert ran.code == 2
    assert "3 of them would be due already, and missing unless they were received. Nothing was loaded." in ran.err
    built = essaim(capsys, "build")
    assert (built.code, "moved from due 2025-12-30 to due 2024-12-30" in built.err) == (2, True)
    small.edit("programme.yaml", WRONG, RIGHT)
    assert essaim(capsys, "plan", "--as-of", "2025-09-08").code == 0
    assert loaded(small) == before


def planned(small: Small, day: date) -> None:
    """Plan, and fail before anything is built or published, as a run does whose build fails."""
    with pytest.raises(EssaimError, match="the build failed"):
        _planned(small, day)


def _planned(small: Small, day: date) -> None:
    with recorded_run(small.paths, read_programme(small.folder), Environment(), command="collect", as_of=day) as run:
        plan_expected_returns(run)
        raise EssaimError("the build failed")


def test_the_plan_is_what_the_ledger_holds_before_the_first_build_and_after_a_failed_one(
    small: Small, capsys: pytest.CaptureFixture[str]
):
    before = json.loads(essaim(capsys, "plan", "--as-of", "2026-03-31", "--json").out)
    assert [one["effect"] for one in before["changes"]] == ["next run"] * 3
    planned(small, date(2026, 3, 31))
    ran = essaim(capsys, "plan", "--as-of", "2026-03-31")
    assert (ran.code, ran.out) == (0, "The plan matches the programme folder: 3 expected returns.\n")
    small.edit("programme.yaml", RIGHT, WRONG)
    edited = json.loads(essaim(capsys, "plan", "--as-of", "2026-03-31", "--json").out)
    assert edited["anchors_changed"] == ["C-1"]
    assert [(one["change"], one["effect"]) for one in edited["changes"]] == [("moved", "needs acceptance")] * 3


@pytest.mark.parametrize("engine", ["postgresql"])
def test_a_build_takes_the_edits_of_the_folder_that_need_no_acceptance(
    small: Small, capsys: pytest.CaptureFixture[str]
):
    planned(small, date(2026, 3, 31))
    small.edit("codebook.csv", "budget,Budget,Budget", "budget,Budget annuel,Annual budget")
    ran = essaim(capsys, "build")
    assert ran.code == 0, ran.err
    assert rows(small, "select label_en from marts.dim_indicator where indicator_code = 'budget'") == [
        ("Annual budget",)
    ]


def test_a_return_that_is_kept_stays_as_it_was_planned_and_stops_no_later_run(
    small: Small, capsys: pytest.CaptureFixture[str]
):
    planned(small, date(2026, 3, 31))
    small.edit("structures.csv", "STR3,Structure STR3", "STR4,Structure STR4")
    answer = ("plan", "--as-of", "2026-04-01", "--accept", "--reason", "merged", "--author", "E")
    unknown = essaim(capsys, *answer, "--keep", "C-1/STR8/*")
    assert unknown.code == 2
    assert "'C-1/STR8/*' is not a change that needs acceptance." in unknown.err
    ran = essaim(capsys, *answer, "--keep", "C-1/STR3/*")
    assert ran.code == 0, ran.err
    assert set(rows(small, "select expected_return_id from analytics.return_status")) == {
        (f"C-1/STR{number}/M06/suivi",) for number in (1, 2, 3, 4)
    }
    assert essaim(capsys, "plan", "--as-of", "2026-04-02").code == 0
    planned(small, date(2026, 4, 2))


def states(small: Small) -> dict[str, str]:
    """Return the state of each structure's return, as published."""
    return {
        str(id_).split("/")[1]: str(state)
        for id_, state in rows(small, "select expected_return_id, state from analytics.return_status")
    }


def alerted(small: Small) -> int:
    return int(rows(small, "select count(*) from ops.alerts")[0][0])


def owing(capsys: pytest.CaptureFixture[str]) -> tuple[int, str]:
    """Return the number of returns in the calendar, and the beginning of its warning."""
    ran = essaim(capsys, "calendar", "--as-of", "2026-04-01", "--format", "json")
    return sum(int(due["count"]) for due in json.loads(ran.out)), ran.err.partition(", and are left out")[0].strip()


ENROLLED, LEFT = "{0},Structure {0},C-1,,,", "{0},Structure {0},C-1,2025-12-01,,"
"""The line of a structure that has not left, and that left before its return was due, on 30 December."""


@pytest.mark.parametrize(("engine", "is_of_an_earlier_essaim"), [("duckdb", False), ("postgresql", True)])
def test_a_day_of_leaving_that_is_set_or_cleared_stops_every_run_until_it_is_accepted_or_kept(
    small: Small, capsys: pytest.CaptureFixture[str], *, is_of_an_earlier_essaim: bool
):
    small.edit("structures.csv", ENROLLED.format("STR3"), LEFT.format("STR3"))
    assert essaim(capsys, "collect", "--as-of", "2026-03-31").code == 0
    if is_of_an_earlier_essaim:
        with open_warehouse(small.paths) as warehouse:
            warehouse.execute(sa.text("update raw.expected_returns set is_after_leaving = null"))
    first, alerts = {"STR1": "missing", "STR2": "missing", "STR3": "left"}, alerted(small)
    assert states(small) == first

    small.edit("structures.csv", LEFT.format("STR3"), ENROLLED.format("STR3"))
    small.edit("structures.csv", ENROLLED.format("STR2"), LEFT.format("STR2"))
    for command in ("collect", "remind", "build"):
        ran = essaim(capsys, command, *(("--as-of", "2026-04-01") if command != "build" else ()))
        assert ran.code == 2
        assert "1 return due again (due 2025-12-30), because the structure is still enrolled: STR3." in ran.err
        assert "1 return no longer due (due 2025-12-30), because the structure left before: STR2." in ran.err
    assert (states(small), alerted(small)) == (first, alerts)
    previewed = json.loads(essaim(capsys, "plan", "--as-of", "2026-04-01", "--json").out)["changes"]
    assert {(one["expected_return_id"], one["change"], one["effect"]) for one in previewed} == {
        ("C-1/STR2/M06/suivi", "left", "needs acceptance"),
        ("C-1/STR3/M06/suivi", "still enrolled", "needs acceptance"),
    }

    # What looks forward goes by the plan, and warns of the edits that it leaves out.
    assert owing(capsys) == (2, "Edits of the programme folder that change 2 returns wait to be accepted")

    small.amend(date(2026, 4, 1), kept=["C-1/STR3/M06/suivi"])
    assert owing(capsys) == (1, "")
    assert essaim(capsys, "collect", "--as-of", "2026-04-02").code == 0
    assert (states(small), alerted(small)) == ({**first, "STR2": "left"}, alerts)
    small.build_some(date(2026, 3, 31))
    assert states(small) == first

    small.edit("structures.csv", LEFT.format("STR2"), ENROLLED.format("STR2"))
    small.amend(date(2026, 4, 3))
    small.build_some(date(2026, 4, 2))
    assert states(small) == {**first, "STR2": "left"}
    small.build_some(date(2026, 4, 3))
    assert states(small) == first


@pytest.mark.parametrize("engine", ["duckdb"])
def test_a_day_of_leaving_that_was_edited_while_a_decision_was_in_force_is_an_edit_of_its_revocation(
    small: Small, capsys: pytest.CaptureFixture[str]
):
    small.collect(date(2026, 3, 31), views=True)
    first = states(small)
    merged = ("--reason", "merged", "--author", "E", "--as-of", "2026-04-01")
    assert essaim(capsys, "leave", "C-1/STR2", "--on", "2025-12-15", *merged).code == 0
    assert states(small) == {**first, "STR2": "left"}
    small.edit("structures.csv", ENROLLED.format("STR2"), LEFT.format("STR2"))
    previewed = essaim(capsys, "plan", "--as-of", "2026-04-02")
    assert (previewed.code, previewed.out) == (0, "The plan matches the programme folder: 3 expected returns.\n")
    small.collect(date(2026, 4, 2), views=True)
    assert leaving(small) == (date(2025, 12, 15), "merged")

    stays = ("--reason", "it stays", "--author", "E", "--as-of", "2026-04-03")
    undone = essaim(capsys, "leave", "C-1/STR2", "--undo", *stays)
    assert (undone.code, undone.out.splitlines()[0]) == (0, "Departure taken back: 1. As of 2026-04-03:")
    assert (states(small), leaving(small)) == (first, (None, None))
    stopped = essaim(capsys, "collect", "--as-of", "2026-04-03")
    assert stopped.code == 2
    assert "1 return no longer due (due 2025-12-30), because the structure left before: STR2." in stopped.err
    assert (states(small), leaving(small)) == (first, (None, None))
    small.amend(date(2026, 4, 3))
    small.build_some(date(2026, 4, 3))
    assert (states(small), leaving(small)) == ({**first, "STR2": "left"}, (date(2025, 12, 1), None))


def leaving(small: Small) -> tuple[object, ...]:
    """Return when and why STR2 left, as published."""
    return rows(small, "select left_on, left_reason from marts.dim_enrolment where structure_code = 'STR2'")[0]


@pytest.mark.parametrize("engine", ["postgresql"])
def test_a_backfill_goes_by_the_plan_as_amended_since_and_leaves_what_was_believed_then(
    small: Small, capsys: pytest.CaptureFixture[str]
):
    small.edit("programme.yaml", RIGHT, WRONG)
    planned(small, date(2026, 1, 1))
    small.edit("programme.yaml", WRONG, RIGHT)
    period = ("--from", "2026-01-01", "--to", "2026-04-01", "--pace", "quarters")
    stopped = essaim(capsys, "backfill", *period)
    assert (stopped.code, "moved from due 2024-12-30 to due 2025-12-30" in stopped.err) == (2, True)
    small.amend(date(2026, 5, 1))
    small.answer("str1")
    ran = essaim(capsys, "backfill", *period)
    assert ran.code == 0, ran.err
    previewed = essaim(capsys, "plan", "--as-of", "2026-04-01")
    assert (previewed.code, previewed.out) == (0, "The plan matches the programme folder: 3 expected returns.\n")
    due = "select distinct due_on from analytics.return_status"
    assert rows(small, due) == [(date(2024, 12, 30),)]
    assert (
        rows(small, "select known_at from raw.expected_returns where due_on = date '2025-12-30'")
        == [(datetime(2026, 5, 1, 21, 59, 59, 999999),)] * 3
    )
    small.collect(date(2026, 5, 4), views=True)
    assert rows(small, due) == [(date(2025, 12, 30),)]
    assert states(small) == {"STR1": "received", "STR2": "missing", "STR3": "missing"}
    small.edit("programme.yaml", RIGHT, WRONG)
    late = essaim(capsys, "plan", "--as-of", "2026-04-01", "--accept", "--reason", "x", "--author", "E")
    assert (late.code, "The plan was changed as of 2026-05-01" in late.err) == (2, True)
