"""Test that there is one writer at a time, and that readers cannot write."""

import os
import signal
import subprocess
import sys
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path

import duckdb
import pytest
import sqlalchemy as sa

from schemas.enums import Exit
from schemas.errors import DatabaseError, UsageError, WarehouseBusyError
from schemas.settings import ProjectPaths
from warehouse.connection import open_warehouse
from warehouse.published import publish, read, read_columns
from warehouse.sql import as_text
from warehouse.writer import refuse_if_busy, writing

REPOSITORY = Path(__file__).parents[2]
HOLD = """
import sys
from pathlib import Path
from warehouse.writer import writing
with writing(Path(sys.argv[1]), "collect"):
    print("held", flush=True)
    sys.stdin.read()
"""


@contextmanager
def another_writer(var: Path) -> Generator[subprocess.Popen[str]]:
    """Start a process that holds the lease until it is stopped or killed."""
    command = [sys.executable, "-c", HOLD, str(var)]
    with subprocess.Popen(command, cwd=REPOSITORY, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "held\n"
        try:
            yield process
        finally:
            process.kill()


def test_a_second_writer_is_refused_with_a_sentence_that_names_the_first(tmp_path: Path):
    with another_writer(tmp_path) as first:
        with pytest.raises(WarehouseBusyError) as error, writing(tmp_path, "remind"):
            pytest.fail("two writers at a time")
        assert str(error.value).startswith(f"Another run is writing the warehouse in {tmp_path}: essaim collect, ")
        assert f"process {first.pid}, since 20" in str(error.value)
        assert "Nothing was changed. Wait until it has ended, then run the command again." in str(error.value)
        assert error.value.exit_code is Exit.FAILED


def test_a_command_can_be_refused_before_it_has_started_up(tmp_path: Path):
    with another_writer(tmp_path), pytest.raises(WarehouseBusyError, match="essaim collect, process"):
        refuse_if_busy(tmp_path)
    refuse_if_busy(tmp_path)


def test_a_refused_writer_leaves_the_lease_to_the_first(tmp_path: Path):
    with another_writer(tmp_path):
        for _ in range(2):
            with pytest.raises(WarehouseBusyError, match="essaim collect, process"), writing(tmp_path, "remind"):
                pytest.fail("two writers at a time")


def test_a_lease_ends_with_the_run_that_holds_it(tmp_path: Path):
    with another_writer(tmp_path) as first:
        first.communicate("", timeout=10)
        assert first.returncode == 0
        with writing(tmp_path, "remind"):
            pass


def test_a_lease_ends_when_its_process_is_killed(tmp_path: Path):
    with another_writer(tmp_path) as first:
        os.kill(first.pid, signal.SIGKILL)
        assert first.wait(timeout=10) == -signal.SIGKILL
        refuse_if_busy(tmp_path)
        with writing(tmp_path, "remind"):
            pass


def test_after_a_killed_writer_the_sentence_names_the_present_one(tmp_path: Path):
    with another_writer(tmp_path) as first:
        os.kill(first.pid, signal.SIGKILL)
        first.wait(timeout=10)
    with another_writer(tmp_path) as second, pytest.raises(WarehouseBusyError, match=f"process {second.pid},"):
        refuse_if_busy(tmp_path)


def test_a_run_that_fails_gives_the_lease_back(tmp_path: Path):
    with pytest.raises(ZeroDivisionError), writing(tmp_path, "collect"):
        _ = 1 / 0
    with writing(tmp_path, "collect"):
        pass


def test_a_writer_in_the_same_process_is_refused_too(tmp_path: Path):
    with (
        writing(tmp_path, "collect"),
        pytest.raises(WarehouseBusyError, match=f"essaim collect, process {os.getpid()}"),
        writing(tmp_path, "remind"),
    ):
        pytest.fail("two writers at a time")


def test_the_folder_of_a_first_run_is_made(tmp_path: Path):
    refuse_if_busy(tmp_path / "programme" / "var")
    assert not (tmp_path / "programme").exists()
    with writing(tmp_path / "programme" / "var", "collect"):
        assert (tmp_path / "programme" / "var").is_dir()


@pytest.mark.parametrize("content", ["", "{", "{}", '{"command": "collect"}'])
def test_a_writer_that_could_not_say_its_name_is_refused_all_the_same(tmp_path: Path, content: str):
    with another_writer(tmp_path):
        (tmp_path / "writer.json").write_text(content)
        with pytest.raises(WarehouseBusyError, match="a run that has just begun"):
            refuse_if_busy(tmp_path)


@pytest.fixture
def published(tmp_path: Path) -> ProjectPaths:
    paths = ProjectPaths(tmp_path, tmp_path)
    with duckdb.connect(str(paths.warehouse)) as connection:
        connection.execute("create table figures as select 'TAPAJ' as innovation_code, 350 as persons")
    publish(paths)
    return paths


def test_a_query_gives_the_names_of_its_columns_and_its_rows(published: ProjectPaths):
    assert read(published, "select * from figures") == (["innovation_code", "persons"], [("TAPAJ", 350)])


def test_a_query_that_finds_nothing_still_gives_its_columns(published: ProjectPaths):
    assert read(published, "select persons from figures where false") == (["persons"], [])


def test_a_copy_that_was_never_published_is_reported_with_what_to_run(tmp_path: Path):
    with pytest.raises(UsageError, match=r"There is no warehouse at .*published\.duckdb yet. Run essaim collect"):
        read(ProjectPaths(tmp_path), "select 1")
    assert list(tmp_path.iterdir()) == []


def test_a_copy_that_is_no_warehouse_is_reported_with_how_to_correct_it(tmp_path: Path):
    (tmp_path / "published.duckdb").write_bytes(b"not a database" * 1000)
    with pytest.raises(DatabaseError, match=r"could not be read: .* Run essaim collect: it writes a new one"):
        read(ProjectPaths(tmp_path, tmp_path), "select 1")


def test_views_of_another_version_are_reported_with_what_to_run(paths: ProjectPaths):
    with open_warehouse(paths) as warehouse:
        warehouse.checkpoint()
    publish(paths)
    view = sa.table("return_status", sa.column("of_a_later_version"), schema="analytics")
    expected = r"^The views were built by another version of .* Run essaim build first\.$"
    with pytest.raises(UsageError, match=expected):
        read_columns(paths, sa.select(view))
    with pytest.raises(UsageError, match=expected):
        read(paths, as_text(sa.select(view)), is_ours=True)
    # Only Essaim's own statements are right whatever the version.
    with pytest.raises(UsageError, match="could not be run"):
        read(paths, as_text(sa.select(view)))


def test_readers_go_on_reading_while_a_run_writes(published: ProjectPaths):
    with (
        writing(published.var, "collect"),
        duckdb.connect(str(published.warehouse)) as connection,
    ):
        connection.execute("delete from figures")
        assert read(published, "select persons from figures")[1] == [(350,)]


def test_the_next_query_reads_what_was_published_last(published: ProjectPaths):
    with duckdb.connect(str(published.warehouse)) as connection:
        connection.execute("update figures set persons = 351")
    publish(published)
    assert read(published, "select persons from figures")[1] == [(351,)]
    assert sorted(path.name for path in published.var.iterdir()) == ["published.duckdb", "warehouse.duckdb"]


def storage_of(file: Path) -> str:
    with duckdb.connect() as connection:
        connection.execute(f"attach '{file}' as found (read_only)")
        tags = "select tags['storage_version'] from duckdb_databases() where database_name = 'found'"
        ((version,),) = connection.execute(tags).fetchall()
    return version


def test_a_warehouse_and_its_published_copy_are_of_the_format_that_duckdb_1_4_reads(tmp_path: Path):
    paths = ProjectPaths(tmp_path)
    with open_warehouse(paths) as warehouse:
        warehouse.checkpoint()
    publish(paths)
    assert [storage_of(file) for file in (paths.warehouse, paths.published)] == ["v1.4.0+", "v1.4.0+"]


def test_a_warehouse_of_an_earlier_essaim_is_published_in_that_format_with_its_rows_comments_and_constraints(
    tmp_path: Path,
):
    paths = ProjectPaths(tmp_path)
    paths.var.mkdir()
    with duckdb.connect(str(paths.warehouse)) as connection:
        connection.execute("create table figures (code varchar not null, value bigint)")
        connection.execute("insert into figures values ('persons', 12)")
        connection.execute("comment on table figures is 'A table'")
        connection.execute("comment on column figures.value is 'Un effectif'")
        connection.execute("create view doubled as select code, 2 * value as value from figures")
        connection.execute("comment on view doubled is 'A view'")
    assert storage_of(paths.warehouse) == "v2.0.0+"
    publish(paths)
    publish(paths)
    assert storage_of(paths.published) == "v1.4.0+"
    assert [path.name for path in sorted(paths.var.iterdir())] == ["published.duckdb", "warehouse.duckdb"]
    with duckdb.connect(str(paths.published), read_only=True) as connection:
        assert connection.execute("select * from doubled").fetchall() == [("persons", 24)]
        found = connection.execute("select comment from duckdb_tables() union all select comment from duckdb_views() ")
        assert {comment for (comment,) in found.fetchall() if comment} == {"A table", "A view"}
        described = (
            "select comment, is_nullable from duckdb_columns() where table_name = 'figures' order by 1 nulls first"
        )
        assert connection.execute(described).fetchall() == [(None, False), ("Un effectif", True)]
