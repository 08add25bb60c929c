"""`essaim explain`."""

import json
import sys
from typing import Annotated

import typer

from flows.cli.decide import named_author
from flows.cli.options import AsOf, Author, Json, Programme, Reason, Undo, programme_folder
from schemas.enums import DecisionKind
from schemas.settings import Environment, ProjectPaths
from tasks.decisions import Decision, check_decision, decide
from tasks.pipeline.views import build
from tasks.programme import read_programme
from tasks.run import recorded_run, today
from tasks.surveillance import explained_before, named_findings
from warehouse.known_plan import ledger_decisions
from warehouse.runs import last_instant_of
from warehouse.surveillance import published_findings

EXAMPLE = (
    "essaim explain jump_cohort/VITA-2/VITA11/M06/persons_concerned --reason '70 people, three sites' --programme demo"
)


def explain(
    findings: Annotated[
        list[str], typer.Argument(metavar="FINDING", help='Id of a finding, as in essaim status; "*" matches any text.')
    ],
    reason: Reason,
    author: Author = None,
    undo: Undo = False,
    programme: Programme = None,
    as_of: AsOf = None,
    as_json: Json = False,
) -> None:
    """Run `essaim explain`: record the reason for findings as they are published, and build the views again.

    Raises:
        UsageError: No finding has such a name, or the decision contradicts one in force or a later one.
        WarehouseBusyError: Another run has the warehouse open.
    """
    environment = Environment()
    folder = programme_folder(programme, environment)
    settings, paths = read_programme(folder), ProjectPaths(folder)
    decided_on = as_of or today(settings)
    decision = Decision(DecisionKind.EXPLAIN, None, named_author(author or environment.author), reason, is_undone=undo)
    found = published_findings(paths)
    subjects = named_findings(findings, found, settings, is_undone=undo)
    known = ledger_decisions(paths, DecisionKind.EXPLAIN, last_instant_of(decided_on, settings.zone))
    check_decision(decision, subjects, known, settings, decided_on, {})
    with recorded_run(paths, settings, environment, command=DecisionKind.EXPLAIN.value, as_of=decided_on) as run:
        before = explained_before(known.in_force, found)
        new = decide(run, decision, subjects, before, {id_: one.found for id_, one in found.items()})
        build(run)
    after = published_findings(paths)
    if as_json:
        states = {id_: after[id_].state for id_ in subjects if id_ in after}
        sys.stdout.write(json.dumps({"decided": new, "states": states}, ensure_ascii=False) + "\n")
        return
    done = "Explanation taken back" if undo else "Explained"
    already = len(subjects) - len(new)
    sys.stdout.write(f"{done}: {len(new)}{f' ({already} explained already)' if already else ''}. As of {decided_on}:\n")
    sys.stdout.writelines(f"  {id_}: {after[id_].state}\n" for id_ in subjects if id_ in after)
