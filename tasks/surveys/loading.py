"""Load a fetched survey, some pages at a time: each batch is checked first, and loaded completely or not at all."""

# pyarrow.compute makes its functions when it is imported:
# pyright: reportAttributeAccessIssue=false

from collections.abc import Generator, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from schemas.enums import CheckOutcome, WithdrawalReason
from schemas.tables import (
    ANSWERS,
    COMPLETED_PARTICIPANTS,
    FINDINGS,
    RECEIPTS,
    RETURNS,
    SET_ASIDE_RESPONSES,
    WATERMARKS,
    WITHDRAWALS,
    Row,
    Table,
)
from tasks.records import Loaded, in_words, left_for_later
from tasks.run import RunContext
from tasks.surveys.answer_reader import AnswerReader
from tasks.surveys.checking import CompleteResponses, check_responses, is_quarantined
from tasks.surveys.completed_participants import completed_participants
from tasks.surveys.earlier_days import leave_for_later
from tasks.surveys.fetching import Fetched, page_of
from tasks.surveys.live_questionnaire import LiveQuestionnaire, compare_with_baseline
from tasks.surveys.moments import given_at
from tasks.surveys.prefetch import map_in_thread
from tasks.surveys.rows import NewResponses, answer_rows, finding_rows, new_receipts, return_rows, unused_receipts
from tasks.surveys.server import server_zone
from tasks.surveys.set_aside import set_aside_responses
from tasks.surveys.version_finders import version_finder
from tasks.validation.successions import ANSWERED_BY_HEIR
from warehouse.arrow_rows import Rows
from warehouse.connection import Warehouse
from warehouse.earlier_days import LaterKnowledge, later_knowledge, load_as_known
from warehouse.loads import known_ids, load_source_check, load_together
from warehouse.surveys import (
    LoadedResponse,
    known_versions,
    loaded_responses,
)

_SHOWN = 100
"""How many sentences of one kind a survey reports. The warehouse holds them all."""

_BATCH_BYTES = 32 << 20
"""Bytes of answers that are checked together: a validation takes half a second, however little it validates."""


@dataclass(frozen=True, slots=True)
class LoadContext:
    """Where a survey is loaded.

    Attributes:
        run: The run. The counts of the checks are added to its `validated`.
        warehouse: The open warehouse, to write to.
        beside: A second connection, to read from while the first one writes.
    """

    run: RunContext
    warehouse: Warehouse
    beside: Warehouse


@dataclass(frozen=True, slots=True)
class Batch:
    """Some pages, checked and ready to be loaded in one transaction.

    Attributes:
        rows: The rows to append, by table.
        count: The number of responses with a new version.
        quarantined: Sentences about the findings of quarantined versions.
        notes: Sentences about responses that are not loaded.
        assigned: The expected returns that responses of the pages answer, or may answer, by response id.
        set_aside: The expected returns to which responses of the pages are set aside.
        later: The number of responses given after the run's today.
        undated: The number of responses with a new version and without a date.
    """

    rows: Mapping[Table, Rows]
    count: int
    quarantined: list[str]
    notes: list[str]
    assigned: dict[int, frozenset[str]]
    set_aside: frozenset[str]
    later: int
    undated: int


def load_survey(fetched: Fetched, context: LoadContext) -> Loaded:
    """Load the questionnaire, the new return versions and withdrawals of a survey, and the outcome of its check."""
    source_id, run = fetched.survey.source_id, context.run
    loaded = Loaded(source_id)
    # Loading known responses is O(responses held), so skip it when the fetch returned nothing.
    has_content = bool(fetched.receipts) or fetched.present is not None
    knowledge = later_knowledge(context.warehouse, source_id, run.stamp) if has_content else LaterKnowledge()
    before = loaded_responses(context.warehouse, source_id, run.stamp, knowledge.returns) if has_content else {}
    live = (
        compare_with_baseline(fetched.survey, fetched.questionnaire, run.programme) if fetched.questionnaire else None
    )
    outcome, loaded.trouble = _outcome(fetched, live, context, before)
    if live is not None:
        load_together(context.warehouse, live.rows_to_load(context.warehouse, run.programme), run.stamp)
        loaded.notes += live.notes
    rows: dict[Table, Sequence[Row]] = {}
    if outcome is CheckOutcome.READ and live is not None:
        rows = _load_pages(fetched, live, context, before, knowledge, loaded)
    load_together(context.warehouse, rows, run.stamp)
    if outcome is CheckOutcome.READ:
        load_as_known(context.warehouse, source_id, run.stamp)
    load_source_check(context.warehouse, fetched.survey.check(outcome, loaded.trouble), run.stamp, run.programme.zone)
    return loaded


