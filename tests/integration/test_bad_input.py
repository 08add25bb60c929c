"""Test the errors for a source, a file, a folder or a warehouse that is damaged or missing."""

import json
import os
import re
import shutil
import socket
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb
import pytest
from commands import Commands
from running import AS_OF, USER, Demo, Ran, demonstration_state, essaim, run_essaim, served

from schemas.settings import ProjectPaths
from tasks.simulator import Misbehaviour
from warehouse.writer import writing


@pytest.fixture
def folder(demo: Demo) -> Path:
    """Return the programme and inbox of the demonstration, before any collection."""
    return demo.copy(with_results=False)


Collect = Callable[[], tuple[Ran, dict[str, int], list[str]]]


@pytest.fixture
def collect(folder: Path, capsys: pytest.CaptureFixture[str]) -> Collect:
    def run() -> tuple[Ran, dict[str, int], list[str]]:
        ran = essaim(capsys, "collect", "--programme", str(folder), "--as-of", str(AS_OF), "--json")
        assert "Traceback" not in ran.err
        output = json.loads(ran.out)
        return ran, output["summary"][-1], [*output["troubles"], *output["notes"]]

    return run


def rows(folder: Path, sql: str) -> list[tuple[Any, ...]]:
    with duckdb.connect(str(ProjectPaths(folder).warehouse), read_only=True) as connection:
        return connection.execute(sql).fetchall()


def states_of_surveys(folder: Path) -> dict[object, object]:
    sql = (
        "select state, count(*) from analytics.return_status "
        f"where instrument_kind = 'limesurvey' and due_on <= '{AS_OF}' and state <> 'left' group by state"
    )
    return dict(rows(folder, sql))


@dataclass(frozen=True)
class Unread:
    """The programme, collected once while the survey server was unreachable. Copy its folder, and never change it."""

    folder: Path
    port: int
    ran: Ran

    def copy(self, folder: Path) -> None:
        """Replace a folder by a copy, in which only the surveys are still to be read."""
        shutil.rmtree(folder)
        shutil.copytree(self.folder, folder, ignore=shutil.ignore_patterns("dbt"))


@pytest.fixture(scope="module")
def unread(demo: Demo, tmp_path_factory: pytest.TempPathFactory) -> Unread:
    folder = tmp_path_factory.mktemp("unread") / "programme"
    shutil.copytree(demo.copy(with_results=False), folder)
    with socket.socket() as closed, pytest.MonkeyPatch.context() as environment:
        closed.bind(("127.0.0.1", 0))
        port = closed.getsockname()[1]
        environment.setenv("ESSAIM_LIMESURVEY_URL", f"http://127.0.0.1:{port}/index.php/admin/remotecontrol")
        environment.setenv("ESSAIM_LIMESURVEY_USERNAME", USER.name)
        environment.setenv("ESSAIM_LIMESURVEY_PASSWORD", USER.password)
        return Unread(folder, port, Commands(folder).try_to("collect", "--as-of", str(AS_OF), "--json"))


def test_what_an_unreachable_server_holds_is_unverifiable_and_the_workbooks_are_collected(unread: Unread) -> None:
    output = json.loads(unread.ran.out)
    assert unread.ran.code == 3
    assert set(states_of_surveys(unread.folder)) == {"unverifiable"}
    assert output["summary"][-1]["received"] > 150
    (message,) = [*output["troubles"], *output["notes"]]
    assert str(unread.port) in message
    # Evaluators are alerted that the survey could not be checked, not that returns are missing.
    kinds = "select distinct kind from ops.alerts where expected_return_id like '%/suivi'"
    assert rows(unread.folder, kinds) == [("unverifiable",)]


