"""The digest that is read, and the file that it is written to."""

import email
import email.policy
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest

from schemas.programme import Programme
from schemas.states import ReturnState
from tasks.alerts import Recipient, alerts_due, digest, recipients, write_mail
from tasks.alerts.deciding import message_id_of
from tasks.language import language
from tasks.programme import read_programme
from warehouse.views import ReturnStatus

REFERENCE = Path(__file__).parents[2] / "examples" / "ais_emploi"
TODAY = date(2019, 3, 31)
MESSAGE_ID = "<0123456789abcdef0123456789abcdef@ais_emploi.essaim>"
NEO56 = ReturnStatus(
    expected_return_id="VITA-2/NEO56/M18/tableau",
    innovation_code="VITA",
    cohort_code="VITA-2",
    structure_code="NEO56",
    structure_name="NEO 56",
    occasion_code="M18",
    instrument_code="tableau",
    source_id="inbox",
    due_on=date(2018, 6, 15),
    on_time_until_on=date(2018, 6, 30),
    days_late=289,
    state=ReturnState.MISSING,
    snoozed_until_on=None,
    is_source_read=True,
    quarantined_return_id=None,
)


@pytest.fixture(scope="module")
def programme() -> Programme:
    return read_programme(REFERENCE)


def evaluator(programme: Programme, code: str = "EVAL-A") -> Recipient:
    return recipients(programme)[code]


def mail(programme: Programme, *statuses: ReturnStatus, locale: str = "en", known: tuple[str, ...] = ()):
    alerts = alerts_due(programme, statuses, TODAY)
    new = {alert.alert_id for alert in alerts} - set(known)
    return digest(
        programme,
        evaluator(programme),
        alerts,
        new=new,
        to_mend={"a-faulty-version": [("Données!B2", "a whole number, or nc")]},
        as_of=TODAY,
        message_id=MESSAGE_ID,
        language=language(locale),
    )


def renamed(programme: Programme, name: str, code: str = "ais_emploi") -> Programme:
    settings = programme.settings.model_copy(update={"name": name, "programme": code})
    return programme.model_copy(update={"settings": settings})


def test_the_digest_says_which_structure_owes_what_since_when(programme: Programme):
    body = mail(programme, NEO56).get_content()
    assert "Missing (1)" in body
    assert "- NEO 56 (VITA-2) · Tableau de données, M18 · due on 15/06/2018, 289 days late · new\n" in body
    assert "As of 31/03/2019" in body


def test_what_was_told_before_is_told_again_without_being_called_new(programme: Programme):
    (known,) = alerts_due(programme, [NEO56], TODAY)
    ipso = replace(NEO56, expected_return_id="VITA-2/IPSO/M18/tableau", structure_name="IPSO")
    message = mail(programme, NEO56, ipso, known=(known.alert_id,))
    lines = [line for line in message.get_content().splitlines() if line.startswith("- ")]
    assert [line.endswith("· new") for line in lines] == [False, True]
    assert "1 return needs you" in message["Subject"]


def test_each_kind_has_its_own_heading_and_what_could_not_be_checked_says_not_to_chase(programme: Programme):
    quarantined = replace(NEO56, state=ReturnState.QUARANTINED, structure_name="ICARE", quarantined_return_id="a")
    unverifiable = replace(NEO56, state=ReturnState.UNVERIFIABLE, structure_name="IPSO")
    body = mail(programme, NEO56, quarantined, unverifiable).get_content()
    missing, to_correct, unchecked = body.split("(1)")[1:]
    assert "NEO 56" in missing
    assert "ICARE" in to_correct
    assert "IPSO" in unchecked
    assert "Could not be checked (do not chase these)" in body


def test_what_must_be_corrected_is_told_with_its_cell_and_what_is_expected_there(programme: Programme):
    faulty = replace(NEO56, state=ReturnState.QUARANTINED, quarantined_return_id="a-faulty-version")
    text = mail(programme, faulty).get_content()
    assert "NEO 56" in text
    assert "    Données!B2 → a whole number, or nc\n" in text


