r"""Open the mailbox by IMAP over TLS, list its new messages, and mark those that are done.

A message is new until it has the keyword `EssaimRead`, so that a person who opens it in a mail program hides it from no
run. Where the server keeps no keywords, it is new until it is seen (`\Seen`).
"""

import imaplib
import re
import socket
import ssl
import time
from collections.abc import Callable, Generator, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any

from schemas.settings import Environment
from schemas.sources import MailboxSource
from tasks.delivery.deadline import ConnectionDeadline
from tasks.mailbox.folder_names import quoted_folder
from tasks.mailbox.trouble import UnreachableMailboxError, in_words, reply_in_words, too_slow, where

READ = "EssaimRead"
"""Keyword of the messages that are done."""
_AT_ONCE = 200
"""Number of messages whose sizes are asked for in one command."""
_LISTED = re.compile(rb"\bUID (\d+)\b")
_SIZE = re.compile(rb"\bRFC822\.SIZE (\d+)\b")


@dataclass(frozen=True, slots=True)
class ListedMessage:
    """A message of the mailbox.

    Attributes:
        uid: Its number in the folder.
        byte_count: Its size.
        arrived_at: When the server received it, UTC, without a zone.
    """

    uid: str
    byte_count: int
    arrived_at: datetime


class Mailbox:
    """The open folder of a mailbox. Each method raises UnreachableMailboxError where the server fails."""

    def __init__(self, imap: "_Connection", source: MailboxSource, username: str) -> None:
        self._imap = imap
        self._source = source
        self._username = username
        self._has_keywords = False

    def select(self) -> None:
        """Open the folder, and check that the folder for done messages exists."""
        kind, reply = self._call(self._imap.select, quoted_folder(self._source.folder))
        if kind != "OK":
            raise self._no_folder("folder", self._source.folder, reply)
        flags = self._imap.response("PERMANENTFLAGS")[1]
        self._has_keywords = any(flag and (b"\\*" in flag or READ.encode() in flag.split()) for flag in flags)
        if self._source.done_folder is None:
            return
        kind, reply = self._call(self._imap.status, quoted_folder(self._source.done_folder), "(MESSAGES)")
        if kind != "OK":
            raise self._no_folder("done_folder", self._source.done_folder, reply)
        _, capabilities = self._call(self._imap.capability)
        if b"MOVE" not in b" ".join(one for one in capabilities if one).upper().split():
            raise UnreachableMailboxError(
                f"{where(self._source)} cannot move messages (MOVE). Remove sources.mailbox.done_folder."
            )

    def new_messages(self, since: date | None) -> list[ListedMessage]:
        """Return the messages that are not done, in the order of the folder.

        Args:
            since: The server leaves out those of earlier days, by its own calendar; None for all.
        """
        criteria = [*(("UNKEYWORD", READ) if self._has_keywords else ("UNSEEN",)), "UNDELETED"]
        if since is not None:
            # Names of months are English in IMAP, whatever the locale.
            criteria += ["SINCE", f"{since.day}-{_MONTHS[since.month - 1]}-{since.year}"]
        replies = self._ask("SEARCH", *criteria)
        uids = [uid.decode("ascii") for reply in replies if isinstance(reply, bytes) for uid in reply.split()]
        listed: list[ListedMessage] = []
        for start in range(0, len(uids), _AT_ONCE):
            chunk = ",".join(uids[start : start + _AT_ONCE])
            listed += _listed(self._ask("FETCH", chunk, "(UID RFC822.SIZE INTERNALDATE)"))
        return sorted(listed, key=lambda message: int(message.uid))

    def headers(self, uid: str) -> bytes | None:
        """Return the header of a message; None if the message is gone."""
        return _literal(self._ask("FETCH", uid, "(BODY.PEEK[HEADER])"))

    def content(self, uid: str) -> bytes | None:
        """Return a message; None if it is gone. It stays unread."""
        return _literal(self._ask("FETCH", uid, "(BODY.PEEK[])"))

    def mark(self, uid: str, *, needs_a_person: bool) -> None:
        """Mark a message as done: flagged if it needs a person, else moved if there is a folder for it."""
        if self._source.done_folder is not None and not needs_a_person:
            self._ask("MOVE", uid, quoted_folder(self._source.done_folder))
            return
        done = READ if self._has_keywords else "\\Seen"
        self._ask("STORE", uid, "+FLAGS.SILENT", f"({done} \\Flagged)" if needs_a_person else f"({done})")

    def _ask(self, command: str, *arguments: str) -> list[Any]:
        kind, replies = self._call(self._imap.uid, command, *arguments)
        if kind != "OK":
            reply = reply_in_words(replies[0] if replies else "", self._username)
            raise UnreachableMailboxError(
                f"{where(self._source)} refused {command} ({reply}). Check the rights of its user."
            )
        return replies

    def _call(self, function: Callable[..., tuple[str, list[Any]]], *arguments: str) -> tuple[str, list[Any]]:
        try:
            return function(*arguments)
        except (OSError, imaplib.IMAP4.error) as error:
            raise self._imap.trouble(error) from error

    def _no_folder(self, key: str, name: str, reply: Sequence[Any]) -> UnreachableMailboxError:
        why = reply_in_words(reply[0] if reply else "", self._username)
        return UnreachableMailboxError(
            f"{where(self._source)} has no folder {name!r} that can be opened ({why}). Create it, or correct "
            f"sources.mailbox.{key}."
        )


