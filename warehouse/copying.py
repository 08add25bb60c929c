"""A copy of a warehouse in a file, for a run that must change nothing."""

import shutil

import pyarrow as pa
import sqlalchemy as sa

from schemas.settings import Places
from schemas.tables import TABLES, sql_table
from warehouse.address import warehouse_address
from warehouse.connection import open_warehouse


def copy_warehouse(places: Places, copy: Places) -> None:
    """Copy what a warehouse holds, if there is one: of a file all, of a database what was loaded, not the views.

    A database is read as it was at one moment, and nothing is made in it.
    """
    address = warehouse_address(places)
    if address is None:
        if places.warehouse.exists():
            shutil.copy(places.warehouse, copy.warehouse)
        return
    from warehouse.in_postgresql import PostgreSQLWarehouse  # brings the driver

    with PostgreSQLWarehouse(address, read_only=True) as source, open_warehouse(copy) as target:
        there = source.tables()
        for table in TABLES:
            if table.full_name in there:
                for batch in source.batches(sa.select(sql_table(table))):
                    target.append(table, pa.Table.from_batches([batch]))
