"""What an analyst's role may read in a database."""

import secrets
from collections.abc import Generator
from pathlib import Path

import psycopg
import pytest
from databases import PASSWORD, Database

from schemas.errors import UsageError
from schemas.settings import Places
from warehouse.connection import open_warehouse
from warehouse.published import publish

BUILT = (
    "create schema if not exists staging; create schema if not exists marts; create schema if not exists analytics;"
    "drop view if exists analytics.figures; drop table if exists staging.answers, marts.facts;"
    "create table staging.answers as select 1 as n; create table marts.facts as select 2 as n;"
    "create view analytics.figures as select n from staging.answers"
)


@pytest.fixture
def analyst(database: Database) -> Generator[str]:
    """A user who has the role of the analysts."""
    role = f"analysts {secrets.token_hex(4)}"
    with database.connect("postgres") as connection:
        literal = psycopg.sql.Literal(PASSWORD).as_string(connection)
        connection.execute(f'create role "{role}" login password {literal}'.encode())
    yield role
    with database.connect("postgres") as connection:
        connection.execute(f'drop owned by "{role}"'.encode())
        connection.execute(f'drop role "{role}"'.encode())


def built_and_published(database: Database, tmp_path: Path) -> None:
    places = Places(tmp_path)
    with open_warehouse(places):
        pass
    with database.connect() as connection:
        connection.execute(BUILT.encode())
    publish(places)


def test_analysts_read_views_and_marts_after_each_build_and_nothing_else(
    database: Database, analyst: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setenv("ESSAIM_WAREHOUSE_URL", database.url)
    monkeypatch.setenv("ESSAIM_ANALYST_ROLE", analyst)
    built_and_published(database, tmp_path)
    built_and_published(database, tmp_path)
    with database.connect(analyst) as connection:
        assert connection.execute("select n from analytics.figures").fetchall() == [(1,)]
        assert connection.execute("select n from marts.facts").fetchall() == [(2,)]
        for forbidden in (
            "select * from staging.answers", "select * from raw.answers", "select * from ops.runs",
            "insert into marts.facts values (3)", "create table analytics.mine (n int)",
        ):  # fmt: skip
            with pytest.raises(psycopg.errors.InsufficientPrivilege):
                connection.execute(forbidden.encode())


def test_a_role_that_is_not_there_is_told(database: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("ESSAIM_WAREHOUSE_URL", database.url)
    monkeypatch.setenv("ESSAIM_ANALYST_ROLE", "nobody's")
    with pytest.raises(UsageError, match='has no role "nobody\'s", which ESSAIM_ANALYST_ROLE names'):
        built_and_published(database, tmp_path)
