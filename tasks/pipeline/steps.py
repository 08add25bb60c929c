"""The steps of a collection as plain functions; `tasks/pipeline/prefect_tasks.py` wraps them for Prefect."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import asdict, replace

import pyarrow as pa

from schemas.enums import (
    Channel,
    CheckOutcome,
    InstrumentKind,
    MessageOutcome,
    ReceiptOutcome,
    ReturnOutcome,
    ReturnState,
    Severity,
)
from schemas.programme import Programme
from schemas.tables import ANSWERS, FINDINGS, RECEIPTS, RETURNS, ROW_ANSWERS, Row, Table
from tasks import surveys
from tasks.alerts import (
    Sent,
    alerts_due,
    deliver_messages,
    new_digests,
    recipients,
    refused_in_words,
    settle_overtaken,
)
from tasks.decisions import with_departures
from tasks.pipeline.notify import open_channels
from tasks.programme.rows import programme_rows
from tasks.records import Finding, Loaded, Receipt, ReturnVersion, SourceResult, as_of, in_words
from tasks.run import RunContext, progress
from tasks.schedule.expected_returns import INBOX, changes_to_plan, survey_source
from tasks.spreadsheets.parser import Parser
from tasks.surveys import Fetched, SurveyToRead
from tasks.transform.dbt_build import Node, build_views
from tasks.unforeseen import concerns_one_source, record_unforeseen
from tasks.validation.counts import Validated
from tasks.validation.validate import CheckCrashedError, check_returns
from tasks.workbooks import read_inbox
from tasks.workbooks.annotating import annotate, withdraw
from tasks.workbooks.inbox import FileResult, Inbox, InboxFile, read_file
from tasks.workbooks.inbox_place import InboxPlace
from tasks.workbooks.pseudonyms import key_for
from tasks.workbooks.refusal_messages import unforeseen_in_words
from tasks.workbooks.templates import numbers_before
from warehouse.alerts import alert_history, dead_messages, record_messages, revive
from warehouse.arrow_rows import Rows
from warehouse.connection import Warehouse, open_warehouse
from warehouse.decisions import decided_leavings
from warehouse.last_values import reported_in
from warehouse.loads import (
    checked_returns,
    errors_of,
    known_ids,
    known_receipts,
    load_plan,
    load_programme,
    load_source_check,
    load_together,
    planned_returns,
    receipts_to_read_again,
)
from warehouse.pseudonym_keys import hold_key
from warehouse.surveys import watermarks
from warehouse.views import ReturnStatus, return_status, return_status_before


def plan_expected_returns(run: RunContext) -> RunContext:
    """Load the programme and bring the plan up to date.

    Returns:
        The context with the plan, and with the programme in which recorded departures are applied.
    """
    programme = run.programme
    with open_warehouse(run.paths) as warehouse:
        load_programme(warehouse, programme.version, programme_rows(programme), run.stamp)
        plan = planned_returns(warehouse, run.stamp)
        changes = changes_to_plan(plan, programme, run.as_of)
        load_plan(warehouse, changes, run.stamp)
        departures = decided_leavings(warehouse, run.stamp)
    progress.info("Planned the expected returns: %d lines new or changed.", len(changes))
    plan.update({str(row["expected_return_id"]): row for row in changes})
    return replace(run, plan=plan, programme=with_departures(programme, departures))


OUTSTANDING = frozenset(
    {
        ReturnState.SCHEDULED,
        ReturnState.OPEN,
        ReturnState.PARTIAL,
        ReturnState.QUARANTINED,
        ReturnState.MISSING,
        ReturnState.UNVERIFIABLE,
    }
)
"""The states, when the views were last built, that a new look at the source can change."""


def surveys_to_read(
    run: RunContext, *, only_changed: bool = False, only_outstanding: bool = False
) -> list[SurveyToRead]:
    """The surveys of the programme that are open or were, as of the run's today.

    With `only_changed`, a survey in which nothing seems to have changed is not read again; with `only_outstanding`,
    only those are looked at from which something may still come.
    """
    with open_warehouse(run.paths) as warehouse:
        receipts = frozenset(known_receipts(warehouse))
        marks = watermarks(warehouse, run.stamp)
        seen = {s.expected_return_id: s.state for s in return_status_before(warehouse)}
    to_read: list[SurveyToRead] = []
    for instrument in run.programme.settings.instruments:
        for version in instrument.versions:
            if instrument.kind is not InstrumentKind.LIMESURVEY or version.survey_id is None:
                continue
            source_id = survey_source(version.survey_id)
            expected = {
                id_: row
                for id_, row in run.plan.items()
                if row["source_id"] == source_id and not row["is_withdrawn"] and row["opens_on"] <= run.as_of  # pyright: ignore[reportOperatorIssue] a day
            }
            owes = any(seen.get(id_, ReturnState.OPEN) in OUTSTANDING for id_ in expected)
            if expected and (owes or not only_outstanding):
                to_read.append(
                    SurveyToRead(
                        instrument_code=instrument.code,
                        instrument_version=version.version,
                        survey_id=version.survey_id,
                        expected=expected,
                        seen=marks.get(source_id),
                        receipts=receipts,
                        everything=not only_changed,
                    )
                )
    return to_read


def trouble_with_server(run: RunContext) -> tuple[CheckOutcome, str] | None:
    """Try the LimeSurvey server once; return what keeps it from being read, if anything does."""
    return surveys.trouble_with_server(run.programme, run.environment)


def fetch_survey(run: RunContext, survey: SurveyToRead, on_page: Callable[[int, int], None] | None = None) -> Fetched:
    """Fetch one survey. A survey that could not be read has an outcome that says so; it is never “nobody answered”.

    Args:
        run: The run.
        survey: The survey, and the expected returns that it answers.
        on_page: Called after each page with how many responses have come, and of how many.
    """
    with surveys.open_server(run.programme, run.environment) as server:
        try:
            fetched = surveys.fetch(survey, run.programme, server, run.landing, run.stamp.known_at, on_page)
        except Exception as error:
            if not concerns_one_source(error):
                raise
            (fetched,) = surveys.could_not_fetch([survey], *_unforeseen_in_survey(error, run, survey))
    found = fetched.detail or (f"{len(fetched.receipts)} pages" if fetched.receipts else "nothing new")
    progress.info("Fetched survey %d: %s", survey.survey_id, found)
    return fetched


def load_survey(run: RunContext, fetched: Fetched) -> Loaded:
    """Validate and load what is new in one survey."""
    with open_warehouse(run.paths) as warehouse, open_warehouse(run.paths) as beside:
        try:
            loaded = surveys.load_survey(fetched, surveys.LoadContext(run, warehouse, beside))
        except Exception as error:
            if not concerns_one_source(error):
                raise
            loaded = _could_not_load(error, run, fetched, warehouse)
        warehouse.checkpoint()
    if loaded.count:
        progress.info("Loaded %d new responses of survey %d.", loaded.count, fetched.survey.survey_id)
    return loaded


def _could_not_load(error: Exception, run: RunContext, fetched: Fetched, warehouse: Warehouse) -> Loaded:
    """Record that a survey could not be loaded. What was loaded of it before the error is whole, and stays."""
    outcome, trouble = _unforeseen_in_survey(error, run, fetched.survey)
    check = {"source_id": fetched.survey.source_id, "outcome": outcome.value, "detail": trouble}
    load_source_check(warehouse, check, run.stamp)
    return Loaded(fetched.survey.source_id, trouble)


def _unforeseen_in_survey(error: Exception, run: RunContext, survey: SurveyToRead) -> tuple[CheckOutcome, str]:
    what = record_unforeseen(error, run.paths.error_log, f"survey {survey.survey_id}")
    return CheckOutcome.UNINTELLIGIBLE, (
        f"Survey {survey.survey_id}: Essaim met an error that it did not foresee ({what}). Expected to read the survey "
        "to its end. What was collected before stays. Report the lines under this reference in var/errors.log."
    )


def read_workbooks(run: RunContext, read: Callable[[InboxFile, Inbox], FileResult] = read_file) -> list[SourceResult]:
    """Read the new workbooks of the inbox, each by `read`; nothing where the programme has no inbox."""
    programme = run.programme
    source = programme.settings.sources.inbox
    if source is None:
        return []
    with open_warehouse(run.paths) as warehouse:
        receipts = known_receipts(warehouse)
        again = [Receipt(**row) for row in receipts_to_read_again(warehouse, INBOX, programme.version)]
        key = key_for(programme, run.paths, run.environment)
        if key is not None:
            hold_key(warehouse, key.version, key.fingerprint, run.stamp)
    place = InboxPlace(source.path, run.folder)
    with Parser() as parser:
        inbox = Inbox(
            place, programme, run.language, frozenset(run.plan), parser, key, source.settle_seconds, run.paths.error_log
        )
        reading = as_of(read_inbox(inbox, run.landing, receipts, again, read), run.as_of)
    progress.info("Read the inbox: %d new workbooks.", len(reading.receipts))
    return [reading]


def check_workbooks(run: RunContext, readings: Iterable[SourceResult]) -> tuple[ReturnVersion, ...]:
    """Validate the workbooks that the warehouse does not hold yet."""
    programme = run.programme
    with open_warehouse(run.paths) as warehouse:
        known = checked_returns(warehouse, programme.version)
        values = reported_in(warehouse)
    new = {r.return_id: r for reading in readings for r in reading.returns if r.return_id not in known}
    if new:
        progress.info("Checking %d new workbooks.", len(new))

    def check(returns: Sequence[ReturnVersion]) -> tuple[ReturnVersion, ...]:
        before = {r.expected_return_id: numbers_before(programme, r.expected_return_id, values) for r in returns}
        counted: list[Validated] = []
        checked = check_returns(returns, programme, run.language, before, counted)
        run.validated.extend(counted)
        return checked

    def check_alone(received: ReturnVersion) -> ReturnVersion:
        try:
            return check([received])[0]
        except Exception as error:
            if not _is_of_a_return(error):
                raise
            return _set_aside(error, received, run)

    try:
        return check(list(new.values()))
    except Exception as error:
        if not _is_of_a_return(error):
            raise
        # Which of them it is shows only one by one.
        checked = (check_alone(received) for received in new.values())
        return tuple(received for received in checked if received.return_id not in known)


_UNFORESEEN = "unforeseen"


def _is_of_a_return(error: Exception) -> bool:
    return concerns_one_source(error) or isinstance(error, CheckCrashedError)


def _set_aside(error: Exception, received: ReturnVersion, run: RunContext) -> ReturnVersion:
    """Return the workbook without its answers, quarantined for an error that the code did not foresee."""
    what = record_unforeseen(error, run.paths.error_log, f"the return {received.return_id}")
    expected = run.language.gettext("a file that can be checked and loaded")
    found = unforeseen_in_words(what, run.language)
    finding = Finding("", received.origin, _UNFORESEEN, Severity.ERROR, found, expected)
    return replace(received, answers=(), rows=None, findings=(finding,))


def load_workbooks(run: RunContext, readings: Sequence[SourceResult], returns: Sequence[ReturnVersion]) -> list[Loaded]:
    """Load the workbooks that were read, each in one transaction, then how the inbox was found."""
    receipts = {receipt.receipt_id: receipt for reading in readings for receipt in reading.receipts}
    _send_back(run, receipts, returns)
    with open_warehouse(run.paths) as warehouse:
        acknowledged = set(known_ids(warehouse, RECEIPTS))
        loaded: list[ReturnVersion] = []
        for received in returns:
            receipt = None if received.receipt_id in acknowledged else receipts[received.receipt_id]
            try:
                load_together(warehouse, _rows_of(received, receipt, run.programme), run.stamp)
                loaded.append(received)
            except Exception as error:
                if not concerns_one_source(error):
                    raise
                aside = _set_aside(error, received, run)
                if aside.return_id not in checked_returns(warehouse, run.programme.version):
                    load_together(warehouse, _rows_of(aside, receipt, run.programme), run.stamp)
                loaded.append(aside)
            acknowledged.add(received.receipt_id)
        returns = loaded
        unused = [receipt.row for receipt in receipts.values() if receipt.receipt_id not in acknowledged]
        load_together(warehouse, {RECEIPTS: unused}, run.stamp)
        for reading in readings:
            check = {"source_id": reading.source_id, "outcome": reading.outcome.value, "detail": reading.detail}
            load_source_check(warehouse, check, run.stamp)
        warehouse.checkpoint()
    if returns:
        progress.info("Loaded %d new workbooks.", len(returns))
    return [
        Loaded(
            source_id=reading.source_id,
            trouble=reading.detail,
            count=sum(received.source_id == reading.source_id for received in returns),
            quarantined=[
                in_words(received.origin, finding)
                for received in returns
                if received.is_quarantined and received.source_id == reading.source_id
                for finding in received.findings
            ],
            notes=list(reading.notes),
        )
        for reading in readings
    ]


def _rows_of(received: ReturnVersion, receipt: Receipt | None, programme: Programme) -> dict[Table, Rows]:
    """The rows of a return, and of its receipt where the warehouse lacks it."""
    unforeseen = [finding.found for finding in received.findings if finding.check_name == _UNFORESEEN]
    if receipt is not None and unforeseen:
        # So that the next run tries again.
        receipt = replace(receipt, outcome=ReceiptOutcome.UNREADABLE, detail=unforeseen[0])
    return {
        RECEIPTS: [] if receipt is None else [receipt.row],
        RETURNS: [_return_row(received, programme)],
        ANSWERS: _answer_rows(received),
        ROW_ANSWERS: _cell_rows(received),
        FINDINGS: _finding_rows(received),
    }


def _send_back(run: RunContext, receipts: Mapping[str, Receipt], returns: Iterable[ReturnVersion]) -> None:
    """Write marked copies of what must be corrected, before it is loaded: a run that was killed does it again."""
    landing = run.landing
    with Parser() as parser:
        for received in returns:
            if received.is_quarantined:
                content = landing.original(receipts[received.receipt_id].landing_path)
                try:
                    annotate(run.paths.annotated, received, content, run.programme, parser)
                except Exception as error:
                    if not concerns_one_source(error):
                        raise
                    # Its findings are loaded and reported all the same: only the marked copy is missing.
                    what = record_unforeseen(error, run.paths.error_log, f"marking the return {received.return_id}")
                    progress.warning(
                        "No marked copy of the return %s was made (%s).", received.expected_return_id, what
                    )
            else:
                withdraw(run.paths.annotated, received.expected_return_id)


def build(run: RunContext, observe: Callable[[Node], None] | None = None) -> None:
    """Build the views as of the run's today; each is told to `observe` when it is built."""
    progress.info("Building the views.")
    build_views(
        run.paths, as_of=run.as_of, known_by=run.stamp.known_at, locale=run.programme.settings.locale, observe=observe
    )


