"""Reads a survey: who answered, when, and each answer with the question that it answers."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from schemas.errors import UsageError
from schemas.programme import Instrument, Programme
from schemas.settings import Environment
from schemas.states import CheckOutcome, ReceiptOutcome
from schemas.tables import Row
from tasks.landing import Landing
from tasks.limesurvey import (
    LimeSurvey,
    LimeSurveyError,
    LoginRefused,
    NotPermitted,
    Participant,
    Questionnaire,
    ResponsePage,
    SurveyNotActive,
    SurveyNotFound,
    Unreachable,
    long_form,
    responses_table,
)
from tasks.planning import survey_source
from tasks.readings import Answer, Reading, Receipt, Received

_OUTCOMES: tuple[tuple[type[LimeSurveyError], CheckOutcome], ...] = (
    (Unreachable, CheckOutcome.UNREACHABLE),
    (LoginRefused, CheckOutcome.REFUSED),
    (NotPermitted, CheckOutcome.REFUSED),
    (SurveyNotFound, CheckOutcome.NOT_FOUND),
    (SurveyNotActive, CheckOutcome.NOT_ACTIVE),
    (LimeSurveyError, CheckOutcome.UNINTELLIGIBLE),
)


@dataclass(frozen=True, slots=True)
class SurveyToRead:
    """A survey, the instrument version that it is, and the expected returns that it answers: planned rows by id."""

    instrument_code: str
    instrument_version: int
    survey_id: int
    expected: Mapping[str, Row]


@dataclass(frozen=True, slots=True)
class _Response:
    """A response without its answers. Instants are UTC without a zone; None where the survey keeps no date."""

    response_id: int
    token: str | None
    is_complete: bool
    said_at: datetime | None


def open_server(programme: Programme, environment: Environment) -> LimeSurvey:
    """The programme's LimeSurvey server; it is called when it is first used.

    Raises:
        UsageError: the programme names no server, or the environment no user and password.
    """
    source = programme.settings.sources.limesurvey
    if source is None:
        raise UsageError("programme.yaml names no LimeSurvey server: expected sources.limesurvey.url.")
    if environment.limesurvey_username is None or environment.limesurvey_password is None:
        raise UsageError(
            "There is no user for the LimeSurvey server. "
            "Set ESSAIM_LIMESURVEY_USERNAME and ESSAIM_LIMESURVEY_PASSWORD (see .env.example)."
        )
    return LimeSurvey(
        environment.limesurvey_url or source.url,
        username=environment.limesurvey_username,
        password=environment.limesurvey_password,
        page_size=source.page_size,
    )


def trouble_with_server(programme: Programme, environment: Environment) -> tuple[CheckOutcome, str] | None:
    """What keeps the whole server from being read, if anything does.

    Asked once before the surveys are read side by side: a password that is refused for each of them would lock the
    address out, and a server that is down would be waited for as many times.
    """
    try:
        with open_server(programme, environment) as server:
            server.surveys()
    except LimeSurveyError as error:
        return _outcome(error), str(error)
    return None


def read_survey(
    survey: SurveyToRead, programme: Programme, landing: Landing, environment: Environment, known_at: datetime
) -> Reading:
    """Everything that a survey holds. `known_at` (UTC) stands for the date of responses that have none.

    A survey that could not be read whole gives no return at all.
    """
    source_id = survey_source(survey.survey_id)
    instrument = programme.instrument_by_code[survey.instrument_code]
    try:
        with open_server(programme, environment) as server:
            # A survey that is closed says so here; elsewhere it seems to lack participants or answers.
            server.summary(survey.survey_id)
            questionnaire = server.questionnaire(survey.survey_id)
            attributes = (instrument.join.structure, instrument.join.cohort)
            participants = {p.token: p for p in server.participants(survey.survey_id, attributes=attributes)}
            pages = [page for page in server.response_pages(survey.survey_id) if page.ids]
    except LimeSurveyError as error:
        return Reading(source_id, _outcome(error), str(error))
    source = programme.settings.sources.limesurvey
    reader = _Reader(survey, instrument, programme, ZoneInfo(source.timezone if source else "UTC"), known_at)
    receipts: list[Receipt] = []
    returns: list[Received] = []
    notes: list[str] = []
    for page in pages:
        receipt = reader.receipt(page, landing)
        receipts.append(receipt)
        for response, answers in reader.answered(page, questionnaire):
            expected_return_id = reader.expected_return(participants.get(response.token or ""), response)
            if expected_return_id is None:
                unassigned = reader.unassigned(response, receipt)
                receipts.append(unassigned)
                notes.append(f"{unassigned.origin}: {unassigned.detail}")
            else:
                returns.append(reader.received(expected_return_id, response, answers, receipt))
    return Reading(source_id, CheckOutcome.READ, None, tuple(receipts), tuple(returns), tuple(notes))


@dataclass(frozen=True, slots=True)
class _Reader:
    survey: SurveyToRead
    instrument: Instrument
    programme: Programme
    zone: ZoneInfo
    known_at: datetime

    def receipt(self, page: ResponsePage, landing: Landing) -> Receipt:
        sha256, path = landing.keep(page.raw, ".json")
        said = [response.said_at for response in self._responses(page).values() if response.said_at]
        return Receipt(
            source_id=survey_source(self.survey.survey_id),
            origin=f"survey {self.survey.survey_id}, responses {page.ids[0]} to {page.ids[-1]}",
            sha256=sha256,
            byte_count=len(page.raw),
            delivered_at=max(said, default=self.known_at),
            landing_path=path,
            outcome=ReceiptOutcome.READ,
        )

    def unassigned(self, response: _Response, receipt: Receipt) -> Receipt:
        """The proof of a response that belongs to nobody whom the survey expects."""
        return Receipt(
            source_id=receipt.source_id,
            origin=f"survey {self.survey.survey_id}, response {response.response_id}",
            sha256=receipt.sha256,
            byte_count=0,
            delivered_at=response.said_at or self.known_at,
            landing_path=receipt.landing_path,
            outcome=ReceiptOutcome.UNASSIGNED,
            detail="its token belongs to no participant whose structure and cohort owe this survey. "
            "Correct the participant's attributes on the server.",
        )

    def answered(
        self, page: ResponsePage, questionnaire: Questionnaire
    ) -> Iterator[tuple[_Response, tuple[Answer, ...]]]:
        """The responses that say something: a row that somebody only opened is not an answer."""
        responses = self._responses(page)
        answers: dict[int, list[Answer]] = defaultdict(list)
        for row in long_form(page.table, questionnaire).to_pylist():
            if row["question_code"] not in self.instrument.identifiers:
                answers[row["response_id"]].append(self._answer(row))
        for response_id, response in responses.items():
            given = tuple(answers[response_id])
            if any(answer.value_text for answer in given):
                yield response, given

    def expected_return(self, participant: Participant | None, response: _Response) -> str | None:
        """The expected return that a response answers: its enrolment's, the latest that was open when it came."""
        if participant is None:
            return None
        structure = participant.attributes.get(self.instrument.join.structure)
        cohort = participant.attributes.get(self.instrument.join.cohort)
        candidates = [row for row in self.survey.expected.values() if row["enrolment_id"] == f"{cohort}/{structure}"]
        day = self._local(response).date()
        candidates.sort(key=lambda row: str(row["opens_on"]))
        open_by_then = [row for row in candidates if str(row["opens_on"]) <= day.isoformat()]
        best = (open_by_then or candidates[::-1])[-1:]
        return str(best[0]["expected_return_id"]) if best else None

    def received(
        self, expected_return_id: str, response: _Response, answers: tuple[Answer, ...], receipt: Receipt
    ) -> Received:
        return Received(
            expected_return_id=expected_return_id,
            instrument_code=self.survey.instrument_code,
            instrument_version=self.survey.instrument_version,
            source_id=receipt.source_id,
            receipt_id=receipt.receipt_id,
            origin=f"survey {self.survey.survey_id}, response {response.response_id}",
            respondent=str(response.response_id),
            sequence=response.response_id,
            is_submitted=response.is_complete,
            answered_at=response.said_at or self.known_at,
            answered_on=self._local(response).date(),
            answers=answers,
        )

    def _local(self, response: _Response) -> datetime:
        return (response.said_at or self.known_at).replace(tzinfo=UTC).astimezone(self.programme.zone)

    def _responses(self, page: ResponsePage) -> dict[int, _Response]:
        return {
            row["response_id"]: _Response(
                response_id=row["response_id"],
                token=row["token"],
                is_complete=row["is_complete"],
                said_at=self._utc(row["submitted"] or row["last_saved"] or row["started"]),
            )
            for row in responses_table(page.table).to_pylist()
        }

    def _utc(self, naive: datetime | None) -> datetime | None:
        return naive and naive.replace(tzinfo=self.zone).astimezone(UTC).replace(tzinfo=None)

    def _answer(self, row: Row) -> Answer:
        scale = row["scale_id"]
        return Answer(
            item=str(row["field"]),
            question_code=str(row["question_code"] or row["field"]),
            subquestion_code=None if row["subquestion_code"] is None else str(row["subquestion_code"]),
            scale=scale if isinstance(scale, int) else None,
            part=str(row["part"]),
            value_text=None if row["value_text"] is None else str(row["value_text"]),
            location=f"response {row['response_id']}, {row['field']}",
        )


def could_not_read(surveys: Iterable[SurveyToRead], outcome: CheckOutcome, detail: str) -> list[Reading]:
    """The readings of surveys whose server could not be read."""
    return [Reading(survey_source(survey.survey_id), outcome, detail) for survey in surveys]


def _outcome(error: LimeSurveyError) -> CheckOutcome:
    return next(outcome for kind, outcome in _OUTCOMES if isinstance(error, kind))
