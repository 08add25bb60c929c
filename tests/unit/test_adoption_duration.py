"""Test the SQL of the project with random observations: the share with a first result equals lifelines' estimate."""

import math
from collections.abc import Generator
from datetime import date
from fractions import Fraction
from statistics import NormalDist
from typing import Any, cast

import duckdb
import pandas as pd
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from lifelines import KaplanMeierFitter
from lifelines.utils import median_survival_times
from models import model_sql

MONTHS = (3, 6, 9, 12, 15, 18)
BEFORE = {"BASE": -1, "END": 0}
"""The occasions before the end of the training and at it."""
ABOVE = 4.0


@st.composite
def followed(draw: st.DrawFn) -> dict[str, Any]:
    """Draw the reported values of a structure by occasion (None: no report or no value), and when it left.

    Nothing is asked before the months `first_asked`, but at the occasions before the training and at its end.
    """
    return {
        "cohort_code": draw(st.sampled_from(["V-1", "V-2"])),
        "first_asked": draw(st.sampled_from([3, 3, 6, 12])),
        "before": draw(st.lists(st.none() | st.sampled_from([0, 0, 0, 4, 5]), min_size=2, max_size=2)),
        "values": draw(st.lists(st.none() | st.integers(0, 5), min_size=len(MONTHS), max_size=len(MONTHS))),
        "left_after": draw(st.sampled_from([None, None, None, 1, 7, 12])),
    }


@pytest.fixture(scope="module")
def connection() -> Generator[duckdb.DuckDBPyConnection]:
    with duckdb.connect() as opened:
        opened.execute("create table stg_programme__results as select 'VITA' as innovation_code, 'n' as indicator_code")
        opened.execute(f"alter table stg_programme__results add column above double default {ABOVE}")
        opened.execute("alter table stg_programme__results add column value text")
        occasions = {**BEFORE, **{f"M{months:02}": months for months in MONTHS}}
        listed = ", ".join(f"('{code}', {months}::bigint, {months * 30})" for code, months in occasions.items())
        columns = "occasion_code, months, offset_days"
        opened.execute(f"create table dim_occasion as from (values {listed}) occasions ({columns})")
        opened.execute("create table int_asked_items as select 'tableau' as instrument_code, 1 as instrument_version")
        opened.execute("alter table int_asked_items add column innovation_code text default 'VITA'")
        opened.execute("alter table int_asked_items add column indicator_code text default 'n'")
        yield opened


def load(connection: duckdb.DuckDBPyConnection, cohort: list[dict[str, Any]]) -> None:
    enrolments, observations, expected, planned = [], [], [], []
    for i, one in enumerate(cohort):
        name = f"{one['cohort_code']}/S{i}"
        enrolment = {"enrolment_id": name, "innovation_code": "VITA", "cohort_code": one["cohort_code"]}
        enrolments.append({**enrolment, "structure_code": f"S{i}", **one.get("enrolment", {})})
        asked = {**BEFORE, **{f"M{months:02}": months for months in MONTHS}}
        for (code, months), value in zip(asked.items(), one["before"] + one["values"], strict=True):
            keys = {"expected_return_id": f"{name}/{code}/tableau", "enrolment_id": name}
            expected.append({
                **keys, "innovation_code": "VITA", "occasion_code": code,
                "instrument_code": "tableau", "instrument_version": int(is_asked(one, months)),
                "is_due": is_observed(one, months), "current_return_id": None,
            })  # fmt: skip
            planned.append({**keys, "is_due_after_leaving": not is_observed(one, months)})
            if not is_asked(one, months):
                continue
            observations.append({
                **keys, "innovation_code": "VITA", "indicator_code": "n", "occasion_code": code,
                "value_number": value, "missing_reason": "not_communicated" if value is None else None,
            })  # fmt: skip
    text = pa.string()
    ids = [("expected_return_id", text), ("enrolment_id", text)]
    shapes = {
        "dim_enrolment": (enrolments, [
            ("enrolment_id", text), ("innovation_code", text), ("cohort_code", text), ("structure_code", text),
            ("left_on", pa.date32()), ("succession", text), ("heir_enrolment_id", text),
        ]),
        "fct_expected_return": (expected, [
            *ids, ("innovation_code", text), ("occasion_code", text), ("instrument_code", text),
            ("instrument_version", pa.int64()), ("is_due", pa.bool_()), ("current_return_id", text),
        ]),
        "int_expected_returns": (planned, [*ids, ("is_due_after_leaving", pa.bool_())]),
        "fct_observation": (observations, [
            *ids, ("innovation_code", text), ("indicator_code", text), ("occasion_code", text),
            ("value_number", pa.float64()), ("value_text", text), ("missing_reason", text), ("return_id", text),
        ]),
        "int_panel": ([], [
            ("enrolment_id", text), ("innovation_code", text), ("occasion_code", text), ("months", pa.int64()),
            ("indicator_code", text), ("value_number", pa.float64()), ("return_id", text), ("is_left", pa.bool_()),
        ]),
    }  # fmt: skip
    for name, (rows, columns) in shapes.items():
        connection.register(name, pa.Table.from_pylist(rows, schema=pa.schema(columns)))


