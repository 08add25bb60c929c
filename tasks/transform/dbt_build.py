"""Build the views with dbt in this process, without network access and telemetry."""

import gc
import importlib
import os
from collections.abc import Callable, Generator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

import sqlalchemy as sa

from schemas.errors import DbtError
from schemas.settings import Environment, ProjectPaths
from tasks.transform.parsed_models import PROJECT, models_version, parsed_models
from warehouse.address import warehouse_address
from warehouse.built_inputs import Moment, changed_inputs, move_to
from warehouse.connection import open_warehouse
from warehouse.runs import last_read_on
from warehouse.views import are_all_built_by, has_duckdb_indexes

if TYPE_CHECKING:
    from dbt.cli.main import dbtRunner, dbtRunnerResult
    from dbt.contracts.graph.manifest import Manifest
    from dbt_common.events.base_types import EventMsg

_LISTED = 5
"""Highest number of broken rules that an error lists for a test."""


@dataclass(frozen=True, slots=True)
class Node:
    """A model, seed or test that dbt has run.

    Attributes:
        kind: dbt's resource type, such as model or test.
        outcome: dbt's status, such as success, pass or error.
        total: Number of nodes that the build runs.
    """

    name: str
    kind: str
    outcome: str
    seconds: float
    total: int


def build_views(
    paths: ProjectPaths,
    environment: Environment,
    *,
    as_of: date,
    known_by: datetime,
    locale: str = "fr",
    minimum_structures: int = 0,
    minimum_participants: int = 0,
    everything: bool = False,
    observe: Callable[[Node], None] | None = None,
) -> None:
    """Build and test the views that depend on an input that changed since the last build; all if it did not end.

    No connection to the warehouse may be open during the call. None is left open.

    Args:
        paths: Where the programme's folders and files are.
        environment: The settings of the installation.
        as_of: The day to take as today.
        known_by: Instant in UTC. Rows known later are left out.
        locale: Language of the comments on views and columns, `fr` or `en`.
        minimum_structures: Suppress figures that rest on fewer structures, even if the known threshold is lower.
        minimum_participants: The same of participants.
        everything: Build and test all views, whatever changed.
        observe: Called with each node that is done, from the dbt thread that ran it.

    Raises:
        DbtError: A model could not be built, or a test failed. The published copy stays as it was.
    """
    address = warehouse_address(paths)
    with open_warehouse(paths) as warehouse:
        collected_on = last_read_on(warehouse, as_of) or as_of
        moment = Moment(as_of, known_by, collected_on, minimum_structures, minimum_participants)
        are_views_there = are_all_built_by(warehouse, models_version(locale))
        changed = None
        if are_views_there:
            if address is not None:
                from warehouse.roles import hand_over  # imports the driver

                hand_over(address, environment.transformer_role)
            move_to(warehouse, moment, owner_of_views(paths, environment))
            changed = None if everything else changed_inputs(warehouse)
        # DuckDB lists no indexes while another thread replaces an indexed table.
        takes_two_threads = address is not None or not has_duckdb_indexes(warehouse)
    if changed == []:
        return
    if address is not None:
        from warehouse.roles import let_build  # imports the driver

        let_build(address, environment.transformer_role)
    with run_today(as_of, known_by, locale, collected_on, minimum_structures, minimum_participants):
        arguments = _build_arguments(are_views_there, takes_two_threads, changed)
        result = invoke_dbt(paths, environment, "build", *arguments, "--no-write-json", observe=observe)
    if result.success:
        return
    failed = [
        _in_words(paths, node_result)
        for node_result in getattr(result.result, "results", [])
        if node_result.status in ("error", "fail", "runtime error")
    ]
    words = "; ".join(failed) or str(result.exception)
    raise DbtError(
        f"The views could not be built: {words}. "
        "The collected returns are loaded, and the earlier views stay published."
    )


def owner_of_views(paths: ProjectPaths, environment: Environment) -> str | None:
    """Return the owner of the views in PostgreSQL as an identifier; None on DuckDB."""
    address = warehouse_address(paths)
    if address is None:
        return None
    from warehouse.roles import as_identifier  # imports the driver

    return as_identifier(environment.transformer_role or address.user)


