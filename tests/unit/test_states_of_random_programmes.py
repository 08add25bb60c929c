"""Test the SQL of the project with random returns: no wrong or lacking alert, and no rate over 100 %."""

from collections.abc import Generator
from datetime import date, timedelta
from typing import Any

import duckdb
import pyarrow as pa
import pytest
from chasing import programme
from hypothesis import given, settings
from hypothesis import strategies as st
from models import model_sql

from schemas.enums import AlertKind, DecisionKind, ReturnState, StateReason
from tasks.alerts import LEAD, alerts_due
from warehouse.views import ReturnStatus

TODAY = date(2018, 7, 16)
DAYS = st.integers(-60, 60).map(lambda days: TODAY + timedelta(days=days))
PAST = st.integers(0, 60).map(lambda days: TODAY - timedelta(days=days))
CHASED = set(AlertKind) - {
    AlertKind.DUE_SOON,
    AlertKind.UNVERIFIABLE,
    AlertKind.REMINDED,
    AlertKind.NEWER_TO_BE_CORRECTED,
}
RATES = ("returned_pct", "on_time_pct", "usable_pct", "rr5_pct", "rr6_pct")


@st.composite
def returns(draw: st.DrawFn) -> dict[str, Any]:
    """Draw one expected return, with its received versions, checks and decisions."""
    due_on = draw(DAYS)
    came = draw(st.sampled_from(["nothing", "break_off", "partial", "complete"]))
    core = draw(st.integers(0, 5))
    is_due_after_leaving = draw(st.sampled_from([False, False, False, True]))
    return {
        "due_on": due_on,
        "opens_on": due_on - timedelta(days=draw(st.sampled_from([0, 10, 30]))),
        "on_time_until_on": due_on + timedelta(days=draw(st.sampled_from([0, 15]))),
        "is_due_after_leaving": is_due_after_leaving,
        "is_answered_by_heir": is_due_after_leaving and draw(st.booleans()),
        "source_id": draw(st.sampled_from(["read", "read", "down", "never"])),
        "came": came,
        "arrived_on": draw(PAST) if came == "complete" else None,
        "quarantined_return_id": draw(st.sampled_from([None, None, "faulty", "ours", "unplaced"])),
        "is_submitted": draw(st.booleans()),
        "vanished": draw(st.sampled_from([False, False, True])),
        "is_completed": draw(st.sampled_from([False, False, True])),
        "is_used_up": draw(st.booleans()),
        "is_set_aside": draw(st.sampled_from([False, False, False, True])),
        "quarantined_on": draw(PAST),
        "is_nothing_stated": draw(st.booleans()),
        "nothing_decided_on": draw(st.none() | PAST),
        "waived": draw(st.sampled_from([False, False, False, True])),
        "snoozed_until_on": draw(st.none() | DAYS),
        "innovation_code": draw(st.sampled_from(["VITA", "LREF"])),
        "n_core_items": core,
        "n_core_items_with_value": draw(st.integers(0, core)) if came in ("partial", "complete") else 0,
    }


@pytest.fixture(scope="module")
def connection() -> Generator[duckdb.DuckDBPyConnection]:
    with duckdb.connect() as opened:
        opened.execute(
            "create table stg_source_checks as "
            "select * from (values ('read', 'read', null), ('down', 'unreachable', null)) "
            "checks (source_id, outcome, detail)"
        )
        opened.execute(
            "create table stg_findings as select * from (values "
            "('faulty', 'error', 'sender'), ('ours', 'error', 'programme'), ('unplaced', 'error', 'placement')) "
            "findings (return_id, severity, resolved_by)"
        )
        opened.execute(
            "create table stg_returns as select * from (values ('submitted', true), ('begun', false)) "
            "returns (return_id, is_submitted)"
        )
        opened.execute("alter table stg_returns add column answered_at timestamp")
        opened.execute("alter table stg_returns add column respondent text")
        opened.execute("alter table stg_returns add column expected_return_id text")
        yield opened


