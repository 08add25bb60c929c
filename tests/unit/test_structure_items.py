"""Test that a digest names each structure once, and lets its reader act without a command line."""

import html
import re
from dataclasses import replace
from datetime import date
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

import pytest
from digests import DIGEST, LINE, NBSP, Page, composed

from schemas.enums import AlertKind, MessageOutcome, StateReason
from tasks.alerts import DigestLine, ToCorrect
from tasks.alerts.contacts import ContactProblem
from tasks.alerts.listing import ORDER
from tasks.alerts.mail_to_structure import mail_to_structure
from warehouse.alerts import Written

DESK = "https://desk.example.org/"
FRIDAY = date(2019, 3, 29)


def of_neo(occasion: str, **changes: Any) -> DigestLine:
    given = {"expected_return_id": f"VITA-2/NEO56/{occasion}/tableau", "occasion": occasion}
    return replace(LINE, contact="01 99 00 12 34, accueil@example.org", **{**given, **changes})


def at_desk(line: DigestLine) -> DigestLine:
    return replace(line, page=f"{DESK}returns/{line.expected_return_id}", send=f"{DESK}send/a-link")


def links(page: str) -> list[str]:
    return [attributes["href"] or "" for tag, attributes in Page(page).tags if tag == "a"]


def test_all_that_a_structure_owes_stands_under_its_name_once() -> None:
    other = replace(LINE, structure="IPSO", structure_code="IPSO", expected_return_id="VITA-2/IPSO/M18/tableau")
    soon = of_neo("M12", kind=AlertKind.DUE_SOON, due_on=date(2019, 4, 15))
    for form in composed(of_neo("M18"), other, soon, of_neo("M06", cohort="Autre vague"), locale="en"):
        seen = Page(form).text if "<html" in form else form
        assert seen.count("NEO 56") == 1
        assert seen.count("accueil@example.org") == 1
        assert seen.count("Tableau de données · M") == 4
    page = composed(of_neo("M18"), soon)[1]
    assert len([link for link in links(page) if link.startswith("mailto:")]) == 1


def test_structures_of_one_name_are_not_taken_for_one() -> None:
    text, _ = composed(LINE, replace(LINE, structure_code="OTHER", expected_return_id="VITA-1/OTHER/M18/tableau"))
    assert len(re.findall(r"^- NEO 56$", text, re.MULTILINE)) == 2


def test_the_structure_with_something_new_comes_first_whatever_else_it_owes() -> None:
    known = replace(LINE, structure="Ancienne", structure_code="1", is_new=False, due_on=date(2017, 1, 1))
    soon = replace(LINE, kind=AlertKind.DUE_SOON, structure="Récente", structure_code="2")
    old = replace(known, structure="Récente", structure_code="2", expected_return_id="x", due_on=date(2018, 1, 1))
    text, _ = composed(known, soon, old)
    assert re.findall(r"^- (\w+)$", text, re.MULTILINE) == ["Récente", "Ancienne"]


def test_each_return_has_a_button_to_its_page_at_the_desk_and_no_reference() -> None:
    text, page = composed(at_desk(of_neo("M18")), at_desk(of_neo("M12")), desk=DESK)
    pages = [f"{DESK}returns/VITA-2/NEO56/{occasion}/tableau" for occasion in ("M12", "M18")]
    assert sorted(link for link in links(page) if "/returns/" in link) == pages
    for address in (*pages, DESK):
        assert address in text
    assert DESK in links(page)
    assert "Référence" not in text + page
    assert "Indiquez-le sur la page du retour." in text
    assert "Classeur à envoyer" not in text


def test_what_is_not_listed_is_at_the_desk() -> None:
    lines = [at_desk(of_neo(f"M{n}")) for n in range(4)]
    text, page = composed(*lines, cap=2, desk=DESK, pages="https://pages.example.org/reports/")
    assert f"2 autres retours ne figurent pas dans cette liste. Pour tout voir{NBSP}:\n{DESK}\n" in text
    assert links(page).count(DESK) == 2
    assert "pages.example.org" not in text + page


@pytest.mark.parametrize("desk", [None, DESK])
@pytest.mark.parametrize("locale", ["fr", "en"])
@pytest.mark.parametrize("recipient_code", ["EVAL-A", "_lead"])
def test_no_mail_names_a_command_a_path_or_a_file_of_the_server(
    desk: str | None, locale: str, recipient_code: str
) -> None:
    lines = [
        replace(LINE, kind=kind, reason=reason, is_marked=True, structure_code=f"{kind}{reason}")
        for kind in ORDER
        for reason in StateReason
    ]
    given: dict[str, Any] = {"locale": locale, "recipient_code": recipient_code, "desk": desk, "n_unassigned": 2}
    for form in composed(*(at_desk(line) if desk else line for line in lines), cap=150, **given):
        seen = html.unescape(Page(form).text if "<html" in form else form)
        assert not re.findall(r"essaim [a-z]+\b.*?(?:--|\()|--\w+|\bvar/|\binbox\b|essaim status", seen)


