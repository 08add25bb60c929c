"""Send mails by SMTP. The replies of the server decide whether a message is sent, postponed or refused.

A 5xx reply to the message itself refuses it. An error before that (no connection, an untrusted certificate, a wrong
password) concerns the installation and postpones the message, so that a changed password loses no mail.
"""

import binascii
import smtplib
import socket
import ssl
from collections.abc import Callable, Generator
from contextlib import contextmanager, suppress
from email.message import EmailMessage

from schemas.enums import DeliveryOutcome
from tasks.delivery.deadline import ConnectionDeadline
from tasks.delivery.outcome import Delivery, Send
from tasks.delivery.smtp_server import Security, SmtpServer
from tasks.delivery.wording import AGAIN, without_addresses

_OK = 250
_AUTHENTICATED = 235
_AUTHENTICATION_REQUIRED = 530
_WRONG_CREDENTIALS = 535


@contextmanager
def over_smtp(server: SmtpServer, *, wait_seconds: float = 30, total_seconds: float = 300) -> Generator[Send]:
    """Yield a function that sends mails over one connection, opened at the first message and reopened after a cut.

    Args:
        server: The mail server.
        wait_seconds: Seconds to wait for each reply.
        total_seconds: Seconds after which the connection ends. Messages that are not sent by then are postponed.
    """
    with ConnectionDeadline(total_seconds) as deadline:
        session = _Session(server, wait_seconds, deadline)
        try:
            yield session.send
        finally:
            session.close()


class _Trouble(Exception):
    """The server accepts no message at all; the sentence says why."""


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
            if self._connection is None or self._connection.sock is None:
                self._connection = _connected(self._server, self._wait_seconds, self._deadline)
        except _Trouble as trouble:
            # Later messages are postponed at once: each new attempt could take as long as this one.
            self._trouble = self._too_slow() if self._deadline.is_over else str(trouble)
            return Delivery(DeliveryOutcome.POSTPONED, self._trouble)
        try:
            delivery = self._hand_over(self._connection, message)
        except OSError as error:
            self.close()
            words = f"{self._server.where} closed the connection before the message was through. {AGAIN}"
            if _is_timeout(error):
                words = self._trouble = _too_long(self._server, self._wait_seconds)
            delivery = Delivery(DeliveryOutcome.POSTPONED, words)
        if delivery.outcome is DeliveryOutcome.POSTPONED and self._deadline.is_over:
            return Delivery(DeliveryOutcome.POSTPONED, self._too_slow())
        return delivery

    def _hand_over(self, connection: "_Connection", message: EmailMessage) -> Delivery:
        (recipient,) = message["To"].addresses
        try:
            connection.send_message(message, self._server.sender, [recipient.addr_spec])
        except smtplib.SMTPRecipientsRefused as error:
            ((code, reply),) = error.recipients.values()
            return self._turned_down(connection, code, reply)
        except smtplib.SMTPSenderRefused as error:
            return self._turned_down(connection, error.smtp_code, _bytes(error.smtp_error))
        except smtplib.SMTPDataError as error:
            # smtplib does not reset the transaction where DATA itself is refused.
            connection.close()
            return self._turned_down(connection, error.smtp_code, _bytes(error.smtp_error))
        return Delivery(DeliveryOutcome.SENT, f"{self._server.where} accepted the message.")

    def _turned_down(self, connection: "_Connection", code: int, reply: bytes) -> Delivery:
        if code // 100 not in (4, 5):
            # Neither an acceptance nor a refusal: treat it as a temporary failure, over a new connection.
            connection.close()
            code = 0
        words = f"{self._server.where} answered: {_in_words(code, reply, self._server)}."
        if code == _AUTHENTICATION_REQUIRED:
            words = f"{words} Set ESSAIM_SMTP_USERNAME and ESSAIM_SMTP_PASSWORD."
        elif code // 100 == 5:
            return Delivery(DeliveryOutcome.REFUSED, words)
        return Delivery(DeliveryOutcome.POSTPONED, f"{words} {AGAIN}")

    def _too_slow(self) -> str:
        return f"{self._server.where} took longer than {self._deadline.seconds:g} seconds in all. {AGAIN}"

    def close(self) -> None:
        if self._connection is not None:
            # Accepted messages stay accepted if the server does not reply to QUIT.
            with suppress(OSError):
                self._connection.quit()
            self._connection.close()
            self._connection = None


class _Connection(smtplib.SMTP):
    """An SMTP connection that a deadline can end, with TLS from the first byte for `smtps://`."""

    def __init__(self, server: SmtpServer, wait_seconds: float, deadline: ConnectionDeadline) -> None:
        self._server = server
        self._deadline = deadline
        self.context = ssl.create_default_context()
        name = socket.gethostname()
        # By default, smtplib looks this machine's name up in the network, which can take longer than the mail itself.
        local = name if "." in name and name.isascii() else "[127.0.0.1]"
        super().__init__(server.host, server.port, local_hostname=local, timeout=wait_seconds)

    def _get_socket(self, host: str, port: int, timeout: float) -> socket.socket:
        connected = socket.create_connection((host, port), timeout)
        self._deadline.ends(connected)
        if self._server.security is Security.TLS:
            return self.context.wrap_socket(connected, server_hostname=host)
        return connected

    def auth(
        self, mechanism: str, authobject: Callable[..., str | None], *, initial_response_ok: bool = True
    ) -> tuple[int, bytes]:
        """Authenticate by one mechanism, with credentials in UTF-8; do not repeat wrong ones by another mechanism.

        Raises:
            _Trouble: The server refuses the user or the password.
            smtplib.SMTPAuthenticationError: The server refuses this mechanism.
        """

        def in_utf8(challenge: bytes | None = None) -> str | None:
            answer = authobject(challenge)
            return None if answer is None else _Utf8(answer)

        code, reply = self._reply_to_auth(mechanism, in_utf8, initial_response_ok)
        if code == _WRONG_CREDENTIALS:
            raise _Trouble(_wrong_credentials(code, reply, self._server))
        if code != _AUTHENTICATED:
            # 503 included: smtplib reads it as "already authenticated", which a new connection cannot be.
            raise smtplib.SMTPAuthenticationError(code, reply)
        return code, reply

    def _reply_to_auth(
        self, mechanism: str, answer: Callable[..., str | None], initial_response_ok: bool
    ) -> tuple[int, bytes]:
        try:
            return super().auth(mechanism, answer, initial_response_ok=initial_response_ok)  # pyright: ignore[reportArgumentType] None is a valid response
        except smtplib.SMTPAuthenticationError as error:
            return error.smtp_code, _bytes(error.smtp_error)
        except binascii.Error:
            return 334, b"a challenge that is not Base64"

    def rset(self) -> tuple[int, bytes]:
        """Abandon a message; close the connection if the server does not accept RSET."""
        reply = super().rset()
        if reply[0] != _OK:
            self.close()
        return reply


