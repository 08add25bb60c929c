"""Test features of dbt in this project on both engines: comments, grants, indexes, contracts and upgrades."""

import shutil
from datetime import date, datetime
from pathlib import Path

import pytest
import sqlalchemy as sa
import yaml
from building import build_all, build_models, run_tests
from databases import Database
from running import AS_OF as DEMO_AS_OF
from running import Demo

from schemas.settings import ProjectPaths
from tasks.dictionary.views import LAYERS, views
from tasks.transform import dbt_build, parsed_models
from warehouse.address import warehouse_address
from warehouse.connection import open_warehouse

AS_OF, KNOWN_BY = date(2019, 3, 31), datetime(2019, 3, 31, 21, 59, 59, 999999)
IN_LAYERS = ", ".join(f"'{layer}'" for layer in LAYERS)
COMMENTS = {
    "duckdb": f"""
        select schema_name || '.' || table_name, comment from duckdb_tables() where schema_name in ({IN_LAYERS})
        union all
        select schema_name || '.' || view_name, comment from duckdb_views() where schema_name in ({IN_LAYERS})
        union all
        select schema_name || '.' || table_name || '.' || column_name, comment
        from duckdb_columns() where schema_name in ({IN_LAYERS})
    """,
    "postgresql": f"""
        select
            concat_ws('.', nspname, relname, attname),
            coalesce(col_description(pg_class.oid, attnum), obj_description(pg_class.oid, 'pg_class'))
        from pg_class
        join pg_namespace on relnamespace = pg_namespace.oid
        cross join lateral (
            select attname, attnum from pg_attribute where attrelid = pg_class.oid and attnum > 0 and not attisdropped
            union all
            select null, 0
        ) as columns
        where nspname in ({IN_LAYERS}) and relkind in ('r', 'v')
    """,
}


def comments(paths: ProjectPaths) -> dict[str, str | None]:
    """Return the comment on each relation and column of `analytics` and `marts`."""
    engine = "duckdb" if warehouse_address(paths) is None else "postgresql"
    with open_warehouse(paths) as warehouse:
        return dict(warehouse.execute(sa.text(COMMENTS[engine])))


def described(locale: str) -> dict[str, str]:
    """Return the description of each relation and column in a language."""
    found: dict[str, str] = {}
    for view in views().values():
        name = f"{view.schema}.{view.name}"
        found[name] = view.meaning.text(locale)
        found |= {f"{name}.{column.name}": column.meaning.text(locale) for column in view.columns}
    return found


def test_each_view_and_column_carries_its_description_in_the_language_of_the_programme(
    paths_with_views: ProjectPaths,
) -> None:
    in_french = comments(paths_with_views)
    build_all(paths_with_views, as_of=AS_OF, known_by=KNOWN_BY, locale="en")
    in_english = comments(paths_with_views)
    for locale, found in (("fr", in_french), ("en", in_english)):
        assert [name for name, comment in found.items() if not comment] == []
        assert described(locale).items() <= found.items()
    assert set(in_english) - set(described("en")) == {
        "marts.missing_reason",
        *(f"marts.missing_reason.{column}" for column in ("missing_reason", "obs_status", "meaning")),
    }


