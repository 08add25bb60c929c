"""Handle the messages of the mailbox: keep their workbooks in the intake, answer each sender once, mark the message.

A message is marked in the mailbox after its workbooks are in the intake, which is durable, and after its answer is
settled. A run that is killed in between reads the message again, keeps nothing twice, and sends no second answer.
"""

import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import UTC, timedelta

import sqlalchemy as sa

from schemas.enums import DeliveryOutcome, ReturnChannel
from schemas.intake import AnswerState, MailOutcome
from schemas.sources import MailboxSource
from tasks.checking import CheckedFile, check_file
from tasks.delivery import open_delivery
from tasks.mailbox import notes as wording
from tasks.mailbox.answers import LARGEST_MESSAGE, Reply, compose_answer, own_domain
from tasks.mailbox.arrival import in_order
from tasks.mailbox.attachments import Attached, attached
from tasks.mailbox.automatic import why_automatic
from tasks.mailbox.connection import ListedMessage, Mailbox
from tasks.mailbox.letters import Letter, is_authenticated, letter_of
from tasks.mailbox.reading import Fate, Reader, ReadFile, with_replacements
from tasks.mailbox.replying import reply_to
from tasks.mailbox.senders import Sender, Senders
from tasks.mailbox.trouble import UnreachableMailboxError
from tasks.received import enrolment_of, file_item
from tasks.run import RunContext, progress
from tasks.spreadsheets.parser import Parser
from tasks.unforeseen import concerns_one_source, record_unforeseen
from tasks.validation.validate import CheckCrashedError
from tasks.workbooks.file_names import ReturnNames
from tasks.workbooks.refusal_messages import unforeseen_in_words
from warehouse.intake import Item, keep, now
from warehouse.last_values import reported_values
from warehouse.mails import (
    Mail,
    answers_since,
    begin_answer,
    item_id_of,
    record_mail,
    record_sending,
    recorded_mail,
    settle_answer,
)

_DAY = timedelta(days=1)
_MOST_ANSWERS = 5
"""The most answers to a sender in a day: two programs that answer each other stop there."""
_MOST_ANSWERS_TO_UNKNOWN = 20
"""The most answers to all unknown senders in a day: forged senders get no more mail from us."""
_ANSWERED_FOR = timedelta(days=7)
"""The age up to which a message is answered."""
_BECOMES = {
    DeliveryOutcome.SENT: AnswerState.SENT,
    DeliveryOutcome.POSTPONED: AnswerState.DUE,
    DeliveryOutcome.REFUSED: AnswerState.REFUSED,
}


