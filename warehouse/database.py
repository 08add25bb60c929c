"""Connections to PostgreSQL, and its errors as sentences."""

import re
from collections.abc import Generator
from contextlib import contextmanager
from typing import Any

import psycopg
from psycopg import errors
from psycopg.conninfo import make_conninfo

from schemas.errors import EssaimError, UsageError
from warehouse.address import Address

Connection = psycopg.Connection[tuple[Any, ...]]

_SETTING = re.compile(
    "password authentication failed|no password supplied|no pg_hba.conf entry|(database|role) .* does not exist"
    "|could not translate host name|sslmode|certificate"
)
"""What a refusal says where the setting must be corrected; said in another language, it is an error all the same."""


def connect(address: Address, application: str = "essaim") -> Connection:
    """An open connection, each statement of which is a transaction of its own unless one is opened.

    Raises:
        UsageError: the server refuses the user, the password or the database, or has no UTF-8.
        EssaimError: the server does not answer.
    """
    try:
        connection = psycopg.connect(
            make_conninfo(
                host=address.host,
                port=address.port,
                dbname=address.database,
                user=address.user,
                password=address.password.get_secret_value() or None,
                application_name=application,
                client_encoding="utf8",
                connect_timeout=10,
                # A run can be silent for long, and something between here and there may forget its connection.
                keepalives_idle=30,
                # What a database's owner may have set otherwise, and bulk rows rely on.
                options="-c datestyle=iso -c timezone=UTC -c extra_float_digits=1 -c idle_session_timeout=0",
                **dict(address.ssl),
            ),
            autocommit=True,
        )
    except psycopg.Error as error:
        raise _no_connection(address, error) from None
    if (encoding := connection.info.parameter_status("server_encoding")) != "UTF8":
        connection.close()
        raise UsageError(
            f"The database {address} is encoded in {encoding}. Expected UTF8, which every answer can be written in. "
            "Make a database with it: create database … encoding 'UTF8' template template0."
        )
    return connection


@contextmanager
def told(address: Address) -> Generator[None]:
    """The database's errors as sentences. Of what they say, the first line only: the others can show a row.

    Raises:
        EssaimError: something went wrong in the database.
    """
    try:
        yield
    except errors.InsufficientPrivilege as error:
        raise EssaimError(
            f"The database {address} does not allow what Essaim needs: {_reason(error)}. Expected a user that may make "
            "schemas in it and owns those that are there. Make it the owner: alter database … owner to …."
        ) from error
    except psycopg.Error as error:
        if _is_lost(error):
            raise EssaimError(
                f"The connection to the database {address} was lost: {_reason(error)}. "
                "Nothing is half-loaded: what was not finished is undone. Run the same command again when it answers."
            ) from error
        raise EssaimError(
            f"The database {address} could not do what was asked: {_reason(error)}. "
            "Its log says more. What was not finished is undone."
        ) from error


def _is_lost(error: psycopg.Error) -> bool:
    # Classes 08 and 57P: the connection failed, the server is being shut down. Without a code, it is already gone.
    code = error.sqlstate or ""
    return code.startswith(("08", "57P")) or (not code and isinstance(error, errors.OperationalError))


def _no_connection(address: Address, error: psycopg.Error) -> EssaimError:
    reason = _reason(error)
    if _SETTING.search(reason):
        return UsageError(
            f"The warehouse in the database {address} cannot be opened: {reason}. Expected a server that knows this "
            "database, and this user with this password. Correct ESSAIM_WAREHOUSE_URL, or have them made there."
        )
    return EssaimError(
        f"The warehouse in the database {address} cannot be opened: {reason}. Expected a PostgreSQL server that "
        "accepts connections there. Start it, or correct ESSAIM_WAREHOUSE_URL."
    )


def _reason(error: psycopg.Error) -> str:
    """What the server said, else what libpq said last: it tries each address of a host, and begins with where."""
    said = (error.diag.message_primary or "").strip()
    if not said:
        lines = [line for line in str(error).strip().splitlines() if line and not line.startswith("\t")]
        said = lines[-1] if lines else type(error).__name__
        said = re.sub(r"^.*(?: failed|FATAL): +", "", said)
    return said.splitlines()[0].rstrip(".")
