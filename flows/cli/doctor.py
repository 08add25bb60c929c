"""`essaim doctor`."""

import json
import sys
from dataclasses import asdict
from datetime import UTC, date, datetime
from pathlib import Path

from flows.cli.output import Format, show
from schemas.enums import Exit
from schemas.errors import EssaimError
from schemas.settings import Environment, ProjectPaths
from tasks.doctor import Diagnosis, examine_places
from tasks.programme import read_programme
from tasks.run import today


def examine(folder: Path, *, as_of: date | None, as_json: bool) -> Exit:
    """Print what was examined and how it stands."""
    try:
        programme = read_programme(folder)
    except EssaimError as error:
        first, *_ = str(error).splitlines()
        findings = [Diagnosis("programme", is_well=False, said=f"{first.rstrip(':')}. Run essaim check.")]
        day = as_of or datetime.now(UTC).date()
    else:
        findings = [Diagnosis("programme", is_well=True, said="Read without a mistake.")]
        day = as_of or today(programme)
    findings += examine_places(ProjectPaths(folder), Environment(), day)
    if as_json:
        sys.stdout.write(json.dumps([asdict(finding) for finding in findings], ensure_ascii=False) + "\n")
    else:
        rows = [(finding.checked, "well" if finding.is_well else "SEE TO IT", finding.said) for finding in findings]
        show(["checked", "is", "what"], rows, Format.TABLE, f"As of {day}")
    return Exit.DONE if all(finding.is_well for finding in findings) else Exit.NEEDS_A_PERSON
