"""Test a warehouse in a database: the single writer, read-only queries, and error messages."""

import os
import signal
import socket
import subprocess
import sys
from collections.abc import Generator
from contextlib import contextmanager
from datetime import date, datetime
from pathlib import Path
from urllib.parse import quote

import pytest
from databases import PASSWORD, Database, Server
from pydantic import SecretStr
from running import EXAMPLE
from tables import all_tables

from schemas.enums import Exit, RunOutcome
from schemas.errors import DatabaseError, EssaimError, UsageError, WarehouseBusyError
from schemas.settings import Environment, ProjectPaths
from schemas.tables import WITHDRAWALS
from tasks.programme import read_programme
from tasks.run import recorded_run, throwaway_copy
from warehouse.address import address, warehouse_address
from warehouse.connection import open_warehouse
from warehouse.loads import load_together
from warehouse.published import read
from warehouse.runs import Stamp
from warehouse.writer import refuse_if_busy, writing

STAMP = Stamp("run", datetime(2019, 3, 31, 21, 59, 59), datetime(2019, 3, 31, 10))
REPOSITORY = Path(__file__).parents[2]
HOLD = """
import sys
from pathlib import Path
from schemas.settings import Environment, ProjectPaths
from warehouse.address import warehouse_address
from warehouse.writer import writing
paths = ProjectPaths(Path(sys.argv[1]))
with writing(paths.var, "collect", warehouse_address(paths)):
    print("held", flush=True)
    sys.stdin.read()
"""


