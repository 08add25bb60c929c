"""What every step of a run knows. No secret is in it: it is shown as a parameter."""

import logging
import secrets
import shutil
import tempfile
from collections.abc import Generator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import date, datetime
from pathlib import Path

from schemas.enums import RunOutcome
from schemas.errors import EssaimError
from schemas.programme import Programme
from schemas.settings import ProjectPaths
from tasks.schedule.overdue_runs import overdue_runs
from tasks.validation.counts import Validated
from warehouse.address import warehouse_address
from warehouse.connection import open_warehouse
from warehouse.copying import copy_warehouse
from warehouse.published import publish
from warehouse.runs import Stamp, begin_run, end_run, last_done_on, unfinished_runs
from warehouse.writer import writing

progress = logging.getLogger("essaim")
progress.setLevel(logging.INFO)
"""What a person follows a run by. Names no person, holds no secret."""


@dataclass(frozen=True, slots=True)
class RunContext:
    """One run over one programme folder, with `as_of` as its today.

    Nothing leaves the machine from a rehearsal, whose `var` is thrown away. `validated` is what its checks counted so
    far, for its Data Docs.
    """

    paths: ProjectPaths
    as_of: date
    stamp: Stamp
    validated: list[Validated] = field(default_factory=list[Validated], repr=False, compare=False)

    @property
    def folder(self) -> Path:
        """The programme folder."""
        return self.paths.folder

    @property
    def is_rehearsal(self) -> bool:
        """Whether what happens in this run happens nowhere."""
        return self.paths.var != ProjectPaths(self.folder).var


def today(programme: Programme) -> date:
    """The present date in the programme's time zone."""
    return datetime.now(programme.zone).date()


@contextmanager
def recorded_run(
    paths: ProjectPaths, programme: Programme, *, command: str, as_of: date, publishes: bool = True
) -> Generator[RunContext]:
    """Hold the warehouse for writing, and leave a line in the run ledger, however the run ends.

    What a run that is done has built is published, unless it is only a part of what is built later; what a failed one
    left is not.

    Raises:
        WarehouseBusyError: another run writes.
        UsageError: a role that the environment names cannot be used.
    """
    address = warehouse_address(paths)
    if address is not None:
        from warehouse.roles import refuse_unusable_roles  # brings the driver

        refuse_unusable_roles(address)
    run_id = f"{command}-{as_of.isoformat()}-{secrets.token_hex(4)}"
    with writing(paths.var, command, address) as still_held:
        with open_warehouse(paths) as warehouse:
            overdue = list(overdue_runs(last_done_on(warehouse, as_of), as_of))
            unfinished = unfinished_runs(warehouse)
            stamp = begin_run(warehouse, run_id=run_id, command=command, as_of=as_of, zone=programme.zone)
        for one in unfinished:
            progress.warning("The run %s ended without letting go: took over its lease, to finish what it began.", one)
        for sentence in overdue:
            progress.warning(sentence)
        try:
            yield RunContext(paths, as_of, stamp)
            still_held()
        except Exception as error:
            # Where the warehouse is what failed, the next run finds this one without an end.
            with suppress(EssaimError), open_warehouse(paths) as warehouse:
                end_run(warehouse, run_id, RunOutcome.FAILED, str(error))
            raise
        with open_warehouse(paths) as warehouse:
            end_run(warehouse, run_id, RunOutcome.DONE)
            warehouse.checkpoint()
        if publishes:
            publish(paths)


@contextmanager
def throwaway_copy(paths: ProjectPaths) -> Generator[ProjectPaths]:
    """A copy of what a run needs of the programme's things, deleted at the end: what happens in it happened nowhere.

    Its warehouse is a file, whatever the engine.
    """
    with tempfile.TemporaryDirectory(prefix="essaim-dry-run-") as folder:
        copy = ProjectPaths(paths.folder, Path(folder), in_file=True)
        for key, copied in ((paths.landing_key, copy.landing_key), (paths.pseudonym_key, copy.pseudonym_key)):
            if key.exists():
                shutil.copy(key, copied)
        copy_warehouse(paths, copy)
        yield copy
