"""Test that a run makes few calls for an unchanged survey, reads every change, and defers later responses."""

from collections.abc import Generator
from datetime import date
from pathlib import Path

import pytest
from small_programme import AS_OF, Small, small_programme
from tables import all_tables


@pytest.fixture
def small(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Generator[Small]:
    with small_programme(monkeypatch, tmp_path / "programme", page_size=2) as small:
        small.add_participants("STR1", "STR2", "STR3")
        small.answer("str1")
        yield small


def calls_of(small: Small, as_of: date) -> list[str]:
    """Return the calls of a weekly run."""
    before = len(small.simulator.calls)
    small.collect(as_of, weekly=True)
    return small.simulator.calls[before:]


def test_an_unchanged_survey_costs_a_handful_of_calls_and_no_export(small: Small) -> None:
    small.collect(date(2026, 1, 10))
    before = all_tables(small.folder)
    calls = calls_of(small, date(2026, 1, 17))
    assert "export_responses" not in calls
    assert len(calls) <= 12
    assert all_tables(small.folder) == before


@pytest.mark.parametrize("weekly", [True, False])
def test_collecting_twice_changes_no_table(small: Small, weekly: bool) -> None:
    small.survey.add_response({"adopt": "enc"}, token="str2", datestamp="2025-12-10 09:00:00")
    small.answer("nobody", at="2025-12-21 10:00:00")
    small.answer("str1", at="2025-12-22 10:00:00")
    small.answer("str3", at="2025-12-23 10:00:00", budget="-5")
    small.survey.open_only(token="str3", at="2026-01-01 10:00:00")
    for _ in range(2):
        small.collect(date(2026, 1, 10), weekly=weekly)
    before = all_tables(small.folder)
    for _ in range(2):
        assert small.collect(date(2026, 1, 10), weekly=weekly).count == 0
    assert all_tables(small.folder) == before


def test_what_has_changed_is_exported(small: Small) -> None:
    small.collect(date(2026, 1, 10))
    small.answer("str2", at="2026-01-11 10:00:00")
    assert "export_responses" in calls_of(small, date(2026, 1, 17))
    assert len(small.versions()) == 2
    # The attributes of these participants were corrected; no count shows the change.
    small.survey.participant("str2").attributes["attribute_1"] = "STR3"
    assert "export_responses" in calls_of(small, date(2026, 1, 24))
    assert [row[1] for row in small.versions()][-1] == "C-1/STR3/M06/suivi"


def test_an_incomplete_response_that_goes_on_is_seen_though_no_count_shows_it(small: Small) -> None:
    number = small.survey.add_response({"adopt": "enc"}, token="str2", datestamp="2025-12-10 09:00:00")
    small.collect(date(2026, 1, 10))
    small.survey.answer(number, {"budget": "4"}, at="2026-01-12 09:00:00")
    calls = calls_of(small, date(2026, 1, 17))
    assert calls.count("export_responses") == 1
    assert small.versions()[-1] == (number, "C-1/STR2/M06/suivi", False, date(2026, 1, 12), "loaded")
    assert len(calls_of(small, date(2026, 1, 24))) <= 14
    assert len(small.versions()) == 3


def test_an_incomplete_response_that_vanished_is_missed_though_no_count_shows_it(small: Small) -> None:
    number = small.survey.add_response({"adopt": "enc"}, token="str2", datestamp="2025-12-10 09:00:00")
    small.collect(date(2026, 1, 10))
    small.survey.delete_response(number)
    small.survey.open_only(token="str3", at="2026-01-11 09:00:00")
    small.collect(date(2026, 1, 17), weekly=True)
    assert small.rows("select respondent, reason from raw.withdrawals") == [(str(number), "vanished")]


def test_a_later_day_says_nothing_to_a_run_of_an_earlier_one(small: Small) -> None:
    small.collect(date(2026, 2, 10))
    calls = calls_of(small, date(2026, 1, 10))
    assert "export_responses" in calls
    # The version is the same one, of which the earlier run knows too.
    assert small.rows("select count(*), count(distinct return_id) from raw.returns") == [(2, 1)]


def test_what_came_after_the_runs_today_is_left_for_a_later_day_and_read_then(small: Small) -> None:
    small.answer("str2", at="2026-01-20 10:00:00")
    small.answer("nobody", at="2026-01-20 10:00:00")
    assert small.collect(date(2026, 1, 10)).notes == [
        f"limesurvey:{small.survey.sid}: 2 returns came or changed after 2026-01-10: left for a later day."
    ]
    assert [row[0] for row in small.versions()] == [1]
    assert small.rows("select * from ops.receipts where outcome <> 'read'") == []
    small.collect(date(2026, 1, 31), weekly=True)
    assert [row[0] for row in small.versions()] == [1, 2]
    assert small.rows("select count(*) from ops.receipts where outcome = 'unassigned'") == [(1,)]


def test_a_response_that_moved_after_the_runs_today_stays_where_it_was(small: Small) -> None:
    small.collect(date(2026, 1, 10))
    small.survey.edit(1, {"budget": "3"}, at="2026-02-20 10:00:00")
    small.survey.participant("str1").attributes["attribute_1"] = "STR2"
    small.collect(date(2026, 1, 17), weekly=True)
    small.collect(AS_OF, views=True)
    assert small.status("STR1")["state"] == "missing"
    assert small.status("STR2")["state"] == "late"
    assert small.value("budget", "STR2") == "3.0"


def test_a_survey_that_nobody_owes_any_more_is_left_alone_daily(small: Small) -> None:
    for one in ("str2", "str3"):
        small.answer(one)
    small.collect(date(2026, 1, 10), views=True)
    before = len(small.simulator.calls)
    with pytest.raises(ValueError, match="not enough values"):  # no survey has to be read
        small.collect(date(2026, 1, 17), daily=True)
    assert small.simulator.calls[before:] == []
