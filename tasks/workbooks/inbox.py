"""Reads the inbox: every workbook in it, each with its receipt. What cannot be read stays there and is told."""

import difflib
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from gettext import NullTranslations
from pathlib import Path

from schemas.programme import Programme
from schemas.states import CheckOutcome, ReceiptOutcome, Severity
from tasks.landing import Landing
from tasks.planning import INBOX
from tasks.readings import Answer, Finding, Reading, Receipt, Received
from tasks.workbooks.identity import SHEET, Identity
from tasks.workbooks.reading import UnreadableWorkbookError, open_workbook, read_answers, read_identity
from tasks.workbooks.writing import named_expected_return

SUFFIX = ".xlsx"


@dataclass(frozen=True, slots=True)
class Inbox:
    """A folder that workbooks arrive in. `expected` are the ids of the returns that the plan knows."""

    folder: Path
    programme: Programme
    language: NullTranslations
    expected: Collection[str]


@dataclass(frozen=True, slots=True)
class _Delivery:
    name: str
    content: bytes
    sha256: str
    landing_path: str
    delivered_at: datetime

    def receipt(self, outcome: ReceiptOutcome, detail: str | None = None) -> Receipt:
        return Receipt(
            INBOX, self.name, self.sha256, len(self.content), self.delivered_at, self.landing_path, outcome, detail
        )


def read_inbox(inbox: Inbox, landing: Landing, known_receipts: Mapping[str, ReceiptOutcome]) -> Reading:
    """Read the workbooks that were not read before.

    A file that could not be used is read again at each run, for as long as it lies there, so that it is told each time.
    """
    try:
        paths = sorted(path for path in inbox.folder.iterdir() if not path.name.startswith((".", "~$")))
    except OSError as error:
        return Reading(
            INBOX,
            CheckOutcome.UNREACHABLE,
            f"The inbox {inbox.folder} could not be listed ({error.strerror}). "
            "Expected a folder that can be read. Create it, give its rights, or correct sources.inbox.path.",
        )
    receipts: list[Receipt] = []
    returns: list[Received] = []
    notes: list[str] = []
    for path in paths:
        if path.suffix.lower() != SUFFIX or not path.is_file():
            notes.append(f"{path.name}: not read; expected a workbook ({SUFFIX}). Save it as one, or take it away.")
            continue
        try:
            content = path.read_bytes()
            delivered_at = datetime.fromtimestamp(path.stat().st_mtime, tz=UTC).replace(tzinfo=None)
        except OSError as error:
            notes.append(f"{path.name}: could not be opened ({error.strerror}). Check its rights.")
            continue
        delivery = _Delivery(path.name, content, *landing.keep(content, SUFFIX), delivered_at)
        if known_receipts.get(delivery.receipt(ReceiptOutcome.READ).receipt_id) is ReceiptOutcome.READ:
            continue
        receipt, received = _read(delivery, inbox)
        receipts.append(receipt)
        if received is not None:
            returns.append(received)
        if receipt.detail is not None:
            notes.append(f"{path.name}: {receipt.detail}")
    return Reading(INBOX, CheckOutcome.READ, None, tuple(receipts), tuple(returns), tuple(notes))


def _read(delivery: _Delivery, inbox: Inbox) -> tuple[Receipt, Received | None]:
    try:
        sheets = open_workbook(delivery.content, inbox.language)
    except UnreadableWorkbookError as error:
        return _unreadable(delivery, inbox, str(error))
    identity = read_identity(sheets)
    if identity is None:
        detail = f"it has no sheet “{SHEET}” that says whose it is. Fill in the workbook that was sent."
        return delivery.receipt(ReceiptOutcome.UNASSIGNED, detail), None
    expected_return_id = identity.expected_return_id
    instrument = inbox.programme.instrument_by_code.get(identity.instrument)
    version = instrument.version_at(identity.occasion) if instrument else None
    if (
        identity.programme != inbox.programme.settings.programme
        or expected_return_id not in inbox.expected
        or version is None
    ):
        return delivery.receipt(ReceiptOutcome.UNASSIGNED, _not_expected(identity, inbox)), None
    answers, findings = read_answers(sheets, version, inbox.language)
    if identity.version != str(version.version):
        _ = inbox.language.gettext
        expected = _("version {number} of the workbook").format(number=version.version)
        found = _("version {number}").format(number=identity.version)
        findings += (Finding("", SHEET, "instrument_version", Severity.ERROR, found, expected),)
    receipt = delivery.receipt(ReceiptOutcome.READ)
    return receipt, _received(expected_return_id, delivery, receipt, inbox, answers, findings)


def _unreadable(delivery: _Delivery, inbox: Inbox, why: str) -> tuple[Receipt, Received | None]:
    """A file whose name tells whose it is was received and must be corrected; nobody knows whose the others are."""
    expected_return_id = named_expected_return(delivery.name)
    receipt = delivery.receipt(ReceiptOutcome.UNREADABLE, why)
    if expected_return_id is None or expected_return_id not in inbox.expected:
        return receipt, None
    expected = inbox.language.gettext("a workbook that can be read")
    finding = Finding("", delivery.name, "readable", Severity.ERROR, why, expected)
    return receipt, _received(expected_return_id, delivery, receipt, inbox, (), (finding,))


def _received(
    expected_return_id: str,
    delivery: _Delivery,
    receipt: Receipt,
    inbox: Inbox,
    answers: tuple[Answer, ...],
    findings: tuple[Finding, ...],
) -> Received | None:
    _, _, occasion_code, instrument_code = expected_return_id.split("/")
    instrument = inbox.programme.instrument_by_code[instrument_code]
    version = instrument.version_at(occasion_code)
    if version is None:
        return None
    local = delivery.delivered_at.replace(tzinfo=UTC).astimezone(inbox.programme.zone)
    return Received(
        expected_return_id=expected_return_id,
        instrument_code=instrument_code,
        instrument_version=version.version,
        source_id=INBOX,
        receipt_id=receipt.receipt_id,
        origin=delivery.name,
        respondent="",
        sequence=0,
        is_submitted=True,
        answered_at=delivery.delivered_at,
        answered_on=local.date(),
        answers=answers,
        findings=findings,
    )


def _not_expected(identity: Identity, inbox: Inbox) -> str:
    if identity.programme != inbox.programme.settings.programme:
        return (
            f"it belongs to the programme {identity.programme!r}; expected {inbox.programme.settings.programme!r}. "
            "Move it to that programme's inbox."
        )
    close = difflib.get_close_matches(identity.expected_return_id, list(inbox.expected), n=1)
    hint = f" The nearest is {close[0]}." if close else ""
    return f"nobody expects {identity.expected_return_id}: correct its sheet “{SHEET}”.{hint}"