def _build_arguments(are_views_there: bool, takes_two_threads: bool, changed: list[str] | None) -> list[str]:
    """Return dbt's arguments for a build: the nodes to build or to skip, and the number of threads.

    The first build by a version of the models is a full refresh. Later builds skip views and seeds, which have not
    changed, and run their tests. The remaining nodes are short, so that a second thread prepares one node while the
    engine runs another (decision 20). If the preceding build ended, a build skips also what no changed input concerns,
    and its tests (decision 48).

    Args:
        are_views_there: Whether this version of the models built all views.
        takes_two_threads: Whether the engine allows two threads.
        changed: Selectors of what depends on the changed inputs; None for everything.
    """
    arguments = ["--exclude-resource-type", "unit_test", "--exclude-resource-type", "exposure"]
    # The tests named `sound` check the same keys, in one node per model.
    excluded = ["test_name:unique", "test_name:not_null"]
    if not are_views_there:
        return [*arguments, "--full-refresh", "--exclude", *excluded]
    excluded += ["config.materialized:view", "resource_type:seed"]
    threads = ["--threads", "2"] if takes_two_threads else []
    selected = [] if changed is None else ["--select", "stg_moment", *changed, "int_built_inputs+"]
    return [*arguments, *threads, "--indirect-selection", "empty", *selected, "--exclude", *excluded]


def _in_words(paths: ProjectPaths, result: Any) -> str:
    """Word the failure of a node.

    Args:
        paths: Where the programme's folders and files are.
        result: dbt's result, which has no type of its own. The rows of most failed tests name a broken rule and count
            its violations; those of the others are the rows that violate the test.
    """
    node = result.node
    if result.status != "fail":
        return f"{node.name}: {result.message}"
    where = f"run the statement in {node.compiled_path} to list them"
    if " as broken" not in node.compiled_code:
        return f"{node.name}: {result.message} ({where})"
    rules = sa.text(node.compiled_code).columns(sa.column("broken"), sa.column("times")).subquery()
    with open_warehouse(paths) as warehouse:
        broken = warehouse.execute(sa.select(rules).order_by(rules.c.broken))
    violations = ", ".join(
        f'{count} {"row violates" if count == 1 else "rows violate"} "{rule}"' for rule, count in broken[:_LISTED]
    )
    if len(broken) > _LISTED:
        violations += f", and {len(broken) - _LISTED} more rules are violated ({where})"
    return f"{node.name}: {violations}"


def write_pages(paths: ProjectPaths, environment: Environment) -> Path:
    """Write dbt's documentation of all views, columns, tests and lineage as one HTML file.

    No connection to the warehouse may be open during the call. None is left open.

    Args:
        paths: Where the programme's folders and files are.
        environment: The settings of the installation.

    Returns:
        The file, below `var/dbt`. It needs no server.

    Raises:
        DbtError: dbt could not read the views.
    """
    result = invoke_dbt(paths, environment, "docs", "generate", "--static")
    pages = paths.dbt / "target" / "static_index.html"
    if not result.success or not pages.exists():
        raise DbtError(f"The pages could not be written: {result.exception}.")
    return pages


def invoke_dbt(
    paths: ProjectPaths, environment: Environment, *command: str, observe: Callable[[Node], None] | None = None
) -> "dbtRunnerResult":
    """Run a dbt command on the warehouse.

    No connection to the warehouse may be open during the call. None is left open.

    Raises:
        DbtError: dbt could not parse the models.
    """
    with _collecting_less_often():
        runner = dbt_runner(observe)
        from dbt.adapters.factory import reset_adapters  # takes seconds

        try:
            with connection_settings(paths, environment):
                runner.manifest = read_models(paths)
                return run_dbt(runner, [*command, *project_arguments(paths)])
        finally:
            _close_file(paths.warehouse)
            reset_adapters()


def read_models(paths: ProjectPaths) -> "Manifest":
    """Return the models as dbt has parsed them for a warehouse. The variables of `connection_settings` must be set.

    Raises:
        DbtError: dbt could not parse them.
    """

    def parse() -> "Manifest":
        parsed = run_dbt(dbt_runner(), ["parse", "--no-write-json", *project_arguments(paths)])
        if not parsed.success:
            raise DbtError(f"The models could not be read: {parsed.exception}.")
        return cast("Manifest", parsed.result)

    address = warehouse_address(paths)
    return parsed_models(target(paths), address.database if address else paths.warehouse.stem, parse)


def project_arguments(paths: ProjectPaths) -> list[str]:
    """Return the arguments of each dbt command on a warehouse: the project, and the folders to write to."""
    return [
        *("--target", target(paths), "--project-dir", str(PROJECT), "--profiles-dir", str(PROJECT)),
        *("--target-path", str(paths.dbt / "target"), "--log-path", str(paths.dbt / "logs")),
        *("--quiet", "--no-use-colors", "--log-level", "none"),
    ]


