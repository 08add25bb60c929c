"""Test the words of digests, as text and as HTML, in both languages."""

import html
import re
from dataclasses import replace
from datetime import date
from typing import Any

import pytest
from digests import DIGEST, LINE, NBSP, TODAY, Page, composed

from schemas.enums import AlertKind, InstrumentKind, StateReason, SurveyClosure
from tasks.alerts import ToCorrect, compose, latest_report_address
from tasks.alerts.addresses import survey_address
from tasks.alerts.listing import ORDER
from tasks.alerts.structure_items import MOST_TO_CORRECT
from tasks.alerts.target_wording import TARGETS
from tasks.i18n import day_in_words


def test_a_line_says_who_owes_what_since_when_how_late_and_what_to_send() -> None:
    for form in composed():
        seen = Page(form).text if "<html" in form else " ".join(form.split())
        for words in (
            "NEO 56",
            "Rien reçu",
            "Tableau de données · M18 · VITA Air, deuxième vague",
            "Attendu depuis le vendredi 15 juin 2018",
            "289 jours de retard",
            "nouveau",
            "Classeur à envoyer → VITA-2__NEO56__M18__tableau.xlsx",
            "Référence → VITA-2/NEO56/M18/tableau",
            "Les classeurs gardent le nom indiqué ici.",
            "parce que vous suivez VITA Air, Parcours gardien dans",
            "Répondez à ce mail en indiquant la référence du retour.",
            f"au {day_in_words(TODAY, 'fr')}".replace(NBSP, " "),
        ):
            assert words in seen.replace(NBSP, " ")


def test_the_text_and_the_page_say_the_same() -> None:
    lines = tuple(replace(LINE, kind=kind, to_correct=(ToCorrect("Données!B2", "nc"),)) for kind in ORDER)
    text, page = composed(*lines)
    seen = Page(page).text.casefold()
    for line in text.splitlines():
        words = line.strip().removeprefix("- ").removeprefix("* ").replace(" (nouveau)", "").casefold()
        if words and words != "--":
            assert " ".join(words.split()) in seen


def test_english_is_spoken_where_the_programme_speaks_it() -> None:
    text, page = composed(locale="en")
    assert f"Was due on Friday 15{NBSP}June{NBSP}2018 · 289 days late" in text
    assert "1 return to follow" in str(compose(replace(DIGEST, locale="en"))["Subject"])
    assert '<html lang="en">' in page
    assert "retard" not in text + page


@pytest.mark.parametrize(
    ("day", "french", "english"),
    [
        (date(2018, 6, 15), "vendredi 15 juin 2018", "Friday 15 June 2018"),
        (date(2019, 3, 1), "vendredi 1er mars 2019", "Friday 1 March 2019"),
        (date(2020, 2, 29), "samedi 29 février 2020", "Saturday 29 February 2020"),
    ],
)
def test_days_are_written_as_people_write_them(day: date, french: str, english: str) -> None:
    assert day_in_words(day, "fr").replace(NBSP, " ") == french
    assert day_in_words(day, "en").replace(NBSP, " ") == english


def test_french_has_a_space_that_does_not_break_before_its_double_signs() -> None:
    text, _ = composed(*(replace(LINE, kind=kind) for kind in ORDER))
    assert not re.search(r" [:;!?»]|« ", text)


def test_every_kind_that_goes_by_mail_has_a_place_in_it() -> None:
    assert sorted((*ORDER, *TARGETS)) == sorted(set(AlertKind) - {AlertKind.REMINDED, AlertKind.WEEKLY})


def test_nothing_has_come_is_said_of_nothing_else() -> None:
    for reason in set(StateReason) - {StateReason.NOTHING_CAME}:
        for kind in set(ORDER) - {AlertKind.MISSING}:
            text, _ = composed(replace(LINE, kind=kind, reason=reason))
            assert "Rien n'est arrivé" not in text


@pytest.mark.parametrize(
    ("reason", "instrument_kind", "is_of_evaluator", "advice"),
    [
        (StateReason.INCOMPLETE, InstrumentKind.LIMESURVEY, False, "pour que la structure la complète"),
        (StateReason.INCOMPLETE, InstrumentKind.LIMESURVEY, True, "Rouvrez votre réponse"),
        (StateReason.INCOMPLETE, InstrumentKind.WORKBOOK, False, "Demandez à la structure de compléter le classeur"),
        (StateReason.INCOMPLETE, InstrumentKind.WORKBOOK, True, "Complétez votre classeur"),
        (StateReason.TO_BE_CORRECTED, InstrumentKind.LIMESURVEY, False, "pour que la structure la corrige"),
        (StateReason.TO_BE_CORRECTED, InstrumentKind.LIMESURVEY, False, "si elle a expiré"),
        (StateReason.TO_BE_CORRECTED, InstrumentKind.LIMESURVEY, True, "Rouvrez votre réponse"),
    ],
)
def test_the_advice_is_for_whoever_fills_the_return_in(
    reason: StateReason, instrument_kind: InstrumentKind, is_of_evaluator: bool, advice: str
) -> None:
    line = replace(LINE, reason=reason, instrument_kind=instrument_kind, is_of_evaluator=is_of_evaluator)
    for kind in (AlertKind(reason.value), AlertKind.ESCALATED):
        for form in composed(replace(line, kind=kind)):
            assert advice in form


