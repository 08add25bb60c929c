"""What every step of a run knows. No secret is in it: it is shown as a parameter."""

import logging
import secrets
import shutil
import tempfile
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path

from schemas.programme import Programme
from schemas.settings import Places
from schemas.states import RunOutcome
from tasks.heartbeat import overdue_runs
from warehouse.connection import open_warehouse
from warehouse.published import publish
from warehouse.runs import Stamp, begin_run, end_run, last_done_on
from warehouse.writer import writing

progress = logging.getLogger("essaim")
"""What a person follows a run by. Names no person, holds no secret."""


@dataclass(frozen=True, slots=True)
class Run:
    """One run over one programme folder, with `as_of` as its today; what it produces goes to `var`.

    Nothing leaves the machine from a rehearsal, whose `var` is thrown away.
    """

    folder: Path
    var: Path
    as_of: date
    stamp: Stamp

    @property
    def is_rehearsal(self) -> bool:
        """Whether what happens in this run happens nowhere."""
        return self.var != Places(self.folder).var

    @property
    def places(self) -> Places:
        """Where the programme's things lie."""
        return Places(self.folder, self.var)


def today(programme: Programme) -> date:
    """The present date in the programme's time zone."""
    return datetime.now(programme.zone).date()


@contextmanager
def recorded_run(folder: Path, var: Path, programme: Programme, *, command: str, as_of: date) -> Generator[Run]:
    """Hold the warehouse for writing, and leave a line in the run ledger, however the run ends.

    What a run that is done has built is published; what a failed one left is not.

    Raises:
        WarehouseBusyError: another run writes.
    """
    places = Places(folder, var)
    run_id = f"{command}-{as_of.isoformat()}-{secrets.token_hex(4)}"
    with writing(places.var, command):
        with open_warehouse(places) as warehouse:
            overdue = list(overdue_runs(last_done_on(warehouse, as_of), as_of))
            stamp = begin_run(warehouse, run_id=run_id, command=command, as_of=as_of, zone=programme.zone)
        for sentence in overdue:
            progress.warning(sentence)
        try:
            yield Run(places.folder, places.var, as_of, stamp)
        except Exception as error:
            with open_warehouse(places) as warehouse:
                end_run(warehouse, run_id, RunOutcome.FAILED, str(error))
            raise
        with open_warehouse(places) as warehouse:
            end_run(warehouse, run_id, RunOutcome.DONE)
            warehouse.checkpoint()
        publish(places.warehouse, places.published)


@contextmanager
def throwaway_copy(var: Path) -> Generator[Path]:
    """A copy of what a run needs of `var`, deleted at the end: what happens in it happened nowhere."""
    with tempfile.TemporaryDirectory(prefix="essaim-dry-run-") as folder:
        copy = Path(folder)
        for name in ("warehouse.duckdb", "landing.key"):
            if (var / name).exists():
                shutil.copy(var / name, copy / name)
        yield copy