def load(connection: duckdb.DuckDBPyConnection, owed: list[dict[str, Any]], collected_on: date = TODAY) -> None:
    """Return the tables that the model of the states reads."""
    day, text = pa.date32(), pa.string()
    names = [f"{one['innovation_code']}-1/S{i}/M06/tableau" for i, one in enumerate(owed)]
    expected = pa.Table.from_pylist(
        [
            {
                "expected_return_id": name,
                "enrolment_id": name.rsplit("/", 2)[0],
                "cohort_code": name.split("/")[0],
                "occasion_code": "M06",
                "instrument_code": "tableau",
                "instrument_version": 1,
                "instrument_kind": "workbook",
                "filled_by": "structure",
                "minimum_respondents": 1,
                "locked_on": None,
                **{key: one[key] for key in ("innovation_code", "source_id")},
                **{key: one[key] for key in ("is_due_after_leaving", "is_answered_by_heir")},
                **{key: one[key] for key in ("opens_on", "due_on", "on_time_until_on")},
                "original_due_on": one["due_on"],
                "original_on_time_until_on": one["on_time_until_on"],
                **{key: one[key] for key in ("n_core_items", "n_core_items_with_value")},
            }
            for name, one in zip(names, owed, strict=True)
        ]
    )
    came = pa.Table.from_pylist(
        [
            {
                "expected_return_id": name,
                "completeness": None if one["came"] == "nothing" else one["came"],
                "arrived_on": one["arrived_on"],
                "current_return_id": None if one["came"] in ("nothing", "break_off") else "current",
                "latest_return_id": "submitted" if one["is_submitted"] else "begun",
                "n_respondents": int(one["arrived_on"] is not None),
                "quarantined_return_id": one["quarantined_return_id"],
                "quarantined_on": one["quarantined_on"] if one["quarantined_return_id"] else None,
                "is_nothing_stated": one["is_nothing_stated"] and one["came"] == "complete",
            }
            for name, one in zip(names, owed, strict=True)
            if one["came"] != "nothing" or one["quarantined_return_id"]
        ],
        schema=pa.schema(
            {
                "expected_return_id": text,
                "completeness": text,
                "arrived_on": day,
                "current_return_id": text,
                "latest_return_id": text,
                "n_respondents": pa.int64(),
                "quarantined_return_id": text,
                "quarantined_on": day,
                "is_nothing_stated": pa.bool_(),
            }
        ),
    )
    respondents = came.select(["expected_return_id", "latest_return_id"])
    of_names = list(zip(names, owed, strict=True))
    vanished = [{"expected_return_id": name, "reason": "vanished"} for name, one in of_names if one["vanished"]]
    withdrawals = pa.Table.from_pylist(
        vanished, schema=pa.schema(dict.fromkeys(("expected_return_id", "respondent", "reason"), text))
    )
    completed = pa.Table.from_pylist(
        [
            {"expected_return_id": name, "is_used_up": one["is_used_up"]}
            for name, one in of_names
            if one["is_completed"]
        ],
        schema=pa.schema({"expected_return_id": text, "is_used_up": pa.bool_()}),
    )
    set_aside = pa.Table.from_pylist(
        [{"expected_return_id": name} for name, one in of_names if one["is_set_aside"]],
        schema=pa.schema({"expected_return_id": text}),
    )
    decided = [
        {"kind": kind.value, "subject_id": name, "effective_on": on, "decided_on": one["nothing_decided_on"]}
        for name, one in zip(names, owed, strict=True)
        for kind, holds, on in (
            (DecisionKind.WAIVE, one["waived"], None),
            (DecisionKind.NOTHING, one["nothing_decided_on"] is not None, None),
            (DecisionKind.SNOOZE, one["snoozed_until_on"] is not None, one["snoozed_until_on"]),
        )
        if holds
    ]
    columns = {"kind": text, "subject_id": text, "effective_on": day, "decided_on": day}
    decisions = pa.Table.from_pylist(decided, schema=pa.schema(columns))
    for table, rows in (
        ("int_expected_returns", expected),
        ("int_current_returns", came),
        ("int_respondents", respondents),
        ("stg_withdrawals", withdrawals),
        ("stg_completed_participants", completed),
        ("stg_set_aside_responses", set_aside),
        ("stg_decisions", decisions),
    ):
        connection.register("arriving", rows)
        connection.execute(f"create or replace table {table} as select * from arriving")
        connection.unregister("arriving")
    for model in ("int_return_states", "int_return_reasons"):
        sql = model_sql("intermediate", model, as_of=TODAY, collected_on=collected_on)
        connection.execute(f"create or replace table {model} as {sql}")


