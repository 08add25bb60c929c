"""`essaim init`."""

import json
import sys
from pathlib import Path

from schemas.errors import ProgrammeError
from tasks.programme import read_programme
from tasks.programme.beginning import begin_programme


def begin(folder: Path, *, as_json: bool) -> None:
    """Write an empty programme, and say what is to be filled in.

    Raises:
        UsageError: the folder holds something.
    """
    written = begin_programme(folder)
    try:
        read_programme(folder)
        to_fill_in = []
    except ProgrammeError as error:
        to_fill_in = [str(mistake) for mistake in error.mistakes]
    if as_json:
        told = {"files": [str(path) for path in written], "to_fill_in": to_fill_in}
        sys.stdout.write(json.dumps(told, ensure_ascii=False) + "\n")
        return
    sys.stdout.write("".join(f"{path}\n" for path in written))
    sys.stdout.write("To be filled in:\n" + "".join(f"  {sentence}\n" for sentence in to_fill_in))
    sys.stdout.write(f"Then: essaim check --programme {folder}\n")
