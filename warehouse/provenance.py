"""Trace a figure to the returns, cells and answers that it comes from.

Reads `analytics.consolidated_results` and `analytics.provenance`, published or as of a past day.
"""

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
    "enrolment_id", "cohort_code", "structure_code", "occasion_code", "instrument_code", "indicator_code",
    "value_number", "value_text", "missing_reason", "origin", "location", "item", "answer_text", "corrected_text",
    "correction_reason", "correction_author", "factor", "answered_at", "return_id", "receipt_id",
)  # fmt: skip
_RESULTS = sa.table("consolidated_results", *(sa.column(name) for name in _FIGURE), schema="analytics")
_PROVENANCE = sa.table(
    "provenance",
    *(sa.column(name) for name in (*_UNDER, "innovation_code", "is_consolidated")),
    schema="analytics",
)


def known_names(paths: ProjectPaths, *, as_of: date | None) -> tuple[list[str], list[str]]:
    """Return the subjects (innovations, TOTAL and enrolments) and the indicators that can be traced."""
    results = read_columns(paths, sa.select(_RESULTS.c.innovation_code).distinct(), as_of=as_of)
    pairs = sa.select(*(_PROVENANCE.c[name] for name in ("enrolment_id", "indicator_code"))).distinct()
    under = read_columns(paths, pairs, as_of=as_of).to_pydict()
    subjects = [*sorted(results["innovation_code"].to_pylist()), *sorted(set(under["enrolment_id"]))]
    return subjects, sorted(set(under["indicator_code"]))


def figure(paths: ProjectPaths, innovation_code: str, indicator_code: str, *, as_of: date | None) -> "pa.Table":
    """Return the consolidated figure as one row; no rows if the indicator is not published."""
    wanted = (_RESULTS.c.innovation_code == innovation_code) & (_RESULTS.c.indicator_code == indicator_code)
    return read_columns(paths, sa.select(*(_RESULTS.c[name] for name in _FIGURE)).where(wanted), as_of=as_of)


def under_figure(paths: ProjectPaths, innovation_code: str, indicator_code: str, *, as_of: date | None) -> "pa.Table":
    """Return one row for each respondent whose value is part of a consolidated figure."""
    wanted = (_PROVENANCE.c.indicator_code == indicator_code) & _PROVENANCE.c.is_consolidated
    if innovation_code != TOTAL:
        wanted &= _PROVENANCE.c.innovation_code == innovation_code
    return _under(paths, wanted, as_of)


def under_cells(
    paths: ProjectPaths, enrolment_id: str, indicator_code: str, occasion_code: str | None, *, as_of: date | None
) -> "pa.Table":
    """Return the values of one enrolment with their origins, at one occasion, or at all if `occasion_code` is None."""
    wanted = (_PROVENANCE.c.indicator_code == indicator_code) & (_PROVENANCE.c.enrolment_id == enrolment_id)
    if occasion_code is not None:
        wanted &= _PROVENANCE.c.occasion_code == occasion_code
    return _under(paths, wanted, as_of)


def _under(paths: ProjectPaths, wanted: sa.ColumnElement[bool], as_of: date | None) -> "pa.Table":
    columns = [_PROVENANCE.c[name] for name in _UNDER]
    ordered = (
        sa.select(*columns)
        .where(wanted)
        .order_by(*(_PROVENANCE.c[name] for name in ("enrolment_id", "occasion_code", "return_id")))
    )
    return read_columns(paths, ordered, as_of=as_of)
