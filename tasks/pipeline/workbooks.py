"""Read the workbooks of the inbox, validate them, mark the faulty ones and load them all."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import asdict, replace

import pyarrow as pa

from schemas.enums import CheckOutcome, ReceiptOutcome, ResolvedBy, ReturnOutcome, Severity
from schemas.programme import Programme
from schemas.tables import AGE_BANDS, ANSWERS, FINDINGS, RECEIPTS, RETURNS, ROW_ANSWERS, Row, Table
from tasks.i18n import counted
from tasks.pipeline.intake import received_files, settle_received
from tasks.records import Finding, Loaded, Receipt, ReturnVersion, SourceResult, as_of, in_words
from tasks.run import RunContext, progress
from tasks.schedule.expected_returns import INBOX
from tasks.spreadsheets.parser import Parser
from tasks.unforeseen import concerns_one_source, record_unforeseen
from tasks.validation.counts import Validated
from tasks.validation.successions import ANSWERED_BY_HEIR
from tasks.validation.validate import CheckCrashedError
from tasks.workbooks import read_inbox
from tasks.workbooks.age_bands import ages_of, other_ages_in_words
from tasks.workbooks.annotating import annotate, withdraw
from tasks.workbooks.inbox import UNFORESEEN, FileResult, Inbox, InboxFile, read_file
from tasks.workbooks.inbox_place import InboxPlace
from tasks.workbooks.offered import for_sender
from tasks.workbooks.pseudonyms import RULE, identifiers_of, key_for, newer_rule_in_words, other_identifiers_in_words
from tasks.workbooks.refusal_messages import unforeseen_in_words
from tasks.workbooks.validating import validated
from tasks.workbooks.versions import distinct_versions
from warehouse.arrow_rows import Rows
from warehouse.connection import open_warehouse
from warehouse.earlier_days import load_as_known
from warehouse.last_values import reported_in
from warehouse.loads import (
    checked_returns,
    known_ids,
    load_source_check,
    load_together,
    receipts_to_read_again,
)
from warehouse.pseudonym_keys import differently_aged, differently_identified, hold_key
from warehouse.sendings import receipts_of, versions_of

_WARNS = " (a warning: it alone would keep nothing from being loaded)"


def read_workbooks(run: RunContext, read: Callable[[InboxFile, Inbox], FileResult] = read_file) -> list[SourceResult]:
    """Read the new workbooks of the inbox.

    Args:
        run: The run, planned.
        read: Reads one workbook.

    Returns:
        The result of the inbox; nothing if the programme has none.
    """
    programme = run.programme
    source = programme.settings.sources.inbox
    if source is None:
        return []
    with open_warehouse(run.paths) as warehouse:
        receipts = receipts_of(warehouse, INBOX)
        held = versions_of(warehouse, INBOX)
        to_read_again = [Receipt(**row) for row in receipts_to_read_again(warehouse, INBOX, programme.version)]
        key = key_for(programme, run.paths, run.environment)
        notes: tuple[str, ...] = ()
        if key is not None:
            key = replace(key, rule=hold_key(warehouse, key.version, key.fingerprint, key.rule, run.stamp))
            if key.rule < RULE:
                progress.info("%s", newer_rule_in_words(key.rule))
            tables = differently_identified(warehouse, key.version, identifiers_of(programme))
            notes = (other_identifiers_in_words(tables),) if tables else ()
            enrolments = differently_aged(warehouse, key.version, ages_of(programme))
            notes += (other_ages_in_words(enrolments),) if enrolments else ()
    received = received_files(run, receipts)
    place = InboxPlace(source.path, run.folder)
    with Parser() as parser:
        inbox = Inbox(
            place, programme, run.language, frozenset(run.plan), parser, key, source.settle_seconds, run.paths.error_log
        )
        reading = as_of(read_inbox(inbox, run.landing, receipts, to_read_again, read, received), run.as_of)
        versions = distinct_versions(reading.returns, held)
        reading = replace(reading, returns=versions, notes=(*notes, *reading.notes))
    progress.info("Read the inbox: %s.", counted(len(reading.receipts), "new workbook"))
    return [reading]


def check_workbooks(run: RunContext, readings: Iterable[SourceResult]) -> tuple[ReturnVersion, ...]:
    """Validate the workbooks that the warehouse does not hold yet.

    The counts of the checks are added to `run.validated`.
    """
    programme = run.programme
    with open_warehouse(run.paths) as warehouse:
        known = checked_returns(warehouse, programme.version)
        values = reported_in(warehouse)
    new = {r.return_id: r for reading in readings for r in reading.returns if r.return_id not in known}
    if new:
        progress.info("Checking %s.", counted(len(new), "new workbook"))

    def check(returns: Sequence[ReturnVersion]) -> tuple[ReturnVersion, ...]:
        counted: list[Validated] = []
        checked = validated(returns, programme, run.language, run.plan, values, counted)
        run.validated.extend(counted)
        return checked

    def check_one(received: ReturnVersion) -> ReturnVersion:
        try:
            return check([received])[0]
        except Exception as error:
            if not _concerns_one_return(error):
                raise
            return _set_aside(error, received, run)

    try:
        return check(list(new.values()))
    except Exception as error:
        if not _concerns_one_return(error):
            raise
        # Checking them one by one finds the return that the error concerns.
        checked = (check_one(received) for received in new.values())
        return tuple(received for received in checked if received.return_id not in known)


def _concerns_one_return(error: Exception) -> bool:
    return concerns_one_source(error) or isinstance(error, CheckCrashedError)


def _set_aside(error: Exception, received: ReturnVersion, run: RunContext) -> ReturnVersion:
    """Return the workbook without answers, quarantined for an error that the code did not foresee."""
    reference = record_unforeseen(error, run.paths.error_log, f"the return {received.return_id}")
    expected = run.language.gettext("a file that can be checked and loaded")
    found = unforeseen_in_words(reference, run.language)
    finding = Finding("", received.origin, UNFORESEEN, Severity.ERROR, found, expected, ResolvedBy.PROGRAMME)
    return replace(received, answers=(), rows=None, bands=None, findings=(finding,))


def load_workbooks(run: RunContext, readings: Sequence[SourceResult], returns: Sequence[ReturnVersion]) -> list[Loaded]:
    """Load workbooks, each in one transaction, then the receipts of unusable files and the check of the inbox.

    Args:
        run: The run.
        readings: Everything that was read.
        returns: The validated workbooks of these readings.

    Returns:
        What was loaded, for each reading.
    """
    receipts = {receipt.receipt_id: receipt for reading in readings for receipt in reading.receipts}
    _mark_for_correction(run, receipts, returns)
    with open_warehouse(run.paths) as warehouse:
        acknowledged = set(known_ids(warehouse, RECEIPTS))
        loaded: list[ReturnVersion] = []
        for received in returns:
            receipt = None if received.receipt_id in acknowledged else receipts[received.receipt_id]
            try:
                load_together(warehouse, _rows_of_return(received, receipt, run.programme), run.stamp)
                loaded.append(received)
            except Exception as error:
                if not concerns_one_source(error):
                    raise
                quarantined = _set_aside(error, received, run)
                if quarantined.return_id not in checked_returns(warehouse, run.programme.version):
                    load_together(warehouse, _rows_of_return(quarantined, receipt, run.programme), run.stamp)
                loaded.append(quarantined)
            acknowledged.add(received.receipt_id)
        returns = loaded
        unused = [receipt.row for receipt in receipts.values() if receipt.receipt_id not in acknowledged]
        load_together(warehouse, {RECEIPTS: unused}, run.stamp)
        for reading in readings:
            check = {"source_id": reading.source_id, "outcome": reading.outcome.value, "detail": reading.detail}
            if reading.outcome is CheckOutcome.READ:
                load_as_known(warehouse, reading.source_id, run.stamp)
            load_source_check(warehouse, check, run.stamp, run.programme.zone)
        warehouse.checkpoint()
        receipts_held = receipts_of(warehouse, INBOX)
    settle_received(run, receipts_held)
    if returns:
        progress.info("Loaded %s.", counted(len(returns), "new workbook"))
    return [
        Loaded(
            source_id=reading.source_id,
            trouble=reading.detail,
            count=sum(received.source_id == reading.source_id for received in returns),
            quarantined=[
                in_words(received.origin, finding) + _WARNS * (finding.severity is Severity.WARNING)
                for received in returns
                if received.is_quarantined and received.source_id == reading.source_id
                # What must be mended comes first.
                for finding in sorted(received.findings, key=lambda finding: finding.severity is Severity.WARNING)
            ],
            notes=[
                *reading.notes,
                *(
                    in_words(received.origin, finding)
                    for received in returns
                    if received.source_id == reading.source_id
                    for finding in received.findings
                    if finding.check_name == ANSWERED_BY_HEIR
                ),
            ],
        )
        for reading in readings
    ]


def _mark_for_correction(run: RunContext, receipts: Mapping[str, Receipt], returns: Iterable[ReturnVersion]) -> None:
    """Write a marked copy of each workbook with errors of its sender, and delete the copies of the others.

    Copies are written before the load, so that a run that is killed in between writes them again.
    """
    landing = run.landing
    with Parser() as parser:
        for received in returns:
            try:
                to_mark = replace(received, findings=for_sender(received.findings))
                if to_mark.is_quarantined:
                    content = landing.original(receipts[received.receipt_id].landing_path)
                    annotate(run.paths.annotated, to_mark, content, run.programme, parser)
                else:
                    withdraw(run.paths.annotated, received.expected_return_id)
            except Exception as error:  # what nobody foresaw in a copy keeps no return from being loaded and reported
                if not concerns_one_source(error):
                    raise
                reference = record_unforeseen(error, run.paths.error_log, f"marking the return {received.return_id}")
                progress.warning(
                    "No marked copy of the return %s was made or deleted (%s).", received.expected_return_id, reference
                )


def _rows_of_return(received: ReturnVersion, receipt: Receipt | None, programme: Programme) -> dict[Table, Rows]:
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
        ROW_ANSWERS: _rows_with_return(received, received.rows),
        AGE_BANDS: _rows_with_return(received, received.bands),
        FINDINGS: _finding_rows(received),
    }


def _return_row(received: ReturnVersion, programme: Programme) -> Row:
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
        "channel": received.channel.value,
        "sent_by": received.sent_by,
    }


def _answer_rows(received: ReturnVersion) -> list[Row]:
    if received.is_quarantined:
        return []
    return [{"return_id": received.return_id, **asdict(answer)} for answer in received.answers]


def _rows_with_return(received: ReturnVersion, rows: pa.Table | None) -> Sequence[Row] | pa.Table:
    if received.is_quarantined or rows is None:
        return []
    first_entry = pa.repeat(pa.scalar(0, pa.int8()), rows.num_rows)
    return rows.append_column("return_id", pa.DictionaryArray.from_arrays(first_entry, [received.return_id]))


def _finding_rows(received: ReturnVersion) -> list[Row]:
    return [{"return_id": received.return_id, **finding.row} for finding in received.findings]
