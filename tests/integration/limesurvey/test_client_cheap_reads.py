"""Test that few calls detect a changed survey, and read some of its responses."""

from collections.abc import Callable
from datetime import datetime
from typing import Any

import pytest

from tasks.limesurvey import BadAnswer, LimeSurvey, NotPermitted, SurveyNotActive, SurveyNotFound
from tasks.simulator import Misbehaviour, Simulator, Survey

SURVEY, ADOPTION = 790101, 781234
Replay = Callable[..., LimeSurvey]
Connect = Callable[..., LimeSurvey]


def test_submissions_are_counted_by_the_hour(replay: Replay) -> None:
    server = replay(export_timeline="first/159_export_timeline_hour")
    assert server.submissions_by_hour(ADOPTION) == {datetime(2026, 1, 31, 23): 1, datetime(2026, 11, 22, 23): 8}


@pytest.mark.parametrize("title", ["first/285_export_timeline_no_datestamp", "second/464_de_re_export_timeline"])
def test_a_survey_without_dates_or_without_responses_has_no_hours(replay: Replay, title: str) -> None:
    assert replay(export_timeline=title).submissions_by_hour(1) == {}


def test_a_deactivated_survey_has_no_submissions_to_count(replay: Replay) -> None:
    with pytest.raises(SurveyNotActive, match="no table of responses"):
        replay(export_timeline="second/448_de_off_export_timeline").submissions_by_hour(790107)


def test_days_are_no_hours(replay: Replay) -> None:
    with pytest.raises(BadAnswer, match="'2026-01-31' is not an hour"):
        replay(export_timeline="first/158_export_timeline_day").submissions_by_hour(ADOPTION)


@pytest.mark.parametrize(
    ("title", "kind"),
    [
        ("first/161_err_invalid_session_export", BadAnswer),
        ("first/197_err_no_such_survey_props", SurveyNotFound),
        ("first/216_sansdroit_props", NotPermitted),
        ("first/143_export_unknown_type", Exception),
    ],
)
def test_a_refused_count_is_no_empty_one(replay: Replay, title: str, kind: type[Exception]) -> None:
    with pytest.raises(kind):
        replay(export_timeline=title).submissions_by_hour(1)


def test_the_hours_follow_what_people_do_and_not_what_programs_do(survey: Survey, server: LimeSurvey) -> None:
    hours = server.submissions_by_hour(SURVEY)
    assert hours == {datetime(2026, 3, 31, 10): 8}
    survey.edit(1, {"etp": "2"})
    assert server.submissions_by_hour(SURVEY) == hours
    survey.reopen(1, at="2026-04-01 09:30:00")
    assert server.submissions_by_hour(SURVEY) == {datetime(2026, 3, 31, 10): 7, datetime(2026, 4, 1, 9): 1}


def reworded(survey: Survey) -> None:
    survey.set_text("etp", "Postes en équivalent temps plein")


def help_reworded(survey: Survey) -> None:
    survey.set_help("etp", "Au 31 décembre")


def renamed(survey: Survey) -> None:
    survey.rename_question("court", "court2")


def moved(survey: Survey) -> None:
    survey.move_question("court", 1)


def mandatory(survey: Survey) -> None:
    survey.set_mandatory("court", "S")


def subquestion_reworded(survey: Survey) -> None:
    survey.set_text("freins", "Le temps", subquestion="temps")


def retyped(survey: Survey) -> None:
    survey.question("court").type = "T"


def question_added(survey: Survey) -> None:
    survey.deactivate()
    survey.add_question("nouvelle", "S", {"fr": "Nouvelle", "en": "New"})
    survey.reactivate()


def question_removed(survey: Survey) -> None:
    survey.deactivate()
    survey.remove_question("court")
    survey.reactivate()


@pytest.mark.parametrize(
    "change",
    [
        reworded,
        help_reworded,
        renamed,
        moved,
        mandatory,
        subquestion_reworded,
        retyped,
        question_added,
        question_removed,
    ],
)
def test_the_outline_changes_with_the_questions(
    survey: Survey, server: LimeSurvey, change: Callable[[Survey], None]
) -> None:
    before = server.outline(SURVEY)
    assert server.outline(SURVEY) == before
    change(survey)
    assert server.outline(SURVEY) != before


def test_the_outline_takes_two_calls_and_knows_neither_options_nor_other_languages(
    simulator: Simulator, survey: Survey, server: LimeSurvey
) -> None:
    before, whole = server.outline(SURVEY), server.questionnaire(SURVEY).version
    survey.recode_option("statut", "coop", "scop")
    survey.set_text("etp", "Full-time posts", language="en")
    simulator.calls.clear()
    assert server.outline(SURVEY) == before
    assert simulator.calls == ["list_questions", "list_groups"]
    assert server.questionnaire(SURVEY).version != whole


def test_many_responses_are_read_by_id_in_pages(simulator: Simulator, connect: Connect) -> None:
    pages = connect(simulator.url, page_size=5).response_pages_by_ids(SURVEY, range(1, 13))
    assert [page.ids for page in pages] == [(1, 2, 3, 4, 5), (6, 7, 8, 9, 10), (11, 12)]


def test_pages_by_id_are_halved_too(simulator: Simulator, server: LimeSurvey) -> None:
    simulator.misbehave(Misbehaviour.OUT_OF_MEMORY, times=None, above=3)
    pages = list(server.response_pages_by_ids(SURVEY, [1, 3, 5, 7, 9, 11]))
    assert [response_id for page in pages for response_id in page.ids] == [1, 3, 5, 7, 9, 11]


def test_a_response_that_the_server_withholds_has_not_vanished(simulator: Simulator, server: LimeSurvey) -> None:
    simulator.misbehave(Misbehaviour.MISSING, times=1, method="export_responses")
    with pytest.raises(BadAnswer, match="responses did not come, 9 for one, and the server lists them"):
        list(server.response_pages_by_ids(SURVEY, [2, 9]))


def test_a_server_that_does_not_know_how_to_select_is_noticed(replay: Replay, recorded: Callable[[str], Any]) -> None:
    server = replay(export_responses="first/110_export_json_all_code_short")
    with pytest.raises(BadAnswer, match="responses came that were not requested"):
        list(server.response_pages_by_ids(ADOPTION, [1, 4]))


def test_a_server_that_failed_for_a_moment_is_not_asked_for_single_responses_to_the_end(
    simulator: Simulator, survey: Survey, connect: Connect
) -> None:
    for _ in range(488):
        survey.add_response({}, submitdate="2026-03-31 10:00:00")
    simulator.misbehave(Misbehaviour.OUT_OF_MEMORY, times=4, method="export_responses", above=1)
    pages = [file.page for file in connect(simulator.url, page_size=16).response_files(SURVEY)]
    assert {len(page.ids) for page in pages} >= {1, 2, 4, 8, 16}
    assert sum(len(page.ids) for page in pages) == 500
