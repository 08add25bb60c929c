"""Fetch the workbooks of the mailbox into the intake, before the workbooks of a run are read."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from schemas.enums import CheckOutcome
from tasks.delivery import refuse_unusable_channels
from tasks.i18n import counted
from tasks.mailbox.connection import open_mailbox
from tasks.mailbox.handling import Handler
from tasks.mailbox.trouble import UnreachableMailboxError
from tasks.records import SourceResult
from tasks.run import RunContext, progress
from tasks.spreadsheets.parser import Parser
from warehouse.intake import open_intake


@dataclass(frozen=True, slots=True)
class MailFetched:
    """What came of reading the mailbox.

    Attributes:
        trouble: Why it could not be read, or not to its end, and the remedy; None if it was read.
        notes: One sentence for each message or file of a message that was not used.
    """

    trouble: str | None = None
    notes: tuple[str, ...] = ()


def fetch_mail(run: RunContext) -> MailFetched:
    """Keep the workbooks of the new messages in the intake, and answer their senders.

    A dry run keeps them in its own copy of the intake, answers nobody and marks nothing.

    Args:
        run: The run, planned.

    Raises:
        UsageError: The settings of the mail server cannot be used.
        DatabaseError: The intake cannot be used.
    """
    source = run.programme.settings.sources.mailbox
    if source is None:
        return MailFetched()
    if run.paths.invented.exists():
        progress.info("Left the mailbox unread: the returns of this programme are invented.")
        return MailFetched()
    # A wrong setting must stop the run before an answer is begun, which is sent at most once.
    refuse_unusable_channels(run.environment)
    notes: list[str] = []
    trouble: str | None = None
    try:
        with open_mailbox(source, run.environment) as mailbox, open_intake(run.paths) as intake, Parser() as parser:
            handler = Handler(run, source, mailbox, intake, parser)
            for listed in handler.listed():
                notes += handler.handle(listed)
            progress.info("Read the mailbox: %s.", counted(handler.count, "new message"))
    except UnreachableMailboxError as error:
        trouble = str(error)
        progress.info("Could not read the mailbox: %s", trouble)
    return MailFetched(trouble, tuple(notes))


def with_mail(readings: Sequence[SourceResult], mail: MailFetched) -> list[SourceResult]:
    """Return the readings of the inbox with what came of the mailbox, which is of the same source.

    Where the mailbox could not be read, neither could the source: its outstanding returns are `unverifiable`.
    """
    return [
        replace(
            reading,
            outcome=reading.outcome if mail.trouble is None else CheckOutcome.UNREACHABLE,
            detail=" ".join(filter(None, (reading.detail, mail.trouble))) or None,
            notes=(*mail.notes, *reading.notes),
        )
        for reading in readings
    ]
