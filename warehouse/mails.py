"""Remember the messages of the mailbox that were read, and whether they were answered: a table of the intake."""

import hashlib
import json
from dataclasses import asdict, dataclass, replace
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError

from schemas.intake import AUDIT, MAILS, AnswerState, MailOutcome
from warehouse.intake import now

_ANSWERED = (AnswerState.BEGUN, AnswerState.SENT, AnswerState.REFUSED)


@dataclass(frozen=True, slots=True)
class Mail:
    """A message of the mailbox.

    Attributes:
        message_key: sha256 of what identifies it: its Message-ID, sender, date and body.
        sender_sha256: sha256 of the programme and the sender's address.
        outcome: What it was.
        notes: What a person must know of it. The sentences name no person.
        needs_a_person: Whether it is flagged in the mailbox.
        answer: What became of the answer to it.
        recorded_at: When its files were kept, UTC, without a zone.
    """

    message_key: str
    sender_sha256: str
    outcome: MailOutcome
    notes: tuple[str, ...]
    needs_a_person: bool
    answer: AnswerState
    recorded_at: datetime


def item_id_of(message_key: str, sha256: str) -> str:
    """Return the id in the intake of a workbook of a message: the same each time the message is read.

    Args:
        message_key: What the message is known by.
        sha256: The checksum of the workbook.
    """
    return hashlib.sha256(f"{message_key}:{sha256}".encode()).hexdigest()[:32]


def recorded_mail(intake: sa.Engine, message_key: str) -> Mail | None:
    """Return a message that was recorded; None if it is new."""
    with intake.connect() as connection:
        row = connection.execute(sa.select(MAILS).where(MAILS.c.message_key == message_key)).mappings().one_or_none()
    if row is None:
        return None
    texts = dict(row)
    return Mail(
        message_key=texts["message_key"],
        sender_sha256=texts["sender_sha256"],
        outcome=MailOutcome(texts["outcome"]),
        notes=tuple(json.loads(texts["notes"])),
        needs_a_person=texts["needs_a_person"],
        answer=AnswerState(texts["answer"]),
        recorded_at=texts["recorded_at"],
    )


def record_mail(intake: sa.Engine, mail: Mail) -> Mail:
    """Record a message whose files are kept, and return what is recorded of it: the earlier record, if it has one."""
    row = asdict(mail) | {"outcome": mail.outcome.value, "answer": mail.answer.value, "notes": json.dumps(mail.notes)}
    try:
        with intake.begin() as connection:
            connection.execute(sa.insert(MAILS).values(row))
    except IntegrityError:
        return recorded_mail(intake, mail.message_key) or mail
    return mail


def begin_answer(intake: sa.Engine, mail: Mail) -> Mail | None:
    """Record that the answer to a message is being sent. None if it was begun before: it may have been sent."""
    is_due = (MAILS.c.message_key == mail.message_key) & (MAILS.c.answer == AnswerState.DUE.value)
    with intake.begin() as connection:
        begun = connection.execute(
            sa.update(MAILS).where(is_due).values(answer=AnswerState.BEGUN.value, answered_at=now())
        )
    return replace(mail, answer=AnswerState.BEGUN) if begun.rowcount else None


def settle_answer(intake: sa.Engine, mail: Mail, answer: AnswerState) -> Mail:
    """Record what became of the answer to a message."""
    with intake.begin() as connection:
        of_mail = MAILS.c.message_key == mail.message_key
        connection.execute(sa.update(MAILS).where(of_mail).values(answer=answer.value))
    return replace(mail, answer=answer)


def answers_since(
    intake: sa.Engine, since: datetime, *, sender_sha256: str | None = None, outcome: MailOutcome | None = None
) -> int:
    """Count the answers that were begun since an instant.

    Args:
        intake: The open intake.
        since: UTC, without a zone.
        sender_sha256: Only those to this sender.
        outcome: Only those to messages of this kind.
    """
    counted = sa.select(sa.func.count()).where(
        MAILS.c.answered_at >= since, MAILS.c.answer.in_([answer.value for answer in _ANSWERED])
    )
    if sender_sha256 is not None:
        counted = counted.where(MAILS.c.sender_sha256 == sender_sha256)
    if outcome is not None:
        counted = counted.where(MAILS.c.outcome == outcome.value)
    with intake.connect() as connection:
        return connection.scalar(counted) or 0


def record_sending(intake: sa.Engine, item_id: str, who: str, expected_return_id: str) -> None:
    """Record in the audit who sent a file by mail. A message that is read twice is recorded once."""
    row = {"entry_id": item_id, "at": now(), "who": who, "action": "mailed", "subject_id": expected_return_id}
    try:
        with intake.begin() as connection:
            connection.execute(sa.insert(AUDIT).values(row))
    except IntegrityError:
        return
