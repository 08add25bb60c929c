"""`essaim snooze`."""

from datetime import date
from typing import Annotated

import typer

from flows.cli.decide import decide_about
from flows.cli.options import AsOf, Author, Json, Programme, Reason, Returns, Undo, day
from schemas.enums import DecisionKind

EXAMPLE = "essaim snooze LREF-1/LREF08/M06/suivi --until 2019-05-02 --reason away --programme demo --as-of 2019-03-31"


def snooze(
    expected_returns: Returns,
    reason: Reason,
    until: Annotated[
        date | None,
        typer.Option("--until", parser=day, metavar="DAY", help="First day on which reminders go out again."),
    ] = None,
    author: Author = None,
    undo: Undo = False,
    programme: Programme = None,
    as_of: AsOf = None,
    as_json: Json = False,
) -> None:
    """Run `essaim snooze`: see `flows.cli.decide.decide_about`."""
    decide_about(
        programme,
        expected_returns,
        DecisionKind.SNOOZE,
        effective_on=until,
        reason=reason,
        author=author,
        undo=undo,
        as_of=as_of,
        as_json=as_json,
    )