def test_a_kind_that_nothing_is_of_has_no_heading(programme: Programme):
    assert "to be corrected" not in mail(programme, NEO56).get_content()


def test_a_digest_holds_no_address_but_its_sender_s_and_the_evaluator_s(programme: Programme):
    message = mail(programme, NEO56)
    assert message["To"] == "camille@example.org"
    others = [e.email for e in programme.settings.evaluators if e.code != "EVAL-A"]
    text = message.as_bytes().decode()
    assert not any(address in text for address in others)
    assert "@" not in message.get_content()
    assert {name for name, value in message.items() if "@" in value} == {"From", "To", "Message-ID"}


@pytest.mark.parametrize("locale", ["fr", "en"])
def test_a_digest_can_be_read_in_either_language(programme: Programme, locale: str):
    body = mail(programme, NEO56, locale=locale).get_content()
    assert "NEO 56 (VITA-2)" in body
    assert "289" in body


def test_a_written_mail_can_be_opened_with_its_accents(programme: Programme, tmp_path: Path):
    status = replace(NEO56, structure_name="Foyer de l'Écluse — œuvre")
    path = write_mail(tmp_path / "mails", mail(programme, status), recipient_code="EVAL-A", decided_on=TODAY)
    opened = email.message_from_bytes(path.read_bytes(), policy=email.policy.default)
    assert "Foyer de l'Écluse — œuvre" in opened.get_content()
    assert opened["Message-ID"] == MESSAGE_ID
    assert opened["Date"] == "Sun, 31 Mar 2019 07:00:00 +0000"
    assert opened["Subject"].startswith("Accélérateur d'innovation sociale, emploi: 1 return")
    assert opened.defects == []


def test_a_mail_written_twice_is_one_and_the_same_file(programme: Programme, tmp_path: Path):
    path = write_mail(tmp_path, mail(programme, NEO56), recipient_code="EVAL-A", decided_on=TODAY)
    content = path.read_bytes()
    again = write_mail(tmp_path, mail(programme, NEO56), recipient_code="EVAL-A", decided_on=TODAY)
    assert (again, again.read_bytes(), list(tmp_path.iterdir())) == (path, content, [path])
    assert path.name == "2019-03-31_EVAL-A_01234567.eml"


@pytest.mark.parametrize("break_", ["\r\n", "\n", "\r"])
def test_a_line_break_in_the_programme_s_name_adds_no_header(programme: Programme, tmp_path: Path, break_: str):
    name = f"Essai{break_}Bcc: victim@example.org"
    path = write_mail(tmp_path, mail(renamed(programme, name), NEO56), recipient_code="EVAL-A", decided_on=TODAY)
    opened = email.message_from_bytes(path.read_bytes(), policy=email.policy.default)
    assert opened["Bcc"] is None
    assert opened["Subject"] == "Essai Bcc: victim@example.org: 1 return needs you"


@pytest.mark.parametrize("break_", ["\r\n", "\n", "\r", "\u2028"])
def test_a_line_break_in_a_structure_s_name_adds_no_line(programme: Programme, tmp_path: Path, break_: str):
    status = replace(NEO56, structure_name=f"NEO 56{break_}{break_}- IPSO (VITA-2)")
    body = mail(programme, status).get_content()
    assert len([line for line in body.splitlines() if line.startswith("- ")]) == 1


def test_a_long_programme_code_leaves_the_message_id_whole(programme: Programme, tmp_path: Path):
    long = renamed(programme, "Essai", code="programme_" + "x" * 30)
    message_id = message_id_of(long.settings.programme, "EVAL-A", TODAY)
    message = mail(long, NEO56)
    message.replace_header("Message-ID", message_id)
    path = write_mail(tmp_path, message, recipient_code="EVAL-A", decided_on=TODAY)
    opened = email.message_from_bytes(path.read_bytes(), policy=email.policy.default)
    assert opened["Message-ID"] == message_id
    assert message_id.endswith(f"@programme_{'x' * 30}.essaim>")
