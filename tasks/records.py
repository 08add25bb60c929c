"""What a run gets from a source, on its way to the warehouse."""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, replace
from datetime import date, datetime
from typing import TYPE_CHECKING

from schemas.enums import CheckOutcome, ReceiptOutcome, Severity

if TYPE_CHECKING:
    import pyarrow as pa


@dataclass(frozen=True, slots=True)
class Finding:
    """Something wrong in a return: where, what was found and what was expected, in the programme's language."""

    item: str
    location: str
    check_name: str
    severity: Severity
    found: str
    expected: str


@dataclass(frozen=True, slots=True)
class Answer:
    """One answer as it was given. `value_text` is None where none was; `location` says where it stood."""

    item: str
    question_code: str
    subquestion_code: str | None
    scale: int | None
    part: str
    value_text: str | None
    location: str


@dataclass(frozen=True, slots=True)
class Receipt:
    """The proof of what came in. `delivered_at` is UTC, without a zone."""

    source_id: str
    origin: str
    sha256: str
    byte_count: int
    delivered_at: datetime
    landing_path: str
    outcome: ReceiptOutcome
    detail: str | None = None

    @property
    def receipt_id(self) -> str:
        """The same thing from the same place is one receipt."""
        return checksum(self.source_id, self.origin, self.sha256)

    @property
    def row(self) -> Mapping[str, object]:
        """The receipt as columns of `ops.receipts`."""
        return {"receipt_id": self.receipt_id, **asdict(self)}


@dataclass(frozen=True, slots=True)
class ReturnVersion:
    """One version of one return, as read. `answered_at` is UTC without a zone, `answered_on` the programme's date.

    `rows` are the tables of a workbook, a row a cell: the columns of raw.row_answers but the return and the stamps.
    """

    expected_return_id: str
    instrument_code: str
    instrument_version: int
    source_id: str
    receipt_id: str
    origin: str
    respondent: str
    sequence: int
    is_submitted: bool
    answered_at: datetime
    answered_on: date
    answers: tuple[Answer, ...]
    findings: tuple[Finding, ...] = ()
    rows: "pa.Table | None" = None

    @property
    def content_sha256(self) -> str:
        """What was answered. A return whose answers could not be read is known by what it came in."""
        content = sorted((answer.item, answer.value_text) for answer in self.answers)
        answered = json.dumps(content, ensure_ascii=False)
        if self.rows is not None and self.rows.num_rows:
            return checksum(answered, checksum_of_rows(self.rows))
        return checksum(answered if content else self.receipt_id)

    @property
    def return_id(self) -> str:
        """Decided by content, because the dates of sources move without an answer having changed."""
        return checksum(self.expected_return_id, self.respondent, str(self.is_submitted), self.content_sha256)

    @property
    def is_quarantined(self) -> bool:
        """Whether any finding is an error."""
        return any(finding.severity is Severity.ERROR for finding in self.findings)


@dataclass(frozen=True, slots=True)
class SourceResult:
    """What a run found at one source. `notes` are sentences about what came in and could not be used."""

    source_id: str
    outcome: CheckOutcome
    detail: str | None = None
    receipts: tuple[Receipt, ...] = ()
    returns: tuple[ReturnVersion, ...] = ()
    notes: tuple[str, ...] = ()


@dataclass(slots=True)
class Loaded:
    """What became of what came from a source: how many return versions were loaded, and sentences for a person."""

    source_id: str
    trouble: str | None = None
    count: int = 0
    quarantined: list[str] = field(default_factory=list[str])
    notes: list[str] = field(default_factory=list[str])


def checksum(*parts: str) -> str:
    """sha256 of some texts, kept apart from each other."""
    return hashlib.sha256("\0".join(parts).encode()).hexdigest()


def checksum_of_rows(rows: "pa.Table") -> str:
    """sha256 of what stands in the cells of some tables, and where."""
    import pyarrow as pa  # only workbooks with tables need it
    from pyarrow import csv

    told = pa.BufferOutputStream()
    told_of = rows.select(["item", "row_number", "pseudonym", "value_text"])
    csv.write_csv(told_of.set_column(0, "item", told_of.column("item").cast(pa.string())), told)
    return hashlib.sha256(told.getvalue()).hexdigest()


def as_of(reading: SourceResult, day: date) -> SourceResult:
    """The reading without what came after a day: a run that takes it as its today cannot know of that.

    Nothing of what is left out is acknowledged, so that a run on a later day reads it.
    """
    kept = tuple(received for received in reading.returns if received.answered_on <= day)
    later = [received for received in reading.returns if received.answered_on > day]
    if not later:
        return reading
    unused = {received.receipt_id for received in later} - {received.receipt_id for received in kept}
    return replace(
        reading,
        returns=kept,
        receipts=tuple(receipt for receipt in reading.receipts if receipt.receipt_id not in unused),
        notes=(
            *reading.notes,
            left_for_later(reading.source_id, len(later), day),
        ),
    )


def left_for_later(source_id: str, count: int, day: date) -> str:
    """What a person is told of returns that came after the run's today."""
    return f"{source_id}: {count} returns came after {day}, and are left for a later day."


def in_words(origin: str, finding: Finding) -> str:
    """A finding as one line: where, what was found, what was expected."""
    return f"{origin}, {finding.location}: {finding.found} → {finding.expected}"
