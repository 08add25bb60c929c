"""Builds the views again as they were: of what was known at the end of a past day, beside what is published."""

import tempfile
from datetime import date, datetime, timedelta
from pathlib import Path

from schemas.errors import UsageError
from schemas.programme import Programme
from schemas.settings import ProjectPaths
from tasks.transform.dbt_build import build_views
from warehouse.copying import copy_known_by
from warehouse.published import put_in_place
from warehouse.runs import last_instant_of


def day_known_at(moment: date | datetime, programme: Programme) -> date:
    """The day whose knowledge a moment has: a day's own; within a day that of the day before, which had ended.

    An instant without a zone is one of the programme's. What a run finds is known from the end of its today.
    """
    if not isinstance(moment, datetime):
        return moment
    local = moment.replace(tzinfo=programme.zone) if moment.tzinfo is None else moment.astimezone(programme.zone)
    return (local + timedelta(microseconds=1)).date() - timedelta(days=1)


def rebuild_as_of(paths: ProjectPaths, programme: Programme, day: date, today: date) -> Path:
    """Build the views of what was known at the end of a day, into a file of their own. What is published stays.

    Raises:
        UsageError: the day is yet to come, or nothing was known then.
        EssaimError: the views could not be built.
    """
    if day > today:
        raise UsageError(f"Found {day} as the day to build the views of; expected one up to {today}, which is today.")
    known_by = last_instant_of(day, programme.zone)
    built = paths.built_as_of(day)
    built.parent.mkdir(parents=True, exist_ok=True)
    # Beside where it goes, so that it is put in place in one step.
    with tempfile.TemporaryDirectory(prefix="building-", dir=built.parent) as folder:
        copy = ProjectPaths(paths.folder, Path(folder), in_file=True)
        copy_known_by(paths, copy, known_by)
        build_views(copy, as_of=day, known_by=known_by, locale=programme.settings.locale)
        put_in_place(copy.warehouse, built)
    return built
