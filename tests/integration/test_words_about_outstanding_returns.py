"""Test what evaluators, lead and survey server are sent about each outstanding return, through the command line."""

import email
import email.policy
import json
from collections.abc import Callable, Generator
from datetime import date

import pytest
from running import Ran, succeeding
from small_programme import Small, small_programme

from schemas.settings import ProjectPaths

Run = Callable[..., Ran]
NBSP = "\N{NO-BREAK SPACE}"
NAMES = {
    "STR1": "nothing came",
    "STR2": "begun, one of two answers",
    "STR3": "begun, no answer that counts",
    "STR4": "submitted, one of two answers",
    "STR5": "submitted, no answer that counts",
    "STR6": "chose an option that was added on the server",
    "STR7": "deleted, still completed on the server",
    "STR8": "received",
    "STR9": "typed a number beyond the limits",
    "STR10": "did both: the option that was added, and the number",
}
OURS = "REÇUS, À RÉGLER DE NOTRE CÔTÉ (PAS PAR LES STRUCTURES)"
FIRST, SECOND, THIRD = date(2026, 1, 15), date(2026, 1, 20), date(2026, 1, 21)


@pytest.fixture
def small(paths: ProjectPaths, monkeypatch: pytest.MonkeyPatch) -> Generator[Small]:
    """Yield a programme with a lead and one structure in each situation."""
    with small_programme(monkeypatch, paths.folder / "programme", structures=NAMES, reminders=True) as small:
        small.edit("programme.yaml", '"evaluators"', '"lead": {"name": "L", "email": "lead@example.org"}, "evaluators"')
        small.add_participants(*NAMES)
        small.simulator.state.mail_works = True
        small.survey.add_option("adopt", "a5", {"fr": "Pas encore"})
        small.answer("str2", None, budget="")
        only_a_name = small.answer("str3", None, adopt="", budget="")
        small.survey.responses[only_a_name].lastpage = 1
        small.answer("str4", budget="")
        small.answer("str5", adopt="", budget="")
        small.answer("str6", adopt="a5")
        small.answer("str7")
        small.answer("str8")
        small.answer("str9", budget="999999")
        small.answer("str10", adopt="a5", budget="999999")
        yield small


@pytest.fixture
def run(capsys: pytest.CaptureFixture[str], paths: ProjectPaths) -> Run:
    return succeeding(capsys, paths.folder / "programme")


def delete_response_of(small: Small, token: str) -> None:
    """Delete a response as the staff does: its participant stays completed."""
    (number,) = [id_ for id_, row in small.survey.responses.items() if row.token == token]
    del small.survey.responses[number]
    assert next(row for row in small.survey.participants.values() if row.token == token).completed != "N"


def sections(small: Small, recipient: str, day: date) -> dict[str, str]:
    """Return the text of each section of a mail, by its heading without the count."""
    (path,) = small.paths.mails.glob(f"{day}_{recipient}_*.eml")
    message = email.message_from_bytes(path.read_bytes(), policy=email.policy.default)
    body = message.get_body(("plain",))
    assert body is not None
    parts: dict[str, str] = {}
    heading = ""
    for line in body.get_content().replace(NBSP, " ").splitlines():
        if line.isupper() and " · " in line:
            heading = line.rsplit(" · ", 1)[0]
        elif heading:
            parts[heading] = parts.get(heading, "") + line + "\n"
    return parts


def structures(text: str) -> list[str]:
    return [line.split()[2] for line in text.splitlines() if line.startswith("- Structure")]


