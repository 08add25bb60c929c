"""The records of a collection, between a source and the warehouse."""

import hashlib
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from datetime import date, datetime
from typing import TYPE_CHECKING

from schemas.enums import CheckOutcome, ReceiptOutcome, ResolvedBy, ReturnChannel, Severity
from tasks.i18n import counted

if TYPE_CHECKING:
    import pyarrow as pa

_MOST_NAMED = 5
"""The number of files that a sentence names."""


@dataclass(frozen=True, slots=True)
class Finding:
    """A deviation that a check found in a return. Texts are in the programme's language and name no person.

    Attributes:
        item: The item of the crosswalk; "" for the return as a whole, `sheet!` for a sheet.
        location: Where it was found, for a person: a cell such as `Bilan!B7`, a question, or a file name.
        check_name: The check.
        severity: An error quarantines the return; a warning does not.
        found: What was found.
        expected: What was expected.
        resolved_by: Who can resolve it.
    """

    item: str
    location: str
    check_name: str
    severity: Severity
    found: str
    expected: str
    resolved_by: ResolvedBy = ResolvedBy.SENDER

    @property
    def row(self) -> Mapping[str, str]:
        """The finding as columns of `raw.findings`."""
        return {**asdict(self), "severity": self.severity.value, "resolved_by": self.resolved_by.value}


@dataclass(frozen=True, slots=True)
class Answer:
    """One answer as it was given.

    Attributes:
        item: The item of the crosswalk.
        question_code: The question, or the code of a line of a question sheet.
        subquestion_code: The subquestion; None without one.
        scale: The scale of a dual-scale question, or the rank of a ranking; None for other questions.
        part: The part of the answer: value, other, comment, rank …
        value_text: The answer; None for a blank.
        location: Where it was given, for a person.
    """

    item: str
    question_code: str
    subquestion_code: str | None
    scale: int | None
    part: str
    value_text: str | None
    location: str


@dataclass(frozen=True, slots=True)
class Receipt:
    """The proof that something came in from a source.

    Attributes:
        source_id: The source.
        origin: Where it came from within the source: a file name, or a part of a survey.
        sha256: The checksum of its bytes.
        byte_count: The number of its bytes.
        delivered_at: When it was delivered. UTC, without a zone.
        landing_path: The path of its original below the landing folder.
        outcome: What became of it.
        detail: The reason, or how it was read, as a sentence; None for nothing to add.
        sending: How many times this content has come from this origin, this time included. A content that still lies
            where it lay has come once.
    """

    source_id: str
    origin: str
    sha256: str
    byte_count: int
    delivered_at: datetime
    landing_path: str
    outcome: ReceiptOutcome
    detail: str | None = None
    sending: int = 1

    @property
    def receipt_id(self) -> str:
        """The key of the receipt: each sending of a content from one origin has one."""
        again = (str(self.sending),) if self.sending > 1 else ()
        return checksum(self.source_id, self.origin, self.sha256, *again)

    @property
    def row(self) -> Mapping[str, object]:
        """The receipt as a row of `ops.receipts`, without the stamps."""
        return {"receipt_id": self.receipt_id, **asdict(self)}


