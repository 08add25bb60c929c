"""`essaim doctor`."""

import json
import sys
from dataclasses import asdict
from datetime import UTC, datetime

import typer

from flows.cli.options import AsOf, Json, Programme, programme_folder
from flows.cli.output import Format, show
from schemas.enums import Exit
from schemas.errors import EssaimError
from schemas.settings import Environment, ProjectPaths
from tasks.doctor import Diagnosis, examine_channels, examine_places, examine_sources
from tasks.programme import read_programme
from tasks.run import today

EXAMPLE = "essaim doctor --programme demo --as-of 2019-03-31"


def doctor(programme: Programme = None, as_of: AsOf = None, as_json: Json = False) -> None:
    """Run `essaim doctor`: print each check and its result; exit 3 where one needs attention."""
    environment = Environment()
    folder = programme_folder(programme, environment)
    try:
        settings = read_programme(folder)
    except EssaimError as error:
        first, *_ = str(error).splitlines()
        findings = [Diagnosis("programme", is_well=False, detail=f"{first.rstrip(':')}. Run essaim check.")]
        findings.append(examine_channels(ProjectPaths(folder), environment))
        day = as_of or datetime.now(UTC).date()
    else:
        findings = [Diagnosis("programme", is_well=True, detail="Read without a mistake.")]
        findings += examine_sources(settings, ProjectPaths(folder), environment)
        day = as_of or today(settings)
    findings += examine_places(ProjectPaths(folder), environment, day)
    if as_json:
        sys.stdout.write(json.dumps([asdict(finding) for finding in findings], ensure_ascii=False) + "\n")
    else:
        rows = [(finding.checked, "well" if finding.is_well else "ATTENTION", finding.detail) for finding in findings]
        show(["check", "status", "detail"], rows, Format.TABLE, f"As of {day}")
    raise typer.Exit(Exit.DONE if all(finding.is_well for finding in findings) else Exit.NEEDS_A_PERSON)
