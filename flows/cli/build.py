"""`essaim build`."""

import json
import sys
from datetime import date, datetime
from pathlib import Path

from schemas.enums import Exit
from schemas.settings import ProjectPaths
from tasks.pipeline.steps import build
from tasks.programme import read_programme
from tasks.run import progress, recorded_run, today
from tasks.transform.past_build import day_known_at, rebuild_as_of


def build_again(folder: Path, *, as_of: date | datetime | None, as_json: bool) -> Exit:
    """Build the views anew and publish them; as of a past moment, beside what is published.

    Raises:
        EssaimError: they could not be built.
    """
    programme, paths = read_programme(folder), ProjectPaths(folder)
    now = today(programme)
    if as_of is None:
        with recorded_run(paths, programme, command="build", as_of=now) as run:
            build(run)
        told = {"as_of": now, "file": None}
        sentence = f"Built and published the views as of {now}.\n"
    else:
        day = day_known_at(as_of, programme)
        progress.info("Building the views of what was known at the end of %s.", day)
        file = rebuild_as_of(paths, programme, day, now)
        told = {"as_of": day, "file": str(file)}
        sentence = (
            f"Built what was known at the end of {day} into {file}. What is published stays as it is.\n"
            f"Read it with --as-of {day}, which query, export, report and provenance take.\n"
        )
    sys.stdout.write(json.dumps(told, default=str) + "\n" if as_json else sentence)
    return Exit.DONE
