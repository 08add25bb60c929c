"""Test the calls for participants, and for the mails that the server sends to them."""

from collections.abc import Callable

import pytest

from tasks.limesurvey import (
    BadAnswer,
    LimeSurvey,
    MissingAttribute,
    NoParticipantTable,
    ResponsePage,
    Unreachable,
    responses_table,
)
from tasks.simulator import Misbehaviour, Simulator, Survey

SURVEY = 790101
Connect = Callable[..., LimeSurvey]


def whole(server: LimeSurvey) -> ResponsePage:
    (file,) = server.response_files(SURVEY)
    return file.page


def test_names_and_addresses_of_participants_are_dropped(server: LimeSurvey) -> None:
    people = server.participants(SURVEY, attributes=("attribute_1", "attribute_2"))
    assert [(one.tid, one.token, one.attributes["attribute_1"]) for one in people] == [
        (1, "t1", "STR-1"),
        (2, "t2", "STR-2"),
        (3, "t3", "STR-3"),
    ]
    assert [one.completed for one in people] == [True, False, False]
    assert str(people[0].completed_at) == "2026-03-31 10:00:00"
    for canary in ("Ada", "Invented", "example.org"):
        assert canary not in repr(people)


@pytest.mark.parametrize("identifier", ["firstname", "lastname", "email"])
def test_names_and_addresses_cannot_be_asked_for(simulator: Simulator, server: LimeSurvey, identifier: str) -> None:
    with pytest.raises(ValueError, match=f"{identifier}: names and addresses are not read"):
        server.participants(SURVEY, attributes=("attribute_1", identifier))
    assert "list_participants" not in simulator.calls


def test_an_attribute_that_does_not_exist_is_named(server: LimeSurvey) -> None:
    with pytest.raises(MissingAttribute, match="the participants have no attribute_9"):
        server.participants(SURVEY, attributes=("attribute_1", "attribute_9"))


def test_many_participants_come_in_several_calls(simulator: Simulator, survey: Survey, server: LimeSurvey) -> None:
    for _ in range(10_000):
        survey.add_participant()
    del survey.participants[1500]
    assert len(server.participants(SURVEY)) == 10_002
    assert simulator.calls.count("list_participants") == 3


def test_participants_that_are_too_many_for_the_server_come_in_smaller_pages(
    simulator: Simulator, survey: Survey, server: LimeSurvey
) -> None:
    for _ in range(3000):
        survey.add_participant()
    simulator.misbehave(Misbehaviour.OUT_OF_MEMORY, times=None, above=1300)
    assert len(server.participants(SURVEY)) == 3003
    assert simulator.calls.count("list_participants") == 5


def test_an_empty_participants_table_has_no_participants(survey: Survey, server: LimeSurvey) -> None:
    survey.participants = {}
    assert server.participants(SURVEY) == ()


def test_a_full_last_page_of_participants_is_followed_by_an_empty_one(survey: Survey, server: LimeSurvey) -> None:
    for _ in range(4997):
        survey.add_participant()
    assert len(server.participants(SURVEY)) == 5000


def test_participants_that_are_missing_are_noticed(simulator: Simulator, server: LimeSurvey) -> None:
    simulator.misbehave(Misbehaviour.MISSING, times=None, method="list_participants")
    with pytest.raises(BadAnswer, match=r"2 participants came\. Expected: as many as the server counts, 3\."):
        server.participants(SURVEY)


def test_a_participant_that_comes_twice_is_refused(simulator: Simulator, server: LimeSurvey) -> None:
    simulator.misbehave(Misbehaviour.DUPLICATE, method="list_participants")
    with pytest.raises(BadAnswer, match="list_participants is not usable: a participant came twice"):
        server.participants(SURVEY)


def test_a_participant_who_is_added_meanwhile_is_read_too(
    simulator: Simulator, survey: Survey, connect: Connect
) -> None:
    simulator.misbehave(Misbehaviour.DROP, method="get_summary")

    def add_one(_seconds: float) -> None:
        survey.add_participant()

    server = connect(simulator.url, wait=add_one)
    assert len(server.participants(SURVEY)) == 4


def test_a_survey_whose_participants_were_deleted_keeps_its_responses(survey: Survey, server: LimeSurvey) -> None:
    tokens = responses_table(whole(server).table)["token"].to_pylist()
    survey.delete_participants_table()
    with pytest.raises(NoParticipantTable, match="has no participants table"):
        server.participants(SURVEY)
    assert server.summary(SURVEY).participants is None
    page = whole(server)
    assert page.completed == 8
    assert set(responses_table(page.table)["token"].to_pylist()) == {None}
    survey.restore_participants()
    assert responses_table(whole(server).table)["token"].to_pylist() == tokens


def test_a_writing_call_is_not_repeated(simulator: Simulator, server: LimeSurvey) -> None:
    simulator.misbehave(Misbehaviour.UNAVAILABLE, method="invite_participants")
    with pytest.raises(Unreachable, match="HTTP 503"):
        server.invite_participants(SURVEY, tids=[1, 2, 3])
    assert simulator.calls.count("invite_participants") == 1


def test_those_invited_and_reminded_are_reported_by_number(
    simulator: Simulator, survey: Survey, server: LimeSurvey
) -> None:
    simulator.state.mail_works = True
    mailing = server.invite_participants(SURVEY, tids=[2])
    assert (mailing.sent, mailing.failed, mailing.left) == ((2,), {}, 1)
    assert [one.sent for one in server.participants(SURVEY)] == [False, True, False]
    assert server.remind_participants(SURVEY, tids=[2], days_between=7).sent == ()
    assert [server.remind_participants(SURVEY, tids=[2]).sent for _ in range(2)] == [(2,), (2,)]
    assert [one.reminders for one in server.participants(SURVEY)] == [0, 2, 0]
