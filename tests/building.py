"""Build views with dbt in tests: all of them with their tests, or some of them without."""

import shutil
from collections.abc import Callable
from datetime import date, datetime
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from schemas.settings import Environment, ProjectPaths
from tasks.transform.dbt_build import Node, build_views, invoke_dbt, run_today
from tasks.transform.parsed_models import models_version
from warehouse.address import warehouse_address
from warehouse.connection import holds_a_warehouse, open_warehouse
from warehouse.views import are_all_built_by


def build_all(
    paths: ProjectPaths,
    *,
    as_of: date,
    known_by: datetime,
    locale: str = "fr",
    observe: Callable[[Node], None] | None = None,
) -> None:
    """Build all views and run their tests, like a run."""
    build_views(paths, Environment(), as_of=as_of, known_by=known_by, locale=locale, observe=observe)


def build_models(paths: ProjectPaths, *arguments: str, as_of: date, known_by: datetime, locale: str = "fr") -> None:
    """Build some models without their tests, in a third of the time.

    Like a run, skip views and seeds if all of them are there already. A full refresh deletes some of them.
    """
    left_out = ["--exclude-resource-type", "unit_test", "--exclude-resource-type", "test"]
    if "--full-refresh" not in arguments and _holds_all_views(paths):
        left_out += ["--exclude", "config.materialized:view", "resource_type:seed"]
    answer = _dbt(paths, "build", *left_out, *arguments, as_of=as_of, known_by=known_by, locale=locale)
    assert answer.success, answer.exception or [node.message for node in answer.result if node.status == "error"]


def begin_with_views(paths: ProjectPaths) -> None:
    """Begin a DuckDB warehouse with all views, without rows. They are built once in a test session, and copied."""
    assert warehouse_address(paths) is None
    built = ProjectPaths(Path.home() / "all views")  # the home folder of the tests
    if not built.warehouse.exists():
        build_without_rows(built)
    paths.warehouse.parent.mkdir(parents=True, exist_ok=True)
    shutil.copy(built.warehouse, paths.warehouse)


def build_without_rows(paths: ProjectPaths) -> None:
    """Create a warehouse and build all views, before anything has come in."""
    with open_warehouse(paths):
        pass
    build_all(paths, as_of=date(1900, 1, 1), known_by=datetime(1900, 1, 1))


def _holds_all_views(paths: ProjectPaths) -> bool:
    if not holds_a_warehouse(paths):
        return False
    with open_warehouse(paths) as warehouse:
        return are_all_built_by(warehouse, models_version())


def what_is_broken(paths: ProjectPaths, model: str, *, as_of: date, known_by: datetime) -> dict[str, int]:
    """Run the `sound` test of a model on the existing rows, and return the number of rows that violate each rule."""
    answer = _dbt(paths, "test", "--select", f"{model},test_name:sound", as_of=as_of, known_by=known_by)
    (done,) = [result for result in answer.result if result.node.attached_node == f"model.essaim.{model}"]
    assert done.status in ("pass", "fail"), done.message
    with open_warehouse(paths) as warehouse:
        violations = dict(warehouse.execute(sa.text(done.node.compiled_code)))
    assert done.status == ("fail" if violations else "pass")
    return violations


def run_tests(
    paths: ProjectPaths, *kinds: str, as_of: date, known_by: datetime
) -> dict[tuple[str, str, str | None], str]:
    """Run all generic tests of some kinds on the existing rows, and return the status by model, kind and column."""
    select = [f"test_name:{kind}" for kind in kinds]
    answer = _dbt(paths, "test", "--select", *select, as_of=as_of, known_by=known_by)
    assert answer.exception is None, answer.exception
    return {
        (done.node.attached_node.rsplit(".")[-1], done.node.test_metadata.name, done.node.column_name): done.status
        for done in answer.result
    }


def _dbt(paths: ProjectPaths, *command: str, as_of: date, known_by: datetime, locale: str = "fr") -> Any:
    with run_today(as_of, known_by, locale):
        return invoke_dbt(paths, Environment(), *command, "--no-write-json")
