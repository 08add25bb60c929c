"""Read the rows of a report from the published views.

Reads the tables of `marts` and `analytics` that `warehouse.report_rows` names, `staging.stg_programme__rules` and
`ops.runs`, in one snapshot.
"""

from collections.abc import Callable
from dataclasses import fields
from datetime import date
from typing import Any

import sqlalchemy as sa

from schemas.enums import CorrectionState
from schemas.errors import UsageError
from schemas.settings import ProjectPaths
from warehouse.published import read_together
from warehouse.report_rows import (
    AdoptionRow,
    AttributeRateRow,
    AttributeResultRow,
    ClosureRow,
    CohortRow,
    DurationRow,
    FindingRow,
    IndicatorRow,
    InnovationRow,
    MissesRow,
    OccasionRow,
    OwedRow,
    ParticipantRow,
    RateRow,
    ReconciliationRow,
    ReportRows,
    ResultRow,
    RetentionRow,
    RevisionRow,
    StateRow,
    TargetRow,
)
from warehouse.runs import last_built_on
from warehouse.status import NEED_A_PERSON

_MISSES = 2
"""The number of occasions missed in a row at which the report asks whether a structure has left."""
_OF_PARTICIPANTS = ("innovation_code", "offset_days", "measure_kind", "measure_code", "value_rank", "value")
_Query = tuple[sa.Select[*tuple[Any, ...]], Callable[[dict[str, Any]], Any]]
"""A statement, and the function that makes an object of each row."""


def report_rows(paths: ProjectPaths, *, as_of: date | None = None, since: date | None = None) -> ReportRows:
    """Read the rows of a report.

    Args:
        paths: The paths of the programme.
        as_of: The day as of which the views were built; None for the published data.
        since: Count the changes that became known after this day; None for no changes.

    Raises:
        UsageError: No data is published yet, or the views were not built as of that day.
        DatabaseError: The published data cannot be read.
    """
    queries: dict[str, _Query] = {
        "innovations": _all_of(InnovationRow, "marts", "dim_innovation", "rank", "innovation_code"),
        "cohorts": _all_of(CohortRow, "marts", "dim_cohort", "cohort_code"),
        "indicators": _all_of(IndicatorRow, "marts", "dim_indicator", "indicator_code"),
        "occasions": _all_of(OccasionRow, "marts", "dim_occasion", "offset_days", "occasion_code"),
        "rates": _rates(),
        "owed": _owed(),
        "states": _counted(StateRow, "return_status", "n_returns"),
        "closures": _closures(),
        "results": _all_of(ResultRow, "analytics", "consolidated_results", "innovation_rank", "indicator_rank"),
        "attribute_rates": _attribute_rates(),
        "attribute_results": _attribute_results(),
        "retention": _all_of(RetentionRow, "analytics", "cohort_retention", "cohort_code", "months"),
        "misses": _misses(),
        "adoption": _counted(AdoptionRow, "adoption_matrix", "n_structures", is_due=True),
        "durations": _durations(),
        "reconciliation": _all_of(ReconciliationRow, "analytics", "reconciliation", "published_code"),
        "revisions": _revisions(since),
        "participants": _all_of(ParticipantRow, "analytics", "participant_results", *_OF_PARTICIPANTS),
        "findings": _findings(),
        "targets": _all_of(TargetRow, "analytics", "target_progress", "target_id"),
    }
    thresholds = ("minimum_structures", "known_minimum_structures")
    rules = sa.table("stg_programme__rules", *(sa.column(name) for name in thresholds), schema="staging")
    statements = [
        last_built_on(),
        sa.select(*rules.c),
        *(statement for statement, _ in queries.values()),
    ]
    built_on, rules_of_build, *tables = read_together(paths, statements, as_of=as_of)
    answers = [table.to_pylist() for table in tables]
    minimum, known_minimum = (column[0].as_py() for column in rules_of_build.columns)
    day = as_of or next(iter(built_on.columns[0].to_pylist()), None)
    if day is None:
        raise UsageError("No views have been built yet. Run essaim collect first.")
    rows = {
        name: [make(row) for row in answer] for (name, (_, make)), answer in zip(queries.items(), answers, strict=True)
    }
    return ReportRows(as_of=day, minimum_structures=minimum, known_minimum_structures=known_minimum, **rows)


def _view(row: type, schema: str, name: str, *more: str) -> sa.TableClause:
    names = dict.fromkeys([*(field.name for field in fields(row)), *more])
    return sa.table(name, *(sa.column(column) for column in names), schema=schema)


