"""Fetches a survey: its original pages to the landing folder, and no further.

An unchanged survey costs a handful of calls. A survey that could not be read whole gives nothing at all: what was
collected before stays as it is.
"""

# pyarrow.compute makes its functions when it is imported:
# pyright: reportAttributeAccessIssue=false

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property

import pyarrow as pa
import pyarrow.compute as pc

from schemas.enums import CheckOutcome, JoinBy, ReceiptOutcome
from schemas.programme import Instrument, Programme
from schemas.tables import Row
from tasks.landing import Landing
from tasks.limesurvey import (
    SYSTEM_HEADINGS,
    LimeSurvey,
    LimeSurveyError,
    Participant,
    ResponseFile,
    ResponsePage,
    reserved_codes,
    responses_table,
)
from tasks.questionnaires.questionnaire import Questionnaire
from tasks.questionnaires.response_columns import fields_of
from tasks.records import Receipt, checksum
from tasks.schedule.expected_returns import survey_source
from tasks.surveys.prefetch import meanwhile
from tasks.surveys.server import outcome_of, said_at, server_zone
from tasks.surveys.spool import Spool
from warehouse.surveys import Watermark


@dataclass(frozen=True, slots=True)
class SurveyToRead:
    """A survey, the instrument version that it is, and the expected returns that it answers: planned rows by id.

    `seen` is how the survey was when it was last read whole, None where it never was; `receipts` are the identifiers of
    what was read of it. With `everything`, it is read whole though it may not have changed.
    """

    instrument_code: str
    instrument_version: int
    survey_id: int
    expected: Mapping[str, Row]
    seen: Watermark | None = None
    receipts: frozenset[str] = frozenset()
    everything: bool = True

    @property
    def source_id(self) -> str:
        """The source that the survey is."""
        return survey_source(self.survey_id)


@dataclass(frozen=True, eq=False)
class Fetched:
    """What a run got from a survey. `receipts` are of its pages, in the order of the response ids.

    `present` are the ids of all responses there, None where only some were looked at; `watermark` says how the survey
    is, None where there is nothing new to say. `questionnaire` is None where nothing was fetched. `spool` has the pages
    in the order of their receipts, without the answers that name people; None where they are in the landing only.
    """

    survey: SurveyToRead
    outcome: CheckOutcome
    detail: str | None = None
    questionnaire: Questionnaire | None = None
    participants: Mapping[str, Participant] | None = None
    receipts: tuple[Receipt, ...] = ()
    present: pa.Array | None = None
    watermark: Watermark | None = None
    spool: Spool | None = None

    @cached_property
    def present_ids(self) -> frozenset[int]:
        """The ids of all responses there; none where only some were looked at."""
        return frozenset(() if self.present is None else self.present.to_pylist())


