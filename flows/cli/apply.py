"""`essaim apply`."""

import sys

import typer

from flows.cli.collect import print_result
from flows.cli.options import Json, Programme, programme_folder
from flows.collect import apply_received
from schemas.enums import Exit
from schemas.intake import ItemKind
from schemas.settings import Environment, ProjectPaths
from tasks.programme import read_programme
from warehouse.address import warehouse_address
from warehouse.intake import holds_an_intake, open_intake, waiting_items
from warehouse.writer import refuse_if_busy

EXAMPLE = "essaim apply --programme demo"


def apply(programme: Programme = None, as_json: Json = False) -> None:
    """Run `essaim apply`: read the mailbox, the inbox and what the desk has received, and publish the views.

    A programme without a mailbox is left alone while nothing waits.

    Raises:
        UsageError: The folder is not a programme folder.
        ProgrammeError: The folder has mistakes.
        WarehouseBusyError: Another run is writing.
    """
    environment = Environment()
    paths = ProjectPaths(programme_folder(programme, environment))
    if not (_is_anything_waiting(paths) or _has_mailbox(paths)):
        sys.stdout.write('{"applied": 0}\n' if as_json else "Nothing waits to be applied.\n")
        return
    refuse_if_busy(paths.var, warehouse_address(paths))
    code = print_result(apply_received(paths, environment), as_json=as_json)
    if code is not Exit.DONE:
        raise typer.Exit(code)


def _has_mailbox(paths: ProjectPaths) -> bool:
    """Return whether a run would read a mailbox: those of programmes with invented returns are left alone."""
    return not paths.invented.exists() and read_programme(paths.folder).settings.sources.mailbox is not None


def _is_anything_waiting(paths: ProjectPaths) -> bool:
    if not holds_an_intake(paths):
        return False
    with open_intake(paths) as intake:
        return any(waiting_items(intake, kind) for kind in (ItemKind.DECISION, ItemKind.WORKBOOK))
