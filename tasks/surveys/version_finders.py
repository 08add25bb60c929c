"""Make the finder of new versions of a survey, from the run and from what the warehouse holds."""

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from functools import lru_cache, partial
from itertools import compress

import numpy as np
import pyarrow as pa

from schemas.errors import UsageError
from schemas.instruments import Instrument
from tasks.landing import Landing
from tasks.limesurvey import answer_fields, responses_of, responses_table
from tasks.questionnaires.questionnaire import Questionnaire
from tasks.run import RunContext
from tasks.surveys.answer_reader import AnswerReader
from tasks.surveys.answered import AnsweringRule
from tasks.surveys.assigning import Assigner, join_recodes
from tasks.surveys.fetching import Fetched, page_of, without_identifiers
from tasks.surveys.held_answers import Answers, HeldAnswers
from tasks.surveys.live_questionnaire import LiveQuestionnaire
from tasks.surveys.moments import days_in, given_at
from tasks.surveys.server import server_zone
from tasks.surveys.versions import VersionFinder
from warehouse.connection import Warehouse
from warehouse.surveys import LoadedResponse, answers_held, items_loaded, items_mapped, questions_asked

_ORIGINALS = 4
"""How many parsed originals are kept: the versions of a page come from few of them, one after the other."""


def version_finder(
    fetched: Fetched,
    live: LiveQuestionnaire,
    run: RunContext,
    instrument: Instrument,
    before: Mapping[tuple[int, str], LoadedResponse],
    *,
    warehouse: Warehouse,
    beside: Warehouse,
) -> VersionFinder:
    """Return what finds the new versions in the pages of a survey.

    Args:
        fetched: The fetched survey.
        live: The live questionnaire.
        run: The run.
        instrument: The instrument of the survey.
        before: The responses that the warehouse holds, by response id and expected return.
        warehouse: The open warehouse.
        beside: A second connection, to read from while the first one writes.
    """
    programme = run.programme
    join = instrument.join_of(fetched.survey.instrument_version)
    expected, participants = fetched.survey.expected, fetched.participants or {}
    excused = fetched.survey.excused
    assigner = Assigner(
        join, expected, participants, join_recodes(programme, join), excused, programme.structure_changes
    )
    reader = AnswerReader(live.questionnaire, programme, instrument.code, fetched.survey.instrument_version)
    answering = AnsweringRule.of(live.questionnaire, programme, instrument.code, fetched.survey.instrument_version)
    if assigner.is_shared:
        pages = (
            page_of(fetched, number, run.landing, instrument, live.questionnaire)
            for number in range(len(fetched.receipts))
        )
        if fetched.spool is not None and assigner.assigns_by_name:
            _count_named(assigner, answering, pages, run)
        else:
            _count_held(assigner, answering, pages, before, fetched)
    return VersionFinder(
        programme=programme,
        instrument=instrument,
        instrument_version=fetched.survey.instrument_version,
        assigner=assigner,
        answering=answering,
        questionnaire=live.questionnaire,
        zone=programme.zone,
        server_zone=server_zone(programme),
        found_at=_found_at(run),
        placement_changes=fetched.survey.placement_changes,
        as_of=run.as_of,
        held=HeldAnswers(
            items=items_loaded(warehouse, fetched.survey.source_id),
            mapped=items_mapped(warehouse, instrument.code, fetched.survey.instrument_version),
            asked=questions_asked(warehouse, fetched.survey.source_id),
            of=partial(answers_held, beside, fetched.survey.source_id),
            original=lru_cache(_ORIGINALS)(partial(_answers_of_original, run.landing, instrument, live.questionnaire)),
            programme_version=programme.version,
            read=reader.read,
        ),
    )


def _count_named(assigner: Assigner, answering: AnsweringRule, pages: Iterable[pa.Table], run: RunContext) -> None:
    """Count the responses that name the occasion that they answer, whatever page they are on."""
    for page in pages:
        responses = responses_table(page)
        given = given_at(page, server_zone(run.programme))
        days = days_in(np.where(np.isnat(given), np.datetime64(run.as_of, "us"), given), run.programme.zone)
        counts = pa.array(answering.are_answers(page) & (days <= np.datetime64(run.as_of)))
        names = [name for name in assigner.join.questions if name in page.column_names]
        ids, tokens = (responses.column(name).filter(counts).to_pylist() for name in ("response_id", "token"))
        given_on = pa.array(days).filter(counts).to_pylist()
        assigner.count_named(ids, tokens, page.select(names).filter(counts), given_on)


def _count_held(
    assigner: Assigner,
    answering: AnsweringRule,
    pages: Iterable[pa.Table],
    before: Mapping[tuple[int, str], LoadedResponse],
    fetched: Fetched,
) -> None:
    """Count the responses that the warehouse holds and that answer their occasion.

    A submitted one need not be on the pages. Those that are only begun are on them at each read. None is counted that
    this read finds deleted or with another enrolment, nor one on the pages that is placed again.
    """
    answering_now: set[int] = set()
    enrolments: dict[int, str | None] = {}
    for page in pages:
        ids = page.column("id").to_pylist()
        answering_now.update(compress(ids, answering.are_answers(page)))
        names = [name for name in assigner.join.questions if name in page.column_names]
        tokens = responses_table(page).column("token").to_pylist()
        enrolments |= zip(ids, assigner.enrolments(tokens, page.select(names)), strict=True)

    def counts(response_id: int, enrolment_id: str, response: LoadedResponse) -> bool:
        is_there = fetched.present is None or response_id in fetched.present_ids
        if not (response.counts and response.is_placed and is_there):
            return False
        if enrolments.get(response_id) not in (None, assigner.first_enrolment(enrolment_id)):
            return False
        change = fetched.survey.placement_changes.get(enrolment_id)
        if response_id in answering_now and change and change.is_after(response.known_at, response.loaded_at):
            return False
        return response.is_submitted or response_id in answering_now

    assigner.count(
        (response_id, expected_return_id)
        for (response_id, expected_return_id), response in before.items()
        if counts(response_id, expected_return_id.rsplit("/", 2)[0], response)
    )


def _answers_of_original(
    landing: Landing, instrument: Instrument, questionnaire: Questionnaire, landing_path: str
) -> dict[int, Answers]:
    """Return the answers of a landed page without those that name people, by response id; none if it is not kept."""
    try:
        original = landing.original(landing_path)
    except UsageError:
        return {}
    page = without_identifiers(responses_of(original), instrument, questionnaire)
    ids = page.column("id").to_pylist()
    columns = {
        field.heading: page.column(field.heading).cast(pa.string()).to_pylist()
        for field in answer_fields(page, questionnaire)
    }
    return {id_: {heading: texts[row] for heading, texts in columns.items()} for row, id_ in enumerate(ids)}


def _found_at(run: RunContext) -> datetime:
    """Return when a run finds what has no date: at its time, or at the end of its today where that is another day.

    What is answered later on the same day is then later.
    """
    time = run.stamp.loaded_at
    is_today = time.replace(tzinfo=UTC).astimezone(run.programme.zone).date() == run.as_of
    return time if is_today else run.stamp.known_at
