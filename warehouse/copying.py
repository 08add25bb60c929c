"""Copy a warehouse into a DuckDB file, for a dry run or a build as of a past day.

Reads and copies all tables of `ops` and `raw`; a copy of a file also has the views.
"""

import shutil
from datetime import datetime

import pyarrow as pa
import sqlalchemy as sa

from schemas.errors import UsageError
from schemas.settings import ProjectPaths
from schemas.tables import AGE_BANDS, ANSWERS, FINDINGS, PROGRAMME_OCCASIONS, RETURNS, ROW_ANSWERS, TABLES, sql_table
from warehouse.address import warehouse_address
from warehouse.connection import open_warehouse

_LOADED_WITH_RETURNS = (ANSWERS, ROW_ANSWERS, FINDINGS)
"""Their rows are known from when the version of the return is known that they were loaded with."""


def copy_warehouse(paths: ProjectPaths, copy: ProjectPaths) -> None:
    """Copy a warehouse, if one exists: a file with its views, a PostgreSQL database without them.

    A database is read in one snapshot and not changed.

    Args:
        paths: The programme whose warehouse is read.
        copy: Where to write the copy.
    """
    if warehouse_address(paths) is None:
        if paths.warehouse.exists():
            shutil.copy(paths.warehouse, copy.warehouse)
        return
    _copy_database(paths, copy)


def copy_known_by(paths: ProjectPaths, copy: ProjectPaths, known_by: datetime) -> None:
    """Copy the published data and delete the rows that became known after an instant. A run may write meanwhile.

    Args:
        paths: The programme whose published data is read.
        copy: Where to write the copy.
        known_by: The last instant to keep, UTC.

    Raises:
        UsageError: No data is published yet, or no data was known by then.
    """
    if warehouse_address(paths) is not None:
        _copy_database(paths, copy)
    elif paths.published.exists():
        shutil.copy(paths.published, copy.warehouse)
    with open_warehouse(copy) as warehouse:
        for table in TABLES:
            if "known_at" in table.arrow.names and table not in (*_LOADED_WITH_RETURNS, AGE_BANDS):
                rows = sql_table(table)
                warehouse.execute(sa.delete(rows).where(rows.c.known_at > known_by))
        returns = sql_table(RETURNS).c
        for table in (*_LOADED_WITH_RETURNS, AGE_BANDS):
            rows = sql_table(table)
            is_of_known = (returns.return_id == rows.c.return_id) & (returns.loaded_at == rows.c.loaded_at)
            # Those of essaim relink are known from its run on.
            is_unknown = rows.c.known_at > known_by if table is AGE_BANDS else sa.true()
            warehouse.execute(sa.delete(rows).where(~sa.exists().where(is_of_known), is_unknown))
        is_known = warehouse.execute(sa.select(sql_table(PROGRAMME_OCCASIONS).c.run_id).limit(1))
        warehouse.checkpoint()
    if not is_known:
        raise UsageError(
            f"Nothing was known by {known_by.isoformat(sep=' ', timespec='seconds')} UTC. Expected a day on or after "
            "the first collection: the table ops.runs lists the runs with their as-of dates."
        )


def _copy_database(paths: ProjectPaths, copy: ProjectPaths) -> None:
    address = warehouse_address(paths)
    assert address is not None  # noqa: S101 narrows the type: only a warehouse in a database is copied row by row
    from warehouse.postgres_engine import PostgreSQLWarehouse  # imports the driver

    with PostgreSQLWarehouse(address, read_only=True) as source, open_warehouse(copy) as target:
        existing = source.tables()
        for table in TABLES:
            if table.full_name in existing:
                for batch in source.batches(sa.select(sql_table(table))):
                    target.append(table, pa.Table.from_batches([batch]))