def is_asked(one: dict[str, Any], months: int) -> bool:
    return months <= 0 or months >= one["first_asked"]


def had_it_before(one: dict[str, Any]) -> bool:
    return any(value is not None and value > ABOVE for value in one["before"])


def is_observed(one: dict[str, Any], months: int) -> bool:
    return one["left_after"] is None or months <= one["left_after"]


def duration(one: dict[str, Any]) -> tuple[int, bool] | None:
    """Return the duration in months, and whether a result was observed, from a plain loop over the reported values."""
    seen = 0
    if had_it_before(one):
        return None
    for months, value in zip(MONTHS, one["values"], strict=True):
        if months < one["first_asked"] or not is_observed(one, months):
            continue
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
    sql = model_sql("analytics", "adoption_duration", as_of=date(2019, 1, 1))
    for code in ("V-1", "V-2", "TOTAL"):
        members = [one for one in cohort if code in (one["cohort_code"], "TOTAL")]
        before = [one for one in members if had_it_before(one)]
        rows = connection.sql(f"from ({sql}) where cohort_code = '{code}' order by months").to_arrow_table().to_pylist()
        assert [row["months"] for row in rows] == (list(MONTHS) if members else [])
        observed = [known for one in members if (known := duration(one)) is not None]
        asked = {
            months for one in members for months in MONTHS if months >= one["first_asked"] and is_observed(one, months)
        }
        fitter = KaplanMeierFitter().fit(*zip(*observed, strict=True)) if observed else None
        without = Fraction(1)
        median = None
        for row in rows:
            months, at_risk = row["months"], sum(last >= row["months"] for last, _ in observed)
            assert (row["n_reported"], row["n_at_risk"]) == (len(observed), at_risk)
            assert (row["n_expected"], row["n_reached_before"]) == (len(members) - len(before), len(before))
            events = observed.count((months, True))
            assert (row["n_events"], row["n_censored"]) == (events, observed.count((months, False)))
            without *= 1 - Fraction(events, at_risk or 1)
            median = median or (months if without <= Fraction(1, 2) else None)
            if not asked or months < min(asked) or len(before) == len(members):
                assert (row["reached_share"], row["lower_value"], row["upper_value"]) == (None, None, None)
                continue
            shown = sum(is_event and last <= months for last, is_event in observed) / (len(members) - len(before))
            assert row["lower_value"] <= shown <= row["upper_value"]
            if fitter is None or (at_risk == 0 and without > 0):
                assert row["reached_share"] is None
            else:
                assert row["reached_share"] == pytest.approx(1 - float(fitter.predict(months)), abs=1e-9)
            assert_interval(row, fitter, without)
        assert {row["median_months"] for row in rows} == ({median} if members else set())
        ends = {(row["median_lower_months"], row["median_upper_months"]) for row in rows}
        assert ends == ({ends_of_median(fitter, rows)} if members else set())


def ends_of_median(fitter: KaplanMeierFitter | None, rows: list[dict[str, Any]]) -> tuple[int | None, int | None]:
    """Return the ends of lifelines' interval of the median; None where a curve does not cross one half.

    lifelines gives an interval where everybody has shown a result, too, which the view does not.
    """
    if fitter is None:
        return None, None
    given = [row["months"] for row in rows if row["confidence_lower"] is not None]
    if not given:
        return None, None
    bounds = fitter.confidence_interval_.reindex(given, method="ffill")
    ((lower, upper),) = cast("pd.DataFrame", median_survival_times(bounds)).to_numpy()
    return (int(lower) if math.isfinite(lower) else None, int(upper) if math.isfinite(upper) else None)


def moved(to: int, cohort: str, left_on: date) -> dict[str, Any]:
    return {"structure_code": "S", "left_on": left_on, "succession": "moved", "heir_enrolment_id": f"{cohort}/S{to}"}


def one(cohort: str, values: dict[int, int], before: int | None = None, **enrolment: Any) -> dict[str, Any]:
    reported = [values.get(months) for months in MONTHS]
    of_cohort = {"cohort_code": cohort, "first_asked": 3, "before": [before, None], "values": reported}
    return {**of_cohort, "left_after": 6 if enrolment.get("succession") else None, "enrolment": enrolment}


FIRST_DAY, SECOND_DAY = date(2018, 6, 30), date(2018, 12, 31)
OTHERS = [one("V-2", {3: 0, 6: 5}), one("V-2", {3: 0})]


