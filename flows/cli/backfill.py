"""`essaim backfill`."""

from datetime import date
from typing import Annotated

import typer

from flows.cli.collect import print_result, ready_to_collect
from flows.cli.options import Json, Programme, day, programme_folder
from flows.past_period import collect_period
from schemas.enums import Pace
from schemas.settings import Environment

EXAMPLE = "essaim backfill --from 2018-01-01 --to 2019-03-31 --pace quarters --programme demo"

_PACES = {pace.name.lower().replace("_", "-"): pace for pace in Pace}


def _pace(text: str) -> Pace:
    if text not in _PACES:
        raise typer.BadParameter(f"{text!r} is not a pace. Expected one of {', '.join(_PACES)}.")
    return _PACES[text]


def backfill(
    first: Annotated[date, typer.Option("--from", parser=day, metavar="DAY", help="First day of the period.")],
    last: Annotated[
        date, typer.Option("--to", parser=day, metavar="DAY", help="Last day of the period, today at the latest.")
    ],
    pace: Annotated[
        Pace | None,
        typer.Option(
            "--pace",
            parser=_pace,
            metavar="|".join(_PACES),
            autocompletion=lambda: list(_PACES),
            help="Which days are collected; quarters by default.",
        ),
    ] = None,
    occasion: Annotated[
        list[str] | None,
        typer.Option("--occasion", help="With --pace due-dates: only this occasion; repeat for several."),
    ] = None,
    programme: Programme = None,
    as_json: Json = False,
) -> None:
    """Run `essaim backfill`.

    Raises:
        EssaimError: The period could not be collected.
    """
    environment = Environment()
    paths = ready_to_collect(programme_folder(programme, environment), environment)
    collected = collect_period(paths, environment, first, last, pace or Pace.QUARTERS, occasion or [])
    raise typer.Exit(print_result(collected, as_json=as_json))
