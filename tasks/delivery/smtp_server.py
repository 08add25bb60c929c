"""Read the settings of the mail server from the environment, and word their mistakes."""

import ipaddress
from dataclasses import dataclass
from enum import StrEnum
from urllib.parse import urlsplit

from pydantic import SecretStr

from schemas.base import EMAIL
from schemas.errors import MailError
from schemas.settings import Environment

_EXPECTED = "Expected smtp://HOST:PORT (STARTTLS), smtps://HOST:PORT (TLS) or smtp+plain://HOST:PORT (neither)."


class Security(StrEnum):
    """The protection of a connection. The certificate is always checked."""

    STARTTLS = "smtp"
    TLS = "smtps"
    NONE = "smtp+plain"


_PORTS = {Security.STARTTLS: 587, Security.TLS: 465, Security.NONE: 25}


@dataclass(frozen=True, slots=True)
class SmtpServer:
    """A mail server, and the account to use on it."""

    host: str
    port: int
    security: Security
    sender: str
    username: str | None = None
    password: SecretStr | None = None

    @property
    def where(self) -> str:
        """The server, to begin a sentence with."""
        return f"The mail server {self.host}:{self.port}"

    @property
    def is_loopback(self) -> bool:
        """True if the server is on this machine."""
        try:
            return ipaddress.ip_address(self.host).is_loopback
        except ValueError:
            return self.host == "localhost"


def smtp_server(environment: Environment) -> SmtpServer | None:
    """Return the mail server of the installation, or None if it has none.

    Raises:
        MailError: The settings cannot be used together. The error does not repeat them: they may hold a password.
    """
    if environment.smtp_url is None:
        return None
    try:
        url = urlsplit(environment.smtp_url)
        security, host, port = Security(url.scheme), url.hostname, url.port
    except ValueError:
        raise MailError(f"ESSAIM_SMTP_URL is not the address of a mail server. {_EXPECTED}") from None
    if "@" in url.netloc:
        raise MailError(
            "ESSAIM_SMTP_URL holds a user, but addresses are shown in messages and logs. "
            "Move the user to ESSAIM_SMTP_USERNAME and ESSAIM_SMTP_PASSWORD."
        )
    if not host or url.path.strip("/") or url.query or url.fragment:
        raise MailError(f"ESSAIM_SMTP_URL is not the address of a mail server. {_EXPECTED}")
    if (environment.smtp_username is None) != (environment.smtp_password is None):
        raise MailError("Only one of ESSAIM_SMTP_USERNAME and ESSAIM_SMTP_PASSWORD is set. Set both, or neither.")
    if not EMAIL.fullmatch(environment.mail_from) or "mail_from" not in environment.model_fields_set:
        raise MailError("ESSAIM_MAIL_FROM must be the address that mails come from, such as suivi@example.org.")
    server = SmtpServer(
        host=host,
        port=port or _PORTS[security],
        security=security,
        sender=environment.mail_from,
        username=environment.smtp_username,
        password=environment.smtp_password,
    )
    if security is Security.NONE and server.username and not server.is_loopback:
        raise MailError(
            f"{server.where} would receive the password unencrypted. "
            "Use smtp:// or smtps://, or a server that needs no password."
        )
    return server
