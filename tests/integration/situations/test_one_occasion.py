"""Test a survey and a workbook of one occasion, through the command line on both engines.

The history is lived once on each engine, and each situation has its own structures. The returns are due on 30 December
2025 and on time until 14 January 2026. The test of a situation names it by its number: 2.2, 2.9 to 2.12, 2.17 to 2.21.
"""

import json
import os
from collections.abc import Generator
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest
from commands import Commands
from openpyxl import load_workbook
from running import Ran
from small_programme import IN_TIME, Small, data_table, small_programme

from schemas.settings import ProjectPaths

FIRST, SECOND, THIRD = date(2026, 1, 5), date(2026, 1, 15), date(2026, 1, 21)
OURS = "REÇUS, À RÉGLER DE NOTRE CÔTÉ (PAS PAR LES STRUCTURES)"
COMPLETED = "SANS RÉPONSE, MAIS « TERMINÉ » POUR LE SERVEUR D'ENQUÊTES"
STRUCTURES = {
    "STR1": "nothing came",
    "STR2": "begun, one of two answers",
    "STR3": "begun, no answer that counts",
    "STR4": "submitted, one of two answers",
    "STR5": "submitted, no answer that counts",
    "STR6": "chose an option that was added on the server",
    "STR7": "deleted, still completed on the server",
    "STR8": "answered both scales, and a date with a time",
    "STR9": "typed a number beyond the limits",
    "STR10": "did both: the option that was added, and the number",
    "STR11": "answered twice before the identifier was declared, and once after",
    "STR12": "was asked why not, and answered",
    "STR13": "was asked why not, and left it blank",
}
HIDDEN = dict.fromkeys(("nbpers", "pourquoi", "double[a][1]", "double[a][2]"))
ADHERES: dict[str, str | None] = {**HIDDEN, "codestr": "Personne Inventée", "adhere": "Y"}
"""An answer of somebody who adheres: the question why not was not shown, and is exported as null."""
REFUSES = {**ADHERES, "adhere": "N", "usage": None, "dateadh": None}
LABELS = {(0, "0"): "Secondaire", (0, "1"): "Importante", (1, "0"): "Non maîtrisée", (1, "1"): "Maîtrisée"}
"""The options of both scales of the question `double`, which share their codes."""
ADDED = {
    "codebook.csv": (
        "reason,Raison,Reason,structure,text,,,,,none,,true,\n"
        "joined,Adhésion,Joined on,structure,date,,,,,none,,false,\n"
        "importance,Importance,Importance,structure,choice,,,,minor|major,none,,false,\n"
        "mastery,Maîtrise,Mastery,structure,choice,,,,no|yes,none,,false,\n"
        "persons,Personnes,Persons,structure,count,,,,,sum,,true,\n"
    ),
    "crosswalk.csv": (
        "suivi,1,usage,adoption,adoption\nsuivi,1,pourquoi,reason,\nsuivi,1,dateadh,joined,\n"
        "suivi,1,double[a][1],importance,importance\nsuivi,1,double[a][2],mastery,mastery\n"
        "tableau,1,Données!personnes,persons,\n"
    ),
    "recodes.csv": (
        "adoption,quot,adopted,\nadoption,hebdo,in_progress,\nadoption,-oth-,,not_evaluated\nadoption,rare,no,\n"
        "importance,0,minor,\nimportance,1,major,\nmastery,0,no,\nmastery,1,yes,\n"
    ),
    "structures.csv": "ATEL1,Structure ATEL1,A-1,,,true,accueil@example.org\n",
}


@dataclass
class History:
    """The programme after its last collection, and what the commands returned on the way."""

    commands: Commands
    checked: Ran
    rehearsed: Ran
    sent_by_rehearsal: list[Any]
    versions_before: set[tuple[Any, ...]]
    versions_after: set[tuple[Any, ...]]
    states: dict[str, tuple[str, str | None]]
    invited: set[str | None]
    numbers: dict[str | None, int]


@pytest.fixture(scope="module")
def history(environment: pytest.MonkeyPatch, folder: Path) -> Generator[History]:
    with small_programme(
        environment,
        folder,
        survey="sauts_fr.lss",
        structures=STRUCTURES,
        identifiers=[],
        only_numbers=True,
        number="salaries",
        reminders=True,
    ) as small:
        yield lived(small, Commands(folder))


