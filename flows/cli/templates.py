"""`essaim templates`."""

import json
import sys
from pathlib import Path

from schemas.settings import ProjectPaths
from tasks.programme import read_programme
from tasks.workbooks.templates import write_templates


def write_workbooks(folder: Path, *, occasion: str, structures: list[str], out: Path, as_json: bool) -> None:
    """Write the prefilled workbooks of an occasion, and name them.

    Raises:
        UsageError: there is no such occasion or structure, or nothing is asked by workbook.
    """
    written = write_templates(read_programme(folder), ProjectPaths(folder), out, occasion, frozenset(structures))
    if as_json:
        sys.stdout.write(json.dumps([str(path) for path in written], ensure_ascii=False) + "\n")
    else:
        sys.stdout.write("".join(f"{path}\n" for path in written) + f"{len(written)} workbooks.\n")
