"""A copy of a warehouse in a file, for a run that must change nothing."""

import shutil
from datetime import datetime

import pyarrow as pa
import sqlalchemy as sa

from schemas.errors import UsageError
from schemas.settings import ProjectPaths
from schemas.tables import PROGRAMME_OCCASIONS, TABLES, sql_table
from warehouse.address import warehouse_address
from warehouse.connection import open_warehouse


def copy_warehouse(paths: ProjectPaths, copy: ProjectPaths) -> None:
    """Copy what a warehouse holds, if there is one: of a file all, of a database what was loaded, not the views.

    A database is read as it was at one moment, and nothing is made in it.
    """
    if warehouse_address(paths) is None:
        if paths.warehouse.exists():
            shutil.copy(paths.warehouse, copy.warehouse)
        return
    _copy_database(paths, copy)


def copy_known_by(paths: ProjectPaths, copy: ProjectPaths, known_by: datetime) -> None:
    """Copy what is published, without what became known after an instant (UTC). A run may write meanwhile.

    Raises:
        UsageError: nothing is published yet, or nothing was known by then.
    """
    if warehouse_address(paths) is not None:
        _copy_database(paths, copy)
    elif paths.published.exists():
        shutil.copy(paths.published, copy.warehouse)
    with open_warehouse(copy) as warehouse:
        for table in TABLES:
            if "known_at" in table.arrow.names:
                rows = sql_table(table)
                warehouse.execute(sa.delete(rows).where(rows.c.known_at > known_by))
        is_known = warehouse.execute(sa.select(sql_table(PROGRAMME_OCCASIONS).c.run_id).limit(1))
        warehouse.checkpoint()
    if not is_known:
        raise UsageError(
            f"Nothing was known by {known_by.isoformat(sep=' ', timespec='seconds')} UTC. Expected a day on which "
            "something had been collected: the table ops.runs lists the runs and the days that they took as theirs."
        )


def _copy_database(paths: ProjectPaths, copy: ProjectPaths) -> None:
    address = warehouse_address(paths)
    assert address is not None  # noqa: S101 narrows the type: only a warehouse in a database is copied row by row
    from warehouse.postgres_engine import PostgreSQLWarehouse  # brings the driver

    with PostgreSQLWarehouse(address, read_only=True) as source, open_warehouse(copy) as target:
        there = source.tables()
        for table in TABLES:
            if table.full_name in there:
                for batch in source.batches(sa.select(sql_table(table))):
                    target.append(table, pa.Table.from_batches([batch]))
