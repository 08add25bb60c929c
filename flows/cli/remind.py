"""`essaim remind`."""

import json
import sys
from dataclasses import asdict
from datetime import date
from typing import Annotated

import typer

from flows.cli.options import AsOf, DryRun, Json, Programme, programme_folder
from flows.cli.output import Format, show
from schemas.enums import Exit
from schemas.settings import ProjectPaths
from tasks.alerts import Sent
from tasks.pipeline.steps import alert_evaluators, build, dead_letters_in_words, plan_expected_returns
from tasks.programme import read_programme
from tasks.run import recorded_run, throwaway_copy, today
from warehouse.address import warehouse_address
from warehouse.writer import refuse_if_busy

EXAMPLE = "essaim remind --programme demo --as-of 2019-03-31 --dry-run"


def remind(
    programme: Programme = None,
    as_of: AsOf = None,
    dry_run: DryRun = False,
    retry_refused: Annotated[
        bool, typer.Option("--retry-refused", help="Retry permanently rejected messages.")
    ] = False,
    as_json: Json = False,
) -> None:
    """Run `essaim remind`; exit 3 where a message could not be delivered."""
    paths = ProjectPaths(programme_folder(programme))
    if dry_run:
        refuse_if_busy(paths.var, warehouse_address(paths))
        with throwaway_copy(paths) as copy:
            sent, dead = _remind(copy, as_of, retry_refused=retry_refused)
    else:
        sent, dead = _remind(paths, as_of, retry_refused=retry_refused)
    if as_json:
        told = {"messages": [asdict(one) for one in sent], "undelivered": dead}
        sys.stdout.write(json.dumps(told, ensure_ascii=False) + "\n")
    else:
        if sent:
            if dry_run:
                sys.stdout.write("Dry run: nothing was sent. A run would have:\n")
            rows = [(one.recipient_code, one.outcome.value, "" if dry_run else one.words) for one in sent]
            show(["recipient", "outcome", "detail"], rows, Format.TABLE)
        else:
            sys.stdout.write("There is nothing to tell anybody.\n")
        if dead:
            sys.stdout.write("Could not be delivered:\n" + "".join(f"  {sentence}\n" for sentence in dead))
    raise typer.Exit(Exit.NEEDS_A_PERSON if dead else Exit.DONE)


def _remind(paths: ProjectPaths, as_of: date | None, *, retry_refused: bool) -> tuple[list[Sent], list[str]]:
    programme = read_programme(paths.folder)
    with recorded_run(paths, programme, command="remind", as_of=as_of or today(programme)) as begun:
        # A return that the folder does not name any more must not be chased.
        run = plan_expected_returns(begun)
        build(run)
        return alert_evaluators(run, retry_refused=retry_refused), dead_letters_in_words(run)
