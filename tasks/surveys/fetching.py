"""Fetch a survey: land its original pages, and spool them for loading.

An unchanged survey takes a handful of calls. A survey that cannot be read completely yields nothing, and what was
collected before stays as it is.
"""

# pyarrow.compute makes its functions when it is imported:
# pyright: reportAttributeAccessIssue=false

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property

import pyarrow as pa
import pyarrow.compute as pc

from schemas.enums import AfterLeaving, CheckOutcome, JoinBy, ReceiptOutcome
from schemas.instruments import Instrument
from schemas.programme import Programme
from schemas.tables import Row
from tasks.landing import Landing
from tasks.limesurvey import (
    LimeSurvey,
    LimeSurveyError,
    MissingAttribute,
    Participant,
    ResponseFile,
    ResponsePage,
    Summary,
    SurveyNotActive,
    SurveyNotFound,
    responses_of,
    responses_table,
)
from tasks.questionnaires.questionnaire import Questionnaire
from tasks.questionnaires.response_columns import fields_of
from tasks.questionnaires.unclear_codes import SYSTEM_HEADINGS, unclear_codes
from tasks.records import Receipt, checksum
from tasks.schedule.expected_returns import survey_source
from tasks.surveys.moments import given_at
from tasks.surveys.prefetch import map_in_thread
from tasks.surveys.server import OpenDays, outcome_of, server_zone
from tasks.surveys.spool import Spool
from warehouse.placement_changes import PlacementChange
from warehouse.sendings import HeldReceipt, sending_of
from warehouse.surveys import Watermark


@dataclass(frozen=True, slots=True)
class SurveyToRead:
    """A survey to read, as of a run.

    Attributes:
        instrument_code: The instrument of the survey.
        instrument_version: The version of the instrument.
        survey_id: The server's number of the survey.
        expected: The planned rows of the returns that are expected from the survey, by id, whether open or not.
        seen: The state of the survey when it was last read completely; None if it never was.
        receipts: The receipts of the survey that the warehouse holds, by origin, in the order of loading.
        everything: Read the whole survey even if it seems unchanged.
        opened: The ids of the expected returns that are open by the run's today.
        excused: The ids of the expected returns that nobody owes: waived, or due after the structure had left.
        placement_changes: When what decides the placement of responses by window last changed, by enrolment.
        is_concluded: Whether each expected return had come or was not owed, as of the last build of the views.
        open_days: The days on which the server lets the survey be answered.
    """

    instrument_code: str
    instrument_version: int
    survey_id: int
    expected: Mapping[str, Row]
    seen: Watermark | None = None
    receipts: Mapping[str, Sequence[HeldReceipt]] = field(default_factory=dict[str, Sequence[HeldReceipt]])
    everything: bool = True
    opened: frozenset[str] = frozenset()
    excused: frozenset[str] = frozenset()
    placement_changes: Mapping[str, PlacementChange] = field(default_factory=dict[str, PlacementChange])
    is_concluded: bool = False
    open_days: OpenDays = field(default_factory=OpenDays)

    @property
    def source_id(self) -> str:
        """The id of the survey as a source."""
        return survey_source(self.survey_id)

    def check(self, outcome: CheckOutcome, detail: str | None) -> Row:
        """Return what a run found of the survey as a row of `raw.source_checks`, without the stamps."""
        return {
            "source_id": self.source_id,
            "outcome": outcome.value,
            "detail": detail,
            "open_from_on": self.open_days.first,
            "open_until_on": self.open_days.last,
        }


