"""Test the channels besides mail: lines in chats, and reminders that the survey server sends to structures."""

from collections.abc import Generator
from datetime import date
from pathlib import Path

import pytest
from chatting import chat
from small_programme import AS_OF, Small, small_programme

from schemas.enums import Channel, MessageOutcome
from schemas.settings import Environment
from tasks.alerts import Sent
from tasks.pipeline.alerts import alert_evaluators
from tasks.pipeline.planning import plan_expected_returns
from tasks.programme import read_programme
from tasks.run import recorded_run, throwaway_copy
from tasks.simulator import Misbehaviour

LATER = date(2026, 4, 20)
"""A day at the next reminder step after AS_OF, 111 days after the due date."""


@pytest.fixture
def small(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Generator[Small]:
    """Yield a programme in which STR1 answered in time, and STR2 and STR3 have owed their return for 91 days."""
    with small_programme(monkeypatch, tmp_path / "programme", reminders=True) as small:
        small.simulator.state.mail_works = True
        small.add_participants("STR1", "STR2", "STR3")
        small.answer("str1")
        small.collect(views=True)
        yield small


def send_alerts(small: Small, day: date = AS_OF, *, rehearse: bool = False) -> dict[Channel, Sent]:
    """Send the alerts of a day with the states of AS_OF, and return the result of each channel."""
    programme = read_programme(small.folder)
    if rehearse:
        with (
            throwaway_copy(small.paths) as copy,
            recorded_run(copy, programme, Environment(), command="remind", as_of=day) as run,
        ):
            return {sent.channel: sent for sent in alert_evaluators(plan_expected_returns(run))}
    with recorded_run(small.paths, programme, Environment(), command="remind", as_of=day) as run:
        return {sent.channel: sent for sent in alert_evaluators(plan_expected_returns(run))}


def written_to(small: Small) -> int:
    return small.simulator.calls.count("invite_participants") + small.simulator.calls.count("remind_participants")


def test_each_channel_receives_an_alert_once_and_the_ledger_records_it(
    small: Small, monkeypatch: pytest.MonkeyPatch
) -> None:
    with chat() as (address, taken):
        monkeypatch.setenv("ESSAIM_APPRISE_URLS", address.get_secret_value())
        rehearsed = send_alerts(small, rehearse=True)
        words = "Would invite 2, remind 0: invite str2 (C-1/STR2), str3 (C-1/STR3)."
        assert rehearsed[Channel.SURVEY_SERVER].words == words
        assert written_to(small) == len(taken) == len(list(small.paths.mails.glob("*.eml"))) == 0
        sent_messages = send_alerts(small)
        assert {channel: sent.outcome for channel, sent in sent_messages.items()} == dict.fromkeys(
            Channel, MessageOutcome.SENT
        )
        assert sent_messages[Channel.SURVEY_SERVER].words == "Invited 2 of 2."
        assert len(taken) == len(list(small.paths.mails.glob("*.eml"))) == 1
        assert send_alerts(small) == {}
        assert (written_to(small), len(taken)) == (1, 1)
    ledger = small.rows("select channel, recipient_code, outcome, attempts from ops.messages order by channel")
    assert ledger == [
        ("chat", "E", "sent", 1),
        ("mail", "E", "sent", 1),
        ("survey_server", f"limesurvey:{small.survey.sid}", "sent", 1),
    ]
    reminded = "select expected_return_id, step_days from ops.alerts where kind = 'reminded' order by 1"
    assert small.rows(reminded) == [("C-1/STR2/M06/suivi", 81), ("C-1/STR3/M06/suivi", 81)]


def test_a_server_that_is_down_postpones_and_one_that_failed_half_way_waits_for_a_person(small: Small) -> None:
    small.simulator.misbehave(Misbehaviour.UNAVAILABLE, times=None, method="list_participants")
    assert send_alerts(small)[Channel.SURVEY_SERVER].outcome is MessageOutcome.POSTPONED
    small.simulator.behave()
    small.simulator.misbehave(Misbehaviour.UNAVAILABLE, times=None, method="invite_participants")
    assert send_alerts(small)[Channel.SURVEY_SERVER].outcome is MessageOutcome.DEAD
    assert send_alerts(small) == {}


def test_nobody_is_reminded_of_a_return_that_is_answered_or_of_a_survey_that_opted_out(small: Small) -> None:
    small.answer("str2")
    assert send_alerts(small)[Channel.SURVEY_SERVER].words == "Invited 1 of 1."
    small.edit("programme.yaml", '"reminders": true', '"reminders": false')
    assert Channel.SURVEY_SERVER not in send_alerts(small, LATER)


def test_a_message_to_chats_that_are_gone_is_let_go(small: Small, monkeypatch: pytest.MonkeyPatch) -> None:
    with chat(status=500) as (address, _):
        monkeypatch.setenv("ESSAIM_APPRISE_URLS", address.get_secret_value())
        assert send_alerts(small)[Channel.CHAT].outcome is MessageOutcome.POSTPONED
    monkeypatch.delenv("ESSAIM_APPRISE_URLS")
    assert send_alerts(small)[Channel.CHAT].outcome is MessageOutcome.OVERTAKEN
