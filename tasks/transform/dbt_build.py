"""Builds the views with dbt, in the process, without network and without telemetry."""

import gc
import hashlib
import importlib
import os
from collections.abc import Callable, Generator, Mapping
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from schemas.errors import EssaimError
from schemas.package_data import project_path
from schemas.settings import Environment, ProjectPaths
from warehouse.address import warehouse_address
from warehouse.connection import open_warehouse
from warehouse.views import are_all_built_by

if TYPE_CHECKING:
    from dbt.cli.main import dbtRunner, dbtRunnerResult
    from dbt_common.events.base_types import EventMsg

PROJECT = project_path("dbt_project")
_FOLDERS = ("models", "macros", "seeds")
_TOLD = 5


@dataclass(frozen=True, slots=True)
class Node:
    """One model, seed or test that dbt has done: its name, kind and outcome in dbt's words."""

    name: str
    kind: str
    outcome: str
    seconds: float


def build_views(
    paths: ProjectPaths,
    *,
    as_of: date,
    known_by: datetime,
    locale: str = "fr",
    observe: Callable[[Node], None] | None = None,
) -> None:
    """Build and test all views of what was known by an instant (UTC), with `as_of` as today.

    Comments on views and columns are in the language `locale`. `observe` is called with each node that is done, from
    dbt's thread that did it.

    No connection to the warehouse may be open meanwhile; none is left open.

    Raises:
        EssaimError: a model could not be built or a test failed. The published copy stays as it was.
    """
    address = warehouse_address(paths)
    if address is not None:
        from warehouse.roles import let_build  # brings the driver

        let_build(address, Environment().transformer_role)
    with open_warehouse(paths) as warehouse:
        are_views_there = are_all_built_by(warehouse, models_version(locale))
    with run_today(as_of, known_by, locale):
        answer = _dbt(paths, "build", *_of_build(are_views_there), "--no-write-json", observe=observe)
    if answer.success:
        return
    failed = [
        _in_words(paths, result)
        for result in getattr(answer.result, "results", [])
        if result.status in ("error", "fail", "runtime error")
    ]
    words = "; ".join(failed) or str(answer.exception)
    raise EssaimError(
        f"The views could not be built: {words}. What was collected is loaded, and the earlier views stay published."
    )


def _of_build(are_views_there: bool) -> list[str]:
    """Return dbt's arguments for a build: which nodes it skips, and with how many threads it runs.

    The first build by a version of the models makes everything anew. Later ones skip views and seeds, which stay the
    same, and run their tests. Most of what is left is short, so a second thread prepares one node while the engine
    works on another (decision 20).
    """
    arguments = ["--exclude-resource-type", "unit_test", "--exclude-resource-type", "exposure"]
    # The tests named `sound` check the same keys, in one node per model.
    excluded = ["test_name:unique", "test_name:not_null"]
    if not are_views_there:
        return [*arguments, "--full-refresh", "--exclude", *excluded]
    excluded += ["config.materialized:view", "resource_type:seed"]
    return [*arguments, "--threads", "2", "--indirect-selection", "empty", "--exclude", *excluded]


def _in_words(paths: ProjectPaths, result: Any) -> str:
    """What failed. Most tests give what is broken and how often; the others, rows. `result` is dbt's, without types."""
    node = result.node
    if result.status != "fail":
        return f"{node.name}: {result.message}"
    where = f"the statement in {node.compiled_path} gives them"
    if " as broken" not in node.compiled_code:
        return f"{node.name}: {result.message} ({where})"
    found = sa.text(node.compiled_code).columns(sa.column("broken"), sa.column("times")).subquery()
    with open_warehouse(paths) as warehouse:
        broken = warehouse.execute(sa.select(found).order_by(found.c.broken))
    told = ", ".join(f"{words} ({times})" for words, times in broken[:_TOLD])
    if len(broken) > _TOLD:
        told += f", and {len(broken) - _TOLD} more ({where})"
    return f"{node.name}: it is not so that {told}"


def write_pages(paths: ProjectPaths) -> Path:
    """Write dbt's pages of all views, their columns, tests and lineage: one HTML file that needs no server.

    No connection to the warehouse may be open meanwhile; none is left open.

    Raises:
        EssaimError: they could not be written.
    """
    answer = _dbt(paths, "docs", "generate", "--static")
    pages = paths.dbt / "target" / "static_index.html"
    if not answer.success or not pages.exists():
        raise EssaimError(f"The pages could not be written: {answer.exception}.")
    return pages