def test_a_rejected_password_is_tried_once_and_reported(
    unread: Unread, folder: Path, collect: Collect, monkeypatch: pytest.MonkeyPatch
) -> None:
    unread.copy(folder)
    with served(monkeypatch, demonstration_state()) as simulator:
        monkeypatch.setenv("ESSAIM_LIMESURVEY_PASSWORD", "not-the-password")
        ran, _, messages = collect()
    assert ran.code == 3
    assert simulator.calls.count("get_session_key") == 1
    assert set(states_of_surveys(folder)) == {"unverifiable"}
    assert len(messages) == 1
    assert "Invalid user name or password" in messages[0]
    assert "not-the-password" not in ran.out + ran.err


def test_each_trouble_is_reported_separately_and_everything_else_is_collected(
    folder: Path, collect: Collect, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    state = demonstration_state()
    del state.surveys[310601]
    state.surveys[310602].deactivate()
    inbox = folder / "inbox"
    whole = inbox / "SOLENI-1__SOLENI01__M18__tableau.xlsx"
    delivered = whole.stat()
    whole.write_bytes(whole.read_bytes()[:500])
    os.utime(whole, ns=(delivered.st_atime_ns, delivered.st_mtime_ns))
    (inbox / "notes.xlsx").write_bytes(b"<html><body>not a workbook</body></html>")
    (inbox / "photo.png").write_bytes(b"\x89PNG")
    with served(monkeypatch, state) as simulator:
        simulator.misbehave(Misbehaviour.HTML, times=None, method="export_responses")
        ran, total, messages = collect()
    assert ran.code == 3
    assert total["quarantined"] == 2
    assert set(states_of_surveys(folder)) == {"unverifiable"}
    everything = "\n".join(messages)
    for named in ("survey 310601", "survey 310602", "survey 310603", whole.name, "notes.xlsx", "photo.png"):
        assert named in everything
    outcomes = dict(rows(folder, "select source_id, outcome from raw.source_checks"))
    assert outcomes["limesurvey:310601"] in {"not_found", "refused"}
    assert outcomes["limesurvey:310602"] == "not_active"
    assert outcomes["limesurvey:310603"] == "unintelligible"
    assert outcomes["inbox"] == "read"
    # Nothing is half-loaded: every loaded return has its answers, every quarantined one has its findings.
    assert not rows(
        folder,
        "select return_id from raw.returns where outcome = 'loaded' "
        "and return_id not in (select return_id from raw.answers union select return_id from raw.row_answers)",
    )
    assert not rows(
        folder,
        "select return_id from raw.returns where outcome = 'quarantined' "
        "and return_id not in (select return_id from raw.findings)",
    )
    assert all(path.exists() for path in (whole, inbox / "notes.xlsx"))
    shown = essaim(capsys, "status", "--programme", str(folder)).out
    assert "Could not be read at the last attempt" in shown
    assert "limesurvey:310602" in shown
    assert "notes.xlsx" in shown


def test_a_survey_that_answers_again_is_read_again(
    unread: Unread, folder: Path, collect: Collect, monkeypatch: pytest.MonkeyPatch
) -> None:
    unread.copy(folder)
    with served(monkeypatch, demonstration_state()) as simulator:
        simulator.misbehave(Misbehaviour.TRUNCATE, times=None, method="export_responses")
        _, first, _ = collect()
        simulator.behave()
        _, second, messages = collect()
    assert first["unverifiable"] > 100
    assert second["unverifiable"] == 0
    assert second["received"] == 349
    assert messages == []


def test_a_folder_with_mistakes_is_refused_before_anything_runs(
    folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    programme = folder / "programme.yaml"
    text = programme.read_text(encoding="utf-8")
    programme.write_text(text.replace("innovation: LREF,", "innovation: LREFF,").replace("grace_days", "grace_day"))
    with (folder / "crosswalk.csv").open("a", encoding="utf-8") as crosswalk:
        crosswalk.write("tableau,9,Données!personnes,persons_concernd,\n")
    for name in ("ESSAIM_LIMESURVEY_USERNAME", "ESSAIM_LIMESURVEY_PASSWORD"):
        monkeypatch.setenv(name, "x")
    ran = essaim(capsys, "collect", "--programme", str(folder))
    assert ran.code == 2
    assert "Traceback" not in ran.err
    assert re.search(r"programme\.yaml:\d+: found the key 'grace_day'; .* Did you mean grace_days\?", ran.err)
    assert not ProjectPaths(folder).warehouse.exists()
    assert essaim(capsys, "check", "--programme", str(folder)).err == ran.err


def test_missing_credentials_are_reported_before_anything_runs(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    ran = essaim(capsys, "collect", "--programme", str(folder))
    assert ran.code == 2
    assert "ESSAIM_LIMESURVEY_USERNAME" in ran.err
    assert not ProjectPaths(folder).warehouse.exists()


@pytest.mark.parametrize(
    "setting", [("ESSAIM_SMTP_URL", "http://mail.example.org"), ("ESSAIM_APPRISE_URLS", "nowhere://a-token")]
)
def test_settings_that_no_mail_can_go_by_are_reported_before_anything_runs(
    folder: Path, setting: tuple[str, str], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    for name, value in [setting, ("ESSAIM_LIMESURVEY_USERNAME", "x"), ("ESSAIM_LIMESURVEY_PASSWORD", "x")]:
        monkeypatch.setenv(name, value)
    ran = essaim(capsys, "collect", "--programme", str(folder))
    assert ran.code == 2
    assert setting[0] in ran.err
    assert setting[1] not in ran.err
    assert not ProjectPaths(folder).warehouse.exists()


def test_a_warehouse_that_another_run_writes_is_left_alone(folder: Path) -> None:
    credentials = {"ESSAIM_LIMESURVEY_USERNAME": "x", "ESSAIM_LIMESURVEY_PASSWORD": "x"}
    with writing(ProjectPaths(folder).var, "late-returns"):
        ran = run_essaim("collect", "--programme", str(folder), environment=credentials)
    assert ran.code == 1
    assert "Another run is writing the warehouse" in ran.err
    assert "essaim late-returns, process" in ran.err
    assert "Traceback" not in ran.err


def test_a_file_that_is_not_a_warehouse_is_reported(
    folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    paths = ProjectPaths(folder)
    paths.warehouse.write_bytes(b"this is not a database" * 1000)
    with served(monkeypatch, demonstration_state()):
        ran = essaim(capsys, "collect", "--programme", str(folder), "--as-of", str(AS_OF))
    assert ran.code == 1
    assert "could not be opened" in ran.err
    assert "Traceback" not in ran.err


@pytest.mark.parametrize(
    "arguments",
    [
        ["collect", "--as-of", "31/03/2019"],
        ["status", "--programme", "/no/such/folder"],
        ["query", "select 1", "--programme", "."],
    ],
)
def test_wrong_usage_is_a_sentence(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    ran = essaim(capsys, *arguments)
    assert ran.code == 2
    assert "Traceback" not in ran.err
    assert ran.err.strip()


def test_a_prefect_server_that_does_not_answer_is_reported(folder: Path) -> None:
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{closed.getsockname()[1]}/api"
    credentials = {"ESSAIM_LIMESURVEY_USERNAME": "x", "ESSAIM_LIMESURVEY_PASSWORD": "x"}
    ran = run_essaim("collect", "--programme", str(folder), environment={**credentials, "PREFECT_API_URL": url})
    assert ran.code == 1
    assert f"The Prefect server at {url} does not answer" in ran.err
    assert "Traceback" not in ran.err


def test_a_place_that_cannot_be_used_is_reported(capsys: pytest.CaptureFixture[str]) -> None:
    ran = essaim(capsys, "demo", "/dev/null/here")
    assert ran.code == 1
    assert ran.err.startswith("essaim: /dev/null/here cannot be used")
    assert "Traceback" not in ran.err
