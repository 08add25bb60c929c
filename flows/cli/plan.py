"""`essaim plan`."""

import json
import sys
from collections.abc import Sequence
from dataclasses import asdict, fields
from datetime import date
from typing import Annotated

import typer

from flows.cli.decide import named_author
from flows.cli.options import AsOf, Author, Json, Programme, programme_folder
from flows.cli.output import Format, show
from schemas.enums import Exit
from schemas.errors import UsageError
from schemas.programme import Programme as ProgrammeFolder
from schemas.settings import Environment, ProjectPaths
from tasks.decisions import matching
from tasks.i18n import counted
from tasks.programme import read_programme
from tasks.programme.structure_edits import questions_about_departures, questions_about_structures
from tasks.run import recorded_run, today
from tasks.schedule.expected_returns import Effect, as_believed, differences
from tasks.schedule.expected_returns import plan as planned_by_folder
from tasks.schedule.plan_diff import PlanChange, PlanChangeGroup, changed_anchors, grouped, plan_changes
from warehouse.known_plan import ledger_plan
from warehouse.runs import last_instant_of

EXAMPLE = "essaim plan --programme demo --as-of 2019-03-31"

_TITLES = {
    Effect.NEXT_RUN: "Changes that a run as of {day} would make to the plan",
    Effect.TO_ACCEPT: "Changes of returns that were due, or would fall due in the past: to be accepted or corrected",
    Effect.STAYS: "Returns that stay as they were due; the edit applies to later ones",
}


def plan(
    programme: Programme = None,
    as_of: AsOf = None,
    accept: Annotated[
        bool, typer.Option("--accept", help="Apply the edits, those of returns that were due included.")
    ] = False,
    keep: Annotated[
        list[str] | None,
        typer.Option(
            "--keep",
            metavar="EXPECTED_RETURN",
            help='With --accept: leave this due return as it was planned; "*" matches any text; repeat for several.',
        ),
    ] = None,
    reason: Annotated[
        str | None, typer.Option("--reason", help="With --accept: why. It is recorded: name no person.")
    ] = None,
    author: Author = None,
    as_json: Json = False,
) -> None:
    """Run `essaim plan`; exit 3 if the plan and the folder differ in a way that a run or a person must settle.

    Raises:
        UsageError: An acceptance lacks its reason, or `keep` matches no change.
        EssaimError: The plan could not be read or amended.
    """
    environment = Environment()
    folder = programme_folder(programme, environment)
    settings, paths = read_programme(folder), ProjectPaths(folder)
    asked = as_of or today(settings)
    known = ledger_plan(paths, last_instant_of(asked, settings.zone))
    planned, day = as_believed(known.planned, known.left_on), known.day(settings.zone)
    decided = settings.without_ended(known.departures)
    changes = plan_changes(differences(planned, settings, day, known.kept, decided), day)
    if accept and asked < day:
        raise UsageError(
            f"The plan was changed as of {day}, so that an acceptance as of {asked} would have no effect. Nothing was "
            f"changed. Accept it as of {day} or later."
        )
    if accept:
        _accept(paths, environment, settings, changes, keep or [], reason, author, day, as_json=as_json)
        return
    if reason is not None or keep or author is not None:
        raise UsageError("Found --reason, --keep or --author without --accept. Nothing was changed.")
    wanted = list(planned_by_folder(settings))
    anchors = changed_anchors(planned, wanted, {one.enrolment_id for one in settings.enrolments if one.anchor_on})
    questions = [
        *questions_about_structures(known.structures, settings),
        *questions_about_departures(known.departures, settings),
    ]
    code = Exit.NEEDS_A_PERSON if any(one.effect is not Effect.STAYS for one in changes) else Exit.DONE
    if as_json:
        result = {
            "as_of": day,
            "anchors_changed": anchors,
            "questions": questions,
            "changes": [asdict(change) for change in changes],
        }
        sys.stdout.write(json.dumps(result, default=str, ensure_ascii=False) + "\n")
        raise typer.Exit(code)
    _show(changes, day, settings)
    if anchors:
        sys.stdout.write(f"The anchor date has changed for {', '.join(anchors)}.\n")
    sys.stdout.writelines(f"{question}\n" for question in questions)
    if any(one.effect is Effect.TO_ACCEPT for one in changes):
        sys.stdout.write(
            'Nothing was changed. Correct the folder, or apply the edits with essaim plan --accept --reason "…".\n'
        )
    elif code is Exit.NEEDS_A_PERSON:
        sys.stdout.write("Nothing was changed. Run essaim collect to apply the changes.\n")
    else:
        sys.stdout.write(f"The plan matches the programme folder: {counted(len(wanted), 'expected return')}.\n")
    raise typer.Exit(code)


def _show(changes: Sequence[PlanChange], day: date, settings: ProgrammeFolder) -> None:
    names = [field.name for field in fields(PlanChangeGroup)]
    for effect, title in _TITLES.items():
        groups = grouped((change for change in changes if change.effect is effect), settings)
        if groups:
            show(names, [list(asdict(group).values()) for group in groups], Format.TABLE, title.format(day=day))


def _accept(
    paths: ProjectPaths,
    environment: Environment,
    settings: ProgrammeFolder,
    changes: Sequence[PlanChange],
    keep: Sequence[str],
    reason: str | None,
    author: str | None,
    day: date,
    *,
    as_json: bool,
) -> None:
    from tasks.pipeline.amending import amend_plan
    from tasks.pipeline.views import build  # imports dbt

    if not (reason or "").strip():
        raise UsageError("An acceptance needs a reason, which others will read. Give it with --reason.")
    to_accept = [one.expected_return_id for one in changes if one.effect is Effect.TO_ACCEPT]
    kept = matching(keep, to_accept, "change that needs acceptance", "essaim plan lists them.", settings.ids_of)
    accepted: list[PlanChange] = []
    if to_accept:
        who = named_author(author or environment.author)
        with recorded_run(paths, settings, environment, command="plan", as_of=day) as run:
            accepted = amend_plan(run, reason=str(reason), author=who, kept=kept)
            build(run)
    if as_json:
        result = {"as_of": day, "accepted": [asdict(one) for one in accepted], "kept": kept}
        sys.stdout.write(json.dumps(result, default=str, ensure_ascii=False) + "\n")
        return
    if not to_accept:
        sys.stdout.write("No edit needs acceptance. Nothing was changed.\n")
        return
    names = [field.name for field in fields(PlanChangeGroup)]
    for title, is_kept in (("Amended", False), ("Kept as planned", True)):
        groups = grouped((one for one in accepted if (one.expected_return_id in kept) is is_kept), settings)
        if groups:
            show(names, [list(asdict(group).values()) for group in groups], Format.TABLE, f"{title} as of {day}")
    sys.stdout.write("The views were built again. Run essaim collect to read the sources for the amended plan.\n")
