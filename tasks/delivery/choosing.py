"""Which way messages go, by the environment. What a dry run decides is written beside its throwaway warehouse."""

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
    """Sends by the mail server that the environment names, else into files in `mails`.

    `only_files`: whatever it names. For runs that rehearse.

    Raises:
        UsageError: the settings of the mail server cannot be used.
    """
    server = None if only_files else smtp_server(environment)
    if server is None:
        yield into_files(mails)
        return
    with over_smtp(server) as send:
        yield send


def open_chats(environment: Environment) -> Send | None:
    """Tells the chats that the environment names; None where it names none.

    Raises:
        UsageError: one of their addresses is wrong.
    """
    return None if environment.apprise_urls is None else into_chats(environment.apprise_urls)


def refuse_unusable_channels(environment: Environment) -> None:
    """Look at the settings of mails and chats before anything is collected, instead of after it.

    Raises:
        UsageError: those of the mail server or of the chats cannot be used.
    """
    smtp_server(environment)
    open_chats(environment)
