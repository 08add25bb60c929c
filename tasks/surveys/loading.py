"""Loads what was fetched of a survey, some pages at a time: checked, and loaded whole or not at all."""

from collections.abc import Iterator, Mapping, Sequence

from schemas.enums import CheckOutcome, WithdrawalReason
from schemas.tables import WATERMARKS, WITHDRAWALS, Row, Table
from tasks.records import Loaded, left_for_later
from tasks.surveys.asking import LiveQuestionnaire, compare_with_baseline
from tasks.surveys.fetching import Fetched
from tasks.surveys.pages import Batch, LoadContext, Pages
from tasks.surveys.prefetch import meanwhile
from warehouse.loads import load_source_check, load_together
from warehouse.surveys import LoadedResponse, loaded_responses

_SHOWN = 100
"""How many sentences of one kind a survey gives a person. The warehouse has them all."""


def load_survey(fetched: Fetched, context: LoadContext) -> Loaded:
    """Load what a survey says that is new, what of it was withdrawn, and how it was found."""
    source_id = fetched.survey.source_id
    loaded = Loaded(source_id)
    # What is held of a survey costs what it holds: it is not asked for where nothing came.
    something_came = bool(fetched.receipts) or fetched.present is not None
    before = loaded_responses(context.warehouse, source_id, context.run.stamp) if something_came else {}
    asked = (
        compare_with_baseline(fetched.survey, fetched.questionnaire, context.run.programme)
        if fetched.questionnaire
        else None
    )
    outcome, loaded.trouble = _outcome(fetched, asked, context, before)
    if asked is not None:
        load_together(
            context.warehouse, asked.rows_to_load(context.warehouse, context.run.programme), context.run.stamp
        )
        loaded.notes += asked.notes
    rows: dict[Table, Sequence[Row]] = {}
    if outcome is CheckOutcome.READ and asked is not None:
        rows = _load_pages(fetched, asked, context, before, loaded)
    load_together(context.warehouse, rows, context.run.stamp)
    check = {"source_id": source_id, "outcome": outcome.value, "detail": loaded.trouble}
    load_source_check(context.warehouse, check, context.run.stamp)
    return loaded


def _load_pages(
    fetched: Fetched,
    asked: LiveQuestionnaire,
    context: LoadContext,
    before: Mapping[tuple[int, str], LoadedResponse],
    loaded: Loaded,
) -> dict[Table, Sequence[Row]]:
    """Load page after page, and tell in `loaded` what became of them. The rows that say how the survey is now."""
    source_id = fetched.survey.source_id
    pages = Pages(fetched, asked, context, before)

    def load(batch: Batch) -> int:
        load_together(context.warehouse, batch.rows, context.run.stamp)
        loaded.quarantined += batch.quarantined[: _SHOWN - len(loaded.quarantined)]
        loaded.notes += batch.notes[: _SHOWN - len(loaded.notes)]
        return batch.count

    # Pages are read and checked while those before are loaded.
    loaded.count = sum(meanwhile(load, pages.batches()))
    if pages.later:
        loaded.notes.append(left_for_later(source_id, pages.later, context.run.as_of))
    if fetched.present is None:
        return {}
    withdrawals = list(_withdrawals(source_id, before, fetched.present_ids, pages.assigned))
    rows: dict[Table, Sequence[Row]] = {WITHDRAWALS: withdrawals}
    # What was left for a later day is looked for again: the survey was not read to its end.
    if fetched.watermark is not None and fetched.watermark != fetched.survey.seen and not pages.later:
        rows[WATERMARKS] = [{"source_id": source_id, **fetched.watermark.row}]
    return rows


def _outcome(
    fetched: Fetched,
    asked: LiveQuestionnaire | None,
    context: LoadContext,
    before: Mapping[tuple[int, str], LoadedResponse],
) -> tuple[CheckOutcome, str | None]:
    """What a person is told of the survey: as it was fetched, unless what was fetched must not be loaded."""
    if fetched.outcome is not CheckOutcome.READ:
        return fetched.outcome, fetched.detail
    instrument = context.run.programme.instrument_by_code[fetched.survey.instrument_code]
    if unasked := asked.lost_identifiers(instrument.identifiers) if asked else []:
        return CheckOutcome.UNINTELLIGIBLE, (
            f"Survey {fetched.survey.survey_id} does not ask {', '.join(unasked)}, whose answers name people. "
            "Expected the questions under identifiers in programme.yaml. Correct it there, so that no name is loaded: "
            "essaim drift shows what is asked now, essaim drift --accept takes note of it."
        )
    if unasked := asked.lost_join_columns(instrument.join) if asked else []:
        return CheckOutcome.UNINTELLIGIBLE, (
            f"Survey {fetched.survey.survey_id} does not ask {', '.join(unasked)}, which names the structure. "
            "Expected the questions under join in programme.yaml. Correct it there; essaim drift shows what is asked "
            "now."
        )
    if _is_emptied(fetched, context, before):
        return CheckOutcome.EMPTIED, (
            f"Survey {fetched.survey.survey_id}: none of the responses that were collected before is there any more. "
            "Expected them, and what came since: the survey was emptied, or deactivated and activated anew. "
            "What was collected stays. Restore the responses from the server's archive under their old numbers, "
            "or say in programme.yaml on which day the survey was emptied on purpose (emptied_on)."
        )
    return CheckOutcome.READ, None


def _is_emptied(fetched: Fetched, context: LoadContext, before: Mapping[tuple[int, str], LoadedResponse]) -> bool:
    """Whether every response that was there has gone, and nobody has declared that this was meant."""
    known = {response_id: response.answered_on for (response_id, _), response in before.items() if response.counts}
    if fetched.present is None or not known or not known.keys().isdisjoint(fetched.present_ids):
        return False
    instrument = context.run.programme.instrument_by_code[fetched.survey.instrument_code]
    version = next(v for v in instrument.versions if v.version == fetched.survey.instrument_version)
    # What was answered after that day did not go that day.
    return version.emptied_on is None or not max(known.values()) <= version.emptied_on <= context.run.as_of


def _withdrawals(
    source_id: str,
    before: Mapping[tuple[int, str], LoadedResponse],
    present: frozenset[int],
    assigned: Mapping[int, str],
) -> Iterator[Row]:
    """The responses that no longer count for what they were loaded for, and those that do again."""
    for (response_id, expected_return_id), response in before.items():
        reason: WithdrawalReason | None = None
        if response.counts and response_id not in present:
            reason = WithdrawalReason.VANISHED
        elif response.counts and assigned.get(response_id, expected_return_id) != expected_return_id:
            reason = WithdrawalReason.REASSIGNED
        elif not response.counts and response_id in present and assigned.get(response_id) == expected_return_id:
            reason = WithdrawalReason.RESTORED
        if reason is not None:
            yield {
                "expected_return_id": expected_return_id,
                "respondent": str(response_id),
                "source_id": source_id,
                "is_withdrawn": reason is not WithdrawalReason.RESTORED,
                "reason": reason.value,
            }
