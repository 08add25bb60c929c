"""Retention: originals are kept encrypted for the time that programme.yaml states (`originals.keep_days`), no longer.

What was loaded of them, and the receipts that prove what came in, stay.
"""

from datetime import date, timedelta

from schemas.settings import Environment, ProjectPaths
from tasks.landing import Landing, Original
from tasks.programme import read_programme
from tasks.run import progress, recorded_run, today


def remove_old_originals(
    paths: ProjectPaths, *, dry_run: bool = False, as_of: date | None = None
) -> tuple[list[Original], str]:
    """What is removed, the oldest first, and a sentence about it."""
    programme = read_programme(paths.folder)
    keep_days = programme.settings.originals.keep_days
    if keep_days is None:
        return [], "Nothing is removed: programme.yaml states no time to keep originals for (originals.keep_days)."
    day = as_of or today(programme)
    before = day - timedelta(days=keep_days)
    landing = Landing(paths, Environment())
    if dry_run:
        removed = landing.kept_before(before, programme.zone)
    else:
        # No run may be reading what is removed.
        with recorded_run(paths, programme, command="retention", as_of=day, publishes=False):
            removed = landing.remove(landing.kept_before(before, programme.zone))
    for one in removed:
        progress.info("%s %s, kept on %s.", "Would remove" if dry_run else "Removed", one.path, one.kept_on)
    verb = "would be removed" if dry_run else "were removed"
    size = sum(one.byte_count for one in removed)
    return removed, f"{len(removed)} originals kept before {before} {verb}: {size} bytes."
