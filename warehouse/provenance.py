"""From a figure to the returns, cells and answers under it."""

from datetime import date
from typing import TYPE_CHECKING

import sqlalchemy as sa

from schemas.settings import ProjectPaths
from warehouse.published import read_columns

if TYPE_CHECKING:
    import pyarrow as pa

TOTAL = "TOTAL"
_FIGURE = ("innovation_code", "indicator_code", "value", "missing_reason", "n_reported", "n_expected", "is_broken")
_UNDER = (
    "enrolment_id", "occasion_code", "indicator_code", "value_number", "value_text", "missing_reason", "origin",
    "location", "item", "answer_text", "answered_at", "return_id", "receipt_id",
)  # fmt: skip
_RESULTS = sa.table("consolidated_results", *(sa.column(name) for name in _FIGURE), schema="analytics")
_PROVENANCE = sa.table(
    "provenance", *(sa.column(name) for name in (*_UNDER, "innovation_code", "is_consolidated")), schema="analytics"
)


def known_names(paths: ProjectPaths, *, as_of: date | None) -> tuple[list[str], list[str]]:
    """The innovations (TOTAL included) and enrolments, then the indicators, of which something is told."""
    results = read_columns(paths, sa.select(_RESULTS.c.innovation_code).distinct(), as_of=as_of)
    told = sa.select(*(_PROVENANCE.c[name] for name in ("enrolment_id", "indicator_code"))).distinct()
    under = read_columns(paths, told, as_of=as_of).to_pydict()
    subjects = [*sorted(results["innovation_code"].to_pylist()), *sorted(set(under["enrolment_id"]))]
    return subjects, sorted(set(under["indicator_code"]))


def figure(paths: ProjectPaths, innovation_code: str, indicator_code: str, *, as_of: date | None) -> "pa.Table":
    """The consolidated figure: one row, or none where the indicator is not published."""
    wanted = (_RESULTS.c.innovation_code == innovation_code) & (_RESULTS.c.indicator_code == indicator_code)
    return read_columns(paths, sa.select(*(_RESULTS.c[name] for name in _FIGURE)).where(wanted), as_of=as_of)


def under_figure(paths: ProjectPaths, innovation_code: str, indicator_code: str, *, as_of: date | None) -> "pa.Table":
    """What a consolidated figure is made of: a row for each respondent whose value is in it."""
    wanted = (_PROVENANCE.c.indicator_code == indicator_code) & _PROVENANCE.c.is_consolidated
    if innovation_code != TOTAL:
        wanted &= _PROVENANCE.c.innovation_code == innovation_code
    return _under(paths, wanted, as_of)


def under_cells(
    paths: ProjectPaths, enrolment_id: str, indicator_code: str, occasion_code: str | None, *, as_of: date | None
) -> "pa.Table":
    """What the values of one enrolment come from, at one occasion or at all."""
    wanted = (_PROVENANCE.c.indicator_code == indicator_code) & (_PROVENANCE.c.enrolment_id == enrolment_id)
    if occasion_code is not None:
        wanted &= _PROVENANCE.c.occasion_code == occasion_code
    return _under(paths, wanted, as_of)


def _under(paths: ProjectPaths, wanted: sa.ColumnElement[bool], as_of: date | None) -> "pa.Table":
    columns = [_PROVENANCE.c[name] for name in _UNDER]
    ordered = sa.select(*columns).where(wanted).order_by(*(_PROVENANCE.c[name] for name in (*_UNDER[:2], "return_id")))
    return read_columns(paths, ordered, as_of=as_of)
