"""`essaim calendar`."""

import sys
from dataclasses import fields
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from flows.cli.options import AsOf, Output, Programme, day, programme_folder
from flows.cli.output import Format, show
from flows.cli.selecting import Evaluators, Innovations, Structures, selection_of
from schemas.errors import UsageError
from schemas.programme import Programme as ProgrammeFolder
from schemas.settings import ProjectPaths
from tasks.programme import read_programme
from tasks.schedule.due_dates import DueDate, by_evaluator, due_dates, selected
from tasks.schedule.expected_returns import owed_by_folder
from warehouse.address import warehouse_address

if TYPE_CHECKING:
    from schemas.tables import Row  # imports the engines

EXAMPLE = "essaim calendar --programme demo --from 2019-01-01 --ics calendars"


def calendar(
    programme: Programme = None,
    output: Output = Format.TABLE,
    first: Annotated[
        date | None, typer.Option("--from", parser=day, metavar="DAY", help="Show due dates from this day on.")
    ] = None,
    last: Annotated[
        date | None, typer.Option("--to", parser=day, metavar="DAY", help="Show due dates up to this day.")
    ] = None,
    ics: Annotated[
        Path | None,
        typer.Option("--ics", metavar="DIR", help="Write all due dates to this folder, one calendar per evaluator."),
    ] = None,
    evaluator: Evaluators = None,
    structure: Structures = None,
    innovation: Innovations = None,
    as_of: AsOf = None,
) -> None:
    """Run `essaim calendar`.

    Raises:
        UsageError: `first` is after `last`, a code is not one of the programme folder, or a file in `ics` is in the
            way.
    """
    if first and last and first > last:
        raise UsageError(f"--from {first} is after --to {last}. Expected the earlier day first.")
    folder = programme_folder(programme)
    settings = read_programme(folder)
    owed = _owed(settings, ProjectPaths(folder), as_of)
    names = [field.name for field in fields(DueDate) if field.name != "due_date_id"]
    selection = selection_of(settings, evaluator, structure, innovation)
    dates = due_dates(settings, selected(settings, owed, selection), first, last)
    rows = [[_shown(getattr(due_date, name)) for name in names] for due_date in dates]
    show(names, rows, output)
    if ics is not None:
        from tasks.run import progress, today  # imports the warehouse
        from tasks.schedule.icalendar_files import write_calendars  # imports icalendar

        # All due dates, whatever is shown: calendars cancel an event that a file no longer lists.
        of_evaluators = {
            code: owed_dates
            for code, owed_dates in by_evaluator(settings, owed).items()
            if not selection.evaluators or code in selection.evaluators
        }
        for path in write_calendars(ics, settings, of_evaluators, today=as_of or today(settings)):
            progress.info("Wrote %s.", path)
    if output is Format.TABLE:
        sys.stdout.write(f"{len(dates)} due dates.\n")


def _owed(settings: ProgrammeFolder, paths: ProjectPaths, as_of: date | None) -> "list[Row]":
    """Return the rows of the plan that structures owe."""
    if warehouse_address(paths) is None and not paths.published.exists():
        return owed_by_folder(settings)
    from tasks.decisions import owed_returns, warn_of_edits  # imports the warehouse
    from tasks.run import today

    owed = owed_returns(settings, paths, as_of or today(settings))
    warn_of_edits(owed.waiting)
    return owed.rows


def _shown(value: object) -> object:
    return ", ".join(value) if isinstance(value, tuple) else value