def lived(small: Small, commands: Commands) -> History:
    describe(small, commands)
    checked = check_of_a_mapped_identifier(small, commands)
    small.survey.add_option("usage", "a5", {"fr": "Pas encore"})
    answer(small)
    send_workbook(commands, 3, day=2)
    commands.run("collect", "--late", "--as-of", str(FIRST))
    rehearsed = commands.run("remind", "--dry-run", "--as-of", str(FIRST))
    sent_by_rehearsal = [*invited(small), *ProjectPaths(commands.folder).mails.glob("*.eml")]
    before = versions(commands)

    small.edit("programme.yaml", '"identifiers": []', '"identifiers": ["codestr"]')
    delete_response_of(small, "str7")
    send_workbook(commands, 77, day=12)
    commands.run("collect", "--as-of", str(SECOND))
    history = History(
        commands=commands,
        checked=checked,
        rehearsed=rehearsed,
        sent_by_rehearsal=sent_by_rehearsal,
        versions_before=before,
        versions_after=versions(commands),
        states=states_of(commands),
        invited=invited(small),
        numbers={row.token: number for number, row in small.survey.responses.items()},
    )

    give(small, "str11", f"{SECOND} 13:00:00", salaries="77777")
    give(small, "str9", f"{SECOND} 13:00:00", salaries="90000")
    small.edit("recodes.csv", "adoption,rare,no,", "adoption,rare,no,\nadoption,a5,no,")
    commands.run("drift", "--accept")
    small.survey.participant("str7").completed = "N"
    send_workbook(commands, 3, day=18)
    commands.run("collect", "--as-of", str(THIRD))
    return history


def describe(small: Small, commands: Commands) -> None:
    """Describe the survey and the workbook in the programme folder, and accept the survey as the baseline."""
    path = small.folder / "programme.yaml"
    settings = json.loads(path.read_text(encoding="utf-8"))
    settings["lead"] = {"name": "L", "email": "lead@example.org"}
    settings["innovations"].append({"code": "ATELIER", "name": "Un atelier"})
    settings["cohorts"].append({"code": "A-1", "innovation": "ATELIER", "name": "Vague", "anchor_on": "2025-06-30"})
    settings["evaluators"].append({"code": "F", "name": "F", "email": "f@example.org", "follows": ["ATELIER"]})
    settings["instruments"].append(data_table("ATELIER", ["M06"]))
    settings["sources"]["inbox"] = {}
    path.write_text(json.dumps(settings, indent=1).replace('"identifiers": [\n   ]', '"identifiers": []'))
    for name, lines in ADDED.items():
        file = small.folder / name
        file.write_text(file.read_text(encoding="utf-8") + lines, encoding="utf-8")
    for (scale, code), label in LABELS.items():
        small.survey.relabel_option("double", code, label, scale_id=scale)
    small.add_participants(*STRUCTURES)
    small.simulator.state.mail_works = True
    commands.run("drift", "--accept")


def check_of_a_mapped_identifier(small: Small, commands: Commands) -> Ran:
    """Return what `essaim check` reports of a folder in which an identifier is mapped, and mend the folder."""
    assert commands.try_to("check").code == 0
    small.edit("programme.yaml", '"identifiers": []', '"identifiers": ["pourquoi"]')
    checked = commands.try_to("check")
    small.edit("programme.yaml", '"identifiers": ["pourquoi"]', '"identifiers": []')
    return checked


def answer(small: Small) -> None:
    """Give the answers that are there at the first collection."""
    give(small, "str2", None, salaries="")
    only_a_name = give(small, "str3", None, usage="", salaries="")
    small.survey.responses[only_a_name].lastpage = 1
    give(small, "str4", salaries="")
    give(small, "str5", usage="", salaries="")
    give(small, "str6", usage="a5")
    give(small, "str7")
    both = {"double[a][1]": "0", "double[a][2]": "1"}
    give(small, "str8", dateadh="2025-12-12 09:30:00", **both)
    give(small, "str9", salaries="999999")
    give(small, "str10", usage="a5", salaries="999999")
    give(small, "str11", "2025-12-10 10:00:00", salaries="7")
    give(small, "str11", "2025-12-28 10:00:00", salaries="55555")
    small.survey.add_response({**REFUSES, "salaries": "2", "pourquoi": "Trop loin"}, token="str12", submitdate=IN_TIME)
    small.survey.add_response({**REFUSES, "salaries": "2", "pourquoi": ""}, token="str13", submitdate=IN_TIME)


def give(small: Small, token: str, at: str | None = IN_TIME, **answers: str | None) -> int:
    """Complete the survey as somebody who adheres, or with `at` of None only begin it, and return the response id."""
    given = {**ADHERES, "usage": "quot", "salaries": "100", **answers}
    return small.survey.add_response(given, token=token, submitdate=at, datestamp=at or "2025-12-19 09:00:00")


def delete_response_of(small: Small, token: str) -> None:
    """Delete a response as the staff does: its participant stays completed."""
    (number,) = [id_ for id_, row in small.survey.responses.items() if row.token == token]
    del small.survey.responses[number]
    assert small.survey.participant(token).completed != "N"


