"""Test that a build of what depends on changed inputs leaves what a build of everything makes, whatever happened."""

import shutil
from datetime import date, timedelta
from pathlib import Path
from random import Random
from typing import Any

import pytest
import sqlalchemy as sa
from building import begin_with_views
from databases import Database, Server
from random_history import History
from random_programme import drawn
from random_served import opened

from flows.collect import collect, rebuild
from schemas.enums import DecisionKind
from schemas.settings import Environment, ProjectPaths
from tasks.decisions import Decision, decide
from tasks.pipeline.views import build
from tasks.programme import read_programme
from tasks.run import recorded_run
from tasks.transform.dbt_build import build_views
from warehouse.connection import open_warehouse
from warehouse.runs import last_instant_of

OF_THE_BUILD = {"int_built_inputs", "int_built_models", "int_inputs", "stg_moment"}
"""Relations that are about the build itself."""
TESTED = "is_tested"
"""The column that says which rows need no test: each build adds to them."""


class Programme:
    """A random programme that lives a random history, with a build after each step."""

    def __init__(self, history: History, chance: Random, server: Server | None, database: Database | None) -> None:
        self.history = history
        self.paths = history.paths
        self._chance = chance
        self._server, self._database = server, database

    def step(self, day: date) -> date:
        """Let something happen or nothing, and build as of a day, which is returned."""
        events = ("collect", "collect", "collect", "late", "earlier", "decide", "undo", "build", "nothing")
        event = self._chance.choice(events)
        if event != "nothing":
            for _ in range(self._chance.randint(0, 2)):
                self.history.live(day)
        match event:
            case "decide" | "undo":
                self._decide(day, is_undone=event == "undo")
            case "build":
                rebuild(self.paths, Environment(), "build", day)
            case _:
                as_of = day - timedelta(days=self._chance.randint(1, 20)) if event == "earlier" else day
                only_changed = event == "late"
                collect(self.paths, Environment(), "collect", as_of, only_changed=only_changed, alert=False)
                return as_of
        return day

    def _decide(self, day: date, *, is_undone: bool) -> None:
        kinds = (DecisionKind.WAIVE, DecisionKind.SNOOZE, DecisionKind.EXTEND, DecisionKind.NOTHING)
        kind, owed = self._chance.choice(kinds), self._chance.choice([*self.history.programme.owed.values()])
        effective_on = {
            DecisionKind.SNOOZE: day + timedelta(days=self._chance.randint(1, 9)),
            DecisionKind.EXTEND: owed.due_on + timedelta(days=self._chance.randint(1, 90)),
        }.get(kind)
        programme = read_programme(self.paths.folder)
        with recorded_run(self.paths, programme, Environment(), command=kind.value, as_of=day) as run:
            decide(run, Decision(kind, effective_on, "E", "invented", is_undone=is_undone), [owed.id], {})
            build(run)

    def differences(self, day: date, monkeypatch: pytest.MonkeyPatch, *, is_full: bool) -> set[str]:
        """Return the relations that a build of everything on a copy of the warehouse changes."""
        found = contents(self.paths)
        programme = read_programme(self.paths.folder)
        paths = ProjectPaths(self.paths.folder, self.paths.var / "copy", in_file=self._server is None)
        with monkeypatch.context() as patch:
            if self._server is None:
                paths.warehouse.parent.mkdir(exist_ok=True)
                shutil.copy(self.paths.warehouse, paths.warehouse)
            else:
                patch.setenv("ESSAIM_WAREHOUSE_URL", self._server.database(self._database).url)
            if is_full:
                with open_warehouse(paths) as warehouse:
                    warehouse.execute(sa.text("update staging.stg_moment set models = 'of another version'"))
            disclosure = programme.settings.disclosure
            build_views(
                paths,
                Environment(),
                as_of=day,
                known_by=last_instant_of(day, programme.zone),
                locale=programme.settings.locale,
                minimum_structures=disclosure.minimum_structures,
                minimum_participants=disclosure.minimum_participants,
                everything=True,
            )
            expected = contents(paths)
        return {name for name in found.keys() | expected.keys() if found.get(name) != expected.get(name)}


def contents(paths: ProjectPaths) -> dict[str, list[str]]:
    """Return the rows of each relation that dbt fills."""
    listed = """
        select table_schema, table_name, column_name from information_schema.columns
        where table_schema in ('staging', 'intermediate', 'marts', 'analytics') order by ordinal_position
    """
    with open_warehouse(paths) as warehouse:
        columns: dict[str, list[str]] = {}
        for schema, name, column in warehouse.execute(sa.text(listed)):
            if name not in OF_THE_BUILD and column != TESTED:
                columns.setdefault(f"{schema}.{name}", []).append(f'"{column}"')
        return {
            relation: sorted(map(repr, warehouse.execute(sa.text(f"select {', '.join(names)} from {relation}"))))
            for relation, names in columns.items()
        }


def begun(
    request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch, folder: Path, engine: str
) -> tuple[ProjectPaths, Server | None, Database | None]:
    """Begin a warehouse with all views."""
    paths = ProjectPaths(folder)
    if engine == "duckdb":
        begin_with_views(paths)
        return paths, None, None
    server: Server = request.getfixturevalue("postgresql_server")
    database = server.database(request.getfixturevalue("database_with_views"))
    monkeypatch.setenv("ESSAIM_WAREHOUSE_URL", database.url)
    return paths, server, database


@pytest.mark.slow
@pytest.mark.parametrize(("engine", "seed"), [("duckdb", 1), ("postgresql", 2)])
def test_after_any_history_the_views_are_those_that_a_build_of_everything_makes(
    request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, engine: str, seed: int
) -> None:
    for step, changed in enumerate(
        lived(request, monkeypatch, tmp_path / "programme", engine, seed, n_steps=12, every=4)
    ):
        assert changed == set(), step


def lived(
    request: Any,
    monkeypatch: pytest.MonkeyPatch,
    folder: Path,
    engine: str,
    seed: int,
    *,
    n_steps: int,
    every: int,
    is_full: bool = False,
) -> Any:
    """Live some steps of a history, and yield what a build of everything changes after each so many."""
    chance = Random(seed)
    programme = drawn(chance)
    with opened(monkeypatch, folder, programme) as simulator:
        paths, server, database = begun(request, monkeypatch, folder, engine)
        one = Programme(History(programme, paths, simulator, chance), chance, server, database)
        first, last = one.history.days
        days = sorted(chance.choices([first + timedelta(days=n) for n in range((last - first).days)], k=n_steps))
        for n, day in enumerate(days, start=1):
            as_of = one.step(day)
            if n % every == 0:
                yield one.differences(as_of, monkeypatch, is_full=is_full)
