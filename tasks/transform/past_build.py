"""Build the views as of a past day, beside the published ones."""

import tempfile
from datetime import date, datetime, timedelta
from pathlib import Path

import sqlalchemy as sa

from schemas.errors import UsageError
from schemas.programme import Programme
from schemas.settings import Environment, ProjectPaths
from tasks.transform.dbt_build import build_views
from warehouse.copying import copy_known_by
from warehouse.published import put_in_place, read_copy
from warehouse.runs import last_instant_of
from warehouse.sql import as_text


def day_known_at(moment: date | datetime, programme: Programme) -> date:
    """Return the last day that had ended by a moment: a run's rows are known from the end of its today.

    Args:
        moment: A day, which counts up to its end, or an instant; without a time zone, in the programme's.
        programme: The programme.
    """
    if not isinstance(moment, datetime):
        return moment
    local = moment.replace(tzinfo=programme.zone) if moment.tzinfo is None else moment.astimezone(programme.zone)
    return (local + timedelta(microseconds=1)).date() - timedelta(days=1)


def rebuild_as_of(paths: ProjectPaths, programme: Programme, environment: Environment, day: date, today: date) -> Path:
    """Build the views of everything known at the end of a day, in a DuckDB file of their own.

    The stricter of two thresholds suppresses figures: the one known on that day, and the programme's present one.

    Args:
        paths: Where the programme's folders and files are.
        programme: The programme.
        environment: The settings of the installation.
        day: The day, in the programme's time zone.
        today: The present date in that zone.

    Returns:
        The file. The published views stay as they are.

    Raises:
        UsageError: The day is after today, or nothing was known at its end.
        EssaimError: The views could not be built.
    """
    if day > today:
        raise UsageError(f"Found {day} as the day to build the views of; expected a day up to today, {today}.")
    known_by = last_instant_of(day, programme.zone)
    built = paths.built_as_of(day)
    built.parent.mkdir(parents=True, exist_ok=True)
    # In the same file system, so that the file is moved into place in one step.
    with tempfile.TemporaryDirectory(prefix="building-", dir=built.parent) as folder:
        copy = ProjectPaths(paths.folder, Path(folder), in_file=True)
        copy_known_by(paths, copy, known_by)
        build_views(
            copy,
            environment,
            as_of=day,
            known_by=known_by,
            locale=programme.settings.locale,
            minimum_structures=programme.settings.disclosure.minimum_structures,
            minimum_participants=programme.settings.disclosure.minimum_participants,
        )
        put_in_place(copy.warehouse, built)
    return built


def stricter_threshold(file: Path) -> tuple[int, int] | None:
    """Return the threshold that views as of a day were built with, and the one known then; None if they are the same.

    Args:
        file: The file of the views.
    """
    columns = ("minimum_structures", "known_minimum_structures")
    rules = sa.table("stg_programme__rules", *(sa.column(name) for name in columns), schema="staging")
    _, ((used, known),) = read_copy(file, as_text(sa.select(*rules.c)))
    return (int(str(used)), int(str(known))) if used != known else None
