"""Reads the inbox: every workbook in it, each with its receipt. What cannot be read stays there and is told."""

import itertools
import os
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from gettext import NullTranslations
from pathlib import Path

from schemas.enums import CheckOutcome, ReceiptOutcome, Severity
from schemas.programme import Programme
from tasks.landing import Landing
from tasks.records import Finding, Receipt, ReturnVersion, SourceResult
from tasks.schedule.expected_returns import INBOX
from tasks.spreadsheets.cells import CellBook, RefusedError
from tasks.spreadsheets.parser import Parser
from tasks.spreadsheets.safe_names import LONGEST
from tasks.unforeseen import concerns_one_source, record_unforeseen
from tasks.validation import messages as expected_words
from tasks.workbooks.assigning import Assignment, owner_of
from tasks.workbooks.file_names import REFUSED_SUFFIXES, SUFFIXES, ReturnNames, suffix_of
from tasks.workbooks.identity import SHEET
from tasks.workbooks.inbox_place import DeliveredFile, InboxPlace, UnreachableInboxError
from tasks.workbooks.pseudonyms import PseudonymKey
from tasks.workbooks.refusal_messages import refusal_in_words, unforeseen_in_words
from tasks.workbooks.sheet_fields import layouts_of
from tasks.workbooks.sheets import Contents, read_contents


