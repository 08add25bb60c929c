"""Test that overdue runs are reported."""

from datetime import date, timedelta
from itertools import pairwise
from pathlib import Path

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from schemas.run_intervals import REGULAR_RUNS, RegularRun
from tasks.schedule.overdue_runs import overdue_runs

TODAY = date(2019, 3, 31)
CRONS = {
    deployment["tags"][-1]: deployment["schedules"][0]["cron"]
    for deployment in yaml.safe_load((Path(__file__).parents[2] / "prefect.yaml").read_text(encoding="utf-8"))[
        "deployments"
    ]
    if "schedules" in deployment
}


def is_scheduled(cron: str, day: date) -> bool:
    """Return True if a cron line of prefect.yaml matches a day."""
    _, _, of_month, months, of_week = cron.split()

    def named(field: str, value: int) -> bool:
        ranges = [part.split("-") for part in field.split(",")]
        return field == "*" or any(int(one[0]) <= value <= int(one[-1]) for one in ranges)

    return named(of_month, day.day) and named(months, day.month) and named(of_week, day.isoweekday())


@pytest.mark.parametrize("run", REGULAR_RUNS, ids=lambda run: run.name)
def test_a_run_is_overdue_a_day_after_the_longest_time_that_its_schedule_leaves(run: RegularRun):
    first = date(2015, 1, 1)
    days = [day for n in range(366 * 9) if is_scheduled(CRONS[run.name], day := first + timedelta(days=n))]
    longest = max((after - before).days for before, after in pairwise(days))
    assert run.overdue_after_days == longest + 1


def test_every_scheduled_run_is_watched():
    assert {run.name for run in REGULAR_RUNS} == set(CRONS)


@given(st.dictionaries(st.sampled_from([run.command for run in REGULAR_RUNS]), st.integers(0, 200)))
def test_what_never_ran_is_not_missed_and_what_is_late_is_named(days_ago: dict[str, int]):
    last = {command: TODAY - timedelta(days=days) for command, days in days_ago.items()}
    sentences = list(overdue_runs(last, TODAY))
    late = [run for run in REGULAR_RUNS if days_ago.get(run.command, 0) > run.overdue_after_days]
    assert len(sentences) == len(late)
    for sentence, run in zip(sentences, late, strict=True):
        assert sentence.startswith(f"The {run.name} run is overdue")


def test_a_collection_is_not_asked_to_collect():
    last = {run.command: TODAY - timedelta(days=400) for run in REGULAR_RUNS}
    sentences = list(overdue_runs(last, TODAY, "collect"))
    asked = [sentence for sentence in sentences if "Run essaim" in sentence]
    assert len(sentences) == len(REGULAR_RUNS)
    assert [sentence.split(":")[0] for sentence in asked] == ["The monthly run is overdue"]
