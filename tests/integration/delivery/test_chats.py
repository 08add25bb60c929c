"""Test lines posted to a chat: a real HTTP server on loopback accepts or refuses them."""

import json
import logging
from email.message import EmailMessage

import pytest
from chatting import TOKEN, chat

from schemas.enums import DeliveryOutcome
from tasks.delivery import RECIPIENT_HEADER
from tasks.delivery.chat import into_chats


def message() -> EmailMessage:
    mail = EmailMessage()
    mail["To"], mail["Subject"], mail[RECIPIENT_HEADER] = "camille@example.org", "3 retours à suivre", "EVAL-A"
    mail.set_content("Bonjour")
    return mail


def test_a_chat_receives_the_subject_and_the_recipient_s_code_and_nothing_else() -> None:
    with chat() as (address, taken):
        delivery = into_chats(address)(message())
    assert delivery.outcome is DeliveryOutcome.SENT
    (notification,) = taken
    assert (notification["title"], notification["message"]) == ("3 retours à suivre", "EVAL-A")
    assert "example.org" not in json.dumps(taken)
    assert "apprise" not in json.dumps(taken).lower()


@pytest.mark.parametrize("status", [500, 403])
def test_a_chat_that_refuses_postpones_and_no_log_repeats_its_token(
    status: int, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    with chat(status) as (address, taken):
        delivery = into_chats(address)(message())
    assert len(taken) == 1
    assert delivery.outcome is DeliveryOutcome.POSTPONED
    assert "ESSAIM_APPRISE_URLS" in delivery.words
    assert TOKEN not in delivery.words
    assert not [record for record in caplog.records if TOKEN in record.getMessage()]


def test_a_chat_that_is_not_there_postpones() -> None:
    with chat() as (address, _):
        pass
    assert into_chats(address)(message()).outcome is DeliveryOutcome.POSTPONED
