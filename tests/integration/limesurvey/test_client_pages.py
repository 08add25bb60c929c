"""Test paged reading while people answer and the server runs out of memory."""

from collections import Counter
from collections.abc import Callable, Iterator

import pytest

from tasks.limesurvey import (
    BadAnswer,
    LimeSurvey,
    NoParticipantTable,
    ResponseFile,
    ResponsePage,
    SurveyNotActive,
    Unreachable,
    long_form,
)
from tasks.simulator import Misbehaviour, Simulator, Survey

SURVEY = 790101
Connect = Callable[..., LimeSurvey]


def ids_of(pages: Iterator[ResponsePage]) -> list[int]:
    return [response_id for page in pages for response_id in page.ids]


def pages_of(files: Iterator[ResponseFile]) -> Iterator[ResponsePage]:
    return (file.page for file in files)


def test_a_whole_survey_comes_page_by_page(simulator: Simulator, connect: Connect) -> None:
    files = list(connect(simulator.url, page_size=5).response_files(SURVEY))
    pages = list(pages_of(iter(files)))
    assert [page.ids for page in pages] == [(1, 2, 3, 4, 5), (6, 7, 8, 9, 10), (11, 12)]
    assert [(file.from_id, file.to_id) for file in files] == [(1, 5), (6, 10), (11, 15)]
    assert sum(page.completed for page in pages) == 8


def test_ids_that_start_high_and_have_gaps_are_found(simulator: Simulator, survey: Survey, connect: Connect) -> None:
    survey.responses = {}
    for response_id in (900, 901, 5_000_000):
        survey.add_response({}, response_id=response_id, submitdate="2026-03-31 10:00:00")
    assert ids_of(pages_of(connect(simulator.url, page_size=10).response_files(SURVEY))) == [900, 901, 5_000_000]
    assert simulator.calls.count("export_responses") == 6


def test_a_response_right_after_an_empty_range_is_found(survey: Survey, connect: Connect, simulator: Simulator) -> None:
    survey.responses = {}
    survey.add_response({}, response_id=11, submitdate="2026-03-31 10:00:00")
    assert ids_of(pages_of(connect(simulator.url, page_size=10).response_files(SURVEY))) == [11]


def test_an_empty_survey_has_no_pages(simulator: Simulator, survey: Survey, server: LimeSurvey) -> None:
    survey.responses = {}
    assert list(server.response_files(SURVEY)) == []


def test_a_deactivated_survey_is_not_an_empty_one(survey: Survey, server: LimeSurvey) -> None:
    survey.deactivate()
    with pytest.raises(SurveyNotActive, match="was deactivated"):
        list(server.response_files(SURVEY))
    with pytest.raises(NoParticipantTable):
        server.participants(SURVEY)


def test_a_survey_with_participants_that_was_not_opened_yet_is_not_an_empty_one(
    survey: Survey, server: LimeSurvey
) -> None:
    survey.active = False
    with pytest.raises(SurveyNotActive, match="not active"):
        server.summary(SURVEY)


def test_responses_are_read_again_by_id_and_those_that_vanished_are_absent(survey: Survey, server: LimeSurvey) -> None:
    survey.delete_response(4)
    assert ids_of(server.response_pages_by_ids(SURVEY, [12, 4, 2, 2])) == [2, 12]
    assert ids_of(server.response_pages_by_ids(SURVEY, [4])) == []
    assert ids_of(server.response_pages_by_ids(SURVEY, [])) == []


def test_decimals_lose_the_zeros_that_end_them(server: LimeSurvey) -> None:
    rows = long_form(next(server.response_pages_by_ids(SURVEY, [1])).table, server.questionnaire(SURVEY)).to_pylist()
    assert {row["field"]: row["value_text"] for row in rows}["etp"] == "0.5"