def test_each_outstanding_return_is_reported_in_its_own_words_to_whoever_can_act(small: Small, run: Run) -> None:
    run("collect", "--as-of", "2026-01-05")
    delete_response_of(small, "str7")
    run("collect", "--as-of", str(FIRST))
    found = json.loads(
        run("query", "--format", "json", "select structure_code, state, state_reason from analytics.return_status").out
    )
    assert {row["structure_code"]: (row["state"], row["state_reason"]) for row in found} == {
        "STR1": ("missing", "nothing_came"),
        "STR2": ("partial", "begun"),
        "STR3": ("missing", "begun"),
        "STR4": ("partial", "incomplete"),
        "STR5": ("missing", "incomplete"),
        "STR6": ("quarantined", "to_be_mended"),
        "STR7": ("missing", "completed_without_response"),
        "STR8": ("received", None),
        "STR9": ("quarantined", "to_be_corrected"),
        "STR10": ("quarantined", "to_be_corrected"),
    }
    mail = sections(small, "E", FIRST)
    assert {heading: structures(text) for heading, text in mail.items()} == {
        "MANQUANTS": ["STR1"],
        "SANS RÉPONSE, MAIS « TERMINÉ » POUR LE SERVEUR D'ENQUÊTES": ["STR7"],
        "COMMENCÉS, NON TERMINÉS": ["STR2", "STR3"],
        "ENVOYÉS, INCOMPLETS": ["STR4", "STR5"],
        "REÇUS, À CORRIGER": ["STR10", "STR9"],
        OURS: ["STR6"],
    }
    assert [heading for heading, text in mail.items() if "Rien n'est arrivé" in text] == ["MANQUANTS"]
    assert (
        "remettez ce participant à « non terminé »" in mail["SANS RÉPONSE, MAIS « TERMINÉ » POUR LE SERVEUR D'ENQUÊTES"]
    )
    incomplete = mail["ENVOYÉS, INCOMPLETS"]
    assert incomplete.count("Rouvrez la réponse sur le serveur d'enquêtes pour que la structure la complète") == 2
    assert "Ouvrir le questionnaire" not in incomplete
    number_of = {row.token: id_ for id_, row in small.survey.responses.items()}
    lacks = (
        "réponse {number}, adopt · l'option a5 du questionnaire (Pas encore) → une ligne pour a5 dans recodes.csv, "
        "recodage adoption : elle manque à la table de passage"
    )
    assert lacks.format(number=number_of["str6"]) in mail[OURS]
    to_correct = mail["REÇUS, À CORRIGER"]
    for token in ("str9", "str10"):
        assert f"réponse {number_of[token]}, budget → un nombre de 0 à 100000" in to_correct
    assert to_correct.count("Rouvrez la réponse sur le serveur d'enquêtes pour que la structure la corrige") == 2
    assert "adopt" not in to_correct
    lead = sections(small, "_lead", FIRST)
    assert {heading: structures(text) for heading, text in lead.items()} == {OURS: ["STR10", "STR6"]}
    for token in ("str6", "str10"):
        assert lacks.format(number=number_of[token]) in lead[OURS]
    assert "budget" not in lead[OURS]
    page = small.paths.report(FIRST, "fr").read_text(encoding="utf-8")
    for words in (
        "Rien n'est arrivé",
        "Commencé, pas encore envoyé",
        "Envoyé, mais incomplet",
        "Reçu, à régler de notre",
    ):
        assert words.replace("'", "&#39;") in page, words


def test_the_server_reminds_those_who_can_still_answer_and_nobody_of_a_valid_answer(small: Small, run: Run) -> None:
    run("collect", "--as-of", "2026-01-05")
    delete_response_of(small, "str7")
    run("collect", "--as-of", str(THIRD))
    written_to = {row.token for row in small.survey.participants.values() if row.sent != "N"}
    assert written_to == {"str1", "str2", "str3"}


def test_a_participant_who_was_reset_is_no_longer_reported_as_completed(small: Small, run: Run) -> None:
    run("collect", "--as-of", "2026-01-05")
    delete_response_of(small, "str7")
    run("collect", "--as-of", str(FIRST))
    next(row for row in small.survey.participants.values() if row.token == "str7").completed = "N"
    run("collect", "--as-of", str(SECOND))
    text = sections(small, "E", SECOND)["SUPPRIMÉS DU SERVEUR D'ENQUÊTES"]
    assert structures(text) == ["STR7"]
    assert "(nouveau)" in text


def test_a_reminder_of_what_the_reader_knows_is_not_new_and_gives_the_days_late(small: Small, run: Run) -> None:
    run("collect", "--as-of", str(FIRST))
    first = sections(small, "E", FIRST)
    assert "- Structure STR1 (nouveau)" in first["MANQUANTS"]
    # A step after the due date of 30 December.
    run("collect", "--as-of", str(THIRD))
    again = sections(small, "E", THIRD)
    assert "- Structure STR1\n" in again["MANQUANTS"]
    assert "22 jours de retard" in again["MANQUANTS"]
    assert "(nouveau)" not in "".join(again.values())


def test_once_the_crosswalk_has_the_line_the_answer_counts_and_nobody_is_written_to_about_it(
    small: Small, run: Run
) -> None:
    run("collect", "--as-of", str(FIRST))
    small.edit("recodes.csv", "adoption,non,no,", "adoption,non,no,\nadoption,a5,no,")
    small.accept()
    run("collect", "--as-of", str(THIRD))
    assert "STR6" not in "".join(sections(small, "E", THIRD).values())
