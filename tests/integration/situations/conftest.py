"""Define the fixture that all situations share: the engine of the warehouse."""

from collections.abc import Generator

import pytest
from databases import Server


@pytest.fixture(scope="module", params=["duckdb", "postgresql"])
def environment(request: pytest.FixtureRequest) -> Generator[pytest.MonkeyPatch]:
    """Yield the environment of a module, whose warehouses are on DuckDB, then on PostgreSQL."""
    with pytest.MonkeyPatch.context() as patch:
        if request.param == "postgresql":
            server: Server = request.getfixturevalue("postgresql_server")
            patch.setenv("ESSAIM_WAREHOUSE_URL", server.database().url)
        yield patch
