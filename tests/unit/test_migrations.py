"""Test that a warehouse of an earlier version is migrated when it is opened, on both engines."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import duckdb
import pytest
from databases import Database

from schemas.errors import DatabaseError
from schemas.settings import ProjectPaths
from schemas.tables import TABLES, Column, Kind, Table
from warehouse import migrations
from warehouse.connection import open_warehouse
from warehouse.migrations import CURRENT, STEPS, Step, shape_of

VERSION_1 = Path(__file__).parents[1] / "data" / "warehouse" / "version_1.sql"
COLUMNS = (
    "select table_schema, table_name, column_name, data_type, is_nullable from information_schema.columns "
    "where table_schema in ('ops', 'raw') order by 1, 2, 3"
)
A_RUN = (
    "insert into ops.runs values "
    "('run 1', 'collect', date '2018-06-30', 'done', null, timestamp '2018-06-30 10:00:00', null)"
)


Engine = tuple[ProjectPaths, Callable[..., list[tuple[Any, ...]]]]


@pytest.fixture(params=["duckdb", "postgresql"])
def engine(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Engine:
    """Yield the place of a warehouse, with a function that runs SQL in it without Essaim."""
    paths = ProjectPaths(tmp_path)
    if request.param == "postgresql":
        database: Database = request.getfixturevalue("database")
        monkeypatch.setenv("ESSAIM_WAREHOUSE_URL", database.url)

        def in_database(*statements: str) -> list[tuple[Any, ...]]:
            with database.connect() as connection:
                answer = connection.cursor()
                for statement in statements:
                    answer.execute(statement.encode())
                return answer.fetchall() if answer.description else []

        return paths, in_database
    paths.var.mkdir()

    def in_file(*statements: str) -> list[tuple[Any, ...]]:
        with duckdb.connect(str(paths.warehouse)) as connection:
            for statement in statements:
                connection.execute(statement)
            return connection.fetchall()

    return paths, in_file


def version_1() -> list[str]:
    lines = VERSION_1.read_text(encoding="utf-8").splitlines()
    return [line for line in lines if not line.startswith("--")]


def open_and_close(paths: ProjectPaths) -> None:
    with open_warehouse(paths):
        pass


def test_an_earlier_warehouse_is_upgraded_in_place_and_keeps_what_it_held(engine: Engine):
    paths, run = engine
    run(*version_1(), A_RUN)
    open_and_close(paths)
    assert run("select run_id from ops.runs") == [("run 1",)]
    assert run("select version from ops.schema_versions order by version") == [(step.version,) for step in STEPS[1:]]
    upgraded = run(COLUMNS)
    open_and_close(paths)
    assert run(COLUMNS) == upgraded
    fresh = {(table.schema, table.name, column.name) for table in TABLES for column in table.columns}
    assert {row[:3] for row in upgraded if row[1] != "schema_versions"} == fresh


def test_who_follows_an_innovation_in_an_earlier_warehouse_follows_no_single_enrolment(engine: Engine):
    paths, run = engine
    stamps = "'run 1', timestamp '2018-06-30 23:59:59', timestamp '2018-06-30 10:00:00'"
    names = "programme_version, evaluator_code, innovation_code, run_id, known_at, loaded_at"
    run(*version_1(), f"insert into raw.programme_follows ({names}) values ('0', 'EV-1', 'VITA', {stamps})")
    open_and_close(paths)
    columns = "evaluator_code, innovation_code, place, enrolment_id, from_on, to_on, replaces_code"
    assert run(f"select {columns} from raw.programme_follows") == [("EV-1", "VITA", 1, None, None, None, None)]


def test_postgresql_finds_what_a_load_brought_in_a_new_warehouse_and_in_one_of_an_earlier_essaim(
    database: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setenv("ESSAIM_WAREHOUSE_URL", database.url)
    indexes = "select tablename, indexdef from pg_indexes where schemaname = 'raw' order by tablename"
    for earlier in ([], version_1()):
        with database.connect() as connection:
            connection.execute("drop schema if exists ops, raw cascade")
            for statement in earlier:
                connection.execute(statement.encode())
        open_and_close(ProjectPaths(tmp_path))
        with database.connect() as connection:
            found = connection.execute(indexes).fetchall()
        assert [table for table, _ in found] == ["answers", "row_answers"]
        assert all("brin (loaded_at)" in index for _, index in found)


def test_the_steps_that_are_missing_are_taken_in_one_transaction(engine: Engine, monkeypatch: pytest.MonkeyPatch):
    paths, run = engine
    run(*version_1(), A_RUN)
    add, fail = "alter table ops.runs add column host text", "alter table ops.nowhere add column host text"
    failing = (*STEPS, Step(CURRENT + 1, "a column", "x", (add,)), Step(CURRENT + 2, "a mistake", "y", (fail,)))
    monkeypatch.setattr(migrations, "STEPS", failing)
    monkeypatch.setattr(migrations, "CURRENT", CURRENT + 2)
    before = run(COLUMNS)
    with pytest.raises(Exception, match="nowhere"):
        open_and_close(paths)
    assert run(COLUMNS) == before
    monkeypatch.setattr(migrations, "STEPS", failing[:-1])
    monkeypatch.setattr(migrations, "CURRENT", CURRENT + 1)
    open_and_close(paths)
    assert run("select run_id, host from ops.runs") == [("run 1", None)]
    assert run("select max(version) from ops.schema_versions") == [(CURRENT + 1,)]


def test_a_fresh_warehouse_takes_no_step_and_has_the_current_version(engine: Engine):
    paths, run = engine
    open_and_close(paths)
    assert run("select max(version) from ops.schema_versions") == [(CURRENT,)]
    assert {row[1] for row in run(COLUMNS)} == {table.name for table in TABLES} | {"schema_versions"}


COMMENTS = {
    "duckdb": (
        "select schema_name, table_name, column_name, comment from duckdb_columns() "
        "where schema_name in ('ops', 'raw') union all "
        "select schema_name, table_name, '', comment from duckdb_tables() where schema_name in ('ops', 'raw')"
    ),
    "postgresql": (
        "select table_schema, table_name, column_name, col_description((table_schema || '.' || table_name)::regclass, "
        "ordinal_position::int) from information_schema.columns where table_schema in ('ops', 'raw') union all "
        "select table_schema, table_name, '', obj_description((table_schema || '.' || table_name)::regclass) "
        "from information_schema.tables where table_schema in ('ops', 'raw')"
    ),
}


def described(table: Table) -> set[tuple[str, ...]]:
    meanings = {"": table.grain} | {column.name: column.meaning for column in table.columns}
    return {(table.schema, table.name, name, meaning) for name, meaning in meanings.items()}


@pytest.mark.parametrize("earlier", [False, True], ids=["new", "earlier"])
def test_every_table_and_column_carries_its_description_as_a_comment(
    engine: Engine, request: pytest.FixtureRequest, earlier: bool
):
    paths, run = engine
    if earlier:
        run(*version_1(), A_RUN)
    open_and_close(paths)
    found = set(run(COMMENTS[request.node.callspec.params["engine"]]))
    assert found == set().union(*map(described, (*TABLES, migrations.SCHEMA_VERSIONS)))


def test_a_comment_is_text_whatever_it_holds(engine: Engine, request: pytest.FixtureRequest):
    paths, run = engine
    open_and_close(paths)
    odd = Table("ops", "runs", 'It\'s 100 % of "all"; $1 :x %s', (Column("run_id", Kind.TEXT, "l'un\\n"),), ("run_id",))
    run(*migrations.comments_on(odd), "select 1")
    assert described(odd) <= set(run(COMMENTS[request.node.callspec.params["engine"]]))


def test_a_warehouse_of_a_later_essaim_is_refused(engine: Engine):
    paths, run = engine
    open_and_close(paths)
    run(f"insert into ops.schema_versions values ({CURRENT + 1}, 'later', timestamp '2030-01-01 00:00:00')")
    with pytest.raises(DatabaseError, match=rf"version {CURRENT + 1} of its tables; .* expected at most {CURRENT}\."):
        open_and_close(paths)


def test_whoever_changes_a_table_adds_a_step():
    assert [step.version for step in STEPS] == list(range(1, CURRENT + 1))
    assert STEPS[-1].shape == shape_of(TABLES), (
        "add a step to warehouse/migrations.py, with the shape of the tables now"
    )
