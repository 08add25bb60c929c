"""Have the survey server invite and remind the structures by its own mails.

Names and addresses stay on the server: participants are identified by number, and reported as counts; a dry run names
them by token and structure.
"""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import date

from schemas.enums import DeliveryOutcome
from schemas.instruments import Instrument, Join
from schemas.successions import UNCHANGED, StructureChanges
from schemas.tables import Row
from tasks.delivery import Delivery
from tasks.limesurvey import LimeSurvey, LimeSurveyError, Mailing, Participant
from tasks.surveys.assigning import Assigner


@dataclass(frozen=True, slots=True)
class Owing:
    """A participant who owes a return, without name and address."""

    tid: int
    token: str
    expected_return_id: str


@dataclass(frozen=True, slots=True)
class ToRemind:
    """The participants to write to.

    Attributes:
        invite: Those that were never written to.
        remind: Those that were invited before.
        unreachable: The number of those who have no usable address, or opted out.
    """

    invite: tuple[Owing, ...] = ()
    remind: tuple[Owing, ...] = ()
    unreachable: int = 0


def participants_to_remind(
    instrument: Instrument,
    expected: Mapping[str, Row],
    owed: Collection[str],
    participants: Iterable[Participant],
    today: date,
    recodes: Mapping[str, Mapping[str, str]] | None = None,
    changes: StructureChanges = UNCHANGED,
) -> ToRemind:
    """Select the participants of a survey who owe a return and have not completed the survey.

    Args:
        instrument: The instrument. One without `reminders` selects nobody.
        expected: The planned returns of the survey, by id.
        owed: The ids of the returns that are due and have not been received.
        participants: The participants of the survey.
        today: The day as of which returns are open.
        recodes: The codes that `join.recode` gives (`join_recodes`).
        changes: The structures that were renamed or moved.
    """
    if not instrument.reminders:
        return ToRemind()
    join = join_of_survey(instrument, expected)
    by_token = {participant.token: participant for participant in participants if participant.token}
    assigner = Assigner(join, expected, by_token, recodes, changes=changes)
    owing: list[tuple[Participant, Owing]] = []
    for token, participant in sorted(by_token.items(), key=lambda item: item[1].tid):
        owed_by = sorted(assigner.open_returns(token, today).intersection(owed))
        if owed_by and not participant.completed:
            owing.append((participant, Owing(participant.tid, token, owed_by[0])))
    reachable = [(participant, owes) for participant, owes in owing if participant.email_status == "OK"]
    return ToRemind(
        invite=tuple(owes for participant, owes in reachable if not participant.sent),
        remind=tuple(owes for participant, owes in reachable if participant.sent),
        unreachable=len(owing) - len(reachable),
    )


def remind(
    server: LimeSurvey,
    survey_id: int,
    instrument: Instrument,
    expected: Mapping[str, Row],
    owed: Collection[str],
    *,
    today: date,
    dry_run: bool = False,
    recodes: Mapping[str, Mapping[str, str]] | None = None,
    changes: StructureChanges = UNCHANGED,
) -> Delivery:
    """Have the server invite and remind the participants of a survey who owe a return.

    Args:
        server: The survey server.
        survey_id: The survey.
        instrument: Its instrument.
        expected: The planned returns of the survey, by id.
        owed: The ids of the returns that are due and have not been received.
        today: The day as of which returns are open.
        dry_run: Send nothing, and report who would be written to, by token and structure.
        recodes: The codes that `join.recode` gives (`join_recodes`).
        changes: The structures that were renamed or moved.

    Returns:
        The outcome, in counts. Postponed: no mail was sent. Refused: some mails failed, or it is unknown which were
        sent; no automatic retry follows, because it could write to people twice.
    """
    try:
        participants = server.participants(survey_id, attributes=list(join_of_survey(instrument, expected).attributes))
    except LimeSurveyError as error:
        return Delivery(DeliveryOutcome.POSTPONED, str(error))
    chosen = participants_to_remind(instrument, expected, owed, participants, today, recodes, changes)
    words = [f"{chosen.unreachable} cannot be written to."] if chosen.unreachable else []
    if dry_run:
        words.insert(0, _would_write_to(chosen))
        return Delivery(DeliveryOutcome.SENT, " ".join(words))
    outcome = DeliveryOutcome.SENT
    try:
        if chosen.invite:
            mailing = server.invite_participants(survey_id, tids=[one.tid for one in chosen.invite])
            words.append(_counts("Invited", mailing, len(chosen.invite)))
            outcome = DeliveryOutcome.REFUSED if mailing.failed else outcome
        if chosen.remind:
            # The server refuses a second reminder within a day, whatever our ledger holds.
            mailing = server.remind_participants(survey_id, tids=[one.tid for one in chosen.remind], days_between=1)
            words.append(_counts("Reminded", mailing, len(chosen.remind)))
            outcome = DeliveryOutcome.REFUSED if mailing.failed else outcome
    except LimeSurveyError as error:
        words.append(f"{error} Some may have been written to all the same: it is not tried again by itself.")
        outcome = DeliveryOutcome.REFUSED
    return Delivery(outcome, " ".join(words) or "There was nobody left to write to.")


def _would_write_to(chosen: ToRemind) -> str:
    count = f"Would invite {len(chosen.invite)}, remind {len(chosen.remind)}"
    named = [
        f"{verb} {', '.join(f'{one.token} ({_enrolment(one)})' for one in group)}"
        for verb, group in (("invite", chosen.invite), ("remind", chosen.remind))
        if group
    ]
    return f"{count}: {'; '.join(named)}." if named else f"{count}."


def _enrolment(one: Owing) -> str:
    return one.expected_return_id.rsplit("/", maxsplit=2)[0]


def join_of_survey(instrument: Instrument, expected: Mapping[str, Row]) -> Join:
    """Return how responses to the survey of some expected returns are assigned."""
    versions = {int(str(row["instrument_version"])) for row in expected.values()}
    joins = [instrument.join_of(version) for version in sorted(versions)]
    return next((join for join in joins if join.names_occasion), instrument.join.without_occasion())


def _counts(verb: str, mailing: Mailing, chosen: int) -> str:
    """Report one mailing in counts. The server's errors may name a recipient, so they are left out."""
    failed = len(mailing.failed)
    passed_over = chosen - len(mailing.sent) - failed
    words = f"{verb} {len(mailing.sent)} of {chosen}."
    if failed:
        words += f" {failed} failed: look at the survey server's mail settings and at the participants' addresses."
    if passed_over:
        words += f" {passed_over} passed over, as written to within a day or answered meanwhile."
    return words
