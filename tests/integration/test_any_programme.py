"""Test random programmes with random histories: who answered is not missing, and nobody is chased in vain.

The states are compared with those that `random_history` computes from what it put on the server and in the inbox.
"""

import shutil
from datetime import date, timedelta
from pathlib import Path
from random import Random
from typing import Any

import pytest
import sqlalchemy as sa
from building import begin_with_views, build_models
from databases import Database, Server
from random_history import History, record_decision
from random_programme import drawn
from random_served import opened

from flows.collect import collect
from schemas.enums import AlertKind, ReturnState, StateReason
from schemas.settings import Environment, ProjectPaths
from tasks.alerts.deciding import alerts_due
from tasks.decisions import with_departures
from tasks.programme import read_programme
from warehouse.connection import open_warehouse
from warehouse.runs import last_instant_of
from warehouse.views import return_status

VIEWS = ("--select", "+return_status", "+fct_observation")
SETTLED = {
    ReturnState.RECEIVED,
    ReturnState.LATE,
    ReturnState.NOTHING_TO_REPORT,
    ReturnState.WAIVED,
    ReturnState.LEFT,
    ReturnState.SCHEDULED,
}
OUTSTANDING = {ReturnState.OPEN, ReturnState.PARTIAL, ReturnState.MISSING}


def read(paths: ProjectPaths, day: date, *, weekly: bool = False) -> None:
    """Collect the surveys and the inbox as a run does, without views and alerts."""
    collect(paths, Environment(), "collect", day, only_changed=weekly, alert=False, builds=False)


def build(paths: ProjectPaths, day: date) -> None:
    """Build the views that are compared."""
    known_by = last_instant_of(day, read_programme(paths.folder).zone)
    build_models(paths, *VIEWS, as_of=day, known_by=known_by)


@pytest.mark.parametrize(("seed", "engine"), [(312, "duckdb"), (407, "postgresql")])
def test_whatever_the_programme_and_its_history_states_and_alerts_are_those_of_the_definitions(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest, seed: int, engine: str
) -> None:
    template = request.getfixturevalue("database_with_views") if engine == "postgresql" else None
    chance = Random(seed)
    programme = drawn(chance)
    paths = _paths(tmp_path / "programme", monkeypatch, template)
    with opened(monkeypatch, paths.folder, programme) as simulator:
        history = History(programme, paths, simulator, chance)
        first, last = history.days
        days = sorted(chance.sample(range((last - first).days), 24))
        for n, offset in enumerate(days):
            day = first + timedelta(days=offset)
            history.live(day)
            if chance.random() < 0.5 or history.needs_full_run:
                read(paths, day, weekly=chance.random() < 0.5 and not history.needs_full_run)
                history.collected(day)
            if n in (8, 16):
                history.close_a_survey()
                read(paths, day)
                history.collected(day)
                assert_true(history, day)
                history.open_all_surveys()
        read(paths, last)
        history.collected(last)
        assert_true(history, last)
        versions = count_versions(paths)
        read(paths, last, weekly=True)
        read(paths, last)
        assert count_versions(paths) == versions
        assert_independent_of_order(history, monkeypatch, template)


def _paths(folder: Path, monkeypatch: pytest.MonkeyPatch, template: Database | None) -> ProjectPaths:
    """Return the paths of a programme whose warehouse has all views and no rows: a copy of a database, or a file."""
    paths = ProjectPaths(folder)
    if template is None:
        begin_with_views(paths)
    else:
        monkeypatch.setenv("ESSAIM_WAREHOUSE_URL", Server(template.port).database(template).url)
    return paths


def assert_true(history: History, day: date) -> None:
    """Compare the states, their reasons and the alerts with what the history put on the server and into the inbox."""
    build(history.paths, day)
    with open_warehouse(history.paths) as warehouse:
        statuses = return_status(warehouse)
    assert {status.expected_return_id for status in statuses} == history.programme.owed.keys()
    for status in statuses:
        owed = history.programme.owed[status.expected_return_id]
        assert (status.due_on, status.on_time_until_on) == history.record.clock(owed)
        expected = history.record.state(owed, day)
        if owed.id in history.record.unclear and expected not in SETTLED - {
            ReturnState.SCHEDULED,
            ReturnState.NOTHING_TO_REPORT,
        }:
            # What another response answers by then need not be quarantined.
            answered = {expected} if history.record.seen[owed.id] else set[ReturnState]()
            assert status.state in {ReturnState.QUARANTINED, *answered}, (owed.id, status, expected)
            continue
        assert status.state is expected, (owed.id, status, history.record.seen[owed.id], day)
        if status.state in OUTSTANDING:
            assert status.state_reason in history.record.reasons(owed), (owed.id, status, history.record.seen[owed.id])
    programme = with_departures(read_programme(history.paths.folder), history.record.left_on)
    for alert in alerts_due(programme, statuses, day):
        status = alert.status
        id_ = status.expected_return_id
        assert status.state not in SETTLED or alert.kind is AlertKind.NEWER_TO_BE_CORRECTED, alert
        assert day >= history.snoozed.get(id_, day), alert
        if alert.kind is AlertKind.MISSING:
            assert not history.record.seen[id_], alert
        if alert.kind is AlertKind.REMINDED:
            left_on = history.record.left_on.get(f"{status.cohort_code}/{status.structure_code}")
            assert left_on is None or day <= left_on, alert
        if alert.kind is AlertKind.TO_BE_CORRECTED:
            assert status.state_reason is StateReason.TO_BE_CORRECTED, alert


def views(paths: ProjectPaths) -> list[tuple[Any, ...]]:
    """Return the states and values of all expected returns."""
    with open_warehouse(paths) as warehouse:
        rows = warehouse.execute(
            sa.text(
                "select status.expected_return_id, status.state, status.state_reason, status.arrived_on, "
                "found.indicator_code, found.value_number, found.value_text, found.missing_reason "
                "from analytics.return_status as status "
                "left join marts.fct_observation as found using (expected_return_id) "
                "order by status.expected_return_id, found.indicator_code"
            )
        )
    return [tuple(row) for row in rows]


def count_versions(paths: ProjectPaths) -> object:
    """Return the number of loaded rows of versions and withdrawals."""
    with open_warehouse(paths) as warehouse:
        counts = "select (select count(*) from raw.returns), (select count(*) from raw.withdrawals)"
        return warehouse.execute(sa.text(counts))


def assert_independent_of_order(history: History, monkeypatch: pytest.MonkeyPatch, template: Database | None) -> None:
    """Replay in two further warehouses: with runs as of some days in a random order before the last, and without."""
    first, last = history.days
    found: list[list[tuple[Any, ...]]] = []
    for name, days in (("shuffled", history.chance.sample(range((last - first).days), 3)), ("once", [])):
        folder = history.paths.folder.with_name(name)
        shutil.copytree(history.paths.folder, folder, ignore=shutil.ignore_patterns("var"))
        paths = _paths(folder, monkeypatch, template)
        for decision in history.decisions:
            record_decision(paths, *decision)
        for offset in days:
            read(paths, first + timedelta(days=offset), weekly=history.chance.random() < 0.5)
        read(paths, last)
        build(paths, last)
        found.append(views(paths))
    assert found[0] == found[1]
