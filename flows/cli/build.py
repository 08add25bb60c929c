"""`essaim build`."""

import json
import sys
from datetime import date, datetime
from typing import Annotated

import typer

from flows.cli.options import Json, Programme, day, programme_folder
from schemas.settings import Environment, ProjectPaths
from tasks.pipeline.build_bar import build_bar
from tasks.pipeline.planning import plan_expected_returns
from tasks.pipeline.views import build as build_views
from tasks.programme import read_programme
from tasks.run import progress, recorded_run, today
from tasks.transform.past_build import day_known_at, rebuild_as_of, stricter_threshold

EXAMPLE = "essaim build --programme demo --as-of 2019-03-31"


def _moment(text: str) -> date | datetime:
    for parse in (day, datetime.fromisoformat):
        try:
            return parse(text)
        except (ValueError, typer.BadParameter):
            continue
    raise typer.BadParameter(
        f"{text!r} is neither a day nor an instant. Expected a value such as 2018-12-31 or 2018-12-31T18:00+01:00."
    )


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
    """Run `essaim build`: by the programme folder as it is, or as of a past day by the folder of that day.

    Raises:
        PlanError: Edits of the folder wait to be accepted.
        EssaimError: The views could not be built.
    """
    environment = Environment()
    folder = programme_folder(programme, environment)
    settings, paths = read_programme(folder), ProjectPaths(folder)
    now = today(settings)
    if as_of is None:
        with recorded_run(paths, settings, environment, command="build", as_of=now) as run:
            planned = plan_expected_returns(run)
            with build_bar() as observe:
                build_views(planned, observe, everything=True)
        result = {"as_of": now, "file": None}
        sentence = f"Built and published the views as of {now}.\n"
    else:
        known_on = day_known_at(as_of, settings)
        progress.info("Building the views as known at the end of %s.", known_on)
        file = rebuild_as_of(paths, settings, environment, known_on, now)
        result = {"as_of": known_on, "file": str(file)}
        if thresholds := stricter_threshold(file):
            progress.warning(
                "Figures that rest on fewer than %d structures are suppressed, as programme.yaml demands today "
                "(disclosure.minimum_structures). On %s it demanded %d.",
                thresholds[0],
                known_on,
                thresholds[1],
            )
        sentence = (
            f"Built the views as known at the end of {known_on} in {file}. The published views stay as they are.\n"
            f"To read them, give --as-of {known_on} to query, export, report or provenance.\n"
        )
    sys.stdout.write(json.dumps(result, default=str) + "\n" if as_json else sentence)
