"""Test a programme with several occasions and cohorts, through the command line on both engines.

The history is lived once on each engine, from a collection of the past to decisions about the future. Its cohort C-1
was trained until 30 June 2025, C-2 until 31 March 2026. The test of a situation names it by its number: 2.5 to 2.8,
2.16.
"""

import json
from collections.abc import Generator
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from commands import Commands
from deciding import decided
from running import Ran
from small_programme import Small, data_table, small_programme

from schemas.enums import DecisionKind
from schemas.settings import ProjectPaths

OCCASIONS = {"M03": 3, "M06": 6, "M09": 9, "M12": 12}
"""Of C-1: due on 30 September and 30 December 2025, 30 March and 30 June 2026. Each opens 30 days before."""
IN_M03, IN_M06 = "2025-09-20 10:00:00", "2025-12-03 10:00:00"
LAST, MONDAY, TUESDAY, MAY = date(2026, 4, 20), date(2026, 4, 27), date(2026, 4, 28), date(2026, 5, 21)
"""The last day of the past, the first collection, the day on which the anchor is corrected, and the next collection."""
COMPLETED = "SANS RÉPONSE, MAIS « TERMINÉ » POUR LE SERVEUR D'ENQUÊTES"
UNPLACED = "ÉCHÉANCE À PRÉCISER"
RIGHT, WRONG = '"anchor_on": "2026-03-31"', '"anchor_on": "2025-03-31"'
ADDED = {
    "codebook.csv": "persons,Personnes,Persons,structure,count,,,,,sum,,true,\n",
    "crosswalk.csv": "tableau,1,Données!personnes,persons,\n",
    "structures.csv": "".join(f"STR{n},Structure STR{n},C-2,,,true,accueil@example.org\n" for n in (6, 7)),
}
STATES = "select expected_return_id, state, due_on from analytics.return_status"
States = dict[str, tuple[str, str]]
"""The state and the due date of each expected return."""


@dataclass
class History:
    """The programme after its last command, and what the commands returned on the way."""

    commands: Commands
    backfilled: dict[str, Any]
    states_after_backfill: States
    versions_after_backfill: list[tuple[Any, ...]]
    versions_on_monday: list[tuple[Any, ...]]
    mailed: set[str]
    alerted: list[tuple[Any, ...]]
    stopped: dict[str, Ran]
    refused: dict[str, Ran]
    previewed: list[dict[str, Any]]
    planned: Ran
    states_when_accepted: States
    templates: tuple[set[str], set[str]]
    due: tuple[dict[str, int], dict[str, int]]
    invited: set[str]
    reminded: set[str]
    backfilled_again: dict[str, Any]


@pytest.fixture(scope="module")
def history(environment: pytest.MonkeyPatch, folder: Path) -> Generator[History]:
    with small_programme(
        environment,
        folder,
        structures=[f"STR{number}" for number in range(1, 6)],
        occasions=OCCASIONS,
        join={"occasion": "by window"},
        reminders=True,
    ) as small:
        yield lived(small, Commands(folder))


