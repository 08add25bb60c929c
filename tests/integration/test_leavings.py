"""Test that a departure by decision has the same effect as one in the programme folder, from its day on."""

from datetime import date
from pathlib import Path

import pytest
from planned import programme

from schemas.enums import DecisionKind
from schemas.settings import Environment, ProjectPaths
from tasks.decisions import Decision, decide, named, with_departures
from tasks.run import RunContext
from warehouse.connection import open_warehouse
from warehouse.decisions import decided_leavings
from warehouse.runs import begin_run

PROGRAMME = programme()
ICARE = "VITA-1/ICARE"
KNOWN = [ICARE, "VITA-1/IPSO", "LREF-1/FNICE"]


def run_of(folder: Path, day: date) -> RunContext:
    with open_warehouse(ProjectPaths(folder)) as warehouse:
        stamp = begin_run(warehouse, run_id=f"leave-{day}", command="leave", as_of=day, zone=PROGRAMME.zone)
    return RunContext(ProjectPaths(folder), PROGRAMME, Environment(), day, stamp)


def left_on(folder: Path, day: date) -> date | None:
    run = run_of(folder, day)
    with open_warehouse(run.paths) as warehouse:
        departures = decided_leavings(warehouse, run.stamp)
    (found,) = [e.left_on for e in with_departures(PROGRAMME, departures).enrolments if e.enrolment_id == ICARE]
    return found


def test_a_decided_leaving_holds_from_its_decision_until_it_is_taken_back(tmp_path: Path):
    leaving = Decision(DecisionKind.LEAVE, date(2018, 12, 1), "A", "merged")
    assert decide(run_of(tmp_path, date(2019, 1, 10)), leaving, [ICARE], {}) == [ICARE]
    undone = Decision(DecisionKind.LEAVE, None, "A", "not merged", is_undone=True)
    decide(run_of(tmp_path, date(2019, 2, 10)), undone, [ICARE], {})
    assert left_on(tmp_path, date(2019, 1, 9)) is None
    assert left_on(tmp_path, date(2019, 1, 10)) == date(2018, 12, 1)
    assert left_on(tmp_path, date(2019, 2, 10)) is None


def test_what_was_decided_already_is_not_recorded_again(tmp_path: Path):
    leaving = Decision(DecisionKind.LEAVE, date(2018, 12, 1), "A", "merged")
    in_force = {ICARE: (date(2018, 12, 1), "merged")}
    assert decide(run_of(tmp_path, date(2019, 1, 10)), leaving, [ICARE, "VITA-1/IPSO"], in_force) == ["VITA-1/IPSO"]


@pytest.mark.parametrize(
    ("names", "found"),
    [([ICARE], [ICARE]), (["VITA-1/*"], KNOWN[:2]), (["*/FNICE", ICARE, ICARE], [ICARE, "LREF-1/FNICE"])],
)
def test_names_are_codes_or_patterns_and_each_subject_counts_once(names: list[str], found: list[str]):
    assert named(names, KNOWN, DecisionKind.LEAVE, lambda id_: (id_,)) == found
