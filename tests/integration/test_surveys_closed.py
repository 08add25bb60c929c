"""Test surveys that nobody can answer on the server: expired, not started yet, or not active."""

import email
import email.policy
import json
from collections.abc import Generator
from datetime import date, datetime
from pathlib import Path

import pytest
from building import begin_with_views
from commands import Commands
from deciding import decided
from small_programme import AS_OF, Small, small_programme

from schemas.enums import Channel, DecisionKind, MessageOutcome
from schemas.programme import Programme
from schemas.settings import Environment
from tasks.alerts import Sent
from tasks.limesurvey import SurveyEntry
from tasks.pipeline.alerts import alert_evaluators
from tasks.pipeline.planning import plan_expected_returns
from tasks.programme import read_programme
from tasks.run import recorded_run, throwaway_copy
from tasks.surveys.server import OpenDays, open_days_of

NO_BREAK = "\N{NO-BREAK SPACE}"
EXPIRED = "Personne ne peut plus répondre à l'enquête : elle était ouverte jusqu'au samedi 31 janvier 2026."
NOT_STARTED = "Personne ne peut encore répondre à l'enquête : elle ouvrira le dimanche 1er février 2026."
NOT_ACTIVE = "Personne ne peut répondre à l'enquête : elle n'est pas active."


