"""Load rows into `raw`: each load in one transaction, each version of a return once.

Writes every table of `raw`, and the tables of `ops` whose rows carry a stamp. Reads `ops.runs`,
`raw.programme_occasions`, `raw.source_checks`, `raw.returns`, `raw.findings` and `ops.receipts`.
"""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Any
from zoneinfo import ZoneInfo

import pyarrow as pa
import sqlalchemy as sa

from schemas.enums import ReceiptOutcome, ResolvedBy, ReturnOutcome, Severity
from schemas.places import reading_order
from schemas.tables import (
    EXPECTED_RETURNS,
    FINDINGS,
    PROGRAMME_OCCASIONS,
    RECEIPTS,
    RETURNS,
    SOURCE_CHECKS,
    STAMPS,
    Row,
    Table,
    sql_table,
)
from warehouse.arrow_rows import Rows
from warehouse.connection import Warehouse
from warehouse.earlier_days import later_runs
from warehouse.runs import Stamp, last_instant_of


def load_programme(warehouse: Warehouse, version: str, rows: Mapping[Table, Sequence[Row]], stamp: Stamp) -> bool:
    """Load a version of the programme folder, unless it is the latest loaded version.

    The latest version is loaded again if an earlier Essaim, with fewer tables, loaded it.

    Args:
        warehouse: The warehouse.
        version: sha256 of the contents of the programme folder.
        rows: The rows of each `raw.programme_…` table.
        stamp: The run's stamp.

    Returns:
        Whether the version was loaded.
    """
    occasions = sql_table(PROGRAMME_OCCASIONS).c
    latest = warehouse.execute(
        sa.select(occasions.programme_version, occasions.run_id)
        .where(occasions.known_at <= stamp.known_at)
        .order_by(occasions.known_at.desc(), occasions.loaded_at.desc())
        .limit(1)
    )
    if latest and latest[0][0] == version and _holds_all(warehouse, rows, latest[0][1]):
        return False
    with warehouse.transaction():
        for table, lines in rows.items():
            warehouse.append(table, [{"programme_version": version, **line, **stamp.columns} for line in lines])
    return True


def _holds_all(warehouse: Warehouse, rows: Mapping[Table, Sequence[Row]], run_id: str) -> bool:
    """Return whether a run loaded rows into each table for which there are rows now."""
    loaded = [sa.exists().where(sql_table(table).c.run_id == run_id) for table, lines in rows.items() if lines]
    return bool(warehouse.execute(sa.select(sa.and_(*loaded)))[0][0])


def load_plan(warehouse: Warehouse, rows: Iterable[Row], stamp: Stamp) -> None:
    """Append planned rows of expected returns."""
    load_together(warehouse, {EXPECTED_RETURNS: list(rows)}, stamp)


def load_source_check(warehouse: Warehouse, check: Row, stamp: Stamp, zone: ZoneInfo) -> None:
    """Record what a run found of a source, unless it equals what was found before.

    What a run as of an earlier day finds holds until the next day that was collected: if that day's run found nothing
    else than was known before, and so has no row, the row that it went by is repeated for it.
    """
    found = [column.name for column in SOURCE_CHECKS.columns if column not in STAMPS and column.name != "source_id"]
    checks = sql_table(SOURCE_CHECKS).c
    latest = warehouse.execute(
        sa.select(*(checks[name] for name in found))
        .where(checks.source_id == check["source_id"], checks.known_at <= stamp.known_at)
        .order_by(checks.known_at.desc(), checks.loaded_at.desc())
        .limit(1)
    )
    if latest == [tuple(check.get(name) for name in found)]:
        return
    load_together(warehouse, {SOURCE_CHECKS: [check]}, stamp)
    later = later_runs(stamp).subquery()
    next_day: date | None = warehouse.execute(sa.select(sa.func.min(later.c.as_of_on)))[0][0]
    if next_day is None or not latest:
        return
    known_at = last_instant_of(next_day, zone)
    is_found_then = (checks.source_id == check["source_id"]) & (checks.known_at > stamp.known_at)
    if not warehouse.execute(sa.select(checks.run_id).where(is_found_then, checks.known_at <= known_at).limit(1)):
        repeated = {"source_id": check["source_id"], **dict(zip(found, latest[0], strict=True))}
        load_together(warehouse, {SOURCE_CHECKS: [repeated]}, replace(stamp, known_at=known_at))


def known_ids(warehouse: Warehouse, table: Table) -> frozenset[str]:
    """Return the ids (values of the first key column) in a table."""
    column = sql_table(table).c[table.key[0]]
    return frozenset(row[0] for row in warehouse.execute(sa.select(column)))


def checked_returns(warehouse: Warehouse, programme_version: str) -> frozenset[str]:
    """Return the return versions that need no check.

    They are loaded, or were quarantined under the current version of the programme.
    """
    returns = sql_table(RETURNS).c
    is_settled = (returns.outcome == ReturnOutcome.LOADED.value) | (returns.programme_version == programme_version)
    return frozenset(row[0] for row in warehouse.execute(sa.select(returns.return_id).where(is_settled)))


