"""Test responses over time: opened, begun, completed, reopened, edited, deleted, restored, reassigned."""

from collections.abc import Generator
from datetime import date, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from running import essaim
from small_programme import AS_OF, Small, small_programme
from tables import all_tables

from warehouse.runs import utc_now

PARIS = ZoneInfo("Europe/Paris")
THIS = "C-1/STR1/M06/suivi"
THAT = "C-1/STR2/M06/suivi"


@pytest.fixture
def small(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Generator[Small]:
    with small_programme(monkeypatch, tmp_path / "programme") as small:
        small.survey.settings["alloweditaftercompletion"] = "Y"
        small.add_participants("STR1", "STR2", "STR3")
        yield small


def test_a_row_that_was_only_opened_is_no_answer(small: Small) -> None:
    small.survey.open_only(token="str1", at="2025-12-20 10:00:00")
    loaded = small.collect(views=True)
    assert (loaded.count, loaded.notes, loaded.quarantined) == (0, [], [])
    assert small.versions() == []
    assert small.status()["state"] == "missing"
    assert small.check() == ("read", None)


def test_a_late_completion_keeps_its_id_and_the_first_completion_is_when_it_arrived(small: Small) -> None:
    number = small.survey.add_response({"adopt": "enc"}, token="str1", datestamp="2025-12-10 09:00:00")
    small.collect(date(2025, 12, 15), views=True)
    assert small.status()["state"] == "partial"
    assert small.status()["n_respondents"] == 0
    small.survey.complete(number, {"budget": "100"}, at="2026-01-20 08:00:00")
    small.collect(date(2026, 1, 31), weekly=True, views=True)
    assert small.status()["state"] == "late"
    assert small.status()["arrived_on"] == date(2026, 1, 20)
    small.survey.edit(number, {"budget": "120"}, at="2026-03-01 08:00:00")
    small.collect(views=True)
    assert small.versions() == [
        (number, THIS, False, date(2025, 12, 10), "loaded"),
        (number, THIS, True, date(2026, 1, 20), "loaded"),
        (number, THIS, True, date(2026, 3, 1), "loaded"),
    ]
    assert small.status()["arrived_on"] == date(2026, 1, 20)
    assert small.value("budget") == "120.0"


def test_opening_a_completed_response_again_says_nothing_new(small: Small) -> None:
    number = small.answer()
    small.collect(date(2026, 1, 10), views=True)
    before = all_tables(small.folder)
    small.survey.reopen(number, at="2026-03-02 11:00:00")
    assert small.collect().count == 0
    after = all_tables(small.folder)
    assert after["raw.returns"] == before["raw.returns"]
    assert after["raw.answers"] == before["raw.answers"]
    small.collect(views=True)
    assert small.status()["state"] == "received"
    assert small.status()["arrived_on"] == date(2025, 12, 20)


def test_answers_that_reopening_hides_are_a_new_version(small: Small) -> None:
    number = small.answer()
    small.collect(date(2026, 1, 10))
    small.survey.reopen(number, at="2026-03-02 11:00:00", hidden=["budget"])
    assert small.collect().count == 1
    assert small.rows("select value_text from raw.answers where item = 'budget' order by value_text nulls last") == [
        ("100",),
        (None,),
    ]


def test_an_edit_that_moves_no_date_is_overlooked_weekly_and_found_quarterly(small: Small) -> None:
    number = small.answer()
    small.collect(date(2026, 1, 10))
    small.survey.edit(number, {"budget": "250"})
    assert small.collect(date(2026, 1, 17), weekly=True).count == 0
    assert small.collect(date(2026, 2, 1), views=True).count == 1
    assert small.versions() == [
        (number, THIS, True, date(2025, 12, 20), "loaded"),
        # The server gives no date, so the version has the day of the run that found it.
        (number, THIS, True, date(2026, 2, 1), "loaded"),
    ]
    assert small.value("budget") == "250.0"
    assert small.status()["arrived_on"] == date(2025, 12, 20)


def test_an_edit_that_moves_no_date_is_dated_by_the_time_of_todays_run_so_that_later_answers_are_later(
    small: Small,
) -> None:
    number = small.answer()
    small.collect(datetime.now(PARIS).date())
    small.survey.edit(number, {"budget": "250"})
    small.collect(datetime.now(PARIS).date())
    ((edited,),) = small.rows("select max(answered_at) from raw.returns")
    assert edited <= utc_now()


def test_an_edit_that_moves_only_the_date_of_saving_does_not_beat_a_later_response(small: Small) -> None:
    number = small.answer(budget="7")
    small.collect(date(2026, 1, 10))
    small.survey.edit(number, {"budget": "2"})
    small.survey.responses[number].datestamp = "2026-01-13 09:00:00"
    small.answer(at="2026-01-15 14:00:00", budget="300")
    small.collect(date(2026, 1, 18), views=True)
    assert small.versions() == [
        (number, THIS, True, date(2025, 12, 20), "loaded"),
        (number, THIS, True, date(2026, 1, 13), "loaded"),
        (number + 1, THIS, True, date(2026, 1, 15), "loaded"),
    ]
    assert small.value("budget") == "300.0"


def test_an_answer_that_comes_back_is_a_third_version_and_the_current_one(small: Small) -> None:
    number = small.answer(budget="1")
    small.collect(date(2026, 1, 10))
    for day, budget in ((11, "2"), (12, "1"), (13, "2"), (14, "1")):
        small.survey.edit(number, {"budget": budget})
        small.collect(date(2026, 1, day))
    ids = small.rows("select return_id from raw.returns")
    assert len(ids) == len(set(ids)) == 5
    before = all_tables(small.folder)
    assert small.collect(date(2026, 1, 15)).count == 0
    assert all_tables(small.folder)["raw.returns"] == before["raw.returns"]
    small.collect(date(2026, 1, 16), views=True)
    assert small.value("budget") == "1.0"


@pytest.mark.parametrize("last", ["3", "5"])
def test_of_several_edits_on_one_day_the_last_one_counts(small: Small, last: str) -> None:
    number = small.answer(budget="1")
    small.collect()
    for budget in ("7", last):
        small.survey.edit(number, {"budget": budget})
        small.collect(views=budget == last)
    assert small.value("budget") == f"{last}.0"


def test_a_deleted_response_is_withdrawn_and_shown_and_counts_again_once_restored(
    small: Small, capsys: pytest.CaptureFixture[str]
) -> None:
    number, _ = small.answer(), small.answer("str2")
    small.collect(date(2026, 2, 1), views=True)
    row = small.survey.responses[number]
    small.survey.delete_response(number)
    small.collect(date(2026, 2, 8), weekly=True, views=True)
    assert small.status()["state"] == "missing"
    assert small.status()["n_withdrawn"] == 1
    assert small.value("budget") is None
    ran = essaim(capsys, "status", "--programme", str(small.folder))
    assert "Collected, and withdrawn since" in ran.out
    assert "vanished" in ran.out
    before = all_tables(small.folder)
    small.collect(date(2026, 2, 8), weekly=True, views=True)
    assert all_tables(small.folder) == before
    small.survey.put_response(row)
    small.collect(date(2026, 2, 15), weekly=True, views=True)
    assert small.status()["state"] == "received"
    assert small.status()["n_withdrawn"] == 0
    assert len(small.versions()) == 2
    assert "withdrawn since" not in essaim(capsys, "status", "--programme", str(small.folder)).out
    assert small.rows("select reason from raw.withdrawals order by loaded_at") == [("vanished",), ("restored",)]


def test_the_answers_of_a_survey_name_what_they_answer_and_whether_they_count(small: Small) -> None:
    number, deleted = small.answer(), small.answer("str2")
    small.collect(date(2026, 1, 10))
    small.survey.edit(number, {"budget": "250"}, at="2026-01-12 10:00:00")
    small.survey.delete_response(deleted)
    small.collect(views=True)
    assert small.rows(
        "select enrolment_id, innovation_code, cohort_code, structure_code, occasion_code, instrument_code, "
        "instrument_version, indicator_code, answer_text, is_current, is_withdrawn from analytics.survey_answers "
        "where item = 'budget' order by enrolment_id, answered_at"
    ) == [
        ("C-1/STR1", "INNO", "C-1", "STR1", "M06", "suivi", 1, "budget", "100", False, False),
        ("C-1/STR1", "INNO", "C-1", "STR1", "M06", "suivi", 1, "budget", "250", True, False),
        ("C-1/STR2", "INNO", "C-1", "STR2", "M06", "suivi", 1, "budget", "100", False, True),
    ]


def test_a_response_given_again_after_a_deletion_is_no_second_response(small: Small) -> None:
    number, _ = small.answer(), small.answer("str2")
    small.collect(date(2026, 1, 10))
    small.survey.delete_response(number)
    small.answer(at="2026-01-12 10:00:00")
    small.collect(views=True)
    assert small.rows("select * from raw.findings") == []
    assert small.status()["arrived_on"] == date(2026, 1, 12)


def test_a_participant_that_was_deleted_keeps_the_return(small: Small) -> None:
    small.answer()
    small.collect(date(2026, 1, 10))
    small.survey.delete_participant("str1")
    loaded = small.collect(views=True)
    assert (loaded.count, loaded.notes) == (0, [])
    assert small.status()["state"] == "received"


def test_attributes_that_are_corrected_move_the_response_and_back(small: Small) -> None:
    small.answer()
    small.collect(date(2026, 1, 10))
    participant = small.survey.participant("str1")
    participant.attributes = {"attribute_1": "STR2", "attribute_2": "C-1"}
    assert small.collect(date(2026, 1, 17), weekly=True, views=True).count == 1
    assert small.rows("select expected_return_id, reason from raw.withdrawals") == [(THIS, "reassigned")]
    assert small.status("STR1")["state"] == "missing"
    assert small.status("STR2")["state"] == "received"
    assert small.status("STR2")["arrived_on"] == date(2025, 12, 20)
    participant.attributes = {"attribute_1": "STR1", "attribute_2": "C-1"}
    small.collect(date(2026, 1, 24), weekly=True, views=True)
    assert small.status("STR1")["state"] == "received"
    assert small.status("STR1")["arrived_on"] == date(2025, 12, 20)
    assert small.status("STR2")["state"] == "missing"
    ids = small.rows("select return_id from raw.returns")
    assert len(ids) == len(set(ids))
    before = all_tables(small.folder)
    assert small.collect(date(2026, 1, 24), weekly=True, views=True).count == 0
    assert all_tables(small.folder) == before


def test_a_survey_that_keeps_no_dates_is_dated_by_the_run_that_found_the_response(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with small_programme(monkeypatch, tmp_path / "programme") as small:
        small.survey.settings["datestamp"] = "N"
        small.add_participants("STR1")
        number = small.survey.add_response({"adopt": "enc"}, token="str1")
        small.collect(date(2026, 1, 5))
        small.survey.complete(number, {"budget": "3"})
        small.collect(date(2026, 1, 12))
        small.collect(AS_OF, views=True)
        assert [row[2:4] for row in small.versions()] == [(False, date(2026, 1, 5)), (True, date(2026, 1, 12))]
        assert small.status()["state"] == "received"


def test_after_all_of_it_each_view_holds_what_it_promises(small: Small) -> None:
    """Run the dbt tests of every table and view: unique rows, references and accepted values."""
    first, second = small.answer("str1"), small.answer("str2", at="2025-12-21 10:00:00")
    small.answer("str1", at="2025-12-22 10:00:00")
    begun = small.survey.add_response({"adopt": "enc"}, token="str3", datestamp="2025-12-10 09:00:00")
    small.collect(date(2026, 1, 10))
    row = small.survey.responses[first]
    small.survey.delete_response(first)
    small.survey.edit(second, {"budget": "40"}, at="2026-01-12 10:00:00")
    small.survey.participant("str3").attributes["attribute_1"] = "STR2"
    small.collect(date(2026, 1, 17))
    small.survey.put_response(row)
    small.survey.participant("str3").attributes["attribute_1"] = "STR3"
    small.survey.rename_question("budget", "depenses")
    small.survey.complete(begun, {"depenses": "5"}, at="2026-01-20 09:00:00")
    small.collect(date(2026, 1, 24))
    small.edit("crosswalk.csv", "suivi,1,budget,", "suivi,1,depenses,")
    small.accept()
    small.collect(date(2026, 1, 31))
    small.build_everything(date(2026, 1, 31))
    assert [small.status(one)["state"] for one in ("STR1", "STR2", "STR3")] == ["received", "received", "late"]
    assert small.value("budget", "STR3") == "5.0"
    assert small.rows("select distinct state from analytics.return_status order by state") == [("late",), ("received",)]
