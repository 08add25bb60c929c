"""Test surveys that could not be checked: closed, emptied, doubled, unintelligible or interrupted."""

from collections.abc import Generator
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from running import essaim
from shared_survey import MARCH, decided
from small_programme import Small, small_programme
from tables import all_tables

from schemas.enums import DecisionKind
from tasks.questionnaires.unclear_codes import ANOTHER_CODE, RESERVED, SYSTEM_HEADINGS
from tasks.simulator import Misbehaviour
from tasks.surveys import loading


@pytest.fixture
def small(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Generator[Small]:
    """Collect in January, after two of three structures have answered."""
    with small_programme(monkeypatch, tmp_path / "programme", page_size=2) as small:
        small.add_participants("STR1", "STR2", "STR3")
        small.answer("str1", budget="1")
        small.answer("str2", budget="2")
        small.collect(date(2026, 1, 31))
        yield small


def collected(small: Small) -> dict[str, list[str]]:
    """Return all received data, without the outcome of the last check."""
    tables = all_tables(small.folder)
    return {name: rows for name, rows in tables.items() if name in {"raw.returns", "raw.answers", "raw.withdrawals"}}


def declare_emptied(small: Small) -> None:
    number = f'"survey_id": {small.survey.sid}'
    small.edit("programme.yaml", number, f'{number}, "emptied_on": "2026-02-02"')


def test_a_survey_that_was_closed_could_not_be_checked_and_nothing_is_lost(small: Small) -> None:
    before = collected(small)
    small.survey.deactivate()
    loaded = small.collect(weekly=True, views=True)
    assert loaded.trouble is not None
    assert "the survey is not active, or was deactivated" in loaded.trouble
    assert small.check()[0] == "not_active"
    assert collected(small) == before
    assert [small.status(one)["state"] for one in ("STR1", "STR2", "STR3")] == ["received", "received", "unverifiable"]
    assert small.status("STR3")["source_detail"] == loaded.trouble


@pytest.mark.parametrize("is_deleted", [True, False])
def test_a_survey_that_is_taken_off_the_server_is_no_trouble_once_every_return_has_come(
    small: Small, capsys: pytest.CaptureFixture[str], *, is_deleted: bool
) -> None:
    """A survey of which a return is owed again, by a waiver that is undone, is trouble again."""
    waived = "C-1/STR3/M06/suivi"
    decided(small, DecisionKind.WAIVE, waived)
    assert small.collect(MARCH, views=True).trouble is None
    before = collected(small)
    if is_deleted:
        del small.simulator.state.surveys[small.survey.sid]
    else:
        small.survey.deactivate()
    for weekly in (True, False):
        assert small.collect(MARCH, weekly=weekly).trouble is None
    assert small.check() == ("concluded", None)
    assert collected(small) == before
    assert str(small.survey.sid) not in essaim(capsys, "doctor", "--programme", str(small.folder)).out

    decided(small, DecisionKind.WAIVE, waived, is_undone=True)
    loaded = small.collect(MARCH, views=True)
    assert loaded.trouble is not None
    assert small.check() == ("not_found" if is_deleted else "not_active", loaded.trouble)
    assert [small.status(one)["state"] for one in ("STR1", "STR2", "STR3")] == ["received", "received", "unverifiable"]


@pytest.mark.parametrize("weekly", [True, False])
def test_a_survey_that_was_emptied_could_not_be_checked_unless_that_was_intended(small: Small, weekly: bool) -> None:
    before = collected(small)
    small.survey.responses.clear()
    number = small.answer("str3", at="2026-02-03 10:00:00")
    loaded = small.collect(date(2026, 2, 7), weekly=weekly)
    assert loaded.trouble is not None
    assert loaded.trouble.startswith(
        f"Survey {small.survey.sid}: none of the responses collected before is on the server."
    )
    assert "emptied_on" in loaded.trouble
    assert small.check()[0] == "emptied"
    assert collected(small) == before
    # The survey stays unverifiable until a person declares what happened.
    assert small.collect(date(2026, 2, 14), weekly=True).trouble == loaded.trouble
    declare_emptied(small)
    assert small.collect(date(2026, 2, 21), weekly=True, views=True).trouble is None
    assert small.check() == ("read", None)
    assert [row[0] for row in small.versions()][-1] == number
    assert [small.status(one)["state"] for one in ("STR1", "STR2", "STR3")] == ["missing", "missing", "late"]
    assert small.status("STR1")["n_withdrawn"] == 1


def test_emptied_once_on_purpose_is_no_leave_to_vanish_a_second_time(small: Small) -> None:
    declare_emptied(small)
    small.survey.responses.clear()
    small.answer("str3", at="2026-02-03 10:00:00")
    assert small.collect(date(2026, 2, 7)).trouble is None
    small.survey.responses.clear()
    assert small.collect(date(2026, 2, 14)).trouble is not None
    assert small.check()[0] == "emptied"


def test_a_survey_that_comes_back_with_its_old_numbers_is_read_again(small: Small) -> None:
    small.survey.deactivate()
    small.collect(date(2026, 2, 7), weekly=True)
    small.survey.reactivate(keep_ids=True)
    before = collected(small)
    assert small.collect(date(2026, 2, 14), weekly=True, views=True).trouble is None
    assert collected(small) == before
    assert small.status("STR3")["state"] == "missing"


def test_a_survey_that_comes_back_under_new_numbers_could_not_be_checked(small: Small) -> None:
    before = collected(small)
    small.survey.deactivate()
    small.survey.reactivate(keep_ids=False)
    loaded = small.collect(date(2026, 2, 14), views=True)
    assert loaded.trouble is not None
    assert "under their old numbers" in loaded.trouble
    assert collected(small) == before
    assert small.status("STR3")["state"] == "unverifiable"


def test_a_survey_with_every_response_twice_could_not_be_checked(small: Small) -> None:
    before = collected(small)
    small.survey.deactivate()
    small.survey.reactivate(keep_ids=True)
    small.survey.import_archive(keep_ids=False)
    loaded = small.collect(date(2026, 2, 14), weekly=True, views=True)
    assert loaded.trouble is not None
    assert "twice" in loaded.trouble
    assert small.check()[0] == "doubled"
    assert collected(small) == before
    assert small.status("STR3")["state"] == "unverifiable"
    for number in list(small.survey.responses)[2:]:
        small.survey.delete_response(number)
    assert small.collect(date(2026, 2, 21), weekly=True).trouble is None
    assert collected(small) == before


@pytest.mark.parametrize(
    ("kind", "method", "words"),
    [
        (Misbehaviour.TRUNCATE, "export_responses", "cut short"),
        (Misbehaviour.HTML, "export_responses", ""),
        (Misbehaviour.DUPLICATE, "export_responses", "twice"),
        (Misbehaviour.MISSING, "export_responses", ""),
        (Misbehaviour.BAD_BASE64, "export_responses", "base64"),
        (Misbehaviour.OUT_OF_MEMORY, "export_responses", ""),
        (Misbehaviour.HTML, "list_participants", ""),
        (Misbehaviour.OTHER_ID, "get_summary", ""),
        (Misbehaviour.EMPTY_BODY, "list_questions", ""),
    ],
)
def test_an_unusable_answer_changes_nothing_and_is_reported(
    small: Small, kind: Misbehaviour, method: str, words: str
) -> None:
    before = collected(small)
    small.survey.edit(1, {"budget": "99"}, at="2026-02-01 10:00:00")
    small.answer("str3", at="2026-02-01 11:00:00")
    small.simulator.misbehave(kind, times=None, method=method)
    loaded = small.collect(date(2026, 2, 7))
    assert loaded.trouble is not None
    assert small.simulator.url in loaded.trouble
    assert str(small.survey.sid) in loaded.trouble
    assert words in loaded.trouble
    assert small.check() == ("unintelligible", loaded.trouble) or small.check() == ("unreachable", loaded.trouble)
    assert collected(small) == before
    small.simulator.behave()
    assert small.collect(date(2026, 2, 7)).trouble is None
    assert small.check() == ("read", None)
    assert len(small.versions()) == 4


def test_a_session_that_ends_and_a_page_that_is_too_much_are_overcome(small: Small) -> None:
    small.answer("str3", at="2026-02-01 11:00:00")
    small.simulator.misbehave(Misbehaviour.EXPIRE, method="export_responses")
    small.simulator.misbehave(Misbehaviour.OUT_OF_MEMORY, times=None, method="export_responses", above=1)
    assert small.collect(date(2026, 2, 7)).trouble is None
    assert [row[0] for row in small.versions()] == [1, 2, 3]


@pytest.mark.parametrize("broken_at", [1, 2, 3, 4])
def test_a_collection_that_dies_between_two_pages_and_runs_again_leaves_what_an_undisturbed_one_leaves(
    small: Small, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, broken_at: int
) -> None:
    def change(one: Small) -> None:
        one.survey.edit(1, {"budget": "99"}, at="2026-02-01 10:00:00")
        one.survey.delete_response(2)
        one.answer("str1", at="2026-02-01 11:00:00")
        one.answer("str2", at="2026-02-01 12:00:00")
        one.answer("nobody", at="2026-02-01 13:00:00")

    with small_programme(monkeypatch, tmp_path / "undisturbed", page_size=2) as undisturbed:
        undisturbed.add_participants("STR1", "STR2", "STR3")
        undisturbed.answer("str1", budget="1")
        undisturbed.answer("str2", budget="2")
        undisturbed.collect(date(2026, 1, 31))
        change(undisturbed)
        undisturbed.collect(date(2026, 2, 7))
    change(small)
    # The environment points to the server that was started last.
    monkeypatch.setenv("ESSAIM_LIMESURVEY_URL", small.simulator.url)
    whole, calls = loading.load_together, 0

    def dying(*arguments: Any) -> None:
        nonlocal calls
        calls += 1
        if calls == broken_at:
            raise KeyboardInterrupt
        whole(*arguments)

    with monkeypatch.context() as patch:
        patch.setattr(loading, "load_together", dying)
        # Each page is committed by itself, like the pages of a large survey.
        patch.setattr(loading, "_BATCH_BYTES", 1)
        with pytest.raises(KeyboardInterrupt):
            small.collect(date(2026, 2, 7))
    small.collect(date(2026, 2, 7))
    landed = {"ops.receipts"}  # paths and sizes of the same originals; see below
    left, expected = all_tables(small.folder), all_tables(undisturbed.folder)
    assert {k: v for k, v in left.items() if k not in landed} == {k: v for k, v in expected.items() if k not in landed}
    assert small.rows("select receipt_id from ops.receipts order by all") == undisturbed.rows(
        "select receipt_id from ops.receipts order by all"
    )


@pytest.mark.parametrize(
    ("question", "code", "weekly"),
    [*(("budget", code, False) for code in sorted(SYSTEM_HEADINGS)), ("adopt", "token", True)],
)
def test_a_question_named_like_a_column_of_the_export_could_not_be_checked_and_is_named(
    small: Small, question: str, code: str, weekly: bool
) -> None:
    before = collected(small)
    small.survey.rename_question(question, code)
    small.survey.add_response({code: "3"}, token="str3", submitdate="2026-02-03 10:00:00")
    loaded = small.collect(date(2026, 2, 7), weekly=weekly)
    assert loaded.trouble is not None
    assert (
        f"survey {small.survey.sid}: a question has the code {code}, which LimeSurvey's export uses" in loaded.trouble
    )
    assert f"{RESERVED}. Expected {ANOTHER_CODE}." in loaded.trouble
    assert small.check() == ("unintelligible", loaded.trouble)
    assert collected(small) == before
    small.survey.rename_question(code, question)
    assert small.collect(date(2026, 2, 14), weekly=weekly).trouble is None
    assert len(small.versions()) == 3


def test_two_questions_of_one_code_could_not_be_checked_by_drift_either_and_are_named(
    small: Small, capsys: pytest.CaptureFixture[str]
) -> None:
    before = collected(small)
    small.survey.rename_question("adopt", "budget")
    small.survey.add_response({"budget": "3"}, token="str3", submitdate="2026-02-03 10:00:00")
    loaded = small.collect(date(2026, 2, 7))
    assert loaded.trouble is not None
    assert "two questions or subquestions have the code budget" in loaded.trouble
    assert "Rename one of them in LimeSurvey" in loaded.trouble
    assert collected(small) == before
    compared = essaim(capsys, "drift", "--programme", str(small.folder))
    assert compared.code == 3
    assert "could not check" in compared.out
    assert "two questions or subquestions have the code budget" in compared.out
    accepted = essaim(capsys, "drift", "--accept", "--programme", str(small.folder))
    assert "Nothing to write" in accepted.out


def test_drift_names_a_question_that_has_the_code_of_a_column_of_the_export(
    small: Small, capsys: pytest.CaptureFixture[str]
) -> None:
    small.survey.rename_question("budget", "seed")
    compared = essaim(capsys, "drift", "--programme", str(small.folder))
    assert compared.code == 3
    assert "could not check" in compared.out
    assert "a question has the code seed, which LimeSurvey's export uses" in compared.out


@pytest.mark.parametrize(
    ("codes", "sentence"),
    [
        ({"nom": "datestamp"}, "a question has the code datestamp"),
        ({"budget": "datestamp", "adopt": "seed"}, "questions have the codes seed, datestamp"),
        ({"adopt": "budget"}, "two questions or subquestions have the code budget"),
    ],
)
def test_the_returns_of_such_a_survey_are_unverifiable_and_never_missing(
    small: Small, capsys: pytest.CaptureFixture[str], codes: dict[str, str], sentence: str
) -> None:
    for question, code in codes.items():
        small.survey.rename_question(question, code)
    small.survey.add_response(dict.fromkeys(codes.values(), "janvier"), token="str3", submitdate="2026-02-03 10:00:00")
    ran = essaim(capsys, "collect", "--programme", str(small.folder), "--as-of", "2026-02-07")
    assert (ran.code, sentence in ran.out + ran.err) == (3, True)
    status = small.status("STR3")
    assert (status["state"], sentence in status["source_detail"]) == ("unverifiable", True)
    assert small.value("budget", "STR3") is None


@pytest.mark.parametrize("date_found", ["janvier", "0000-00-00 00:00:00", "2026-13-01 00:00:00", ""])
def test_a_date_that_is_none_could_not_be_checked_and_is_named(small: Small, date_found: str) -> None:
    before = collected(small)
    number = small.answer("str3", at="2026-02-03 10:00:00")
    small.survey.responses[number].datestamp = date_found
    loaded = small.collect(date(2026, 2, 7))
    assert loaded.trouble is not None
    assert "datestamp holds other values than dates" in loaded.trouble
    assert collected(small) == before