def lived(small: Small, commands: Commands) -> History:
    describe(small)
    answer(small)
    period = ("--from", "2025-10-01", "--to", str(LAST), "--pace", "quarters")
    backfilled = json.loads(commands.run("backfill", *period, "--json").out)
    states_after_backfill, versions_after_backfill = states_of(commands), versions(commands)
    commands.run("collect", "--as-of", str(MONDAY))
    versions_on_monday = versions(commands)
    backfilled_again = json.loads(commands.run("backfill", *period, "--json").out)
    written_to = [row for row in small.survey.participants.values() if row.sent != "N"]
    for row in written_to:
        row.sent = f"{MONDAY} 08:00"  # not on the day of the test: the server reminds nobody twice within some days
    mailed = {path.stem.split("_")[-2] for path in ProjectPaths(commands.folder).mails.glob(f"{MONDAY}_*.eml")}
    alerted = alerts_about("C-2", commands)

    today = ("--as-of", str(TUESDAY))
    refused, previewed = edit_months(small, commands)
    small.edit("programme.yaml", WRONG, RIGHT)
    tried = ("collect", "collect --late", "collect --dry-run", "remind", "remind --dry-run")
    stopped = {command: commands.try_to(*command.split(), *today) for command in tried}
    stopped["backfill"] = commands.try_to("backfill", "--from", str(MONDAY), "--to", str(TUESDAY))
    stopped["plan --accept"] = commands.try_to("plan", "--accept", *today)
    planned = commands.try_to("plan", *today)
    commands.run("plan", "--accept", "--reason", "typed the wrong year", "--author", "E", *today)
    states_when_accepted = states_of(commands)

    before = workbooks(commands, "before"), counts(commands)
    folder, of_str4, of_str5 = commands.folder, all_returns("STR4"), all_returns("STR5")
    decided(folder, DecisionKind.LEAVE, "C-1/STR3", on=date(2026, 4, 1), as_of=TUESDAY)
    decided(folder, DecisionKind.WAIVE, *of_str4, as_of=TUESDAY)
    decided(folder, DecisionKind.SNOOZE, *of_str5, on=date(2026, 6, 1), as_of=TUESDAY)
    after = workbooks(commands, "after"), counts(commands)
    small.edit("programme.yaml", '"by window"', '"attribute_3"')
    commands.run("collect", "--as-of", str(MAY))
    commands.run("build", "--as-of", str(MONDAY))
    return History(
        commands=commands,
        backfilled=backfilled,
        states_after_backfill=states_after_backfill,
        versions_after_backfill=versions_after_backfill,
        versions_on_monday=versions_on_monday,
        mailed=mailed,
        alerted=alerted,
        stopped=stopped,
        refused=refused,
        previewed=previewed,
        planned=planned,
        states_when_accepted=states_when_accepted,
        templates=(before[0], after[0]),
        due=(before[1], after[1]),
        invited={row.token for row in written_to},
        reminded={row.token for row in small.survey.participants.values() if row.remindersent != "N"},
        backfilled_again=backfilled_again,
    )


def describe(small: Small) -> None:
    """Describe the second cohort, the second evaluator, the lead and the workbook; type the wrong year for C-2."""
    path = small.folder / "programme.yaml"
    settings = json.loads(path.read_text(encoding="utf-8"))
    settings["lead"] = {"name": "L", "email": "lead@example.org"}
    settings["schedule"] = {"escalate_after_days": 45}
    settings["cohorts"].append({"code": "C-2", "innovation": "INNO", "name": "Vague 2", "anchor_on": "2025-03-31"})
    settings["evaluators"].append({"code": "F", "name": "F", "email": "f@example.org", "follows": ["INNO"]})
    settings["instruments"].append(data_table("INNO", OCCASIONS))
    settings["sources"]["inbox"] = {}
    path.write_text(json.dumps(settings, indent=1), encoding="utf-8")
    for name, lines in ADDED.items():
        file = small.folder / name
        file.write_text(file.read_text(encoding="utf-8") + lines, encoding="utf-8")
    (small.folder / "inbox").mkdir()


def answer(small: Small) -> None:
    """Give the answers of C-1: STR1 answers M03 while M06 is open, STR2 both in time, the others nothing."""
    small.simulator.state.mail_works = True
    asked = {
        "str1a": "M03",
        "str2a": "M03",
        "str2b": "M06",
        "str1c": "M09",
        "str2c": "M09",
        "str3": "M09",
        "str4": "M09",
        "str5": "M09",
    }
    for token, occasion in asked.items():
        attributes = {"attribute_1": token[:4].upper(), "attribute_2": "C-1", "attribute_3": occasion}
        small.survey.add_participant(token=token, attributes=attributes, email="personne@example.org")
    small.answer("str2a", IN_M03, budget="20")
    small.answer("str1a", IN_M06, budget="10")
    small.answer("str2b", IN_M06, budget="21")
    # A row without an answer.
    small.survey.add_response({}, token="str1a", submitdate=None, datestamp=IN_M06)


def edit_months(small: Small, commands: Commands) -> tuple[dict[str, Ran], list[dict[str, Any]]]:
    """Give M12 the months of M09, then M09 others than it was due by, and restore them.

    Returns:
        The refusals of the first edit, and the changes that `essaim plan` previews of the second one.
    """
    m09, m12 = '"months": 9', '"months": 12'
    small.edit("programme.yaml", m12, m09)
    refused = {
        command: commands.try_to(command, *arguments)
        for command, arguments in {"check": (), "collect": ("--as-of", str(TUESDAY))}.items()
    }
    path = small.folder / "programme.yaml"
    text = path.read_text(encoding="utf-8")
    head, last = text.rsplit(m09, 1)
    path.write_text(f"{head}{m12}{last}", encoding="utf-8")
    small.edit("programme.yaml", m09, '"months": 8')
    previewed = json.loads(commands.run("plan", "--as-of", str(TUESDAY), "--json").out)["changes"]
    small.edit("programme.yaml", '"months": 8', m09)
    assert commands.try_to("plan", "--as-of", str(TUESDAY)).code == 0
    return refused, previewed


