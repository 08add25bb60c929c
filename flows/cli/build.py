"""`essaim build`."""

import json
import sys
from datetime import date, datetime
from typing import Annotated

import typer

from flows.cli.options import Json, Programme, day, programme_folder
from schemas.settings import ProjectPaths
from tasks.pipeline.steps import build as build_views
from tasks.programme import read_programme
from tasks.run import progress, recorded_run, today
from tasks.transform.past_build import day_known_at, rebuild_as_of

EXAMPLE = "essaim build --programme demo --as-of 2018-12-31"


def _moment(text: str) -> date | datetime:
    for read in (day, datetime.fromisoformat):
        try:
            return read(text)
        except (ValueError, typer.BadParameter):
            continue
    raise typer.BadParameter(f"{text!r} is no day and no instant. Expected 2018-12-31, or 2018-12-31T18:00+01:00.")


def build(
    programme: Programme = None,
    as_of: Annotated[
        datetime | None,
        typer.Option(
            "--as-of",
            parser=_moment,
            metavar="INSTANT",
            help="Build what was known then, beside the published views; a day counts up to its end.",
        ),
    ] = None,
    as_json: Json = False,
) -> None:
    """Run `essaim build`.

    Raises:
        EssaimError: The views could not be built.
    """
    folder = programme_folder(programme)
    settings, paths = read_programme(folder), ProjectPaths(folder)
    now = today(settings)
    if as_of is None:
        with recorded_run(paths, settings, command="build", as_of=now) as run:
            build_views(run)
        told = {"as_of": now, "file": None}
        sentence = f"Built and published the views as of {now}.\n"
    else:
        known_on = day_known_at(as_of, settings)
        progress.info("Building the views of what was known at the end of %s.", known_on)
        file = rebuild_as_of(paths, settings, known_on, now)
        told = {"as_of": known_on, "file": str(file)}
        sentence = (
            f"Built what was known at the end of {known_on} into {file}. What is published stays as it is.\n"
            f"Read it with --as-of {known_on}, which query, export, report and provenance take.\n"
        )
    sys.stdout.write(json.dumps(told, default=str) + "\n" if as_json else sentence)
