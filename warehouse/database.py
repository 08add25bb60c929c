"""Connect to PostgreSQL and convert errors of its driver to errors of Essaim."""

import re
from collections.abc import Generator
from contextlib import contextmanager
from typing import Any

import psycopg
from psycopg import errors
from psycopg.conninfo import make_conninfo

from schemas.errors import DatabaseError, UsageError
from warehouse.address import Address

Connection = psycopg.Connection[tuple[Any, ...]]

_SETTING = re.compile(
    "password authentication failed|no password supplied|no pg_hba.conf entry|(database|role) .* does not exist"
    "|could not translate host name|sslmode|certificate"
)
"""Reasons for which `ESSAIM_WAREHOUSE_URL` must be corrected, as libpq words them in English. A server that answers in
another language gets the general message.
"""


def connect(address: Address, application: str = "essaim") -> Connection:
    """Open a connection in autocommit mode.

    Args:
        address: The database.
        application: Name of the session, shown in `pg_stat_activity`.

    Raises:
        UsageError: The server refuses the user, the password or the database, or the database is not encoded in UTF-8.
        DatabaseError: The server does not answer.
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
                # A connection can be idle for minutes, and a firewall or proxy on the way may drop idle connections.
                keepalives_idle=30,
                # Bulk loads rely on these settings, which the owner of a database can change.
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
            f"The database {address} is encoded in {encoding}. Expected UTF8, which can hold every answer. "
            "Create a database with it: create database … encoding 'UTF8' template template0."
        )
    return connection


@contextmanager
def explain_errors(address: Address) -> Generator[None]:
    """Convert errors of the driver to errors of Essaim.

    Only the first line of PostgreSQL's message is kept: the other lines can quote a row.

    Raises:
        DatabaseError: A statement failed or the connection was lost.
    """
    try:
        yield
    except errors.InsufficientPrivilege as error:
        raise DatabaseError(
            f"The database {address} does not allow what Essaim needs: {_reason(error)}. Expected a user that may "
            "create schemas and owns the existing ones. Make it the owner: alter database … owner to …."
        ) from error
    except psycopg.Error as error:
        if _is_lost(error):
            raise DatabaseError(
                f"The connection to the database {address} was lost: {_reason(error)}. "
                "Nothing is half-loaded: the transaction was rolled back. Run the same command again when the server "
                "answers."
            ) from error
        raise DatabaseError(
            f"The database {address} could not run a statement: {_reason(error)}. "
            "The transaction was rolled back. See the log of the server for details."
        ) from error


def _is_lost(error: psycopg.Error) -> bool:
    # SQLSTATE 08: connection exception; 57P: the server is shutting down. No code: the driver found it closed.
    code = error.sqlstate or ""
    return code.startswith(("08", "57P")) or (not code and isinstance(error, errors.OperationalError))


def _no_connection(address: Address, error: psycopg.Error) -> UsageError | DatabaseError:
    reason = _reason(error)
    if _SETTING.search(reason):
        return UsageError(
            f"The warehouse in the database {address} cannot be opened: {reason}. Expected a server with this "
            "database, and this user with this password. Correct ESSAIM_WAREHOUSE_URL, or create them there."
        )
    return DatabaseError(
        f"The warehouse in the database {address} cannot be opened: {reason}. Expected a PostgreSQL server that "
        "accepts connections there. Start it, or correct ESSAIM_WAREHOUSE_URL."
    )


def _reason(error: psycopg.Error) -> str:
    """Return the first line of the server's message, or of libpq's last message.

    libpq tries each address of a host and adds a message for each.
    """
    message = (error.diag.message_primary or "").strip()
    if not message:
        lines = [line for line in str(error).strip().splitlines() if line and not line.startswith("\t")]
        message = lines[-1] if lines else type(error).__name__
        message = re.sub(r"^.*(?: failed|FATAL): +", "", message)
    return message.splitlines()[0].rstrip(".")
