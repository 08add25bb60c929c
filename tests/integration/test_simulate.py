"""Test that any programme can be tried before real data exist: its returns are invented, served and collected."""

import re
import shlex
import shutil
import subprocess
import sys
from collections.abc import Generator, Mapping
from contextlib import contextmanager
from datetime import date, timedelta
from pathlib import Path
from random import Random

import duckdb
import pytest
from databases import Server
from random_folder import write_folder
from random_programme import drawn
from running import EXAMPLE, ROOT, USER, Ran, essaim, served, succeeding

from flows.collect import collect
from schemas.enums import Exit
from schemas.settings import Environment, ProjectPaths
from tasks.demonstration import answer_surveys, fill_inbox, generate, surveys_of, usual_scenario
from tasks.programme import read_programme
from tasks.schedule.expected_returns import day_of, plan
from warehouse.connection import open_warehouse

DATA = ROOT / "tests" / "data"
COLD_STORES, ODD_TYPES = DATA / "cold_stores", DATA / "odd_types"


@contextmanager
def simulating(*arguments: str) -> Generator[tuple[str, dict[str, str], list[str]]]:
    """Run `essaim simulate` on a free port. Yield what it printed, the variables that it names, and its last line."""
    command = [sys.executable, "-m", "flows", "simulate", "--port", "0", *arguments]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        printed: list[str] = []
        try:
            for line in process.stdout:
                printed.append(line)
                if line.startswith("essaim collect"):
                    break
            else:
                pytest.fail(process.stderr.read())
            exported = [line.removeprefix("export ").strip() for line in printed if line.startswith("export ")]
            yield "".join(printed), dict(one.split("=", 1) for one in exported), shlex.split(printed[-1])
        finally:
            process.terminate()


def answer_with(monkeypatch: pytest.MonkeyPatch, variables: Mapping[str, str]) -> None:
    """Set the variables that `essaim simulate` named, and a mail server that no message may reach."""
    mail = {"ESSAIM_SMTP_URL": "smtp://127.0.0.1:1", "ESSAIM_MAIL_FROM": "suivi@example.org"}
    for name, value in {**variables, **mail}.items():
        monkeypatch.setenv(name, value)


def collected_with(capsys: pytest.CaptureFixture[str], command: list[str]) -> Ran:
    """Run the command that `essaim simulate` printed, in this process."""
    ran = essaim(capsys, *command[1:])
    assert ran.code == Exit.DONE, ran.err
    assert "Traceback" not in ran.err
    return ran


@pytest.mark.parametrize(
    ("locale", "engine", "figure", "words"),
    [
        ("fr", "duckdb", "personnes_accueillies", ("Jardins partagés (exemple)\u00a0: réponses inventées", "échéance")),
        ("en", "postgresql", "items_brought", ("Repair workshops (example): invented answers", "due")),
    ],
)
def test_an_example_is_written_simulated_and_collected_by_three_commands(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    request: pytest.FixtureRequest,
    locale: str,
    engine: str,
    figure: str,
    words: tuple[str, str],
) -> None:
    if engine == "postgresql":
        server: Server = request.getfixturevalue("postgresql_server")
        monkeypatch.setenv("ESSAIM_WAREHOUSE_URL", server.database().url)
    folder = tmp_path / "example"
    timezone = "Europe/Paris" if locale == "fr" else "Africa/Nairobi"
    begun = essaim(capsys, "init", "--example", str(folder), "--locale", locale, "--timezone", timezone)
    assert begun.code == Exit.DONE
    with simulating("--programme", str(folder)) as (printed, variables, command):
        assert "All answers are invented" in printed
        assert "a stand-in serves that is not LimeSurvey" in printed
        answer_with(monkeypatch, variables)
        ran = collected_with(capsys, command)
        again = collected_with(capsys, command)
    assert re.search(r"TOTAL +12 +9 +1 +0 +1 +0 +0 +1", ran.out), ran.out
    assert "Loaded" not in again.err
    essaim_on = succeeding(capsys, folder)
    total = essaim_on("query", f"select {figure} from analytics.consolidated_table where innovation_code = 'TOTAL'")
    assert int(re.findall(r"\d+", total.out)[-1]) > 0
    assert "1 expected return." in essaim_on("status").out
    outcomes = essaim_on("query", "select count(*) as n from analytics.participant_outcomes where entered_work")
    assert re.search(r"\d", outcomes.out)
    paths = ProjectPaths(folder)
    (report,) = paths.reports.glob("*.html")
    page = report.read_text(encoding="utf-8")
    assert all(word in page for word in words)
    (mail,) = [path for path in paths.mails.glob("*.eml") if "_weekly_" not in path.name]
    assert mail.stat().st_size > 0
    # A later day adds what has come since; nothing that came changes.
    with simulating("--programme", str(folder), "--as-of", "2199-12-31") as (printed, variables, command):
        assert "2199-12-31" in command
    assert len([*(folder / "inbox").iterdir()]) > 3


