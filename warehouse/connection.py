"""Open the warehouse, whichever its engine.

SQLAlchemy Core compiles the statements; the driver of each engine runs them (docs/decisions/0002 and 0007).
"""

from __future__ import annotations

from contextlib import AbstractContextManager
from typing import TYPE_CHECKING, Any, Protocol, Self

import sqlalchemy as sa

from schemas.settings import ProjectPaths
from warehouse.address import warehouse_address

if TYPE_CHECKING:  # light commands do without Arrow
    import pyarrow as pa

    from schemas.tables import Table
    from warehouse.arrow_rows import Rows


class Warehouse(Protocol):
    """An open warehouse. Use it as a context manager.

    Raises:
        DatabaseError: The PostgreSQL server cannot be reached, refuses a statement, or is out of space.
    """

    def __enter__(self) -> Self: ...

    def __exit__(self, *_: object) -> None: ...

    def execute(self, statement: sa.Executable) -> list[tuple[Any, ...]]:
        """Run one SQLAlchemy statement and return its rows."""
        ...

    def arrow(self, statement: sa.Select[*tuple[Any, ...]]) -> pa.Table:
        """Run a SELECT and return its result as an Arrow table."""
        ...

    def append(self, table: Table, rows: Rows) -> None:
        """Insert rows into a table. Each row must have all columns; pass many rows as Arrow tables."""
        ...

    def transaction(self) -> AbstractContextManager[None]:
        """Run the enclosed statements in one transaction, rolled back on an exception."""
        ...

    def checkpoint(self) -> None:
        """Write committed changes to disk."""
        ...


def open_warehouse(paths: ProjectPaths) -> Warehouse:
    """Open the warehouse of a programme, creating or upgrading its operational tables. Use it as a context manager.

    Raises:
        UsageError: `ESSAIM_WAREHOUSE_URL` is invalid, or the server rejects it.
        DatabaseError: The warehouse cannot be opened.
    """
    address = warehouse_address(paths)
    if address is None:
        from warehouse.duckdb_engine import DuckDBWarehouse  # import only the engine in use

        return DuckDBWarehouse(paths.warehouse)
    from warehouse.postgres_engine import PostgreSQLWarehouse

    return PostgreSQLWarehouse(address)


def holds_a_warehouse(paths: ProjectPaths) -> bool:
    """Return whether a warehouse exists, without creating one.

    Raises:
        DatabaseError: The database cannot be reached.
    """
    address = warehouse_address(paths)
    if address is None:
        return paths.warehouse.exists()
    from warehouse.postgres_engine import PostgreSQLWarehouse

    with PostgreSQLWarehouse(address, read_only=True) as warehouse:
        return bool(warehouse.tables())
