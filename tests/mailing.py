"""Run a real mail server on loopback that can fail at each command, and create certificates for it."""

# ruff: noqa: N802, ARG002 - the base class defines the names and parameters of the handlers

import asyncio
import email
import email.policy
import ipaddress
import ssl
import threading
import warnings
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from email.message import EmailMessage
from pathlib import Path
from typing import Any

from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

USER, PASSWORD = "suivi", "mot-de-passe-inventé"
DROP, HANG, DRIP = "drop", "hang", "drip"
VERBS = ("CONNECT", "EHLO", "STARTTLS", "AUTH", "MAIL", "RCPT", "DATA", "DOT")


@dataclass
class MailServer:
    """A mail server: the faults to simulate, and the messages that it accepted.

    Attributes:
        faults: Answers by SMTP command (`DOT` is the end of the message): a reply such as `451 later`, `drop` (close
            the connection), `hang` (never answer) or `drip` (answer one character at a time).
        times: How often the faults occur; None for always.
        port: TCP port on the loopback address.
        taken: The accepted messages.
        envelopes: Sender and recipients of each accepted message.
        connections: Number of connections.
        seen: The commands received.
    """

    faults: dict[str, str] = field(default_factory=dict)
    times: int | None = None
    port: int = 0
    taken: list[EmailMessage] = field(default_factory=list)
    envelopes: list[tuple[str, tuple[str, ...]]] = field(default_factory=list)
    connections: int = 0
    seen: list[str] = field(default_factory=list)

    def fault(self, verb: str) -> str | None:
        """Record a command, and return the fault to simulate, if any."""
        self.seen.append(verb)
        if verb not in self.faults or self.times == 0:
            return None
        if self.times is not None:
            self.times -= 1
        return self.faults[verb]

    def take(self, envelope: Envelope) -> str:
        """Accept a message, and return the reply."""
        assert isinstance(envelope.content, bytes)
        message = email.message_from_bytes(envelope.content, policy=email.policy.default)
        assert isinstance(message, EmailMessage)
        self.taken.append(message)
        self.envelopes.append((str(envelope.mail_from), tuple(envelope.rcpt_tos)))
        return "250 OK"


def _connection(protocol: SMTP) -> asyncio.Transport:
    """Return the open connection of a protocol."""
    assert isinstance(protocol.transport, asyncio.Transport)
    return protocol.transport


class _Misbehaving(SMTP):
    def __init__(self, script: MailServer, **options: Any) -> None:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # aiosmtpd warns if a server without TLS asks for a password
            super().__init__(_Taking(script), **options)  # pyright: ignore[reportArgumentType] the tests name them
        self.script = script

    async def misbehaves(self, verb: str) -> bool:
        fault = self.script.fault(verb)
        if fault == DROP:
            _connection(self).abort()
        elif fault == HANG:
            await asyncio.sleep(3600)
        elif fault == DRIP:
            for _ in range(36_000):
                _connection(self).write(b"2")
                await asyncio.sleep(0.02)
        elif fault is not None:
            await self.push(fault)
        return fault is not None

    async def _handle_client(self) -> None:
        self.script.connections += 1
        if not await self.misbehaves("CONNECT"):
            await super()._handle_client()

    async def smtp_EHLO(self, hostname: str) -> None:
        if not await self.misbehaves("EHLO"):
            await super().smtp_EHLO(hostname)

    async def smtp_STARTTLS(self, arg: str) -> None:
        if not await self.misbehaves("STARTTLS"):
            await super().smtp_STARTTLS(arg)

    async def smtp_AUTH(self, arg: str) -> None:
        if not await self.misbehaves("AUTH"):
            await super().smtp_AUTH(arg)

    async def smtp_MAIL(self, arg: str) -> None:
        if not await self.misbehaves("MAIL"):
            await super().smtp_MAIL(arg)

    async def smtp_RCPT(self, arg: str) -> None:
        if not await self.misbehaves("RCPT"):
            await super().smtp_RCPT(arg)

    async def smtp_RSET(self, arg: str) -> None:
        if not await self.misbehaves("RSET"):
            await super().smtp_RSET(arg)

    async def smtp_DATA(self, arg: str) -> None:
        if not await self.misbehaves("DATA"):
            await super().smtp_DATA(arg)


class _Taking:
    def __init__(self, script: MailServer) -> None:
        self.script = script

    async def handle_DATA(self, server: _Misbehaving, session: Session, envelope: Envelope) -> str:
        fault = self.script.fault("DOT")
        if fault == DROP:
            # The worst case: the server accepted the message, but the client never receives the reply.
            self.script.take(envelope)
            _connection(server).abort()
        elif fault == HANG:
            await asyncio.sleep(3600)
        elif fault is not None:
            return fault
        return self.script.take(envelope)


