"""Define the fixtures of the tests of the desk."""

import shutil
from collections.abc import Generator
from pathlib import Path

import pytest
from building import begin_with_views
from commands import Commands
from databases import Database, Server
from desk_programme import Visited, open_desk, write_programme

from schemas.settings import ProjectPaths


@pytest.fixture(scope="session")
def collected_in_file(own_home: None, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Collect the programme of the desk once on DuckDB. Copy its folder, and never change it."""
    folder = tmp_path_factory.mktemp("desk on DuckDB") / "programme"
    write_programme(folder)
    begin_with_views(ProjectPaths(folder))
    Commands(folder).run("collect")
    return folder


@pytest.fixture(scope="session")
def collected_in_database(
    database_with_views: Database, postgresql_server: Server, tmp_path_factory: pytest.TempPathFactory
) -> tuple[Path, Database]:
    """Collect the programme of the desk once on PostgreSQL. Copy its folder and database, and never change them."""
    folder = tmp_path_factory.mktemp("desk on PostgreSQL") / "programme"
    database = postgresql_server.database(database_with_views)
    write_programme(folder)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("ESSAIM_WAREHOUSE_URL", database.url)
        Commands(folder).run("collect")
    return folder, database


@pytest.fixture(params=["duckdb", "postgresql"])
def collected(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return the folder of a programme that was collected today, on DuckDB, then on PostgreSQL."""
    folder = tmp_path / "programme"
    if request.param == "duckdb":
        shutil.copytree(request.getfixturevalue("collected_in_file"), folder)
        return folder
    original, database = request.getfixturevalue("collected_in_database")
    shutil.copytree(original, folder)
    server: Server = request.getfixturevalue("postgresql_server")
    monkeypatch.setenv("ESSAIM_WAREHOUSE_URL", server.database(database).url)
    return folder


@pytest.fixture
def visited(collected: Path) -> Generator[Visited]:
    """Yield the desk of a collected programme. What it receives waits for the next run."""
    with open_desk(collected) as visited:
        yield visited
