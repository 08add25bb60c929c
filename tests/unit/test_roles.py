"""Test the rights of each role in a database: for loading, for building and for reading."""

from collections.abc import Generator
from pathlib import Path

import psycopg
import pytest
from databases import Database

from schemas.errors import DatabaseError, UsageError
from schemas.settings import ProjectPaths
from warehouse.address import Address, warehouse_address
from warehouse.connection import open_warehouse
from warehouse.published import publish, read
from warehouse.roles import BUILT, let_build, refuse_unusable_roles

MADE = (
    "drop view if exists analytics.figures, staging.answers; drop table if exists marts.facts, intermediate.values;"
    "create view staging.answers as select count(*) as n from raw.answers;"
    "create table intermediate.values as select n from staging.answers;"
    "create table marts.facts as select n from intermediate.values;"
    "create view analytics.figures as select n from intermediate.values;"
    "create or replace function staging.known_by() returns int language sql immutable as 'select 1'"
)


def new_role(database: Database, name: str) -> Generator[str]:
    role = database.role(name)
    yield role
    with database.connect("postgres") as connection:
        connection.execute(f'drop owned by "{role}" cascade'.encode())
        connection.execute(f'drop role "{role}"'.encode())


@pytest.fixture
def analyst(database: Database) -> Generator[str]:
    """Create a user with the role of the analysts."""
    yield from new_role(database, "analysts")


@pytest.fixture
def transformer(database: Database) -> Generator[str]:
    """Create a role for building, which the owner of the database may assume without inheriting its rights."""
    for role in new_role(database, "transformer"):
        database.grant(role)
        yield role


@pytest.fixture
def address(database: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Address:
    """Return a warehouse in a database, with its tables."""
    monkeypatch.setenv("ESSAIM_WAREHOUSE_URL", database.url)
    with open_warehouse(ProjectPaths(tmp_path)):
        pass
    address = warehouse_address(ProjectPaths(tmp_path))
    assert address is not None
    return address


def build(database: Database, address: Address, builder: str | None = None) -> None:
    """Create views like dbt: with the role for building, if there is one."""
    let_build(address, builder)
    with database.connect() as connection:
        if builder is not None:
            connection.execute(f'set role "{builder}"'.encode())
        connection.execute(MADE.encode())


def refused(connection: psycopg.Connection, *statements: str) -> bool:
    for statement in statements:
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            connection.execute(statement.encode())
    return True


@pytest.mark.parametrize("has_transformer", [False, True])
def test_analysts_read_views_and_marts_after_each_build_and_nothing_else(
    database: Database, address: Address, analyst: str, transformer: str, tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch, has_transformer: bool,
) -> None:  # fmt: skip
    monkeypatch.setenv("ESSAIM_ANALYST_ROLE", analyst)
    if has_transformer:
        monkeypatch.setenv("ESSAIM_TRANSFORMER_ROLE", transformer)
    for _ in range(2):
        build(database, address, transformer if has_transformer else None)
        publish(ProjectPaths(tmp_path))
    build(database, address, transformer if has_transformer else None)  # and before the next publication
    with database.connect(analyst) as connection:
        assert connection.execute("select n from analytics.figures").fetchall() == [(0,)]
        assert connection.execute("select n from marts.facts").fetchall() == [(0,)]
        assert refused(
            connection, "select * from staging.answers", "select * from intermediate.values",
            "select * from raw.answers", "select * from ops.runs",
            "insert into marts.facts values (3)", "create table analytics.mine (n int)",
        )  # fmt: skip


def test_the_transformer_reads_what_was_received_and_changes_nothing_but_what_it_makes(
    database: Database, address: Address, transformer: str
) -> None:
    build(database, address, transformer)
    with database.connect(transformer) as connection:
        assert connection.execute("select count(*) from raw.answers").fetchall() == [(0,)]
        connection.execute(MADE.encode())
        assert refused(
            connection, "delete from raw.answers", "truncate raw.answers", "drop table raw.answers",
            "create table raw.mine (n int)", "select * from ops.runs", "delete from ops.runs", "create schema mine",
        )  # fmt: skip


def test_the_user_who_loads_reads_the_views_and_changes_them_only_as_the_transformer(
    database: Database, address: Address, transformer: str, tmp_path: Path
) -> None:
    build(database, address, transformer)
    assert read(ProjectPaths(tmp_path), "select n from analytics.figures") == (["n"], [(0,)])
    with database.connect() as connection:
        connection.execute("delete from raw.answers")
        connection.execute("select * from staging.answers")
        for schema in BUILT:
            assert refused(connection, f"create table {schema}.mine (n int)")
        assert refused(connection, "delete from marts.facts", "drop view analytics.figures")


def test_a_role_can_be_taken_on_later_and_given_up_again(
    database: Database, address: Address, transformer: str
) -> None:
    with database.connect("postgres") as connection:
        connection.execute(f'grant "{transformer}" to "{database.user}" with inherit true'.encode())
    owners = "select distinct tableowner from pg_tables where schemaname in ('intermediate', 'marts')"
    of_functions = "select pg_get_userbyid(proowner) from pg_proc where pronamespace = 'staging'::regnamespace"
    for builder in (None, transformer, None, transformer):
        build(database, address, builder)
        assert database.rows(owners) == [(builder or database.user,)]
        assert database.rows(of_functions) == [(builder or database.user,)]


def test_giving_up_a_role_without_its_rights_is_refused_and_loses_nothing(
    database: Database, address: Address, transformer: str
) -> None:
    build(database, address, transformer)
    with pytest.raises(DatabaseError, match="does not allow what Essaim needs: must be owner of schema"):
        let_build(address, None)
    assert database.rows("select n from marts.facts") == [(0,)]


def test_before_a_build_the_indexes_know_all_that_was_loaded(database: Database, address: Address) -> None:
    """Summarise new blocks in the BRIN index: without a summary, PostgreSQL reads them all for the rows of one load."""
    with database.connect() as connection:
        connection.execute(
            "insert into raw.answers (return_id, item, question_code, part, run_id, known_at, loaded_at) "
            "select 'return', 'item ' || n, 'item', 'value', 'run', now(), now() from generate_series(1, 20000) as n"
        )
    let_build(address, None)
    assert database.rows("select brin_summarize_new_values('raw.answers_by_load')") == [(0,)]


@pytest.mark.parametrize("setting", ["ESSAIM_ANALYST_ROLE", "ESSAIM_TRANSFORMER_ROLE"])
def test_a_role_that_is_not_there_is_reported(address: Address, monkeypatch: pytest.MonkeyPatch, setting: str) -> None:
    monkeypatch.setenv(setting, "nobody's")
    with pytest.raises(UsageError, match=f'has no role "nobody\'s", which {setting} names'):
        refuse_unusable_roles(address)


def test_a_role_that_the_user_is_no_member_of_is_reported(
    address: Address, analyst: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ESSAIM_TRANSFORMER_ROLE", analyst)
    with pytest.raises(
        UsageError, match=f"may not become the role '{analyst}' in the database .*ESSAIM_TRANSFORMER_ROLE names"
    ):
        refuse_unusable_roles(address)
