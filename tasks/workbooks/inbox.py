"""Read the inbox: list and land its files, then parse, assign and read each. Files that cannot be used stay there."""

import itertools
import os
from collections import Counter
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from gettext import NullTranslations
from pathlib import Path

from schemas.enums import CheckOutcome, ReceiptOutcome, ResolvedBy, ReturnChannel, Severity
from schemas.programme import Programme
from tasks.landing import Landing, OriginalGoneError
from tasks.records import Finding, Receipt, ReturnVersion, SourceResult
from tasks.schedule.expected_returns import INBOX
from tasks.spreadsheets.cells import MAXIMUM_BYTES, CellBook, RefusedError
from tasks.spreadsheets.parser import Parser
from tasks.spreadsheets.safe_names import LONGEST
from tasks.unforeseen import concerns_one_source, record_unforeseen
from tasks.workbooks.age_bands import age_attributes
from tasks.workbooks.assigning import Assignment, assign, identity_findings, version_due
from tasks.workbooks.cell_values import OF_VALUES
from tasks.workbooks.file_names import REFUSED_SUFFIXES, SUFFIXES, ReturnNames, suffix_of
from tasks.workbooks.inbox_place import InboxPlace, ListedFile, UnreachableInboxError
from tasks.workbooks.opening import files_of_sets, open_workbook
from tasks.workbooks.pseudonyms import PseudonymKey
from tasks.workbooks.refusal_messages import refusal_in_words, unforeseen_in_words
from tasks.workbooks.sheet_fields import layouts_of
from tasks.workbooks.sheets import WorkbookContents, read_contents
from warehouse.sendings import HeldReceipt, sending_of

UNFORESEEN = "unforeseen"
"""Name of the finding of a return that could not be read, checked or loaded for an error in the code."""
_LARGEST_OPENED = 5 * MAXIMUM_BYTES
"""Size up to which a file that is too large is opened, so that its return counts as received and to be corrected."""


@dataclass(frozen=True, slots=True)
class Inbox:
    """An inbox and all that reading its files needs.

    Attributes:
        place: Where the files lie.
        programme: The programme.
        language: The language of the findings.
        expected: The ids of the expected returns.
        parser: The parsing process.
        key: The key of the participants' pseudonyms; None where no table identifies people.
        settle_seconds: How long a young file must stay unchanged before it is read.
        error_log: The file to which unforeseen errors are written.
    """

    place: InboxPlace
    programme: Programme
    language: NullTranslations
    expected: Collection[str]
    parser: Parser
    key: PseudonymKey | None = None
    settle_seconds: float = 1.0
    error_log: Path = Path(os.devnull)


@dataclass(frozen=True, slots=True)
class InboxFile:
    """One delivered file, whose original is landed.

    Attributes:
        named: The expected return that its name states, if any.
        name: Its name, as it can be recorded and shown.
        content: Its bytes.
        sha256: The checksum of its bytes.
        landing_path: The path of the original below the landing folder.
        delivered_at: When it was last written to in the inbox, and not before another file of its name. UTC, without a
            zone.
        sending: How many times its content has come under its name, this time included.
        sequence: How many files had come under its name before.
        channel: The way by which it came.
        sent_by: Code of the evaluator or lead, or `structure`, who gave it at the desk or by mail; else None.
    """

    named: str | None
    name: str
    content: bytes
    sha256: str
    landing_path: str
    delivered_at: datetime
    sending: int = 1
    sequence: int = 0
    channel: ReturnChannel = ReturnChannel.INBOX
    sent_by: str | None = None

    def receipt(self, outcome: ReceiptOutcome, detail: str | None = None) -> Receipt:
        """Return the receipt of the file with an outcome and its reason."""
        return Receipt(
            source_id=INBOX,
            origin=self.name,
            sha256=self.sha256,
            byte_count=len(self.content),
            delivered_at=self.delivered_at,
            landing_path=self.landing_path,
            outcome=outcome,
            detail=detail,
            sending=self.sending,
        )


FileResult = tuple[Receipt, ReturnVersion | None]
"""The receipt of a file, and the return version that it holds; None where it could not be assigned."""


