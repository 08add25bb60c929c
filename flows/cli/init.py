"""`essaim init`."""

import json
import sys
from pathlib import Path
from typing import Annotated

import typer

from flows.cli.options import Json
from schemas.errors import ProgrammeError
from tasks.programme import read_programme
from tasks.programme.beginning import begin_programme

EXAMPLE = "essaim init my-programme"


def init(
    folder: Annotated[Path, typer.Argument(metavar="DIR", help="Folder to write to: new or empty.")],
    as_json: Json = False,
) -> None:
    """Run `essaim init`.

    Raises:
        UsageError: The folder is not empty.
    """
    written = begin_programme(folder)
    try:
        read_programme(folder)
        to_fill_in = []
    except ProgrammeError as error:
        to_fill_in = [str(mistake) for mistake in error.mistakes]
    if as_json:
        result = {"files": [str(path) for path in written], "to_fill_in": to_fill_in}
        sys.stdout.write(json.dumps(result, ensure_ascii=False) + "\n")
        return
    sys.stdout.write("".join(f"{path}\n" for path in written))
    sys.stdout.write("To be filled in:\n" + "".join(f"  {sentence}\n" for sentence in to_fill_in))
    sys.stdout.write(f"Then: essaim check --programme {folder}\n")
