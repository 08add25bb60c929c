"""`essaim export`."""

import sys
from datetime import date
from pathlib import Path

import sqlalchemy as sa

from schemas.errors import UsageError
from schemas.settings import Places
from tasks.exporting import export_table, view_named
from tasks.programme import read_programme
from warehouse.published import read_columns


def export_view(folder: Path, name: str, target: Path, *, locale: str | None, as_of: date | None) -> None:
    """Write a published view to a file, in the order of its grain.

    Raises:
        UsageError: there is no such view, language or format.
    """
    view = view_named(name)
    if locale not in (None, "fr", "en"):
        raise UsageError(f"Found --locale {locale}; expected fr or en.")
    table = sa.table(view.name, *(sa.column(column.name) for column in view.columns), schema=view.schema)
    ordered = sa.select(table).order_by(*(table.c[column] for column in view.grain))
    rows = read_columns(Places(folder), ordered, as_of=as_of)
    export_table(rows, view, target, locale or read_programme(folder).settings.locale)
    sys.stdout.write(f"Wrote {rows.num_rows} rows of {view.schema}.{view.name} to {target}.\n")
