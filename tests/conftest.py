"""Fixtures of the whole suite."""

import os
from collections.abc import Generator
from pathlib import Path

import pytest
from databases import Database, Server, postgresql
from hypothesis import settings
from running import Demo, run_essaim

from flows.cli.prefect_server import OFFLINE
from schemas.settings import ProjectPaths

# A machine that does something else is slow, and nothing is wrong with what it tests.
settings.register_profile("essaim", deadline=None)
settings.load_profile("essaim")


@pytest.fixture(scope="session", autouse=True)
def own_home(tmp_path_factory: pytest.TempPathFactory) -> None:
    """Nothing that the machine's user set reaches the tests."""
    home = tmp_path_factory.mktemp("home")
    for name in [name for name in os.environ if name.startswith(("ESSAIM_", "PREFECT_", "DBT_"))]:
        del os.environ[name]
    os.environ.update({**OFFLINE, "HOME": str(home), "PREFECT_HOME": str(home / "prefect")})


@pytest.fixture(scope="session")
def demo(own_home: None, tmp_path_factory: pytest.TempPathFactory) -> Demo:
    """`essaim demo` as a newcomer runs it: without any server."""
    folder = tmp_path_factory.mktemp("demo") / "programme"
    return Demo(folder, run_essaim("demo", str(folder)))


@pytest.fixture(scope="session")
def postgresql_server(own_home: None) -> Generator[Server]:
    """A PostgreSQL server for all tests that need one."""
    with postgresql() as server:
        yield server


@pytest.fixture
def database(postgresql_server: Server) -> Database:
    """A fresh database."""
    return postgresql_server.database()


@pytest.fixture(params=["duckdb", "postgresql"])
def paths(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> ProjectPaths:
    """Where a programme's things lie, its warehouse on one engine, then on the other."""
    if request.param == "postgresql":
        monkeypatch.setenv("ESSAIM_WAREHOUSE_URL", request.getfixturevalue("database").url)
    return ProjectPaths(tmp_path)


@pytest.fixture
def no_credentials(monkeypatch: pytest.MonkeyPatch) -> None:
    """A test may set the variables of the survey server; none survives it."""
    for name in ("URL", "USERNAME", "PASSWORD"):
        monkeypatch.delenv(f"ESSAIM_LIMESURVEY_{name}", raising=False)
