"""Test hostile queries of files: they are refused with a sentence, and change nothing in the folder."""

import hashlib
import shutil
from datetime import date
from pathlib import Path
from typing import Any

import duckdb
import pytest
import sqlalchemy as sa

from schemas.enums import Exit
from schemas.errors import DatabaseError, UsageError
from schemas.settings import ProjectPaths
from warehouse.published import publish, put_in_place, read, read_columns

DAY = date(2018, 12, 31)


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("made") / "it's a \"programme\" d'été"
    (folder / "as-of").mkdir(parents=True)
    paths = ProjectPaths(folder, folder)
    with duckdb.connect(str(paths.warehouse)) as connection:
        connection.execute("create table figures as select 'TAPAJ' as innovation_code, 350 as persons")
        connection.execute("create sequence numbers")
    publish(paths)
    shutil.copy(paths.published, paths.built_as_of(DAY))
    (folder / "secret.csv").write_text("name\nAda\n")
    return folder


@pytest.fixture(params=[None, DAY], ids=["published", "as of a day"])
def as_of(request: pytest.FixtureRequest) -> date | None:
    return request.param


@pytest.fixture
def paths(made: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> ProjectPaths:
    folder = tmp_path / made.name
    shutil.copytree(made, folder)
    monkeypatch.chdir(folder)
    return ProjectPaths(folder, folder)


def contents(folder: Path) -> dict[str, str]:
    """Return the checksum of every file in a folder."""
    return {
        str(path.relative_to(folder)): hashlib.sha256(path.read_bytes()).hexdigest() if path.is_file() else "folder"
        for path in folder.rglob("*")
    }


def file_read(paths: ProjectPaths, as_of: date | None) -> Path:
    return paths.published if as_of is None else paths.built_as_of(as_of)


OF_ANOTHER_TYPE = [
    ("copy figures to '{file}'", "a statement of type COPY"),
    ("copy figures to '{file}.wal'", "a statement of type COPY"),
    ("copy figures to '{file}.wal' (use_tmp_file false)", "a statement of type COPY"),
    ("copy figures to '{file}.wal.checkpoint'", "a statement of type COPY"),
    ("copy figures to '{file}.wal.recovery'", "a statement of type COPY"),
    ("copy figures to '{file}.tmp/mine.csv'", "a statement of type COPY"),
    ("copy (select 1) to '{folder}/mine.parquet' (format parquet)", "a statement of type COPY"),
    ("copy figures to 'mine.csv'", "a statement of type COPY"),
    ("copy (select 1) to '/dev/stdout'", "a statement of type COPY"),
    ("copy figures from '{folder}/secret.csv'", "a statement of type COPY"),
    ("/* select */ copy figures to '{file}'", "a statement of type COPY"),
    ("-- select 1\ncopy figures to '{file}'", "a statement of type COPY"),
    ("explain analyze copy figures to '{file}.wal'", "an EXPLAIN of a statement of type COPY"),
    ("explain copy figures to '{file}.wal'", "an EXPLAIN of a statement of type COPY"),
    ("explain (analyze, format json) copy figures to '{file}.wal'", "an EXPLAIN of a statement of type COPY"),
    ("explain analyze /*ééééé select 1 --*/ copy figures to '{file}'", "an EXPLAIN of a statement of type COPY"),
    ("/* é */ explain /* select 1 */ analyze copy figures to '{file}'", "an EXPLAIN of a statement of type COPY"),
    ("explain analyze insert into figures values ('VITA', 474)", "an EXPLAIN of a statement of type INSERT"),
    ("explain analyze delete from figures", "an EXPLAIN of a statement of type DELETE"),
    ("explain analyze create table mine as select 1", "an EXPLAIN of a statement of type CREATE"),
    ("explain (analyze) checkpoint", "an EXPLAIN of a statement of type CALL"),
    ("explain analyze checkpoint", "an EXPLAIN of a statement of type"),
    ("explain analyze set threads = 1", "an EXPLAIN of a statement of type SET"),
    ("explain analyze execute mine", "an EXPLAIN of a statement of type EXECUTE"),
    ("with x as (copy figures to '{file}') select 1", "a statement of type COPY in a WITH clause"),
    (
        "with x as (copy figures to '{file}.wal' (use_tmp_file false)) select 1",
        "a statement of type COPY in a WITH clause",
    ),
    (
        "explain analyze with x as (copy figures to '{file}.wal' (use_tmp_file false)) select 1",
        "an EXPLAIN of a statement of type COPY in a WITH clause",
    ),
    (
        "from (with x as materialized (copy figures to '{file}' (use_tmp_file false)) from x)",
        "a statement of type COPY in a WITH clause",
    ),
    (
        "select 1 union all (with x as (copy figures to '{file}.wal' (use_tmp_file false)) select 2)",
        "a statement of type COPY in a WITH clause",
    ),
    (
        "select exists (with x as (delete from figures returning *) from x)",
        "a statement of type DELETE in a WITH clause",
    ),
    (
        "with x as (insert into figures values ('VITA', 474) returning *) from x",
        "a statement of type INSERT in a WITH clause",
    ),
    ("with x as (update figures set persons = 0 returning *) from x", "a statement of type UPDATE in a WITH clause"),
    ("insert into figures values ('VITA', 474)", "a statement of type INSERT"),
    ("update figures set persons = 0", "a statement of type UPDATE"),
    ("delete from figures", "a statement of type DELETE"),
    ("truncate figures", "a statement of type DELETE"),
    ("merge into figures using figures f on true when matched then delete", "a statement of type MERGE_INTO"),
    ("drop table figures", "a statement of type DROP"),
    ("alter table figures add column mine integer", "a statement of type ALTER"),
    ("comment on table figures is 'mine'", "a statement of type ALTER"),
    ("create table mine as select 1", "a statement of type CREATE"),
    ("create temp table mine as select 1", "a statement of type CREATE"),
    ("create table memory.mine as select 1", "a statement of type CREATE"),
    ("create macro mine() as 1", "a statement of type CREATE"),
    ("create persistent secret mine (type http)", "a statement of type CREATE"),
    ("export database '{folder}/copy'", "a statement of type EXPORT"),
    ("import database '{folder}'", "a statement of type PRAGMA"),
    ("attach '{folder}/other.duckdb'", "a statement of type ATTACH"),
    ("attach '{file}' as mine", "a statement of type ATTACH"),
    ("attach '{file}.wal' as mine (read_only)", "a statement of type ATTACH"),
    ("attach ':memory:' as mine", "a statement of type ATTACH"),
    ("detach memory", "a statement of type DETACH"),
    ("copy from database memory to mine", "a statement of type PRAGMA"),
    ("use memory", "a statement of type SET"),
    ("install httpfs", "a statement of type LOAD"),
    ("force install httpfs from 'http://127.0.0.1:1'", "a statement of type LOAD"),
    ("load httpfs", "a statement of type LOAD"),
    ("load '{folder}/mine.duckdb_extension'", "a statement of type LOAD"),
    ("update extensions", "a statement of type UNKNOWN"),
    ("set enable_external_access = true", "a statement of type SET"),
    ("set disabled_filesystems = ''", "a statement of type SET"),
    ("set lock_configuration = false", "a statement of type SET"),
    ("set allowed_directories = ['/etc']", "a statement of type SET"),
    ("set temp_directory = '{folder}'", "a statement of type SET"),
    ("set variable mine = 1", "a statement of type SET"),
    ("reset lock_configuration", "a statement of type SET"),
    ("pragma enable_external_access", "a statement of type PRAGMA"),
    ("pragma enable_profiling", "a statement of type PRAGMA"),
    ("pragma database_size", "a statement of type PRAGMA"),
    ("call enable_logging(storage_path = '{folder}/log')", "a statement of type CALL"),
    ("call pragma_version()", "a statement of type CALL"),
    ("call checkpoint()", "a statement of type CALL"),
    ("checkpoint", "a statement of type CALL"),
    ("force checkpoint", "a statement of type CALL"),
    ("vacuum", "a statement of type VACUUM"),
    ("analyze", "a statement of type VACUUM"),
    ("prepare mine as copy figures to '{file}'", "a statement of type PREPARE"),
    ("execute mine", "a statement of type EXECUTE"),
    ("deallocate mine", "a statement of type DROP"),
    ("begin", "a statement of type TRANSACTION"),
    ("commit", "a statement of type TRANSACTION"),
    ("pivot figures on persons", "several statements in one, such as a PIVOT"),
    ("select 1; select 2", "2 statements"),
    ("select 1; copy figures to '{file}'", "2 statements"),
    ("select 1; copy figures to '{file}.wal'; select 2", "3 statements"),
    ("explain select 1; copy figures to '{file}'", "2 statements"),
    ("attach '{folder}/warehouse.duckdb' as w; delete from w.figures", "2 statements"),
    ("select 1; set enable_external_access = true; select * from read_csv('/etc/passwd')", "3 statements"),
    ("", "0 statements"),
    ("-- select 1", "0 statements"),
    (";", "0 statements"),
]


@pytest.mark.parametrize(("query", "found"), OF_ANOTHER_TYPE)
def test_a_statement_that_does_not_read_is_refused_by_its_type(
    paths: ProjectPaths, as_of: date | None, query: str, found: str
) -> None:
    before = contents(paths.folder)
    with pytest.raises(UsageError) as error:
        read(paths, in_place(query, paths, as_of), as_of=as_of)
    assert str(error.value).startswith(f"The query could not be run: found {found}")
    assert str(error.value).endswith("Nothing was run.")
    assert error.value.exit_code is Exit.USAGE
    assert contents(paths.folder) == before


def in_place(query: str, paths: ProjectPaths, as_of: date | None) -> str:
    """Fill the path of the file and of its folder into a query."""
    file, folder = (str(path).replace("'", "''") for path in (file_read(paths, as_of), paths.folder))
    return query.replace("{file}", file).replace("{folder}", folder)


REACHING = [
    "select * from read_csv('{folder}/secret.csv')",
    "select * from read_csv_auto('secret.csv')",
    "select * from read_text('{folder}/secret.csv')",
    "select * from read_blob('{file}')",
    "select * from read_blob('{file}.wal')",
    "select * from read_json('{folder}/secret.csv')",
    "select * from read_parquet('{folder}/mine.parquet')",
    "select * from read_duckdb('{file}', table_name = 'figures')",
    "select * from read_duckdb('{folder}/warehouse.duckdb', table_name = 'figures')",
    "select * from sniff_csv('{folder}/secret.csv')",
    "select * from parquet_metadata('{folder}/mine.parquet')",
    "select * from glob('{folder}/*')",
    "select * from glob('{file}')",
    "select * from 'secret.csv'",
    "select * from '{file}'",
    "select * from '/etc/passwd'",
    "select * from 'http://127.0.0.1:1/a.csv'",
    "select * from 's3://mine/a.parquet'",
    "explain analyze select * from read_text('{folder}/secret.csv')",
    "describe select * from read_csv('{folder}/secret.csv')",
    "summarize from '{folder}/secret.csv'",
    "select getenv('HOME')",
    "select * from enable_logging(storage_path = '{folder}/log')",
    "select * from enable_profiling(save_location = '{folder}/profile')",
    "select * from force_checkpoint()",
    "select * from import_database('{folder}')",
    "select * from copy_database('memory', 'mine')",
    "select * from query('copy figures to ''mine.csv''')",
    "select * from query('with x as (copy figures to ''mine.csv'' (use_tmp_file false)) select 1')",
    "select * from json_execute_serialized_sql('{}')",
    "select * from json_execute_serialized_sql("
    "json_serialize_sql('with x as (copy figures to ''mine.csv'' (use_tmp_file false)) select 1'))",
    "select nextval('numbers')",
    "select setval('numbers', 7)",
    "select * from nowhere",
    "select * from paths",
    "selec 1",
    "with x as (merge into figures using figures f on true when matched then delete) from x",
    "with x as (attach '{folder}/other.duckdb') select 1",
    "with x as (set threads = 1) select 1",
    "select * from (copy figures to '{file}')",
    "explain attach '{folder}/other.duckdb'",
    "explain explain analyze copy figures to '{file}'",
    "select $1",
    "select :mine",
    "select '\udcff'",
]


@pytest.mark.parametrize("query", REACHING, ids=ascii)
def test_a_select_that_reaches_for_more_than_tables_is_refused_with_a_sentence(
    paths: ProjectPaths, as_of: date | None, query: str
) -> None:
    before = contents(paths.folder)
    with pytest.raises(UsageError, match=r"^The query could not be run: ") as error:
        read(paths, in_place(query, paths, as_of), as_of=as_of)
    assert error.value.exit_code is Exit.USAGE
    assert contents(paths.folder) == before


READING = [
    "select persons from figures",
    "(select persons from figures)",
    "from figures select persons;",
    "table figures",
    "values (1), (2)",
    "with x as (select 1 as n), y as (from x) from y",
    "with recursive x as (select 1 as n union all select n + 1 from x where n < 3) from x",
    "from (with x as (describe figures) from x)",
    "select 1 union (select 2 intersect select 3)",
    "describe figures",
    "show tables",
    "show all tables",
    "summarize figures",
    "explain select 1",
    "-- why?\nexplain /* é */ analyze from figures",
    "explain (analyze, format json) with x as (select 1) from x",
    "pivot (from figures) on persons in (350)",
    "select 'with x as (copy figures to ''mine.csv'') select 1; delete from figures' as text",
    "select {'query_node': {'type': 'COPY_QUERY_NODE'}} as struct",
    "select " + " + ".join(["1"] * 900) + " as deep",
    "select * from checkpoint()",
    "select write_log('mine')",
    "select * from truncate_duckdb_logs()",
    "select * from duckdb_settings()",
    "select * from pragma_storage_info('figures')",
    "select * from query('select 1')",
]


@pytest.mark.parametrize("query", READING, ids=[query[:60] for query in READING])
def test_a_query_that_reads_is_answered_and_changes_nothing(
    paths: ProjectPaths, as_of: date | None, query: str
) -> None:
    before = contents(paths.folder)
    names, _ = read(paths, query, as_of=as_of)
    assert names
    assert contents(paths.folder) == before


@pytest.mark.parametrize(
    "query",
    [
        *(query for query, _ in OF_ANOTHER_TYPE if " to '{file}" in query),
        "set threads = 1",
        "call enable_logging(storage_path = '{folder}/log')",
    ],
)
def test_a_file_stays_what_it_is_even_where_a_statement_that_writes_is_run(
    paths: ProjectPaths, as_of: date | None, query: str, monkeypatch: pytest.MonkeyPatch
) -> None:

    def unparsed(_: duckdb.DuckDBPyConnection, query: str) -> str:
        return query

    monkeypatch.setattr("warehouse.published.parse_read", unparsed)
    before = contents(paths.folder)
    with pytest.raises(UsageError, match=r"^The query could not be run: "):
        read(paths, in_place(query, paths, as_of), as_of=as_of)
    assert contents(paths.folder) == before


def forged_log(file: Path, to: Path) -> None:
    """Write the write-ahead log of a change to a file, as a run killed before its checkpoint leaves it."""
    beside = to.with_name("forging.duckdb")
    shutil.copy(file, beside)
    with duckdb.connect(str(beside)) as connection:
        connection.execute("set checkpoint_threshold = '1GB'; pragma disable_checkpoint_on_shutdown")
        connection.execute("update figures set persons = 999")
    beside.with_name("forging.duckdb.wal").rename(to)
    beside.unlink()


@pytest.mark.parametrize("ending", [".wal", ".wal.checkpoint", ".wal.recovery"])
def test_a_log_beside_a_file_changes_nothing_that_is_read_and_is_reported(
    paths: ProjectPaths, as_of: date | None, ending: str
) -> None:
    file = file_read(paths, as_of)
    forged_log(file, file.with_name(file.name + ending))
    before = contents(paths.folder)
    with pytest.raises(
        DatabaseError, match=rf"was not read: found {file.name}{ending} beside it.* essaim build"
    ) as error:
        read(paths, "select persons from figures", as_of=as_of)
    assert error.value.exit_code is Exit.FAILED
    with pytest.raises(DatabaseError, match="was not read"):
        read_columns(paths, sa.select(sa.column("persons")).select_from(sa.table("figures")), as_of=as_of)
    assert contents(paths.folder) == before


def test_a_log_that_is_none_is_reported_like_any_other(paths: ProjectPaths, as_of: date | None) -> None:
    file = file_read(paths, as_of)
    log = file.with_name(f"{file.name}.wal")
    makings = (
        lambda: log.write_bytes(b"\x00not a log" * 1000),
        lambda: log.symlink_to("nowhere"),
        # DuckDB refuses a file with a log like this one, or with the log of another file.
        log.mkdir,
    )
    for make in makings:
        make()
        with pytest.raises(DatabaseError, match=rf"was not read: found {file.name}\.wal beside it"):
            read(paths, "select persons from figures", as_of=as_of)
        log.rename(paths.folder / "away")
        if not (paths.folder / "away").is_dir():
            (paths.folder / "away").unlink()


def test_a_log_that_was_written_while_a_file_was_opened_is_reported_too(
    paths: ProjectPaths, monkeypatch: pytest.MonkeyPatch
) -> None:
    connect = duckdb.connect

    def connect_after_the_log_was_written(database: str = ":memory:", **options: Any) -> duckdb.DuckDBPyConnection:
        if database == ":memory:":
            forged_log(paths.published, paths.published.with_name("published.duckdb.wal"))
        return connect(database, **options)

    monkeypatch.setattr("duckdb.connect", connect_after_the_log_was_written)
    with pytest.raises(DatabaseError, match=r"was not read: found published\.duckdb\.wal beside it"):
        read(paths, "select persons from figures")


def test_publishing_deletes_what_could_change_the_figures(paths: ProjectPaths) -> None:
    for ending in (".wal", ".wal.recovery"):
        forged_log(paths.published, paths.published.with_name(f"published.duckdb{ending}"))
    paths.published.with_name("published.duckdb.wal.checkpoint").mkdir()
    publish(paths)
    assert read(paths, "select persons from figures")[1] == [(350,)]
    assert not list(paths.folder.glob("published.duckdb.*"))


def test_a_file_of_a_day_is_put_in_place_without_what_lay_beside_the_earlier_one(paths: ProjectPaths) -> None:
    built = paths.built_as_of(DAY)
    forged_log(built, built.with_name(f"{built.name}.wal"))
    arriving = paths.folder / "arriving.duckdb"
    shutil.copy(paths.warehouse, arriving)
    put_in_place(arriving, built)
    assert read(paths, "select persons from figures", as_of=DAY)[1] == [(350,)]
    assert [path.name for path in built.parent.iterdir()] == [built.name]


def test_a_query_that_needs_more_memory_than_there_is_is_refused_and_leaves_no_file(
    paths: ProjectPaths, monkeypatch: pytest.MonkeyPatch
) -> None:
    connect = duckdb.connect

    def connect_with_little_memory(config: dict[str, Any]) -> duckdb.DuckDBPyConnection:
        return connect(config={**config, "memory_limit": "60MB", "threads": "1"})

    monkeypatch.setattr("duckdb.connect", connect_with_little_memory)
    before = contents(paths.folder)
    with pytest.raises(UsageError, match="Out of Memory"):
        read(
            paths, "select count(*) from (select hash(range)::varchar || range as s from range(3000000) order by s, 1)"
        )
    assert contents(paths.folder) == before
