"""Test that the README has the same structure and the same commands in English and in French."""

import re
from pathlib import Path

import pytest
from running import ROOT

from flows.cli.app import COMMANDS

ENGLISH, FRENCH = (ROOT / name for name in ("README.md", "README.fr.md"))
NAMES = [name for group in COMMANDS.values() for name in group]

TRANSLATIONS = {"docs/premier-programme.md": "docs/first-programme.md"}
"""The pages in French, with the same ones in English."""


def headings(file: Path) -> list[int]:
    """Return the levels of the headings, in order."""
    text = re.sub(r"```.*?```", "", file.read_text(encoding="utf-8"), flags=re.DOTALL)
    return [len(marks) for marks in re.findall(r"^(#+) ", text, flags=re.MULTILINE)]


def command_blocks(file: Path) -> list[str]:
    return re.findall(r"```console\n(.*?)```", file.read_text(encoding="utf-8"), flags=re.DOTALL)


def commands_listed(file: Path) -> dict[str, str]:
    """Return the table of commands: the name of each, with its sentence."""
    rows = re.findall(r"^\| `essaim (\w+)[^`]*` \| ([^|]*) \|", file.read_text(encoding="utf-8"), flags=re.MULTILINE)
    return dict(rows)


def links(file: Path) -> list[str]:
    return [link for link in re.findall(r"\]\(([^)]+)\)", file.read_text(encoding="utf-8")) if "README." not in link]


def words_in_code(file: Path) -> set[str]:
    """Return all code spans of the text: names of files, variables, options and columns."""
    text = re.sub(r"```.*?```", "", file.read_text(encoding="utf-8"), flags=re.DOTALL)
    return {" ".join(word.split()) for word in re.findall(r"`([^`]+)`", text)}


def test_both_have_the_same_structure():
    assert headings(ENGLISH) == headings(FRENCH)
    assert len(headings(ENGLISH)) == 7


def test_both_show_the_same_commands():
    assert command_blocks(ENGLISH) == command_blocks(FRENCH)
    assert len(command_blocks(ENGLISH)) == 3


def test_both_name_the_same_things_and_lead_to_the_same_pages():
    assert links(ENGLISH) == [TRANSLATIONS.get(page, page) for page in links(FRENCH)]
    assert words_in_code(ENGLISH) ^ words_in_code(FRENCH) <= {"originals.keep_days", "programme.yaml"}


@pytest.mark.parametrize("file", [ENGLISH, FRENCH], ids=lambda file: file.name)
def test_the_first_commands_are_those_of_a_newcomer(file: Path):
    assert command_blocks(file)[0] == "make demo\nmake test\n"


def test_the_table_of_commands_repeats_the_help():
    assert list(commands_listed(ENGLISH).items()) == [
        (name, text) for group in COMMANDS.values() for name, text in group.items()
    ]


def test_the_french_table_lists_the_same_commands_with_a_sentence_each():
    assert list(commands_listed(FRENCH)) == NAMES
    assert all(sentence.endswith(".") for sentence in commands_listed(FRENCH).values())


@pytest.mark.parametrize("file", [ENGLISH, FRENCH], ids=lambda file: file.name)
def test_every_page_that_is_linked_is_there(file: Path):
    assert [link for link in links(file) if not (ROOT / link).exists()] == []
