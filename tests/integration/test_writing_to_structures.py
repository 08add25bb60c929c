"""Test the mails to structures from the warehouse to a real mail server: workbooks, links, replies, and the ledger."""

from collections.abc import Generator
from datetime import date
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import bookkeeping as wb
import pytest
from alerting import alert, by_recipient, mailing, text_of, writing
from building import begin_with_views
from delivering import collect, deliver
from digests import parts
from small_programme import Small, small_programme

from schemas.enums import MessageOutcome
from schemas.settings import Environment, ProjectPaths
from schemas.tables import ALERTS, MESSAGES, sql_table
from tasks.alerts import Sent
from tasks.links import SENDING_LASTS, Links, Purpose
from tasks.pipeline.alerts import alert_evaluators
from tasks.pipeline.planning import plan_expected_returns
from tasks.programme import read_programme
from tasks.run import recorded_run
from tasks.schedule.expected_returns import plan
from tasks.simulator import Misbehaviour
from tasks.workbooks.templates import write_templates
from warehouse.connection import open_warehouse

DESK = "https://desk.example.org"


@pytest.fixture
def paths(tmp_path: Path) -> ProjectPaths:
    """Return the paths of a programme in which nobody has sent anything."""
    paths = ProjectPaths(tmp_path / "programme")
    paths.folder.mkdir()
    wb.write_folder(paths.folder, wb.programme())
    begin_with_views(paths)
    return paths


