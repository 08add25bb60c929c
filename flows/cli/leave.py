"""`essaim leave`."""

from datetime import date
from typing import Annotated

import typer

from flows.cli.decide import decide_about
from flows.cli.options import AsOf, Author, Json, Programme, Reason, Undo, day
from schemas.enums import DecisionKind

EXAMPLE = 'essaim leave LREF-1/LREF08 --on 2018-12-31 --reason "merged" --programme demo'


def leave(
    enrolments: Annotated[
        list[str], typer.Argument(metavar="COHORT/STRUCTURE", help='Enrolments; "*" matches any text.')
    ],
    reason: Reason,
    on: Annotated[
        date | None, typer.Option("--on", parser=day, metavar="DAY", help="Day on which the structure left.")
    ] = None,
    author: Author = None,
    undo: Undo = False,
    programme: Programme = None,
    as_of: AsOf = None,
    as_json: Json = False,
) -> None:
    """Run `essaim leave`: see `flows.cli.decide.decide_about`."""
    decide_about(
        programme,
        enrolments,
        DecisionKind.LEAVE,
        effective_on=on,
        reason=reason,
        author=author,
        undo=undo,
        as_of=as_of,
        as_json=as_json,
    )
