"""Test what the intake remembers of messages, on both engines: each once, and each answer begun once."""

from dataclasses import replace
from datetime import datetime, timedelta

import pytest
from posting import Post, letter, workbook

from schemas.intake import AnswerState, MailOutcome
from schemas.settings import ProjectPaths
from tasks.mailbox import handling
from warehouse.intake import now, open_intake
from warehouse.mails import Mail, answers_since, begin_answer, record_mail, recorded_mail, settle_answer

MAIL = Mail("key", "sender", MailOutcome.KEPT, ("É.",), True, AnswerState.DUE, datetime(2026, 1, 1))


def test_the_first_record_of_a_message_stays(paths: ProjectPaths) -> None:
    with open_intake(paths) as intake:
        assert recorded_mail(intake, "key") is None
        assert record_mail(intake, MAIL) == MAIL
        assert record_mail(intake, replace(MAIL, outcome=MailOutcome.NOT_USED, recorded_at=now())) == MAIL
        assert recorded_mail(intake, "key") == MAIL


def test_an_answer_is_begun_once_and_counts_for_its_sender_from_then_on(paths: ProjectPaths) -> None:
    since = now() - timedelta(minutes=1)
    with open_intake(paths) as intake:
        record_mail(intake, MAIL)
        record_mail(intake, replace(MAIL, message_key="other", sender_sha256="other"))
        assert answers_since(intake, since) == 0
        begun = begin_answer(intake, MAIL)
        assert begun == replace(MAIL, answer=AnswerState.BEGUN) == recorded_mail(intake, "key")
        assert begin_answer(intake, MAIL) is None
        assert answers_since(intake, since, sender_sha256="sender", outcome=MailOutcome.KEPT) == 1
        assert answers_since(intake, since, sender_sha256="other") == 0
        assert answers_since(intake, since, outcome=MailOutcome.NOT_USED) == 0
        assert answers_since(intake, now() + timedelta(minutes=1)) == 0
        assert begun is not None
        due = settle_answer(intake, begun, AnswerState.DUE)
        assert (due, answers_since(intake, since)) == (MAIL, 0)
        assert begin_answer(intake, due) is not None


def begun_elsewhere(*_: object) -> None:
    """Find the answer begun."""


def test_an_answer_that_another_run_has_begun_is_not_sent(post: Post, monkeypatch: pytest.MonkeyPatch) -> None:
    post.account.receive(letter(workbook()))
    with monkeypatch.context() as patch:
        patch.setattr(handling, "begin_answer", begun_elsewhere)
        post.fetch()
    assert (len(post.items()), post.answers()) == (1, [])
