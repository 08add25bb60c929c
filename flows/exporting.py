"""`essaim export`."""

import sys
from datetime import date
from pathlib import Path

from schemas.errors import UsageError
from schemas.settings import Places
from tasks.exporting import Exported, format_of, occurring, view_named, write_export
from tasks.programme import read_programme
from warehouse.exported import view_rows


def export_view(folder: Path, name: str, target: Path, *, locale: str | None, as_of: date | None) -> None:
    """Write a published view to a file, in the order of its grain.

    Raises:
        UsageError: there is no such view, language or format.
    """
    view = view_named(name)
    format_of(target)
    if locale not in (None, "fr", "en"):
        raise UsageError(f"Found --locale {locale}; expected fr or en.")
    columns = [column.name for column in view.columns]
    rows, codebook = view_rows(Places(folder), view.schema, view.name, columns, view.grain, as_of=as_of)
    exported = Exported(rows, view, occurring(rows, codebook))
    write_export(exported, target, locale or read_programme(folder).settings.locale)
    sys.stdout.write(f"Wrote {exported.table.num_rows} rows of {view.schema}.{view.name} to {target}.\n")
