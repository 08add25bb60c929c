"""Read a programme's warehouse and mails, to compare them between runs."""

import csv
import io
import re
from collections.abc import Callable
from email import message_from_bytes, policy
from pathlib import Path
from typing import Any

import duckdb
import pytest
from databases import Database
from running import essaim

from schemas.settings import ProjectPaths

# Columns that differ from run to run: ids of runs and builds, actual times, and whether an earlier build tested a row.
OWN = {"invocation_id", "is_tested", "run_id", "applied_at", "loaded_at", "started_at", "ended_at", "sent_at"}


def table(folder: Path, sql: str) -> list[tuple[Any, ...]]:
    """Return the rows of a query on the published copy."""
    with duckdb.connect(str(ProjectPaths(folder).published), read_only=True) as connection:
        return connection.execute(sql).fetchall()


def limited_status(capsys: pytest.CaptureFixture[str], folder: Path, *limits: str) -> list[str]:
    """Return the ids of the expected returns that `essaim status` lists within limits, in order."""
    ran = essaim(capsys, "status", "--programme", str(folder), "--format", "csv", *limits)
    assert ran.code == 0, ran.err
    return sorted(line["expected_return_id"] for line in csv.DictReader(io.StringIO(ran.out)))


def all_tables(warehouse: Path | Database) -> dict[str, list[str]]:
    """Return the sorted rows of every table of a programme folder's warehouse or of a database."""
    if isinstance(warehouse, Database):
        with warehouse.connect() as connection:
            return _all_tables(lambda sql: connection.execute(sql.encode()))
    with duckdb.connect(str(ProjectPaths(warehouse).warehouse), read_only=True) as connection:
        return _all_tables(connection.execute)


def _all_tables(execute: Callable[[str], Any]) -> dict[str, list[str]]:
    content: dict[str, list[str]] = {}
    names = execute(
        "select table_schema || '.' || table_name from information_schema.tables "
        "where (table_type = 'BASE TABLE' or table_schema = 'analytics') "
        "and table_schema not in ('information_schema', 'pg_catalog')"
    ).fetchall()
    for (name,) in names:
        answer = execute(f"select * from {name}")
        kept = [i for i, column in enumerate(answer.description or ()) if column[0] not in OWN]
        # The checksums of what a build was made from differ between the engines.
        if name not in ("ops.runs", "intermediate.int_built_inputs"):
            content[name] = sorted(repr([_comparable(row[i]) for i in kept]) for row in answer.fetchall())
    return content


def _comparable(value: object) -> object:
    """Round numbers, because the engines may differ in the last digit of a logarithm."""
    return round(value, 12) if isinstance(value, float) else value


def mails(folder: Path) -> dict[str, bytes]:
    """Return the written mails by file name."""
    return {path.name: path.read_bytes() for path in ProjectPaths(folder).mails.glob("*.eml")}


def letters(folder: Path) -> dict[str, list[str]]:
    """Return the decoded headers and parts of each mail by file name, with the simulator's port removed."""
    decoded: dict[str, list[str]] = {}
    for name, content in mails(folder).items():
        message = message_from_bytes(content, policy=policy.default)
        del message["Content-Type"]  # the boundary depends on the contents
        parts = [part.get_content() for part in message.walk() if not part.is_multipart()]
        decoded[name] = [
            re.sub(r"127\.0\.0\.1(:|%3A)\d+", "simulator", text) for text in (str(message.items()), *parts)
        ]
    return decoded
