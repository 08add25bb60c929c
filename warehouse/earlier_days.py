"""What a run as of an earlier day than the last collected one knows of a source: what had come by its day, as it was.

Reads `ops.runs`, `raw.returns`, `raw.findings` and `raw.withdrawals`. Writes `raw.returns`.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Set
from dataclasses import dataclass, field
from datetime import datetime

import pyarrow as pa
import sqlalchemy as sa

from schemas.enums import RunOutcome, WithdrawalReason
from schemas.tables import RETURNS, RUNS, WITHDRAWALS, Row, sql_table
from warehouse.connection import Warehouse
from warehouse.runs import READ_SOURCES, Stamp
from warehouse.surveys import unplaced_versions


def later_runs(stamp: Stamp) -> sa.Select[datetime, datetime]:
    """Return the statement that selects as-of date and start of the runs that collected a later day than a run's."""
    runs, own = sql_table(RUNS).c, sql_table(RUNS).alias("own").c
    day = sa.select(own.as_of_on).where(own.run_id == stamp.run_id).scalar_subquery()
    collected = runs.command.in_((*READ_SOURCES, "backfill")) & (runs.outcome == RunOutcome.DONE.value)
    return sa.select(runs.as_of_on, runs.started_at).where(collected, runs.as_of_on > day)


@dataclass(frozen=True, slots=True)
class LaterKnowledge:
    """What runs as of later days have found of a survey before this run. Empty for a run as of the latest day.

    Attributes:
        is_there: Whether such a run has collected a day.
        returns: The expected returns that each response answers on the run's today, as was found then, by response id.
            It has the responses that such a run has read; none where it was never known which return one answers.
    """

    is_there: bool = False
    returns: Mapping[int, frozenset[str]] = field(default_factory=dict[int, frozenset[str]])


def later_knowledge(warehouse: Warehouse, source_id: str, stamp: Stamp) -> LaterKnowledge:
    """Return what runs as of later days have found of a survey."""
    later = later_runs(stamp).subquery()
    last_start = sa.select(sa.func.max(later.c.started_at)).scalar_subquery()
    returns = sql_table(RETURNS).c
    is_read_later = (sa.func.max(returns.known_at) > stamp.known_at) | (sa.func.min(returns.loaded_at) <= last_start)
    read = warehouse.execute(
        sa.select(returns.sequence)
        .where(returns.source_id == source_id)
        .group_by(returns.sequence)
        .having(is_read_later)
    )
    if not read:
        return LaterKnowledge(is_there=bool(warehouse.execute(sa.select(later).limit(1))))
    found = _returns_answered(warehouse, source_id, stamp)
    return LaterKnowledge(True, {number: found.get(number, frozenset()) for (number,) in read})


def load_as_known(warehouse: Warehouse, source_id: str, stamp: Stamp) -> None:
    """Record which versions a run knows of its source that runs as of later days have loaded.

    A run as of an earlier day finds nothing new in them, but they had come by its day. Each gets another row in
    `raw.returns`, with the run's `known_at` and the `loaded_at` of its answers. A response that was assigned to several
    expected returns in turn has such rows for the one that it answered first, or answers on that day.
    """
    table, known = sql_table(RETURNS), sql_table(RETURNS).alias("known").c
    returns, unplaced = table.c, unplaced_versions()
    is_known = sa.exists().where(
        known.return_id == returns.return_id,
        known.loaded_at == returns.loaded_at,
        known.known_at <= stamp.known_at,
    )
    stamps: Row = {"run_id": stamp.run_id, "known_at": stamp.known_at}
    columns = [sa.literal(stamps[c.name]).label(c.name) if c.name in stamps else c for c in table.columns]
    rows = warehouse.arrow(
        sa.select(*columns, unplaced.c.return_id.is_(None).label("is_placed"))
        .select_from(table.outerjoin(unplaced, returns.return_id == unplaced.c.return_id))
        .where(
            returns.source_id == source_id,
            returns.known_at > stamp.known_at,
            returns.answered_at <= stamp.known_at,
            ~is_known,
        )
        .distinct()
    )
    if not rows.num_rows:
        return
    placed, moved = _returns_answered(warehouse, source_id, stamp), _moved(warehouse, source_id)
    columns_of_rows = (rows.column(name).to_pylist() for name in ("respondent", "sequence", "expected_return_id"))
    are_known = [
        # A workbook is of the return that it names.
        not respondent or (id_ in placed[number] and is_placed if number in placed else (number, id_) not in moved)
        for respondent, number, id_, is_placed in zip(
            *columns_of_rows, rows.column("is_placed").to_pylist(), strict=True
        )
    ]
    rows = rows.drop_columns(["is_placed"]).filter(pa.array(are_known, pa.bool_()))
    if rows.num_rows:
        warehouse.append(RETURNS, rows)


def _returns_answered(warehouse: Warehouse, source_id: str, stamp: Stamp) -> dict[int, frozenset[str]]:
    """Return the expected returns that responses answer as of a run's today, by response id.

    They are those that it was assigned to by then; of a response that was not read by then, the one that it was
    assigned to first. A response of which it was never known which return it answers is left out.
    """
    returns, unplaced = sql_table(RETURNS).c, unplaced_versions()
    rows = warehouse.execute(
        sa.select(returns.sequence, returns.expected_return_id, sa.func.min(returns.known_at))
        .select_from(sql_table(RETURNS).outerjoin(unplaced, returns.return_id == unplaced.c.return_id))
        .where(returns.source_id == source_id, unplaced.c.return_id.is_(None))
        .group_by(returns.sequence, returns.expected_return_id)
    )
    first_known: dict[int, dict[str, datetime]] = defaultdict(dict)
    for number, id_, known_at in rows:
        first_known[number][id_] = known_at
    moments = {number: max(stamp.known_at, min(of_one.values())) for number, of_one in first_known.items()}
    moved = _moved(warehouse, source_id, moments)
    return {
        number: frozenset(
            id_ for id_, known_at in of_one.items() if known_at <= moments[number] and (number, id_) not in moved
        )
        for number, of_one in first_known.items()
    }


def _moved(warehouse: Warehouse, source_id: str, moments: Mapping[int, datetime] | None = None) -> Set[tuple[int, str]]:
    """Return the responses, each with the expected return, that were moved to another one.

    Args:
        warehouse: The warehouse.
        source_id: The survey.
        moments: Until when they were, by response id; by default, until now.
    """
    withdrawals = sql_table(WITHDRAWALS).c
    rows: Iterable[tuple[str, str, str, datetime]] = warehouse.execute(
        sa.select(withdrawals.respondent, withdrawals.expected_return_id, withdrawals.reason, withdrawals.known_at)
        .where(withdrawals.source_id == source_id)
        .order_by(withdrawals.known_at, withdrawals.loaded_at)
    )
    latest = {
        (int(respondent), id_): reason
        for respondent, id_, reason, known_at in rows
        if moments is None or known_at <= moments.get(int(respondent), known_at)
    }
    return {response for response, reason in latest.items() if reason == WithdrawalReason.REASSIGNED.value}
