"""`essaim calendar`."""

import sys
from dataclasses import fields
from datetime import date
from pathlib import Path

from flows.cli.output import Format, show
from schemas.errors import UsageError
from tasks.programme import read_programme
from tasks.schedule.due_dates import DueDate, due_dates


def show_calendar(
    folder: Path, output: Format, *, ics: Path | None, first: date | None, last: date | None, today: date | None
) -> None:
    """Print the due dates from `first` to `last`, and write all of them as calendars into the folder `ics`.

    Raises:
        UsageError: `first` is after `last`, or a file in `ics` is in the way.
    """
    if first and last and first > last:
        raise UsageError(f"--from {first} is after --to {last}. Expected the earlier day first.")
    programme = read_programme(folder)
    names = [field.name for field in fields(DueDate)]
    found = due_dates(programme, first, last)
    rows = [[_shown(getattr(one, name)) for name in names] for one in found]
    show(names, rows, output)
    if ics is not None:
        from tasks.run import progress  # brings the warehouse
        from tasks.run import today as present_day
        from tasks.schedule.icalendar_files import write_calendars  # only files need the library

        # All of them, whatever is shown: what is not in the file any more would be taken for cancelled.
        for path in write_calendars(ics, programme, due_dates(programme), today=today or present_day(programme)):
            progress.info("Wrote %s.", path)
    if output is Format.TABLE:
        sys.stdout.write(f"{len(found)} due dates.\n")


def _shown(value: object) -> object:
    return ", ".join(value) if isinstance(value, tuple) else value
