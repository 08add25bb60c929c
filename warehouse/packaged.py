"""Read the views of a data package with the codebook, and what they were built from, in one snapshot.

Reads the requested views of `analytics` and `marts`, `marts.dim_indicator` and `staging.stg_moment`.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from schemas.settings import ProjectPaths
from warehouse.exported import CODEBOOK, CodebookRow, in_order
from warehouse.published import read_together

if TYPE_CHECKING:
    import pyarrow as pa


@dataclass(frozen=True, slots=True)
class Build:
    """What views were built from: the row of `staging.stg_moment`.

    Attributes:
        as_of: The as-of date.
        known_by: The instant by which rows were known, UTC, as text.
        models: The version of the views' definitions.
        minimum_structures: The number of structures below which results are suppressed.
        minimum_participants: The number of persons below which counts are suppressed.
    """

    as_of: date
    known_by: str
    models: str
    minimum_structures: int
    minimum_participants: int


@dataclass(frozen=True, slots=True)
class PackageRows:
    """The rows of a package: a table for each requested view, in their order, the codebook, and the build."""

    tables: "tuple[pa.Table, ...]"
    codebook: tuple[CodebookRow, ...]
    build: Build


def package_rows(
    paths: ProjectPaths, views: Sequence[tuple[str, str, Sequence[str]]], *, as_of: date | None
) -> PackageRows:
    """Read views in one snapshot. Their rows are in no order.

    Args:
        paths: The paths of the programme.
        views: The schema, the name and the columns of each view.
        as_of: The day as of which the views were built; None for the published data.

    Raises:
        UsageError: No data is published yet, or the views were not built as of that day.
        DatabaseError: The published data cannot be read.
    """
    moment = sa.table("stg_moment", *(sa.column(name) for name in Build.__dataclass_fields__), schema="staging")
    statements: list[sa.Select[*tuple[Any, ...]]] = [
        sa.select(sa.table(name, *(sa.column(column) for column in columns), schema=schema))
        for schema, name, columns in views
    ]
    *tables, codebook, moments = read_together(paths, [*statements, CODEBOOK, sa.select(moment)], as_of=as_of)
    (row,) = moments.to_pylist()
    build = Build(
        as_of=date.fromisoformat(str(row["as_of"])[:10]),
        known_by=str(row["known_by"]),
        models=row["models"],
        minimum_structures=int(row["minimum_structures"]),
        minimum_participants=int(row["minimum_participants"]),
    )
    return PackageRows(tuple(tables), in_order(codebook), build)
