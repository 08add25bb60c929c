"""`essaim query`."""

from datetime import date
from typing import Annotated

import typer

from flows.cli.options import AsBuilt, Output, Programme, day, programme_folder
from flows.cli.output import Format, show
from schemas.settings import ProjectPaths
from warehouse.published import read

EXAMPLE = 'essaim query --programme demo "select * from analytics.consolidated_table"'

Beside = Annotated[
    date | None,
    typer.Option(
        "--beside",
        parser=day,
        metavar="DAY",
        help="Read the views of this day, too: beside.analytics.… in the statement.",
    ),
]


def query(
    sql: Annotated[str, typer.Argument(metavar="SQL", help="One statement that reads, such as a SELECT.")],
    programme: Programme = None,
    output: Output = Format.TABLE,
    as_of: AsBuilt = None,
    beside: Beside = None,
) -> None:
    """Run `essaim query`.

    Raises:
        UsageError: Nothing is published yet, the views of a day were not built, or the statement is not one that reads.
    """
    names, rows = read(ProjectPaths(programme_folder(programme)), sql, as_of=as_of, beside=beside)
    show(names, rows, output)
