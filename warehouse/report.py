"""Reads what a report tells from the published views."""

from collections.abc import Callable
from dataclasses import fields
from datetime import date
from typing import Any

import sqlalchemy as sa

from schemas.errors import UsageError
from schemas.settings import ProjectPaths
from warehouse.published import read_together
from warehouse.report_rows import (
    AdoptionRow,
    CohortRow,
    DurationRow,
    IndicatorRow,
    InnovationRow,
    OccasionRow,
    OwedRow,
    RateRow,
    ReconciliationRow,
    ReportRows,
    ResultRow,
    RetentionRow,
    RevisionRow,
    StateRow,
)
from warehouse.runs import last_built_on
from warehouse.status import NEED_A_PERSON

_Asked = tuple[sa.Select[*tuple[Any, ...]], Callable[[dict[str, Any]], Any]]
"""A statement, and what makes a row of its answer."""


def report_rows(paths: ProjectPaths, *, as_of: date | None = None, since: date | None = None) -> ReportRows:
    """Read what a report tells: of what is published, or was built again as of a day.

    Changes that became known after the day `since` are counted; none are without it.

    Raises:
        UsageError: nothing is published yet, or the views were not built as of that day.
        EssaimError: what is published cannot be read.
    """
    asked: dict[str, _Asked] = {
        "innovations": _all_of(InnovationRow, "marts", "dim_innovation", "rank", "innovation_code"),
        "cohorts": _all_of(CohortRow, "marts", "dim_cohort", "cohort_code"),
        "indicators": _all_of(IndicatorRow, "marts", "dim_indicator", "indicator_code"),
        "occasions": _all_of(OccasionRow, "marts", "dim_occasion", "months", "occasion_code"),
        "rates": _rates(),
        "owed": _owed(),
        "states": _counted(StateRow, "return_status", "n_returns"),
        "results": _all_of(ResultRow, "analytics", "consolidated_results", "innovation_rank", "indicator_rank"),
        "retention": _all_of(RetentionRow, "analytics", "cohort_retention", "cohort_code", "months"),
        "adoption": _counted(AdoptionRow, "adoption_matrix", "n_structures", is_due=True),
        "durations": _durations(),
        "reconciliation": _all_of(ReconciliationRow, "analytics", "reconciliation", "published_code"),
        "revisions": _revisions(since),
    }
    threshold = sa.table("stg_programme__rules", sa.column("minimum_structures"), schema="staging")
    statements = [
        last_built_on(),
        sa.select(sa.func.coalesce(sa.func.max(threshold.c.minimum_structures), 0)),
        *(statement for statement, _ in asked.values()),
    ]
    days, (minimum, *_), *answers = (
        table.columns[0].to_pylist() if place < 2 else table.to_pylist()
        for place, table in enumerate(read_together(paths, statements, as_of=as_of))
    )
    day = as_of or next(iter(days), None)
    if day is None:
        raise UsageError("No views have been built yet. Run essaim collect first.")
    rows = {
        name: [made(row) for row in answer] for (name, (_, made)), answer in zip(asked.items(), answers, strict=True)
    }
    return ReportRows(as_of=day, minimum_structures=minimum, **rows)


def _view(row: type, schema: str, name: str, *more: str) -> sa.TableClause:
    names = dict.fromkeys([*(field.name for field in fields(row)), *more])
    return sa.table(name, *(sa.column(column) for column in names), schema=schema)


def _all_of(row: type, schema: str, name: str, *order: str) -> _Asked:
    view = _view(row, schema, name)
    asked = sa.select(*(view.c[field.name] for field in fields(row))).order_by(*(view.c[column] for column in order))
    return asked, lambda found: row(**found)


def _rates() -> _Asked:
    view = _view(RateRow, "analytics", "return_rates", "grouping")
    asked = sa.select(*(view.c[field.name] for field in fields(RateRow))).where(view.c.grouping == "innovation")
    return asked, lambda found: RateRow(**found)


def _owed() -> _Asked:
    view = _view(OwedRow, "analytics", "return_status")
    asked = (
        sa.select(view)
        .where(view.c.state.in_([state.value for state in NEED_A_PERSON]))
        .order_by(view.c.due_on, view.c.expected_return_id)
    )
    return asked, lambda found: OwedRow(**found)


def _durations() -> _Asked:
    view = _view(DurationRow, "analytics", "adoption_duration", "cohort_code")
    asked = (
        sa.select(*(view.c[field.name] for field in fields(DurationRow)))
        .where(view.c.cohort_code == "TOTAL")
        .order_by(view.c.innovation_code, view.c.months)
    )
    return asked, lambda found: DurationRow(**found)


def _counted(row: type, name: str, count: str, *, is_due: bool = False) -> _Asked:
    """How many rows a view has of each combination of the columns that `row` names."""
    view = _view(row, "analytics", name, "is_due")
    grouped = [view.c[field.name] for field in fields(row) if field.name != count]
    asked = sa.select(*grouped, sa.func.count().label(count)).group_by(*grouped).order_by(*grouped)
    return (asked.where(view.c.is_due) if is_due else asked), lambda found: row(**found)


def _revisions(since: date | None) -> _Asked:
    view = _view(RevisionRow, "analytics", "revisions", "known_on")
    grouped = (view.c.innovation_code, view.c.kind)
    asked = sa.select(*grouped, sa.func.count().label("n_returns")).group_by(*grouped).order_by(*grouped)
    # Without a day to look back to, nothing is counted.
    wanted = sa.false() if since is None else view.c.known_on > since
    return asked.where(wanted), lambda found: RevisionRow(**found)
