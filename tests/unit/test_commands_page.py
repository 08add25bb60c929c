"""Test that the page of commands is complete and current."""

import pytest

from flows.cli.app import COMMANDS
from flows.cli.reference import REFERENCE, reference

PAGE = reference()


def test_the_checked_in_page_is_what_the_commands_say():
    assert REFERENCE.read_text(encoding="utf-8") == PAGE, "run python -m flows.cli.reference and keep what it writes"


def test_every_command_has_its_sentence_an_example_and_its_options():
    for group, commands in COMMANDS.items():
        assert f"\n## {group}\n" in PAGE
        for name, text in commands.items():
            _, found, rest = PAGE.partition(f"\n### essaim {name}\n\n{text}\n\n```console\nessaim {name}")
            assert found, name
            options = rest.partition("\n### ")[0]
            assert "\n| `" in options, name


def test_the_page_is_the_same_on_a_narrow_terminal(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("COLUMNS", "40")
    assert reference() == PAGE