def _authenticate(server: object, session: object, envelope: object, mechanism: str, data: object) -> AuthResult:
    assert isinstance(data, LoginPassword)
    is_right = (data.login, data.password) == (USER.encode(), PASSWORD.encode())
    return AuthResult(success=is_right, handled=False)


@contextmanager
def mail_server(
    *, tls: ssl.SSLContext | None = None, implicit: bool = False, auth: bool = False, **attributes: Any
) -> Generator[MailServer]:
    """Serve on a free port of the loopback address, in its own thread.

    Args:
        tls: Certificates for STARTTLS, or for TLS from the start.
        implicit: Whether connections start with TLS.
        auth: Whether the server requires authentication.
        attributes: Attributes of the MailServer.

    Yields:
        The server.
    """
    server = MailServer(**attributes)  # pyright: ignore[reportArgumentType] the tests name them
    loop = asyncio.new_event_loop()
    # Do not log connections that a test breaks on purpose.
    loop.set_exception_handler(lambda _loop, _context: None)

    protocols: list[_Misbehaving] = []

    def protocol() -> _Misbehaving:
        protocols.append(
            made := _Misbehaving(
                server,
                tls_context=None if implicit else tls,
                authenticator=_authenticate if auth else None,
                auth_required=auth,
                auth_require_tls=False,
                hostname="mail.example.org",
                loop=loop,
            )
        )
        return made

    listening = loop.run_until_complete(loop.create_server(protocol, "127.0.0.1", 0, ssl=tls if implicit else None))
    server.port = listening.sockets[0].getsockname()[1]
    thread = threading.Thread(target=loop.run_forever, daemon=True)
    thread.start()
    try:
        yield server
    finally:
        loop.call_soon_threadsafe(loop.stop)
        thread.join()
        listening.close()
        loop.run_until_complete(_ended(asyncio.all_tasks(loop), protocols))
        loop.close()


async def _ended(tasks: set[asyncio.Task[object]], protocols: list[_Misbehaving]) -> None:
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
    for protocol in protocols:
        if protocol.transport is not None:
            _connection(protocol).abort()
    await asyncio.sleep(0.01)  # asyncio closes an aborted transport in the next turn of the loop


@dataclass(frozen=True)
class Certificates:
    """The certificate of an authority, as a file, and the TLS context of a server with a certificate that it signed."""

    authority: Path
    context: ssl.SSLContext


def make_certificates(folder: Path, name: str = "localhost") -> Certificates:
    """Create an authority and its certificate for a host name; for localhost, also for 127.0.0.1."""
    folder.mkdir(parents=True, exist_ok=True)
    authority_key, key = ec.generate_private_key(ec.SECP256R1()), ec.generate_private_key(ec.SECP256R1())
    authority = _named("Autorité inventée")
    now = datetime.now(UTC)

    def certificate(subject: x509.Name, public_key: ec.EllipticCurvePublicKey, *, is_authority: bool) -> bytes:
        names = x509.SubjectAlternativeName(
            [x509.DNSName(name), *([x509.IPAddress(ipaddress.ip_address("127.0.0.1"))] if name == "localhost" else [])]
        )
        builder = (
            x509.CertificateBuilder(authority, subject, public_key, x509.random_serial_number())
            .not_valid_before(now - timedelta(days=1))
            .not_valid_after(now + timedelta(days=1))
            .add_extension(x509.BasicConstraints(ca=is_authority, path_length=None), critical=True)
            .add_extension(
                x509.AuthorityKeyIdentifier.from_issuer_public_key(authority_key.public_key()), critical=False
            )
            .add_extension(x509.SubjectKeyIdentifier.from_public_key(public_key), critical=False)
            .add_extension(
                x509.KeyUsage(
                    digital_signature=True,
                    content_commitment=False,
                    key_encipherment=False,
                    data_encipherment=False,
                    key_agreement=False,
                    key_cert_sign=is_authority,
                    crl_sign=is_authority,
                    encipher_only=False,
                    decipher_only=False,
                ),
                critical=True,
            )
        )
        if not is_authority:
            builder = builder.add_extension(names, critical=False)
        return builder.sign(authority_key, hashes.SHA256()).public_bytes(serialization.Encoding.PEM)

    (folder / "authority.pem").write_bytes(certificate(authority, authority_key.public_key(), is_authority=True))
    (folder / "server.pem").write_bytes(
        certificate(_named(name), key.public_key(), is_authority=False)
        + key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    )
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(folder / "server.pem")
    return Certificates(folder / "authority.pem", context)


def _named(name: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
