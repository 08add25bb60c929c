"""Begin and end a run, and hand its context to every step."""

import logging
import secrets
import shutil
import tempfile
from collections.abc import Generator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import date, datetime
from gettext import NullTranslations
from pathlib import Path

from schemas.enums import RunOutcome
from schemas.errors import EssaimError
from schemas.programme import Programme
from schemas.settings import Environment, ProjectPaths
from schemas.tables import Row
from tasks.i18n import language
from tasks.landing import Landing
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
    """What every step of one run works with.

    Attributes:
        paths: Where the programme's folders and files are.
        programme: The programme; after planning, with the departures that somebody recorded.
        environment: The settings of the installation, secrets included. Never shown.
        as_of: The run's today, in the programme's time zone.
        stamp: What marks every row that the run loads.
        plan: The latest planned row of each expected return, by its id; empty before planning.
        validated: Counts of the run's checks so far, for its Data Docs.
    """

    paths: ProjectPaths
    programme: Programme = field(repr=False)
    environment: Environment = field(repr=False, compare=False)
    as_of: date
    stamp: Stamp
    plan: Mapping[str, Row] = field(default_factory=dict[str, Row], repr=False, compare=False)
    validated: list[Validated] = field(default_factory=list[Validated], repr=False, compare=False)

    @property
    def language(self) -> NullTranslations:
        """The catalogue of the programme's language."""
        return language(self.programme.settings.locale)

    @property
    def landing(self) -> Landing:
        """The folder of encrypted originals."""
        return Landing(self.paths, self.environment)

    @property
    def folder(self) -> Path:
        """The programme folder."""
        return self.paths.folder

    @property
    def is_rehearsal(self) -> bool:
        """True for a dry run: all writes go to a temporary copy, and nothing leaves the machine."""
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
            yield RunContext(paths, programme, Environment(), as_of, stamp)
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
