"""`essaim relink`."""

import json
import sys
from dataclasses import asdict, astuple, fields

from flows.cli.options import AsOf, DryRun, Json, Programme, programme_folder
from flows.cli.output import Format, show
from schemas.errors import UsageError
from schemas.settings import Environment, ProjectPaths
from tasks.i18n import counted
from tasks.landing import Landing
from tasks.pipeline.relinking import Change, PersonChange, Relinked, relink_people
from tasks.pipeline.views import build
from tasks.programme import read_programme
from tasks.run import recorded_run, throwaway_copy, today
from warehouse.address import warehouse_address
from warehouse.connection import holds_a_warehouse
from warehouse.writer import refuse_if_busy

EXAMPLE = "essaim relink --programme demo --dry-run"

_SHOWN_DIGITS = 16
"""The digits of a pseudonym that a table shows; --json has them all."""

_TITLES = {
    Change.MERGED: "Merged: several people are one person",
    Change.SPLIT: "Split: one person is several",
}


def relink(programme: Programme = None, as_of: AsOf = None, dry_run: DryRun = False, as_json: Json = False) -> None:
    """Run `essaim relink`.

    Raises:
        UsageError: There is no warehouse, or pseudonyms cannot be computed.
        EssaimError: An original was encrypted with another key, or another run is writing.
    """
    environment = Environment()
    folder = programme_folder(programme, environment)
    settings, paths = read_programme(folder), ProjectPaths(folder)
    if not holds_a_warehouse(paths):
        raise UsageError("There is no warehouse yet, and nobody to relink. Run essaim collect.")
    day, landing = as_of or today(settings), Landing(paths, environment)
    if dry_run:
        refuse_if_busy(paths.var, warehouse_address(paths))
        with (
            throwaway_copy(paths) as copy,
            recorded_run(copy, settings, environment, command="relink", as_of=day, publishes=False) as run,
        ):
            relinked = relink_people(run, landing)
    else:
        with recorded_run(paths, settings, environment, command="relink", as_of=day) as run:
            relinked = relink_people(run, landing)
            build(run)
    if as_json:
        sys.stdout.write(json.dumps({"dry_run": dry_run, **asdict(relinked)}, ensure_ascii=False) + "\n")
    else:
        _show(relinked, dry_run=dry_run)


def _show(relinked: Relinked, *, dry_run: bool) -> None:
    for change, title in _TITLES.items():
        rows = [_row(one) for one in relinked.changes if one.change is change]
        if rows:
            show([field.name for field in fields(PersonChange)][1:], rows, Format.TABLE, title)
    if relinked.twice:
        sys.stdout.write(
            "A table now lists one person on several rows, of which the views count one: "
            f"{', '.join(relinked.twice)}.\n"
        )
    for unread in relinked.unread:
        follow = f"; {unread.following} go by other rows of the same person" if unread.following else ""
        kept = f"; {unread.kept} keep their pseudonym" if unread.kept else ""
        rows_of = counted(unread.rows, "row")
        sys.stdout.write(f"{unread.expected_return_id}: {rows_of} not read again, {unread.reason}{follow}{kept}.\n")
    if any(unread.kept for unread in relinked.unread):
        sys.stdout.write(
            "People of rows that keep their pseudonym may not be recognised in other returns: they may be shown as "
            "absent there, and as new people.\n"
        )
    sys.stdout.write(_summary(relinked, dry_run=dry_run) + "\n")


def _row(change: PersonChange) -> list[object]:
    return [
        value[:_SHOWN_DIGITS] if "pseudonym" in field.name else value
        for field, value in zip(fields(change)[1:], astuple(change)[1:], strict=True)
    ]


def _summary(relinked: Relinked, *, dry_run: bool) -> str:
    of_returns = f"in {counted(relinked.returns, 'return')} with tables of people"
    if relinked.rule == relinked.rule_before and not relinked.links and not relinked.bands:
        return f"Nothing to relink {of_returns}."
    done = f"{counted(relinked.links, 'row')} of {counted(relinked.people, 'pseudonym')} {of_returns}"
    if relinked.bands:
        done += f", and {counted(relinked.bands, 'age band')}"
    if dry_run:
        return f"Would relink {done}, by rule {relinked.rule}. Nothing was changed."
    return f"Relinked {done}. Rule {relinked.rule} is in force, and the views were built again."
