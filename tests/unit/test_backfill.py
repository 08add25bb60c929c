"""Test the dates on which a past period is collected."""

import shutil
from datetime import date
from pathlib import Path

import pytest
from planned import programme
from running import EXAMPLE

from flows.past_period import collect_period
from schemas.enums import Pace
from schemas.errors import UsageError
from schemas.settings import Environment, ProjectPaths
from tasks.schedule.due_dates import days_of_period


def test_quarters_are_collected_on_their_first_day_and_the_period_on_its_last():
    days = days_of_period(programme(), date(2018, 10, 1), date(2019, 4, 15), Pace.QUARTERS)
    assert days == [date(2018, 10, 1), date(2019, 1, 1), date(2019, 4, 1), date(2019, 4, 15)]


def test_a_month_whose_first_day_is_not_in_the_period_is_left_out():
    days = days_of_period(programme(), date(2018, 11, 2), date(2019, 1, 1), Pace.MONTHS)
    assert days == [date(2018, 12, 1), date(2019, 1, 1)]


def test_due_dates_are_collected_on_the_last_day_that_is_on_time():
    days = days_of_period(programme(grace_days=15), date(2018, 11, 1), date(2019, 5, 31), Pace.DUE_DATES)
    assert days == [date(2018, 11, 15), date(2019, 2, 15), date(2019, 5, 15), date(2019, 5, 31)]


@pytest.mark.parametrize(("occasions", "expected"), [(["M06"], 1), (["M03", "M09"], 2), ([], 3)])
def test_only_the_occasions_that_are_named_are_collected(occasions: list[str], expected: int):
    days = days_of_period(programme(grace_days=15), date(2018, 11, 1), date(2019, 5, 31), Pace.DUE_DATES, occasions)
    assert len(days) == expected + 1


def test_a_period_of_one_day_is_that_day():
    assert days_of_period(programme(), date(2019, 1, 1), date(2019, 1, 1), Pace.QUARTERS) == [date(2019, 1, 1)]


def test_occasions_are_refused_with_another_pace_than_due_dates(tmp_path: Path):
    paths = ProjectPaths(shutil.copytree(EXAMPLE, tmp_path / "programme"))
    with pytest.raises(UsageError, match="Add --pace due-dates, or name no occasion"):
        collect_period(paths, Environment(), date(2018, 10, 1), date(2019, 3, 31), Pace.MONTHS, ["M12"])