def _all_of(row: type, schema: str, name: str, *order: str) -> _Query:
    view = _view(row, schema, name)
    statement = sa.select(*(view.c[field.name] for field in fields(row))).order_by(
        *(view.c[column] for column in order)
    )
    return statement, lambda values: row(**values)


def _rates() -> _Query:
    view = _view(RateRow, "analytics", "return_rates", "grouping")
    statement = sa.select(*(view.c[field.name] for field in fields(RateRow))).where(view.c.grouping == "innovation")
    return statement, lambda values: RateRow(**values)


def _attribute_rates() -> _Query:
    statement, make = _all_of(AttributeRateRow, "analytics", "return_rates", "grouping", "group_code")
    attributes = sa.table("structure_attributes", sa.column("attribute_code"), schema="analytics")
    return statement.where(sa.column("grouping").in_(sa.select(attributes.c.attribute_code))), make


def _attribute_results() -> _Query:
    order = ("attribute_code", "attribute_value", "indicator_code")
    statement, make = _all_of(AttributeResultRow, "analytics", "results_by_attribute", *order)
    return statement.where(sa.column("innovation_code") == "TOTAL"), make


def _owed() -> _Query:
    view = _view(OwedRow, "analytics", "return_status")
    statement = (
        sa.select(view)
        .where(view.c.state.in_([state.value for state in NEED_A_PERSON]))
        .order_by(view.c.due_on, view.c.expected_return_id)
    )
    return statement, lambda values: OwedRow(**values)


def _closures() -> _Query:
    statement, make = _counted(ClosureRow, "return_status", "n_returns")
    return statement.where(sa.column("survey_closure").is_not(None)), make


def _findings() -> _Query:
    view = _view(FindingRow, "analytics", "surveillance")
    return sa.select(view).order_by(view.c.reported_on.desc(), view.c.finding_id), lambda values: FindingRow(**values)


_FOLLOWED_BY = ("evaluator_codes", "substitute_codes")


def _misses() -> _Query:
    view = sa.table(
        "enrolment_presence",
        *(sa.column(field.name) for field in fields(MissesRow) if field.name not in _FOLLOWED_BY),
        schema="analytics",
    )
    names = ("enrolment_id", "left_on", *_FOLLOWED_BY)
    enrolments = sa.table("dim_enrolment", *(sa.column(name) for name in names), schema="marts")
    statement = (
        sa.select(view, *(enrolments.c[name] for name in _FOLLOWED_BY))
        .join(enrolments, view.c.enrolment_id == enrolments.c.enrolment_id)
        .where(view.c.n_misses_in_a_row >= _MISSES, enrolments.c.left_on.is_(None))
        .order_by(view.c.enrolment_id, view.c.grouping, view.c.group_code)
    )
    return statement, lambda values: MissesRow(**values)


def _durations() -> _Query:
    view = _view(DurationRow, "analytics", "adoption_duration", "cohort_code")
    statement = (
        sa.select(*(view.c[field.name] for field in fields(DurationRow)))
        .where(view.c.cohort_code == "TOTAL")
        .order_by(view.c.innovation_code, view.c.months)
    )
    return statement, lambda values: DurationRow(**values)


def _counted(row: type, name: str, count: str, *, is_due: bool = False) -> _Query:
    """Count the rows of a view by each combination of the columns that `row` names."""
    view = _view(row, "analytics", name, "is_due")
    grouped = [view.c[field.name] for field in fields(row) if field.name != count]
    statement = sa.select(*grouped, sa.func.count().label(count)).group_by(*grouped).order_by(*grouped)
    return (statement.where(view.c.is_due) if is_due else statement), lambda values: row(**values)


def _revisions(since: date | None) -> _Query:
    view = _view(RevisionRow, "analytics", "revisions", "known_on")
    names = ("innovation_code", "state", "known_on")
    corrections = sa.table("corrections", *(sa.column(name) for name in names), schema="analytics")
    corrected = sa.select(
        corrections.c.innovation_code, sa.literal("correction").label("kind"), corrections.c.known_on
    ).where(corrections.c.state == CorrectionState.APPLIED.value, corrections.c.innovation_code.is_not(None))
    events = sa.union_all(sa.select(view.c.innovation_code, view.c.kind, view.c.known_on), corrected).subquery()
    grouped = (events.c.innovation_code, events.c.kind)
    statement = sa.select(*grouped, sa.func.count().label("n_returns")).group_by(*grouped).order_by(*grouped)
    is_later = sa.false() if since is None else events.c.known_on > since
    return statement.where(is_later), lambda values: RevisionRow(**values)