def test_a_questionnaire_takes_no_more_calls_than_the_server_needs(simulator: Simulator, server: LimeSurvey) -> None:
    questionnaire = server.questionnaire(SURVEY)
    with_options = [question for question in questionnaire.questions if question.options]
    calls = Counter(simulator.calls)
    assert calls["list_questions"] == calls["list_groups"] == len(questionnaire.languages)
    assert calls["get_question_properties"] == len(questionnaire.languages) * len(with_options) + len(
        questionnaire.questions
    )
    assert calls["get_survey_properties"] == calls["get_session_key"] == 1
    assert len(calls) == 5


def test_pages_are_halved_until_the_server_can_bear_them(simulator: Simulator, connect: Connect) -> None:
    simulator.misbehave(Misbehaviour.OUT_OF_MEMORY, times=None, above=3)
    pages = list(pages_of(connect(simulator.url, page_size=12).response_files(SURVEY)))
    assert [page.ids for page in pages] == [(1, 2, 3), (4, 5, 6), (7, 8, 9), (10, 11, 12)]


def test_a_page_that_is_larger_than_the_cap_is_halved(simulator: Simulator, connect: Connect) -> None:
    server = connect(simulator.url, page_size=12, maximum_bytes=12_000)
    assert ids_of(pages_of(server.response_files(SURVEY))) == list(range(1, 13))
    with pytest.raises(BadAnswer, match="larger than 1,000 bytes"):
        list(connect(simulator.url, maximum_bytes=1000).response_files(SURVEY))


def test_a_server_that_cannot_bear_one_response_is_unreachable(simulator: Simulator, connect: Connect) -> None:
    simulator.misbehave(Misbehaviour.OUT_OF_MEMORY, times=None, above=0)
    with pytest.raises(Unreachable, match="HTTP 500, 4 times in a row"):
        list(connect(simulator.url, page_size=4).response_files(SURVEY))


def test_responses_that_are_missing_are_noticed(simulator: Simulator, connect: Connect) -> None:
    simulator.misbehave(Misbehaviour.MISSING, times=1, method="export_responses")
    with pytest.raises(BadAnswer, match=r"11 responses came, fewer than the server counts\. Expected: 12\."):
        list(connect(simulator.url, page_size=5).response_files(SURVEY))


def test_a_response_that_arrives_meanwhile_is_no_error(simulator: Simulator, survey: Survey, connect: Connect) -> None:
    pages = pages_of(connect(simulator.url, page_size=12).response_files(SURVEY))
    first = next(pages)
    survey.add_response({}, submitdate="2026-03-31 11:00:00")
    assert [first.ids[-1], *ids_of(pages)] == [12]


def test_a_response_that_vanishes_meanwhile_is_no_error(simulator: Simulator, survey: Survey, connect: Connect) -> None:
    pages = pages_of(connect(simulator.url, page_size=6).response_files(SURVEY))
    next(pages)
    del survey.responses[8]
    assert ids_of(pages) == [7, 9, 10, 11, 12]


def test_a_response_completed_meanwhile_is_no_error(simulator: Simulator, survey: Survey, connect: Connect) -> None:
    pages = pages_of(connect(simulator.url, page_size=6).response_files(SURVEY))
    next(pages)
    survey.responses[3].submitdate = survey.responses[12].submitdate = "2026-03-31 12:00:00"
    assert ids_of(pages) == [7, 8, 9, 10, 11, 12]


def test_thousands_of_responses_come_whole(simulator: Simulator, survey: Survey, server: LimeSurvey) -> None:
    survey.fill(6000, seed=3)
    questionnaire = server.questionnaire(SURVEY)
    rows = sum(long_form(page.table, questionnaire).num_rows for page in pages_of(server.response_files(SURVEY)))
    assert rows == 6012 * 79


def test_a_page_for_which_the_server_has_no_memory_is_halved_although_it_says_200(
    simulator: Simulator, connect: Connect
) -> None:
    simulator.misbehave(Misbehaviour.FATAL, times=None, above=3)
    assert ids_of(pages_of(connect(simulator.url, page_size=12).response_files(SURVEY))) == list(range(1, 13))
    simulator.behave()
    simulator.misbehave(Misbehaviour.FATAL, times=None, above=0)
    with pytest.raises(BadAnswer, match="the answer is a text, not JSON"):
        list(connect(simulator.url).response_files(SURVEY))
