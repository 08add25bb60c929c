"""Test that the example of each command runs on the demonstration as it stands in its help."""

import importlib
import shlex
from pathlib import Path

import pytest
from running import Demo, Ran, demonstration_state, essaim, served

from flows.cli.app import COMMANDS

NAMES = [name for group in COMMANDS.values() for name in group]
ELSEWHERE = {
    "demo": "the fixture of all tests on the demonstration runs it",
    "backfill": "test_backfill runs it on a shorter period",
    "serve": "it runs until interrupted, as in test_serving",
    "desk": "it runs until interrupted, as in test_serving",
    "simulate": "it runs until interrupted, as in test_simulate",
}
READING = ("query", "export", "report", "docs", "status", "provenance", "calendar", "check", "plan")


def run(capsys: pytest.CaptureFixture[str], name: str) -> Ran:
    words = shlex.split(importlib.import_module(f"flows.cli.{name}").EXAMPLE)
    assert words[0] == "essaim"
    return essaim(capsys, *words[1:])


def test_each_example_runs_as_its_command_states(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, demo: Demo, tmp_path: Path
) -> None:
    demo.copy(with_results=True).rename(tmp_path / "demo")
    monkeypatch.chdir(tmp_path)
    with served(monkeypatch, demonstration_state()):
        for name in (name for name in NAMES if name not in ELSEWHERE):
            ran = run(capsys, name)
            assert ran.code in ({0} if name in READING else {0, 3}), f"{name}: {ran.err}"
            assert "Traceback" not in ran.err
    for written in ("panel.sav", "report.html", "views.html", "calendars", "workbooks", "my-programme/programme.yaml"):
        assert (tmp_path / written).exists()


@pytest.mark.parametrize("name", ELSEWHERE)
def test_each_example_that_runs_elsewhere_has_options_that_its_command_takes(
    capsys: pytest.CaptureFixture[str], name: str
) -> None:
    ran = essaim(capsys, *shlex.split(importlib.import_module(f"flows.cli.{name}").EXAMPLE)[1:], "--help")
    assert ran.code == 0
