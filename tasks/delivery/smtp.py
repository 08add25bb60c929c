"""Mails by SMTP: what the server says, or fails to say, decides whether a message is sent, postponed or refused.

A 5xx to a message itself refuses it. Whatever goes wrong before that (no connection, no trusted certificate, a wrong
password) is about this installation: it postpones, so that no mail is lost to a password that was changed.
"""

import smtplib
import socket
import ssl
from base64 import b64encode
from collections.abc import Generator
from contextlib import contextmanager, suppress
from email.message import EmailMessage

from schemas.enums import DeliveryOutcome
from tasks.delivery.deadline import ConnectionDeadline
from tasks.delivery.outcome import Delivery, Send
from tasks.delivery.smtp_server import Security, SmtpServer
from tasks.delivery.wording import AGAIN, without_addresses

_OK = 250
_TAKEN = frozenset({_OK, 251})
_CLOSING = 421
_AUTHENTICATION_REQUIRED = 530


@contextmanager
def over_smtp(server: SmtpServer, *, wait_seconds: float = 30, total_seconds: float = 300) -> Generator[Send]:
    """Sends over one connection, which is opened for the first message and again for the one after a cut.

    The server is waited for `wait_seconds` at a time and `total_seconds` in all, however slowly it drips; what is not
    sent by then is postponed.
    """
    with ConnectionDeadline(total_seconds) as deadline:
        session = _Session(server, wait_seconds, deadline)
        try:
            yield session.send
        finally:
            session.close()


class _Trouble(Exception):
    """Why the server takes no message at all, as a sentence."""


class _Session:
    def __init__(self, server: SmtpServer, wait_seconds: float, deadline: ConnectionDeadline) -> None:
        self._server = server
        self._wait_seconds = wait_seconds
        self._deadline = deadline
        self._connection: _Connection | None = None
        self._trouble: str | None = None

    def send(self, message: EmailMessage) -> Delivery:
        if self._trouble is None and self._deadline.is_over:
            self._trouble = self._too_slow()
        if self._trouble is not None:
            return Delivery(DeliveryOutcome.POSTPONED, self._trouble)
        try:
            if self._connection is None:
                self._connection = _connected(self._server, self._wait_seconds, self._deadline)
        except _Trouble as trouble:
            # Asked again for each of the next messages, it would be waited for as many times.
            self._trouble = self._too_slow() if self._deadline.is_over else str(trouble)
            return Delivery(DeliveryOutcome.POSTPONED, self._trouble)
        try:
            delivery = self._hand_over(self._connection, message)
        except OSError as error:
            self.close()
            words = f"{self._server.where} closed the connection in the middle. {AGAIN}"
            if _is_timeout(error):
                words = self._trouble = _too_long(self._server, self._wait_seconds)
            delivery = Delivery(DeliveryOutcome.POSTPONED, words)
        if delivery.outcome is DeliveryOutcome.POSTPONED and self._deadline.is_over:
            return Delivery(DeliveryOutcome.POSTPONED, self._too_slow())
        return delivery

    def _hand_over(self, connection: "_Connection", message: EmailMessage) -> Delivery:
        (recipient,) = message["To"].addresses
        steps = (
            lambda: connection.mail(self._server.sender),
            lambda: connection.rcpt(recipient.addr_spec),
            lambda: _data(connection, message.as_bytes(policy=message.policy.clone(linesep="\r\n"))),
        )
        for step in steps:
            code, said = step()
            if code not in _TAKEN:
                return self._turned_down(connection, code, said)
        return Delivery(DeliveryOutcome.SENT, f"{self._server.where} took it.")

    def _turned_down(self, connection: "_Connection", code: int, said: bytes) -> Delivery:
        words = f"{self._server.where} answered: {_in_words(code, said, self._server)}."
        understood = code // 100 in (4, 5)
        if code == _CLOSING or not understood or connection.rset()[0] != _OK:
            self.close()
        if code == _AUTHENTICATION_REQUIRED:
            words = f"{words} Set ESSAIM_SMTP_USERNAME and ESSAIM_SMTP_PASSWORD."
        elif code // 100 == 5:
            return Delivery(DeliveryOutcome.REFUSED, words)
        return Delivery(DeliveryOutcome.POSTPONED, f"{words} {AGAIN}")

    def _too_slow(self) -> str:
        return f"{self._server.where} took longer than {self._deadline.seconds:g} seconds in all. {AGAIN}"

    def close(self) -> None:
        if self._connection is not None:
            # What was taken is taken, whether or not the server says goodbye.
            with suppress(OSError):
                self._connection.quit()
            self._connection.close()
            self._connection = None


class _Connection(smtplib.SMTP):
    """A connection that a deadline can end, with TLS from the first byte where the scheme says so."""

    def __init__(self, server: SmtpServer, wait_seconds: float, deadline: ConnectionDeadline) -> None:
        self._server = server
        self._deadline = deadline
        self.context = ssl.create_default_context()
        name = socket.gethostname()
        # The default would ask the network for this machine's name, and can wait for it longer than for the server.
        local = name if "." in name and name.isascii() else "[127.0.0.1]"
        super().__init__(server.host, server.port, local_hostname=local, timeout=wait_seconds)

    def _get_socket(self, host: str, port: int, timeout: float) -> socket.socket:
        connected = socket.create_connection((host, port), timeout)
        self._deadline.ends(connected)
        if self._server.security is Security.TLS:
            return self.context.wrap_socket(connected, server_hostname=host)
        return connected


