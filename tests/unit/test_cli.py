"""Test the command line: its list of commands, its imports and its completion."""

import os
import re
import subprocess
import sys

import pytest
from running import ROOT, essaim

from flows.cli.app import COMMANDS

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


def test_a_shell_completes_commands_and_options():
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

    assert completed("essaim st").split() == ["status"]
    assert "--dry-run" in completed("essaim collect --d")
