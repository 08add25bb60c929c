"""Test the mails to structures: their words, their links and workbooks, and their bytes."""

import email
import email.policy
import re
from dataclasses import replace
from datetime import UTC, date, datetime
from typing import Any

import pytest
from digests import MESSAGE_ID, NBSP, TODAY, Page, parts

from schemas.enums import AlertKind, StateReason
from tasks.alerts import AskedReturn, Attachment, StructureMail, ToCorrect, compose_to_structure
from tasks.alerts.structure_letter import MOST_PLACES

PAGE = "https://desk.example.org/send/a-link"
SURVEY = "https://enquetes.example.org/310603?lang=fr&token=abc"
WORKBOOK = Attachment("VITA-2__NEO56__M18__tableau.xlsx", b"PK a workbook")
SOON = AskedReturn(AlertKind.REMINDED, "Tableau de données", "M18", date(2019, 4, 15), True, workbook=WORKBOOK)
WRONG = replace(
    SOON,
    kind=AlertKind.TO_BE_CORRECTED,
    reason=StateReason.TO_BE_CORRECTED,
    workbook=None,
    to_correct=(ToCorrect("Données!B4", "un nombre entier, ou nc"), ToCorrect("Participants", "au moins une ligne")),
)
ONLINE = replace(SOON, instrument="Questionnaire de suivi", workbook=None, is_survey=True, survey=SURVEY)
MAIL = StructureMail(
    programme="Accélérateur d'innovation sociale, emploi",
    recipient_code="structure:NEO56",
    recipient="accueil@example.org",
    sender="suivi@example.org",
    reply_to=("camille@example.org",),
    answered_by=("Camille Exemple",),
    structure="NEO 56",
    as_of=TODAY,
    returns=(SOON,),
    message_id=MESSAGE_ID,
    dated=datetime(2019, 3, 31, 7, tzinfo=UTC),
)


def written(*returns: AskedReturn, **changes: Any) -> tuple[str, str, str]:
    """Return the subject, the text and the page of a mail, with usual spaces."""
    message = compose_to_structure(replace(MAIL, returns=returns or (SOON,), **changes))
    subject, text, page = str(message["Subject"]), *parts(message)
    return subject.replace(NBSP, " "), text.replace(NBSP, " "), page.replace(NBSP, " ")


def test_a_structure_reads_what_is_expected_when_and_how_to_give_it_and_whom_to_ask() -> None:
    subject, text, _ = written()
    assert subject.startswith("Tableau de données (M18) : à nous envoyer d'ici au lundi 15 avril 2019 · Accélérateur")
    assert text.split("\n\n") == [
        "Bonjour,",
        "Ce message s'adresse à NEO 56, dans le cadre de « Accélérateur d'innovation sociale, emploi ».",
        "\nTABLEAU DE DONNÉES (M18)",
        "Votre réponse est attendue pour le lundi 15 avril 2019, dans 15 jours.",
        "Le classeur à remplir est joint à ce message : VITA-2__NEO56__M18__tableau.xlsx. Remplissez les cases jaunes "
        "et enregistrez-le sous le même nom. Renvoyez-le ensuite en réponse à ce message.",
        "\nUne question, un empêchement ? Répondez simplement à ce message : votre réponse parviendra à Camille "
        "Exemple.",
        "Avec nos remerciements,\nAccélérateur d'innovation sociale, emploi",
        "-- \nVous recevez ce message parce que votre structure participe à « Accélérateur d'innovation sociale, "
        "emploi ». Les rappels s'arrêtent dès que votre réponse est arrivée.\n",
    ]


@pytest.mark.parametrize(
    ("due_on", "is_on_time", "french", "english"),
    [
        (date(2019, 4, 1), True, "pour le lundi 1er avril 2019, dans 1 jour.", "by Monday 1 April 2019, in 1 day."),
        (TODAY, True, "Votre réponse est attendue aujourd'hui.", "We expect your answer today."),
        (date(2019, 3, 20), True, "il est encore temps de l'envoyer", "there is still time to send it"),
        (date(2018, 6, 15), False, "Il n'est pas trop tard pour l'envoyer", "It is not too late"),
    ],
)
def test_the_deadline_is_said_in_plain_words(due_on: date, is_on_time: bool, french: str, english: str) -> None:
    one = replace(SOON, due_on=due_on, is_on_time=is_on_time)
    assert french in written(one)[1]
    assert english in written(one, locale="en")[1]
    subject = written(one)[0]
    assert ("nous attendons encore votre réponse" in subject) is (due_on < TODAY)


def test_what_is_to_be_corrected_is_named_cell_by_cell_and_the_marked_copy_is_on_the_personal_page() -> None:
    for form in written(replace(WRONG, send=PAGE, is_marked=True))[1:]:
        seen = Page(form).text if "<html" in form else form
        assert "feuille « Données », case B4 → un nombre entier, ou nc" in seen
        assert "Participants → au moins une ligne" in seen
        assert "Vous y trouverez aussi une copie où ces cases sont marquées." in seen
        assert PAGE in form
    assert "copie" not in written(replace(WRONG, is_marked=True))[1]
    assert "Corrigez votre classeur. Renvoyez-le ensuite en réponse à ce message." in written(WRONG)[1]
    again = written(replace(WRONG, kind=AlertKind.NEWER_TO_BE_CORRECTED), locale="en")[1]
    assert "until then, what you sent before counts" in again


def test_many_places_are_counted() -> None:
    places = tuple(ToCorrect(f"Données!B{row}", "un nombre") for row in range(1, MOST_PLACES + 3))
    _, text, _ = written(replace(WRONG, to_correct=places))
    assert text.count("case B") == MOST_PLACES
    assert "- et 2 autres endroits" in text


