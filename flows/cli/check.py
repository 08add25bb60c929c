"""`essaim check`."""

import json
import sys
from dataclasses import asdict
from pathlib import Path

from schemas.enums import Exit
from schemas.errors import ProgrammeError
from tasks.programme import read_programme
from tasks.programme.unused import unused


def check_programme(folder: Path, *, as_json: bool) -> Exit:
    """Read a programme folder and say what is wrong with it, or what it holds."""
    mistakes = []
    try:
        programme = read_programme(folder)
    except ProgrammeError as error:
        if not as_json:
            raise
        mistakes = error.mistakes
    else:
        if not as_json:
            settings = programme.settings
            sys.stdout.write(
                f"{settings.name}: no mistake in {len(settings.innovations)} innovations, "
                f"{len(settings.cohorts)} cohorts, {len(programme.enrolments)} enrolments, "
                f"{len(settings.instruments)} instruments and {len(programme.indicators)} indicators.\n"
            )
            sys.stdout.writelines(f"{sentence}\n" for sentence in unused(programme))
    if as_json:
        sys.stdout.write(json.dumps([asdict(mistake) for mistake in mistakes], ensure_ascii=False) + "\n")
    return Exit.USAGE if mistakes else Exit.DONE