def receipts_to_read_again(warehouse: Warehouse, source_id: str, programme_version: str) -> list[dict[str, Any]]:
    """Return the receipts of a source whose returns were quarantined under another version of the programme.

    Receipts of which a later version has arrived are left out.

    Returns:
        The columns of `ops.receipts` without its key and stamps.
    """
    returns, receipts = sql_table(RETURNS).c, sql_table(RECEIPTS)
    settled = sql_table(RETURNS).alias("settled").c
    is_settled = sa.exists().where(
        settled.receipt_id == returns.receipt_id,
        (settled.outcome == ReturnOutcome.LOADED.value) | (settled.programme_version == programme_version),
    )
    later = sql_table(RETURNS).alias("later").c
    is_superseded = sa.exists().where(
        later.expected_return_id == returns.expected_return_id,
        (later.answered_at > returns.answered_at)
        | ((later.answered_at == returns.answered_at) & (later.sequence > returns.sequence)),
    )
    waiting = sa.select(returns.receipt_id).where(returns.source_id == source_id, ~is_settled, ~is_superseded)
    names = [c.name for c in RECEIPTS.columns[1:] if c not in STAMPS]
    columns = [receipts.c[name] for name in names]
    rows = warehouse.execute(
        sa.select(*columns)
        .where(receipts.c.receipt_id.in_(waiting))
        .order_by(receipts.c.delivered_at, receipts.c.origin)
    )
    return [
        {**dict(zip(names, row, strict=True)), "outcome": ReceiptOutcome(row[names.index("outcome")])} for row in rows
    ]


@dataclass(frozen=True, slots=True)
class ReturnError:
    """An error of a quarantined return.

    Attributes:
        location: Where it was found.
        expected: What was expected.
        resolved_by: Who can resolve it.
        found: What was found, unless the sender is to correct it: it may name a person, and is sent to people.
    """

    location: str
    expected: str
    resolved_by: ResolvedBy = ResolvedBy.SENDER
    found: str = ""


def errors_of(warehouse: Warehouse, return_ids: Collection[str | None]) -> dict[str, list[ReturnError]]:
    """Return the errors of quarantined returns from their latest check, by return version."""
    findings = sql_table(FINDINGS).c
    rows = warehouse.execute(
        sa.select(
            findings.return_id,
            findings.loaded_at,
            findings.location,
            findings.expected,
            sa.func.coalesce(findings.resolved_by, ResolvedBy.SENDER.value),
            findings.found,
        )
        .where(findings.severity == Severity.ERROR.value)
        .order_by(findings.loaded_at, findings.location, findings.expected)
    )
    errors: dict[str, list[ReturnError]] = {}
    checked_at: dict[str, datetime] = {}
    for return_id, loaded_at, location, expected, who, found in rows:
        if return_id in return_ids:
            # A return is checked again when the programme has changed: keep the findings of the latest check.
            if checked_at.get(return_id) != loaded_at:
                checked_at[return_id], errors[return_id] = loaded_at, []
            resolved_by = ResolvedBy(who)
            shown = found if resolved_by is not ResolvedBy.SENDER else ""
            errors[return_id].append(ReturnError(location, expected, resolved_by, shown))
    return {id_: sorted(found, key=lambda error: reading_order(error.location)) for id_, found in errors.items()}


def unassigned_receipts(warehouse: Warehouse) -> dict[str, int]:
    """Return the number of files and responses of each source that belong to no expected return, as far as is known."""
    receipts, returns = sql_table(RECEIPTS).c, sql_table(RETURNS).c
    became_a_return = sa.exists().where(
        returns.source_id == receipts.source_id,
        (returns.receipt_id == receipts.receipt_id)
        | ((returns.origin == receipts.origin) & (returns.loaded_at > receipts.loaded_at)),
    )
    outcomes = [ReceiptOutcome.UNASSIGNED.value, ReceiptOutcome.UNREADABLE.value]
    rows = warehouse.execute(
        sa.select(receipts.source_id, sa.func.count(sa.distinct(receipts.origin)))
        .where(receipts.outcome.in_(outcomes), ~became_a_return)
        .group_by(receipts.source_id)
    )
    return {str(source_id): int(count) for source_id, count in rows}


def load_together(warehouse: Warehouse, rows: Mapping[Table, Rows], stamp: Stamp) -> None:
    """Load rows of several tables, with the run's stamp, in one transaction."""
    with warehouse.transaction():
        for table, lines in rows.items():
            warehouse.append(table, _stamped(lines, stamp))


def _stamped(rows: Rows, stamp: Stamp) -> Rows:
    if isinstance(rows, pa.Table):
        return _stamped_columns(rows, stamp)
    if isinstance(rows, Iterator):
        return (_stamped_columns(piece, stamp) for piece in rows)
    return [{**row, **stamp.columns} for row in rows]


def _stamped_columns(rows: pa.Table, stamp: Stamp) -> pa.Table:
    for name, value in stamp.columns.items():
        repeated = pa.repeat(pa.scalar(0, pa.int8()), rows.num_rows)
        rows = rows.append_column(name, pa.DictionaryArray.from_arrays(repeated, pa.array([value])))
    return rows