def read_inbox(
    inbox: Inbox,
    landing: Landing,
    received: Mapping[str, Sequence[HeldReceipt]],
    to_read_again: Sequence[Receipt] = (),
    read: Callable[[InboxFile, Inbox], FileResult] | None = None,
    received_otherwise: Iterable[InboxFile] = (),
) -> SourceResult:
    """Read the new files of the inbox, and the originals of some receipts again.

    A file that could not be used is read again in each run while it lies in the inbox, so that each run reports it.

    Args:
        inbox: The inbox.
        landing: The folder that keeps the originals.
        received: The receipts of the inbox that the warehouse holds, by file name, in the order of loading.
        to_read_again: The receipts of quarantined returns, which may pass under the present programme.
        read: The step that reads one file: `read_file`, or a wrapper around it.
        received_otherwise: Landed files that came in another way. They are read even if the inbox cannot be listed.
    """
    trouble: str | None = None
    files: list[ListedFile] = []
    arriving: list[str] = []
    try:
        files, arriving = inbox.place.settled(inbox.settle_seconds)
    except UnreachableInboxError as error:
        trouble = (
            f"The inbox {inbox.place.shown} could not be listed ({error}). "
            "Expected a folder that can be read. Create it, give its rights, or correct sources.inbox.path."
        )
    notes = [f"{name}: still arriving; left for the next run." for name in arriving]
    receipts: dict[str, Receipt] = {}
    returns: list[ReturnVersion] = []
    names = ReturnNames(inbox.expected, inbox.programme.ids_of)
    new = _land_new(inbox, landing, files, received, names, notes)
    before = _landed_before(landing, to_read_again, received, names, notes)
    for file in itertools.chain(new, received_otherwise, before):
        receipt, version = (read or read_file)(file, inbox)
        receipts[receipt.receipt_id] = receipt
        if version is not None:
            returns.append(version)
        if receipt.outcome is not ReceiptOutcome.READ:
            notes.append(f"{file.name}: {receipt.detail}")
    outcome = CheckOutcome.READ if trouble is None else CheckOutcome.UNREACHABLE
    return SourceResult(INBOX, outcome, trouble, tuple(receipts.values()), tuple(returns), tuple(notes))


def _land_new(
    inbox: Inbox,
    landing: Landing,
    files: Sequence[ListedFile],
    received: Mapping[str, Sequence[HeldReceipt]],
    names: ReturnNames,
    notes: list[str],
) -> Iterator[InboxFile]:
    """Land each listed file, and yield those without a receipt of a successful reading. Adds to `notes`."""
    shown = Counter(listed.name for listed in files)
    for listed in files:
        # Of two files whose names are shown alike, neither replaces the other.
        is_alone = shown[listed.name] == 1
        try:
            file = _landed(listed, inbox, landing, received.get(listed.name, ()), names, notes, is_alone=is_alone)
        except Exception as error:  # what nobody foresaw in one file leaves it for the next run, and reads the others
            if not concerns_one_source(error):
                raise
            # The name of the file may be the name of a person.
            reference = record_unforeseen(error, inbox.error_log, f"landing a file of {listed.size} bytes")
            notes.append(f"{listed.name}: {unforeseen_in_words(reference, inbox.language)}")
        else:
            if file is not None:
                yield file


def _landed(
    listed: ListedFile,
    inbox: Inbox,
    landing: Landing,
    before: Sequence[HeldReceipt],
    names: ReturnNames,
    notes: list[str],
    *,
    is_alone: bool,
) -> InboxFile | None:
    """Land a listed file; None where it cannot be read or has a receipt of a successful reading. Adds to `notes`."""
    suffix = suffix_of(listed.name)
    if listed.size < 0:
        notes.append(f"{listed.name}: not read, because it is a folder, a link or a device. Replace it by a file.")
        return None
    if listed.name.startswith("."):
        notes.append(f"{listed.name}: not read, because the dot before its name hides it. Remove the dot or the file.")
        return None
    if suffix not in (*SUFFIXES, *REFUSED_SUFFIXES):
        formats = ", ".join(SUFFIXES)
        notes.append(f"{listed.name}: not read; expected a workbook ({formats}). Save it as one, or remove it.")
        return None
    if listed.size > _LARGEST_OPENED:
        notes.append(
            f"{listed.name}: not opened; found {listed.size // 1_000_000} MB, expected a workbook of "
            f"{MAXIMUM_BYTES // 1_000_000} MB at most. Remove its pictures and unused sheets, or replace the file."
        )
        return None
    try:
        content = inbox.place.content(listed)
    except OSError as error:
        notes.append(f"{listed.name}: could not be opened ({error.strerror}). Check its rights.")
        return None
    if content is None:
        notes.append(f"{listed.name}: still arriving; left for the next run.")
        return None
    sha256, landing_path = landing.keep(content, suffix)
    if not is_alone:
        before = [receipt for receipt in before if receipt.sha256 == sha256]
    last = before[-1] if before else None
    is_last = last is not None and last.sha256 == sha256
    if last is not None and is_last and last.outcome is ReceiptOutcome.READ:
        return None
    if listed.is_renamed:
        notes.append(
            f"{listed.name}: its real name cannot be recorded (it holds bytes that are not UTF-8 or invisible "
            f"signs, or is longer than {LONGEST} characters), so this name is used for it. Rename the file."
        )
    return InboxFile(
        named=names.named(listed.name),
        name=listed.name,
        content=content,
        sha256=sha256,
        landing_path=landing_path,
        # What replaces a file was sent after it, whatever its date.
        delivered_at=max([listed.modified_at, *(receipt.delivered_at for receipt in before[-1:])]),
        sending=sending_of(sha256, before),
        sequence=len(before) - is_last,
    )