def fetch(
    survey: SurveyToRead,
    programme: Programme,
    server: LimeSurvey,
    landing: Landing,
    known_at: datetime,
    told: Callable[[int, int], None] | None = None,
) -> Fetched:
    """Fetch what is new in a survey. `known_at` (UTC) dates the receipts of pages that have no date.

    Each page tells `told` how many responses have come, of how many.
    """
    instrument = programme.instrument_by_code[survey.instrument_code]
    landed = _Landed(survey, programme, landing, known_at)
    try:
        # A survey that is closed says so here; elsewhere it seems to lack participants or answers.
        summary = server.summary(survey.survey_id)
        participants = _participants(survey, instrument, server)
        fingerprint = checksum(
            programme.version,
            *sorted(survey.expected),
            repr(summary),
            server.outline(survey.survey_id),
            repr(sorted(server.submissions_by_hour(survey.survey_id).items())),
            repr(sorted((p.tid, p.token, sorted(p.attributes.items()), p.completed_at) for p in participants.values())),
        )
        if not survey.everything and survey.seen is not None and survey.seen.fingerprint == fingerprint:
            begun = _Landed(survey, programme, landing, known_at)
            if _are_all_there(survey, survey.seen, server, begun):
                return _incomplete_only(survey, participants, server, begun)
        questionnaire = server.questionnaire(survey.survey_id)
        if reserved := reserved_codes(questionnaire):
            return Fetched(survey, CheckOutcome.UNINTELLIGIBLE, _ambiguous(server, survey, reserved))
        spool = Spool(landing.folder)

        def take_in(file: ResponseFile) -> int:
            if landed.add(file.page):
                spool.add(without_identifiers(file.page.table, instrument, questionnaire))
            return len(landed.ids)

        # A page is read while the server makes the next one.
        for count in meanwhile(take_in, server.response_files(survey.survey_id)):
            if told is not None:
                told(count, summary.responses)
    except LimeSurveyError as error:
        return Fetched(survey, outcome_of(error), str(error))
    if unplaced := landed.unplaced(questionnaire):
        return Fetched(survey, CheckOutcome.UNINTELLIGIBLE, _changed_meanwhile(server, survey, unplaced))
    if landed.has_nameless:
        return Fetched(survey, CheckOutcome.ANONYMOUS, _anonymous(server, survey))
    if landed.is_doubled:
        return Fetched(survey, CheckOutcome.DOUBLED, _doubled(server, survey))
    return Fetched(
        survey=survey,
        outcome=CheckOutcome.READ,
        questionnaire=questionnaire,
        participants=participants,
        receipts=tuple(landed.receipts),
        present=pa.array(landed.ids, pa.int64()),
        watermark=Watermark(fingerprint, tuple(landed.incomplete)),
        spool=spool,
    )


def without_identifiers(page: pa.Table, instrument: Instrument, questionnaire: Questionnaire) -> pa.Table:
    """The page without the answers that name people."""
    fields = fields_of(questionnaire)
    identifying = set(instrument.identifiers)
    return page.drop_columns([h for h in page.column_names if h in fields and fields[h].question_code in identifying])


def could_not_fetch(surveys: Iterable[SurveyToRead], outcome: CheckOutcome, detail: str) -> list[Fetched]:
    """What a run got from surveys whose server could not be read."""
    return [Fetched(survey, outcome, detail) for survey in surveys]


def _are_all_there(survey: SurveyToRead, seen: Watermark, server: LimeSurvey, landed: "_Landed") -> bool:
    """Land the responses that were incomplete. Whether each is there: else more has changed than counts tell."""
    for page in server.response_pages_by_ids(survey.survey_id, seen.incomplete_ids):
        landed.add(page)
    return len(landed.ids) == len(seen.incomplete_ids)


def _incomplete_only(
    survey: SurveyToRead, participants: Mapping[str, Participant], server: LimeSurvey, landed: "_Landed"
) -> Fetched:
    """The responses that were incomplete: more may have been said in them without any count having changed."""
    if all(receipt.receipt_id in survey.receipts for receipt in landed.receipts):
        return Fetched(survey, CheckOutcome.READ)
    questionnaire = server.questionnaire(survey.survey_id)
    if reserved := reserved_codes(questionnaire):
        return Fetched(survey, CheckOutcome.UNINTELLIGIBLE, _ambiguous(server, survey, reserved))
    if unplaced := landed.unplaced(questionnaire):
        return Fetched(survey, CheckOutcome.UNINTELLIGIBLE, _changed_meanwhile(server, survey, unplaced))
    return Fetched(
        survey=survey,
        outcome=CheckOutcome.READ,
        questionnaire=questionnaire,
        participants=participants,
        receipts=tuple(landed.receipts),
    )


