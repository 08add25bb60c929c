"""A return from a workbook as rows of the warehouse's raw tables."""

from collections.abc import Sequence
from dataclasses import asdict, replace

import pyarrow as pa

from schemas.enums import ReceiptOutcome, ReturnOutcome
from schemas.programme import Programme
from schemas.tables import ANSWERS, FINDINGS, RECEIPTS, RETURNS, ROW_ANSWERS, Row, Table
from tasks.records import Receipt, Received
from warehouse.arrow_rows import Rows

UNFORESEEN = "unforeseen"
"""Name of the finding of a return that could not be checked or loaded for an error in the code."""


def rows_of_return(received: Received, receipt: Receipt | None, programme: Programme) -> dict[Table, Rows]:
    """Return the rows of a return, by table.

    Args:
        received: The return.
        receipt: Its receipt; None if the warehouse holds it already.
        programme: The programme that the return was read with.
    """
    details = [finding.found for finding in received.findings if finding.check_name == UNFORESEEN]
    if receipt is not None and details:
        # The next run reads an unreadable file again.
        receipt = replace(receipt, outcome=ReceiptOutcome.UNREADABLE, detail=details[0])
    return {
        RECEIPTS: [] if receipt is None else [receipt.row],
        RETURNS: [_return_row(received, programme)],
        ANSWERS: _answer_rows(received),
        ROW_ANSWERS: _cell_rows(received),
        FINDINGS: _finding_rows(received),
    }


def _return_row(received: Received, programme: Programme) -> Row:
    return {
        "return_id": received.return_id,
        "expected_return_id": received.expected_return_id,
        "source_id": received.source_id,
        "receipt_id": received.receipt_id,
        "origin": received.origin,
        "respondent": received.respondent,
        "programme_version": programme.version,
        "content_sha256": received.content_sha256,
        "sequence": received.sequence,
        "is_submitted": received.is_submitted,
        "answered_at": received.answered_at,
        "answered_on": received.answered_on,
        "outcome": (ReturnOutcome.QUARANTINED if received.is_quarantined else ReturnOutcome.LOADED).value,
    }


def _answer_rows(received: Received) -> list[Row]:
    if received.is_quarantined:
        return []
    return [{"return_id": received.return_id, **asdict(answer)} for answer in received.answers]


def _cell_rows(received: Received) -> Sequence[Row] | pa.Table:
    if received.is_quarantined or received.rows is None:
        return []
    first_entry = pa.repeat(pa.scalar(0, pa.int8()), received.rows.num_rows)
    return received.rows.append_column("return_id", pa.DictionaryArray.from_arrays(first_entry, [received.return_id]))


def _finding_rows(received: Received) -> list[Row]:
    return [
        {"return_id": received.return_id, **asdict(finding), "severity": finding.severity.value}
        for finding in received.findings
    ]
