"""Test the SQL of the project with random observations: the share with a first result equals lifelines' estimate."""

from collections.abc import Generator
from datetime import date, timedelta
from typing import Any

import duckdb
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from lifelines import KaplanMeierFitter
from models import model_sql

MONTHS = (3, 6, 9, 12, 15, 18)
ANCHOR = date(2016, 1, 1)
ABOVE = 4.0


@st.composite
def followed(draw: st.DrawFn) -> dict[str, Any]:
    """Draw the reported values of a structure by occasion (None: no report or no value), and when it left."""
    return {
        "cohort_code": draw(st.sampled_from(["V-1", "V-2"])),
        "values": draw(st.lists(st.none() | st.integers(0, 5), min_size=len(MONTHS), max_size=len(MONTHS))),
        "left_after": draw(st.sampled_from([None, None, None, 1, 7, 12])),
    }


@pytest.fixture(scope="module")
def connection() -> Generator[duckdb.DuckDBPyConnection]:
    with duckdb.connect() as opened:
        opened.execute("create table stg_programme__results as select 'VITA' as innovation_code, 'n' as indicator_code")
        opened.execute(f"alter table stg_programme__results add column above double default {ABOVE}")
        opened.execute("alter table stg_programme__results add column value text")
        listed = ", ".join(f"('M{months:02}', {months}::bigint)" for months in MONTHS)
        opened.execute(f"create table dim_occasion as from (values {listed}) occasions (occasion_code, months)")
        yield opened


def due_on(months: int) -> date:
    return ANCHOR + timedelta(days=30 * months)


def load(connection: duckdb.DuckDBPyConnection, cohort: list[dict[str, Any]]) -> None:
    enrolments, observations, expected = [], [], []
    for i, one in enumerate(cohort):
        name = f"{one['cohort_code']}/S{i}"
        left_on = None if one["left_after"] is None else due_on(one["left_after"])
        enrolments.append({
            "enrolment_id": name, "innovation_code": "VITA", "cohort_code": one["cohort_code"], "left_on": left_on,
        })  # fmt: skip
        for months, value in zip(MONTHS, one["values"], strict=True):
            keys = {"expected_return_id": f"{name}/M{months:02}/tableau", "enrolment_id": name}
            expected.append({**keys, "due_on": due_on(months)})
            observations.append({
                **keys, "innovation_code": "VITA", "indicator_code": "n", "occasion_code": f"M{months:02}",
                "value_number": value, "missing_reason": "not_communicated" if value is None else None,
            })  # fmt: skip
    text, day = pa.string(), pa.date32()
    ids = [("expected_return_id", text), ("enrolment_id", text)]
    shapes = {
        "dim_enrolment": (enrolments, [
            ("enrolment_id", text), ("innovation_code", text), ("cohort_code", text), ("left_on", day),
        ]),
        "fct_expected_return": (expected, [*ids, ("due_on", day)]),
        "fct_observation": (observations, [
            *ids, ("innovation_code", text), ("indicator_code", text), ("occasion_code", text),
            ("value_number", pa.float64()), ("value_text", text), ("missing_reason", text),
        ]),
    }  # fmt: skip
    for name, (rows, columns) in shapes.items():
        connection.register(name, pa.Table.from_pylist(rows, schema=pa.schema(columns)))


def duration(one: dict[str, Any]) -> tuple[int, bool] | None:
    """Return the duration in months, and whether a result was observed, from a plain loop over the reported values."""
    seen = 0
    for months, value in zip(MONTHS, one["values"], strict=True):
        if one["left_after"] is not None and months > one["left_after"]:
            break
        if value is not None and value > ABOVE:
            return months, True
        if value is not None:
            seen = months
    return (seen, False) if seen else None


@pytest.mark.slow
@settings(max_examples=60)
@given(st.lists(followed(), min_size=1, max_size=40))
def test_the_share_with_a_first_result_is_the_estimate_of_lifelines(
    connection: duckdb.DuckDBPyConnection, cohort: list[dict[str, Any]]
):
    load(connection, cohort)
    columns = "months, reached_share, n_at_risk, n_events, n_censored, n_reported, n_expected, lower_value, upper_value"
    sql = model_sql("analytics", "adoption_duration", as_of=date(2019, 1, 1))
    for code in ("V-1", "V-2", "TOTAL"):
        members = [one for one in cohort if code in (one["cohort_code"], "TOTAL")]
        rows = connection.execute(
            f"select {columns} from ({sql}) where cohort_code = '{code}' order by months"
        ).fetchall()
        assert [row[0] for row in rows] == (list(MONTHS) if members else [])
        observed = [known for one in members if (known := duration(one)) is not None]
        fitter = KaplanMeierFitter().fit(*zip(*observed, strict=True)) if observed else None
        for months, share, at_risk, events, censored, reported, expected, lower, upper in rows:
            assert (reported, expected) == (len(observed), len(members))
            assert at_risk == sum(last >= months for last, _ in observed)
            assert (events, censored) == tuple(observed.count((months, shown)) for shown in (True, False))
            if fitter is None or at_risk == 0:
                assert share is None
                continue
            assert share == pytest.approx(1 - float(fitter.predict(months)), abs=1e-9)
            assert lower <= sum(shown and last <= months for last, shown in observed) / len(members) <= upper
