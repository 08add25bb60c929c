"""`essaim check`."""

import json
import sys
from dataclasses import asdict

import typer

from flows.cli.options import Json, Programme, programme_folder
from schemas.enums import Exit
from schemas.errors import ProgrammeError
from schemas.settings import ProjectPaths
from tasks.i18n import counted
from tasks.programme import read_programme
from tasks.programme.anchors import doubtful_anchors
from tasks.programme.doubts import doubtful_lines
from tasks.programme.structure_edits import questions_about_departures, questions_about_structures
from tasks.programme.unused import unused
from tasks.schedule.unfollowed import doubtful_follows
from warehouse.decisions import published_decisions
from warehouse.known_plan import published_structures

EXAMPLE = "essaim check --programme demo"


def check(programme: Programme = None, as_json: Json = False) -> None:
    """Run `essaim check`.

    Raises:
        ProgrammeError: The folder has mistakes.
    """
    mistakes = []
    folder = programme_folder(programme)
    try:
        loaded = read_programme(folder)
    except ProgrammeError as error:
        if not as_json:
            raise
        mistakes = error.mistakes
    else:
        if not as_json:
            settings, paths = loaded.settings, ProjectPaths(folder)
            sys.stdout.write(
                f"{settings.name}: no mistake in {counted(len(settings.innovations), 'innovation')}, "
                f"{counted(len(settings.cohorts), 'cohort')}, {counted(len(loaded.enrolments), 'enrolment')}, "
                f"{counted(len(settings.instruments), 'instrument')} and "
                f"{counted(len(loaded.indicators), 'indicator')}.\n"
            )
            told = (
                *questions_about_structures(published_structures(paths), loaded),
                *questions_about_departures(published_decisions(paths).departures, loaded),
                *doubtful_anchors(loaded),
                *doubtful_follows(loaded),
                *doubtful_lines(loaded),
                *unused(loaded),
            )
            sys.stdout.writelines(f"{sentence}\n" for sentence in told)
    if as_json:
        sys.stdout.write(json.dumps([asdict(mistake) for mistake in mistakes], ensure_ascii=False) + "\n")
    raise typer.Exit(Exit.USAGE if mistakes else Exit.DONE)