def test_a_personal_link_is_a_button_and_said_to_be_personal() -> None:
    _, text, page = written(replace(SOON, send=PAGE), ONLINE)
    hrefs = [attributes["href"] for tag, attributes in Page(page).tags if tag == "a"]
    assert hrefs == [PAGE, SURVEY]
    assert f"Déposer le classeur → {PAGE}" in text
    assert f"Répondre au questionnaire → {SURVEY}" in text
    assert "réservés à votre structure" in text
    assert "vous saurez tout de suite si tout est en ordre" in text
    assert "réservés" not in written()[1]
    unknown = written(replace(ONLINE, survey=None))[1]
    assert "Servez-vous du lien que vous avez reçu" in unknown
    assert "réservés" not in unknown


@pytest.mark.parametrize(
    ("reason", "words"),
    [
        (StateReason.BEGUN, "à le terminer et à l'envoyer"),
        (StateReason.TOO_FEW_RESPONDENTS, "celles d'autres personnes de votre structure"),
    ],
)
def test_what_was_begun_is_not_asked_for_as_if_nothing_had_come(reason: StateReason, words: str) -> None:
    _, text, _ = written(replace(ONLINE, reason=reason, due_on=date(2018, 6, 15), is_on_time=False))
    assert words in text
    assert "ne nous est pas encore parvenue" not in text


def test_an_incomplete_workbook_is_completed_and_not_filled_in_anew() -> None:
    _, text, _ = written(replace(SOON, reason=StateReason.INCOMPLETE, workbook=None))
    assert "Complétez votre classeur. Renvoyez-le ensuite en réponse à ce message." in text
    assert "joint" not in text


def test_a_workbook_goes_to_the_mailbox_where_there_is_one_and_questions_to_a_person() -> None:
    for one in (SOON, WRONG, replace(SOON, reason=StateReason.INCOMPLETE, workbook=None)):
        text = written(one, mailbox="classeurs@example.org")[1]
        assert "Envoyez-le ensuite à classeurs@example.org : vous recevrez une réponse." in text
        assert "Répondez simplement à ce message" in text
        assert "Renvoyez-le" not in text


def test_several_returns_are_one_mail() -> None:
    subject, text, _ = written(SOON, replace(WRONG, occasion="M12"), ONLINE)
    assert subject.startswith("3 réponses à envoyer ou à corriger · ")
    assert written(SOON, ONLINE)[0].startswith("2 réponses attendues · ")
    assert written(WRONG, replace(WRONG, occasion="M12"))[0].startswith("2 classeurs à corriger · ")
    assert re.findall(r"^([A-ZÉ ]+) \(M", text, re.MULTILINE) == [
        "TABLEAU DE DONNÉES",
        "TABLEAU DE DONNÉES",
        "QUESTIONNAIRE DE SUIVI",
    ]


def test_the_text_and_the_page_say_the_same_in_both_languages() -> None:
    for locale in ("fr", "en"):
        _, text, page = written(replace(SOON, send=PAGE), WRONG, ONLINE, locale=locale)
        seen = Page(page).text.casefold()
        for line in text.splitlines():
            words = line.strip().removeprefix("- ").partition(" → http")[0].casefold()
            if words and words != "--":
                assert " ".join(words.split()) in seen
        assert f'<html lang="{locale}">' in page


def test_the_workbook_is_attached_whole_under_its_name_and_the_mail_is_the_same_to_the_byte() -> None:
    message = compose_to_structure(MAIL)
    opened = email.message_from_bytes(message.as_bytes(), policy=email.policy.default)
    assert opened.defects == []
    (attached,) = opened.iter_attachments()
    assert (attached.get_filename(), attached.get_content()) == (WORKBOOK.name, WORKBOOK.content)
    assert attached.get_content_type() == "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
    assert compose_to_structure(replace(MAIL)).as_bytes() == message.as_bytes()


def test_replies_reach_those_who_follow_the_structure() -> None:
    two = ("camille@example.org", "sacha@example.org")
    message = compose_to_structure(replace(MAIL, reply_to=two, answered_by=("Camille", "Sacha")))
    assert message["Reply-To"] == ", ".join(two)
    assert message["From"].addresses[0].display_name == MAIL.programme
    assert message["Auto-Submitted"] == "auto-generated"
    nobody = compose_to_structure(replace(MAIL, reply_to=(), answered_by=()))
    assert nobody["Reply-To"] is None
    assert "Répondez simplement à ce message." in parts(nobody)[0]


@pytest.mark.parametrize(
    "name",
    ["<script>alert(1)</script>", "{{ 7 * 7 }}", "Essai\r\nBcc: victim@example.org\r\n\r\n", "a\u202eb", '"<>,;@'],
)
def test_what_a_folder_says_stays_text(name: str) -> None:
    workbook = Attachment(WORKBOOK.name, b"x")
    one = replace(WRONG, instrument=name, to_correct=(ToCorrect(name, name),), workbook=workbook)
    changed = replace(MAIL, programme=name, structure=name, answered_by=(name,), returns=(one,))
    message = compose_to_structure(changed)
    opened = email.message_from_bytes(message.as_bytes(), policy=email.policy.default)
    assert opened["Bcc"] is None
    assert opened["To"] == "accueil@example.org"
    plain = compose_to_structure(replace(MAIL, returns=(replace(WRONG, to_correct=WRONG.to_correct[:1]),)))
    assert {tag for tag, _ in Page(parts(message)[1]).tags} == {tag for tag, _ in Page(parts(plain)[1]).tags}
    assert "\u202e" not in parts(message)[0]
