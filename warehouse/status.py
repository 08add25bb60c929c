"""What `essaim status` shows, read from the published copy."""

import sqlalchemy as sa

from schemas.enums import CheckOutcome, ReceiptOutcome, ReturnOutcome, ReturnState
from schemas.settings import ProjectPaths
from schemas.tables import (
    QUESTIONNAIRE_DIFFERENCES,
    RECEIPTS,
    RETURNS,
    RUNS,
    SOURCE_CHECKS,
    WITHDRAWALS,
    sql_table,
)
from warehouse.alerts import dead_letters as dead_letters_said
from warehouse.published import QueryResult, read
from warehouse.sql import as_text

NEED_A_PERSON = (ReturnState.MISSING, ReturnState.QUARANTINED, ReturnState.PARTIAL, ReturnState.UNVERIFIABLE)
"""The states that no run can settle by itself."""

_COLUMNS = (
    "expected_return_id",
    "structure_name",
    "state",
    "due_on",
    "arrived_on",
    "days_late",
    "snoozed_until_on",
    "answered_pct",
    "evaluator_codes",
)


def expected_returns(paths: ProjectPaths, *, every: bool) -> QueryResult:
    """The expected returns that need a person, or all of them, by state and due date."""
    view = sa.table("return_status", *(sa.column(name) for name in _COLUMNS), schema="analytics")
    statement = sa.select(view).order_by(view.c.state, view.c.due_on, view.c.expected_return_id)
    if not every:
        statement = statement.where(view.c.state.in_([state.value for state in NEED_A_PERSON]))
    return read(paths, as_text(statement), is_ours=True)


def last_runs(paths: ProjectPaths) -> QueryResult:
    """The last five runs, the latest first. Instants are UTC."""
    runs = sql_table(RUNS).c
    columns = (runs.run_id, runs.as_of_on, runs.outcome, runs.started_at, runs.ended_at)
    return read(paths, as_text(sa.select(*columns).order_by(runs.started_at.desc()).limit(5)), is_ours=True)


def unread() -> sa.Executable:
    """Asks which sources could not be read when they were last tried."""
    checks = sql_table(SOURCE_CHECKS)
    ranked = sa.select(
        checks,
        sa.func.row_number()
        .over(partition_by=checks.c.source_id, order_by=(checks.c.known_at.desc(), checks.c.loaded_at.desc()))
        .label("place"),
    ).subquery()
    return (
        sa.select(ranked.c.source_id, ranked.c.outcome, ranked.c.detail)
        .where(ranked.c.place == 1, ranked.c.outcome != CheckOutcome.READ.value)
        .order_by(ranked.c.source_id)
    )


def unread_sources(paths: ProjectPaths) -> QueryResult:
    """The sources that could not be read when they were last tried."""
    return read(paths, as_text(unread()), is_ours=True)


def unused_receipts(paths: ProjectPaths) -> QueryResult:
    """What came in and could not be used, and was not loaded since."""
    receipts, returns = sql_table(RECEIPTS).c, sql_table(RETURNS).c
    was_loaded = sa.exists().where(
        returns.source_id == receipts.source_id,
        returns.origin == receipts.origin,
        returns.outcome == ReturnOutcome.LOADED.value,
        returns.loaded_at > receipts.loaded_at,
    )
    statement = (
        sa.select(receipts.origin, receipts.outcome, receipts.detail)
        .where(receipts.outcome != ReceiptOutcome.READ.value, ~was_loaded)
        .order_by(receipts.origin)
    )
    return read(paths, as_text(statement), is_ours=True)


def changed_questionnaires(paths: ProjectPaths) -> QueryResult:
    """How the surveys differ from what their crosswalks were written for, as they were last found."""
    told = sql_table(QUESTIONNAIRE_DIFFERENCES)
    ranked = sa.select(
        told,
        sa.func.dense_rank().over(partition_by=told.c.source_id, order_by=told.c.loaded_at.desc()).label("recency"),
    ).subquery()
    statement = (
        sa.select(ranked.c.source_id, ranked.c.kind, ranked.c.question_code, ranked.c.found, ranked.c.breaks)
        .where(ranked.c.recency == 1, ranked.c.place > 0)
        .order_by(ranked.c.source_id, ranked.c.place)
    )
    return read(paths, as_text(statement), is_ours=True)


def withdrawn_responses(paths: ProjectPaths) -> QueryResult:
    """The responses that were collected and no longer count: they vanished, or are another structure's."""
    told = sql_table(WITHDRAWALS)
    ranked = sa.select(
        told,
        sa.func.row_number()
        .over(
            partition_by=(told.c.expected_return_id, told.c.respondent),
            order_by=(told.c.known_at.desc(), told.c.loaded_at.desc()),
        )
        .label("place"),
    ).subquery()
    statement = (
        sa.select(ranked.c.source_id, ranked.c.respondent, ranked.c.expected_return_id, ranked.c.reason)
        .where(ranked.c.place == 1, ranked.c.is_withdrawn)
        .order_by(ranked.c.source_id, ranked.c.respondent)
    )
    return read(paths, as_text(statement), is_ours=True)


def dead_letters(paths: ProjectPaths) -> QueryResult:
    """The messages that were refused for good, and after which none reached the same recipient."""
    return read(paths, as_text(dead_letters_said()), is_ours=True)