def alert_evaluators(run: RunContext, *, retry_refused: bool = False) -> list[Sent]:
    """Decide and record the alerts that are due, then send every queued message.

    Args:
        run: The run, planned.
        retry_refused: Send the messages that were permanently rejected once more.

    Returns:
        What became of each message.
    """
    programme = run.programme
    people = recipients(programme, has_chats=run.environment.apprise_urls is not None)
    with open_warehouse(run.paths) as warehouse, open_channels(run) as send:
        alerts = alerts_due(programme, return_status(warehouse), run.as_of)
        to_mend = errors_of(warehouse, {alert.status.quarantined_return_id for alert in alerts})
        if retry_refused:
            revive(warehouse)
        settled = settle_overtaken(warehouse, people, alerts)
        told = alert_history(warehouse)
        new = new_digests(programme, people, alerts, told, as_of=run.as_of, run_id=run.stamp.run_id)
        record_messages(warehouse, new.alerts, new.messages)
        sent = deliver_messages(warehouse, people, alerts, to_mend, as_of=run.as_of, send=send)
        warehouse.checkpoint()
    mails = sum(one.outcome is MessageOutcome.SENT and one.channel is Channel.MAIL for one in sent)
    progress.info("Wrote %d mails.", mails)
    return settled + sent


def dead_letters_in_words(run: RunContext) -> list[str]:
    """The messages that were refused for good, as sentences."""
    with open_warehouse(run.paths) as warehouse:
        return [refused_in_words(message) for message in dead_messages(warehouse)]


def statuses(run: RunContext) -> list[ReturnStatus]:
    """The expected returns with their states, as the views were built."""
    with open_warehouse(run.paths) as warehouse:
        return return_status(warehouse)


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
    }


def _answer_rows(received: ReturnVersion) -> list[Row]:
    if received.is_quarantined:
        return []
    return [{"return_id": received.return_id, **asdict(answer)} for answer in received.answers]


def _cell_rows(received: ReturnVersion) -> Sequence[Row] | pa.Table:
    if received.is_quarantined or received.rows is None:
        return []
    same = pa.repeat(pa.scalar(0, pa.int8()), received.rows.num_rows)
    return received.rows.append_column("return_id", pa.DictionaryArray.from_arrays(same, [received.return_id]))


def _finding_rows(received: ReturnVersion) -> list[Row]:
    return [
        {"return_id": received.return_id, **asdict(finding), "severity": finding.severity.value}
        for finding in received.findings
    ]