class Handler:
    """Handles the messages of an open mailbox, one after another.

    Args:
        run: The run, planned.
        source: The mailbox as the programme declares it.
        mailbox: The open mailbox.
        intake: The open intake.
        parser: The parsing process.

    Attributes:
        count: The number of new messages that were handled.
    """

    def __init__(
        self, run: RunContext, source: MailboxSource, mailbox: Mailbox, intake: sa.Engine, parser: Parser
    ) -> None:
        programme = run.programme
        self._run = run
        self._source = source
        self._mailbox = mailbox
        self._parser = parser
        self._intake = intake
        self._senders = Senders(programme)
        expected = frozenset(run.plan)
        names = ReturnNames(expected, programme.ids_of)
        self._reader = Reader(programme, run.language, expected, parser, self._senders, names)
        self._handled: set[str] = set()
        self._cannot_answer = False
        self.count = 0

    def listed(self) -> Iterator[ListedMessage]:
        """Yield the new messages, those of days before `from_on` excepted."""
        since = self._source.from_on
        # The server may count days in another time zone.
        for listed in self._mailbox.new_messages(None if since is None else since - _DAY):
            arrived_on = listed.arrived_at.replace(tzinfo=UTC).astimezone(self._run.programme.zone).date()
            if since is None or arrived_on >= since:
                yield listed

    def handle(self, listed: ListedMessage) -> list[str]:
        """Keep, answer and mark one message, and return the notes about it.

        An error that nobody foresaw leaves the message for the next run.
        """
        is_whole = listed.byte_count <= LARGEST_MESSAGE
        content = self._mailbox.content(listed.uid) if is_whole else self._mailbox.headers(listed.uid)
        if content is None:
            return []
        try:
            return self._handle(letter_of(content, min(listed.arrived_at, now()), is_whole=is_whole), listed.uid)
        except UnreachableMailboxError:
            raise
        except (
            Exception
        ) as error:  # what nobody foresaw in one message leaves it for the next run, and reads the others
            if not concerns_one_source(error):
                raise
            digest = hashlib.sha256(content).hexdigest()[:8]
            reference = record_unforeseen(error, self._run.paths.error_log, f"the message of sha256 {digest}")
            words = unforeseen_in_words(reference, self._run.language)
            return [f"A message of {listed.arrived_at.date()} (sha256 {digest}) stays unread. {words}"]

    def _handle(self, letter: Letter, uid: str) -> list[str]:
        mail = recorded_mail(self._intake, letter.key)
        is_known = mail is not None
        if mail is None or mail.answer is AnswerState.DUE:
            mail, reply = self._kept(letter)
            if mail.answer is AnswerState.DUE and reply is not None and not self._run.is_rehearsal:
                mail = self._answered(mail, letter, reply)
        is_repeated = letter.key in self._handled
        self._handled.add(letter.key)
        self.count += not is_known
        if not self._run.is_rehearsal and mail.answer is not AnswerState.DUE:
            self._mailbox.mark(uid, needs_a_person=mail.needs_a_person)
        return [] if is_repeated else list(mail.notes)

    def _kept(self, letter: Letter) -> tuple[Mail, Reply | None]:
        """Keep the workbooks of a message, then record it. Without a reply where it must not be answered."""
        run, programme = self._run, self._run.programme
        attachments = attached(letter.message)
        own = {one.casefold() for one in (run.environment.mail_from, run.environment.imap_username) if one}
        reason = why_automatic(letter.message, letter.address, own, own_domain(programme))
        if reason is not None:
            note = wording.of_automatic(letter, programme.zone, attachments, reason)
            return self._recorded(letter, MailOutcome.AUTOMATIC, [note], bool(attachments.workbooks)), None
        sender = self._senders.known(letter.address)
        server = self._source.authenticated_by
        is_forged = server is not None and not is_authenticated(letter.message, server)
        if sender is None or is_forged:
            is_of_known = is_forged and sender is not None
            note = wording.of_unknown(letter, programme.zone, attachments, is_forged=is_of_known)
            # An answer to a forged sender would go to somebody who wrote nothing.
            is_answered = bool(letter.address) and not is_forged
            mail = self._recorded(letter, MailOutcome.UNKNOWN_SENDER, [note], True, is_answered=is_answered)
            return mail, self._reply(mail, letter, None, (), Attached(()))
        day = letter.arrived_on(programme.zone)
        read = [self._reader.read(attachment, sender, day) for attachment in attachments.workbooks]
        files = with_replacements([self._keep(letter, file, sender) for file in read])
        outcome = _outcome(files, attachments, letter)
        notes = list(wording.of_files(letter, programme.zone, sender, outcome, attachments, files))
        mail = self._recorded(letter, outcome, notes, bool(notes), is_answered=True)
        return mail, self._reply(mail, letter, sender, files, attachments)

    def _keep(self, letter: Letter, file: ReadFile, sender: Sender) -> ReadFile:
        """Keep a file if its sender may send it, and return it with what its sender is to correct."""
        if not file.is_kept or file.expected_return_id is None:
            return file
        attachment = file.attachment
        item = file_item(
            item_id_of(letter.key, attachment.sha256),
            attachment.content,
            attachment.suffix,
            file.expected_return_id,
            sender.who,
            channel=ReturnChannel.MAILBOX,
        )
        item = in_order(item, letter.arrived_at, self._intake)
        checked = self._checked(item, attachment.content) if file.fate is Fate.KEPT else None
        item = item if checked is None else checked.item
        keep(self._intake, item, self._run.landing.sealed(attachment.content))
        record_sending(self._intake, item.item_id, sender.who, item.subject_id)
        if checked is None:
            return file
        return replace(file, is_checked=True, to_correct=tuple((f.location, f.expected) for f in checked.errors))

    def _checked(self, item: Item, content: bytes) -> CheckedFile | None:
        """Check a file; None where that is not possible: the run that reads it reports why."""
        run = self._run
        try:
            checked = check_file(
                item,
                content,
                programme=run.programme,
                paths=run.paths,
                environment=run.environment,
                words=run.language,
                plan=run.plan,
                values=reported_values(run.paths, enrolment_of(item.subject_id)),
                parser=self._parser,
            )
        except Exception as error:  # what nobody foresaw in a check keeps no file from being kept
            if not (concerns_one_source(error) or isinstance(error, CheckCrashedError)):
                raise
            record_unforeseen(error, run.paths.error_log, f"checking the item {item.item_id}")
            return None
        return checked if checked.version is not None else None

    def _recorded(
        self,
        letter: Letter,
        outcome: MailOutcome,
        notes: Sequence[str],
        needs_a_person: bool,
        *,
        is_answered: bool = False,
    ) -> Mail:
        """Record a message whose files are kept, and return its record: the first one, if it was read before."""
        settings = self._run.programme.settings
        sender = hashlib.sha256(f"{settings.programme}\0{letter.address.casefold()}".encode()).hexdigest()
        answer = AnswerState.DUE if is_answered else AnswerState.NONE
        return record_mail(self._intake, Mail(letter.key, sender, outcome, tuple(notes), needs_a_person, answer, now()))

    def _reply(
        self, mail: Mail, letter: Letter, sender: Sender | None, files: Sequence[ReadFile], attachments: Attached
    ) -> Reply:
        return reply_to(mail, letter, sender, files, attachments, senders=self._senders, run=self._run)

    def _answered(self, mail: Mail, letter: Letter, reply: Reply) -> Mail:
        """Send the answer to a message, unless it was begun before, or must be withheld.

        After a mail server that accepts nothing, the answers to the other messages are left to the next run.
        """
        if self._is_withheld(mail, letter):
            return settle_answer(self._intake, mail, AnswerState.WITHHELD)
        if self._cannot_answer:
            return mail
        begun = begin_answer(self._intake, mail)
        if begun is None:
            return recorded_mail(self._intake, mail.message_key) or mail
        message = compose_answer(letter, reply, self._run.programme)
        # A connection for each answer: reading the messages between two may take longer than the server waits.
        with open_delivery(self._run.environment, self._run.paths.mails) as send:
            delivery = send(message)
        if delivery.outcome is not DeliveryOutcome.SENT:
            progress.warning("The answer to a message of the mailbox was not sent: %s", delivery.words)
            self._cannot_answer = delivery.outcome is DeliveryOutcome.POSTPONED
        return settle_answer(self._intake, begun, _BECOMES[delivery.outcome])

    def _is_withheld(self, mail: Mail, letter: Letter) -> bool:
        since = now() - _DAY
        if now() - letter.arrived_at > _ANSWERED_FOR:
            return True
        if answers_since(self._intake, since, sender_sha256=mail.sender_sha256) >= _MOST_ANSWERS:
            return True
        is_unknown = mail.outcome is MailOutcome.UNKNOWN_SENDER
        return is_unknown and answers_since(self._intake, since, outcome=mail.outcome) >= _MOST_ANSWERS_TO_UNKNOWN


def _outcome(files: Sequence[ReadFile], attachments: Attached, letter: Letter) -> MailOutcome:
    if any(file.is_kept for file in files):
        return MailOutcome.KEPT
    if files or attachments.has_closed_parts or not letter.is_whole:
        return MailOutcome.NOT_USED
    return MailOutcome.NO_WORKBOOK
