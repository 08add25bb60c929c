"""`essaim status`."""

import sys
from collections.abc import Iterator
from typing import Annotated

import typer

from flows.cli.options import Output, Programme, programme_folder
from flows.cli.output import Format, show
from flows.cli.selecting import Evaluators, Innovations, Structures, selection_of
from schemas.selection import Selection
from schemas.settings import ProjectPaths
from tasks.i18n import counted
from warehouse.contradictions import published_contradicted_decisions
from warehouse.corrections import published_unapplied_corrections
from warehouse.decisions import decisions_in_force
from warehouse.published import QueryResult
from warehouse.status import (
    changed_questionnaires,
    dead_letters,
    expected_returns,
    last_runs,
    sent_again_with_errors,
    unplaced_responses,
    unread_sources,
    unused_receipts,
    withdrawn_responses,
)
from warehouse.surveillance import new_findings
from warehouse.targets import undecided_targets

EXAMPLE = "essaim status --programme demo --format csv"


_LISTED = 20
"""Highest number of findings of surveillance that a table lists."""
_NOTHING = "No expected return needs a person."


def status(
    programme: Programme = None,
    output: Output = Format.TABLE,
    every: Annotated[
        bool, typer.Option("--all", help="List every expected return, not only those that need a person.")
    ] = False,
    evaluator: Evaluators = None,
    structure: Structures = None,
    innovation: Innovations = None,
) -> None:
    """Run `essaim status`.

    CSV and JSON hold the expected returns only; so does a table that is limited to some evaluators, structures or
    innovations. Another table adds runs, sources and decisions.

    Raises:
        UsageError: Nothing is published yet, or a code is not one of the programme folder.
    """
    paths = ProjectPaths(programme_folder(programme))
    selection = Selection()
    if evaluator or structure or innovation:
        from tasks.programme import read_programme  # imports the folder's rules

        selection = selection_of(read_programme(paths.folder), evaluator, structure, innovation)
    names, rows = expected_returns(paths, every=every, selection=selection)
    if output is not Format.TABLE:
        show(names, rows, output)
        return
    if selection.is_everything:
        show(*last_runs(paths), output, "Last runs (UTC)")
    if rows:
        show(*_with_values(names, rows), output, "Expected returns" if every else "Expected returns that need a person")
    if selection.is_everything:
        _show_the_rest(paths)
    sys.stdout.write(f"{counted(len(rows), 'expected return')}.\n" if rows or every else f"{_NOTHING}\n")


def _show_the_rest(paths: ProjectPaths) -> None:
    """Print a table for each other kind of thing that may need a person."""
    for title, (columns, lines) in (
        ("Could not be read at the last attempt", unread_sources(paths)),
        ("Received, and could not be used", unused_receipts(paths)),
        ("Received, and sent again with errors: the earlier version counts", sent_again_with_errors(paths)),
        ("Responses, submitted or only begun, whose occasion is to be determined", unplaced_responses(paths)),
        ("Collected, and withdrawn since", withdrawn_responses(paths)),
        ("Corrections not applied", published_unapplied_corrections(paths)),
        ("Nothing to report by decision, and contradicted by a return", published_contradicted_decisions(paths)),
        *_to_look_at(paths),
        ("Targets of which coverage does not allow to say whether they are reached", undecided_targets(paths)),
        ("Messages permanently rejected", dead_letters(paths)),
        ("Decisions in force", decisions_in_force(paths)),
        ("Questionnaires that differ from the crosswalk's baseline", changed_questionnaires(paths)),
    ):
        if lines:
            show(columns, lines, Format.TABLE, title)


def _to_look_at(paths: ProjectPaths) -> Iterator[tuple[str, QueryResult]]:
    """Yield the first findings that nobody has explained, under a title that counts them all."""
    names, lines = new_findings(paths)
    shown = f", {_LISTED} shown; analytics.surveillance has the others" if len(lines) > _LISTED else ""
    title = f"To be looked at: {counted(len(lines), 'finding')}{shown}"
    yield title, _with_values(names, [tuple(map(shortened, line)) for line in lines[:_LISTED]])


def shortened(value: object) -> object:
    """Return a fraction with three digits, and a whole number as such; anything but a number as it is."""
    if not isinstance(value, float):
        return value
    return int(value) if value.is_integer() or abs(value) >= 1000 else float(f"{value:.3g}")


def _with_values(names: list[str], rows: list[tuple[object, ...]]) -> tuple[list[str], list[tuple[object, ...]]]:
    """Return the columns of a table that have a value in some row: blank ones would squeeze the others."""
    kept = [place for place in range(len(names)) if any(row[place] not in (None, "") for row in rows)]
    return [names[place] for place in kept], [tuple(row[place] for place in kept) for row in rows]