@pytest.mark.parametrize(
    "reason",
    [
        StateReason.INCOMPLETE,
        StateReason.TOKEN_USED_UP,
        StateReason.SET_ASIDE,
        StateReason.TO_BE_CORRECTED,
        StateReason.UNPLACED,
        StateReason.TO_BE_MENDED,
    ],
)
def test_nobody_is_sent_to_a_questionnaire_that_is_submitted(reason: StateReason) -> None:
    line = replace(LINE, kind=AlertKind(reason.value), reason=reason, workbook=None, survey="https://e.example.org/7")
    assert "https://" not in "".join(composed(line))


def test_who_used_the_token_for_another_occasion_must_be_reset_on_the_server() -> None:
    line = replace(LINE, kind=AlertKind.TOKEN_USED_UP, reason=StateReason.TOKEN_USED_UP)
    for form in composed(line):
        assert "remettez ce participant" in form
        assert "autant d'utilisations qu'il y a d'échéances" in html.unescape(form)
    for form in composed(line, locale="en"):
        assert "one use left" in form
    text, _ = composed(replace(line, kind=AlertKind.ESCALATED))
    assert "accès à l'enquête déjà utilisé pour une autre échéance" in text


def test_who_counts_as_completed_before_a_begun_response_is_submitted_must_be_reset_on_the_server() -> None:
    line = replace(LINE, kind=AlertKind.UNFINISHED, reason=StateReason.BEGUN)
    for form in composed(line):
        assert "remettez-le à «" in form
    for form in composed(line, locale="en"):
        assert "If the survey server no longer lets the structure in" in form


def test_whether_what_was_answered_after_leaving_counts_is_decided_by_a_person() -> None:
    line = replace(LINE, kind=AlertKind.SET_ASIDE, reason=StateReason.SET_ASIDE)
    for form in composed(line):
        assert "faites annuler le départ ou corriger sa date" in html.unescape(form)
    for form in composed(line, locale="en"):
        assert "have the departure taken back or its day corrected" in form
    text, _ = composed(replace(line, kind=AlertKind.ESCALATED))
    assert "Réponse donnée après le départ de la structure, mise de côté" in text


def test_a_response_of_an_unknown_occasion_may_be_only_begun_and_one_that_is_gone_may_be_restored() -> None:
    unplaced = replace(LINE, kind=AlertKind.UNPLACED, reason=StateReason.UNPLACED)
    for form in composed(unplaced):
        assert "Une réponse, envoyée ou seulement commencée," in html.unescape(form)
    for form in composed(unplaced, locale="en"):
        assert "A response, submitted or only begun," in form
    gone = replace(LINE, kind=AlertKind.COMPLETED_WITHOUT_RESPONSE, reason=StateReason.COMPLETED_WITHOUT_RESPONSE)
    for form in composed(gone):
        assert "Si une réponse a été supprimée par erreur, rétablissez-la. Sinon," in form
    for form in composed(gone, locale="en"):
        assert "If a response was deleted by mistake, restore it. Otherwise reset the participant" in form


def test_each_closed_survey_is_named_once_with_its_remedy_and_only_then_is_nothing_to_be_followed() -> None:
    closed = replace(
        LINE,
        kind=AlertKind.SURVEY_CLOSED,
        workbook=None,
        survey="https://e.example.org/7",
        survey_id=7,
        survey_closure=SurveyClosure.EXPIRED,
        survey_closure_on=date(2018, 6, 30),
        instrument_kind=InstrumentKind.LIMESURVEY,
    )
    lines = (closed, replace(closed, structure="NÎMES"), replace(closed, survey_id=8, occasion="M12"))
    for form in composed(*lines, locale="en"):
        assert form.count("Survey 7 (Tableau de données, M18) → Nobody can answer the survey any more") == 1
        assert form.count("Survey 8 (Tableau de données, M12) → ") == 1
        assert "reminders of a return" not in form
    assert compose(replace(DIGEST, lines=lines))["Subject"].startswith("2 enquêtes auxquelles personne")
    mixed = (closed, LINE)
    assert "Les rappels d'un retour s'arrêtent" in composed(*mixed)[0]
    assert compose(replace(DIGEST, lines=mixed))["Subject"].startswith("2 retours à suivre")