def send_workbook(commands: Commands, persons: int, day: int) -> None:
    """Write a filled-in workbook into the inbox, dated a day of January 2026. The same number gives the same bytes."""
    filled = commands.folder / f"{persons}.xlsx"
    path = commands.folder / "inbox" / "A-1__ATEL1__M06__tableau.xlsx"
    if not filled.exists():
        written = commands.folder / f"to fill in {persons}"
        commands.run("templates", "--occasion", "M06", "--out", str(written))
        book = load_workbook(written / path.name)
        book["Données"]["B5"] = persons
        book.save(filled)
    path.parent.mkdir(exist_ok=True)
    path.write_bytes(filled.read_bytes())
    sent = datetime(2026, 1, day, 12, tzinfo=UTC).timestamp()
    os.utime(path, (sent, sent))


def invited(small: Small) -> set[str | None]:
    return {row.token for row in small.survey.participants.values() if row.sent != "N"}


def versions(commands: Commands) -> set[tuple[Any, ...]]:
    """Return the versions of all responses. One that is checked again has two rows, which are equal here."""
    return set(commands.rows("select sequence, return_id, answered_at from raw.returns where source_id <> 'inbox'"))


def states_of(commands: Commands) -> dict[str, tuple[str, str | None]]:
    found = commands.rows("select structure_code, state, state_reason from analytics.return_status")
    return {structure: (state, reason) for structure, state, reason in found}


def structures(text: str) -> list[str]:
    return [line.split()[2] for line in text.splitlines() if line.startswith("- Structure")]


def observed(history: History, *indicators: str) -> dict[tuple[str, str], object]:
    """Return the value of each observation of some indicators, or the reason why there is none."""
    codes = ", ".join(f"'{code}'" for code in indicators)
    found = history.commands.rows(
        "select expected_return_id, indicator_code, value_number, value_text, missing_reason "
        f"from marts.fct_observation where indicator_code in ({codes})"
    )
    return {
        (str(id_).split("/")[1], code): next(one for one in values if one is not None) for id_, code, *values in found
    }


def test_a_question_that_few_were_shown_counts_for_nobody_else(history: History) -> None:
    """Situation 2.2."""
    reasons = {structure: value for (structure, _), value in observed(history, "reason").items()}
    assert reasons.pop("STR12") == "Trop loin"
    assert reasons.pop("STR13") == "unexplained"
    assert reasons.keys() >= {"STR2", "STR4", "STR8", "STR11"}
    assert set(reasons.values()) == {"not_shown"}
    states = {structure: history.states[structure][0] for structure in ("STR8", "STR11", "STR12", "STR13")}
    assert states == {"STR8": "received", "STR11": "received", "STR12": "received", "STR13": "partial"}


def test_the_first_workbook_sent_again_after_its_correction_counts(history: History) -> None:
    """Situation 2.9."""
    assert observed(history, "persons") == {("ATEL1", "persons"): 3}
    versions = history.commands.rows(
        "select answers.value_text from raw.returns inner join raw.answers using (return_id) "
        "where returns.source_id = 'inbox' order by returns.answered_at"
    )
    assert versions == [("3",), ("77",), ("3",)]
    receipts = history.commands.rows(
        "select count(*), count(distinct sha256) from ops.receipts where source_id = 'inbox' and outcome = 'read'"
    )
    assert receipts == [(3, 2)]


def test_an_identifier_that_is_added_changes_no_version_and_a_later_answer_counts(history: History) -> None:
    """Situation 2.10. The response of STR9 was quarantined before the identifier was added."""
    assert len(history.versions_before) == 13
    assert history.versions_after == history.versions_before
    assert {key: value for key, value in observed(history, "budget").items() if key[0] in ("STR9", "STR11")} == {
        ("STR9", "budget"): 90_000,
        ("STR11", "budget"): 77_777,
    }
    assert states_of(history.commands)["STR9"][0] in ("received", "late")


