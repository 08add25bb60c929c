"""The reference of the command line, `docs/commands.md`, generated from the commands.

`python -m flows.cli.reference` writes it; a test fails when it is out of step.
"""

import inspect
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import typer.main

from flows.cli.app import COMMANDS, app
from schemas.enums import Exit

REFERENCE = Path(__file__).parents[2] / "docs" / "commands.md"

_EXIT_CODES = {
    Exit.DONE: "done",
    Exit.FAILED: "failed",
    Exit.USAGE: "the command or the programme folder must be corrected",
    Exit.NEEDS_A_PERSON: "done, and something needs a person",
}


def reference() -> str:
    """Return the page: every command with its arguments and options, by the groups of `essaim --help`."""
    return "\n".join(_lines()) + "\n"


def _lines() -> Iterator[str]:
    yield "# Commands"
    yield ""
    yield "Generated from the commands by `python -m flows.cli.reference`; do not edit. `essaim COMMAND --help` prints"
    yield "the same, and `essaim --install-completion` completes commands and options in your shell."
    yield ""
    yield "| exit code | meaning |"
    yield "|---|---|"
    yield from (f"| {code.value} | {meaning} |" for code, meaning in _EXIT_CODES.items())
    commands: Any = typer.main.get_command(app)
    context = typer.Context(commands, info_name="essaim")
    for group, names in COMMANDS.items():
        yield ""
        yield f"## {group}"
        for name in names:
            yield from _command(commands.get_command(context, name), name, context)


def _command(command: Any, name: str, parent: Any) -> Iterator[str]:
    context = typer.Context(command, info_name=name, parent=parent)
    yield ""
    yield f"### essaim {name}"
    yield ""
    yield inspect.cleandoc(command.help)
    yield ""
    yield "```console"
    yield str(command.epilog).removeprefix("Example: ")
    yield "```"
    yield ""
    yield "| argument or option | meaning |"
    yield "|---|---|"
    for parameter in command.params:
        if record := parameter.get_help_record(context):
            spelling, meaning = record
            if parameter.param_type_name == "argument":
                spelling = spelling.partition(" <")[0]  # its type adds nothing to its name
            yield f"| `{_cell(spelling)}` | {_cell(' '.join(meaning.split()))} |"


def _cell(text: str) -> str:
    return text.replace("|", "\\|")


if __name__ == "__main__":
    REFERENCE.write_text(reference(), encoding="utf-8")
