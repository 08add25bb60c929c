"""Define the options that several commands share, and parse their values."""

from datetime import date, datetime
from pathlib import Path
from typing import Annotated

import typer

from flows.cli.output import Format
from schemas.errors import UsageError
from schemas.settings import Environment

DESK_PORT = 4202
"""Port of the desk, unless another one is named."""
HIGHEST_PORT = 65535

_FIRST_DAY, _LAST_DAY = date(1970, 1, 1), date(2199, 12, 31)
"""The days that are taken. Beyond them, sums of days and time zones overflow."""


def day(text: str) -> date:
    """Parse a day such as 2019-03-31.

    Raises:
        typer.BadParameter: The text is not a day, or lies centuries away.
    """
    try:
        found = datetime.strptime(text, "%Y-%m-%d").date()  # noqa: DTZ007 a date has no time zone
    except ValueError as error:
        raise typer.BadParameter(f"{text!r} is not a day. Expected one such as 2019-03-31.") from error
    if not _FIRST_DAY <= found <= _LAST_DAY:
        raise typer.BadParameter(f"Found {text}; expected a day from {_FIRST_DAY} to {_LAST_DAY}.")
    return found


Programme = Annotated[
    Path | None,
    typer.Option("--programme", metavar="DIR", help="Programme folder; else ESSAIM_PROGRAMME, else this folder."),
]
AsOf = Annotated[
    date | None, typer.Option("--as-of", parser=day, metavar="DAY", help="Day to take as today, such as 2019-03-31.")
]
AsBuilt = Annotated[
    date | None,
    typer.Option("--as-of", parser=day, metavar="DAY", help="Read the views that essaim build --as-of DAY built."),
]
Json = Annotated[bool, typer.Option("--json", help="Print the result as JSON.")]
Output = Annotated[Format, typer.Option("--format", help="Output format.")]
DryRun = Annotated[bool, typer.Option("--dry-run", help="Show what would happen, and change nothing.")]
Locale = Annotated[str | None, typer.Option("--locale", metavar="fr|en", help="Language; else the programme's.")]
Reason = Annotated[str, typer.Option("--reason", help="Why. It is recorded and others read it: name no person.")]
Author = Annotated[
    str | None, typer.Option("--author", help="Who decides; else ESSAIM_AUTHOR, else the system's user.")
]
Undo = Annotated[bool, typer.Option("--undo", help="Take the decision back.")]
Returns = Annotated[
    list[str],
    typer.Argument(metavar="EXPECTED_RETURN", help='cohort/structure/occasion/instrument; "*" matches any text.'),
]


def programme_folder(programme: Path | None, environment: Environment | None = None) -> Path:
    """Return the programme folder to work in.

    Args:
        programme: The folder named on the command line, if any.
        environment: The settings of the installation, where the command has read them already.

    Raises:
        UsageError: There is no such folder.
    """
    folder = programme or (environment or Environment()).programme
    if not folder.is_dir():
        raise UsageError(f"There is no folder {folder}. Name a programme folder with --programme DIR.")
    return folder


def refuse_unknown_locale(locale: str | None) -> None:
    """Refuse a language that has no catalogue.

    Raises:
        UsageError: The locale is neither fr nor en.
    """
    if locale not in (None, "fr", "en"):
        raise UsageError(f"Found --locale {locale}; expected fr or en.")