def all_returns(structure: str) -> list[str]:
    """Return the ids of the expected returns of a structure of C-1."""
    return [f"C-1/{structure}/{occasion}/{asked}" for occasion in OCCASIONS for asked in ("suivi", "tableau")]


def states_of(commands: Commands, *arguments: str) -> States:
    return {id_: (state, due_on) for id_, state, due_on in commands.rows(STATES, *arguments)}


def state(states: States, *ids: str) -> list[str]:
    return [states[id_][0] for id_ in ids]


def versions(commands: Commands) -> list[tuple[Any, ...]]:
    """Return the versions in the warehouse: response, occasion and outcome."""
    return commands.rows(
        "select sequence, split_part(expected_return_id, '/', 3), outcome from raw.returns "
        "order by loaded_at, sequence, expected_return_id"
    )


def alerts_about(cohort: str, commands: Commands) -> list[tuple[Any, ...]]:
    return commands.rows(
        "select recipient_code, kind, count(*) from ops.alerts "
        f"where expected_return_id like '{cohort}/%' group by recipient_code, kind order by recipient_code, kind"
    )


def workbooks(commands: Commands, name: str) -> set[str]:
    """Return the names of the workbooks of M12 that `essaim templates` writes."""
    out = str(commands.folder / f"workbooks {name}")
    return {
        Path(file).name
        for file in json.loads(commands.run("templates", "--occasion", "M12", "--out", out, "--json").out)
    }


def counts(commands: Commands) -> dict[str, int]:
    """Return the number of returns that `essaim calendar` shows for each due date of the workbook."""
    shown = json.loads(commands.run("calendar", "--format", "json", "--as-of", str(TUESDAY)).out)
    return {
        f"{one['cohort_code']}/{one['occasion_code']}": one["count"]
        for one in shown
        if one["instrument_code"] == "tableau"
    }


def of_cohort(states: States, cohort: str) -> set[tuple[str, str, str]]:
    """Return the occasion, the state and the due date of the returns of a cohort."""
    return {(id_.split("/")[2], *found) for id_, found in states.items() if id_.startswith(f"{cohort}/")}


def test_a_late_answer_that_fits_two_occasions_is_quarantined_for_both_until_it_names_one(history: History) -> None:
    """Situation 2.5. STR1 answers M03 while M06 is open, in the survey that both share."""
    asked = [f"C-1/{structure}/{occasion}/suivi" for structure in ("STR1", "STR2") for occasion in ("M03", "M06")]
    assert state(history.states_after_backfill, *asked) == ["quarantined", "quarantined", "received", "received"]
    in_time, late, second = (1, "M03", "loaded"), 2, (3, "M06", "loaded")
    found = [in_time, (late, "M03", "quarantined"), (late, "M06", "quarantined"), second]
    assert sorted(history.versions_after_backfill) == found
    # Another collection finds the same.
    assert history.versions_on_monday == history.versions_after_backfill
    text = history.commands.mail("E", MONDAY)[UNPLACED]
    assert text.count(f"réponse {late} · une réponse qui peut être pour M03 ou M06 :") == 2
    assert text.count("→ une réponse à une seule échéance : demandez à la structure laquelle") == 2
    assert "join.occasion" in text
    # Once the responses name their occasions, the late one is of M03.
    assert state(states_of(history.commands), *asked) == ["late", "missing", "received", "received"]
    assert history.commands.rows(
        "select expected_return_id, value_number from marts.fct_observation "
        "where indicator_code = 'budget' and value_number is not null order by 1"
    ) == [("C-1/STR1/M03/suivi", 10), ("C-1/STR2/M03/suivi", 20), ("C-1/STR2/M06/suivi", 21)]


def test_a_participant_who_answered_one_occasion_does_not_count_as_completed_for_another(history: History) -> None:
    """Situation 2.5. STR1 and STR2 have another participant each, who may still answer M09."""
    assert COMPLETED not in history.commands.mail("E", MONDAY)
    assert history.invited == {"str1c", "str2c", "str3", "str4", "str5"}