def test_the_marked_copy_is_at_the_desk_or_with_whoever_runs_essaim() -> None:
    line = replace(LINE, kind=AlertKind.TO_BE_CORRECTED, reason=StateReason.TO_BE_CORRECTED, is_marked=True)
    assert "se trouve sur la page du retour" in composed(at_desk(line), desk=DESK)[0]
    assert "conservée par la personne qui fait fonctionner Essaim" in composed(line)[0]
    assert "conservée" not in composed(replace(line, is_marked=False))[0]


def prepared(*lines: DigestLine, locale: str = "fr") -> tuple[str, str, str]:
    """Return address, subject and text of the prepared mail."""
    address = mail_to_structure(replace(DIGEST, locale=locale), lines)
    parts = urlsplit(address)
    fields = parse_qs(parts.query, strict_parsing=True)
    return unquote(parts.path), fields["subject"][0], fields["body"][0].replace(NBSP, " ")


def test_one_text_asks_a_structure_for_all_its_returns() -> None:
    wrong = of_neo("M12", kind=AlertKind.TO_BE_CORRECTED, reason=StateReason.TO_BE_CORRECTED)
    wrong = replace(wrong, to_correct=(ToCorrect("Données!B2", "un nombre entier, ou nc"),))
    recipient, subject, text = prepared(of_neo("M18"), wrong, of_neo("M06", is_of_evaluator=True))
    assert recipient == "accueil@example.org"
    assert subject == "Accélérateur d'innovation sociale, emploi – 2 retours"
    assert text.split("\r\n\r\n") == [
        "Bonjour,",
        "Nous n'avons pas encore reçu votre réponse à « Tableau de données » (M18), attendue pour le vendredi 15 juin "
        "2018.",
        "Vous trouverez le classeur à remplir en pièce jointe.",
        "Nous avons bien reçu « Tableau de données » (M12), et vous en remercions. Il ne peut pas encore être exploité "
        "tel quel.",
        "À corriger :\r\n- Données!B2 → un nombre entier, ou nc",
        "Pourriez-vous nous envoyer tout cela, ou nous dire quand nous pourrons l'attendre ?",
        "Avec nos remerciements,",
    ]


def test_a_long_list_is_cut_where_mail_programs_would_cut_it() -> None:
    lines = [at_desk(of_neo(f"M{n}")) for n in range(12)]
    assert len(mail_to_structure(DIGEST, lines)) < 2048
    *_, text = prepared(*lines)
    (more,) = re.findall(r"Et (\d+) autres retours\.", text)
    assert text.count("Nous n'avons pas encore reçu") + int(more) == 12


def test_the_personal_link_is_in_the_prepared_text_in_the_place_of_an_attachment() -> None:
    *_, text = prepared(at_desk(of_neo("M18")))
    assert f"Pour télécharger le classeur et nous l'envoyer : {DESK}send/a-link" in text
    assert "pièce jointe" not in text
    *_, text = prepared(at_desk(of_neo("M18", reason=StateReason.TO_BE_CORRECTED)), locale="en")
    assert f"To see what is missing or wrong, and to send it again: {DESK}send/a-link" in text


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"written": Written(FRIDAY, MessageOutcome.SENT)}, "Essaim a écrit à la structure le vendredi 29 mars 2019."),
        ({"written": Written(FRIDAY, MessageOutcome.DEAD)}, "le message a été refusé"),
        ({"written": Written(FRIDAY, MessageOutcome.POSTPONED)}, "le message n'a pas encore pu partir"),
        ({"cannot_write": ContactProblem.NO_ADDRESS}, "ne comporte pas d'adresse mail valable"),
        ({"cannot_write": ContactProblem.SEVERAL_ADDRESSES}, "dans structures.csv comporte plusieurs"),
    ],
)
def test_a_digest_says_when_a_structure_was_written_to_or_why_it_could_not(
    changes: dict[str, Any], sentence: str
) -> None:
    for form in composed(of_neo("M18", **changes), of_neo("M12")):
        assert html.unescape(form).replace(NBSP, " ").count(sentence) == 1
    assert sentence not in composed(of_neo("M18"))[0].replace(NBSP, " ")