@dataclass(frozen=True, slots=True)
class Inbox:
    """A place that workbooks arrive in. `expected` are the ids of the returns that the plan knows.

    `parser` reads the files, `key` makes the pseudonyms of participants. A young file must stay as it is for
    `settle_seconds`. `error_log` is where unforeseen errors are written.
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
    """One file, as it was delivered. `named` is the expected return that its name tells, where it tells one."""

    named: str | None
    name: str
    content: bytes
    sha256: str
    landing_path: str
    delivered_at: datetime

    def receipt(self, outcome: ReceiptOutcome, detail: str | None = None) -> Receipt:
        """The proof that it came in, and what became of it."""
        return Receipt(
            INBOX, self.name, self.sha256, len(self.content), self.delivered_at, self.landing_path, outcome, detail
        )


FileResult = tuple[Receipt, ReturnVersion | None]
"""The receipt of a file, and the return that it is, where it is one."""


def read_inbox(
    inbox: Inbox,
    landing: Landing,
    known_receipts: Mapping[str, ReceiptOutcome],
    to_read_again: Sequence[Receipt] = (),
    read: Callable[[InboxFile, Inbox], FileResult] | None = None,
) -> SourceResult:
    """Read the workbooks that were not read before, and again the originals of those receipts.

    Each is read by `read`, which is `read_delivery` or does that in sight of somebody. A file that could not be used is
    read again at each run, for as long as it lies there, so that it is told each time.
    """
    try:
        files, arriving = inbox.place.settled(inbox.settle_seconds)
    except UnreachableInboxError as error:
        return SourceResult(
            INBOX,
            CheckOutcome.UNREACHABLE,
            f"The inbox {inbox.place.shown} could not be listed ({error}). "
            "Expected a folder that can be read. Create it, give its rights, or correct sources.inbox.path.",
        )
    notes = [f"{name}: still arriving; left for the next run." for name in arriving]
    receipts: dict[str, Receipt] = {}
    returns: dict[str, ReturnVersion] = {}
    names = ReturnNames(inbox.expected)
    deliveries = _deliveries(inbox, landing, files, known_receipts, names, notes)
    for delivery in itertools.chain(deliveries, _kept(landing, to_read_again, names, notes)):
        receipt, received = (read or read_delivery)(delivery, inbox)
        receipts[receipt.receipt_id] = receipt
        if received is not None:
            # The same content under two names, or read again, is one return.
            returns.setdefault(received.return_id, received)
        if receipt.outcome is not ReceiptOutcome.READ:
            notes.append(f"{delivery.name}: {receipt.detail}")
    return SourceResult(INBOX, CheckOutcome.READ, None, tuple(receipts.values()), tuple(returns.values()), tuple(notes))


def _deliveries(
    inbox: Inbox,
    landing: Landing,
    files: Sequence[DeliveredFile],
    known_receipts: Mapping[str, ReceiptOutcome],
    names: ReturnNames,
    notes: list[str],
) -> Iterator[InboxFile]:
    for file in files:
        suffix = suffix_of(file.name)
        if suffix not in (*SUFFIXES, *REFUSED_SUFFIXES) or file.size < 0:
            formats = ", ".join(SUFFIXES)
            notes.append(f"{file.name}: not read; expected a workbook ({formats}). Save it as one, or take it away.")
            continue
        try:
            content = inbox.place.content(file)
        except OSError as error:
            notes.append(f"{file.name}: could not be opened ({error.strerror}). Check its rights.")
            continue
        if content is None:
            notes.append(f"{file.name}: still arriving; left for the next run.")
            continue
        kept = landing.keep(content, suffix)
        delivery = InboxFile(names.named(file.name), file.name, content, *kept, file.modified_at)
        if known_receipts.get(delivery.receipt(ReceiptOutcome.READ).receipt_id) is not ReceiptOutcome.READ:
            if file.is_renamed:
                notes.append(
                    f"{file.name}: its real name cannot be recorded (it holds bytes that are not UTF-8 or invisible "
                    f"signs, or is longer than {LONGEST} characters), so that it goes by this one. Rename the file."
                )
            yield delivery


def _kept(landing: Landing, receipts: Sequence[Receipt], names: ReturnNames, notes: list[str]) -> Iterator[InboxFile]:
    for receipt in receipts:
        try:
            content = landing.original(receipt.landing_path)
        except OSError:
            notes.append(f"{receipt.origin}: its original is not kept any more, so that it was not read again.")
            continue
        named = names.named(receipt.origin)
        yield InboxFile(named, receipt.origin, content, receipt.sha256, receipt.landing_path, receipt.delivered_at)


def read_delivery(delivery: InboxFile, inbox: Inbox) -> FileResult:
    """Read one file: its receipt, and the return that it is, where it is one.

    An error that the code did not foresee is that file's trouble: it is refused, and the others are read.
    """
    try:
        return _read(delivery, inbox)
    except Exception as error:
        if not concerns_one_source(error):
            raise
        what = record_unforeseen(error, inbox.error_log, f"reading the file of sha256 {delivery.sha256}")
        return _refused(delivery, inbox, unforeseen_in_words(what, inbox.language))


def _read(delivery: InboxFile, inbox: Inbox) -> FileResult:
    try:
        book = inbox.parser.parse(delivery.content, suffix_of(delivery.name))
    except RefusedError as error:
        return _refused(delivery, inbox, refusal_in_words(error, inbox.language))
    owner = owner_of(book, delivery.named, inbox.programme, inbox.expected)
    if isinstance(owner, str):
        return delivery.receipt(ReceiptOutcome.UNASSIGNED, owner), None
    instrument_code = owner.expected_return_id.split("/")[3]
    layouts = layouts_of(inbox.programme, instrument_code, owner.version)
    contents = read_contents(book, layouts, inbox.key, inbox.language)
    findings = (*contents.findings, *_about_the_owner(owner, delivery.named, inbox))
    receipt = delivery.receipt(ReceiptOutcome.READ, _how(book))
    return receipt, _received(owner, delivery, receipt, inbox, replace(contents, findings=findings))


def _how(book: CellBook) -> str | None:
    """How a CSV file was understood, which nothing in it tells."""
    return None if book.encoding is None else f"read as {book.encoding}, separated by {book.separator!r}"


def _about_the_owner(owner: Assignment, named: str | None, inbox: Inbox) -> Iterator[Finding]:
    _ = inbox.language.gettext
    if owner.told_version is not None and owner.told_version != str(owner.version.version):
        expected = _("version {number} of the workbook").format(number=owner.version.version)
        found = _("version {number}").format(number=expected_words.found(owner.told_version, inbox.language))
        yield Finding("", SHEET, "instrument_version", Severity.ERROR, found, expected)
    if owner.is_changed:
        found = _("an identity sheet that was changed by hand")
        yield Finding("", SHEET, "identity", Severity.ERROR, found, _("the sheet of the workbook that was sent"))
    if owner.told_return is not None and owner.told_return != owner.expected_return_id:
        found = _("the identity sheet of {other}").format(other=owner.told_return)
        expected = _("that of {named}, which the file's name tells").format(named=named)
        yield Finding("", SHEET, "owner", Severity.ERROR, found, expected)


def _refused(delivery: InboxFile, inbox: Inbox, why: str) -> FileResult:
    """A file whose name tells whose it is was received and must be corrected; nobody knows whose the others are."""
    receipt = delivery.receipt(ReceiptOutcome.UNREADABLE, why)
    if delivery.named is None:
        return receipt, None
    _structure, _cohort, occasion_code, instrument_code = delivery.named.split("/")
    instrument = inbox.programme.instrument_by_code.get(instrument_code)
    version = instrument.version_at(occasion_code) if instrument else None
    if version is None:
        return receipt, None
    expected = inbox.language.gettext("a workbook that can be read")
    finding = Finding("", delivery.name, "readable", Severity.ERROR, why, expected)
    owner = Assignment(delivery.named, version)
    return receipt, _received(owner, delivery, receipt, inbox, Contents((), None, (finding,)))


def _received(
    owner: Assignment, delivery: InboxFile, receipt: Receipt, inbox: Inbox, contents: Contents
) -> ReturnVersion:
    local = delivery.delivered_at.replace(tzinfo=UTC).astimezone(inbox.programme.zone)
    return ReturnVersion(
        expected_return_id=owner.expected_return_id,
        instrument_code=owner.expected_return_id.split("/")[3],
        instrument_version=owner.version.version,
        source_id=INBOX,
        receipt_id=receipt.receipt_id,
        origin=delivery.name,
        respondent="",
        sequence=0,
        is_submitted=True,
        answered_at=delivery.delivered_at,
        answered_on=local.date(),
        answers=contents.answers,
        findings=contents.findings,
        rows=contents.rows,
    )
