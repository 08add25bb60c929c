"""Test the demonstration with its warehouse in PostgreSQL, loaded by one role and built by another.

The results must equal those with DuckDB.
"""

import json
import re
from collections.abc import Generator
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from urllib.parse import quote

import pytest
from databases import PASSWORD, Database, Server
from running import AS_OF, EXAMPLE, Demo, demonstration_state, essaim, kill_at, run_essaim, served
from tables import all_tables, letters, limited_status, mails

from schemas.settings import ProjectPaths
from warehouse.address import warehouse_address
from warehouse.writer import writing


@dataclass(frozen=True)
class InDatabase:
    """The folder of the demonstration, collected once into a database; tests copy both."""

    demo: Demo
    database: Database


@pytest.fixture(scope="module", autouse=True)
def transformer(postgresql_server: Server) -> Generator[str]:
    """Yield the role that builds the views, in all of these tests."""
    role = postgresql_server.database().role('transformer\'s "role"')
    with pytest.MonkeyPatch.context() as environment:
        environment.setenv("ESSAIM_TRANSFORMER_ROLE", role)
        yield role


@pytest.fixture(scope="module")
def original(demo: Demo, postgresql_server: Server, transformer: str) -> InDatabase:
    folder = demo.copy(with_results=False)
    database = postgresql_server.database()
    database.grant(transformer)
    with pytest.MonkeyPatch.context() as environment, served(environment, demonstration_state()):
        environment.setenv("ESSAIM_WAREHOUSE_URL", database.url)
        ran = run_essaim("collect", "--programme", str(folder), "--as-of", str(AS_OF))
    return InDatabase(Demo(folder, ran), database)


@pytest.fixture
def results(original: InDatabase, postgresql_server: Server, monkeypatch: pytest.MonkeyPatch) -> InDatabase:
    database = postgresql_server.database(original.database)
    monkeypatch.setenv("ESSAIM_WAREHOUSE_URL", database.url)
    folder = original.demo.copy(with_results=True)
    return InDatabase(Demo(folder, original.demo.ran), database)


def test_a_collection_into_a_database_makes_no_file_of_a_warehouse(original: InDatabase) -> None:
    ran = original.demo.ran
    assert ran.code == 3, ran.err  # one return must be corrected
    assert re.search(r"TOTAL +376 +349 +8 +2 +16 +1 +0 +0", ran.out)
    assert "Traceback" not in ran.err
    assert not list(original.demo.folder.rglob("*.duckdb"))


def test_every_table_mail_and_report_is_that_of_the_demo_in_a_file(original: InDatabase, demo: Demo) -> None:
    in_database, in_file = all_tables(original.database), all_tables(demo.folder)
    assert {name: len(rows) for name, rows in in_database.items()} == {n: len(rows) for n, rows in in_file.items()}
    for name, rows in in_file.items():
        assert in_database[name] == rows, name
    assert letters(original.demo.folder) == letters(demo.folder)
    reports = [
        ProjectPaths(folder).report(AS_OF, "fr").read_text("utf-8") for folder in (original.demo.folder, demo.folder)
    ]
    assert reports[0] == reports[1]


def test_what_is_built_belongs_to_the_role_that_builds_and_the_rest_to_the_user_who_loads(
    original: InDatabase, transformer: str
) -> None:
    owners = dict(
        original.database.rows(
            "select distinct nspname, pg_get_userbyid(relowner) from pg_class "
            "join pg_namespace on relnamespace = pg_namespace.oid where relkind in ('r', 'v')"
            "and nspname not in ('pg_catalog', 'information_schema')"
        )
    )
    loads, builds = ("ops", "raw"), ("staging", "intermediate", "marts", "analytics")
    assert owners == dict.fromkeys(loads, original.database.user) | dict.fromkeys(builds, transformer)