def _load_pages(
    fetched: Fetched,
    live: LiveQuestionnaire,
    context: LoadContext,
    before: Mapping[tuple[int, str], LoadedResponse],
    knowledge: LaterKnowledge,
    loaded: Loaded,
) -> dict[Table, Sequence[Row]]:
    """Load all pages, batch by batch, and report in `loaded` what became of them.

    Returns:
        The rows that describe the survey as a whole: withdrawals, and its watermark.
    """
    source_id = fetched.survey.source_id
    assigned: dict[int, frozenset[str]] = {}
    set_aside = frozenset[str]()
    later = undated = 0

    def load(batch: Batch) -> Batch:
        load_together(context.warehouse, batch.rows, context.run.stamp)
        return replace(batch, rows={})

    # A batch is loaded while the next one is read and checked.
    for batch in map_in_thread(load, _batches(fetched, live, context, before, knowledge)):
        loaded.count += batch.count
        loaded.quarantined += batch.quarantined[: _SHOWN - len(loaded.quarantined)]
        loaded.notes += batch.notes[: _SHOWN - len(loaded.notes)]
        assigned |= batch.assigned
        set_aside |= batch.set_aside
        later += batch.later
        undated += batch.undated
    if undated:
        loaded.notes.append(_days_unknown(fetched.survey.survey_id, undated, context.run.as_of))
    if later:
        loaded.notes.append(left_for_later(source_id, later, context.run.as_of))
    if fetched.present is None:
        return {}
    withdrawals = list(_withdrawals(source_id, before, fetched.present_ids, assigned))
    is_up_to_date = not (later or knowledge.is_there)
    of_leavers = set_aside_responses(source_id, context.run, context.warehouse, set_aside, is_up_to_date=is_up_to_date)
    rows: dict[Table, Sequence[Row]] = {WITHDRAWALS: withdrawals, SET_ASIDE_RESPONSES: list(of_leavers)}
    if knowledge.is_there:
        # What participants have completed by now, they had not on the day of this run. A run as of a later day finds
        # it, and what else this one leaves, because there is no watermark.
        return rows
    if not later:
        answered = frozenset(id_ for ids in assigned.values() for id_ in ids)
        rows[COMPLETED_PARTICIPANTS] = list(completed_participants(fetched, context.run, context.warehouse, answered))
    # Without a watermark, the next run reads the responses that are left for a later day.
    if fetched.watermark is not None and fetched.watermark != fetched.survey.seen and not later:
        rows[WATERMARKS] = [{"source_id": source_id, **fetched.watermark.row}]
    return rows


def _batches(
    fetched: Fetched,
    live: LiveQuestionnaire,
    context: LoadContext,
    before: Mapping[tuple[int, str], LoadedResponse],
    knowledge: LaterKnowledge,
) -> Generator[Batch]:
    """Read the pages in their order, assign their responses, find the new versions, and check them in batches."""
    run, survey = context.run, fetched.survey
    instrument = run.programme.instrument_by_code[survey.instrument_code]
    finder = version_finder(fetched, live, run, instrument, before, warehouse=context.warehouse, beside=context.beside)
    reader = AnswerReader(live.questionnaire, run.programme, survey.instrument_code, survey.instrument_version)
    complete = CompleteResponses(before, fetched)
    receipts_held = set(known_ids(context.warehouse, RECEIPTS))
    pending: list[NewResponses] = []
    for number, receipt in enumerate(fetched.receipts):
        page = page_of(fetched, number, run.landing, instrument, live.questionnaire)
        ids = pc.min_max(page.column("id")).as_py()
        known = known_versions(context.beside, survey.source_id, ids["min"], ids["max"])
        versions = finder.find(page, known)
        leave_for_later(versions, finder, knowledge)
        complete.move(versions.returns)
        is_all_new = np.array_equal(versions.new.column("place").to_numpy(), np.arange(page.num_rows))
        responses = page if is_all_new else page.take(versions.new.column("place"))
        pending.append(NewResponses(receipt, responses, versions))
        if sum(page.responses.nbytes for page in pending) >= _BATCH_BYTES or number + 1 == len(fetched.receipts):
            yield _batch(pending, fetched, live, run, reader, complete, receipts_held)
            pending = []


def _batch(
    pages: Sequence[NewResponses],
    fetched: Fetched,
    live: LiveQuestionnaire,
    run: RunContext,
    reader: AnswerReader,
    complete: CompleteResponses,
    receipts_held: set[str],
) -> Batch:
    """Check the new versions of some pages together, and make the rows of all of them."""
    survey, zone = fetched.survey, server_zone(run.programme)
    new = pa.concat_tables([page.versions.new for page in pages])
    responses = pa.concat_tables([page.responses for page in pages], promote_options="default")
    findings = check_responses(new, responses, survey, run, live, reader, complete, fetched.participants or {})
    is_fine = np.ones(new.num_rows, np.bool_)
    is_fine[[row for row, some in findings.items() if is_quarantined(some)]] = False
    unused = [unused_receipts(page, survey.survey_id) for page in pages]
    where = run.language.gettext("survey {number}").format(number=survey.survey_id)
    assigned: dict[int, frozenset[str]] = {}
    for page in pages:
        assigned |= page.versions.returns
    return Batch(
        rows={
            RECEIPTS: [receipt.row for receipt in new_receipts(pages, unused, receipts_held)],
            RETURNS: return_rows(pages, new, is_fine, survey, live.questionnaire.version, run.programme.version),
            ANSWERS: answer_rows(pages, is_fine, live.questionnaire, reader),
            FINDINGS: finding_rows(findings, new.column("return_id")),
        },
        count=len(pc.unique(new.column("response_id"))),
        # A response that may answer several occasions has a version, with the same findings, for each of them.
        quarantined=list(
            dict.fromkeys(
                in_words(where, finding) for row in sorted(findings) if not is_fine[row] for finding in findings[row]
            )
        ),
        notes=[
            *(f"{receipt.origin}: {receipt.detail}" for some in unused for receipt in some),
            *(
                in_words(where, finding)
                for row in sorted(findings)
                for finding in findings[row]
                if finding.check_name == ANSWERED_BY_HEIR
            ),
        ],
        assigned=assigned,
        set_aside=frozenset(
            response.expected_return_id
            for page in pages
            for response in page.versions.set_aside
            if response.expected_return_id is not None
        ),
        later=sum(page.versions.later for page in pages),
        undated=sum(int(np.isnat(given_at(page.responses, zone)).sum()) for page in pages),
    )


