"""`essaim templates`."""

import json
import sys
from pathlib import Path
from typing import Annotated

import typer

from flows.cli.options import Json, Programme, programme_folder
from schemas.settings import ProjectPaths
from tasks.decisions import owed_returns, warn_of_edits
from tasks.i18n import counted
from tasks.programme import read_programme
from tasks.run import today
from tasks.workbooks.templates import write_templates

EXAMPLE = "essaim templates --programme demo --occasion M12 --out workbooks"


def templates(
    occasion: Annotated[str, typer.Option("--occasion", help="Occasion the workbooks are for, such as M12.")],
    out: Annotated[Path, typer.Option("--out", metavar="DIR", help="Folder to write them to.")],
    structure: Annotated[
        list[str] | None, typer.Option("--structure", help="Only this structure; repeat for several.")
    ] = None,
    programme: Programme = None,
    as_json: Json = False,
) -> None:
    """Run `essaim templates`.

    Raises:
        UsageError: There is no such occasion or structure, or no instrument is a workbook.
    """
    folder = programme_folder(programme)
    structures = frozenset(structure or [])
    paths = ProjectPaths(folder)
    settings = read_programme(folder)
    owed = owed_returns(settings, paths, today(settings))
    warn_of_edits(owed.waiting)
    written = write_templates(settings, paths, out, occasion, structures, owed.rows)
    if as_json:
        sys.stdout.write(json.dumps([str(path) for path in written], ensure_ascii=False) + "\n")
    else:
        sys.stdout.write("".join(f"{path}\n" for path in written) + f"{counted(len(written), 'workbook')}.\n")
