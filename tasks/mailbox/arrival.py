"""Order the workbooks for one return that arrive by mail in the same second."""

from dataclasses import replace
from datetime import datetime, timedelta

import sqlalchemy as sa

from schemas.intake import ItemKind
from warehouse.intake import Item, items_about


def in_order(item: Item, arrived_at: datetime, intake: sa.Engine) -> Item:
    """Return a workbook as received after those for its return that were kept of the same second.

    A mail server records in whole seconds when a message arrived, and the workbook received last counts. Messages are
    read in the order of the mailbox, and their workbooks in the order of their parts. A workbook that is kept already
    stays where it is.

    Args:
        item: The workbook, as an item of the intake.
        arrived_at: When its message arrived, UTC, without a zone.
        intake: The open intake.
    """
    begins_at = arrived_at.replace(microsecond=0)
    of_second = {
        other.item_id: other.received_at
        for other in items_about(intake, [item.subject_id])
        if other.kind is ItemKind.WORKBOOK and begins_at <= other.received_at < begins_at + timedelta(seconds=1)
    }
    if item.item_id in of_second:
        return replace(item, received_at=of_second[item.item_id])
    after = [received_at + timedelta(microseconds=1) for received_at in of_second.values()]
    return replace(item, received_at=max([arrived_at, *after]))
