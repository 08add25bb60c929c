"""Has the survey server remind the structures themselves, by its own invitations and reminders.

Names and addresses stay on the server: participants are named by their numbers, and told of by counts.
"""

from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import date

from schemas.programme import Instrument
from schemas.states import DeliveryOutcome, JoinBy
from schemas.tables import Row
from tasks.limesurvey import LimeSurvey, LimeSurveyError, Mailing, Participant
from tasks.planning import survey_source
from tasks.surveys.assigning import Assigner

CHANNEL = "limesurvey"
"""The channel of these rows in the ledger."""


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
) -> list[Row]:
    """Have the server invite and remind whoever owes a return of one survey. One row for each of the two mailings.

    A row holds `channel`, `source_id`, `mailing` (`invite`, `remind`), `decided_on`, how many were `chosen`, `sent`,
    `failed` and `unreachable`, the `outcome` and `words`. `postponed`: nothing went out. `refused`: what went out is
    not known, or was not all; it is never tried again by itself, because some may have been written to. With `dry_run`
    nothing is sent, and the rows say what would be.
    """
    if not instrument.reminders:
        return []
    names = (instrument.join.structure, instrument.join.cohort)
    wanted = [name for name in names if name] if instrument.join.by is JoinBy.ATTRIBUTES else []
    row: Row = {"channel": CHANNEL, "source_id": survey_source(survey_id), "decided_on": today}
    try:
        participants = server.participants(survey_id, attributes=wanted)
    except LimeSurveyError as error:
        nobody = {"mailing": "remind", "chosen": 0, "sent": 0, "failed": 0, "unreachable": 0}
        return [{**row, **nobody, "outcome": DeliveryOutcome.POSTPONED.value, "words": str(error)}]
    chosen = participants_to_remind(instrument, expected, owed, participants, today)
    mailings: tuple[tuple[str, tuple[int, ...], Callable[[tuple[int, ...]], Mailing]], ...] = (
        ("invite", chosen.invite, lambda tids: server.invite_participants(survey_id, tids=tids)),
        # The server itself refuses a second reminder within a day, whatever our ledger says.
        ("remind", chosen.remind, lambda tids: server.remind_participants(survey_id, tids=tids, days_between=1)),
    )
    rows: list[Row] = []
    for name, tids, mail in mailings:
        if tids:
            told = _would(tids) if dry_run else _done(tids, mail)
            rows.append({**row, "mailing": name, "unreachable": chosen.unreachable, **told})
    return rows


def _would(tids: tuple[int, ...]) -> Row:
    words = "A dry run: nothing was sent."
    return {"chosen": len(tids), "sent": 0, "failed": 0, "outcome": DeliveryOutcome.POSTPONED.value, "words": words}


def _done(tids: tuple[int, ...], mail: Callable[[tuple[int, ...]], Mailing]) -> Row:
    try:
        mailing = mail(tids)
    except LimeSurveyError as error:
        words = f"{error} Some may have been written to all the same: it is not tried again by itself."
        return {"chosen": len(tids), "sent": 0, "failed": 0, "outcome": DeliveryOutcome.REFUSED.value, "words": words}
    failed = len(mailing.failed)
    passed_over = len(tids) - len(mailing.sent) - failed
    # What the server says of each failure may name whom it was for: it is counted, and not repeated.
    words = f"The survey server wrote to {len(mailing.sent)} of {len(tids)}."
    if failed:
        words += f" It could not write to {failed}: look at its mail settings and at the participants' addresses."
    if passed_over:
        words += f" It passed over {passed_over}, as written to within a day or answered meanwhile."
    outcome = DeliveryOutcome.REFUSED if failed else DeliveryOutcome.SENT
    return {
        "chosen": len(tids),
        "sent": len(mailing.sent),
        "failed": failed,
        "outcome": outcome.value,
        "words": words,
    }
