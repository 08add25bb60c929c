"""Test decisions that are made after a run as of an earlier day, or as of a day before another decision."""

import json
from collections.abc import Generator
from datetime import date
from pathlib import Path

import pytest
import sqlalchemy as sa
from databases import Server
from running import Ran, essaim
from small_programme import Small, small_programme

from schemas.enums import DecisionKind
from schemas.settings import Environment
from schemas.tables import DECISIONS, sql_table
from tasks.decisions import Decision, decide
from tasks.pipeline.planning import plan_expected_returns, surveys_to_read
from tasks.programme import read_programme
from tasks.run import recorded_run
from warehouse.connection import open_warehouse
from warehouse.known_plan import ledger_subjects
from warehouse.published import read

STRUCTURES = ("STR1", "STR2", "STR3", "STR4")
EARLIER, LATER = date(2025, 10, 22), date(2025, 10, 25)


@pytest.fixture(params=["duckdb", "postgresql"])
def small(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Generator[Small]:
    if request.param == "postgresql":
        server: Server = request.getfixturevalue("postgresql_server")
        monkeypatch.setenv("ESSAIM_WAREHOUSE_URL", server.database(request.getfixturevalue("database_with_views")).url)
    with small_programme(monkeypatch, tmp_path / "programme", structures=STRUCTURES) as small:
        monkeypatch.setenv("ESSAIM_PROGRAMME", str(small.folder))
        yield small


def suivi(structure: str) -> str:
    return f"C-1/{structure}/M06/suivi"


def planned(small: Small, day: date) -> None:
    with recorded_run(small.paths, read_programme(small.folder), Environment(), command="collect", as_of=day) as run:
        plan_expected_returns(run)


def decided(small: Small, kind: DecisionKind, subject: str, day: date, *, is_undone: bool = False) -> None:
    """Record a decision without building the views."""
    left_on = date(2025, 9, 1) if kind is DecisionKind.LEAVE else None
    with recorded_run(small.paths, read_programme(small.folder), Environment(), command=kind.value, as_of=day) as run:
        decide(run, Decision(kind, left_on, "E", "r", is_undone=is_undone), [subject], {})


def read_live(small: Small) -> list[tuple[object, ...]]:
    """Return the recorded decisions, published or not."""
    with open_warehouse(small.paths) as warehouse:
        return warehouse.execute(sa.select(sql_table(DECISIONS)))


def ask(capsys: pytest.CaptureFixture[str], day: str, *command: str) -> Ran:
    return essaim(capsys, *command, "--reason", "r", "--author", "E", "--as-of", day, "--json")


def states(small: Small) -> dict[str, str]:
    sql = "select expected_return_id, state from analytics.return_status"
    return {str(id_).split("/")[1]: str(state) for id_, state in read(small.paths, sql, is_ours=True)[1]}


def test_a_decision_goes_by_what_is_in_force_on_its_day_whatever_day_the_views_are_of(
    small: Small, capsys: pytest.CaptureFixture[str]
):
    planned(small, date(2025, 10, 20))
    decided(small, DecisionKind.WAIVE, suivi("STR1"), LATER)
    decided(small, DecisionKind.WAIVE, suivi("STR2"), EARLIER)
    decided(small, DecisionKind.WAIVE, suivi("STR2"), LATER, is_undone=True)
    decided(small, DecisionKind.LEAVE, "C-1/STR3", EARLIER)
    decided(small, DecisionKind.LEAVE, "C-1/STR3", LATER, is_undone=True)
    small.edit("structures.csv", "STR4,Structure STR4", "STR5,Structure STR5")
    planned(small, LATER)
    small.build_some(date(2025, 10, 23))
    assert states(small) == {"STR1": "scheduled", "STR2": "waived", "STR3": "left", "STR4": "scheduled"}

    idle = ask(capsys, "2025-10-30", "leave", "C-1/STR3", "--undo")
    assert (idle.code, "There is nothing to take back of C-1/STR3 as of 2025-10-30." in idle.err) == (2, True)
    for command in (("waive", suivi("STR4")), ("leave", "C-1/STR4", "--on", "2025-09-01")):
        assert "is not an e" in ask(capsys, "2025-10-30", *command).err
    assert ledger_subjects(small.paths, DecisionKind.LEAVE) == [f"C-1/STR{number}" for number in (1, 2, 3, 5)]
    waived = ask(capsys, "2025-10-30", "waive", suivi("STR1"), suivi("STR2"), suivi("STR5"))
    assert waived.code == 0, waived.err
    assert json.loads(waived.out)["decided"] == [suivi("STR2"), suivi("STR5")]
    assert states(small) == {"STR1": "waived", "STR2": "waived", "STR3": "scheduled", "STR5": "waived"}


@pytest.mark.parametrize("is_undone", [False, True])
def test_a_decision_as_of_a_day_before_a_later_one_on_the_same_subject_is_refused(
    small: Small, capsys: pytest.CaptureFixture[str], *, is_undone: bool
):
    planned(small, date(2025, 10, 20))
    for kind, subject in ((DecisionKind.WAIVE, suivi("STR1")), (DecisionKind.LEAVE, "C-1/STR1")):
        decided(small, kind, subject, EARLIER)
        decided(small, kind, subject, LATER, is_undone=is_undone)
    recorded = read_live(small)
    for command in (
        ("waive", suivi("STR1"), suivi("STR2"), "--undo"),
        ("waive", suivi("*")),
        ("leave", "C-1/STR1", "--undo"),
        ("leave", "C-1/*", "--on", "2025-08-01"),
    ):
        ran = ask(capsys, "2025-10-23", *command)
        assert ran.code == 2
        subject = command[1].replace("*", "STR1")
        assert f"Decided since: {subject} as of 2025-10-25. A decision as of 2025-10-23 would have no" in ran.err
        assert "Nothing was decided. Decide as of 2025-10-25 or later." in ran.err
    assert read_live(small) == recorded


def test_a_survey_whose_return_is_owed_again_is_read_although_the_views_are_of_the_day_of_the_waiver(small: Small):
    planned(small, date(2025, 10, 20))
    for structure in STRUCTURES:
        decided(small, DecisionKind.WAIVE, suivi(structure), EARLIER)
    decided(small, DecisionKind.WAIVE, suivi("STR1"), LATER, is_undone=True)
    small.build_some(date(2025, 10, 23))
    assert set(states(small).values()) == {"waived"}
    programme = read_programme(small.folder)
    as_of = date(2025, 12, 29)
    with recorded_run(small.paths, programme, Environment(), command="collect", as_of=as_of, publishes=False) as begun:
        run = plan_expected_returns(begun)
        assert [survey.is_concluded for survey in surveys_to_read(run, only_outstanding=True)] == [False]