@contextmanager
def _collecting_less_often() -> Generator[None]:
    """Run Python's garbage collector less often: most of the many objects that dbt allocates stay alive."""
    usual = gc.get_threshold()
    gc.set_threshold(100_000, 50, 100)
    try:
        yield
    finally:
        gc.set_threshold(*usual)


def run_dbt(runner: "dbtRunner", arguments: list[str]) -> "dbtRunnerResult":
    """Run a dbt command in a thread of its own, and wait for its end.

    For each of its flags dbt inspects the whole call stack, and searches all loaded modules for a frame that belongs to
    none. Under pytest-xdist that took two thirds of the time of a small build.
    """
    from tasks.transform.dbt_events import reading_few_events  # imports dbt's events

    with reading_few_events(), ThreadPoolExecutor(max_workers=1, thread_name_prefix="dbt") as executor:
        return executor.submit(runner.invoke, arguments).result()


def dbt_runner(observe: Callable[[Node], None] | None = None) -> "dbtRunner":
    """Return a runner of dbt. The first call imports dbt, which takes seconds."""
    os.environ.update(DO_NOT_TRACK="1", DBT_SEND_ANONYMOUS_USAGE_STATS="false")
    from dbt.cli.main import dbtRunner

    importlib.import_module("dbt.adapters.duckdb")
    return dbtRunner(callbacks=[_observing(observe)] if observe else [])


def _observing(observe: Callable[[Node], None]) -> "Callable[[EventMsg], None]":
    total = 0

    def call_observer(event: "EventMsg") -> None:
        nonlocal total
        # The classes of the messages are made when dbt runs, and have no static types.
        data: Any = event.data
        if event.info.name == "LogStartLine":
            total = data.total
        elif event.info.name == "NodeFinished":
            seconds = round(float(data.run_result.execution_time), 3)
            node = data.node_info
            observe(Node(node.node_name, node.resource_type, data.run_result.status, seconds, total))

    return call_observer


def target(paths: ProjectPaths) -> str:
    """Return the name of the output of `profiles.yml` for the engine that holds the warehouse."""
    return "duckdb" if warehouse_address(paths) is None else "postgresql"


@contextmanager
def connection_settings(paths: ProjectPaths, environment: Environment) -> Generator[None]:
    """Set the variables that `profiles.yml` reads while dbt runs.

    The password is in a variable named DBT_ENV_SECRET_…, which dbt keeps out of its logs and artifacts.
    """
    address = warehouse_address(paths)
    if address is None:
        settings = {"ESSAIM_WAREHOUSE_PATH": str(paths.warehouse)}
    else:
        from warehouse.roles import as_identifier  # imports the driver

        role = environment.transformer_role
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


def run_today(
    as_of: date,
    known_by: datetime,
    locale: str = "fr",
    collected_on: date | None = None,
    minimum_structures: int = 0,
    minimum_participants: int = 0,
) -> AbstractContextManager[None]:
    """Set what a build is for, the language and the version of the models in the environment while dbt runs.

    If they were passed as `--vars`, dbt would parse the whole project again for each day.

    Args:
        as_of: The day to take as today.
        known_by: Instant in UTC. Rows known later are left out.
        locale: Language of the comments on views and columns.
        collected_on: The last day as of which the sources were read; `as_of` by default.
        minimum_structures: Suppress figures that rest on fewer structures, even if the known threshold is lower.
        minimum_participants: The same of participants.
    """
    return _in_environment(
        {
            "ESSAIM_BUILD_AS_OF": as_of.isoformat(),
            "ESSAIM_BUILD_KNOWN_BY": known_by.isoformat(sep=" "),
            "ESSAIM_BUILD_COLLECTED_ON": (collected_on or as_of).isoformat(),
            "ESSAIM_BUILD_MINIMUM_STRUCTURES": str(minimum_structures),
            "ESSAIM_BUILD_MINIMUM_PARTICIPANTS": str(minimum_participants),
            "ESSAIM_BUILD_LANGUAGE": locale,
            "ESSAIM_BUILD_MODELS": models_version(locale),
        }
    )


@contextmanager
def _in_environment(settings: Mapping[str, str]) -> Generator[None]:
    os.environ.update(settings)
    try:
        yield
    finally:
        for name in settings:
            del os.environ[name]


def _close_file(warehouse: Path) -> None:
    """Close the DuckDB file, which dbt's adapter keeps open in this process after a command."""
    if warehouse.exists():
        from dbt.adapters.duckdb.connections import DuckDBConnectionManager

        DuckDBConnectionManager.close_all_connections()