@dataclass(frozen=True, eq=False)
class Fetched:
    """The result of fetching a survey.

    Attributes:
        survey: The survey.
        outcome: Whether it could be read, or why not.
        detail: A sentence where it could not be read.
        questionnaire: The live questionnaire; None where nothing was fetched.
        participants: The participants by token; None where nothing was fetched.
        receipts: The receipts of the landed pages, by ascending response id.
        present: The ids (int64) of all responses on the server; None where only some responses were read.
        watermark: The state of the survey; None where it is unchanged, or the survey was not read completely.
        spool: The pages in the order of their receipts, without identifying answers; None where they are only landed.
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
        """The ids of all responses on the server; empty where only some responses were read."""
        return frozenset(() if self.present is None else self.present.to_pylist())


def fetch(
    survey: SurveyToRead,
    programme: Programme,
    server: LimeSurvey,
    landing: Landing,
    known_at: datetime,
    on_page: Callable[[int, int], None] | None = None,
) -> Fetched:
    """Fetch what is new in a survey, and land it.

    Args:
        survey: The survey.
        programme: The programme.
        server: The survey server.
        landing: Where original pages are kept.
        known_at: The instant (UTC) of the run: the delivery time of pages that have no dates.
        on_page: Called after each page with the number of responses fetched so far, and of all responses.
    """
    instrument = programme.instrument_by_code[survey.instrument_code]
    landed = _LandedPages(survey, programme, landing, known_at)
    try:
        # The first call: it recognises a closed survey, for which others report missing participants or responses.
        summary = server.summary(survey.survey_id)
        participants = _participants(survey, instrument, server)
        fingerprint = _fingerprint(survey, programme, server, summary, participants)
        if not survey.everything and survey.seen is not None and survey.seen.fingerprint == fingerprint:
            incomplete = _LandedPages(survey, programme, landing, known_at, kind="incomplete responses")
            if _land_incomplete(survey, survey.seen, server, incomplete):
                return _incomplete_only(survey, participants, server, incomplete)
        questionnaire = server.questionnaire(survey.survey_id)
        if unclear := unclear_codes(questionnaire):
            return Fetched(survey, CheckOutcome.UNINTELLIGIBLE, _unclear(server, survey, unclear))
        spool = Spool(landing.folder)

        def land_and_spool(file: ResponseFile) -> int:
            if landed.add(file.page):
                spool.add(without_identifiers(file.page.table, instrument, questionnaire))
            return len(landed.ids)

        # A page is parsed, landed and spooled while the server makes the next one.
        for count in map_in_thread(land_and_spool, server.response_files(survey.survey_id)):
            if on_page is not None:
                on_page(count, summary.responses)
    except MissingAttribute as error:
        return Fetched(survey, outcome_of(error), _lacks_attributes(server, survey, error.names))
    except (SurveyNotActive, SurveyNotFound) as error:
        # Who has collected every answer may take the survey off the server.
        return Fetched(survey, CheckOutcome.CONCLUDED if survey.is_concluded else outcome_of(error), str(error))
    except LimeSurveyError as error:
        return Fetched(survey, outcome_of(error), str(error))
    if unknown := landed.unknown_headings(questionnaire):
        return Fetched(survey, CheckOutcome.UNINTELLIGIBLE, _changed_meanwhile(server, survey, unknown))
    if landed.lacks_tokens:
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
    """Return the page without the answers that name people (`identifiers`)."""
    fields = fields_of(questionnaire)
    identifying = set(instrument.identifiers)
    return page.drop_columns([h for h in page.column_names if h in fields and fields[h].question_code in identifying])


def page_of(
    fetched: Fetched, number: int, landing: Landing, instrument: Instrument, questionnaire: Questionnaire
) -> pa.Table:
    """Return a page without identifying answers: from the spool, or parsed from its landed original."""
    if fetched.spool is not None:
        return fetched.spool.page(number)
    original = landing.original(fetched.receipts[number].landing_path)
    return without_identifiers(responses_of(original), instrument, questionnaire)


def could_not_fetch(surveys: Iterable[SurveyToRead], outcome: CheckOutcome, detail: str) -> list[Fetched]:
    """Return the results for surveys that could not be read, all for the same reason."""
    return [Fetched(survey, outcome, detail) for survey in surveys]


def _fingerprint(
    survey: SurveyToRead,
    programme: Programme,
    server: LimeSurvey,
    summary: Summary,
    participants: Mapping[str, Participant],
) -> str:
    """Return a checksum of the programme, the questions, the participants, the complete responses, and what is owed."""
    return checksum(
        programme.version,
        *sorted(survey.opened),
        *(f"excused {id_}" for id_ in sorted(survey.excused)),
        *_leavings(survey, programme),
        repr(summary),
        server.outline(survey.survey_id),
        repr(sorted(server.submissions_by_hour(survey.survey_id).items())),
        repr(sorted(_state(participant) for participant in participants.values())),
    )


def _leavings(survey: SurveyToRead, programme: Programme) -> list[str]:
    """Return when each structure of the survey left, where that decides which responses are set aside."""
    if programme.instrument_by_code[survey.instrument_code].respondents.after_leaving is not AfterLeaving.SET_ASIDE:
        return []
    asked = {str(row["enrolment_id"]) for row in survey.expected.values()}
    left = {one.enrolment_id: one.left_on for one in programme.enrolments if one.left_on and one.enrolment_id in asked}
    return [f"left {enrolment_id} {day}" for enrolment_id, day in sorted(left.items())]


def _state(participant: Participant) -> tuple[object, ...]:
    """Return what a participant's row on the server decides about: its structure, its completion and its uses."""
    attributes = sorted(participant.attributes.items())
    return participant.tid, participant.token, attributes, participant.completed_at, participant.uses_left


