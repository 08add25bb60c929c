"""Word why a mailbox could not be read: the cause, and the remedy."""

import imaplib
import ssl

from schemas.sources import MailboxSource
from tasks.delivery.wording import AGAIN, without_addresses


class UnreachableMailboxError(Exception):
    """The mailbox could not be read. The text is a sentence with the cause and the remedy, without secrets."""


def where(source: MailboxSource) -> str:
    """Return the mailbox, to begin a sentence with."""
    return f"The mailbox at {source.host}:{source.port}"


def in_words(error: Exception, source: MailboxSource, wait_seconds: float) -> str:
    """Return the sentence for an error of the connection. It quotes nothing that the server sent: it may be a message.

    Args:
        error: The error.
        source: The mailbox.
        wait_seconds: Seconds that each reply was waited for.
    """
    place = where(source)
    match error:
        case ssl.SSLCertVerificationError():
            return (
                f"{place} has a certificate that cannot be trusted ({error.verify_message}). Correct "
                "sources.mailbox.host, or name the authority that signed it with SSL_CERT_FILE."
            )
        case ssl.SSLEOFError() | ConnectionResetError() | BrokenPipeError() | imaplib.IMAP4.abort():
            return f"{place} closed the connection. {AGAIN}"
        case TimeoutError():
            return f"{place} did not answer within {wait_seconds:g} seconds. {AGAIN}"
        case ssl.SSLError():
            return (
                f"{place} does not speak TLS as expected ({error.reason}). Expected a port that begins with TLS "
                "(993): correct sources.mailbox.port."
            )
        case OSError():
            why = without_addresses(error.strerror or type(error).__name__)
            return f"{place} cannot be reached ({why}). Check sources.mailbox.host and port. {AGAIN}"
        case _:
            return f"{place} sent an answer that is not IMAP, or refused a command. {AGAIN}"


def too_slow(source: MailboxSource, total_seconds: float) -> str:
    """Return the sentence for a connection that was ended after its total time."""
    return f"{where(source)} took longer than {total_seconds:g} seconds in all. The next run reads the rest."


def reply_in_words(reply: object, username: str = "") -> str:
    """Return what the server replied, on one line and without mail addresses and the name of the account."""
    text = reply.decode("utf-8", "replace") if isinstance(reply, bytes) else str(reply)
    return without_addresses(text.replace(username, "…") if username else text) or "no reason given"