class _Landed:
    """The pages of a survey as they are landed, one after the other."""

    def __init__(self, survey: SurveyToRead, programme: Programme, landing: Landing, known_at: datetime) -> None:
        self._survey = survey
        self._landing = landing
        self._known_at = known_at
        self._zone = server_zone(programme)
        instrument = programme.instrument_by_code[survey.instrument_code]
        self._needs_tokens = instrument.join.by is not JoinBy.QUESTION
        self._names_people = bool(instrument.identifiers)
        self._headings: set[str] = set()
        self.receipts: list[Receipt] = []
        self.ids: list[int] = []
        self.incomplete: list[int] = []
        self.has_nameless = False
        self._told: set[int] = set()
        self._originals = self._twins = 0

    @property
    def is_doubled(self) -> bool:
        """Whether half of the responses before the first one that repeats another, or more, are repeated."""
        return self._twins > 0 and self._twins * 2 >= self._originals

    def unplaced(self, questionnaire: Questionnaire) -> list[str]:
        """The headings of questions that nobody asks in the pages: where questions name people, they may hold names."""
        asked = {*SYSTEM_HEADINGS, *(question.code for question in questionnaire.questions)}
        return sorted(one for one in self._headings if self._names_people and one.partition("[")[0] not in asked)

    def add(self, page: ResponsePage) -> bool:
        """Land a page. Whether there is anything in it."""
        if not page.ids:
            return False
        sha256, path = self._landing.keep(page.raw, ".json")
        said = pa.array(said_at(page.table, self._zone))
        self.receipts.append(
            Receipt(
                source_id=self._survey.source_id,
                origin=f"survey {self._survey.survey_id}, responses {page.ids[0]} to {page.ids[-1]}",
                sha256=sha256,
                byte_count=len(page.raw),
                delivered_at=pc.max(said).as_py() or self._known_at,
                landing_path=path,
                outcome=ReceiptOutcome.READ,
            )
        )
        self.ids += page.ids
        self._headings.update(page.table.column_names)
        is_complete = responses_table(page.table).column("is_complete").to_pylist()
        self.incomplete += [one for one, complete in zip(page.ids, is_complete, strict=True) if not complete]
        self.has_nameless |= self._needs_tokens and "token" not in page.table.column_names
        self._look_for_twins(page.table)
        return True

    def _look_for_twins(self, page: pa.Table) -> None:
        """Count the responses that one person began and ended in the very seconds of another response of theirs."""
        names = ("token", "startdate", "datestamp", "submitdate")
        if not all(name in page.column_names for name in names):
            return
        for told in zip(*(page.column(name).to_pylist() for name in names), strict=True):
            is_twin = bool(told[0] and told[1]) and hash(told) in self._told
            self._twins += is_twin
            self._originals += not self._twins
            self._told.add(hash(told))


def _participants(survey: SurveyToRead, instrument: Instrument, server: LimeSurvey) -> dict[str, Participant]:
    if instrument.join.by is not JoinBy.ATTRIBUTES:
        return {}
    attributes = [name for name in (instrument.join.structure, instrument.join.cohort) if name]
    return {p.token: p for p in server.participants(survey.survey_id, attributes=attributes)}


def _changed_meanwhile(server: LimeSurvey, survey: SurveyToRead, unplaced: Sequence[str]) -> str:
    return (
        f"{server.where}, survey {survey.survey_id}: answers came under {', '.join(unplaced)}, which it does not ask. "
        "Expected the questions that it asks: it was changed while it was read. Nothing of it was loaded, for these "
        "answers might name people. Collect again."
    )


def _ambiguous(server: LimeSurvey, survey: SurveyToRead, reserved: Sequence[str]) -> str:
    are, them = ("a question has the code", "it") if len(reserved) == 1 else ("questions have the codes", "them")
    return (
        f"{server.where}, survey {survey.survey_id}: {are} {', '.join(reserved)}, which LimeSurvey's export uses for "
        "columns of its own. Expected codes that it does not use: nothing of the survey was loaded, because an answer "
        f"could be taken for another value. Rename {them} in LimeSurvey and in the programme folder, and collect again."
    )


def _doubled(server: LimeSurvey, survey: SurveyToRead) -> str:
    return (
        f"{server.where}, survey {survey.survey_id}: its responses are there twice, under old numbers and new ones. "
        "Expected each once: the server's archive was restored under new numbers. "
        "What was collected stays. Delete those under the new numbers."
    )


def _anonymous(server: LimeSurvey, survey: SurveyToRead) -> str:
    return (
        f"{server.where}, survey {survey.survey_id}: its responses hold no token, so that nobody can say which "
        "structure gave them. Expected a survey that is not anonymised and has its participants. "
        "Make it so, or let a question name the structure (join, by: question)."
    )
