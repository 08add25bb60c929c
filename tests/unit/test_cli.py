"""Test the command line: its list of commands, its imports and its completion."""

import json
import math
import os
import re
import shutil
import subprocess
import sys
from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest
from running import EXAMPLE, ROOT, essaim

from flows.cli.app import COMMANDS
from flows.cli.output import Format, show

NAMES = [name for group in COMMANDS.values() for name in group]


def test_help_lists_every_command_with_its_whole_sentence(capsys: pytest.CaptureFixture[str]):
    shown = " ".join(essaim(capsys, "--help").out.split())
    for group, commands in COMMANDS.items():
        assert f"{group}:" in shown
        for name, text in commands.items():
            assert f"{name} {text}" in shown


@pytest.mark.parametrize("name", NAMES)
def test_each_command_is_loaded_from_the_module_of_its_name_and_shows_an_example(
    capsys: pytest.CaptureFixture[str], name: str
):
    assert (ROOT / "flows" / "cli" / f"{name}.py").is_file()
    shown = essaim(capsys, name, "--help")
    assert shown.code == 0
    assert f"Example: essaim {name}" in " ".join(shown.out.split())


def test_help_loads_no_command_and_no_heavy_library():
    code = (
        "import sys\nfrom flows.cli.app import app\n"
        "try: app(['--help'])\nexcept SystemExit: pass\n"
        "heavy = {'sqlalchemy', 'pandas', 'pyarrow', 'duckdb', 'prefect', 'flows.cli.status'}\n"
        "print(sorted(heavy & set(sys.modules)))"
    )
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=ROOT)
    assert ran.stdout.splitlines()[-1] == "[]"


def test_a_mistyped_command_is_answered_with_the_nearest_one(capsys: pytest.CaptureFixture[str]):
    ran = essaim(capsys, "chek")
    assert ran.code == 2
    assert "Did you mean 'check'?" in ran.err


def test_the_version_is_that_of_the_package(capsys: pytest.CaptureFixture[str]):
    assert re.fullmatch(r"essaim \d+\.\d+\.\d+\n", essaim(capsys, "--version").out)


def completed(words: str) -> str:
    environment = {
        **os.environ,
        "_ESSAIM_COMPLETE": "complete_bash",
        "COMP_WORDS": words,
        "COMP_CWORD": str(len(words.split(" ")) - 1),
    }
    code = "import sys; sys.argv[0] = 'essaim'; from flows.cli.app import main; main()"
    command = [sys.executable, "-c", code]
    return subprocess.run(command, capture_output=True, text=True, check=False, env=environment, cwd=ROOT).stdout


def test_a_shell_completes_commands_options_and_paces():
    assert completed("essaim st").split() == ["status"]
    assert "--dry-run" in completed("essaim collect --d")
    assert completed("essaim backfill --pace ").split() == ["quarters", "months", "due-dates"]


@pytest.mark.parametrize("day", ["9999-12-31", "0001-01-01"])
@pytest.mark.parametrize("command", ["plan", "remind", "retention"])
def test_a_day_centuries_away_is_refused(capsys: pytest.CaptureFixture[str], command: str, day: str):
    ran = essaim(capsys, command, "--as-of", day)
    assert ran.code == 2
    assert "expected a day from 1970-01-01 to 2199-12-31" in " ".join(ran.err.replace("│", "").split())


@pytest.mark.parametrize(
    "arguments", [("serve", "--port", "99999"), ("serve", "--pages-port", "-1"), ("simulate", "--port", "65536")]
)
def test_a_port_that_does_not_exist_is_refused(capsys: pytest.CaptureFixture[str], arguments: tuple[str, ...]):
    ran = essaim(capsys, *arguments)
    assert ran.code == 2
    assert re.search("(less than or equal to 65535|greater than or equal to 0)", ran.err)


def test_json_loses_no_column_and_holds_only_what_json_has(capsys: pytest.CaptureFixture[str]):
    names = ["a", "a", "a_2", "b"]
    rows = [
        (1, 2, 3, Decimal("1.5")),
        (None, math.nan, math.inf, Decimal(4)),
        (-math.inf, "é", date(2019, 3, 31), Decimal("0.10000000000000000001")),
    ]
    show(names, rows, Format.JSON)
    assert json.loads(capsys.readouterr().out, parse_constant=pytest.fail) == [
        {"a": 1, "a_2": 2, "a_2_2": 3, "b": 1.5},
        {"a": None, "a_2": "NaN", "a_2_2": "Infinity", "b": 4},
        {"a": "-Infinity", "a_2": "é", "a_2_2": "2019-03-31", "b": "0.10000000000000000001"},
    ]


def test_a_value_cannot_steer_the_terminal(capsys: pytest.CaptureFixture[str]):
    show(["a"], [("\x1b[31mred\x9b\x07",)], Format.TABLE)
    shown = capsys.readouterr().out
    assert r"\x1b[31mred\x9b\x07" in shown
    assert "\x1b" not in shown


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return a copy of the reference programme, for an account of its survey server."""
    monkeypatch.setenv("ESSAIM_LIMESURVEY_USERNAME", "essai")
    monkeypatch.setenv("ESSAIM_LIMESURVEY_PASSWORD", "essai")
    return shutil.copytree(EXAMPLE, tmp_path / "programme")


@pytest.mark.parametrize("command", ["collect", "remind"])
def test_a_day_after_the_present_one_is_refused_before_anything_is_recorded(
    capsys: pytest.CaptureFixture[str], folder: Path, command: str
):
    ran = essaim(capsys, command, "--programme", str(folder), "--as-of", "2199-12-31")
    assert ran.code == 2
    assert "Found 2199-12-31 as the day to take as today; expected one up to" in ran.err
    assert not (folder / "var").exists()


@pytest.mark.parametrize("address", ["ftp://surveys.example.org", "localhost:8085", "http://", "http://[::1"])
def test_an_address_that_is_none_of_a_survey_server_is_refused(
    capsys: pytest.CaptureFixture[str], folder: Path, monkeypatch: pytest.MonkeyPatch, address: str
):
    monkeypatch.setenv("ESSAIM_LIMESURVEY_URL", address)
    ran = essaim(capsys, "collect", "--programme", str(folder))
    assert (ran.code, ran.err.count("\n")) == (2, 1)
    assert "ESSAIM_LIMESURVEY_URL cannot be used. The address of the survey server must start with" in ran.err
