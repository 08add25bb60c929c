"""`essaim retention`."""

import json
import sys

from flows.cli.options import AsOf, DryRun, Json, Programme, programme_folder
from schemas.settings import Environment, ProjectPaths
from tasks.retention import remove_old_originals

EXAMPLE = "essaim retention --programme demo --dry-run"


def retention(programme: Programme = None, as_of: AsOf = None, dry_run: DryRun = False, as_json: Json = False) -> None:
    """Run `essaim retention`.

    Raises:
        EssaimError: Another run is writing.
    """
    environment = Environment()
    paths = ProjectPaths(programme_folder(programme, environment))
    removed, sentence = remove_old_originals(paths, environment, dry_run=dry_run, as_of=as_of)
    if as_json:
        lines = [
            {"path": original.path, "kept_on": str(original.kept_on), "byte_count": original.byte_count}
            for original in removed
        ]
        sys.stdout.write(json.dumps({"would_remove" if dry_run else "removed": lines}) + "\n")
    else:
        sys.stdout.write(f"{sentence}\n")
