"""Record a decision, for `essaim waive`, `essaim nothing`, `essaim snooze`, `essaim extend` and `essaim leave`."""

import getpass
import json
import sys
from collections.abc import Sequence
from datetime import date
from pathlib import Path

import typer

from flows.cli.options import programme_folder
from flows.cli.output import Format, show
from schemas.enums import DecisionKind, Exit
from schemas.errors import UsageError
from schemas.settings import Environment, ProjectPaths
from tasks.decisions import Decision, check_decision, decide, named, not_owed
from tasks.pipeline.contradictions import contradictions
from tasks.pipeline.intake import apply_decisions
from tasks.pipeline.views import build
from tasks.programme import read_programme
from tasks.run import progress, recorded_run, today
from warehouse.decisions import returns_of
from warehouse.known_plan import ledger_decisions, ledger_plan, ledger_subjects
from warehouse.runs import last_instant_of

_DONE = {
    DecisionKind.WAIVE: ("Waived", "Expected again"),
    DecisionKind.SNOOZE: ("Snoozed", "Reminded again"),
    DecisionKind.EXTEND: ("Extended", "Due again as planned"),
    DecisionKind.LEAVE: ("Left", "Departure taken back"),
    DecisionKind.NOTHING: ("Nothing to report", "Reported again"),
}


def decide_about(
    programme_option: Path | None,
    names: Sequence[str],
    kind: DecisionKind,
    *,
    effective_on: date | None,
    reason: str,
    author: str | None,
    undo: bool,
    as_of: date | None,
    as_json: bool,
) -> None:
    """Record a decision, build the views again, and print the returns that it concerns.

    Raises:
        UsageError: No expected return or enrolment has such a name, or the decision contradicts one in force or a
            later one, or is about returns that nobody owes because their structure left.
        WarehouseBusyError: Another run has the warehouse open.
    """
    environment = Environment()
    folder = programme_folder(programme_option, environment)
    programme, paths = read_programme(folder), ProjectPaths(folder)
    decided_on = as_of or today(programme)
    decision = Decision(kind, effective_on, named_author(author or environment.author), reason, is_undone=undo)
    subjects = named(names, ledger_subjects(paths, kind), kind, programme.ids_of)
    # The views may be of another day: what is in force is read from the decisions themselves.
    known_at = last_instant_of(decided_on, programme.zone)
    known = ledger_decisions(paths, kind, known_at)
    planned = ledger_plan(paths, known_at)
    check_decision(decision, subjects, known, programme, decided_on, planned.planned)
    idle = {} if undo or kind is DecisionKind.LEAVE else not_owed(subjects, planned, programme)
    if len(idle) == len(subjects):
        raise UsageError("\n".join([*idle.values(), "Nothing was decided."]))
    subjects = [subject for subject in subjects if subject not in idle]
    with recorded_run(paths, programme, environment, command=kind.value, as_of=decided_on) as run:
        # What was decided at the desk before is recorded before.
        refused = apply_decisions(run)
        new = decide(run, decision, subjects, known.in_force)
        build(run)
        contradicted = [text for id_, text in contradictions(run).items() if id_ in subjects and not undo]
    for sentence in refused:
        progress.warning("%s", sentence)
    names_of_columns, rows = returns_of(paths, kind)
    changed = [row[1:] for row in rows if row[0] in subjects]
    if as_json:
        lines = [dict(zip(names_of_columns[1:], row, strict=True)) for row in changed]
        result = {"decided": new, "returns": lines} | ({"contradicted": contradicted} if contradicted else {})
        result |= {"not_owed": list(idle)} if idle else {}
        sys.stdout.write(json.dumps(result, default=str, ensure_ascii=False) + "\n")
        _end(contradicted)
        return
    done = _DONE[kind][undo]
    already = len(subjects) - len(new)
    sys.stdout.write(f"{done}: {len(new)}{f' ({already} decided already)' if already else ''}. As of {decided_on}:\n")
    show(names_of_columns[1:], changed, Format.TABLE)
    sys.stdout.writelines(f"Left out: {sentence}\n" for sentence in idle.values())
    sys.stdout.write("".join(f"Contradicted: {sentence}\n" for sentence in contradicted))
    _end(contradicted)


def _end(contradicted: Sequence[str]) -> None:
    """Exit with the code for a person if a decision has no effect because of a return."""
    if contradicted:
        raise typer.Exit(Exit.NEEDS_A_PERSON)


def named_author(author: str | None) -> str:
    """Return the author of a decision, by default the user of the system.

    Raises:
        UsageError: The author is unknown.
    """
    if author:
        return author
    try:
        return getpass.getuser()
    except (OSError, KeyError) as error:
        raise UsageError(
            "The author of the decision is unknown. Name them with --author or in ESSAIM_AUTHOR."
        ) from error
