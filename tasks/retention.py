"""Delete encrypted originals kept for longer than `originals.keep_days` in programme.yaml.

The rows loaded from them and their receipts stay.
"""

from datetime import date, timedelta

from schemas.settings import Environment, ProjectPaths
from tasks.i18n import counted
from tasks.landing import Landing, Original
from tasks.programme import read_programme
from tasks.run import progress, recorded_run, today


def remove_old_originals(
    paths: ProjectPaths, environment: Environment, *, dry_run: bool = False, as_of: date | None = None
) -> tuple[list[Original], str]:
    """Delete old originals.

    Args:
        paths: Where the programme's folders and files are.
        environment: The settings of the installation.
        dry_run: Delete nothing.
        as_of: Day to count from; the present date by default.

    Returns:
        The originals deleted (in a dry run, those to delete), oldest first, and a sentence about them.
    """
    programme = read_programme(paths.folder)
    keep_days = programme.settings.originals.keep_days
    if keep_days is None:
        return [], "Nothing is removed: programme.yaml sets no originals.keep_days."
    day = as_of or today(programme)
    before = day - timedelta(days=keep_days)
    landing = Landing(paths, environment)
    if dry_run:
        removed = landing.kept_before(before, programme.zone)
    else:
        # The lease keeps other runs from reading an original while it is removed.
        with recorded_run(paths, programme, environment, command="retention", as_of=day, publishes=False):
            removed = landing.remove(landing.kept_before(before, programme.zone))
    for original in removed:
        progress.info("%s %s, kept on %s.", "Would remove" if dry_run else "Removed", original.path, original.kept_on)
    verb = "Would remove" if dry_run else "Removed"
    size = sum(original.byte_count for original in removed)
    return removed, f"{verb} {counted(len(removed), 'original')} kept before {before}: {counted(size, 'byte')}."
