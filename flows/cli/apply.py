"""`essaim apply`."""

import sys
from typing import Annotated

import typer

from flows.cli.collect import print_result
from flows.cli.decide import named_author
from flows.cli.options import Author, Json, Programme, programme_folder
from flows.collect import apply_received
from schemas.enums import Exit
from schemas.errors import UsageError
from schemas.intake import ItemKind, ItemOutcome
from schemas.settings import Environment, ProjectPaths
from tasks.programme import read_programme
from tasks.received import number_of
from warehouse.address import warehouse_address
from warehouse.intake import holds_an_intake, open_intake, settle, waiting_items
from warehouse.sign_ins import record_action
from warehouse.writer import refuse_if_busy

EXAMPLE = "essaim apply --programme demo"


def apply(
    programme: Programme = None,
    discard: Annotated[
        list[str] | None,
        typer.Option("--discard", metavar="NUMBER", help="Delete a workbook that waits, by its number; with --reason."),
    ] = None,
    reason: Annotated[
        str | None, typer.Option("--reason", help="With --discard: why. It is recorded: name no person.")
    ] = None,
    author: Author = None,
    as_json: Json = False,
) -> None:
    """Run `essaim apply`: read the mailbox, the inbox and what the desk has received, and publish the views.

    A programme without a mailbox is left alone while nothing waits.

    Raises:
        UsageError: The folder is not a programme folder, or a number is that of no workbook that waits.
        ProgrammeError: The folder has mistakes.
        WarehouseBusyError: Another run is writing.
    """
    environment = Environment()
    paths = ProjectPaths(programme_folder(programme, environment))
    if discard:
        # A run that is under way may be reading the file.
        refuse_if_busy(paths.var, warehouse_address(paths))
    for number in discard or ():
        _discard(paths, number, reason or "", named_author(author or environment.author))
    if not (_is_anything_waiting(paths) or _has_mailbox(paths)):
        sys.stdout.write('{"applied": 0}\n' if as_json else "Nothing waits to be applied.\n")
        return
    refuse_if_busy(paths.var, warehouse_address(paths))
    code = print_result(apply_received(paths, environment), as_json=as_json)
    if code is not Exit.DONE:
        raise typer.Exit(code)


def _discard(paths: ProjectPaths, number: str, reason: str, author: str) -> None:
    """Delete a workbook that no run will read, such as one whose return is never expected again. Its record stays.

    Raises:
        UsageError: There is no reason, or no workbook of this number waits.
    """
    if not reason.strip():
        raise UsageError("Expected a reason with --discard, which the page of the return shows: --reason TEXT.")
    if holds_an_intake(paths):
        with open_intake(paths) as intake:
            waiting = {number_of(item.item_id): item for item in waiting_items(intake, ItemKind.WORKBOOK)}
            if number in waiting:
                item = waiting[number]
                record_action(intake, author, "discarded", item.subject_id)
                settle(intake, item.item_id, "discarded", ItemOutcome.REFUSED, f"{reason} ({author})")
                return
    raise UsageError(f"Found --discard {number}; expected the number of a workbook that waits, as on its page.")


def _has_mailbox(paths: ProjectPaths) -> bool:
    """Return whether a run would read a mailbox: those of programmes with invented returns are left alone."""
    return not paths.invented.exists() and read_programme(paths.folder).settings.sources.mailbox is not None


def _is_anything_waiting(paths: ProjectPaths) -> bool:
    if not holds_an_intake(paths):
        return False
    with open_intake(paths) as intake:
        return any(waiting_items(intake, kind) for kind in (ItemKind.DECISION, ItemKind.WORKBOOK))
