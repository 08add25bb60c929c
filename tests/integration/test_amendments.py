"""Test edits after a collection: those of what was due already stop every run until a person accepts them."""

import json
from collections.abc import Generator
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from databases import Server
from running import essaim
from small_programme import Small, small_programme

from schemas.errors import EssaimError
from schemas.settings import Environment
from tasks.pipeline.planning import plan_expected_returns
from tasks.programme import read_programme
from tasks.run import recorded_run
from warehouse.address import warehouse_address
from warehouse.published import read

RIGHT, WRONG = '"anchor_on": "2025-06-30"', '"anchor_on": "2024-06-30"'
"""A return at M06 is due on 30 December of the year of the anchor."""


@pytest.fixture(params=["duckdb", "postgresql"])
def small(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Generator[Small]:
    if request.param == "postgresql":
        server: Server = request.getfixturevalue("postgresql_server")
        monkeypatch.setenv("ESSAIM_WAREHOUSE_URL", server.database().url)
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
