"""`essaim query`."""

from typing import Annotated

import typer

from flows.cli.options import AsBuilt, Output, Programme, programme_folder
from flows.cli.output import Format, show
from schemas.settings import ProjectPaths
from warehouse.published import read

EXAMPLE = 'essaim query --programme demo "select * from analytics.consolidated_table"'


def query(
    sql: Annotated[str, typer.Argument(metavar="SQL", help="One statement that reads, such as a SELECT.")],
    programme: Programme = None,
    output: Output = Format.TABLE,
    as_of: AsBuilt = None,
) -> None:
    """Run `essaim query`.

    Raises:
        UsageError: Nothing is published yet, or the statement is not one that reads.
    """
    names, rows = read(ProjectPaths(programme_folder(programme)), sql, as_of=as_of)
    show(names, rows, output)
