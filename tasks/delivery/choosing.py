"""Choose the channels of messages by the settings of the installation."""

from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path

from schemas.settings import Environment
from tasks.delivery.chat import into_chats
from tasks.delivery.mail_files import into_files
from tasks.delivery.outcome import Send
from tasks.delivery.smtp import over_smtp
from tasks.delivery.smtp_server import smtp_server


@contextmanager
def open_delivery(environment: Environment, mails: Path, *, only_files: bool = False) -> Generator[Send]:
    """Yield a function that sends mails by the mail server of the installation, else writes them as files.

    Args:
        environment: The settings of the installation.
        mails: Folder of the files.
        only_files: Write files even if there is a mail server, as a dry run does.

    Raises:
        UsageError: The settings of the mail server cannot be used.
    """
    server = None if only_files else smtp_server(environment)
    if server is None:
        yield into_files(mails)
        return
    with over_smtp(server) as send:
        yield send


def open_chats(environment: Environment) -> Send | None:
    """Return a function that posts to the chats of the installation, or None if it has none.

    Raises:
        UsageError: An address of a chat is wrong.
    """
    return None if environment.apprise_urls is None else into_chats(environment.apprise_urls)


def refuse_unusable_channels(environment: Environment) -> None:
    """Check the settings of mails and chats, before a collection begins.

    Raises:
        UsageError: The settings of the mail server or of the chats cannot be used.
    """
    smtp_server(environment)
    open_chats(environment)
