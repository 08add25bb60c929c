"""`essaim export`."""

import sys
from pathlib import Path
from typing import Annotated

import typer

from flows.cli.options import AsBuilt, Locale, Programme, programme_folder, refuse_unknown_locale
from schemas.errors import UsageError
from schemas.settings import ProjectPaths
from tasks.exporting import (
    WIDE_PARTICIPANTS,
    WIDE_VIEW,
    Exported,
    format_of,
    occurring,
    view_named,
    widened,
    widened_participants,
    write_export,
)
from tasks.i18n import counted
from tasks.programme import read_programme
from warehouse.exported import panel_rows, participant_rows, view_rows

EXAMPLE = "essaim export cohort_panel --wide --out panel.sav --programme demo"


def export(
    view_name: Annotated[str, typer.Argument(metavar="VIEW", help="A view of analytics, or a table of marts.")],
    to: Annotated[
        Path,
        typer.Option(
            "--out",
            metavar="FILE",
            help="File to write; its suffix sets the format: .parquet .csv .xlsx .ods .sav .dta.",
        ),
    ],
    programme: Programme = None,
    wide: Annotated[
        bool,
        typer.Option(
            "--wide",
            help="One column per indicator: cohort_panel by enrolment and occasion, participant_values by person, too.",
        ),
    ] = False,
    locale: Locale = None,
    as_of: AsBuilt = None,
) -> None:
    """Run `essaim export`. Rows are in the order of the view's grain.

    Raises:
        UsageError: There is no such view, language or format, or the view has no wide form.
    """
    folder = programme_folder(programme)
    view, ending, paths = view_named(view_name), format_of(to), ProjectPaths(folder)
    refuse_unknown_locale(locale)
    if wide and view.name not in (WIDE_VIEW, WIDE_PARTICIPANTS):
        raise UsageError(
            f"Found --wide with {view.name}, which has no wide form; only {WIDE_VIEW} and {WIDE_PARTICIPANTS} have "
            "one. Leave --wide out."
        )
    if wide and view.name == WIDE_PARTICIPANTS:
        outcomes = view_named("participant_outcomes")
        exported = widened_participants(participant_rows(paths, as_of=as_of), outcomes, view, ending)
    elif wide:
        exported = widened(panel_rows(paths, as_of=as_of), view, ending)
    else:
        columns = [column.name for column in view.columns]
        rows, codebook = view_rows(paths, view.schema, view.name, columns, view.grain, as_of=as_of)
        exported = Exported(rows, view, occurring(rows, codebook))
    write_export(exported, to, locale or read_programme(folder).settings.locale)
    form = ", in its wide form," if wide else ""
    sys.stdout.write(f"Wrote {counted(exported.table.num_rows, 'row')} of {view.schema}.{view.name}{form} to {to}.\n")
