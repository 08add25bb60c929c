"""`essaim remind`."""

import json
import sys
from dataclasses import asdict
from datetime import date
from typing import Annotated

import typer

from flows.cli.options import AsOf, DryRun, Json, Programme, programme_folder
from flows.cli.output import Format, show
from schemas.enums import Channel, Exit
from schemas.settings import Environment, ProjectPaths
from tasks.alerts import Sent
from tasks.pipeline.alerts import alert_evaluators, undelivered_messages
from tasks.pipeline.planning import plan_expected_returns
from tasks.pipeline.views import build
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
    environment = Environment()
    paths = ProjectPaths(programme_folder(programme, environment))
    if dry_run:
        refuse_if_busy(paths.var, warehouse_address(paths))
        with throwaway_copy(paths) as copy:
            sent, dead = _remind(copy, environment, as_of, retry_refused=retry_refused)
    else:
        sent, dead = _remind(paths, environment, as_of, retry_refused=retry_refused)
    if as_json:
        result = {"messages": [asdict(message) for message in sent], "undelivered": dead}
        sys.stdout.write(json.dumps(result, ensure_ascii=False) + "\n")
    else:
        if sent:
            if dry_run:
                sys.stdout.write("Dry run: nothing was sent. A run would record:\n")
            rows = [
                (message.recipient_code, message.outcome.value, _detail(message, dry_run=dry_run)) for message in sent
            ]
            show(["recipient", "outcome", "detail"], rows, Format.TABLE)
        else:
            sys.stdout.write("There is nothing to send.\n")
        if dead:
            sys.stdout.write("Could not be delivered:\n" + "".join(f"  {sentence}\n" for sentence in dead))
    raise typer.Exit(Exit.NEEDS_A_PERSON if dead else Exit.DONE)


def _detail(message: Sent, *, dry_run: bool) -> str:
    """Return the outcome in words. A dry run writes its mails to a folder that is deleted."""
    return message.words if message.channel is Channel.SURVEY_SERVER or not dry_run else ""


def _remind(
    paths: ProjectPaths, environment: Environment, as_of: date | None, *, retry_refused: bool
) -> tuple[list[Sent], list[str]]:
    programme = read_programme(paths.folder)
    with recorded_run(paths, programme, environment, command="remind", as_of=as_of or today(programme)) as begun:
        # Plan first, so that no reminder goes out for a return that the programme folder no longer names.
        run = plan_expected_returns(begun)
        build(run)
        return alert_evaluators(run, retry_refused=retry_refused), undelivered_messages(run)