class _Utf8(str):
    """Credentials in UTF-8, as RFC 4616 requires. smtplib uses ASCII, which fails on a password with an accent."""

    __slots__ = ()

    def encode(self, encoding: str = "utf-8", errors: str = "strict") -> bytes:  # noqa: ARG002 the signature of str
        """Encode as UTF-8, whatever the encoding given."""
        return super().encode("utf-8", errors)


def _connected(server: SmtpServer, wait_seconds: float, deadline: ConnectionDeadline) -> _Connection:
    """Open a connection, protect it and authenticate as the settings say."""
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
        try:
            connection.starttls(context=connection.context)
        except smtplib.SMTPResponseException as error:
            reply = _in_words(error.smtp_code, _bytes(error.smtp_error), server)
            raise _Trouble(f"{server.where} refuses STARTTLS: {reply}. {AGAIN}") from None
        connection.ehlo_or_helo_if_needed()
    elif not server.is_loopback:
        raise _Trouble(
            f"{server.where} offers no STARTTLS, and mails are not sent unencrypted. Use smtps:// if the server "
            "begins with TLS, or smtp+plain:// if the network between can be trusted."
        )


def _authenticate(connection: _Connection, server: SmtpServer) -> None:
    if server.username is None or server.password is None:
        return
    features = connection.esmtp_features
    if "auth" in features:
        # Mechanisms are named in any case (RFC 4954); smtplib looks for capitals only.
        features["auth"] = features["auth"].upper()
    try:
        connection.login(server.username, _Utf8(server.password.get_secret_value()))
    except smtplib.SMTPAuthenticationError as error:
        if error.smtp_code // 100 == 5:
            raise _Trouble(_wrong_credentials(error.smtp_code, _bytes(error.smtp_error), server)) from None
        raise
    except (smtplib.SMTPResponseException, smtplib.SMTPServerDisconnected):
        raise
    except smtplib.SMTPException:
        raise _Trouble(
            f"{server.where} accepts no user and password (AUTH CRAM-MD5, PLAIN or LOGIN). Unset ESSAIM_SMTP_USERNAME."
        ) from None


def _wrong_credentials(code: int, reply: bytes, server: SmtpServer) -> str:
    return (
        f"{server.where} refuses the user or the password: {_in_words(code, reply, server)}. "
        "Correct ESSAIM_SMTP_USERNAME and ESSAIM_SMTP_PASSWORD."
    )


def _sentence(error: OSError, server: SmtpServer, wait_seconds: float) -> str:
    match error:
        case ssl.SSLCertVerificationError():
            return (
                f"{server.where} has a certificate that cannot be trusted ({error.verify_message}). Correct the name "
                "in ESSAIM_SMTP_URL, or name the authority that signed it with SSL_CERT_FILE."
            )
        case ssl.SSLEOFError():
            return f"{server.where} closed the connection during the TLS handshake. {AGAIN}"
        case ssl.SSLError():
            return (
                f"{server.where} does not speak TLS as expected ({error.reason}). smtps:// begins with TLS (port 465), "
                "smtp:// switches to it by STARTTLS (port 587): correct ESSAIM_SMTP_URL."
            )
        case smtplib.SMTPResponseException():
            return f"{server.where} answered: {_in_words(error.smtp_code, _bytes(error.smtp_error), server)}. {AGAIN}"
        case _ if _is_timeout(error):
            return _too_long(server, wait_seconds)
        case smtplib.SMTPServerDisconnected() | ConnectionResetError() | BrokenPipeError():
            return f"{server.where} closed the connection before it accepted a message. {AGAIN}"
        case _:
            why = without_addresses(error.strerror or type(error).__name__)
            return f"{server.where} cannot be reached ({why}). Check ESSAIM_SMTP_URL. {AGAIN}"


def _is_timeout(error: OSError) -> bool:
    # smtplib reports a missing reply as a closed connection.
    return isinstance(error, TimeoutError) or isinstance(error.__context__, TimeoutError)


def _too_long(server: SmtpServer, wait_seconds: float) -> str:
    return f"{server.where} did not answer within {wait_seconds:g} seconds. {AGAIN}"


def _in_words(code: int, reply: bytes, server: SmtpServer) -> str:
    """Return the reply of the server without mail addresses and the name of the account."""
    text = reply.decode("utf-8", "replace")
    if server.username:
        text = text.replace(server.username, "…")
    return without_addresses(f"{code} {text}" if 200 <= code < 600 else "a reply that is not SMTP")


def _bytes(reply: bytes | str) -> bytes:
    return reply.encode() if isinstance(reply, str) else reply
