"""Select the views of a package, read their rows, and put them in the order of their grain."""

# pyarrow.compute makes its functions when it is imported:
# pyright: reportAttributeAccessIssue=false

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date
from typing import TYPE_CHECKING

from schemas.programme import Programme
from schemas.settings import ProjectPaths
from tasks.dictionary.views import View, views
from tasks.exporting import Exported, occurring
from warehouse.packaged import Build, package_rows

if TYPE_CHECKING:
    import pyarrow as pa


@dataclass(frozen=True, slots=True)
class Link:
    """A column of a view whose values all occur in the key of a dimension."""

    column: str
    dimension: str


@dataclass(frozen=True, slots=True)
class Contents:
    """What a package holds.

    Attributes:
        programme: The code of the programme.
        title: Its name.
        locale: The language of the package, `fr` or `en`.
        build: What the views were built from.
        views: The rows of each view with their description, by name.
        left_out: The names of the views whose rows describe single people or answers, if they are left out.
        licence: The licence that the programme gives, if any.
    """

    programme: str
    title: str
    locale: str
    build: Build
    views: dict[str, Exported]
    left_out: tuple[str, ...] = ()
    licence: str | None = None


def package_contents(
    paths: ProjectPaths,
    programme: Programme,
    locale: str,
    *,
    as_of: date | None = None,
    with_people: bool = False,
    licence: str | None = None,
) -> Contents:
    """Read the views of a package in one snapshot.

    Args:
        paths: The paths of the programme.
        programme: The programme.
        locale: The language of the package, `fr` or `en`.
        as_of: The day as of which the views were built; None for the published data.
        with_people: Whether to include the views whose rows describe single people or answers.
        licence: The licence that the programme gives.

    Raises:
        UsageError: No data is published yet, or the views were not built as of that day.
        DatabaseError: The published data cannot be read.
    """
    chosen = [_without_staff(view) for view in _analysts_views() if with_people or not view.is_of_people]
    columns = [(view.schema, view.name, [column.name for column in view.columns]) for view in chosen]
    rows = package_rows(paths, columns, as_of=as_of)
    tables = [_in_order(table, view) for table, view in zip(rows.tables, chosen, strict=True)]
    return Contents(
        programme=programme.settings.programme,
        title=programme.settings.name,
        locale=locale,
        build=rows.build,
        views={
            view.name: Exported(table, view, occurring(table, rows.codebook))
            for table, view in zip(tables, chosen, strict=True)
        },
        left_out=() if with_people else tuple(view.name for view in _analysts_views() if view.is_of_people),
        licence=licence,
    )


def links_of(contents: Contents, name: str) -> Iterator[Link]:
    """Yield each column of a view that leads to a dimension: its name is a key there, and all its values occur.

    A column whose values do not all occur, such as an innovation that may be TOTAL, is no link.
    """
    import pyarrow.compute as pc

    table = contents.views[name].table
    for dimension, held in contents.views.items():
        key = held.view.grain
        if dimension == name or held.view.schema != "marts" or len(key) != 1 or key[0] not in table.column_names:
            continue
        values = table[key[0]].drop_null()
        if pc.all(pc.is_in(values, value_set=held.table[key[0]].combine_chunks())).as_py() is not False:
            yield Link(key[0], dimension)


def _analysts_views() -> list[View]:
    """Return the views of `analytics`, and the dimensions that they lead to."""
    return [view for view in views().values() if view.schema == "analytics" or view.name.startswith("dim_")]


def _without_staff(view: View) -> View:
    """Return a view without the columns that name who decided or explained something."""
    return replace(view, columns=tuple(column for column in view.columns if not column.names_staff))


def _in_order(table: "pa.Table", view: View) -> "pa.Table":
    """Return the rows in the declared types, in the order of the grain, which no engine's collation changes."""
    import pyarrow as pa

    types = {
        "text": pa.string(), "bigint": pa.int64(), "double precision": pa.float64(), "boolean": pa.bool_(),
        "date": pa.date32(), "timestamp": pa.timestamp("us"),
    }  # fmt: skip
    schema = pa.schema([(column.name, types[column.data_type]) for column in view.columns])
    typed = table.select(schema.names).cast(schema)
    return typed.sort_by([(column, "ascending") for column in view.grain]).combine_chunks()