def test_the_password_is_in_no_file_and_no_output_of_the_collection(original: InDatabase) -> None:
    shown = [original.demo.ran.out.encode(), original.demo.ran.err.encode()]
    written = [path.read_bytes() for path in original.demo.folder.rglob("*") if path.is_file()]
    for password in (PASSWORD, quote(PASSWORD, safe=""), json.dumps(PASSWORD)[1:-1]):
        assert not [content for content in shown + written if password.encode() in content]


def test_queries_and_the_status_read_the_database(results: InDatabase, capsys: pytest.CaptureFixture[str]) -> None:
    columns = "innovation_code, structures, persons_concerned, persons_returned_to_work, professionals, companies"
    query = f"select {columns} from analytics.consolidated_table order by rank"
    folder = str(results.demo.folder)
    assert essaim(capsys, "query", query, "--programme", folder, "--format", "csv").out == (
        EXAMPLE / "published" / "consolidated_2019.csv"
    ).read_text(encoding="utf-8")
    refused = essaim(capsys, "query", "delete from raw.returns", "--programme", folder)
    assert (refused.code, refused.err.startswith("essaim: The query could not be run:")) == (2, True)
    shown = essaim(capsys, "status", "--programme", folder)
    assert (shown.code, "19 expected returns." in shown.out) == (0, True)