def test_an_anchor_corrected_after_its_returns_were_due_stops_every_run_until_it_is_accepted(history: History) -> None:
    """Situation 2.6."""
    believed = {
        ("M03", "missing", "2025-06-30"), ("M06", "missing", "2025-09-30"), ("M09", "missing", "2025-12-31"),
        ("M12", "missing", "2026-03-31"),
    }  # fmt: skip
    assert of_cohort(history.states_after_backfill, "C-2") == believed
    assert history.mailed == {"E", "F", "lead", "weekly"}
    assert {recipient for recipient, *_ in history.alerted} >= {"E", "F", "_lead"}
    needs_a_reason = history.stopped.pop("plan --accept")
    assert needs_a_reason.code == 2
    assert "An acceptance needs a reason" in needs_a_reason.err
    for command, ran in history.stopped.items():
        assert ran.code == 2, command
        assert "16 returns of C-2 (2 structures). Nothing was loaded." in ran.err
        assert "C-2 M03 suivi: 2 returns moved from due 2025-06-30 to due 2026-06-30: STR6, STR7." in ran.err
        assert 'essaim plan --accept --reason "…"' in ran.err
    assert history.planned.code == 3
    assert "The anchor date has changed for C-2." in history.planned.out
    assert "STR6, STR7" in history.planned.out


def test_what_was_believed_stays_in_the_views_of_its_day_and_nobody_is_alerted_of_it_again(history: History) -> None:
    """Situation 2.6."""
    right = {
        ("M03", "scheduled", "2026-06-30"), ("M06", "scheduled", "2026-09-30"), ("M09", "scheduled", "2026-12-31"),
        ("M12", "scheduled", "2027-03-31"),
    }  # fmt: skip
    assert of_cohort(history.states_when_accepted, "C-2") == right
    assert of_cohort(states_of(history.commands), "C-2") == right
    assert of_cohort(states_of(history.commands, "--as-of", str(MONDAY)), "C-2") == of_cohort(
        history.states_after_backfill, "C-2"
    )
    assert alerts_about("C-2", history.commands) == history.alerted
    assert "STR6" not in "".join(history.commands.mail("E", MAY).values())
    assert history.commands.rows(
        "select distinct change, planned_before, planned_after, author, reason, decided_on from raw.amendments "
        "where expected_return_id like 'C-2/%/M03/%'"
    ) == [("moved", "due 2025-06-30", "due 2026-06-30", "E", "typed the wrong year", str(TUESDAY))]


def test_two_occasions_with_the_same_months_are_refused_before_anything_runs(history: History) -> None:
    """Situation 2.7."""
    for command, ran in history.refused.items():
        assert ran.code == 2, command
        assert "expected other months for each occasion." in ran.err


def test_the_plan_compares_other_months_with_what_was_due(history: History) -> None:
    """Situation 2.7."""
    moved = {(one["expected_return_id"], one["before"], one["after"], one["effect"]) for one in history.previewed}
    assert len(moved) == 14
    assert ("C-1/STR1/M09/suivi", "due 2026-03-30", "due 2026-02-28", "needs acceptance") in moved
    assert ("C-2/STR7/M09/tableau", "due 2025-12-31", "due 2025-11-30", "needs acceptance") in moved


def test_what_falls_due_after_the_last_day_of_a_past_period_is_not_missing(history: History) -> None:
    """Situation 2.8."""
    found = history.states_after_backfill.values()
    assert {state for state, due_on in found if due_on > str(LAST)} == {"scheduled"}
    assert ("missing", "2026-03-30") in found
    assert history.backfilled["as_of"] == str(LAST)
    assert Path(history.backfilled["report"]).name == f"{LAST}.fr.html"
    assert history.backfilled["mails"] == []
    # The views of an installation that collected a later day do not go back in time.
    assert history.backfilled_again["as_of"] == str(MONDAY)


def test_decisions_reach_templates_and_calendar(history: History) -> None:
    """Situation 2.16. STR3 left, and all returns of STR4 are waived."""
    before, after = history.templates
    assert before - after == {"C-1__STR3__M12__tableau.xlsx", "C-1__STR4__M12__tableau.xlsx"}
    assert after - before == set()
    before, after = history.due
    # What was due before STR3 left is still due.
    assert (before["C-1/M09"], before["C-1/M12"]) == (5, 5)
    assert (after["C-1/M09"], after["C-1/M12"]) == (4, 3)


def test_the_survey_server_reminds_neither_who_left_nor_of_a_waived_or_snoozed_return(history: History) -> None:
    """Situation 2.16. Reminders for STR5 are snoozed."""
    assert history.reminded == {"str1c", "str2c"}
