"""Run a test on one engine only, where Python decides and the views only show it: each module has tests on both."""

import pytest

ON_DUCKDB = pytest.mark.parametrize("paths_with_views", ["duckdb"], indirect=True)
ON_POSTGRESQL = pytest.mark.parametrize("paths_with_views", ["postgresql"], indirect=True)