@dataclass(frozen=True, slots=True)
class ReturnVersion:
    """One version of one return, as read from its source.

    Attributes:
        expected_return_id: The expected return that it answers: `COHORT/STRUCTURE/OCCASION/INSTRUMENT`.
        instrument_code: The instrument.
        instrument_version: Its version.
        source_id: The source.
        receipt_id: The receipt of what it was read from.
        origin: Where it came from within the source, such as a file name.
        respondent: The response id of a survey; "" for a workbook.
        sequence: The order among versions that arrived at the same time: for a workbook, how many files had come under
            its name before.
        is_submitted: Whether the source reports it as complete.
        answered_at: When it arrived, by the source. UTC, without a zone.
        answered_on: `answered_at` as a date in the programme's time zone.
        answers: The answers of questions and of question sheets.
        findings: The deviations found so far.
        rows: The cells of the tables of a workbook, one row a cell: the columns of raw.row_answers without the return
            and the stamps. None without a table.
        bands: The known age bands of the people in them: the columns of raw.age_bands without the return and the
            stamps. They follow from the birth dates and the programme, and are no part of the content.
        faults: What kept cells from being read that no value shows: struck through, merged, disguised by a format. Each
            as its location and check, in order.
        version_id: The id of the version where its content alone does not identify it; else None.
        channel: The way by which it came.
        sent_by: Code of the evaluator or lead, or `structure`, who gave it at the desk or by mail; else None.
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
    bands: "pa.Table | None" = None
    faults: tuple[str, ...] = ()
    version_id: str | None = None
    channel: ReturnChannel = ReturnChannel.INBOX
    sent_by: str | None = None

    @property
    def content_sha256(self) -> str:
        """The checksum of the answers and faults; of the receipt where no answer could be read."""
        if not self.answers and (self.rows is None or not self.rows.num_rows):
            return checksum(self.receipt_id)
        of_answers = checksum_of_content(self.answers, self.rows)
        return checksum(of_answers, *self.faults) if self.faults else of_answers

    @property
    def return_id(self) -> str:
        """The key of the version, from its content: the dates of sources change without any answer having changed."""
        return self.version_id or checksum(
            self.expected_return_id, self.respondent, str(self.is_submitted), self.content_sha256
        )

    @property
    def is_quarantined(self) -> bool:
        """Whether any finding is an error, so that the answers are not loaded."""
        return any(finding.severity is Severity.ERROR for finding in self.findings)


@dataclass(frozen=True, slots=True)
class SourceResult:
    """The result of reading one source.

    Attributes:
        source_id: The source.
        outcome: Whether the source could be read.
        detail: Why it could not be read, as a sentence; None where it was read.
        receipts: The receipts of what came in.
        returns: The return versions in it.
        notes: Sentences about what came in and could not be used.
    """

    source_id: str
    outcome: CheckOutcome
    detail: str | None = None
    receipts: tuple[Receipt, ...] = ()
    returns: tuple[ReturnVersion, ...] = ()
    notes: tuple[str, ...] = ()


@dataclass(slots=True)
class Loaded:
    """The result of loading one source.

    Attributes:
        source_id: The source.
        trouble: Why the source could not be read or loaded, as a sentence; None where it was.
        count: The number of workbooks and responses of which a version was loaded, quarantined ones included. One that
            may answer several occasions counts once.
        quarantined: The findings of quarantined returns, each as one line.
        notes: Sentences about what came in and could not be used.
    """

    source_id: str
    trouble: str | None = None
    count: int = 0
    quarantined: list[str] = field(default_factory=list[str])
    notes: list[str] = field(default_factory=list[str])


def checksum(*parts: str) -> str:
    """Return the sha256 of some texts, separated by a null character."""
    return hashlib.sha256("\0".join(parts).encode()).hexdigest()


def checksum_of_content(answers: Iterable[Answer], rows: "pa.Table | None") -> str:
    """Return the sha256 of the answers and table rows of a return."""
    content = sorted((answer.item, answer.value_text) for answer in answers)
    answered = json.dumps(content, ensure_ascii=False)
    if rows is not None and rows.num_rows:
        return checksum(answered, checksum_of_rows(rows))
    return checksum(answered)


def checksum_of_rows(rows: "pa.Table") -> str:
    """Return the sha256 of table cells: item, row, pseudonym and value."""
    import pyarrow as pa  # slow to import, and needed only for workbooks with tables
    from pyarrow import csv

    buffer = pa.BufferOutputStream()
    cells = rows.select(["item", "row_number", "pseudonym", "value_text"])
    csv.write_csv(cells.set_column(0, "item", cells.column("item").cast(pa.string())), buffer)
    return hashlib.sha256(buffer.getvalue()).hexdigest()


def as_of(result: SourceResult, day: date) -> SourceResult:
    """Leave out the returns that arrived after a day, for a run whose as-of date it is.

    Their receipts are left out too, so that a run with a later as-of date reads them.
    """
    kept = tuple(received for received in result.returns if received.answered_on <= day)
    later = [received for received in result.returns if received.answered_on > day]
    if not later:
        return result
    unused = {received.receipt_id for received in later} - {received.receipt_id for received in kept}
    return replace(
        result,
        returns=kept,
        receipts=tuple(receipt for receipt in result.receipts if receipt.receipt_id not in unused),
        notes=(
            *result.notes,
            left_for_later(result.source_id, len(later), day, [received.origin for received in later]),
        ),
    )


def left_for_later(source_id: str, count: int, day: date, files: Sequence[str] = ()) -> str:
    """Word how many returns arrived after the as-of date of a run, and are left for a later run, with their files."""
    named = f" ({', '.join(files[:_MOST_NAMED])}{', …' if len(files) > _MOST_NAMED else ''})" if files else ""
    return f"{source_id}: {counted(count, 'return')} came or changed after {day}: left for a later day{named}."


def in_words(origin: str, finding: Finding) -> str:
    """Word a finding as one line: where, what was found, what was expected."""
    return f"{origin}, {finding.location}: {finding.found} → {finding.expected}"
