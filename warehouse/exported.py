"""Reads what is exported, and the indicators of the codebook beside it, all of one moment."""

from collections.abc import Sequence
from dataclasses import dataclass, fields
from datetime import date
from typing import TYPE_CHECKING

import sqlalchemy as sa

from schemas.settings import Places
from warehouse.published import read_columns, read_together

if TYPE_CHECKING:
    import pyarrow as pa


@dataclass(frozen=True, slots=True)
class CodebookRow:
    """An indicator, of `marts.dim_indicator`."""

    indicator_code: str
    label_fr: str
    label_en: str
    level: str
    kind: str
    unit: str | None
    allowed_values: str | None
    minimum: float | None
    maximum: float | None
    over_structures: str
    is_core: bool
    publication_rank: int | None


def view_rows(
    places: Places, schema: str, name: str, columns: Sequence[str], grain: Sequence[str], *, as_of: date | None
) -> "tuple[pa.Table, tuple[CodebookRow, ...]]":
    """A view in the order of its grain, and the codebook where the view tells of indicators.

    Raises:
        UsageError: nothing is there yet.
        EssaimError: it cannot be read.
    """
    view = sa.table(name, *(sa.column(column) for column in columns), schema=schema)
    ordered = sa.select(view).order_by(*(view.c[column] for column in grain))
    if "indicator_code" not in columns:
        return read_columns(places, ordered, as_of=as_of), ()
    rows, codebook = read_together(places, [ordered, _CODEBOOK], as_of=as_of)
    return rows, _in_order(codebook)


_CODEBOOK = sa.select(
    sa.table("dim_indicator", *(sa.column(field.name) for field in fields(CodebookRow)), schema="marts")
)


def _in_order(codebook: "pa.Table") -> tuple[CodebookRow, ...]:
    """Published indicators first, in the order of publications, then the others by code: on every engine the same."""
    rows = [CodebookRow(**row) for row in codebook.to_pylist()]
    last = float("inf")
    return tuple(
        sorted(rows, key=lambda x: (last if x.publication_rank is None else x.publication_rank, x.indicator_code))
    )