def _days_unknown(survey_id: int, count: int, day: date) -> str:
    return (
        f"Survey {survey_id}: {count} new responses have no date, so the days on which they were given are unknown. "
        f"The day of this run, {day}, stands for them: one that is shown as late may have come in time. "
        "Expected a survey with dates: turn on its date stamp in LimeSurvey before it is activated."
    )


def _outcome(
    fetched: Fetched,
    live: LiveQuestionnaire | None,
    context: LoadContext,
    before: Mapping[tuple[int, str], LoadedResponse],
) -> tuple[CheckOutcome, str | None]:
    """Return the outcome of fetching, unless what was fetched must not be loaded; with a sentence for a person."""
    if fetched.outcome is CheckOutcome.CONCLUDED:
        return fetched.outcome, None
    if fetched.outcome is not CheckOutcome.READ:
        return fetched.outcome, fetched.detail
    instrument = context.run.programme.instrument_by_code[fetched.survey.instrument_code]
    if unasked := live.lost_identifiers(instrument.identifiers) if live else []:
        return CheckOutcome.UNINTELLIGIBLE, (
            f"Survey {fetched.survey.survey_id} does not ask {', '.join(unasked)}, whose answers name people. "
            "Expected the questions under identifiers in programme.yaml. Correct it there, so that no name is loaded: "
            "essaim drift compares the live questionnaire, essaim drift --accept saves it as the new baseline."
        )
    if unasked := live.lost_join_columns(instrument.join_of(fetched.survey.instrument_version)) if live else []:
        return CheckOutcome.UNINTELLIGIBLE, (
            f"Survey {fetched.survey.survey_id} does not ask {', '.join(unasked)}, which names the structure or the "
            "occasion. Expected the questions under join in programme.yaml. Correct it there; essaim drift shows the "
            "live questionnaire."
        )
    if _is_emptied(fetched, context, before):
        return CheckOutcome.EMPTIED, (
            f"Survey {fetched.survey.survey_id}: none of the responses collected before is on the server. "
            "Expected them, and any later ones: the survey was emptied, or deactivated and activated again. "
            "The collected responses stay. Restore the responses from the server's archive under their old numbers, "
            "or enter in programme.yaml the day on which the survey was emptied on purpose (emptied_on)."
        )
    return CheckOutcome.READ, None


def _is_emptied(fetched: Fetched, context: LoadContext, before: Mapping[tuple[int, str], LoadedResponse]) -> bool:
    """Return whether all responses have disappeared, without a day in `emptied_on` that explains it."""
    known = {
        response_id: response.answered_on
        for (response_id, _), response in before.items()
        if response.counts and not response.changes_later
    }
    if fetched.present is None or not known or not known.keys().isdisjoint(fetched.present_ids):
        return False
    instrument = context.run.programme.instrument_by_code[fetched.survey.instrument_code]
    version = next(v for v in instrument.versions if v.version == fetched.survey.instrument_version)
    # A response submitted after `emptied_on` cannot have been deleted by that emptying.
    return version.emptied_on is None or not max(known.values()) <= version.emptied_on <= context.run.as_of


def _withdrawals(
    source_id: str,
    before: Mapping[tuple[int, str], LoadedResponse],
    present: frozenset[int],
    assigned: Mapping[int, frozenset[str]],
) -> Iterator[Row]:
    """Yield a row for each response that no longer counts for its expected return, or counts for it again."""
    for (response_id, expected_return_id), response in before.items():
        reason: WithdrawalReason | None = None
        if response.changes_later:
            continue  # What the server shows now, it did not show on the day of this run.
        if response.counts and response_id not in present:
            reason = WithdrawalReason.VANISHED
        elif response.counts and response_id in assigned and expected_return_id not in assigned[response_id]:
            reason = WithdrawalReason.REASSIGNED
        elif not response.counts and response_id in present and expected_return_id in assigned.get(response_id, ()):
            reason = WithdrawalReason.RESTORED
        if reason is not None:
            yield {
                "expected_return_id": expected_return_id,
                "respondent": str(response_id),
                "source_id": source_id,
                "is_withdrawn": reason is not WithdrawalReason.RESTORED,
                "reason": reason.value,
            }
