"""The run ledger: one row for every run of a command that writes, including killed runs.

Reads and writes `ops.runs`.
"""

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import sqlalchemy as sa

from schemas.enums import RunOutcome
from schemas.tables import RUNS, Row, sql_table
from warehouse.connection import Warehouse

_RUNS = sql_table(RUNS).c

BUILD_NO_VIEWS = ("backfill", "retention")
"""Commands whose runs do not build the views."""

READ_SOURCES = ("collect", "late-returns", "missing-returns")
"""Commands whose runs read the sources and build the views."""


@dataclass(frozen=True, slots=True)
class Stamp:
    """The columns that every loaded row carries.

    Attributes:
        run_id: The run that loads.
        known_at: The last instant of the run's today, UTC without a zone.
        loaded_at: The actual time of the load, UTC without a zone.
    """

    run_id: str
    known_at: datetime
    loaded_at: datetime

    @property
    def columns(self) -> Row:
        """The stamp as columns of a `raw` table."""
        return {"run_id": self.run_id, "known_at": self.known_at, "loaded_at": self.loaded_at}


def utc_now() -> datetime:
    """Return the current time in UTC, without a zone, as the tables hold it."""
    return datetime.now(UTC).replace(tzinfo=None)


def last_instant_of(day: date, zone: ZoneInfo) -> datetime:
    """Return the last microsecond of a local day, in UTC without a zone. Days of 23 and 25 hours are handled."""
    next_midnight = datetime.combine(day + timedelta(days=1), time(), tzinfo=zone)
    return next_midnight.astimezone(UTC).replace(tzinfo=None) - timedelta(microseconds=1)


def unfinished_runs(warehouse: Warehouse) -> list[str]:
    """Return the runs that are marked as running. If the caller holds the lease, they were killed."""
    running = sa.select(_RUNS.run_id).where(_RUNS.outcome == RunOutcome.RUNNING.value).order_by(_RUNS.started_at)
    return [str(run_id) for (run_id,) in warehouse.execute(running)]


def begin_run(warehouse: Warehouse, *, run_id: str, command: str, as_of: date, zone: ZoneInfo) -> Stamp:
    """Record the start of a run, and mark every other running run as interrupted: the caller must hold the lease.

    Args:
        warehouse: The warehouse.
        run_id: Identifier of the run.
        command: The command, without its parameters.
        as_of: The run's today.
        zone: The programme's time zone.

    Returns:
        The stamp for the rows that the run loads.
    """
    now = utc_now()
    with warehouse.transaction():
        warehouse.execute(
            sa.update(sql_table(RUNS))
            .where(_RUNS.outcome == RunOutcome.RUNNING.value)
            .values(
                outcome=RunOutcome.INTERRUPTED.value,
                ended_at=now,
                detail=f"The run ended without releasing the lease, which {run_id} took over.",
            )
        )
        row = {
            "run_id": run_id,
            "command": command,
            "as_of_on": as_of,
            "outcome": RunOutcome.RUNNING,
            "started_at": now,
        }
        warehouse.append(RUNS, [row])
    return Stamp(run_id, last_instant_of(as_of, zone), now)


def end_run(warehouse: Warehouse, run_id: str, outcome: RunOutcome, detail: str | None = None) -> None:
    """Record the end of a run."""
    warehouse.execute(
        sa.update(sql_table(RUNS))
        .where(_RUNS.run_id == run_id)
        .values(outcome=outcome.value, detail=detail, ended_at=utc_now())
    )


def last_done(today: date) -> sa.Executable:
    """Return the statement that selects each command with its latest successful as-of date up to `today`.

    A run with a later as-of date does not show that the command ran on schedule.
    """
    return (
        sa.select(_RUNS.command, sa.func.max(_RUNS.as_of_on))
        .where(_RUNS.outcome == RunOutcome.DONE.value, _RUNS.as_of_on <= today)
        .group_by(_RUNS.command)
    )


def last_done_on(warehouse: Warehouse, today: date) -> dict[str, date]:
    """Return the latest as-of date up to `today` on which each command succeeded, by command."""
    return dict[str, date]((command, day) for command, day in warehouse.execute(last_done(today)))


def last_read_on(warehouse: Warehouse, today: date) -> date | None:
    """Return the latest as-of date up to `today` of a run that read the sources, be it successful or still running."""
    read = _RUNS.command.in_((*READ_SOURCES, "backfill"))
    outcomes = [RunOutcome.DONE.value, RunOutcome.RUNNING.value]
    latest = sa.select(sa.func.max(_RUNS.as_of_on)).where(read, _RUNS.outcome.in_(outcomes), _RUNS.as_of_on <= today)
    return warehouse.execute(latest)[0][0]


def latest_run() -> sa.Executable:
    """Return the statement that selects id, outcome, as-of date and detail of the run that started last."""
    return (
        sa.select(_RUNS.run_id, _RUNS.outcome, _RUNS.as_of_on, _RUNS.detail).order_by(_RUNS.started_at.desc()).limit(1)
    )


def last_done_run() -> sa.Executable:
    """Return the statement that selects the id of the last successful run."""
    return (
        sa.select(_RUNS.run_id)
        .where(_RUNS.outcome == RunOutcome.DONE.value)
        .order_by(_RUNS.started_at.desc(), _RUNS.run_id)
        .limit(1)
    )


def last_built_on() -> sa.Select[date]:
    """Return the statement that selects the as-of date of the run that built the views last."""
    return (
        sa.select(_RUNS.as_of_on)
        .where(_RUNS.outcome == RunOutcome.DONE.value, _RUNS.command.not_in(BUILD_NO_VIEWS))
        .order_by(_RUNS.ended_at.desc(), _RUNS.run_id)
        .limit(1)
    )


def runs_of_days_after(today: date) -> sa.Executable:
    """Return the statement that selects id and as-of date of the runs with an as-of date after `today`."""
    return sa.select(_RUNS.run_id, _RUNS.as_of_on).where(_RUNS.as_of_on > today).order_by(_RUNS.as_of_on)
