"""Read what was sent before: the receipts of each origin, and the versions of each expected return.

A content that comes again after another one was sent again, and is not the first.

Reads `ops.receipts`, `raw.returns` and `raw.pseudonym_links`.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa

from schemas.enums import ReceiptOutcome
from schemas.tables import RECEIPTS, RETURNS, sql_table
from warehouse.connection import Warehouse
from warehouse.pseudonym_links import contents_by_link


@dataclass(frozen=True, slots=True)
class HeldReceipt:
    """A receipt that the warehouse holds.

    Attributes:
        delivered_at: UTC.
        sending: How many times its content had come under its name, itself included.
    """

    receipt_id: str
    sha256: str
    delivered_at: datetime
    outcome: ReceiptOutcome
    sending: int


@dataclass(frozen=True, slots=True)
class HeldVersion:
    """A version of an expected return that the warehouse holds.

    Attributes:
        answered_at: UTC.
    """

    return_id: str
    receipt_id: str
    content_sha256: str
    answered_at: datetime
    sequence: int


def sending_of(sha256: str, before: Sequence[HeldReceipt]) -> int:
    """Return how many times a content has been sent under its name, this time included.

    The content of the latest receipt was not sent again: it still lies where it lay.

    Args:
        sha256: The checksum of the content.
        before: The receipts of its name, in the order of loading.
    """
    if before and before[-1].sha256 == sha256:
        return before[-1].sending
    return 1 + sum(receipt.sha256 == sha256 for receipt in before)


def receipts_of(warehouse: Warehouse, source_id: str) -> dict[str, Sequence[HeldReceipt]]:
    """Return the receipts of a source by origin, in the order of loading."""
    receipts = sql_table(RECEIPTS).c
    rows = warehouse.execute(
        sa.select(
            receipts.origin,
            receipts.receipt_id,
            receipts.sha256,
            receipts.delivered_at,
            receipts.outcome,
            receipts.sending,
        )
        .where(receipts.source_id == source_id)
        .order_by(receipts.loaded_at, receipts.sending)
    )
    held: dict[str, list[HeldReceipt]] = {}
    for origin, receipt_id, sha256, delivered_at, outcome, sending in rows:
        receipt = HeldReceipt(receipt_id, sha256, delivered_at, ReceiptOutcome(outcome), sending)
        held.setdefault(origin, []).append(receipt)
    return dict(held)


def versions_of(warehouse: Warehouse, source_id: str) -> dict[str, Sequence[HeldVersion]]:
    """Return the versions of each expected return from a source, in the order of loading.

    The checksum of a relinked version covers the latest pseudonyms of its people.
    """
    returns = sql_table(RETURNS).c
    rows = warehouse.execute(
        sa.select(
            returns.expected_return_id,
            returns.return_id,
            returns.receipt_id,
            returns.content_sha256,
            returns.answered_at,
            returns.sequence,
        )
        .where(returns.source_id == source_id)
        .order_by(returns.loaded_at)
    )
    relinked = contents_by_link(warehouse)
    held: dict[str, dict[str, HeldVersion]] = {}
    for expected_return_id, return_id, receipt_id, content_sha256, *sent in rows:
        version = HeldVersion(return_id, receipt_id, relinked.get(return_id) or content_sha256, *sent)
        # A quarantined version that was checked again has a row for each check.
        held.setdefault(expected_return_id, {})[version.return_id] = version
    return {expected_return_id: list(versions.values()) for expected_return_id, versions in held.items()}
