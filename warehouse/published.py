"""The copy that analysts read: consistent, and readable while a run writes."""

import os
import shutil
from pathlib import Path

import duckdb

from schemas.errors import EssaimError, UsageError


def publish(warehouse_path: Path, published_path: Path) -> None:
    """Replace the published copy by the warehouse as it stands. The warehouse must be closed and checkpointed.

    A reader has the earlier copy or the new one, never a mixture.
    """
    arriving = published_path.with_suffix(".arriving")
    shutil.copyfile(warehouse_path, arriving)
    with arriving.open("rb") as copied:
        os.fsync(copied.fileno())
    arriving.replace(published_path)


def read(published_path: Path, query: str) -> tuple[list[str], list[tuple[object, ...]]]:
    """Run one query on the published copy: the column names and the rows.

    The query can read tables and nothing else: no file, no network, no setting, no change.

    Raises:
        UsageError: there is no published copy yet, or the query is not one that reads.
    """
    if not published_path.exists():
        raise UsageError(f"There is no warehouse at {published_path} yet. Run essaim collect (or essaim demo) first.")
    try:
        with duckdb.connect(
            str(published_path),
            read_only=True,
            config={"enable_external_access": "false", "lock_configuration": "true"},
        ) as connection:
            answer = connection.execute(query)
            names = [column[0] for column in answer.description or ()]
            return names, answer.fetchall()
    except duckdb.IOException as error:
        raise EssaimError(
            f"The published copy {published_path} could not be read: {error}. "
            "Expected a DuckDB file. Run essaim collect: it writes a new one."
        ) from error
    except duckdb.Error as error:
        raise UsageError(f"The query could not be run: {error}") from error
