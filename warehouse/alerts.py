"""The chasing ledger. An alert is recorded before it is sent, and recorded once."""

from collections.abc import Iterable

import sqlalchemy as sa

from schemas.states import AlertOutcome
from schemas.tables import ALERTS, Row, sql_table
from warehouse.connection import Warehouse
from warehouse.runs import utc_now

_ALERTS = sql_table(ALERTS).c


def record_alerts(warehouse: Warehouse, alerts: Iterable[Row]) -> None:
    """Record alerts that were decided, in one transaction."""
    recorded = {"outcome": AlertOutcome.RECORDED.value, "sent_at": None}
    with warehouse.transaction():
        warehouse.append(ALERTS, [{**alert, **recorded} for alert in alerts])


def unsent_alerts(warehouse: Warehouse) -> list[Row]:
    """Alerts that were recorded and not sent: of this run, or of one that was interrupted."""
    table = sql_table(ALERTS)
    names = [column.name for column in table.columns]
    rows = warehouse.execute(sa.select(table).where(_ALERTS.outcome == AlertOutcome.RECORDED.value))
    return [dict(zip(names, row, strict=True)) for row in rows]


def mark_sent(warehouse: Warehouse, message_id: str) -> None:
    """Record that a digest was sent."""
    warehouse.execute(
        sa.update(sql_table(ALERTS))
        .where(_ALERTS.message_id == message_id)
        .values(outcome=AlertOutcome.SENT.value, sent_at=utc_now())
    )
