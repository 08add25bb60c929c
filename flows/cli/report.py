"""`essaim report`."""

import json
import sys
from datetime import date
from pathlib import Path
from typing import Annotated

import typer

from flows.cli.options import AsBuilt, Json, Locale, Programme, day, programme_folder, refuse_unknown_locale
from schemas.errors import UsageError
from schemas.settings import ProjectPaths
from tasks.programme import read_programme
from tasks.reporting import report_of, write_report

EXAMPLE = "essaim report --programme demo --locale en --out report.html"


def report(
    programme: Programme = None,
    to: Annotated[
        Path | None, typer.Option("--out", metavar="FILE", help="File to write; a dated one in var/reports by default.")
    ] = None,
    locale: Locale = None,
    since: Annotated[
        date | None,
        typer.Option("--since", parser=day, metavar="DAY", help="Also list the revisions known after this day."),
    ] = None,
    as_of: AsBuilt = None,
    as_json: Json = False,
) -> None:
    """Run `essaim report`.

    Raises:
        UsageError: There is no such language, nothing is published yet, or the views were not built as of that day.
        EssaimError: The published views cannot be read.
    """
    refuse_unknown_locale(locale)
    folder = programme_folder(programme)
    paths, settings = ProjectPaths(folder), read_programme(folder)
    latest = report_of(paths, settings, locale or settings.settings.locale, as_of=as_of, since=since)
    if since is not None and since > latest.as_of:
        raise UsageError(f"Found --since {since}; expected a day up to {latest.as_of}, the date of the views.")
    file = to or paths.report(latest.as_of, latest.locale, is_rebuilt=latest.is_rebuilt)
    if to is None:
        file.parent.mkdir(parents=True, exist_ok=True)
    write_report(latest, file)
    result = {"as_of": str(latest.as_of), "locale": latest.locale, "file": str(file)}
    sentence = f"Wrote the report as of {latest.as_of} to {file}.\n"
    sys.stdout.write(json.dumps(result, ensure_ascii=False) + "\n" if as_json else sentence)
