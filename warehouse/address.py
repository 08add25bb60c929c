"""Parse the address of the warehouse: a PostgreSQL database (`ESSAIM_WAREHOUSE_URL`), or a DuckDB file below `var/`."""

import os
import re
from dataclasses import dataclass
from functools import lru_cache
from urllib.parse import SplitResult, parse_qsl, unquote, urlsplit

from pydantic import SecretStr

from schemas.errors import UsageError
from schemas.settings import Environment, ProjectPaths

_OPTIONS = ("host", "sslmode", "sslrootcert", "sslcert", "sslkey")


@dataclass(frozen=True, slots=True)
class Address:
    """The address of a PostgreSQL database. Its text (`str`) omits the user and the password.

    Attributes:
        host: Host name, IP address, or folder of a Unix socket.
        port: TCP port.
        database: Name of the database.
        user: User to connect as.
        password: Password of the user; may be empty.
        ssl: libpq options for TLS, as (name, value).
    """

    host: str
    port: int
    database: str
    user: str
    password: SecretStr
    ssl: tuple[tuple[str, str], ...] = ()

    def __str__(self) -> str:
        return f"{self.host}:{self.port}/{self.database}"


def warehouse_address(paths: ProjectPaths) -> Address | None:
    """Return the address of the programme's warehouse, or None if the warehouse is a file.

    Raises:
        UsageError: `ESSAIM_WAREHOUSE_URL` is not the address of a database.
    """
    if paths.in_file:
        return None
    settings = frozenset((name, value) for name, value in os.environ.items() if name.upper().startswith("ESSAIM_"))
    url = _warehouse_url(settings)
    return None if url is None else address(url)


@lru_cache(maxsize=1)
def _warehouse_url(_settings: frozenset[tuple[str, str]]) -> SecretStr | None:
    """Return the URL among the present settings. Reading them takes longer than many a query."""
    return Environment().warehouse_url


def address(url: SecretStr) -> Address:
    """Parse a database URL and decode its parts.

    libpq is not used: if a special character of a password is not written as %XX, the parts shift, and libpq's error
    message would show a piece of the password.

    Raises:
        UsageError: The URL is not the address of a database. The message shows no part of the URL.
    """
    try:
        parts = urlsplit(url.get_secret_value())
        options = dict(parse_qsl(parts.query, keep_blank_values=True, strict_parsing=bool(parts.query)))
        return _address(parts, options)
    except ValueError:
        raise UsageError(
            "ESSAIM_WAREHOUSE_URL is not the address of a PostgreSQL database (it is not shown: it holds a password). "
            "Expected postgresql://user:password@host:port/database, its special characters written as %XX "
            "(/ as %2F, ? as %3F, # as %23, @ as %40, % as %25); options that may follow a question mark: "
            f"{', '.join(_OPTIONS)}."
        ) from None


def _address(parts: SplitResult, options: dict[str, str]) -> Address:
    host = parts.hostname or options.get("host", "")
    database = unquote(parts.path.removeprefix("/"), errors="strict")
    user = unquote(parts.username or "", errors="strict")
    password = unquote(parts.password or "", errors="strict")
    if (
        parts.scheme not in ("postgresql", "postgres")
        or parts.fragment
        or not re.fullmatch(r"[\w.:/~+-]+", host)
        or not user
        or not database
        or "\0" in database + user + password
        or not options.keys() <= set(_OPTIONS)
    ):
        raise ValueError
    ssl = tuple((name, value) for name, value in options.items() if name != "host")
    return Address(host, parts.port or 5432, database, user, SecretStr(password), ssl)
