"""`essaim retention`."""

import json
import sys
from datetime import date
from pathlib import Path

from schemas.settings import ProjectPaths
from tasks.retention import remove_old_originals


def remove_originals(folder: Path, *, as_of: date | None, dry_run: bool, as_json: bool) -> None:
    """Remove the originals that were kept for longer than the programme states, and say which.

    Raises:
        EssaimError: another run is writing.
    """
    removed, sentence = remove_old_originals(ProjectPaths(folder), dry_run=dry_run, as_of=as_of)
    if as_json:
        lines = [{"path": one.path, "kept_on": str(one.kept_on), "byte_count": one.byte_count} for one in removed]
        sys.stdout.write(json.dumps({"would_remove" if dry_run else "removed": lines}) + "\n")
    else:
        sys.stdout.write(f"{sentence}\n")
