"""The warehouse's connection, on whichever engine.

SQLAlchemy Core says the statements; each engine's own driver runs them (see docs/decisions/0002 and 0007).
"""

from contextlib import AbstractContextManager
from typing import Any, Protocol, Self

import pyarrow as pa
import sqlalchemy as sa

from schemas.settings import ProjectPaths
from schemas.tables import Table
from warehouse.address import warehouse_address
from warehouse.arrow_rows import Rows


class Warehouse(Protocol):
    """An open warehouse. Use as a context manager.

    Raises:
        EssaimError: the engine cannot do what is asked: it is not there, it refuses, it has no room left.
    """

    def __enter__(self) -> Self: ...

    def __exit__(self, *_: object) -> None: ...

    def execute(self, statement: sa.Executable) -> list[tuple[Any, ...]]:
        """Run one SQLAlchemy statement; the rows of its answer."""
        ...

    def arrow(self, statement: sa.Select[*tuple[Any, ...]]) -> pa.Table:
        """The answer of a statement, in columns."""
        ...

    def append(self, table: Table, rows: Rows) -> None:
        """Add rows to a table, all of its columns given: as Arrow where they are many."""
        ...

    def transaction(self) -> AbstractContextManager[None]:
        """All or nothing for what is done inside."""
        ...

    def checkpoint(self) -> None:
        """Make sure that what was committed is on the disk."""
        ...


def open_warehouse(paths: ProjectPaths) -> Warehouse:
    """The warehouse of a programme, with its operational tables, to be used as a context manager.

    Raises:
        UsageError: the setting that names it is wrong.
        EssaimError: it cannot be opened.
    """
    address = warehouse_address(paths)
    if address is None:
        from warehouse.duckdb_engine import DuckDBWarehouse  # each engine where it is used

        return DuckDBWarehouse(paths.warehouse)
    from warehouse.postgres_engine import PostgreSQLWarehouse

    return PostgreSQLWarehouse(address)


def holds_a_warehouse(paths: ProjectPaths) -> bool:
    """Whether there is a warehouse already. Nothing is made.

    Raises:
        EssaimError: the database that should hold it cannot be reached.
    """
    address = warehouse_address(paths)
    if address is None:
        return paths.warehouse.exists()
    from warehouse.postgres_engine import PostgreSQLWarehouse

    with PostgreSQLWarehouse(address, read_only=True) as warehouse:
        return bool(warehouse.tables())
