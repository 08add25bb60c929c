"""The sources of returns, as programme.yaml declares them: the survey server, the inbox and the mailbox."""

import re
from functools import cache
from typing import Annotated, Self
from zoneinfo import available_timezones

from pydantic import AfterValidator, Field, StringConstraints, model_validator

from schemas.base import Contradiction, Day, Email, Number, Whole
from schemas.base import StrictModel as _Model
from schemas.enums import CsvEncoding

HOST = re.compile(r"^[A-Za-z0-9]([A-Za-z0-9.-]*[A-Za-z0-9])?$")
"""The name of a server, without a scheme, a port or a user."""
MAIL_FOLDER = re.compile(r"^[^\x00-\x1f\x7f]+$")
SERVER_URL = re.compile(r"^https?://[^\s@]+$")


@cache
def _timezones() -> set[str]:
    """Return the names of the time zones, which are read from hundreds of files."""
    return available_timezones()


def known_timezone(name: str) -> str:
    """Return the name of a time zone as it is, if there is one of this name."""
    if name not in _timezones():
        raise ValueError("expected the name of a time zone, such as Europe/Paris")
    return name


def _without_password(address: str) -> str:
    if "://" in address and ":" in address.partition("://")[2].partition("/")[0].rpartition("@")[0]:
        raise ValueError("expected an address without a password: set its credentials in the environment")
    return address


class LimeSurveySource(_Model):
    """A LimeSurvey server. Its credentials are in the environment.

    Attributes:
        url: Address of its RemoteControl API.
        timezone: Name of the time zone of the server's dates, which have none.
        page_size: Responses per export request.
        surveys_at_once: Number of surveys that are read in parallel.
    """

    url: Annotated[str, StringConstraints(pattern=SERVER_URL.pattern)]
    timezone: Annotated[str, AfterValidator(known_timezone)] = "Europe/Paris"
    page_size: Annotated[Whole, Field(ge=1)] = 1000
    surveys_at_once: Annotated[Whole, Field(ge=1, le=16)] = 4


class InboxSource(_Model):
    """Where workbooks arrive.

    Attributes:
        path: A folder, relative to the programme's, or an address that fsspec opens (`s3://`, `sftp://`).
        settle_seconds: A file that was modified within the last minute is read only if it stays unchanged for this
            long.
        csv_encoding: The encoding of CSV files that are not in Unicode; None where such files are refused.
    """

    path: Annotated[str, AfterValidator(_without_password)] = "inbox"
    csv_encoding: CsvEncoding | None = None
    settle_seconds: Annotated[Number, Field(ge=0, le=60)] = 1.0


class MailboxSource(_Model):
    """A mailbox to which workbooks are sent. It is read by IMAP over TLS; its credentials are in the environment.

    Attributes:
        host: Name of the mail server, as in its certificate.
        port: TCP port on which the server begins with TLS.
        folder: The folder that is read.
        done_folder: The folder to which messages are moved once their files are kept; None where they stay.
        from_on: Messages that arrived before this day are left alone; None for all.
        authenticated_by: Name under which the server records in `Authentication-Results` whether a sender is genuine
            (DMARC); None where senders are not verified.
        address: Mail address of the mailbox, which the mails to structures state; None where they do not.
    """

    host: Annotated[str, StringConstraints(pattern=HOST.pattern, max_length=253)]
    port: Annotated[Whole, Field(ge=1, le=65535)] = 993
    folder: Annotated[str, StringConstraints(pattern=MAIL_FOLDER.pattern)] = "INBOX"
    done_folder: Annotated[str, StringConstraints(pattern=MAIL_FOLDER.pattern)] | None = None
    from_on: Day | None = None
    authenticated_by: Annotated[str, StringConstraints(pattern=HOST.pattern, max_length=253)] | None = None
    address: Email | None = None

    @model_validator(mode="after")
    def _moves_elsewhere(self) -> Self:
        if self.done_folder is not None and self.done_folder.casefold() == self.folder.casefold():
            raise Contradiction(
                f"done_folder {self.done_folder}", "another folder than the one that is read", "done_folder"
            )
        return self


class Sources(_Model):
    """The sources of returns.

    Attributes:
        limesurvey: The survey server; None if there are no surveys.
        inbox: The inbox; None if there are no workbooks.
        mailbox: The mailbox, beside the inbox; None if no workbooks come by mail.
    """

    limesurvey: LimeSurveySource | None = None
    inbox: InboxSource | None = None
    mailbox: MailboxSource | None = None

    @model_validator(mode="after")
    def _has_an_inbox(self) -> Self:
        if self.mailbox is not None and self.inbox is None:
            raise Contradiction(
                "a mailbox without an inbox",
                "an inbox too, such as inbox: {path: inbox}: the returns of both are one source",
                "mailbox",
            )
        return self