def _landed_before(
    landing: Landing,
    receipts: Sequence[Receipt],
    received: Mapping[str, Sequence[HeldReceipt]],
    names: ReturnNames,
    notes: list[str],
) -> Iterator[InboxFile]:
    """Yield the originals of receipts. Adds to `notes` those that are no longer kept."""
    for receipt in receipts:
        try:
            content = landing.original(receipt.landing_path)
        except OriginalGoneError:
            notes.append(f"{receipt.origin}: its original is no longer kept, so it was not read again.")
            continue
        of_name = [held.receipt_id for held in received.get(receipt.origin, ())]
        yield InboxFile(
            named=names.named(receipt.origin),
            name=receipt.origin,
            content=content,
            sha256=receipt.sha256,
            landing_path=receipt.landing_path,
            delivered_at=receipt.delivered_at,
            sending=receipt.sending,
            sequence=of_name.index(receipt.receipt_id),
        )


def read_file(file: InboxFile, inbox: Inbox) -> FileResult:
    """Read one file; an unforeseen error refuses this file only."""
    try:
        return _parse_assign_read(file, inbox)
    except Exception as error:
        if not concerns_one_source(error):
            raise
        reference = record_unforeseen(error, inbox.error_log, f"reading the file of sha256 {file.sha256}")
        words = unforeseen_in_words(reference, inbox.language)
        expected = inbox.language.gettext("a workbook that can be read")
        finding = Finding("", file.name, UNFORESEEN, Severity.ERROR, words, expected, ResolvedBy.PROGRAMME)
        return _unreadable(file, inbox, words, finding)


def _parse_assign_read(file: InboxFile, inbox: Inbox) -> FileResult:
    try:
        book = open_workbook(file.content, suffix_of(file.name), inbox.programme, inbox.parser)
    except RefusedError as error:
        return _refused(file, inbox, error)
    assignment = assign(book, file.named, inbox.programme, inbox.expected)
    if isinstance(assignment, str):
        return file.receipt(ReceiptOutcome.UNASSIGNED, assignment), None
    instrument_code = assignment.expected_return_id.split("/")[3]
    layouts = layouts_of(inbox.programme, instrument_code, assignment.version)
    instrument = inbox.programme.instrument_by_code[instrument_code]
    ages = age_attributes(inbox.programme, assignment.expected_return_id)
    contents = read_contents(book, layouts, inbox.key, inbox.language, has_box=instrument.has_box, ages=ages)
    findings = (*contents.findings, *identity_findings(assignment, file.named, inbox.language))
    receipt = file.receipt(ReceiptOutcome.READ, _encoding_of(book))
    return receipt, _return_version(assignment, file, receipt, inbox, replace(contents, findings=findings))


def _encoding_of(book: CellBook) -> str | None:
    """Describe the encoding and the separator of a CSV file; None for other formats."""
    return None if book.encoding is None else f"read as {book.encoding}, separated by {book.separator!r}"


def _refused(file: InboxFile, inbox: Inbox, error: RefusedError) -> FileResult:
    """Refuse a file that its sender can make readable."""
    _ = inbox.language.gettext
    location = file.name if file.channel is ReturnChannel.INBOX else _("the whole file")
    reason = refusal_in_words(error, inbox.language, files_of_sets(inbox.programme))
    finding = Finding("", location, "readable", Severity.ERROR, _("a file that cannot be read"), reason)
    return _unreadable(file, inbox, reason, finding)


def _unreadable(file: InboxFile, inbox: Inbox, reason: str, finding: Finding) -> FileResult:
    """Return the receipt of a file that cannot be read, and a quarantined return where its name states which."""
    receipt = file.receipt(ReceiptOutcome.UNREADABLE, reason)
    version = version_due(inbox.programme, file.named) if file.named is not None else None
    if file.named is None or version is None:
        return receipt, None
    contents = WorkbookContents((), None, (finding,))
    return receipt, _return_version(Assignment(file.named, version), file, receipt, inbox, contents)


def _return_version(
    assignment: Assignment, file: InboxFile, receipt: Receipt, inbox: Inbox, contents: WorkbookContents
) -> ReturnVersion:
    local = file.delivered_at.replace(tzinfo=UTC).astimezone(inbox.programme.zone)
    return ReturnVersion(
        expected_return_id=assignment.expected_return_id,
        instrument_code=assignment.expected_return_id.split("/")[3],
        instrument_version=assignment.version.version,
        source_id=INBOX,
        receipt_id=receipt.receipt_id,
        origin=file.name,
        respondent="",
        sequence=file.sequence,
        is_submitted=True,
        answered_at=file.delivered_at,
        answered_on=local.date(),
        answers=contents.answers,
        findings=contents.findings,
        rows=contents.rows,
        bands=contents.bands,
        faults=tuple(sorted(_faults(contents.findings))),
        channel=file.channel,
        sent_by=file.sent_by,
    )


def _faults(findings: Iterable[Finding]) -> Iterator[str]:
    for finding in findings:
        is_error = finding.severity is Severity.ERROR and finding.resolved_by is ResolvedBy.SENDER
        if is_error and finding.check_name not in OF_VALUES:
            yield f"{finding.location} {finding.check_name}"