def statuses(connection: duckdb.DuckDBPyConnection) -> list[ReturnStatus]:
    answer = connection.execute(
        "select states.*, reasons.state_reason, coalesce(is_programme_to_mend, false) as is_programme_to_mend "
        "from int_return_states as states left join int_return_reasons as reasons using (expected_return_id)"
    )
    names = [column[0] for column in answer.description]
    rows: list[dict[str, Any]] = [dict(zip(names, row, strict=True)) for row in answer.fetchall()]
    own: dict[str, Any] = {"structure_code": "", "structure_name": "", "days_late": None, "n_respondents": 0}
    own |= {"survey_closure": None, "survey_closure_on": None}
    wanted = {field for field in ReturnStatus.__slots__ if field not in own}
    for row in rows:
        row["state"] = ReturnState(row["state"])
        row["state_reason"] = row["state_reason"] and StateReason(row["state_reason"])
    return [ReturnStatus(**own, **{key: row[key] for key in wanted}) for row in rows]


def is_nothing_decided(one: dict[str, Any]) -> bool:
    """Return whether it stands that there is nothing to report: nothing counts, nor came later to be corrected."""
    if one["nothing_decided_on"] is None or one["came"] in ("partial", "complete"):
        return False
    return one["quarantined_return_id"] is None or one["quarantined_on"] <= one["nothing_decided_on"]


def state_in_words(one: dict[str, Any], collected_on: date) -> ReturnState:
    """Return the table of docs/definitions.md, line by line."""
    lines = [
        (ReturnState.LEFT, one["is_answered_by_heir"]),
        (ReturnState.LEFT, one["is_due_after_leaving"] and one["arrived_on"] is None),
        (ReturnState.WAIVED, one["waived"] and one["arrived_on"] is None),
        (ReturnState.NOTHING_TO_REPORT, one["arrived_on"] is not None and one["is_nothing_stated"]),
        (ReturnState.NOTHING_TO_REPORT, is_nothing_decided(one)),
        (ReturnState.RECEIVED, one["arrived_on"] is not None and one["arrived_on"] <= one["on_time_until_on"]),
        (ReturnState.LATE, one["arrived_on"] is not None),
        (ReturnState.QUARANTINED, one["quarantined_return_id"] is not None),
        (ReturnState.PARTIAL, one["came"] == "partial"),
        (ReturnState.SCHEDULED, one["opens_on"] > TODAY),
        (ReturnState.OPEN, one["on_time_until_on"] >= TODAY),
        (ReturnState.UNVERIFIABLE, one["source_id"] != "read" or collected_on <= one["on_time_until_on"]),
        (ReturnState.MISSING, True),
    ]
    return next(state for state, holds in lines if holds)


