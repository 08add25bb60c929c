"""The run ledger: every command that writes leaves a line, also when it is killed."""

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import sqlalchemy as sa

from schemas.enums import RunOutcome
from schemas.tables import RUNS, Row, sql_table
from warehouse.connection import Warehouse

_RUNS = sql_table(RUNS).c

BUILD_NO_VIEWS = ("backfill", "retention")
"""The commands whose runs leave the views as they were."""


@dataclass(frozen=True, slots=True)
class Stamp:
    """What every loaded row carries: the run, the last instant (UTC) of the run's today, and the real instant (UTC)."""

    run_id: str
    known_at: datetime
    loaded_at: datetime

    @property
    def columns(self) -> Row:
        """The stamp as columns of a raw table."""
        return {"run_id": self.run_id, "known_at": self.known_at, "loaded_at": self.loaded_at}


def utc_now() -> datetime:
    """The real instant, UTC, without a zone, as tables hold it."""
    return datetime.now(UTC).replace(tzinfo=None)


def last_instant_of(day: date, zone: ZoneInfo) -> datetime:
    """The last microsecond of a local day, UTC, without a zone; days of 23 and 25 hours included."""
    next_midnight = datetime.combine(day + timedelta(days=1), time(), tzinfo=zone)
    return next_midnight.astimezone(UTC).replace(tzinfo=None) - timedelta(microseconds=1)


def unfinished_runs(warehouse: Warehouse) -> list[str]:
    """The runs that are marked as running: of whoever holds the lease, they are those that ended without an end."""
    asked = sa.select(_RUNS.run_id).where(_RUNS.outcome == RunOutcome.RUNNING.value).order_by(_RUNS.started_at)
    return [str(run_id) for (run_id,) in warehouse.execute(asked)]


def begin_run(warehouse: Warehouse, *, run_id: str, command: str, as_of: date, zone: ZoneInfo) -> Stamp:
    """Record that a run begins, and that any run still marked as running was interrupted: only one can write."""
    now = utc_now()
    with warehouse.transaction():
        warehouse.execute(
            sa.update(sql_table(RUNS))
            .where(_RUNS.outcome == RunOutcome.RUNNING.value)
            .values(
                outcome=RunOutcome.INTERRUPTED.value,
                ended_at=now,
                detail=f"It ended without letting go of the lease, which {run_id} took over.",
            )
        )
        begun = {
            "run_id": run_id,
            "command": command,
            "as_of_on": as_of,
            "outcome": RunOutcome.RUNNING,
            "started_at": now,
        }
        warehouse.append(RUNS, [begun])
    return Stamp(run_id, last_instant_of(as_of, zone), now)


def end_run(warehouse: Warehouse, run_id: str, outcome: RunOutcome, detail: str | None = None) -> None:
    """Record how a run ended."""
    warehouse.execute(
        sa.update(sql_table(RUNS))
        .where(_RUNS.run_id == run_id)
        .values(outcome=outcome.value, detail=detail, ended_at=utc_now())
    )


def last_done(today: date) -> sa.Executable:
    """Command, and the latest day up to `today` for which it was done. A run of a day to come proves nothing."""
    return (
        sa.select(_RUNS.command, sa.func.max(_RUNS.as_of_on))
        .where(_RUNS.outcome == RunOutcome.DONE.value, _RUNS.as_of_on <= today)
        .group_by(_RUNS.command)
    )


def last_done_on(warehouse: Warehouse, today: date) -> dict[str, date]:
    """The latest day up to `today` for which each command was done."""
    return dict[str, date]((command, day) for command, day in warehouse.execute(last_done(today)))


def latest_run() -> sa.Executable:
    """Run, outcome, its today and detail of the run that began last."""
    return (
        sa.select(_RUNS.run_id, _RUNS.outcome, _RUNS.as_of_on, _RUNS.detail).order_by(_RUNS.started_at.desc()).limit(1)
    )


def last_done_run() -> sa.Executable:
    """The run that was done last."""
    return (
        sa.select(_RUNS.run_id)
        .where(_RUNS.outcome == RunOutcome.DONE.value)
        .order_by(_RUNS.started_at.desc(), _RUNS.run_id)
        .limit(1)
    )


def last_built_on() -> sa.Select[date]:
    """The today of the run that built the views last."""
    return (
        sa.select(_RUNS.as_of_on)
        .where(_RUNS.outcome == RunOutcome.DONE.value, _RUNS.command.not_in(BUILD_NO_VIEWS))
        .order_by(_RUNS.ended_at.desc(), _RUNS.run_id)
        .limit(1)
    )


def runs_of_days_after(today: date) -> sa.Executable:
    """Run, and its today, of every run whose today is yet to come."""
    return sa.select(_RUNS.run_id, _RUNS.as_of_on).where(_RUNS.as_of_on > today).order_by(_RUNS.as_of_on)
