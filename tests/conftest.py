"""Define the fixtures of the whole suite."""

import os
from collections.abc import Generator
from pathlib import Path

import pytest
from building import begin_with_views, build_without_rows
from databases import Database, Server, postgresql
from hypothesis import settings
from running import Demo, run_essaim

from flows.cli.prefect_server import OFFLINE
from schemas.settings import ProjectPaths

# No test may fail because a busy machine is slow.
settings.register_profile("essaim", deadline=None)
settings.load_profile("essaim")


@pytest.fixture(scope="session", autouse=True)
def own_home(tmp_path_factory: pytest.TempPathFactory) -> None:
    """Isolate the tests from the environment variables and the home folder of the machine's user."""
    home = tmp_path_factory.mktemp("home")
    # Each command that a test runs in a process of its own would compile our modules again.
    os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
    for name in [name for name in os.environ if name.startswith(("ESSAIM_", "PREFECT_", "DBT_", "XDG_"))]:
        del os.environ[name]
    os.environ.update({**OFFLINE, "HOME": str(home), "PREFECT_HOME": str(home / "prefect")})


@pytest.fixture(scope="session")
def demo(own_home: None, tmp_path_factory: pytest.TempPathFactory) -> Demo:
    """Run `essaim demo` once, without any server, as a newcomer does."""
    folder = tmp_path_factory.mktemp("demo") / "programme"
    return Demo(folder, run_essaim("demo", str(folder)))


@pytest.fixture(scope="session")
def postgresql_server(own_home: None) -> Generator[Server]:
    """Run one PostgreSQL server for all tests."""
    with postgresql() as server:
        yield server


@pytest.fixture
def database(postgresql_server: Server) -> Database:
    """Create a fresh database."""
    return postgresql_server.database()


@pytest.fixture(params=["duckdb", "postgresql"])
def paths(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> ProjectPaths:
    """Return the paths of a programme, with its warehouse on DuckDB, then on PostgreSQL."""
    if request.param == "postgresql":
        monkeypatch.setenv("ESSAIM_WAREHOUSE_URL", request.getfixturevalue("database").url)
    return ProjectPaths(tmp_path)


@pytest.fixture(scope="session")
def database_with_views(postgresql_server: Server, tmp_path_factory: pytest.TempPathFactory) -> Database:
    """Build all views once in a database, without rows. Copy it, and never change it."""
    database = postgresql_server.database()
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("ESSAIM_WAREHOUSE_URL", database.url)
        build_without_rows(ProjectPaths(tmp_path_factory.mktemp("all views")))
    return database


@pytest.fixture(params=["duckdb", "postgresql"])
def paths_with_views(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> ProjectPaths:
    """Return the paths of a warehouse with all views, in French and without rows, on DuckDB, then on PostgreSQL."""
    paths = ProjectPaths(tmp_path)
    if request.param == "duckdb":
        begin_with_views(paths)
        return paths
    server: Server = request.getfixturevalue("postgresql_server")
    database = server.database(request.getfixturevalue("database_with_views"))
    monkeypatch.setenv("ESSAIM_WAREHOUSE_URL", database.url)
    return paths


@pytest.fixture
def no_credentials(monkeypatch: pytest.MonkeyPatch) -> None:
    """Unset the variables of the survey server."""
    for name in ("URL", "USERNAME", "PASSWORD"):
        monkeypatch.delenv(f"ESSAIM_LIMESURVEY_{name}", raising=False)