def test_a_missing_return_says_what_came_and_belongs_to_nobody() -> None:
    assert "sans qu'on sache" not in composed()[0]
    text, _ = composed(n_unassigned=1)
    assert "Mais 1 fichier ou réponse est arrivé sans qu'on sache à quel retour il correspond" in text
    text, _ = composed(n_unassigned=2)
    assert "Mais 2 fichiers ou réponses sont arrivés" in text
    assert "sans qu'on sache" not in composed(replace(LINE, kind=AlertKind.UNFINISHED), n_unassigned=2)[0]


def test_what_was_received_is_not_awaited() -> None:
    text, _ = composed(replace(LINE, kind=AlertKind.NEWER_TO_BE_CORRECTED, days_late=0))
    assert (f"Attendu le {day_in_words(LINE.due_on, 'fr')}" in text, "Attendu depuis" in text) == (True, False)


@pytest.mark.parametrize("kind", ORDER)
def test_each_kind_has_its_own_section_and_no_other(kind: AlertKind) -> None:
    _, page = composed(replace(LINE, kind=kind))
    headings = re.findall(r'<div class="h-(\w+)"', page)
    assert headings == [kind.value]
    assert re.findall(r'<b class="h-(\w+)"', page) == [kind.value]


def test_what_could_not_be_checked_says_not_to_chase_and_asks_for_nothing() -> None:
    text, _ = composed(replace(LINE, kind=AlertKind.UNVERIFIABLE, reason=StateReason.UNREAD, days_late=0))
    assert "merci de ne pas les relancer" in text
    assert "Classeur" not in text
    assert "retard" not in text


@pytest.mark.parametrize(
    ("due_on", "words"),
    [
        (date(2019, 4, 15), "Attendu le lundi 15 avril 2019, dans 15 jours"),
        (date(2019, 4, 1), "Attendu le lundi 1er avril 2019, dans 1 jour"),
        (TODAY, "Attendu aujourd'hui"),
        (date(2019, 3, 28), "Attendu depuis le jeudi 28 mars 2019, encore dans les délais"),
    ],
)
def test_what_is_due_soon_is_never_called_late(due_on: date, words: str) -> None:
    text, _ = composed(replace(LINE, kind=AlertKind.DUE_SOON, due_on=due_on, days_late=3))
    assert f"    {words}\n" in text.replace(NBSP, " ")
    assert "de retard" not in text


def test_what_must_be_corrected_is_reported_with_its_place_and_its_marked_copy() -> None:
    places = tuple(ToCorrect(f"Données!B{row}", "un nombre entier, ou nc") for row in range(MOST_TO_CORRECT + 3))
    line = replace(
        LINE,
        kind=AlertKind.TO_BE_CORRECTED,
        reason=StateReason.TO_BE_CORRECTED,
        to_correct=places,
        is_marked=True,
    )
    for form in composed(line):
        assert form.count("un nombre entier, ou nc") == MOST_TO_CORRECT
        assert f"et 3{NBSP}autres endroits" in form
        assert "Une copie du classeur où ces endroits sont marqués est conservée" in form
        assert "var/" not in form
        assert "Classeur à renvoyer" in form


def test_a_survey_is_linked_and_nothing_else_is() -> None:
    address = "https://enquetes.example.org/index.php/310603?lang=fr"
    text, page = composed(replace(LINE, workbook=None, survey=address, contact="standard 01 99 00 12 34"))
    assert f"Ouvrir le questionnaire → {address}" in text
    assert [attributes["href"] for tag, attributes in Page(page).tags if tag == "a"] == [address]
    assert f"Contact{NBSP}: standard 01 99 00 12 34" in text


@pytest.mark.parametrize("address", ["javascript:alert(1)", "data:text/html,x", "file:///etc/passwd"])
def test_an_address_that_is_no_web_page_is_no_link(address: str) -> None:
    _, page = composed(replace(LINE, workbook=None, survey=address))
    assert "href" not in page


@pytest.mark.parametrize(
    ("server", "expected"),
    [
        ("https://e.example.org/index.php/admin/remotecontrol", "https://e.example.org/index.php/7?lang=fr"),
        ("http://127.0.0.1:8085/ls/index.php/admin/remotecontrol", "http://127.0.0.1:8085/ls/index.php/7?lang=fr"),
        ("https://e.example.org/elsewhere", None),
        ("javascript:/admin/remotecontrol", None),
    ],
)
def test_a_survey_s_address_follows_from_the_server_s(server: str, expected: str | None) -> None:
    assert survey_address(server, 7, "fr") == expected