@pytest.mark.slow
@settings(max_examples=60)
@given(
    owed=st.lists(returns(), min_size=1, max_size=12),
    collected_on=st.integers(0, 40).map(lambda days: TODAY - timedelta(days=days)),
)
def test_the_states_are_those_of_the_definitions_and_nobody_is_chased_wrongly_or_forgotten(
    connection: duckdb.DuckDBPyConnection, owed: list[dict[str, Any]], collected_on: date
):
    load(connection, owed, collected_on)
    found = {status.expected_return_id: status for status in statuses(connection)}
    alerts = alerts_due(programme(lead=True, escalate_after_days=30), found.values(), TODAY)
    alerted = {(alert.status.expected_return_id, alert.recipient_code) for alert in alerts}
    assert len(alerted) == len(alerts)
    for i, one in enumerate(owed):
        name = f"{one['innovation_code']}-1/S{i}/M06/tableau"
        status, kinds = found[name], {alert.kind for alert in alerts if alert.status.expected_return_id == name}
        assert status.state is state_in_words(one, collected_on)
        is_snoozed = one["snoozed_until_on"] is not None and one["snoozed_until_on"] > TODAY
        is_sent_again = one["arrived_on"] is not None and one["quarantined_return_id"] is not None and not is_snoozed
        if is_sent_again and not one["is_answered_by_heir"]:
            assert kinds == {AlertKind.NEWER_TO_BE_CORRECTED}
        elif one["waived"] or one["is_due_after_leaving"] or is_snoozed or one["arrived_on"] is not None:
            assert not kinds
        if is_nothing_decided(one):
            assert not kinds & CHASED
        if kinds & CHASED:
            assert one["source_id"] == "read"
        if AlertKind.MISSING in kinds:
            assert one["on_time_until_on"] < collected_on
            assert one["came"] == "nothing"
            assert not one["vanished"]
            assert not one["is_set_aside"]
        if one["quarantined_return_id"] in ("ours", "unplaced"):
            assert AlertKind.TO_BE_CORRECTED not in kinds
        if status.state is ReturnState.QUARANTINED and one["quarantined_return_id"] == "ours" and kinds & CHASED:
            assert (name, LEAD) in alerted
        if AlertKind.ESCALATED in kinds:
            assert (TODAY - one["due_on"]).days >= 30
        if status.state is ReturnState.MISSING and not is_snoozed:
            followers = {"VITA": {"A", "B"}, "LREF": {"B"}}[one["innovation_code"]]
            assert {code for id_, code in alerted if id_ == name} - {LEAD} == followers


@pytest.mark.slow
@settings(max_examples=60)
@given(owed=st.lists(returns(), min_size=1, max_size=12))
def test_no_rate_is_over_100_and_each_group_s_states_add_up_to_what_was_expected(
    connection: duckdb.DuckDBPyConnection, owed: list[dict[str, Any]]
):
    load(connection, owed)
    connection.execute(
        "create or replace table fct_expected_return as "
        "select states.*, expected.n_core_items, expected.n_core_items_with_value from int_return_states as states "
        "join int_expected_returns as expected using (expected_return_id)"
    )
    connection.execute(
        "create or replace table int_followers as "
        "select distinct enrolment_id, evaluator_code, false as is_substitute from int_expected_returns "
        "join (values ('A', 'VITA'), ('B', 'VITA'), ('B', 'LREF')) follows (evaluator_code, innovation_code) "
        "using (innovation_code)"
    )
    connection.execute(
        "create or replace table int_occasion_attributes as select distinct enrolment_id, occasion_code, "
        "'region' as attribute_code, 'unknown' as value from int_expected_returns"
    )
    answer = connection.execute(model_sql("analytics", "return_rates", as_of=TODAY))
    names = [column[0] for column in answer.description]
    for row in (dict(zip(names, values, strict=True)) for values in answer.fetchall()):
        assert all(row[name] is None or 0 <= row[name] <= 100 for name in RATES)
        states = ("n_received", "n_partial", "n_quarantined", "n_missing", "n_unverifiable", "n_open")
        assert row["n_expected"] == sum(row[name] for name in states)
        assert row["n_received"] == row["n_on_time"] + row["n_late"]
        assert row["n_nothing_to_report"] <= row["n_received"]
        assert (row["returned_pct"] is None) is (row["n_expected"] == 0)
