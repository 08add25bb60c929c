"""Trace a figure to the returns, cells and answers that it comes from.

Reads `analytics.consolidated_results`, `analytics.provenance` and `marts.dim_indicator`, published or as of a past day.
A derived indicator is traced to the answers of its parts.
"""

from datetime import date
from typing import TYPE_CHECKING

import sqlalchemy as sa

from schemas.formulas import Formula, read_formula, resolved
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
_INDICATORS = sa.table("dim_indicator", sa.column("indicator_code"), sa.column("formula"), schema="marts")


def known_names(paths: ProjectPaths, *, as_of: date | None) -> tuple[list[str], list[str]]:
    """Return the subjects (innovations, TOTAL and enrolments) and the indicators that can be traced."""
    results = read_columns(paths, sa.select(_RESULTS.c.innovation_code).distinct(), as_of=as_of)
    pairs = sa.select(*(_PROVENANCE.c[name] for name in ("enrolment_id", "indicator_code"))).distinct()
    under = read_columns(paths, pairs, as_of=as_of).to_pydict()
    subjects = [*sorted(results["innovation_code"].to_pylist()), *sorted(set(under["enrolment_id"]))]
    asked = set(under["indicator_code"])
    formulas = _formulas(paths, as_of)
    derived = {code for code in formulas if asked & set(_parts(code, formulas))}
    return subjects, sorted(asked | derived)


def _formulas(paths: ProjectPaths, as_of: date | None) -> dict[str, Formula]:
    """Return the formulas of derived indicators, by code."""
    rows = read_columns(paths, sa.select(_INDICATORS).where(_INDICATORS.c.formula.is_not(None)), as_of=as_of)
    read = ((row["indicator_code"], read_formula(row["formula"])) for row in rows.to_pylist())
    return {code: formula for code, formula in read if formula is not None}


def _parts(indicator_code: str, formulas: dict[str, Formula]) -> list[str]:
    """Return the asked indicators behind an indicator: itself, unless it has a formula."""
    if indicator_code not in formulas:
        return [indicator_code]
    return [part.code for part in resolved(indicator_code, formulas, None)]


def _is_of(paths: ProjectPaths, indicator_code: str, as_of: date | None) -> sa.ColumnElement[bool]:
    return _PROVENANCE.c.indicator_code.in_(_parts(indicator_code, _formulas(paths, as_of)))


def figure(paths: ProjectPaths, innovation_code: str, indicator_code: str, *, as_of: date | None) -> "pa.Table":
    """Return the consolidated figure as one row; no rows if the indicator is not published."""
    wanted = (_RESULTS.c.innovation_code == innovation_code) & (_RESULTS.c.indicator_code == indicator_code)
    return read_columns(paths, sa.select(*(_RESULTS.c[name] for name in _FIGURE)).where(wanted), as_of=as_of)


def under_figure(paths: ProjectPaths, innovation_code: str, indicator_code: str, *, as_of: date | None) -> "pa.Table":
    """Return one row for each respondent and asked indicator whose value is part of a consolidated figure."""
    wanted = _is_of(paths, indicator_code, as_of) & _PROVENANCE.c.is_consolidated
    if innovation_code != TOTAL:
        wanted &= _PROVENANCE.c.innovation_code == innovation_code
    return _under(paths, wanted, as_of)


def under_cells(
    paths: ProjectPaths, enrolment_id: str, indicator_code: str, occasion_code: str | None, *, as_of: date | None
) -> "pa.Table":
    """Return the values of one enrolment with their origins, at one occasion, or at all if `occasion_code` is None."""
    wanted = _is_of(paths, indicator_code, as_of) & (_PROVENANCE.c.enrolment_id == enrolment_id)
    if occasion_code is not None:
        wanted &= _PROVENANCE.c.occasion_code == occasion_code
    return _under(paths, wanted, as_of)


def _under(paths: ProjectPaths, wanted: sa.ColumnElement[bool], as_of: date | None) -> "pa.Table":
    columns = [_PROVENANCE.c[name] for name in _UNDER]
    ordered = (
        sa.select(*columns)
        .where(wanted)
        .order_by(*(_PROVENANCE.c[name] for name in ("enrolment_id", "occasion_code", "indicator_code", "return_id")))
    )
    return read_columns(paths, ordered, as_of=as_of)