def test_an_export_holds_the_rows_of_the_demo_in_a_file(
    results: InDatabase, demo: Demo, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def exported(name: str, folder: Path) -> list[str]:
        target = tmp_path / name
        ran = essaim(capsys, "export", "cohort_panel", "--wide", "--out", str(target), "--programme", str(folder))
        assert ran.code == 0, ran.err
        return sorted(target.read_text(encoding="utf-8").splitlines())

    of_database = exported("database.csv", results.demo.folder)
    monkeypatch.delenv("ESSAIM_WAREHOUSE_URL")
    assert of_database == exported("file.csv", demo.folder)
    assert len(of_database) == 511


def test_a_data_package_has_the_rows_of_one_of_the_demo_in_a_file_in_the_same_order(
    results: InDatabase, demo: Demo, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def packaged(name: str, folder: Path) -> dict[str, bytes]:
        ran = essaim(capsys, "package", "--out", str(tmp_path / name), "--programme", str(folder))
        assert ran.code == 0, ran.err
        return {path.stem: path.read_bytes() for path in (tmp_path / name / "data").glob("*.parquet")}

    of_database = packaged("database", results.demo.folder)
    monkeypatch.delenv("ESSAIM_WAREHOUSE_URL")
    of_file = packaged("file", demo.folder)
    assert [name for name in of_file if of_database[name] != of_file[name]] == []
    assert len(of_file) == 29


def test_status_is_limited_to_an_evaluator_a_structure_or_an_innovation(
    results: InDatabase, capsys: pytest.CaptureFixture[str]
) -> None:
    limits = ("--evaluator", "EVAL-C", "--innovation", "LREF")
    assert limited_status(capsys, results.demo.folder, *limits) == ["LREF-1/LREF08/M06/suivi"]


def test_collecting_again_adds_no_row_and_no_mail(
    results: InDatabase, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = results.demo.folder
    before, sent = all_tables(results.database), mails(folder)
    with served(monkeypatch, demonstration_state()):
        ran = essaim(capsys, "collect", "--programme", str(folder), "--as-of", str(AS_OF))
    assert ran.code == 3, ran.err  # one return must be corrected
    assert all_tables(results.database) == before
    assert mails(folder) == sent


def test_no_view_goes_during_a_build_even_of_another_programme(
    results: InDatabase, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    of_views = (
        "select relnamespace::regnamespace::text, relname, pg_class.oid from pg_class "
        "where relkind = 'v' and relnamespace::regnamespace::text in ('staging', 'intermediate', 'marts', 'analytics')"
    )
    before, folder = results.database.rows(of_views), results.demo.folder
    assert len([view for schema, view, _ in before if schema == "analytics"]) > 5
    settings = folder / "programme.yaml"
    settings.write_text(settings.read_text().replace("grace_days: 15", "grace_days: 16"))
    with served(monkeypatch, demonstration_state()):
        ran = essaim(capsys, "collect", "--programme", str(folder), "--as-of", str(AS_OF + timedelta(days=1)))
    assert ran.code == 3, ran.err
    assert sorted(results.database.rows(of_views)) == sorted(before)


def test_a_dry_run_reports_the_same_and_changes_nothing(
    results: InDatabase, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = results.demo.folder
    (folder / "inbox" / "GARDIEN-1__GARD11__M18__tableau.xlsx").unlink()
    everything = "select relname, relfilenode from pg_class union select run_id, 0 from ops.runs order by 1, 2"
    before, there = all_tables(results.database), results.database.rows(everything)
    with served(monkeypatch, demonstration_state()):
        ran = essaim(capsys, "collect", "--programme", str(folder), "--as-of", str(AS_OF), "--dry-run")
    assert re.search(r"TOTAL +376 +349 +8 +2 +16 +1 +0 +0", ran.out), ran.err
    assert "dry run" in ran.out
    assert all_tables(results.database) == before
    assert results.database.rows(everything) == there


def test_the_demo_is_not_mixed_into_a_warehouse_that_is_there(
    results: InDatabase, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    ran = essaim(capsys, "demo", str(tmp_path / "demo"))
    assert ran.code == 2
    assert f"{results.database.name} holds a warehouse already" in ran.err
    assert not (tmp_path / "demo").exists()


def test_a_run_on_another_machine_is_refused_before_anything_starts(results: InDatabase, tmp_path: Path) -> None:
    credentials = {"ESSAIM_LIMESURVEY_USERNAME": "x", "ESSAIM_LIMESURVEY_PASSWORD": "x"}
    with writing(tmp_path / "elsewhere", "late-returns", warehouse_address(ProjectPaths(results.demo.folder))):
        ran = run_essaim("collect", "--programme", str(results.demo.folder), environment=credentials)
    assert ran.code == 1
    assert "Another run is writing the warehouse in the database" in ran.err
    assert "essaim late-returns, process" in ran.err
    assert "Traceback" not in ran.err


def test_a_collection_killed_and_run_again_leaves_the_tables_of_an_undisturbed_one(
    original: InDatabase,
    database: Database,
    transformer: str,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    folder = original.demo.copy(with_results=False)
    monkeypatch.setenv("ESSAIM_WAREHOUSE_URL", database.url)
    database.grant(transformer)
    moments: list[tuple[str, float | str]] = [
        ("Loaded 45 new responses", 0.2),
        ("Building the views", "marts/fct_observation"),
    ]
    with served(monkeypatch, demonstration_state()):
        for milestone, later in moments:
            kill_at(folder, milestone, later)
            assert not database.rows(
                "select return_id from raw.returns where receipt_id not in (select receipt_id from ops.receipts) "
                "or (return_id not in (select return_id from raw.answers union select return_id from raw.row_answers) "
                "and return_id not in (select return_id from raw.findings))"
            )
        ran = essaim(capsys, "collect", "--programme", str(folder), "--as-of", str(AS_OF))
    assert ran.code == 3, ran.err
    assert all_tables(database) == all_tables(original.database)
    assert letters(folder) == letters(original.demo.folder)
    ended = "select outcome, count(*) from ops.runs group by outcome order by outcome"
    assert database.rows(ended) == [("done", 1), ("interrupted", len(moments))]


def test_a_database_that_cannot_be_used_is_reported_before_anything_starts(
    original: InDatabase, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("ESSAIM_LIMESURVEY_USERNAME", "x")
    monkeypatch.setenv("ESSAIM_LIMESURVEY_PASSWORD", "x")
    folder = original.demo.copy(with_results=False)
    for url, code in ((original.database.url_with(name="nowhere"), 2), (original.database.url_with(port=1), 1)):
        monkeypatch.setenv("ESSAIM_WAREHOUSE_URL", url)
        ran = essaim(capsys, "collect", "--programme", str(folder))
        assert ran.code == code
        assert ran.err.startswith("essaim: The warehouse in the database 127.0.0.1:")
        assert "Traceback" not in ran.err
