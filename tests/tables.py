"""What lies in a programme's warehouse and among its mails, for comparison."""

from pathlib import Path

import duckdb

from schemas.settings import Places

# What differs from run to run: identifiers of runs, and real instants.
OWN = {"run_id", "loaded_at", "started_at", "ended_at", "sent_at"}


def table(folder: Path, sql: str) -> list[tuple[object, ...]]:
    """The rows of a query on the published copy."""
    with duckdb.connect(str(Places(folder).published), read_only=True) as connection:
        return connection.execute(sql).fetchall()


def all_tables(folder: Path) -> dict[str, list[str]]:
    """Every table's rows, in an order of their own."""
    content: dict[str, list[str]] = {}
    with duckdb.connect(str(Places(folder).warehouse), read_only=True) as connection:
        names = connection.execute(
            "select table_schema || '.' || table_name from information_schema.tables where table_type = 'BASE TABLE'"
        ).fetchall()
        for (name,) in names:
            answer = connection.execute(f"select * from {name}")
            kept = [i for i, column in enumerate(answer.description or ()) if column[0] not in OWN]
            if name != "ops.runs":
                content[name] = sorted(repr([row[i] for i in kept]) for row in answer.fetchall())
    return content


def mails(folder: Path) -> dict[str, bytes]:
    """The mails that were written, by file name."""
    return {path.name: path.read_bytes() for path in Places(folder).mails.glob("*.eml")}
