"""`essaim extend`."""

from datetime import date
from typing import Annotated

import typer

from flows.cli.decide import decide_about
from flows.cli.options import AsOf, Author, Json, Programme, Reason, Returns, Undo, day
from schemas.enums import DecisionKind

EXAMPLE = "essaim extend LREF-1/LREF08/M06/suivi --until 2019-05-31 --reason moved --programme demo --as-of 2019-03-31"


def extend(
    expected_returns: Returns,
    reason: Reason,
    until: Annotated[
        date | None,
        typer.Option("--until", parser=day, metavar="DAY", help="The later due date; the grace days follow it."),
    ] = None,
    author: Author = None,
    undo: Undo = False,
    programme: Programme = None,
    as_of: AsOf = None,
    as_json: Json = False,
) -> None:
    """Run `essaim extend`: see `flows.cli.decide.decide_about`."""
    decide_about(
        programme,
        expected_returns,
        DecisionKind.EXTEND,
        effective_on=until,
        reason=reason,
        author=author,
        undo=undo,
        as_of=as_of,
        as_json=as_json,
    )
