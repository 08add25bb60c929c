"""`essaim retention`."""

import json
import sys

from flows.cli.options import AsOf, DryRun, Json, Programme, programme_folder
from schemas.settings import ProjectPaths
from tasks.retention import remove_old_originals

EXAMPLE = "essaim retention --programme demo --dry-run"


def retention(programme: Programme = None, as_of: AsOf = None, dry_run: DryRun = False, as_json: Json = False) -> None:
    """Run `essaim retention`.

    Raises:
        EssaimError: Another run is writing.
    """
    paths = ProjectPaths(programme_folder(programme))
    removed, sentence = remove_old_originals(paths, dry_run=dry_run, as_of=as_of)
    if as_json:
        lines = [{"path": one.path, "kept_on": str(one.kept_on), "byte_count": one.byte_count} for one in removed]
        sys.stdout.write(json.dumps({"would_remove" if dry_run else "removed": lines}) + "\n")
    else:
        sys.stdout.write(f"{sentence}\n")