def _land_incomplete(survey: SurveyToRead, seen: Watermark, server: LimeSurvey, landed: "_LandedPages") -> bool:
    """Land the previously incomplete responses; return False if any has disappeared."""
    for page in server.response_pages_by_ids(survey.survey_id, seen.incomplete_ids):
        landed.add(page)
    return len(landed.ids) == len(seen.incomplete_ids)


def _incomplete_only(
    survey: SurveyToRead, participants: Mapping[str, Participant], server: LimeSurvey, landed: "_LandedPages"
) -> Fetched:
    """Return the landed incomplete responses: answers may have been added to them without any count changing."""
    held = {receipts[-1].receipt_id for receipts in survey.receipts.values()}
    if all(receipt.receipt_id in held for receipt in landed.receipts):
        return Fetched(survey, CheckOutcome.READ)
    questionnaire = server.questionnaire(survey.survey_id)
    if unclear := unclear_codes(questionnaire):
        return Fetched(survey, CheckOutcome.UNINTELLIGIBLE, _unclear(server, survey, unclear))
    if unknown := landed.unknown_headings(questionnaire):
        return Fetched(survey, CheckOutcome.UNINTELLIGIBLE, _changed_meanwhile(server, survey, unknown))
    return Fetched(
        survey=survey,
        outcome=CheckOutcome.READ,
        questionnaire=questionnaire,
        participants=participants,
        receipts=tuple(landed.receipts),
    )