def test_a_structure_gets_the_workbook_of_each_return_that_it_owes_and_replies_reach_its_evaluator(
    paths: ProjectPaths, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    programme = writing()
    collect(paths, programme)
    with mailing(monkeypatch) as server:
        sent = alert(paths, programme)
    assert {code: one.outcome for code, one in sent.items()} == {
        "structure:STR1": MessageOutcome.SENT,
        "A": MessageOutcome.SENT,
    }
    assert [str(message["To"]) for message in server.taken] == ["accueil@example.org", "a@example.org"]
    mail = by_recipient(server)["accueil@example.org"]
    assert mail["Reply-To"] == "a@example.org"
    assert "parviendra à Camille Inventée" in text_of(mail)
    attached = {str(one.get_filename()): one.get_content() for one in mail.iter_attachments()}
    owed = [row for row in plan(programme) if str(row["expected_return_id"]).startswith("C-1/STR1/")]
    expected = {
        path.name: path.read_bytes()
        for occasion in ("M03", "M06")
        for path in write_templates(programme, paths, tmp_path / "out", occasion, (), owed)
    }
    assert attached == expected
    assert "STR2" not in mail.as_string() + text_of(mail)


def test_the_digest_says_which_structure_was_written_to_and_which_could_not_be(
    paths: ProjectPaths, monkeypatch: pytest.MonkeyPatch
) -> None:
    programme = writing()
    collect(paths, programme)
    with mailing(monkeypatch) as server:
        alert(paths, programme)
    digest = text_of(by_recipient(server)["a@example.org"])
    str1, str2 = digest.split("- Structure inventée STR")[1:]
    assert "Essaim a écrit à la structure le dimanche 31 mars 2019." in str1
    assert "son contact dans structures.csv ne comporte pas d'adresse mail valable" in str2


def test_a_structure_whose_address_is_refused_is_reported_in_the_same_digest(
    paths: ProjectPaths, monkeypatch: pytest.MonkeyPatch
) -> None:
    programme = writing()
    collect(paths, programme)
    with mailing(monkeypatch, faults={"RCPT": "550 <accueil@example.org> no such user"}, times=1) as server:
        sent = alert(paths, programme)
    assert sent["structure:STR1"].outcome is MessageOutcome.DEAD
    assert "le message a été refusé. Vérifiez son adresse" in text_of(by_recipient(server)["a@example.org"])


def test_a_mail_that_was_lost_is_sent_again_the_same_to_the_byte_with_the_same_link(
    paths: ProjectPaths, monkeypatch: pytest.MonkeyPatch
) -> None:
    programme = writing()
    monkeypatch.setenv("ESSAIM_DESK_URL", DESK)
    collect(paths, programme)
    with mailing(monkeypatch, faults={"DOT": "drop"}, times=2) as server:
        first = alert(paths, programme)
        again = alert(paths, programme)
    assert {one.outcome for one in first.values()} == {MessageOutcome.POSTPONED}
    assert {one.outcome for one in again.values()} == {MessageOutcome.SENT}
    copies = [message.as_bytes() for message in server.taken if message["To"] == "accueil@example.org"]
    assert len(copies) > 1
    assert len(set(copies)) == 1
    assert f"{DESK}/send/".encode() in copies[0].replace(b"=\n", b"")
    with open_warehouse(paths) as warehouse:
        (outcomes,) = {tuple(row) for row in warehouse.execute(_outcomes())}
    assert outcomes == ("sent", 2)


def _outcomes() -> Any:
    return sql_table(MESSAGES).select().with_only_columns(sql_table(MESSAGES).c.outcome, sql_table(MESSAGES).c.attempts)


def test_the_personal_link_opens_the_return_of_this_structure_and_is_in_the_text_for_the_evaluator_too(
    paths: ProjectPaths, monkeypatch: pytest.MonkeyPatch
) -> None:
    programme = writing()
    monkeypatch.setenv("ESSAIM_DESK_URL", f"{DESK}/")
    collect(paths, programme)
    with mailing(monkeypatch) as server:
        alert(paths, programme)
    links = Links(paths, Environment())

    def stated(text: str) -> set[str]:
        texts = {part.split()[0].rstrip("\"'") for part in text.split(f"{DESK}/send/")[1:]}
        return {link.subject for one in texts if (link := links.read(Purpose.SEND, one, SENDING_LASTS)) is not None}

    mails = by_recipient(server)
    assert stated(text_of(mails["accueil@example.org"])) == {"C-1/STR1/M03/suivi", "C-1/STR1/M06/suivi"}
    page = parts(mails["a@example.org"])[1]
    assert stated(unquote(page)) == {"C-1/STR1/M03/suivi", "C-1/STR1/M06/suivi"}
    assert f'href="{DESK}/returns/C-1/STR2/M06/suivi"' in page


def test_nothing_is_repeated_before_the_next_step(paths: ProjectPaths, monkeypatch: pytest.MonkeyPatch) -> None:
    programme = writing()
    collect(paths, programme)
    with mailing(monkeypatch) as server:
        alert(paths, programme)
        assert alert(paths, programme) == {}
        assert len(server.taken) == 2
        later = alert(paths, programme, date(2019, 4, 22))
    assert later.keys() == {"structure:STR1", "A"}


def test_what_is_to_be_corrected_is_asked_for_by_cell_without_what_was_found(
    paths: ProjectPaths, monkeypatch: pytest.MonkeyPatch
) -> None:
    programme = writing()
    monkeypatch.setenv("ESSAIM_DESK_URL", DESK)
    deliver(paths, wb.book(wb.items(personnes="vingt-sept secrets")))
    collect(paths, programme)
    with mailing(monkeypatch) as server:
        alert(paths, programme)
    mail = by_recipient(server)["accueil@example.org"]
    text = text_of(mail)
    assert "feuille « Données », case B" in text
    assert "un nombre entier, ou nc" in text
    assert "Vous y trouverez aussi une copie où ces cases sont marquées." in text
    assert "vingt-sept" not in text
    (attached,) = mail.iter_attachments()
    assert "__M03__" in str(attached.get_filename())


def test_the_ledger_holds_codes_and_no_address(paths: ProjectPaths, monkeypatch: pytest.MonkeyPatch) -> None:
    programme = writing()
    collect(paths, programme)
    with mailing(monkeypatch, faults={"RCPT": "450 <accueil@example.org> later"}, times=1):
        alert(paths, programme)
    with open_warehouse(paths) as warehouse:
        for table in (ALERTS, MESSAGES):
            rows = warehouse.execute(sql_table(table).select())
            assert "structure:STR1" in str(rows)
            assert "example.org" not in str(rows)


@pytest.fixture
def small(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Generator[Small]:
    """Yield a programme whose survey STR1 has answered, and STR2 and STR3 have not."""
    with small_programme(monkeypatch, tmp_path / "programme", mails_to_structures=True) as small:
        small.add_participants("STR1", "STR2")
        small.answer("str1")
        small.edit("structures.csv", "STR3,Structure STR3,C-1,,,true,accueil", "STR3,Structure STR3,C-1,,,true,trois")
        small.edit("structures.csv", "STR2,Structure STR2,C-1,,,true,accueil", "STR2,Structure STR2,C-1,,,true,deux")
        small.collect(views=True)
        yield small


def send(small: Small, day: date) -> dict[str, Sent]:
    programme = read_programme(small.folder)
    with recorded_run(small.paths, programme, Environment(), command="remind", as_of=day) as run:
        return {sent.recipient_code: sent for sent in alert_evaluators(plan_expected_returns(run))}


def test_a_survey_is_linked_with_the_token_of_the_structure_and_the_survey_server_writes_to_nobody(
    small: Small, monkeypatch: pytest.MonkeyPatch
) -> None:
    with mailing(monkeypatch) as server:
        send(small, date(2026, 3, 31))
    mails = by_recipient(server)
    assert mails.keys() == {"deux@example.org", "trois@example.org", "evaluation@example.org"}
    assert f"/{small.survey.sid}?lang=fr&token=str2" in text_of(mails["deux@example.org"])
    assert "Servez-vous du lien que vous avez reçu" in text_of(mails["trois@example.org"])
    assert "token=" not in text_of(mails["evaluation@example.org"])
    assert small.simulator.calls.count("invite_participants") == 0


def test_while_the_survey_server_cannot_be_read_the_mail_to_a_structure_waits(
    small: Small, monkeypatch: pytest.MonkeyPatch
) -> None:
    small.simulator.misbehave(Misbehaviour.UNAVAILABLE, times=None, method="list_participants")
    with mailing(monkeypatch) as server:
        outcomes = {code: sent.outcome for code, sent in send(small, date(2026, 3, 31)).items()}
    assert outcomes["structure:STR2"] is MessageOutcome.POSTPONED
    assert outcomes["E"] is MessageOutcome.SENT
    assert "le message n'a pas encore pu partir" in text_of(by_recipient(server)["evaluation@example.org"])