def of_many(count: int, cap: int, **changes: Any) -> tuple[str, str]:
    """Compose a digest of a number of missing returns, the first of which was reported before and is the oldest."""
    lines = [
        replace(
            LINE,
            expected_return_id=f"VITA-2/S{n}/M18/tableau",
            structure=f"Structure {n}",
            structure_code=f"S{n}",
            is_new=n > 0,
        )
        for n in range(count)
    ]
    return composed(*lines, cap=cap, **changes)


@pytest.mark.parametrize("count", [1, 49, 50])
def test_a_digest_up_to_its_cap_lists_all(count: int) -> None:
    text, _ = of_many(count, 50)
    assert text.count("Référence → ") == count
    assert "ne figure" not in text


def test_a_longer_digest_lists_the_most_urgent_and_counts_all() -> None:
    soon = replace(LINE, kind=AlertKind.DUE_SOON, expected_return_id="S/soon", structure="Bientôt", structure_code="1")
    old = replace(LINE, expected_return_id="S/old", structure="Ancienne", structure_code="2", due_on=date(2018, 1, 1))
    old = replace(old, is_new=False)
    later = replace(
        LINE, expected_return_id="S/later", structure="Récente", structure_code="3", due_on=date(2018, 9, 1)
    )
    first = replace(
        LINE, expected_return_id="S/first", structure="Première", structure_code="4", due_on=date(2018, 2, 1)
    )
    listed = {cap: composed(soon, old, later, first, cap=cap)[0] for cap in (1, 2, 3)}
    of_cap = {cap: re.findall(r"^- (\w+)$", text, re.MULTILINE) for cap, text in listed.items()}
    assert of_cap == {1: ["Première"], 2: ["Première", "Récente"], 3: ["Première", "Récente", "Bientôt"]}
    # The heading of each kind counts all of them, listed or not.
    for text in listed.values():
        assert "MANQUANTS · 3\n" in text
        assert "BIENTÔT ATTENDUS, OU ATTENDUS ET ENCORE DANS LES DÉLAIS · 1\n" in text
    assert "3 autres retours ne figurent pas dans cette liste. Pour recevoir la liste complète, répondez" in listed[1]
    assert "1 autre retour ne figure pas dans cette liste. Pour recevoir la liste complète, répondez" in listed[3]


def test_the_subject_counts_all_returns_which_is_what_chats_show() -> None:
    lines = tuple(replace(LINE, expected_return_id=f"S/{n}") for n in range(60))
    assert str(compose(replace(DIGEST, lines=lines))["Subject"]).startswith("60 retours à suivre · ")


def test_what_is_not_listed_is_linked_where_reports_are_served() -> None:
    address = "https://pages.example.org/reports/"
    text, page = of_many(3, 2, pages=address)
    assert f"1 autre retour ne figure pas dans cette liste. À voir dans le dernier rapport{NBSP}:\n{address}\n" in text
    assert f'href="{address}"' in page
    english, _ = of_many(4, 2, pages=address, locale="en")
    assert f"2 more returns are not listed here. See the latest report:\n{address}\n" in english
    assert "Answer this mail to get the whole list." in of_many(4, 2, locale="en")[0]
    assert address not in of_many(2, 2, pages=address)[0]


@pytest.mark.parametrize(
    ("follows", "stands_in_for", "french"),
    [
        (("VITA Air",), (), "parce que vous suivez VITA Air dans"),
        ((), ("Ann",), "parce que vous remplacez Ann dans"),
        (("VITA Air",), ("Ann", "Bob"), "parce que vous suivez VITA Air et que vous remplacez Ann, Bob dans"),
        (tuple("abcdefgh"), (), "parce que vous suivez a, b, c, d, e, f et 2 autres dans"),
    ],
)
def test_a_mail_says_why_its_reader_gets_it(
    follows: tuple[str, ...], stands_in_for: tuple[str, ...], french: str
) -> None:
    assert french in composed(follows=follows, stands_in_for=stands_in_for)[0]


def test_the_lead_reads_which_structure_nobody_follows() -> None:
    text, page = composed(replace(LINE, is_unfollowed=True), recipient_code="_lead")
    for words in (text, Page(page).text):
        sentence = "Personne ne suit cette structure : désignez un évaluateur pour elle dans programme.yaml (follows)."
        assert sentence in words.replace(NBSP, " ")


@pytest.mark.parametrize(
    ("pages_url", "address"),
    [
        ("https://pages.example.org/essaim/", "https://pages.example.org/essaim/reports/"),
        ("http://192.0.2.7:4201", "http://192.0.2.7:4201/reports/"),
        ("http://127.0.0.1:4201", None),
        ("http://[::1]:4201", None),
        ("http://localhost:4201", None),
        (None, None),
    ],
)
def test_a_mail_links_to_no_page_that_only_this_machine_can_open(pages_url: str | None, address: str | None) -> None:
    assert latest_report_address(pages_url) == address
