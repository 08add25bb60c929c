"""`essaim nothing`."""

from flows.cli.decide import decide_about
from flows.cli.options import AsOf, Author, Json, Programme, Reason, Returns, Undo
from schemas.enums import DecisionKind

EXAMPLE = 'essaim nothing LREF-1/LREF08/M06/suivi --reason "by telephone: no one came" --programme demo'


def nothing(
    expected_returns: Returns,
    reason: Reason,
    author: Author = None,
    undo: Undo = False,
    programme: Programme = None,
    as_of: AsOf = None,
    as_json: Json = False,
) -> None:
    """Run `essaim nothing`: see `flows.cli.decide.decide_about`."""
    decide_about(
        programme,
        expected_returns,
        DecisionKind.NOTHING,
        effective_on=None,
        reason=reason,
        author=author,
        undo=undo,
        as_of=as_of,
        as_json=as_json,
    )
