"""Views that the tests build with dbt: all of them, or some of them without their tests."""

import shutil
import tempfile
from collections.abc import Callable, Generator
from contextlib import contextmanager
from datetime import date, datetime
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from schemas.settings import Environment, ProjectPaths
from tasks.transform.dbt_build import (
    PROJECT,
    Node,
    build_views,
    connection_settings,
    dbt_runner,
    run_today,
    target,
)
from warehouse.address import warehouse_address
from warehouse.connection import open_warehouse

_PLACE = Path(tempfile.mkdtemp(prefix="essaim-views-"))


def build_all(
    paths: ProjectPaths,
    *,
    as_of: date,
    known_by: datetime,
    locale: str = "fr",
    observe: Callable[[Node], None] | None = None,
) -> None:
    """Build all views, and hold them to their tests, as a run does."""
    with _in_one_place(paths) as one:
        build_views(one, Environment(), as_of=as_of, known_by=known_by, locale=locale, observe=observe)


def build_models(paths: ProjectPaths, *arguments: str, as_of: date, known_by: datetime) -> None:
    """Build some models without their tests: a third of the time."""
    left_out = ("--exclude-resource-type", "unit_test", "--exclude-resource-type", "test")
    answer = _dbt(paths, "build", *left_out, *arguments, as_of=as_of, known_by=known_by)
    assert answer.success, answer.exception or [node.message for node in answer.result if node.status == "error"]


def what_is_broken(paths: ProjectPaths, model: str, *, as_of: date, known_by: datetime) -> dict[str, int]:
    """What the test of a model finds, and how often, in the rows as they stand."""
    answer = _dbt(paths, "test", "--select", f"{model},test_name:sound", as_of=as_of, known_by=known_by)
    (done,) = [one for one in answer.result if one.node.attached_node == f"model.essaim.{model}"]
    assert done.status in ("pass", "fail"), done.message
    with open_warehouse(paths) as warehouse:
        found = dict(warehouse.execute(sa.text(done.node.compiled_code)))
    assert done.status == ("fail" if found else "pass")
    return found


def run_tests(
    paths: ProjectPaths, *kinds: str, as_of: date, known_by: datetime
) -> dict[tuple[str, str, str | None], str]:
    """Run all generic tests of some kinds on the rows as they stand. The outcome by model, kind and column."""
    select = [f"test_name:{kind}" for kind in kinds]
    answer = _dbt(paths, "test", "--select", *select, as_of=as_of, known_by=known_by)
    assert answer.exception is None, answer.exception
    return {
        (one.node.attached_node.rsplit(".")[-1], one.node.test_metadata.name, one.node.column_name): one.status
        for one in answer.result
    }


def _dbt(paths: ProjectPaths, *command: str, as_of: date, known_by: datetime) -> Any:
    from dbt.adapters.duckdb.connections import DuckDBConnectionManager
    from dbt.adapters.factory import reset_adapters

    with _in_one_place(paths) as one, connection_settings(one, Environment()), run_today(as_of, known_by):
        try:
            return dbt_runner().invoke(
                [
                    *(*command, "--target", target(one), "--quiet", "--log-level", "none", "--no-write-json"),
                    *("--project-dir", str(PROJECT), "--profiles-dir", str(PROJECT)),
                    *("--target-path", str(one.dbt / "target"), "--log-path", str(one.dbt / "logs")),
                ]
            )
        finally:
            DuckDBConnectionManager.close_all_connections()
            reset_adapters()


@contextmanager
def _in_one_place(paths: ProjectPaths) -> Generator[ProjectPaths]:
    """The warehouse where all are built in turn: where the path is another, dbt reads its whole project again."""
    if warehouse_address(paths) is not None:
        yield paths
        return
    one = ProjectPaths(_PLACE, in_file=paths.in_file)
    one.var.mkdir(exist_ok=True)
    shutil.move(paths.warehouse, one.warehouse)
    try:
        yield one
    finally:
        shutil.move(one.warehouse, paths.warehouse)