def _connected(server: SmtpServer, wait_seconds: float, deadline: ConnectionDeadline) -> _Connection:
    """A connection that is ready for messages, protected and authenticated as the settings say."""
    connection = None
    try:
        connection = _Connection(server, wait_seconds, deadline)
        connection.ehlo_or_helo_if_needed()
        _protect(connection, server)
        _authenticate(connection, server)
    except (OSError, _Trouble) as error:
        if connection is not None:
            connection.close()
        raise error if isinstance(error, _Trouble) else _Trouble(_sentence(error, server, wait_seconds)) from None
    return connection


def _protect(connection: _Connection, server: SmtpServer) -> None:
    if server.security is not Security.STARTTLS:
        return
    if connection.has_extn("starttls"):
        code, said = connection.starttls(context=connection.context)
        if code != 220:
            raise _Trouble(f"{server.where} refuses STARTTLS: {_in_words(code, said, server)}. {AGAIN}")
        connection.ehlo_or_helo_if_needed()
    elif not server.is_loopback:
        raise _Trouble(
            f"{server.where} offers no STARTTLS, and nothing is sent in the clear. Use smtps:// where it begins with "
            "TLS, or smtp+plain:// where the network between can be trusted."
        )


def _authenticate(connection: _Connection, server: SmtpServer) -> None:
    if server.username is None or server.password is None:
        return
    ways = connection.esmtp_features.get("auth", "").upper().split()
    password = server.password.get_secret_value()
    if "PLAIN" in ways:
        code, said = connection.docmd("AUTH", f"PLAIN {_base64(f'{chr(0)}{server.username}{chr(0)}{password}')}")
    elif "LOGIN" in ways:
        code, said = connection.docmd("AUTH", f"LOGIN {_base64(server.username)}")
        if code == 334:
            code, said = connection.docmd(_base64(password))
    else:
        raise _Trouble(f"{server.where} takes no user and password (AUTH PLAIN or LOGIN). Unset ESSAIM_SMTP_USERNAME.")
    if code // 100 == 5:
        raise _Trouble(
            f"{server.where} refuses the user or the password: {_in_words(code, said, server)}. "
            "Correct ESSAIM_SMTP_USERNAME and ESSAIM_SMTP_PASSWORD."
        )
    if code // 100 != 2:
        raise _Trouble(f"{server.where} answered: {_in_words(code, said, server)}. {AGAIN}")


def _data(connection: _Connection, content: bytes) -> tuple[int, bytes]:
    try:
        return connection.data(content)
    except smtplib.SMTPDataError as error:
        # Neither “go on” nor a refusal: nobody knows what it is, and it must not pass for “taken”.
        code = error.smtp_code if error.smtp_code >= 400 else 0
        return code, _bytes(error.smtp_error)


def _sentence(error: OSError, server: SmtpServer, wait_seconds: float) -> str:
    match error:
        case ssl.SSLCertVerificationError():
            return (
                f"{server.where} shows a certificate that cannot be trusted ({error.verify_message}). Correct the name "
                "in ESSAIM_SMTP_URL, or name the authority that signed it with SSL_CERT_FILE."
            )
        case ssl.SSLEOFError():
            return f"{server.where} closed the connection while it turned to TLS. {AGAIN}"
        case ssl.SSLError():
            return (
                f"{server.where} does not speak TLS as expected ({error.reason}). smtps:// begins with TLS (port 465), "
                "smtp:// turns to it by STARTTLS (port 587): correct ESSAIM_SMTP_URL."
            )
        case smtplib.SMTPResponseException():
            return f"{server.where} answered: {_in_words(error.smtp_code, _bytes(error.smtp_error), server)}. {AGAIN}"
        case _ if _is_timeout(error):
            return _too_long(server, wait_seconds)
        case smtplib.SMTPServerDisconnected() | ConnectionResetError() | BrokenPipeError():
            return f"{server.where} closed the connection before it took anything. {AGAIN}"
        case _:
            why = without_addresses(error.strerror or type(error).__name__)
            return f"{server.where} cannot be reached ({why}). Check ESSAIM_SMTP_URL. {AGAIN}"


def _is_timeout(error: OSError) -> bool:
    # smtplib tells a reply that does not come as a connection that is closed.
    return isinstance(error, TimeoutError) or isinstance(error.__context__, TimeoutError)


def _too_long(server: SmtpServer, wait_seconds: float) -> str:
    return f"{server.where} did not answer within {wait_seconds:g} seconds. {AGAIN}"


def _in_words(code: int, said: bytes, server: SmtpServer) -> str:
    """What the server said, without anybody's address or the account's name."""
    text = said.decode("utf-8", "replace")
    if server.username:
        text = text.replace(server.username, "…")
    return without_addresses(f"{code} {text}" if 200 <= code < 600 else "nothing that is SMTP")


def _bytes(said: bytes | str) -> bytes:
    return said.encode() if isinstance(said, str) else said


def _base64(text: str) -> str:
    return b64encode(text.encode()).decode()
