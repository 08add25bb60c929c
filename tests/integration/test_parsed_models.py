"""Test that dbt parses the models once for each version of them, whichever warehouse they are for."""

from pathlib import Path
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

import pytest
from building import build_models
from databases import Server
from running import AS_OF

from schemas.settings import Environment, ProjectPaths
from tasks.transform.dbt_build import connection_settings, read_models, target
from tasks.transform.parsed_models import parsed_models
from warehouse.connection import open_warehouse
from warehouse.runs import last_instant_of

if TYPE_CHECKING:
    from dbt.contracts.graph.manifest import Manifest


@pytest.fixture
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return an empty folder of the user's cache."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    return tmp_path / "cache" / "essaim"


@pytest.mark.parametrize("paths", ["duckdb"], indirect=True)
def test_the_models_are_parsed_once_for_all_warehouses(cache: Path, paths: ProjectPaths) -> None:
    with connection_settings(paths, Environment()):
        first = read_models(paths)
    (kept,) = cache.iterdir()
    others = parsed_models(target(paths), "other warehouse", _never)
    assert others.nodes.keys() == first.nodes.keys()
    assert {node.database for node in (*others.nodes.values(), *others.sources.values())} == {"other warehouse"}
    of_status = others.nodes["model.essaim.return_status"]
    assert of_status.relation_name == '"other warehouse"."analytics"."return_status"'
    assert others.flat_graph["nodes"]["model.essaim.return_status"]["database"] == "other warehouse"

    kept.write_bytes(kept.read_bytes()[:-1])  # damaged
    with connection_settings(paths, Environment()):
        read_models(paths)
    assert parsed_models(target(paths), "other warehouse", _never).nodes.keys() == first.nodes.keys()


@pytest.mark.parametrize("paths", ["postgresql"], indirect=True)
def test_a_second_warehouse_is_built_with_the_models_that_are_kept(
    cache: Path, postgresql_server: Server, paths: ProjectPaths, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    _build(paths)
    (kept,) = cache.iterdir()
    before = kept.stat().st_mtime_ns
    monkeypatch.setenv("ESSAIM_WAREHOUSE_URL", postgresql_server.database().url)
    _build(ProjectPaths(tmp_path / "other"))
    assert kept.stat().st_mtime_ns == before


def test_without_a_folder_to_keep_them_in_the_models_are_parsed_each_time(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "no folder").write_text("", encoding="utf-8")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "no folder"))
    _build(ProjectPaths(tmp_path))


def _never() -> "Manifest":
    raise AssertionError("the models were parsed again")


def _build(paths: ProjectPaths) -> None:
    """Create a warehouse, and build a model with those that it needs."""
    paths.var.mkdir(parents=True, exist_ok=True)
    with open_warehouse(paths):
        pass
    build_models(
        paths, "--select", "+stg_programme__cohorts", as_of=AS_OF, known_by=last_instant_of(AS_OF, ZoneInfo("UTC"))
    )
