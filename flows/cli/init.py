"""`essaim init`."""

import json
import sys
from datetime import datetime
from enum import StrEnum
from pathlib import Path
from shlex import quote
from typing import Annotated
from zoneinfo import ZoneInfo, available_timezones

import typer

from flows.cli.options import AsOf, Json
from schemas.errors import ProgrammeError, UsageError
from tasks.programme import read_programme
from tasks.programme.beginning import TIMEZONE, begin_example, begin_programme

EXAMPLE = "essaim init my-programme --locale en --timezone Europe/London"


class Locale(StrEnum):
    """A language of what evaluators and structures read."""

    FR = "fr"
    EN = "en"


def init(
    folder: Annotated[Path, typer.Argument(metavar="DIR", help="Folder to write to: new or empty.")],
    locale: Annotated[Locale, typer.Option("--locale", help="Language of mails, workbooks and reports.")] = Locale.FR,
    timezone: Annotated[
        str | None,
        typer.Option(
            "--timezone",
            metavar="ZONE",
            help="Time zone of the programme's days, such as Europe/London.",
            show_default=f"{TIMEZONE} in French; asked for in English",
        ),
    ] = None,
    example: Annotated[
        bool, typer.Option("--example", help="Write a small invented programme that can be tried at once.")
    ] = False,
    as_of: AsOf = None,
    as_json: Json = False,
) -> None:
    """Run `essaim init`.

    Raises:
        UsageError: The folder is not empty, there is no such time zone, or `--as-of` is given without `--example`.
    """
    if as_of is not None and not example:
        raise UsageError("--as-of is the day from which the days of an example are counted. Add --example.")
    if timezone is None and locale is Locale.FR:
        timezone = TIMEZONE
    if timezone is None and not sys.stdin.isatty():
        raise UsageError("A programme in English has no usual time zone: name it, such as --timezone Europe/London.")
    timezone = timezone or str(typer.prompt("Time zone, such as Europe/London"))
    if example:
        zone = ZoneInfo(timezone) if timezone in available_timezones() else None
        written = begin_example(folder, locale.value, timezone, as_of or datetime.now(zone).date())
    else:
        written = begin_programme(folder, locale.value, timezone)
    try:
        read_programme(folder)
        to_fill_in = []
    except ProgrammeError as error:
        to_fill_in = [str(mistake) for mistake in error.mistakes]
    if as_json:
        result = {"files": [str(path) for path in written], "to_fill_in": to_fill_in}
        sys.stdout.write(json.dumps(result, ensure_ascii=False) + "\n")
        return
    sys.stdout.write("".join(f"{path}\n" for path in written))
    if example:
        sys.stdout.write(_TRY.format(folder=quote(str(folder))))
        return
    sys.stdout.write("To be filled in:\n" + "".join(f"  {sentence}\n" for sentence in to_fill_in))
    sys.stdout.write(f"Then: essaim check --programme {folder}\n")


_TRY = """Everything in it is invented. Try it without LimeSurvey:
  essaim check --programme {folder}
  essaim simulate --programme {folder}      (invents answers, and prints what to type in another terminal)
"""
