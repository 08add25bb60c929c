"""Has the survey server remind the structures themselves, by its own invitations and reminders.

Names and addresses stay on the server: participants are named by their numbers, and told of by counts.
"""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import date

from schemas.enums import DeliveryOutcome, JoinBy
from schemas.programme import Instrument
from schemas.tables import Row
from tasks.delivery import Delivery
from tasks.limesurvey import LimeSurvey, LimeSurveyError, Mailing, Participant
from tasks.surveys.assigning import Assigner


@dataclass(frozen=True, slots=True)
class ToRemind:
    """Participants by their numbers: `invite` were never written to, `remind` were.

    `unreachable` counts those who have no usable address, or asked not to be written to.
    """

    invite: tuple[int, ...] = ()
    remind: tuple[int, ...] = ()
    unreachable: int = 0


def participants_to_remind(
    instrument: Instrument,
    expected: Mapping[str, Row],
    owed: Collection[str],
    participants: Iterable[Participant],
    today: date,
) -> ToRemind:
    """The participants of one survey whose return is owed and who have not completed it.

    `expected` are the planned returns of the survey by id, `owed` the ids of those that are due and did not come. An
    instrument that does not opt in by `reminders` reminds nobody.
    """
    if not instrument.reminders:
        return ToRemind()
    by_token = {participant.token: participant for participant in participants if participant.token}
    assigner = Assigner(instrument, expected, by_token)
    owing = [
        participant
        for token, participant in sorted(by_token.items(), key=lambda item: item[1].tid)
        if not participant.completed and assigner.expected_return(token, {}, today) in owed
    ]
    reachable = [participant for participant in owing if participant.email_status == "OK"]
    return ToRemind(
        invite=tuple(participant.tid for participant in reachable if not participant.sent),
        remind=tuple(participant.tid for participant in reachable if participant.sent),
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
) -> Delivery:
    """Have the server invite and remind whoever owes a return of one survey; told by counts.

    Postponed: nothing went out. Refused: what went out is not known, or was not all; it is never tried again by
    itself, because some may have been written to. With `dry_run` nothing is sent, and the words say what would be.
    """
    names = (instrument.join.structure, instrument.join.cohort)
    wanted = [name for name in names if name] if instrument.join.by is JoinBy.ATTRIBUTES else []
    try:
        participants = server.participants(survey_id, attributes=wanted)
    except LimeSurveyError as error:
        return Delivery(DeliveryOutcome.POSTPONED, str(error))
    chosen = participants_to_remind(instrument, expected, owed, participants, today)
    words = [f"{chosen.unreachable} cannot be written to."] if chosen.unreachable else []
    if dry_run:
        words.insert(0, f"Would invite {len(chosen.invite)} and remind {len(chosen.remind)}.")
        return Delivery(DeliveryOutcome.SENT, " ".join(words))
    outcome = DeliveryOutcome.SENT
    try:
        if chosen.invite:
            mailing = server.invite_participants(survey_id, tids=chosen.invite)
            words.append(_told("Invited", mailing, len(chosen.invite)))
            outcome = DeliveryOutcome.REFUSED if mailing.failed else outcome
        if chosen.remind:
            # The server itself refuses a second reminder within a day, whatever our ledger says.
            mailing = server.remind_participants(survey_id, tids=chosen.remind, days_between=1)
            words.append(_told("Reminded", mailing, len(chosen.remind)))
            outcome = DeliveryOutcome.REFUSED if mailing.failed else outcome
    except LimeSurveyError as error:
        words.append(f"{error} Some may have been written to all the same: it is not tried again by itself.")
        outcome = DeliveryOutcome.REFUSED
    return Delivery(outcome, " ".join(words) or "There was nobody left to write to.")


def _told(verb: str, mailing: Mailing, chosen: int) -> str:
    """What became of one mailing. What the server says of each failure may name whom it was for: it is counted only."""
    failed = len(mailing.failed)
    passed_over = chosen - len(mailing.sent) - failed
    words = f"{verb} {len(mailing.sent)} of {chosen}."
    if failed:
        words += f" {failed} failed: look at the survey server's mail settings and at the participants' addresses."
    if passed_over:
        words += f" {passed_over} passed over, as written to within a day or answered meanwhile."
    return words