@contextmanager
def open_mailbox(
    source: MailboxSource, environment: Environment, *, wait_seconds: float = 30, total_seconds: float = 900
) -> Generator[Mailbox]:
    """Connect over TLS with a verified certificate, sign in, and open the folder.

    Args:
        source: The mailbox.
        environment: The settings, with the user and the password.
        wait_seconds: Seconds to wait for each reply.
        total_seconds: Seconds after which the connection ends. What is not read by then is read by the next run.

    Raises:
        UnreachableMailboxError: It cannot be opened.
    """
    username = environment.imap_username
    if username is None or environment.imap_password is None:
        raise UnreachableMailboxError(
            f"{where(source)} cannot be opened: ESSAIM_IMAP_USERNAME or ESSAIM_IMAP_PASSWORD is not set. Set both."
        )
    password = environment.imap_password.get_secret_value()
    with ConnectionDeadline(total_seconds) as deadline:
        try:
            imap = _Connection(source, wait_seconds, deadline)
        except (OSError, imaplib.IMAP4.error) as error:
            words = too_slow(source, total_seconds) if deadline.is_over else in_words(error, source, wait_seconds)
            raise UnreachableMailboxError(words) from error
        try:
            _sign_in(imap, source, username, password)
            mailbox = Mailbox(imap, source, username)
            mailbox.select()
            yield mailbox
        finally:
            # What is marked stays marked if the server does not reply to LOGOUT.
            with suppress(OSError, imaplib.IMAP4.error):
                imap.logout()
            with suppress(OSError):
                imap.shutdown()


class _Connection(imaplib.IMAP4_SSL):
    """An IMAP connection that begins with TLS, and that a deadline can end."""

    def __init__(self, source: MailboxSource, wait_seconds: float, deadline: ConnectionDeadline) -> None:
        self._source = source
        self._wait_seconds = wait_seconds
        self._deadline = deadline
        context = ssl.create_default_context()
        super().__init__(source.host, source.port, ssl_context=context, timeout=wait_seconds)

    def _create_socket(self, timeout: float | None) -> ssl.SSLSocket:
        connected = socket.create_connection((self.host, self.port), timeout)
        self._deadline.ends(connected)
        try:
            return self.ssl_context.wrap_socket(connected, server_hostname=self.host)
        except BaseException:
            connected.close()
            raise

    def trouble(self, error: Exception) -> UnreachableMailboxError:
        """Return the trouble that an error of the connection is."""
        if self._deadline.is_over:
            return UnreachableMailboxError(too_slow(self._source, self._deadline.seconds))
        return UnreachableMailboxError(in_words(error, self._source, self._wait_seconds))


def _sign_in(imap: _Connection, source: MailboxSource, username: str, password: str) -> None:
    try:
        if "AUTH=PLAIN" in imap.capabilities:
            # LOGIN of imaplib sends ASCII only, and a password may have an accent.
            imap.authenticate("PLAIN", lambda _: f"\0{username}\0{password}".encode())
        else:
            imap.login(username, password)
    except (OSError, imaplib.IMAP4.abort) as error:
        raise imap.trouble(error) from error
    except (imaplib.IMAP4.error, UnicodeError) as error:
        reply = "" if isinstance(error, UnicodeError) else f": {reply_in_words(error, username)}"
        raise UnreachableMailboxError(
            f"{where(source)} refuses the user or the password{reply}. "
            "Correct ESSAIM_IMAP_USERNAME and ESSAIM_IMAP_PASSWORD."
        ) from None


_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")


def _listed(replies: Sequence[Any]) -> Iterator[ListedMessage]:
    for reply in replies:
        text = reply[0] if isinstance(reply, tuple) else reply
        if not isinstance(text, bytes):
            continue
        uid, size, arrived = _LISTED.search(text), _SIZE.search(text), imaplib.Internaldate2tuple(text)
        if uid is None or size is None:
            continue
        instant = datetime.now(UTC) if arrived is None else datetime.fromtimestamp(time.mktime(arrived), UTC)
        yield ListedMessage(uid[1].decode("ascii"), int(size[1]), instant.replace(tzinfo=None))


def _literal(replies: Sequence[Any]) -> bytes | None:
    return next((reply[1] for reply in replies if isinstance(reply, tuple)), None)
