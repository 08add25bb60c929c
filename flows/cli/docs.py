"""`essaim docs`."""

import shutil
import sys
import tempfile
from pathlib import Path
from typing import Annotated

import typer

from flows.cli.options import Programme, programme_folder
from schemas.errors import UsageError
from schemas.settings import Environment, ProjectPaths
from tasks.transform.dbt_build import write_pages
from warehouse.address import warehouse_address

EXAMPLE = "essaim docs --out views.html --programme demo"


def docs(
    to: Annotated[Path, typer.Option("--out", metavar="FILE", help="HTML file to write.")],
    programme: Programme = None,
) -> None:
    """Run `essaim docs`. It describes the published views, and holds up neither readers nor runs.

    Raises:
        UsageError: Nothing is published yet, or the file cannot be written.
    """
    environment = Environment()
    folder = programme_folder(programme, environment)
    paths = ProjectPaths(folder)
    is_file = warehouse_address(paths) is None
    if is_file and not paths.published.exists():
        raise UsageError(f"There is no warehouse at {paths.published} yet. Run essaim collect (or essaim demo) first.")
    # In a folder of its own, because a run may be using the target folder of dbt.
    with tempfile.TemporaryDirectory() as written:
        beside = ProjectPaths(folder, Path(written), in_file=is_file)
        if is_file:
            shutil.copyfile(paths.published, beside.warehouse)
        pages = write_pages(beside, environment)
        try:
            shutil.copyfile(pages, to)
        except OSError as error:
            raise UsageError(
                f"{to} cannot be written: {error.strerror}. Name a file in a folder that exists."
            ) from error
    sys.stdout.write(f"Wrote the documentation of the views to {to}. Open it in a browser.\n")
