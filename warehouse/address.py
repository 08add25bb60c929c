"""Where the warehouse is: in the PostgreSQL database that `ESSAIM_WAREHOUSE_URL` names, else in a file below `var/`."""

import re
from dataclasses import dataclass
from urllib.parse import SplitResult, parse_qsl, unquote, urlsplit

from pydantic import SecretStr

from schemas.errors import UsageError
from schemas.settings import Environment, ProjectPaths

_OPTIONS = ("host", "sslmode", "sslrootcert", "sslcert", "sslkey")


@dataclass(frozen=True, slots=True)
class Address:
    """A PostgreSQL database, and the user that Essaim is there. As text, without the user and the password.

    `host` is a name, an address, or the folder of a socket. `ssl` holds libpq's options of that kind.
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
    """The database that the programme's warehouse is in; None where it is a file.

    Raises:
        UsageError: the setting is not the address of a database.
    """
    url = None if paths.in_file else Environment().warehouse_url
    return None if url is None else address(url)


def address(url: SecretStr) -> Address:
    """The parts of a URL, decoded.

    Parsed here and not by libpq: a password with a character that should have been written as %XX moves the borders
    between the parts, and libpq's message would then show a piece of it.

    Raises:
        UsageError: it is not the address of a database. The sentence shows nothing of it.
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
