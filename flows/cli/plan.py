"""`essaim plan`."""

import json
import sys
from dataclasses import asdict, fields
from datetime import datetime

import typer

from flows.cli.options import AsOf, Json, Programme, programme_folder
from flows.cli.output import Format, show
from schemas.enums import Exit
from schemas.settings import ProjectPaths
from schemas.tables import Row
from tasks.programme import read_programme
from tasks.run import today
from tasks.schedule.expected_returns import changes_to_plan
from tasks.schedule.expected_returns import plan as planned_by_folder
from tasks.schedule.plan_diff import FROZEN, PlanChangeGroup, changed_anchors, grouped, plan_changes
from warehouse.connection import holds_a_warehouse
from warehouse.loads import latest_planned, planned_by
from warehouse.published import read
from warehouse.runs import last_instant_of
from warehouse.sql import as_text

EXAMPLE = "essaim plan --programme demo --as-of 2019-03-31"


def plan(programme: Programme = None, as_of: AsOf = None, as_json: Json = False) -> None:
    """Run `essaim plan`; exit 3 if the next run would change the plan, or an edit comes too late to apply."""
    folder = programme_folder(programme)
    settings = read_programme(folder)
    day = as_of or today(settings)
    planned = _published_plan(ProjectPaths(folder), last_instant_of(day, settings.zone))
    wanted = list(planned_by_folder(settings))
    changes = plan_changes(planned, wanted, changes_to_plan(planned, settings, day), day)
    anchors = changed_anchors(planned, wanted)
    if as_json:
        result = {"as_of": day, "anchors_changed": anchors, "changes": [asdict(change) for change in changes]}
        sys.stdout.write(json.dumps(result, default=str, ensure_ascii=False) + "\n")
        raise typer.Exit(Exit.NEEDS_A_PERSON if changes else Exit.DONE)
    if not changes:
        sys.stdout.write(f"The plan matches the programme folder: {len(wanted)} expected returns.\n")
        return
    groups = grouped(changes)
    names = [field.name for field in fields(PlanChangeGroup)]
    for title, is_frozen in (
        (f"Changes that a run as of {day} would make to the plan", False),
        ("Edits that come too late: the return was due, and stays as planned (essaim waive excludes it)", True),
    ):
        rows = [list(asdict(group).values()) for group in groups if (group.change in FROZEN) is is_frozen]
        if rows:
            show(names, rows, Format.TABLE, title)
    if anchors:
        sys.stdout.write(f"The anchor date has changed for {', '.join(anchors)}.\n")
    sys.stdout.write("Nothing was changed. Run essaim collect to apply the changes.\n")
    raise typer.Exit(Exit.NEEDS_A_PERSON)


def _published_plan(paths: ProjectPaths, known_at: datetime) -> dict[str, Row]:
    """Return the plan as of the last run, by expected return; empty if nothing was ever collected."""
    if not holds_a_warehouse(paths):
        return {}
    return latest_planned(read(paths, as_text(planned_by(known_at)), is_ours=True)[1])