@pytest.fixture
def small(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Generator[Small]:
    """Yield a programme with a lead in which STR1 answered in time, and STR2 and STR3 did not."""
    with small_programme(monkeypatch, tmp_path / "programme", reminders=True) as small:
        lead = '"lead": {"name": "L", "email": "lead@example.org"}, "alerts": {"weekly": false}, "evaluators"'
        small.edit("programme.yaml", '"evaluators"', lead)
        small.simulator.state.mail_works = True
        small.add_participants("STR1", "STR2", "STR3")
        small.answer("str1")
        yield small


def alert(small: Small, day: date = AS_OF, *, rehearse: bool = False) -> dict[str, Sent]:
    """Send the alerts of a day with the states of the last build, and return the result for each recipient."""
    programme = read_programme(small.folder)
    if rehearse:
        with (
            throwaway_copy(small.paths) as copy,
            recorded_run(copy, programme, Environment(), command="remind", as_of=day) as run,
        ):
            return {sent.recipient_code: sent for sent in alert_evaluators(plan_expected_returns(run))}
    with recorded_run(small.paths, programme, Environment(), command="remind", as_of=day) as run:
        return {sent.recipient_code: sent for sent in alert_evaluators(plan_expected_returns(run))}


def mails(small: Small) -> dict[str, str]:
    """Return the text of each mail by its recipient, with plain spaces."""
    texts: dict[str, str] = {}
    for file in small.paths.mails.glob("*.eml"):
        with file.open("rb") as opened:
            mail = email.message_from_binary_file(opened, policy=email.policy.default)
        body = mail.get_body(("plain",))
        assert body is not None
        texts[str(mail["To"])] = body.get_content().replace(NO_BREAK, " ")
    return texts


def closure(small: Small, structure: str) -> tuple[object, object, object]:
    status = small.status(structure)
    return status["state"], status["survey_closure"], status["survey_closure_on"]


def kinds(small: Small) -> set[tuple[str, str]]:
    """Return the recipient and kind of the recorded alerts."""
    return {(code, kind) for code, kind in small.rows("select recipient_code, kind from ops.alerts")}


def written_to(small: Small) -> int:
    return small.simulator.calls.count("invite_participants") + small.simulator.calls.count("remind_participants")


def test_an_expired_survey_is_reported_at_once_and_the_server_reminds_nobody_until_it_is_extended(
    small: Small,
) -> None:
    small.survey.settings["expires"] = "2026-01-31 23:59:59"
    small.collect(views=True)
    assert closure(small, "STR1") == ("received", None, None)
    assert closure(small, "STR2") == ("missing", "expired", date(2026, 1, 31))
    source = f"limesurvey:{small.survey.sid}"
    reason = (
        f"Survey {small.survey.sid}: nobody was invited or reminded. Nobody can answer the survey any more: it was "
        "open until 2026-01-31. Extend its expiry date on the survey server, or take the answers by telephone."
    )
    rehearsed = alert(small, rehearse=True)[source]
    assert (rehearsed.outcome, rehearsed.words) == (MessageOutcome.POSTPONED, reason)
    sent = alert(small)
    assert (sent[source].outcome, sent[source].words) == (MessageOutcome.POSTPONED, reason)
    assert written_to(small) == 0
    ledger = small.rows("select recipient_code, outcome from ops.messages order by recipient_code")
    assert ledger == [("E", "sent"), ("_lead", "sent"), (source, "postponed")]
    assert kinds(small) == {("E", "survey_closed"), ("_lead", "survey_closed"), (source, "reminded")}
    for recipient in ("evaluation@example.org", "lead@example.org"):
        text = mails(small)[recipient]
        assert text.count(f"Enquête {small.survey.sid} (Questionnaire de suivi, M06) → {EXPIRED}") == 1
        assert "essaim waive" not in text
        assert "Rien n'est arrivé" in text
        assert "Structure STR1" not in text
        assert f"/{small.survey.sid}?lang=" not in text
    # The staff extend it, and the next run reads so.
    small.survey.settings["expires"] = "2026-12-31 23:59:59"
    later = date(2026, 4, 20)
    small.collect(later, views=True)
    assert closure(small, "STR2") == ("missing", None, None)
    again = alert(small, later)[source]
    assert (again.channel, again.outcome, again.words) == (
        Channel.SURVEY_SERVER,
        MessageOutcome.SENT,
        "Invited 2 of 2.",
    )


def test_a_survey_that_has_not_started_alerts_the_evaluator_and_the_lead_before_the_first_reminder(
    small: Small,
) -> None:
    small.survey.settings["startdate"] = "2026-02-01 00:00:00"
    opening = date(2025, 12, 1)
    small.edit("programme.yaml", '"timezone"', '"schedule": {"reminder_days": [10]}, "timezone"')
    small.collect(opening, views=True)
    assert closure(small, "STR2") == ("open", "not_started", date(2026, 2, 1))
    sent = alert(small, opening)
    assert set(sent) == {"E", "_lead"}
    assert NOT_STARTED in mails(small)["evaluation@example.org"]
    assert NOT_STARTED in mails(small)["lead@example.org"]
    assert alert(small, opening) == {}
    assert kinds(small) == {("E", "survey_closed"), ("_lead", "survey_closed")}


def test_a_survey_that_is_not_active_could_not_be_checked_and_the_lead_learns_why(small: Small) -> None:
    small.collect(date(2026, 1, 5), views=True)
    small.survey.deactivate()
    small.collect(views=True)
    assert closure(small, "STR2") == ("unverifiable", "not_active", None)
    assert closure(small, "STR1") == ("received", None, None)
    alert(small)
    assert kinds(small) == {("E", "unverifiable"), ("_lead", "survey_closed")}
    for text in mails(small).values():
        assert text.count(NOT_ACTIVE) == 1


def test_nobody_hears_of_an_expired_survey_of_which_all_returns_came(small: Small) -> None:
    small.answer("str2")
    small.answer("str3")
    small.survey.settings["expires"] = "2026-01-31 23:59:59"
    small.collect(views=True)
    assert {closure(small, structure) for structure in ("STR1", "STR2", "STR3")} == {("received", None, None)}
    assert alert(small) == {}


def test_the_status_the_report_and_the_collection_show_an_expired_survey_and_as_of_views_what_was_known(
    small: Small,
) -> None:
    commands = Commands(small.folder)
    begin_with_views(small.paths)
    commands.run("collect", "--as-of", "2026-01-20")
    small.survey.settings["expires"] = "2026-01-18 12:00:00"
    ran = commands.run("collect", "--as-of", "2026-01-27")
    sentence = (
        f"limesurvey:{small.survey.sid}: Nobody can answer the survey any more: it was open until 2026-01-18. Extend "
        "its expiry date on the survey server, or take the answers by telephone. Returns still to come: 2."
    )
    assert ran.code == 3
    assert f"Cannot be answered:\n  {sentence}\n" in ran.out
    status = commands.run("status", "--format", "csv").out
    assert status.count("expired,2026-01-18") == 2
    (report,) = small.paths.reports.glob("*2026-01-27*.html")
    page = report.read_text(encoding="utf-8").replace(NO_BREAK, " ")
    assert "Enquêtes auxquelles personne ne peut répondre" in page
    assert "elle était ouverte jusqu&#39;au dimanche 18 janvier 2026" in page
    assert "2 de ses retours sont encore attendus." in page
    commands.run("build", "--as-of", "2026-01-20")
    sql = "select count(*) from analytics.return_status where survey_closure is not null"
    assert commands.rows(sql, "--as-of", "2026-01-20") == [(0,)]
    assert commands.rows(sql) == [(2,)]


def test_the_status_is_one_sentence_where_nothing_needs_a_person(small: Small) -> None:
    commands = Commands(small.folder)
    small.answer("str2")
    small.answer("str3")
    begin_with_views(small.paths)
    commands.run("collect", "--as-of", "2026-01-20")
    shown = commands.run("status").out
    assert "No expected return needs a person." in shown
    assert "Expected returns that need a person" not in shown
    assert commands.run("status", "--format", "csv").out.startswith("expected_return_id,")
    assert "3 expected returns." in commands.run("status", "--all").out


@pytest.mark.parametrize(
    ("starts", "expires", "first", "last"),
    [
        (None, None, None, None),
        ("2026-01-01 00:00:00", "2026-01-31 23:59:59", date(2026, 1, 1), date(2026, 1, 31)),
        ("2026-01-01 09:30:00", "2026-01-31 12:00:00", date(2026, 1, 1), date(2026, 1, 31)),
        (None, "2026-01-31 00:00:00", None, date(2026, 1, 30)),
        ("0001-01-01 00:00:00", "9999-12-31 23:59:59", date(1, 1, 1), date(9999, 12, 30)),
    ],
)
def test_a_survey_can_be_answered_on_the_local_days_between_its_start_and_its_expiry(
    small: Small, starts: str | None, expires: str | None, first: date | None, last: date | None
) -> None:
    entry = SurveyEntry(
        survey_id=1,
        title="",
        is_active=True,
        starts=datetime.fromisoformat(starts) if starts else None,
        expires=datetime.fromisoformat(expires) if expires else None,
    )
    assert open_days_of(entry, read_programme(small.folder)) == OpenDays(first, last)


def test_the_days_of_a_survey_are_those_of_the_programme_not_of_the_server(small: Small) -> None:
    small.edit("programme.yaml", '"page_size"', '"timezone": "America/New_York", "page_size"')
    expires = datetime(2026, 1, 31, 20)
    entry = SurveyEntry(survey_id=1, title="", is_active=True, starts=None, expires=expires)
    assert open_days_of(entry, read_programme(small.folder)).last == date(2026, 2, 1)


def test_drift_warns_of_a_survey_that_closes_before_its_returns_are_late(
    small: Small, monkeypatch: pytest.MonkeyPatch
) -> None:
    commands = Commands(small.folder)
    # The return is open from 30 November 2025, and on time until 14 January 2026.
    small.survey.settings["expires"] = "2026-01-14 12:00:00"
    day = date(2025, 10, 1)

    def today(_programme: Programme) -> date:
        return day

    monkeypatch.setattr("flows.cli.drift.today", today)
    assert commands.try_to("drift").code == 0
    small.survey.settings["expires"] = "2026-01-13 23:59:59"
    sentence = (
        "It can be answered only until 2026-01-13. Expected from 2025-11-30 until 2026-01-14, when its returns are "
        "open. Extend its expiry date on the survey server."
    )
    ran = commands.try_to("drift")
    assert (ran.code, ran.out.splitlines()[1]) == (3, f"  {sentence}")
    assert json.loads(commands.try_to("drift", "--json").out)["surveys"][0]["closed_while_expected"] == sentence
    small.survey.settings |= {"expires": None, "startdate": "2025-12-01 00:00:00"}
    assert "It can be answered only from 2025-12-01." in commands.try_to("drift").out
    day = date(2026, 1, 15)
    small.survey.settings["expires"] = "2026-01-13 23:59:59"
    assert commands.try_to("drift").code == 0
    decided(small.folder, DecisionKind.EXTEND, "C-1/STR2/M06/suivi", as_of=day, on=date(2026, 1, 31))
    ran = commands.try_to("drift")
    assert (ran.code, "Expected from 2025-11-30 until 2026-02-15" in ran.out) == (3, True)
