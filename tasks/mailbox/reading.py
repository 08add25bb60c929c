"""Read the workbooks of a message: which expected return each is for, and whether its sender may send it."""

from collections.abc import Collection
from dataclasses import dataclass, field
from datetime import date
from enum import Enum, auto
from gettext import NullTranslations

from schemas.programme import Programme
from tasks.mailbox.attachments import Attachment
from tasks.mailbox.senders import Sender, Senders
from tasks.spreadsheets.cells import RefusedError
from tasks.spreadsheets.parser import Parser
from tasks.workbooks.assigning import assign
from tasks.workbooks.file_names import ReturnNames
from tasks.workbooks.inbox import csv_encoding
from tasks.workbooks.refusal_messages import refusal_in_words


class Fate(Enum):
    """What becomes of a workbook."""

    KEPT = auto()
    KEPT_UNREADABLE = auto()
    """It cannot be read, and its name states a return: it is kept, so that the return counts as received."""
    UNREADABLE = auto()
    UNASSIGNED = auto()
    """It states no expected return."""
    NOT_THEIRS = auto()
    """It is for a return that its sender may not send."""


@dataclass(frozen=True, slots=True)
class ReadFile:
    """A workbook of a message.

    Attributes:
        attachment: The workbook.
        fate: What becomes of it.
        expected_return_id: The return that it is for; None where it states none.
        reason: Why it cannot be read, and the remedy, for its sender; empty for one that can be read.
        is_checked: Whether its answers were checked.
        to_correct: The places that its sender is to correct, and what is expected there.
    """

    attachment: Attachment
    fate: Fate
    expected_return_id: str | None = None
    reason: str = ""
    is_checked: bool = False
    to_correct: tuple[tuple[str, str], ...] = ()

    @property
    def is_kept(self) -> bool:
        """True if it is kept as a return."""
        return self.fate in (Fate.KEPT, Fate.KEPT_UNREADABLE)


@dataclass(frozen=True, slots=True)
class Reader:
    """All that reading a workbook of a message needs.

    Attributes:
        programme: The programme.
        language: The language of the sentences for its sender.
        expected: The ids of the expected returns.
        parser: The parsing process.
        senders: Who may send what.
        names: The file names of the expected returns.
    """

    programme: Programme
    language: NullTranslations
    expected: Collection[str]
    parser: Parser
    senders: Senders
    names: ReturnNames = field(repr=False)

    def read(self, attachment: Attachment, sender: Sender, day: date) -> ReadFile:
        """Read a workbook in the parsing process, and decide what becomes of it.

        Args:
            attachment: The workbook.
            sender: The sender of its message.
            day: The day on which the message arrived, in the programme's time zone.
        """
        named = self.names.named(attachment.file_name)
        try:
            book = self.parser.parse(attachment.content, attachment.suffix, csv_encoding(self.programme))
        except RefusedError as error:
            reason = refusal_in_words(error, self.language)
            if named is None:
                return ReadFile(attachment, Fate.UNREADABLE, None, reason)
            is_theirs = self.senders.may_send(sender, named, day)
            return ReadFile(attachment, Fate.KEPT_UNREADABLE if is_theirs else Fate.NOT_THEIRS, named, reason)
        assignment = assign(book, named, self.programme, self.expected)
        if isinstance(assignment, str):
            return ReadFile(attachment, Fate.UNASSIGNED)
        # A file with the name of one return and the identity sheet of another is of both.
        stated = {assignment.expected_return_id, assignment.sheet_return or assignment.expected_return_id}
        for expected_return_id in sorted(stated):
            if not self.senders.may_send(sender, expected_return_id, day):
                return ReadFile(attachment, Fate.NOT_THEIRS, expected_return_id)
        return ReadFile(attachment, Fate.KEPT, assignment.expected_return_id)
