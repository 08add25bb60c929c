"""Define the fixtures that all situations share: the engine of the warehouse, and a warehouse whose views are built."""

from collections.abc import Generator
from pathlib import Path

import pytest
from building import begin_with_views
from databases import Server

from schemas.settings import ProjectPaths
from warehouse.address import warehouse_address


@pytest.fixture(scope="module", params=["duckdb", "postgresql"])
def environment(request: pytest.FixtureRequest) -> Generator[pytest.MonkeyPatch]:
    """Yield the environment of a module, whose warehouses are on DuckDB, then on PostgreSQL."""
    with pytest.MonkeyPatch.context() as patch:
        if request.param == "postgresql":
            server: Server = request.getfixturevalue("postgresql_server")
            views = request.getfixturevalue("database_with_views")
            patch.setenv("ESSAIM_WAREHOUSE_URL", server.database(views).url)
        yield patch


@pytest.fixture(scope="module")
def folder(environment: pytest.MonkeyPatch, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return an empty programme folder, whose warehouse has all views, in French and without rows."""
    assert environment
    paths = ProjectPaths(tmp_path_factory.mktemp("situations") / "programme")
    paths.folder.mkdir()
    if warehouse_address(paths) is None:
        begin_with_views(paths)
    return paths.folder