def _dbt(paths: ProjectPaths, *command: str, observe: Callable[[Node], None] | None = None) -> "dbtRunnerResult":
    """Run one command of dbt on the warehouse."""
    arguments = [
        *(*command, "--target", target(paths)),
        *("--project-dir", str(PROJECT), "--profiles-dir", str(PROJECT)),
        *("--target-path", str(paths.dbt / "target"), "--log-path", str(paths.dbt / "logs")),
        *("--quiet", "--no-use-colors", "--log-level", "none"),
    ]
    with _seldom_collected():
        runner = dbt_runner(observe)
        from dbt.adapters.factory import reset_adapters  # takes seconds

        try:
            with connection_settings(paths):
                return runner.invoke(arguments)
        finally:
            _let_go(paths.warehouse)
            reset_adapters()


@contextmanager
def _seldom_collected() -> Generator[None]:
    """With Python's garbage collector at work less often: dbt makes many objects that stay, and few to be collected."""
    usual = gc.get_threshold()
    gc.set_threshold(100_000, 50, 100)
    try:
        yield
    finally:
        gc.set_threshold(*usual)


def dbt_runner(observe: Callable[[Node], None] | None = None) -> "dbtRunner":
    """dbt, imported when it is first used: that takes seconds."""
    os.environ.update(DO_NOT_TRACK="1", DBT_SEND_ANONYMOUS_USAGE_STATS="false")
    from dbt.cli.main import dbtRunner

    importlib.import_module("dbt.adapters.duckdb")
    return dbtRunner(callbacks=[_observing(observe)] if observe else [])


def _observing(observe: Callable[[Node], None]) -> "Callable[[EventMsg], None]":
    def told(event: "EventMsg") -> None:
        if event.info.name == "NodeFinished":
            # The message of this event; its classes are made when dbt runs, and tell nothing of their types.
            done: Any = event.data
            seconds = round(float(done.run_result.execution_time), 3)
            observe(Node(done.node_info.node_name, done.node_info.resource_type, done.run_result.status, seconds))

    return told


def target(paths: ProjectPaths) -> str:
    """The output of `profiles.yml` for the engine that holds the warehouse."""
    return "duckdb" if warehouse_address(paths) is None else "postgresql"


@contextmanager
def connection_settings(paths: ProjectPaths) -> Generator[None]:
    """What `profiles.yml` reads, in the environment while dbt runs. Dbt writes DBT_ENV_SECRET_… nowhere."""
    address = warehouse_address(paths)
    if address is None:
        settings = {"ESSAIM_WAREHOUSE_PATH": str(paths.warehouse)}
    else:
        from warehouse.roles import as_identifier  # brings the driver

        role = Environment().transformer_role
        settings = {
            "ESSAIM_WAREHOUSE_HOST": address.host,
            "ESSAIM_WAREHOUSE_PORT": str(address.port),
            "ESSAIM_WAREHOUSE_DATABASE": address.database,
            "ESSAIM_WAREHOUSE_USER": address.user,
            "ESSAIM_WAREHOUSE_ROLE": as_identifier(role) if role else "",
            "DBT_ENV_SECRET_WAREHOUSE_PASSWORD": address.password.get_secret_value(),
            **{f"ESSAIM_WAREHOUSE_{name.upper()}": value for name, value in address.ssl},
        }
    with _in_environment(settings):
        yield


def run_today(as_of: date, known_by: datetime, locale: str = "fr") -> AbstractContextManager[None]:
    """Set the moment and the version of the models in the environment while dbt runs.

    Passed as `--vars`, another day would make dbt parse the whole project again.
    """
    return _in_environment(
        {
            "ESSAIM_BUILD_AS_OF": as_of.isoformat(),
            "ESSAIM_BUILD_KNOWN_BY": known_by.isoformat(sep=" "),
            "ESSAIM_BUILD_LANGUAGE": locale,
            "ESSAIM_BUILD_MODELS": models_version(locale),
        }
    )


def models_version(locale: str = "fr") -> str:
    """Return the version of the models: a checksum of the dbt project and of the language of its comments."""
    digest = hashlib.sha256(locale.encode())
    settings = PROJECT / "dbt_project.yml"
    for path in [settings, *(path for folder in _FOLDERS for path in sorted((PROJECT / folder).rglob("*.*")))]:
        digest.update(f"{path.relative_to(PROJECT)}\0".encode() + path.read_bytes())
    return digest.hexdigest()[:16]


@contextmanager
def _in_environment(settings: Mapping[str, str]) -> Generator[None]:
    os.environ.update(settings)
    try:
        yield
    finally:
        for name in settings:
            del os.environ[name]


def _let_go(warehouse: Path) -> None:
    """Dbt's DuckDB adapter keeps the file open in the process until it is told to close."""
    if warehouse.exists():
        from dbt.adapters.duckdb.connections import DuckDBConnectionManager

        DuckDBConnectionManager.close_all_connections()
