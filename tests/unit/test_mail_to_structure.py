"""Test the mail to a structure that a digest prepares for its reader."""

from dataclasses import replace
from email.message import EmailMessage
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

import pytest
from digests import DIGEST, LINE, Page, composed

from schemas.enums import AlertKind, StateReason, SurveyClosure
from tasks.alerts import ToCorrect
from tasks.alerts.mail_to_structure import mail_to_structure

WITH_ADDRESS = replace(LINE, contact="01 02 03 04 05, accueil@example.org")


def opened(locale: str = "fr", **changes: Any) -> tuple[str, str, str]:
    """Return the recipient, the subject and the text, as a mail program reads them from the address."""
    address = mail_to_structure(replace(DIGEST, locale=locale), [replace(WITH_ADDRESS, **changes)])
    parts = urlsplit(address)
    assert parts.scheme == "mailto"
    fields = parse_qs(parts.query, strict_parsing=True)
    assert fields.keys() == {"subject", "body"}
    message = EmailMessage()
    message["Subject"] = fields["subject"][0]  # refuses line breaks
    return unquote(parts.path), str(message["Subject"]), fields["body"][0].replace("\N{NO-BREAK SPACE}", " ")


def test_what_is_missing_is_asked_for_with_the_workbook_and_a_question() -> None:
    recipient, subject, text = opened()
    assert recipient == "accueil@example.org"
    assert subject == "Accélérateur d'innovation sociale, emploi – Tableau de données, M18"
    assert text.split("\r\n\r\n") == [
        "Bonjour,",
        "Nous n'avons pas encore reçu votre réponse à « Tableau de données » (M18), attendue pour le vendredi 15 juin "
        "2018.",
        "Vous trouverez le classeur à remplir en pièce jointe.",
        "Pourriez-vous nous l'envoyer, ou nous dire quand nous pourrons l'attendre ?",
        "Avec nos remerciements,",
    ]


def test_what_is_to_be_corrected_is_named_place_by_place_up_to_a_few() -> None:
    places = tuple(ToCorrect(f"Données!B{row}", "un nombre entier") for row in range(2, 9))
    *_, text = opened("en", reason=StateReason.TO_BE_CORRECTED, kind=AlertKind.TO_BE_CORRECTED, to_correct=places)
    assert text.count("- Données!B") == 5
    assert "- Données!B6 → un nombre entier\r\n- …\r\n\r\nCould you correct it" in text
    assert "attached" not in text
    *_, few = opened("en", reason=StateReason.TO_BE_CORRECTED, to_correct=places[:5])
    assert "…" not in few
    wrong = replace(WITH_ADDRESS, reason=StateReason.TO_BE_CORRECTED, to_correct=places)
    assert len(mail_to_structure(DIGEST, [wrong])) < 2000


def test_a_survey_is_named_by_its_address_and_a_return_that_was_begun_is_not_called_missing() -> None:
    survey: dict[str, Any] = {"survey": "https://enquetes.example.org/310601?lang=fr&x=1", "workbook": None}
    *_, begun = opened(**survey, reason=StateReason.BEGUN)
    assert "Le questionnaire : https://enquetes.example.org/310601?lang=fr&x=1" in begun
    assert "n'est pas encore complète" in begun
    *_, soon = opened("en", **survey, kind=AlertKind.DUE_SOON)
    assert "We expect your answer to “Tableau de données” (M18) by Friday 15 June 2018." in soon


@pytest.mark.parametrize(
    "changes",
    [
        {"contact": None},
        {"contact": "01 02 03 04 05"},
        {"contact": "accueil@nowhere"},
        {"is_of_evaluator": True},
        {"survey_closure": SurveyClosure.EXPIRED},
        {"reason": StateReason.TO_BE_MENDED},
        {"reason": StateReason.UNREAD},
    ],
)
def test_nothing_is_prepared_where_the_structure_has_no_address_or_nothing_to_do(changes: dict[str, Any]) -> None:
    assert mail_to_structure(DIGEST, [replace(WITH_ADDRESS, **changes)]) == ""


def test_no_field_of_the_prepared_mail_is_made_of_a_name() -> None:
    recipient, subject, text = opened(instrument="Tableau&bcc=victim@example.org\r\nBcc: victim@example.org")
    assert (recipient, "\n" in subject) == ("accueil@example.org", False)
    assert "Tableau&bcc=victim@example.org Bcc: victim@example.org" in text


def test_the_link_is_in_the_page_of_the_mail_and_not_in_its_text() -> None:
    text, page = composed(WITH_ADDRESS)
    assert "mailto:" not in text
    (link,) = [dict(attributes)["href"] for tag, attributes in Page(page).tags if tag == "a"]
    assert link == mail_to_structure(DIGEST, [WITH_ADDRESS])
    assert "Écrire à la structure" in page
