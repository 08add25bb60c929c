"""`essaim status`."""

import sys

from flows.showing import Format, show
from schemas.settings import Places
from schemas.states import ReceiptOutcome, ReturnState
from warehouse.published import read

_NEED_A_PERSON = (ReturnState.MISSING, ReturnState.QUARANTINED, ReturnState.PARTIAL, ReturnState.UNVERIFIABLE)
_COLUMNS = "expected_return_id, structure_name, state, due_on, arrived_on, days_late, answered_pct, evaluator_codes"


def show_status(places: Places, output: Format, *, every: bool) -> None:
    """Print the expected returns that need a person (or all), and in a table also the runs and what was not used."""
    states = ", ".join(f"'{state}'" for state in _NEED_A_PERSON)
    where = "" if every else f"where state in ({states})"
    names, rows = read(
        places.published,
        f"select {_COLUMNS} from analytics.return_status {where} order by state, due_on, expected_return_id",  # noqa: S608 our own states
    )
    if output is not Format.TABLE:
        show(names, rows, output)
        return
    names_of_runs, runs = read(
        places.published,
        "select run_id, as_of_on, outcome, started_at, ended_at from ops.runs order by started_at desc limit 5",
    )
    show(names_of_runs, runs, output, "Last runs (UTC)")
    show(names, rows, output, "Expected returns" if every else "Expected returns that need a person")
    unused = read(
        places.published,
        f"select origin, outcome, detail from ops.receipts where outcome <> '{ReceiptOutcome.READ}' order by origin",  # noqa: S608 our own state
    )
    if unused[1]:
        show(*unused, output, "Came in and could not be used")
    sys.stdout.write(f"{len(rows)} expected returns.\n")
