"""`essaim export`."""

import sys
from datetime import date
from pathlib import Path

from schemas.errors import UsageError
from schemas.settings import ProjectPaths
from tasks.exporting import WIDE_VIEW, Exported, format_of, occurring, view_named, widened, write_export
from tasks.programme import read_programme
from warehouse.exported import panel_rows, view_rows


def export_view(folder: Path, name: str, target: Path, *, wide: bool, locale: str | None, as_of: date | None) -> None:
    """Write a published view to a file, in the order of its grain; the panel in its wide form where it is asked for.

    Raises:
        UsageError: there is no such view, language or format, or the view has no wide form.
    """
    view, ending, paths = view_named(name), format_of(target), ProjectPaths(folder)
    if locale not in (None, "fr", "en"):
        raise UsageError(f"Found --locale {locale}; expected fr or en.")
    if wide and view.name != WIDE_VIEW:
        raise UsageError(
            f"Found --wide with {view.name}, which has no wide form; only {WIDE_VIEW} has one. Leave --wide out."
        )
    if wide:
        exported = widened(panel_rows(paths, as_of=as_of), view, ending)
    else:
        columns = [column.name for column in view.columns]
        rows, codebook = view_rows(paths, view.schema, view.name, columns, view.grain, as_of=as_of)
        exported = Exported(rows, view, occurring(rows, codebook))
    write_export(exported, target, locale or read_programme(folder).settings.locale)
    form = ", in its wide form," if wide else ""
    sys.stdout.write(f"Wrote {exported.table.num_rows} rows of {view.schema}.{view.name}{form} to {target}.\n")
