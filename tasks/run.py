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
from schemas.errors import EssaimError, UsageError
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
"""The log that a person follows a run by. Its lines name no person and hold no secret."""


@dataclass(frozen=True, slots=True)
class RunContext:
    """The context that every step of a run works in.

    Attributes:
        paths: Where the programme's folders and files are.
        programme: The programme; after planning, with the recorded departures applied.
        environment: The settings of the installation, secrets included: never shown.
        as_of: The run's today, in the programme's time zone.
        stamp: The run id and the instants that every row loaded by the run carries.
        plan: The latest plan row of each expected return, by id; empty before planning.
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
    """Return the present date in the programme's time zone."""
    return datetime.now(programme.zone).date()


@contextmanager
def recorded_run(
    paths: ProjectPaths,
    programme: Programme,
    environment: Environment,
    *,
    command: str,
    as_of: date,
    publishes: bool = True,
) -> Generator[RunContext]:
    """Hold the lease of the warehouse, record the run in the ledger, and publish what it built.

    A run that fails is recorded as failed, and publishes nothing.

    Args:
        paths: Where the programme's folders and files are.
        programme: The programme.
        environment: The settings of the installation.
        command: Name of the command in the run ledger.
        as_of: The run's today, in the programme's time zone.
        publishes: Publish the warehouse when the run is done. False where a later run publishes.

    Raises:
        WarehouseBusyError: Another run holds the lease.
        UsageError: The day is after the present date, or a role that the environment names cannot be used.
    """
    present = today(programme)
    if as_of > present and paths.var == ProjectPaths(paths.folder).var:
        raise UsageError(
            f"Found {as_of} as the day to take as today; expected one up to {present}. A later day would record "
            "alerts and due dates that are not true yet. Only a dry run takes one."
        )
    address = warehouse_address(paths)
    if address is not None:
        from warehouse.roles import refuse_unusable_roles  # imports the driver

        refuse_unusable_roles(address)
    run_id = f"{command}-{as_of.isoformat()}-{secrets.token_hex(4)}"
    with writing(paths.var, command, address) as still_held:
        with open_warehouse(paths) as warehouse:
            overdue = list(overdue_runs(last_done_on(warehouse, as_of), as_of, command))
            unfinished = unfinished_runs(warehouse)
            stamp = begin_run(warehouse, run_id=run_id, command=command, as_of=as_of, zone=programme.zone)
        for unfinished_id in unfinished:
            progress.warning("The run %s ended without releasing its lease. This run takes it over.", unfinished_id)
        for sentence in overdue:
            progress.warning(sentence)
        try:
            yield RunContext(paths, programme, environment, as_of, stamp)
            still_held()
        except Exception as error:
            # If the warehouse itself failed, the next run finds this one unfinished.
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
    """Copy the keys and the warehouse to a temporary folder for a dry run, and delete it at the end.

    The warehouse of the copy is a DuckDB file on either engine.
    """
    with tempfile.TemporaryDirectory(prefix="essaim-dry-run-") as folder:
        copy = ProjectPaths(paths.folder, Path(folder), in_file=True)
        for key, copied in ((paths.landing_key, copy.landing_key), (paths.pseudonym_key, copy.pseudonym_key)):
            if key.exists():
                shutil.copy(key, copied)
        copy_warehouse(paths, copy)
        yield copy
