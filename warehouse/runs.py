"""The run ledger: every command that writes leaves a line, also when it is killed."""

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import sqlalchemy as sa

from schemas.states import RunOutcome
from schemas.tables import RUNS, Row, sql_table
from warehouse.connection import Warehouse

_RUNS = sql_table(RUNS).c


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


def begin_run(warehouse: Warehouse, *, run_id: str, command: str, as_of: date, zone: ZoneInfo) -> Stamp:
    """Record that a run begins, and that any run still marked as running was interrupted: only one can write."""
    now = utc_now()
    with warehouse.transaction():
        warehouse.execute(
            sa.update(sql_table(RUNS))
            .where(_RUNS.outcome == RunOutcome.RUNNING.value)
            .values(outcome=RunOutcome.INTERRUPTED.value, ended_at=now)
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
