"""Read the workbooks of a message: which expected return each is for, and whether its sender may send it."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field, replace
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
from tasks.workbooks.opening import files_of_sets, open_workbook
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
        replaced_by: The number of the later workbook of the message for the same return; None if none replaces it.
    """

    attachment: Attachment
    fate: Fate
    expected_return_id: str | None = None
    reason: str = ""
    is_checked: bool = False
    to_correct: tuple[tuple[str, str], ...] = ()
    replaced_by: int | None = None

    @property
    def is_kept(self) -> bool:
        """True if it is kept as a return."""
        return self.fate in (Fate.KEPT, Fate.KEPT_UNREADABLE)

    @property
    def counts(self) -> bool:
        """True if it is kept as a return, and no later workbook of the message replaces it."""
        return self.is_kept and self.replaced_by is None


def with_replacements(files: Sequence[ReadFile]) -> list[ReadFile]:
    """Return the workbooks of a message, each with the later one that replaces it: the last for a return counts."""
    last = {file.expected_return_id: file.attachment.number for file in files if file.is_kept}
    return [
        replace(file, replaced_by=last[file.expected_return_id])
        if file.is_kept and last[file.expected_return_id] != file.attachment.number
        else file
        for file in files
    ]


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
            book = open_workbook(attachment.content, attachment.suffix, self.programme, self.parser)
        except RefusedError as error:
            reason = refusal_in_words(error, self.language, files_of_sets(self.programme))
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