@pytest.mark.parametrize(
    ("enrolled", "expected"),
    [
        # It had the result before its first training, and has reported it in the second cohort, or not yet.
        *(
            (
                [one("V-1", {}, 5, **moved(1, "V-2", FIRST_DAY)), one("V-2", values, structure_code="S")],
                {"V-1": (0, 1, 0, 0), "V-2": (2, 1, 2, 1), "TOTAL": (2, 1, 2, 1)},
            )
            for values in ({3: 5}, {})
        ),
        # It showed the result in the first of three cohorts: an event there, and once in TOTAL.
        (
            [
                one("V-1", {3: 0, 6: 5}, **moved(1, "V-2", FIRST_DAY)),
                one("V-2", {}, **moved(2, "V-3", SECOND_DAY)),
                one("V-3", {3: 5}, structure_code="S"),
            ],
            {"V-1": (1, 0, 1, 1), "V-2": (2, 1, 2, 1), "V-3": (0, 1, 0, 0), "TOTAL": (3, 0, 3, 2)},
        ),
        # Without a result, it is known to have none until its last report, wherever that was.
        (
            [one("V-1", {3: 0, 6: 0}, **moved(1, "V-2", FIRST_DAY)), one("V-2", {}, structure_code="S")],
            {"V-1": (1, 0, 1, 0), "V-2": (3, 0, 2, 1), "TOTAL": (3, 0, 3, 1)},
        ),
        (
            [one("V-1", {3: 0}, **moved(1, "V-2", FIRST_DAY)), one("V-2", {3: 0, 6: 5}, structure_code="S")],
            {"V-1": (1, 0, 1, 0), "V-2": (3, 0, 3, 2), "TOTAL": (3, 0, 3, 2)},
        ),
    ],
)
def test_a_structure_that_moved_shows_its_first_result_once(
    connection: duckdb.DuckDBPyConnection,
    enrolled: list[dict[str, Any]],
    expected: dict[str, tuple[int, int, int, int]],
):
    load(connection, [*enrolled, *OTHERS])
    sql = model_sql("analytics", "adoption_duration", as_of=date(2019, 1, 1))
    counts = "n_expected, max(n_reached_before), max(n_reported), cast(sum(n_events) as bigint)"
    rows = connection.sql(f"select cohort_code, {counts} from ({sql}) group by cohort_code, n_expected").fetchall()
    assert {code: tuple(found) for code, *found in rows} == expected
    # At the third month, nobody of TOTAL had shown it since the training, and all were known not to have.
    bounds = connection.sql(f"select lower_value, upper_value from ({sql}) where cohort_code = 'TOTAL' and months = 3")
    assert bounds.fetchall() == [(0, 0)]


@pytest.mark.parametrize(
    ("first_results", "expected"),
    [
        ([8, 8, 8, 8, 8, 0], (9, 9, 12)),
        ([2, 17, 3, 10, 6, 2], (12, 6, 12)),
        # Fewer than half have shown a result: the median may be any time from the lower end on.
        ([0, 6, 6, 6, 0, 0], (None, 12, None)),
        ([1, 0, 0, 0, 0, 0], (None, None, None)),
    ],
)
def test_the_interval_of_the_median_is_where_that_of_the_share_reaches_one_half(
    connection: duckdb.DuckDBPyConnection, first_results: list[int], expected: tuple[int | None, ...]
):
    months = [months for months, n in zip(MONTHS, first_results, strict=True) for _ in range(n)]
    shown = [one("V-1", dict.fromkeys(MONTHS, 0) | {first: 5}) for first in months]
    not_shown = [one("V-1", dict.fromkeys(MONTHS, 0)) for _ in range(48 - len(months))]
    load(connection, shown + not_shown)
    sql = model_sql("analytics", "adoption_duration", as_of=date(2019, 1, 1))
    rows = connection.sql(f"from ({sql}) where cohort_code = 'V-1' order by months").to_arrow_table().to_pylist()
    ends = {(row["median_months"], row["median_lower_months"], row["median_upper_months"]) for row in rows}
    assert ends == {expected}
    last = MONTHS[-1]
    fitter = KaplanMeierFitter().fit(months + [last] * len(not_shown), [True] * len(months) + [False] * len(not_shown))
    assert ends_of_median(fitter, rows) == expected[1:]


def assert_interval(row: dict[str, Any], fitter: KaplanMeierFitter | None, without: Fraction) -> None:
    """Hold the interval against that of lifelines; none is defined at a share of 0 or 1."""
    given = (row["confidence_lower"], row["confidence_upper"])
    if fitter is None or row["reached_share"] is None or without in (0, 1):
        assert (*given, row["standard_error"]) == (None, None, None)
        return
    interval = fitter.confidence_interval_cumulative_density_
    place = int(interval.index.searchsorted(row["months"], side="right")) - 1
    ends = interval.to_numpy(dtype=float)[place]
    assert given == pytest.approx(tuple(ends), abs=1e-9)
    # lifelines gives no standard error: the lower end of its interval holds Greenwood's sum.
    lower = 1 - float(ends[1])
    logged = math.log(without)
    deviation = math.log(math.log(lower) / logged) * -logged / NormalDist().inv_cdf(0.975)
    assert row["standard_error"] == pytest.approx(float(without) * deviation, abs=1e-6)
