"""Word the names of task runs, and the sentences that fail a task. None of them names a person."""

from schemas.enums import CheckOutcome, ReceiptOutcome
from tasks.pipeline.mailbox import MailFetched
from tasks.records import Loaded, SourceResult
from tasks.reporting import Written
from tasks.run import RunContext
from tasks.surveys import Fetched, Reached, SurveyToRead
from tasks.workbooks.inbox import FileResult, Inbox, InboxFile


def name_of_fetch(run: RunContext, survey: SurveyToRead) -> str:  # noqa: ARG001 the signature of the step
    """Name the run of a task that fetches a survey."""
    return f"fetch survey {survey.survey_id}"


def name_of_load(run: RunContext, fetched: Fetched) -> str:  # noqa: ARG001 the signature of the step
    """Name the run of a task that loads a survey."""
    return f"load survey {fetched.survey.survey_id}"


def name_of_read(file: InboxFile, inbox: Inbox) -> str:  # noqa: ARG001 the signature of the step
    """Name the run of a task that reads a workbook. The name of a file may be a person's, so it is left out."""
    return f"read workbook {file.named or f'of sha256 {file.sha256[:12]}'}"


def unreachable(reached: Reached) -> str | None:
    """Return why the survey server cannot be read, or None if it can."""
    return reached.trouble and reached.trouble[1]


def unread_survey(fetched: Fetched) -> str | None:
    """Return why a survey could not be read, or None if it was."""
    return None if fetched.outcome in (CheckOutcome.READ, CheckOutcome.CONCLUDED) else str(fetched.detail)


def unloaded_survey(loaded: Loaded) -> str | None:
    """Return why a survey could not be loaded, or None if it was."""
    return loaded.trouble


def unread_workbook(read: FileResult) -> str | None:
    """Return why a workbook could not be used, or None if it was.

    The detail of its receipt may quote a cell, so only the outcome is given.
    """
    receipt, _ = read
    if receipt.outcome is ReceiptOutcome.READ:
        return None
    return f"The workbook could not be used ({receipt.outcome.value}). Run essaim status to see why."


def unread_mailbox(fetched: MailFetched) -> str | None:
    """Return why the mailbox could not be read, or None if it was."""
    return fetched.trouble


def unread_inbox(readings: list[SourceResult]) -> str | None:
    """Return why the inbox could not be read, or None if it was."""
    return next((str(reading.detail) for reading in readings if reading.outcome is not CheckOutcome.READ), None)


def unwritten_report(written: Written) -> str | None:
    """Return why the report could not be written, or None if it was."""
    return written.trouble