def test_each_key_of_marts_and_analytics_has_native_tests_that_fail_where_it_is_not_one(demo: Demo) -> None:
    paths = ProjectPaths(demo.copy(with_results=True))
    with open_warehouse(paths) as warehouse:
        warehouse.execute(sa.text("insert into marts.dim_cohort select * from marts.dim_cohort limit 1"))
        warehouse.checkpoint()
    outcomes = run_tests(paths, "unique", "not_null", as_of=DEMO_AS_OF, known_by=KNOWN_BY)
    assert {test: outcome for test, outcome in outcomes.items() if outcome != "pass"} == {
        ("dim_cohort", "unique", "cohort_code"): "fail"
    }
    keys = {view.name: set(view.grain) for view in views().values()} | {"missing_reason": {"missing_reason"}}
    assert {model for model, kind, _ in outcomes if kind == "unique"} == set(keys)
    for model, key in keys.items():
        assert {column for tested, kind, column in outcomes if (tested, kind) == (model, "not_null")} == key


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return a modifiable copy of the dbt project with its own target folder."""
    copy = tmp_path / "project"
    shutil.copytree(dbt_build.PROJECT, copy)
    for module in (dbt_build, parsed_models):
        monkeypatch.setattr(module, "PROJECT", copy)
    return copy


def configure(project: Path, model: str, layer: str = "marts", **configs: object) -> None:
    """Set configs of a model in a layer."""
    path = project / "dbt_project.yml"
    settings = yaml.safe_load(path.read_text(encoding="utf-8"))
    settings["models"]["essaim"].setdefault(layer, {})[model] = {f"+{name}": value for name, value in configs.items()}
    path.write_text(yaml.safe_dump(settings), encoding="utf-8")


def test_grants_and_indexes_are_made_on_tables_and_views(
    project: Path, database: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ESSAIM_WAREHOUSE_URL", database.url)
    role = database.role("reader").replace(" ", "_")
    with database.connect("postgres") as connection:
        connection.execute(f"create role {role}".encode())
    configure(project, "dim_cohort", grants={"select": [role]}, indexes=[{"columns": ["innovation_code"]}])
    configure(project, "fct_observation", grants={"select": [role]})
    paths = ProjectPaths(tmp_path)
    with open_warehouse(paths):
        pass
    for _ in range(2):  # the table is created and filled again
        build_models(paths, "--select", "+dim_cohort", "+fct_observation", as_of=AS_OF, known_by=KNOWN_BY)
        for relation in ("dim_cohort", "fct_observation"):
            assert database.rows(f"select has_table_privilege('{role}', 'marts.{relation}', 'select')") == [(True,)]
        indexed = (
            "select count(*) from pg_indexes where tablename = 'dim_cohort' and indexdef like '%(innovation_code)'"
        )
        assert database.rows(indexed) == [(1,)]


def test_an_index_on_duckdb_is_made_again_by_each_build(project: Path, tmp_path: Path) -> None:
    configure(project, "consolidated_results", "analytics", indexes=[{"columns": ["innovation_code"]}])
    paths = ProjectPaths(tmp_path)
    with open_warehouse(paths):
        pass
    indexed = sa.text("select schema_name || '.' || table_name from duckdb_indexes() where schema_name <> 'raw'")
    for _ in range(3):
        build_all(paths, as_of=AS_OF, known_by=KNOWN_BY)
        with open_warehouse(paths) as warehouse:
            assert ("analytics.consolidated_results",) in warehouse.execute(indexed)


def test_a_model_that_breaks_its_contract_is_refused(project: Path, paths: ProjectPaths) -> None:
    with open_warehouse(paths):
        pass
    path = project / "models" / "marts" / "dim_cohort.sql"
    right = path.read_text(encoding="utf-8")
    for text, is_kept in ((right, True), (right.replace("    method\n", "    1 as method\n"), False)):
        path.write_text(text, encoding="utf-8")
        if is_kept:
            build_models(paths, "--select", "+dim_cohort", as_of=AS_OF, known_by=KNOWN_BY)
        else:
            with pytest.raises(AssertionError, match="enforced contract that failed"):
                build_models(paths, "--select", "dim_cohort", as_of=AS_OF, known_by=KNOWN_BY)


def test_the_first_build_by_another_version_changes_the_columns_of_tables(
    paths_with_views: ProjectPaths, project: Path
) -> None:
    """Change the columns of an incremental table, and of a table that views depend on."""
    last_columns = {"int_panel": "cells.inputs\n", "int_expected_returns": "is_due_after_leaving\n"}
    for name, column in last_columns.items():
        path = project / "models" / "intermediate" / f"{name}.sql"
        before, _, after = path.read_text(encoding="utf-8").rpartition(column)
        path.write_text(f"{before}{column.rstrip()},\n    1 as added\n{after}", encoding="utf-8")
    build_all(paths_with_views, as_of=AS_OF, known_by=KNOWN_BY)
    with open_warehouse(paths_with_views) as warehouse:
        for name in last_columns:
            assert warehouse.execute(sa.text(f"select count(added) from intermediate.{name}")) == [(0,)]