@pytest.fixture
def paths(database: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> ProjectPaths:
    """Return a programme whose warehouse is in a database."""
    monkeypatch.setenv("ESSAIM_WAREHOUSE_URL", database.url)
    return ProjectPaths(tmp_path / "programme")


@pytest.fixture
def opened(paths: ProjectPaths) -> ProjectPaths:
    with open_warehouse(paths):
        return paths


@contextmanager
def another_machine(folder: Path) -> Generator[subprocess.Popen[str]]:
    """Start a process that holds the lease of the database, with its own `var`."""
    command = [sys.executable, "-c", HOLD, str(folder)]
    with subprocess.Popen(command, cwd=REPOSITORY, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "held\n"
        try:
            yield process
        finally:
            process.kill()


def test_a_writer_on_another_machine_is_refused_with_a_sentence_that_names_the_first(
    paths: ProjectPaths, database: Database, tmp_path: Path
) -> None:
    holding = warehouse_address(paths)
    with another_machine(tmp_path / "elsewhere") as first:
        with pytest.raises(WarehouseBusyError) as error, writing(paths.var, "remind", holding):
            pytest.fail("two writers at a time")
        for named in (
            f"127.0.0.1:{database.port}/{database.name}",
            f"essaim collect, process {first.pid} on ",
            "since",
        ):
            assert named in str(error.value)
        assert error.value.exit_code is Exit.FAILED
        with pytest.raises(WarehouseBusyError, match=f"process {first.pid} on {socket.gethostname()[:10]}"):
            refuse_if_busy(paths.var, holding)
        os.kill(first.pid, signal.SIGKILL)
        first.wait(timeout=10)
    # The server releases the lock when it notices that the connection of the killed run is closed.
    for _ in range(1000):
        if not database.rows("select 1 from pg_locks where locktype = 'advisory'"):
            break
    refuse_if_busy(paths.var, holding)
    with writing(paths.var, "remind", holding) as still_held:
        still_held()


def test_a_writer_of_another_database_is_not_in_the_way(
    paths: ProjectPaths, database: Database, postgresql_server: Server, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    with writing(paths.var, "collect", warehouse_address(paths)):
        monkeypatch.setenv("ESSAIM_WAREHOUSE_URL", postgresql_server.database().url)
        with writing(tmp_path / "elsewhere", "collect", warehouse_address(paths)):
            pass


def end_connections(database: Database, of: str) -> None:
    with database.connect("postgres") as connection:
        connection.execute(
            "select pg_terminate_backend(pid, 5000) from pg_stat_activity "
            "where datname = current_database() and application_name like %s and pid <> pg_backend_pid()",
            [of],
        )


def test_a_run_that_lost_its_lease_does_not_end_as_done(paths: ProjectPaths, database: Database) -> None:
    programme = read_programme(EXAMPLE)
    run = recorded_run(paths, programme, Environment(), command="collect", as_of=date(2019, 3, 31))
    with pytest.raises(DatabaseError, match=r"The lease of this run on the database .* was lost"), run:
        end_connections(database, "essaim collect%")
    assert database.rows("select outcome from ops.runs") == [(RunOutcome.FAILED.value,)]


def test_a_connection_lost_in_a_transaction_is_reported_and_nothing_is_half_loaded(
    opened: ProjectPaths, database: Database
):
    withdrawal = dict.fromkeys(("expected_return_id", "respondent", "source_id", "reason"), "x")
    with open_warehouse(opened) as warehouse:
        end_connections(database, "essaim")
        with pytest.raises(DatabaseError, match=r"was lost: .*Nothing is half-loaded") as error:
            load_together(warehouse, {WITHDRAWALS: [{**withdrawal, "is_withdrawn": True}]}, STAMP)
    assert error.value.exit_code is Exit.FAILED
    assert database.rows("select * from raw.withdrawals") == []


def test_a_dry_run_makes_nothing_in_an_empty_database(paths: ProjectPaths, database: Database) -> None:
    with throwaway_copy(paths) as copy, open_warehouse(copy) as warehouse:
        load_together(warehouse, {WITHDRAWALS: []}, STAMP)
        assert warehouse_address(copy) is None
    assert database.rows("select nspname from pg_namespace where nspname in ('ops', 'raw')") == []


def test_texts_of_the_warehouse_sort_by_their_characters_in_any_language(
    opened: ProjectPaths, database: Database
) -> None:
    sorted_by = database.rows(
        "select distinct collation_name from information_schema.columns "
        "where table_schema in ('ops', 'raw') and data_type = 'text'"
    )
    assert sorted_by == [("C",)]


REFUSED = [
    "insert into ops.runs (run_id) values ('mine')",
    "update ops.runs set command = 'mine'",
    "delete from ops.runs",
    "truncate ops.runs",
    "drop table ops.runs",
    "create table mine as select 1",
    "select * into mine from ops.runs",
    "with gone as (delete from ops.runs returning *) select * from gone",
    "copy ops.runs to '{folder}/copy.csv'",
    "copy (select 1) to program 'touch {folder}/mine'",
    "copy ops.runs from '/etc/passwd'",
    "copy ops.runs to stdout",
    "select pg_read_file('/etc/passwd')",
    "select * from pg_ls_dir('/etc')",
    "select lo_import('/etc/passwd')",
    "select lo_export(1, '{folder}/mine')",
    "select lo_create(0)",
    "select query_to_xml('delete from ops.runs', true, true, '')",
    "select set_config('transaction_read_only', 'off', false)",
    "select set_config('role', 'postgres', false)",
    "set transaction read write",
    "set statement_timeout = 0",
    "reset all",
    "commit",
    "begin; delete from ops.runs; commit",
    "select 1; delete from ops.runs",
    "select 1; commit; drop table ops.runs",
    "select 1) to stdout; drop table ops.runs; --",
    "do $$ begin delete from ops.runs; end $$",
    "call mine()",
    "listen mine",
    "lock table ops.runs",
    "vacuum",
    "select * from ops.runs for update",
    "select 1 where exists (with gone as (delete from ops.runs returning *) select * from gone)",
    "with made as (insert into ops.runs (run_id) values ('mine') returning *) select * from made",
    "merge into ops.runs using ops.runs r on true when matched then delete",
    "explain analyze delete from ops.runs",
    "explain analyze create table mine as select 1",
    "create temp table mine as select 1",
    "prepare mine as delete from ops.runs",
    "execute mine",
    "declare mine cursor with hold for select 1",
    "alter role current_user superuser",
    "grant all on ops.runs to public",
    "create extension dblink",
    "load 'mine'",
    "notify mine",
    "checkpoint",
    "select query_to_xml('copy (select 1) to program ''touch {folder}/mine''', true, true, '')",
    "select query_to_xml('set transaction read write', true, true, '')",
    "select query_to_xml('explain analyze delete from ops.runs', true, true, '')",
    "select set_config('transaction_read_only', 'off', true)",
    "select lo_from_bytea(0, 'mine')",
    "select lo_put(1, 0, 'mine')",
    "select lo_unlink(1)",
    "select pg_read_binary_file('/etc/passwd')",
    "select pg_stat_file('/etc/passwd')",
    "select * from pg_ls_waldir()",
    "select pg_reload_conf()",
    "select pg_switch_wal()",
    "select pg_create_physical_replication_slot('mine')",
    "select * from pg_hba_file_rules",
    "select rolpassword from pg_authid",
    "select * from nowhere",
    "selec 1",
    "",
    "select '\udcff'",
]


@pytest.mark.parametrize("query", REFUSED, ids=ascii)
def test_a_query_that_does_more_than_read_tables_is_refused_with_a_sentence(
    opened: ProjectPaths, database: Database, query: str
) -> None:
    before = all_tables(database)
    with pytest.raises(UsageError, match=r"^The query could not be run: ") as error:
        read(opened, query.format(folder=opened.folder))
    assert "Traceback" not in str(error.value)
    assert error.value.exit_code is Exit.USAGE
    assert all_tables(database) == before
    assert not opened.folder.exists() or not [p for p in opened.folder.iterdir() if p != opened.var]


def test_a_query_that_takes_too_long_is_ended(opened: ProjectPaths, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("warehouse.published._LONGEST_QUERY", "50ms")
    with pytest.raises(DatabaseError, match="statement timeout"):
        read(opened, "select pg_sleep(60)")


def test_nobody_queries_as_a_user_who_may_read_the_servers_files(
    opened: ProjectPaths, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ESSAIM_WAREHOUSE_URL", database.url_with(user="postgres"))
    with pytest.raises(UsageError, match=r"so could any query\. Expected a user without these rights"):
        read(opened, "select 1")
    assert read(opened, "select 1 as one", is_ours=True) == (["one"], [(1,)])


def test_a_database_in_which_nothing_was_collected_is_reported_with_what_to_run(
    paths: ProjectPaths, database: Database
):
    with pytest.raises(UsageError, match=f"There is no warehouse in the database .*{database.name} yet. Run essaim"):
        read(paths, "select 1")


@pytest.mark.parametrize(
    ("url", "port", "database", "user", "password"),
    [
        ("postgresql://me:secret@db.example.org/essaim", 5432, "essaim", "me", "secret"),
        ("postgres://me:secret@db.example.org:6543/essaim", 6543, "essaim", "me", "secret"),
        (f"postgresql://m%40e:{quote(PASSWORD, safe='')}@db.example.org/%C3%A9t%C3%A9", 5432, "été", "m@e", PASSWORD),
        ("postgresql://me:se:cr@et@db.example.org/essaim", 5432, "essaim", "me", "se:cr@et"),
        ("postgresql://me@db.example.org/essaim?sslmode=verify-full", 5432, "essaim", "me", ""),
    ],
)
def test_a_url_is_read_by_its_parts(url: str, port: int, database: str, user: str, password: str) -> None:
    found = address(SecretStr(url))
    assert (found.host, found.port, found.database, found.user) == ("db.example.org", port, database, user)
    assert found.password.get_secret_value() == password
    assert dict(found.ssl) == ({"sslmode": "verify-full"} if "?" in url else {})
    assert str(found) == f"db.example.org:{port}/{database}"
    assert not password or password not in repr(found)


@pytest.mark.parametrize(
    "url",
    [
        "nonsense",
        "mysql://me:hunter@db.example.org/essaim",
        "postgresql://db.example.org/essaim",
        "postgresql://me:hunter@db.example.org",
        "postgresql://me:hunter@/essaim",
        "postgresql://me:hun/ter@db.example.org/essaim",
        "postgresql://me:12/hunter@db.example.org/essaim",
        "postgresql://me:hun?ter@db.example.org/essaim",
        "postgresql://me:hun#ter@db.example.org/essaim",
        "postgresql://me:hunter@db.example.org:many/essaim",
        "postgresql://me:hunter@db.example.org:99999/essaim",
        "postgresql://me:hunter@[db.example.org/essaim",
        "postgresql://me:hunter@db.example.org/essaim?password=hunter",
        "postgresql://me:hunter@db.example.org/essaim?hunter",
        "postgresql://me:hunter%00@db.example.org/essaim",
        "postgresql://me:hunter%ff@db.example.org/essaim",
    ],
)
def test_an_invalid_url_is_reported_without_showing_any_of_it(
    url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ESSAIM_WAREHOUSE_URL", url)
    for use in (lambda: open_warehouse(ProjectPaths(tmp_path)), lambda: read(ProjectPaths(tmp_path), "select 1")):
        with pytest.raises(UsageError, match="ESSAIM_WAREHOUSE_URL is not the address of a PostgreSQL") as error:
            use()
        assert not any(piece in str(error.value) for piece in ("hun/", "hunter", "example", "ter@"))
        assert error.value.__suppress_context__


def refusal(paths: ProjectPaths, monkeypatch: pytest.MonkeyPatch, url: str) -> EssaimError:
    monkeypatch.setenv("ESSAIM_WAREHOUSE_URL", url)
    with pytest.raises(EssaimError) as error:
        open_warehouse(paths)
    for other in (lambda: read(paths, "select 1"), lambda: refuse_if_busy(paths.var, warehouse_address(paths))):
        with pytest.raises(EssaimError) as again:
            other()
        assert str(again.value) == str(error.value)
    assert PASSWORD not in str(error.value)
    assert quote(PASSWORD, safe="") not in str(error.value)
    return error.value


def test_a_wrong_password_is_reported(paths: ProjectPaths, database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    error = refusal(paths, monkeypatch, database.url_with(password="not the password"))
    assert f"in the database 127.0.0.1:{database.port}/{database.name} cannot be opened: password auth" in str(error)
    assert "Correct ESSAIM_WAREHOUSE_URL" in str(error)
    assert "not the password" not in str(error)
    assert error.exit_code is Exit.USAGE


def test_a_missing_password_is_reported(
    paths: ProjectPaths, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    error = refusal(paths, monkeypatch, database.url_with(password=""))
    assert "no password supplied" in str(error)
    assert error.exit_code is Exit.USAGE


def test_a_database_that_does_not_exist_is_reported(
    paths: ProjectPaths, database: Database, monkeypatch: pytest.MonkeyPatch
):
    error = refusal(paths, monkeypatch, database.url_with(name="nowhere"))
    assert 'cannot be opened: database "nowhere" does not exist' in str(error)
    assert error.exit_code is Exit.USAGE


def test_a_server_that_does_not_answer_is_reported(
    paths: ProjectPaths, database: Database, monkeypatch: pytest.MonkeyPatch
):
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        port = closed.getsockname()[1]
        error = refusal(paths, monkeypatch, database.url_with(port=port))
    assert f"in the database 127.0.0.1:{port}/{database.name} cannot be opened: Connection refused" in str(error)
    assert "Start it, or correct ESSAIM_WAREHOUSE_URL" in str(error)
    assert error.exit_code is Exit.FAILED


def test_a_host_that_does_not_exist_is_reported(paths: ProjectPaths, monkeypatch: pytest.MonkeyPatch) -> None:
    error = refusal(paths, monkeypatch, "postgresql://me:secret@nowhere.invalid/essaim")
    assert str(error).startswith("The warehouse in the database nowhere.invalid:5432/essaim cannot be opened: ")


def test_a_user_who_may_not_make_tables_is_reported(
    paths: ProjectPaths, database: Database, postgresql_server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    stranger = postgresql_server.database().user
    monkeypatch.setenv("ESSAIM_WAREHOUSE_URL", database.url_with(user=stranger))
    with pytest.raises(
        DatabaseError, match="does not allow what Essaim needs: permission denied for database"
    ) as error:
        open_warehouse(paths)
    assert "alter database … owner to …" in str(error.value)


def test_a_database_without_unicode_is_reported(
    paths: ProjectPaths, database: Database, monkeypatch: pytest.MonkeyPatch
):
    with database.connect("postgres") as connection:
        connection.execute(
            f'create database "latin {database.name}" owner "{database.user}" '.encode()
            + b"encoding 'LATIN1' locale 'C' template template0"
        )
    error = refusal(paths, monkeypatch, database.url_with(name=f"latin {database.name}"))
    assert "is encoded in LATIN1. Expected UTF8" in str(error)
    assert error.exit_code is Exit.USAGE