class _LandedPages:
    """Lands the pages of a survey one after the other, and records what decides whether they can be used.

    Attributes:
        receipts: The receipts of the landed pages.
        ids: The ids of their responses.
        incomplete: The ids of their incomplete responses.
        lacks_tokens: Whether responses have no tokens although `join` needs them.
    """

    def __init__(
        self,
        survey: SurveyToRead,
        programme: Programme,
        landing: Landing,
        known_at: datetime,
        *,
        kind: str = "responses",
    ) -> None:
        self._survey = survey
        # Pages of one kind follow each other: a page of all responses does not replace one of the incomplete ones.
        self._origin = f"survey {survey.survey_id}, {kind}"
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
        self.lacks_tokens = False
        self._seen: set[int] = set()
        self._originals = self._duplicates = 0

    @property
    def is_doubled(self) -> bool:
        """True if at least half of the responses before the first duplicate have a duplicate."""
        return self._duplicates > 0 and self._duplicates * 2 >= self._originals

    def unknown_headings(self, questionnaire: Questionnaire) -> list[str]:
        """Return the headings of questions that the survey does not have, where the instrument has identifiers.

        The answers under such a heading may name people.
        """
        codes = {*SYSTEM_HEADINGS, *(question.code for question in questionnaire.questions)}
        return sorted(h for h in self._headings if self._names_people and h.partition("[")[0] not in codes)

    def add(self, page: ResponsePage) -> bool:
        """Land a page; return whether it holds responses."""
        if not page.ids:
            return False
        sha256, path = self._landing.keep(page.raw, ".json")
        given = pa.array(given_at(page.table, self._zone))
        origin = f"{self._origin} {page.ids[0]} to {page.ids[-1]}"
        self.receipts.append(
            Receipt(
                source_id=self._survey.source_id,
                origin=origin,
                sha256=sha256,
                byte_count=len(page.raw),
                delivered_at=pc.max(given).as_py() or self._known_at,
                landing_path=path,
                outcome=ReceiptOutcome.READ,
                sending=sending_of(sha256, self._survey.receipts.get(origin, ())),
            )
        )
        self.ids += page.ids
        self._headings.update(page.table.column_names)
        is_complete = responses_table(page.table).column("is_complete").to_pylist()
        self.incomplete += [id_ for id_, complete in zip(page.ids, is_complete, strict=True) if not complete]
        self.lacks_tokens |= self._needs_tokens and "token" not in page.table.column_names
        self._count_duplicates(page.table)
        return True

    def _count_duplicates(self, page: pa.Table) -> None:
        """Count the responses with the same token, and the same dates to the second, as an earlier response."""
        names = ("token", "startdate", "datestamp", "submitdate")
        if not all(name in page.column_names for name in names):
            return
        for identity in zip(*(page.column(name).to_pylist() for name in names), strict=True):
            token, started = identity[:2]
            is_duplicate = bool(token and started) and hash(identity) in self._seen
            self._duplicates += is_duplicate
            self._originals += not self._duplicates
            self._seen.add(hash(identity))


def _participants(survey: SurveyToRead, instrument: Instrument, server: LimeSurvey) -> dict[str, Participant]:
    """Return the participants by token, where their token or attributes name structures or occasions; else none."""
    join = instrument.join_of(survey.instrument_version)
    attributes = join.attributes
    if join.by is JoinBy.QUESTION and not attributes:
        return {}
    return {p.token: p for p in server.participants(survey.survey_id, attributes=attributes)}


def _changed_meanwhile(server: LimeSurvey, survey: SurveyToRead, headings: Sequence[str]) -> str:
    return (
        f"{server.where}, survey {survey.survey_id}: answers came under {', '.join(headings)}, which is not among its "
        "questions. Expected answers to its questions: it was changed while it was read. Nothing of it was loaded, "
        "because these answers might name people. Collect again."
    )


def _unclear(server: LimeSurvey, survey: SurveyToRead, reason: str) -> str:
    return (
        f"{server.where}, survey {survey.survey_id}: {reason} Nothing of the survey was loaded: collect again "
        "afterwards."
    )


def _doubled(server: LimeSurvey, survey: SurveyToRead) -> str:
    return (
        f"{server.where}, survey {survey.survey_id}: its responses are there twice, under old numbers and new ones. "
        "Expected each once: the server's archive was restored under new numbers. "
        "The collected responses stay. Delete the responses under the new numbers."
    )


def _lacks_attributes(server: LimeSurvey, survey: SurveyToRead, names: Sequence[str]) -> str:
    return (
        f"{server.where}, survey {survey.survey_id}: its participants have no {' and no '.join(names)}. "
        f"Expected the attributes that join reads (attribute_1 and attribute_2 by default). Add {' and '.join(names)} "
        "to the participants on the survey server, or correct join in programme.yaml: cohort is null where each "
        "structure is in one cohort only. Nothing of the survey was loaded."
    )


def _anonymous(server: LimeSurvey, survey: SurveyToRead) -> str:
    return (
        f"{server.where}, survey {survey.survey_id}: its responses hold no token, so that no response can be assigned "
        "to a structure. Expected a survey that is not anonymised and has participants. "
        "Set it up so, or have a question name the structure (join, by: question)."
    )
