"""The command line: the table of commands, and the function that loads one.

Each command is a function in the module of its name. The module is imported when the command runs, so that
`essaim --help` and a mistyped command import none of them.
"""

import importlib
import io
import logging
import os
import sys
from collections.abc import Iterator, MutableMapping
from importlib.metadata import version
from typing import Annotated, Any

import typer
import typer.main
from typer.core import TyperGroup

from schemas.enums import Exit
from schemas.errors import EssaimError

COMMANDS: dict[str, dict[str, str]] = {
    "Set up a programme": {
        "init": "Write a programme folder to begin with: empty, or an example to try at once.",
        "check": "Report every mistake in a programme folder at once.",
        "drift": "Compare each live questionnaire with the version the crosswalk was written against.",
        "plan": "Preview how edits to the programme folder would change the expected returns.",
        "calendar": "Show due dates, and write them as calendar files.",
        "templates": "Write the prefilled workbooks of an occasion, one per expected return.",
    },
    "Collect": {
        "collect": "Collect returns, build the views, find what is missing and alert the evaluators.",
        "backfill": "Collect a past period day by day, so that views as of any of its days can be built.",
        "build": "Build the views again by the programme folder as it is, or as known on a past day.",
        "apply": "Apply what the desk and the mailbox have received, without waiting for the next collection.",
        "remind": "Alert the evaluators from what was collected so far, without collecting first.",
        "serve": "Run the scheduled flows and show Prefect's pages, until interrupted.",
        "desk": "Serve the desk: evaluators act on returns, and structures send them, until interrupted.",
    },
    "Decide": {
        "waive": "Waive a return: stop expecting it, exclude it from the rates and stop reminders.",
        "nothing": "Record that a structure has nothing to report: it counts as returned, without a return.",
        "snooze": "Pause reminders for a return until a given day. It stays missing in the rates.",
        "extend": "Give a return a later due date. Rates count it by both days.",
        "leave": "Record that a structure has left: nothing due after that day is expected of it.",
        "explain": "Explain what deserved a look, such as a number that jumped: it stays quiet while it is the same.",
    },
    "Read": {
        "status": "Show the last runs, the returns that need a person, and what could not be used.",
        "query": "Run one read-only SQL query on the published warehouse.",
        "report": "Write the published views as one HTML page, to read on any screen or to print.",
        "provenance": "Show the returns, cells and answers behind a figure.",
        "export": "Write a view to a file for spreadsheets, SPSS, Stata or any other tool.",
        "package": "Write a data package: every view for any tool, with codebook, descriptions and starters.",
        "docs": "Write dbt's documentation of all views, columns, tests and lineage as one HTML file.",
    },
    "Look after an installation": {
        "doctor": "Check runs, messages, keys, channels and disk, and print the remedy for each problem.",
        "relink": "Give people the pseudonyms that the newest rule gives them, and report who was merged or split.",
        "retention": "Delete originals kept for longer than originals.keep_days in programme.yaml.",
    },
    "Try it": {
        "demo": "Write the reference programme to a folder and collect it from a simulated survey server.",
        "simulate": "Invent the returns of a programme, and serve its surveys over HTTP until interrupted.",
    },
}
"""Every command with its one-line help, by the group that `essaim --help` lists it under."""

_HELP = {name: text for group in COMMANDS.values() for name, text in group.items()}


class CommandModules(MutableMapping[str, Any]):
    """The commands by name. Each is built from its module at its first use."""

    def __init__(self) -> None:
        self._built: dict[str, Any] = {}

    def __getitem__(self, name: str) -> Any:
        if name not in self._built:
            self[name] = _built_from_module(name, _HELP[name])
        return self._built[name]

    def __setitem__(self, name: str, command: Any) -> None:
        self._built[name] = command

    def __delitem__(self, name: str) -> None:
        del self._built[name]

    def __iter__(self) -> Iterator[str]:
        return iter(_HELP)

    def __len__(self) -> int:
        return len(_HELP)


class CommandGroup(TyperGroup):
    """The command `essaim`. Its help is made from `COMMANDS`, without importing a command."""

    def __init__(self, **settings: Any) -> None:
        super().__init__(**settings)
        self.commands = CommandModules()

    def list_commands(self, ctx: Any) -> list[str]:  # noqa: ARG002 Typer's signature
        """Return the names of the commands, in the order of the help."""
        return list(self.commands)

    def format_commands(self, ctx: Any, formatter: Any) -> None:  # noqa: ARG002 Typer's signature
        """Write the commands by group."""
        for group, commands in COMMANDS.items():
            with formatter.section(group):
                formatter.write_dl(list(commands.items()))


def _built_from_module(name: str, help_text: str) -> Any:
    module: Any = importlib.import_module(f"flows.cli.{name}")
    alone = typer.Typer(add_completion=False, pretty_exceptions_enable=False, rich_markup_mode=None)
    alone.command(name, help=help_text, epilog=f"Example: {module.EXAMPLE}")(getattr(module, name))
    return typer.main.get_command(alone)


app = typer.Typer(
    name="essaim",
    cls=CommandGroup,
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)


def _print_version(is_wanted: bool) -> None:
    if is_wanted:
        typer.echo(f"essaim {version('essaim')}")
        raise typer.Exit


@app.callback()
def essaim(
    _version: Annotated[
        bool, typer.Option("--version", callback=_print_version, is_eager=True, help="Print the version and exit.")
    ] = False,
) -> None:
    """Collect what structures owe their evaluators, and find what is missing."""


def main() -> None:
    """Run a command, and print errors that a person can act on as sentences."""
    if isinstance(sys.stdout, io.TextIOWrapper):
        # A terminal that is not UTF-8 shows escapes for the characters it lacks; without this, the command would fail.
        sys.stdout.reconfigure(errors="backslashreplace")
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(logging.Formatter("%(message)s"))
    logger = logging.getLogger("essaim")
    logger.handlers = [handler]
    logger.setLevel(logging.INFO)
    logger.propagate = False
    try:
        app()
    except EssaimError as error:
        typer.echo(f"essaim: {error}", err=True)
        sys.exit(error.exit_code)
    except KeyboardInterrupt:
        typer.echo("essaim: interrupted. Run the same command again: nothing is half-loaded.", err=True)
        sys.exit(Exit.FAILED)
    except BrokenPipeError:
        # The reader of the output has closed it, as `head` does.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(Exit.DONE)
    except OSError as error:
        where = error.filename or "a file or an address"
        typer.echo(
            f"essaim: {where} cannot be used ({error.strerror}). Check that it exists, and its permissions.", err=True
        )
        sys.exit(Exit.FAILED)