def test_cold_stores_are_simulated_from_their_baselines_and_nothing_is_quarantined(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = tmp_path / "cold stores"
    shutil.copytree(COLD_STORES, folder)
    (folder / "corrections.csv").unlink()  # no invented answer is the one that it corrects
    with simulating("--programme", str(folder), "--as-of", "2026-11-30", "--seed", "3") as (_, variables, command):
        answer_with(monkeypatch, variables)
        ran = collected_with(capsys, command)
        drift = essaim(capsys, "drift", "--programme", str(folder))
    assert drift.code == Exit.DONE, drift.out
    row = re.search(r"TOTAL +(\d+) +(\d+) +(\d+) +(\d+) +(\d+) +(\d+) +(\d+) +(\d+)", ran.out)
    assert row is not None, ran.out
    _, received, late, _, missing, quarantined, unverifiable, _ = map(int, row.groups())
    assert min(received, late, missing) > 0
    assert (quarantined, unverifiable) == (0, 0)


def count_by_outcome(paths: ProjectPaths) -> dict[str, int]:
    with duckdb.connect(str(paths.warehouse), read_only=True) as connection:
        return dict(connection.execute("select outcome, count(*) from raw.returns group by outcome").fetchall())


@pytest.mark.parametrize("kind", ["odd types", "random 17"])
def test_whatever_a_programme_asks_its_invented_answers_are_loaded(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, kind: str
) -> None:
    paths = ProjectPaths(tmp_path / "programme")
    if kind == "odd types":
        shutil.copytree(ODD_TYPES, paths.folder)
    else:
        write_folder(drawn(Random(int(kind.split()[1]))), paths.folder)
    programme = read_programme(paths.folder)
    day = max(day_of(row, "due_on") for row in plan(programme)) + timedelta(days=60)
    returns = generate(programme, usual_scenario(programme, day), surveys_of(paths.folder, programme))
    fill_inbox(paths.folder / "inbox", programme, returns, says_invented=True)
    with served(monkeypatch, answer_surveys(paths.folder, programme, returns, USER)):
        collect(paths, Environment(), "collect", day, only_changed=False, alert=False, builds=False)
    assert count_by_outcome(paths) == {"loaded": len(returns)}


def test_real_returns_are_never_mixed_with_invented_ones(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folder = tmp_path / "real"
    shutil.copytree(COLD_STORES, folder)
    for address, arguments, message in (
        ("s3://bucket/inbox", (), "Name a folder for them with --inbox DIR."),
        ("inbox", (), "its warehouse may hold real returns"),
        ("inbox", ("--inbox", str(tmp_path / "elsewhere")), "its warehouse may hold real returns"),
    ):
        settings = (COLD_STORES / "programme.yaml").read_text(encoding="utf-8")
        (folder / "programme.yaml").write_text(settings.replace("path: inbox", f"path: {address}"), encoding="utf-8")
        if address == "inbox":
            with open_warehouse(ProjectPaths(folder)):
                pass
        ran = essaim(capsys, "simulate", "--programme", str(folder), *arguments)
        assert (ran.code, message in ran.err) == (Exit.USAGE, True), ran.err
    assert not (folder / "inbox").exists()
    assert not ProjectPaths(folder).invented.exists()
    assert not (tmp_path / "elsewhere").exists()


def test_a_demonstration_answers_as_its_scenario_says_and_in_no_other_way(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for option in (("--seed", "3"), ("--as-of", str(date(2019, 4, 1))), ("--inbox", str(tmp_path / "inbox"))):
        ran = essaim(capsys, "simulate", "--programme", str(EXAMPLE), *option)
        assert (ran.code, "determines its answers as of 2019-03-31" in ran.err) == (Exit.USAGE, True)
    assert [*tmp_path.iterdir()] == []
