"""Read the contents of `essaim status` from the published data.

Reads `analytics.return_status`, `ops.runs`, `ops.receipts`, `ops.messages`, `raw.source_checks`, `raw.returns`,
`raw.findings`, `raw.questionnaire_differences` and `raw.withdrawals`.
"""

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import aggregate_order_by

from schemas.enums import CheckOutcome, ReceiptOutcome, ReturnOutcome, ReturnState, Severity, StateReason
from schemas.selection import Selection
from schemas.settings import ProjectPaths
from schemas.tables import (
    FINDINGS,
    QUESTIONNAIRE_DIFFERENCES,
    RECEIPTS,
    RETURNS,
    RUNS,
    SOURCE_CHECKS,
    WITHDRAWALS,
    sql_table,
)
from warehouse.alerts import dead_letters as dead_letters_statement
from warehouse.published import QueryResult, read
from warehouse.sql import as_text

NEED_A_PERSON = (ReturnState.MISSING, ReturnState.QUARANTINED, ReturnState.PARTIAL, ReturnState.UNVERIFIABLE)
"""The states that no run can resolve by itself."""

_EVERYTHING = Selection()
_COLUMNS = (
    "expected_return_id",
    "structure_name",
    "state",
    "state_reason",
    "due_on",
    "arrived_on",
    "days_late",
    "snoozed_until_on",
    "answered_pct",
    "evaluator_codes",
    "substitute_codes",
    "survey_closure",
    "survey_closure_on",
)


def expected_returns(paths: ProjectPaths, *, every: bool, selection: Selection = _EVERYTHING) -> QueryResult:
    """Return the expected returns that need a person, or with `every` all of them, by state and due date.

    A return that is open needs a person if nobody can answer its survey. Substitutes follow like evaluators.
    """
    names = (*_COLUMNS, "structure_code", "innovation_code")
    view = sa.table("return_status", *(sa.column(name) for name in names), schema="analytics")
    shown = sa.select(*(view.c[name] for name in _COLUMNS))
    statement = shown.order_by(view.c.state, view.c.due_on, view.c.expected_return_id)
    for column, codes in (("structure_code", selection.structures), ("innovation_code", selection.innovations)):
        if codes:
            statement = statement.where(view.c[column].in_(codes))
    if selection.evaluators:
        lists = [sa.func.concat(", ", view.c[name], ",") for name in ("evaluator_codes", "substitute_codes")]
        statement = statement.where(
            sa.or_(*(one.contains(f" {code},", autoescape=True) for one in lists for code in selection.evaluators))
        )
    if not every:
        needs_a_person = view.c.state.in_([state.value for state in NEED_A_PERSON])
        statement = statement.where(needs_a_person | view.c.survey_closure.is_not(None))
    return read(paths, as_text(statement), is_ours=True)


def sent_again_with_errors(paths: ProjectPaths) -> QueryResult:
    """Return each received return of which a newer version is quarantined, with the number of its errors."""
    names = ("expected_return_id", "structure_name", "state", "arrived_on", "quarantined_return_id")
    status = sa.table("return_status", *(sa.column(name) for name in names), schema="analytics").c
    findings = sql_table(FINDINGS).c
    is_of_version = (findings.return_id == status.quarantined_return_id) & (findings.severity == Severity.ERROR.value)
    places = sa.select(sa.func.count(findings.location.distinct())).where(is_of_version).scalar_subquery()
    statement = (
        sa.select(*(status[name] for name in names[:-1]), places.label("to_correct"))
        .where(status.quarantined_return_id.is_not(None), status.arrived_on.is_not(None))
        .order_by(status.expected_return_id)
    )
    return read(paths, as_text(statement), is_ours=True)


def last_runs(paths: ProjectPaths) -> QueryResult:
    """Return the last five runs, the latest first. Instants are UTC."""
    runs = sql_table(RUNS).c
    columns = (runs.run_id, runs.as_of_on, runs.outcome, runs.started_at, runs.ended_at)
    return read(paths, as_text(sa.select(*columns).order_by(runs.started_at.desc()).limit(5)), is_ours=True)


def unread() -> sa.Executable:
    """Return the statement that selects the sources whose latest check failed."""
    checks = sql_table(SOURCE_CHECKS)
    ranked = sa.select(
        checks,
        sa.func.row_number()
        .over(partition_by=checks.c.source_id, order_by=(checks.c.known_at.desc(), checks.c.loaded_at.desc()))
        .label("place"),
    ).subquery()
    return (
        sa.select(ranked.c.source_id, ranked.c.outcome, ranked.c.detail)
        .where(ranked.c.place == 1, ranked.c.outcome.not_in([CheckOutcome.READ.value, CheckOutcome.CONCLUDED.value]))
        .order_by(ranked.c.source_id)
    )


def unread_sources(paths: ProjectPaths) -> QueryResult:
    """Return the sources whose latest check failed, with the reason."""
    return read(paths, as_text(unread()), is_ours=True)


def unused_receipts(paths: ProjectPaths) -> QueryResult:
    """Return the receipts that could not be used and from whose origin no return was loaded since."""
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
    """Return the differences between each live questionnaire and its baseline, as of their latest comparison."""
    rows = sql_table(QUESTIONNAIRE_DIFFERENCES)
    ranked = sa.select(
        rows,
        sa.func.dense_rank().over(partition_by=rows.c.source_id, order_by=rows.c.loaded_at.desc()).label("recency"),
    ).subquery()
    statement = (
        sa.select(ranked.c.source_id, ranked.c.kind, ranked.c.question_code, ranked.c.found, ranked.c.breaks)
        .where(ranked.c.recency == 1, ranked.c.place > 0)
        .order_by(ranked.c.source_id, ranked.c.place)
    )
    return read(paths, as_text(statement), is_ours=True)


def unplaced_responses(paths: ProjectPaths) -> QueryResult:
    """Return each response whose occasion is not known, whether it was submitted, and the occasions it may answer."""
    names = ("enrolment_id", "occasion_code", "instrument_code", "quarantined_return_id", "state_reason", "due_on")
    status = sa.table("return_status", *(sa.column(name) for name in names), schema="analytics").c
    returns = sql_table(RETURNS).c
    versions = sa.select(returns.return_id, returns.origin, returns.is_submitted).distinct().subquery().c
    occasions = aggregate_order_by(sa.literal_column("', '"), status.due_on)
    statement = (
        sa.select(
            versions.origin,
            versions.is_submitted,
            status.enrolment_id,
            status.instrument_code,
            sa.func.string_agg(status.occasion_code, occasions).label("may_answer"),
        )
        .where(status.quarantined_return_id == versions.return_id, status.state_reason == StateReason.UNPLACED.value)
        .group_by(versions.origin, versions.is_submitted, status.enrolment_id, status.instrument_code)
        .order_by(versions.origin)
    )
    return read(paths, as_text(statement), is_ours=True)


def withdrawn_responses(paths: ProjectPaths) -> QueryResult:
    """Return the loaded responses that no longer count: deleted from the survey, or reassigned to another structure."""
    rows = sql_table(WITHDRAWALS)
    ranked = sa.select(
        rows,
        sa.func.row_number()
        .over(
            partition_by=(rows.c.expected_return_id, rows.c.respondent),
            order_by=(rows.c.known_at.desc(), rows.c.loaded_at.desc()),
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
    """Return the permanently rejected messages after which no message reached the same recipient."""
    return read(paths, as_text(dead_letters_statement()), is_ours=True)
