"""Test the models by their dbt unit tests, and the views of a programme of which nothing came in."""

from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from dbt.artifacts.schemas.run import RunExecutionResult
from querying import Views

from schemas.programme import Programme
from schemas.settings import Environment, ProjectPaths
from tasks.programme import read_programme
from tasks.programme.rows import programme_rows
from tasks.transform.dbt_build import invoke_dbt, run_today
from warehouse.connection import open_warehouse
from warehouse.loads import load_programme
from warehouse.runs import begin_run

REFERENCE = Path(__file__).parents[2] / "examples" / "ais_emploi"
LAST_RUN = date(2019, 3, 31)


@dataclass(frozen=True)
class Built:
    """The views, and dbt's result of each node."""

    views: Views
    results: list[Any]


@pytest.fixture(scope="module")
def programme() -> Programme:
    return read_programme(REFERENCE)


@pytest.fixture(scope="module", params=["duckdb", "postgresql"])
def built(request: pytest.FixtureRequest, programme: Programme, tmp_path_factory: pytest.TempPathFactory) -> Built:
    """Return the views of the reference programme without plan or returns, built with all tests of the project."""
    paths = ProjectPaths(tmp_path_factory.mktemp("empty"))
    views = Views(paths.warehouse)
    with pytest.MonkeyPatch.context() as environment:
        if request.param == "postgresql":
            database = request.getfixturevalue("postgresql_server").database()
            environment.setenv("ESSAIM_WAREHOUSE_URL", database.url)
            views = Views(database)
        with open_warehouse(paths) as warehouse:
            stamp = begin_run(warehouse, run_id="run", command="collect", as_of=LAST_RUN, zone=programme.zone)
            load_programme(warehouse, programme.version, programme_rows(programme), stamp)
        with run_today(LAST_RUN, stamp.known_at):
            answer = invoke_dbt(paths, Environment(), "build", "--no-write-json")
    assert isinstance(answer.result, RunExecutionResult), answer.exception
    assert answer.success, [r.message for r in answer.result if r.status in ("error", "fail")]
    return Built(views, list(answer.result))


def test_a_programme_of_which_nothing_came_in_has_views_without_returns(built: Built):
    views = built.views
    assert views.rows("select count(*) from analytics.return_status") == [(0,)]
    assert views.figure("VITA", "structures") == (11, None, 11, 11)
    assert views.figure("VITA", "persons_concerned") == (None, "not_evaluated", 0, 0)
    assert views.rows("select distinct presence_class from analytics.cohort_panel") == [("too early",)]


def test_the_unit_tests_of_the_models_pass(built: Built):
    outcomes = {r.node.name: r.message for r in built.results if r.node.resource_type == "unit_test"}
    assert len(outcomes) >= 20
    assert {name: message for name, message in outcomes.items() if message is not None} == {}