def test_each_outstanding_return_is_reported_in_its_own_words_to_whoever_can_act(history: History) -> None:
    """Situations 2.11 and 2.12."""
    assert history.states == {
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
        "STR11": ("received", None),
        "STR12": ("received", None),
        "STR13": ("partial", "incomplete"),
        "ATEL1": ("received", None),
    }
    mail = history.commands.mail("E", SECOND)
    assert {heading: structures(text) for heading, text in mail.items()} == {
        "MANQUANTS": ["STR1"],
        COMPLETED: ["STR7"],
        "COMMENCÉS, NON TERMINÉS": ["STR2", "STR3"],
        "ENVOYÉS, INCOMPLETS": ["STR13", "STR4", "STR5"],
        "REÇUS, À CORRIGER": ["STR10", "STR9"],
        OURS: ["STR6"],
    }
    assert [heading for heading, text in mail.items() if "Rien n'est arrivé" in text] == ["MANQUANTS"]
    assert "remettez ce participant à « non terminé »" in mail[COMPLETED]
    incomplete = mail["ENVOYÉS, INCOMPLETS"]
    assert incomplete.count("Rouvrez la réponse sur le serveur d'enquêtes pour que la structure la complète") == 3
    assert "Ouvrir le questionnaire" not in incomplete
    lacks = (
        "réponse {number}, usage · l'option a5 du questionnaire (Pas encore) → une ligne pour a5 dans recodes.csv, "
        "recodage adoption : elle manque à la table de passage"
    )
    assert lacks.format(number=history.numbers["str6"]) in mail[OURS]
    to_correct = mail["REÇUS, À CORRIGER"]
    for token in ("str9", "str10"):
        assert f"réponse {history.numbers[token]}, salaries → un nombre de 0 à 100000" in to_correct
    assert to_correct.count("Rouvrez la réponse sur le serveur d'enquêtes pour que la structure la corrige") == 2
    assert "usage" not in to_correct
    lead = history.commands.mail("_lead", SECOND)
    assert {heading: structures(text) for heading, text in lead.items()} == {OURS: ["STR10", "STR6"]}
    for token in ("str6", "str10"):
        assert lacks.format(number=history.numbers[token]) in lead[OURS]
    assert "salaries" not in lead[OURS]
    page = ProjectPaths(history.commands.folder).report(SECOND, "fr").read_text(encoding="utf-8")
    for words in ("Rien n'est arrivé", "Commencé, pas encore envoyé", "Envoyé, mais incomplet", "Reçu, à régler de"):
        assert words.replace("'", "&#39;") in page, words


def test_the_server_reminds_those_who_can_still_answer_and_nobody_of_a_valid_answer(history: History) -> None:
    """Situations 2.11 and 2.12."""
    assert history.invited == {"str1", "str2", "str3"}


def test_once_the_crosswalk_has_the_line_the_answer_counts_and_nobody_is_written_to_about_it(history: History) -> None:
    """Situation 2.11."""
    assert "STR6" not in "".join(history.commands.mail("E", THIRD).values())
    assert states_of(history.commands)["STR6"] == ("received", None)


def test_a_participant_who_was_reset_is_no_longer_reported_as_completed(history: History) -> None:
    """Situation 2.12."""
    text = history.commands.mail("E", THIRD)["SUPPRIMÉS DU SERVEUR D'ENQUÊTES"]
    assert structures(text) == ["STR7"]
    assert "(nouveau)" in text


def test_the_answers_to_both_scales_are_collected_each_with_its_own_meaning(history: History) -> None:
    """Situation 2.17."""
    both = observed(history, "importance", "mastery")
    assert {code: both["STR8", code] for code in ("importance", "mastery")} == {"importance": "minor", "mastery": "yes"}
    assert history.commands.rows(
        "select item, answer_text, answer_label from analytics.survey_answers "
        "where structure_code = 'STR8' and item like 'double[a]%' order by item"
    ) == [("double[a][1]", "0", "Secondaire"), ("double[a][2]", "1", "Maîtrisée")]


def test_the_answer_to_a_date_question_with_a_time_is_its_day(history: History) -> None:
    """Situation 2.18."""
    assert history.states["STR8"] == ("received", None)
    assert observed(history, "joined")["STR8", "joined"] == "2025-12-12"


def test_an_identifier_that_is_mapped_is_a_mistake(history: History) -> None:
    """Situation 2.19."""
    assert history.checked.code == 2
    assert "found item 'pourquoi', whose answers are discarded because they name people" in history.checked.err
    assert "expected no line for a question under identifiers of suivi" in history.checked.err


def test_a_dry_run_lists_by_token_whom_the_server_would_write_to_and_sends_nothing(history: History) -> None:
    """Situation 2.20."""
    would = "Would invite 3, remind 0: invite str1 (C-1/STR1), str2 (C-1/STR2), str3 (C-1/STR3)."
    assert would in " ".join(history.rehearsed.out.split())
    assert history.sent_by_rehearsal == []


def test_a_reminder_of_what_the_reader_knows_is_not_new_and_gives_the_days_late(history: History) -> None:
    """Situation 2.21."""
    assert "- Structure STR1 (nouveau)\n" in history.commands.mail("E", SECOND)["MANQUANTS"]
    # A step after the due date.
    again = history.commands.mail("E", THIRD)["MANQUANTS"]
    assert "- Structure STR1\n" in again
    assert "22 jours de retard" in again
