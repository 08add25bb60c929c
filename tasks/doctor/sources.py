"""Check the ways in and out of an installation: the survey server, the inbox, the mailbox, mails and chats."""

from collections.abc import Iterator

from schemas.enums import CheckOutcome, InstrumentKind
from schemas.errors import EssaimError, UsageError
from schemas.programme import Programme
from schemas.settings import Environment, ProjectPaths
from tasks.delivery import refuse_unusable_channels
from tasks.doctor.diagnosis import Diagnosis
from tasks.i18n import counted
from tasks.mailbox.connection import open_mailbox
from tasks.mailbox.trouble import UnreachableMailboxError
from tasks.surveys import reach_server
from tasks.workbooks.inbox_place import InboxPlace, UnreachableInboxError


def examine_sources(programme: Programme, paths: ProjectPaths, environment: Environment) -> Iterator[Diagnosis]:
    """Check each source that the programme declares, and the settings by which messages are sent.

    Nothing is changed in a source, and nothing is sent. The survey server gets one login.

    Args:
        programme: The programme.
        paths: Where the programme's folders and files are.
        environment: The settings of the installation.
    """
    yield examine_channels(paths, environment)
    yield from _survey_server(programme, environment)
    yield from _inbox(programme, paths)
    yield from examine_mailbox(programme, environment)


def _survey_server(programme: Programme, environment: Environment) -> Iterator[Diagnosis]:
    if not any(one.kind is InstrumentKind.LIMESURVEY for one in programme.settings.instruments):
        return
    name = "survey server"
    try:
        reached = reach_server(programme, environment, attempts=1)
    except UsageError as error:
        yield Diagnosis(name, is_well=False, detail=str(error))
        return
    if reached.trouble is None:
        listed = counted(len(reached.open_days), "survey")
        yield Diagnosis(name, is_well=True, detail=f"It accepts the login, and lists {listed}.")
    else:
        outcome, sentence = reached.trouble
        yield Diagnosis(name, is_well=False, detail=sentence, may_pass=outcome is CheckOutcome.UNREACHABLE)


def _inbox(programme: Programme, paths: ProjectPaths) -> Iterator[Diagnosis]:
    source = programme.settings.sources.inbox
    if source is None:
        return
    place = InboxPlace(source.path, paths.folder)
    try:
        files = counted(len(place.files()), "file")
    except UnreachableInboxError as error:
        detail = (
            f"{place.shown} cannot be listed ({error}). Expected the folder of sources.inbox; create it or mend it."
        )
        yield Diagnosis("inbox", is_well=False, detail=detail)
    else:
        yield Diagnosis("inbox", is_well=True, detail=f"It has {files}.")


def examine_mailbox(programme: Programme, environment: Environment) -> Iterator[Diagnosis]:
    """Open the mailbox, if the programme has one, and change nothing there."""
    source = programme.settings.sources.mailbox
    if source is None:
        return
    may_pass = environment.imap_username is not None and environment.imap_password is not None
    try:
        with open_mailbox(source, environment, wait_seconds=10, total_seconds=30) as mailbox:
            new = counted(len(mailbox.new_messages(source.from_on)), "new message")
    except UnreachableMailboxError as error:
        yield Diagnosis("mailbox", is_well=False, detail=str(error), may_pass=may_pass)
    else:
        yield Diagnosis("mailbox", is_well=True, detail=f"It opens, and has {new}.")


def examine_channels(paths: ProjectPaths, environment: Environment) -> Diagnosis:
    """Check the settings by which messages are sent. Nothing is sent."""
    try:
        refuse_unusable_channels(environment)
    except EssaimError as error:
        return Diagnosis("channels", is_well=False, detail=str(error))
    by_mail = "The mail server's settings can be used" if environment.smtp_url else f"Mails are files in {paths.mails}"
    chats = environment.apprise_urls and len(environment.apprise_urls.get_secret_value().split())
    return Diagnosis("channels", is_well=True, detail=f"{by_mail}; {chats or 'no'} chats are set. Nothing was sent.")
