"""Test that what an evaluator decides at the desk is recorded as by a command, once, and by the next run."""

import time
from contextlib import ExitStack
from datetime import date, timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa
from desk_programme import FIRST, SECOND, TODAY, Visited, decide, fields_of

from schemas.enums import DecisionKind
from schemas.intake import ITEMS
from schemas.settings import Environment, ProjectPaths
from tasks.decisions import Decision
from tasks.desk.serving import served
from tasks.received import decision_item
from warehouse.intake import keep, now, open_intake
from warehouse.writer import writing

LATER = (TODAY + timedelta(days=20)).isoformat()
DECISIONS = (
    "select kind, subject_id, is_undone, effective_on, decided_on, author, reason from raw.decisions "
    "order by kind, subject_id"
)
ON_DUCKDB = pytest.mark.parametrize("collected", ["duckdb"], indirect=True)


def test_decisions_at_the_desk_are_those_of_the_commands(visited: Visited):
    anne = visited.signed_in("ANNE")
    for path, given in {
        f"/decide/waive/{FIRST}": {"reason": "Jamais formée"},
        f"/decide/snooze/{SECOND}": {"reason": "Congés", "day": LATER},
        "/decide/extend/C-1/STR1/M12/tableau": {
            "reason": "Accord du 3",
            "day": (TODAY + timedelta(days=300)).isoformat(),
        },
        "/decide/nothing/C-1/STR2/M12/tableau": {"reason": "Aucune activité"},
    }.items():
        answer = decide(anne, path, **given)
        assert "Votre décision est enregistrée" in answer.text, path
        assert given["reason"] in answer.text
    assert visited.commands.rows(DECISIONS) == []
    applied = visited.commands.try_to("apply")
    assert (applied.code, "Not used" in applied.out) == (0, False)
    assert [tuple(row) for row in visited.commands.rows(DECISIONS)] == [
        ("extend", "C-1/STR1/M12/tableau", False, str(TODAY + timedelta(days=300)), str(TODAY), "ANNE", "Accord du 3"),
        ("nothing", "C-1/STR2/M12/tableau", False, None, str(TODAY), "ANNE", "Aucune activité"),
        ("snooze", SECOND, False, LATER, str(TODAY), "ANNE", "Congés"),
        ("waive", FIRST, False, None, str(TODAY), "ANNE", "Jamais formée"),
    ]
    assert (visited.state(FIRST), visited.state(SECOND)) == ("waived", "missing")
    page = anne.get(f"/returns/{FIRST}").text
    assert "plus attendu" in page
    assert "Jamais formée (ANNE)" in page
    assert "Pas de relance avant" in anne.get(f"/returns/{SECOND}").text
    # A reversal, and a departure.
    decide(anne, f"/undo/waive/{FIRST}", reason="Elle revient")
    decide(anne, "/decide/leave/C-1/STR2", reason="Fermée", day=TODAY.isoformat())
    visited.commands.run("apply")
    assert visited.state(FIRST) == "missing"
    assert visited.state("C-1/STR2/M12/tableau") == "left"
    assert visited.commands.try_to("apply").out == "Nothing waits to be applied.\n"


@ON_DUCKDB
def test_a_form_that_is_sent_twice_is_kept_once(visited: Visited):
    anne = visited.signed_in("ANNE")
    fields = fields_of(anne.get(f"/decide/snooze/{FIRST}"))
    for _ in range(2):
        anne.post(f"/decide/snooze/{FIRST}", data={**fields, "reason": "Congés", "day": LATER})
    assert anne.get(f"/returns/{FIRST}").text.count("Congés") == 2  # what waits, and the history
    fields = fields_of(anne.get(f"/returns/{FIRST}"))
    for _ in range(2):
        anne.post(f"/note/{FIRST}", data={**fields, "how": "no_answer", "text": "Rappeler"})
    assert anne.get(f"/returns/{FIRST}").text.count("Rappeler") == 1


@ON_DUCKDB
def test_a_form_that_is_changed_with_the_back_button_and_sent_again_is_kept_as_changed(visited: Visited):
    anne = visited.signed_in("ANNE")
    fields = fields_of(anne.get(f"/decide/snooze/{FIRST}"))
    for days in (5, 20):
        day = str(TODAY + timedelta(days=days))
        anne.post(f"/decide/snooze/{FIRST}", data={**fields, "reason": "Congés", "day": day})
    fields = fields_of(anne.get(f"/returns/{FIRST}"))
    for text in ("Rappeler lundi", "Rappeler mardi"):
        anne.post(f"/note/{FIRST}", data={**fields, "how": "no_answer", "text": text})
    page = anne.get(f"/returns/{FIRST}").text
    assert ("Rappeler lundi" in page, "Rappeler mardi" in page) == (True, True)
    visited.commands.run("collect")
    assert [row[3] for row in visited.commands.rows(DECISIONS)] == [LATER]


@ON_DUCKDB
def test_of_several_decisions_before_a_run_the_last_counts(visited: Visited):
    anne = visited.signed_in("ANNE")
    for days in (5, 20):
        decide(anne, f"/decide/snooze/{FIRST}", reason=f"{days} jours", day=str(TODAY + timedelta(days=days)))
    visited.commands.run("collect")
    assert [row[3] for row in visited.commands.rows(DECISIONS)] == [LATER]


@ON_DUCKDB
def test_a_decision_that_makes_no_sense_is_refused_on_its_page_with_what_was_typed(visited: Visited):
    anne = visited.signed_in("ANNE")
    for path, given, expected in (
        (f"/decide/snooze/{FIRST}", {"reason": "r1", "day": TODAY.isoformat()}, "postérieur à aujourd"),
        (
            f"/decide/snooze/{FIRST}",
            {"reason": "r1", "day": "demain"},
            f"Indiquez le jour en chiffres, l&#39;année d&#39;abord, par exemple {TODAY}",
        ),
        (f"/decide/snooze/{FIRST}", {"reason": " ", "day": LATER}, "Indiquez le motif"),
        (f"/decide/extend/{FIRST}", {"reason": "r1", "day": "9999-12-31"}, "moins lointain"),
        (f"/decide/extend/{FIRST}", {"reason": "r1", "day": "2020-01-01"}, "postérieur à l"),
        (f"/undo/waive/{FIRST}", {"reason": "r1"}, "plus rien à annuler"),
        ("/decide/leave/C-1/STR1", {"reason": "r1", "day": "2000-01-01"}, "ne peut précéder sa formation"),
    ):
        answer = decide(anne, path, **given)
        assert (answer.status_code, expected in answer.text) == (422, True), path
        assert given["reason"].strip() in answer.text
    assert anne.get(f"/decide/explode/{FIRST}").status_code == 404
    assert visited.commands.try_to("apply").out == "Nothing waits to be applied.\n"


@ON_DUCKDB
def test_a_decision_that_contradicts_what_is_known_by_then_is_refused_by_the_run_and_shown(visited: Visited):
    too_early = Decision(DecisionKind.EXTEND, date(2020, 1, 1), "ANNE", "Accord du 3")
    with open_intake(visited.paths) as intake:
        keep(intake, decision_item("0" * 32, too_early, FIRST, "ANNE"))
    applied = visited.commands.try_to("apply")
    assert applied.code == 3
    assert "A decision of ANNE was not applied: Found --until 2020-01-01" in applied.out
    assert visited.commands.rows(DECISIONS) == []
    assert "non appliqué" in visited.signed_in("ANNE").get(f"/returns/{FIRST}").text


@ON_DUCKDB
def test_a_command_records_what_waits_at_the_desk_before_its_own_decision(visited: Visited):
    decide(visited.signed_in("ANNE"), f"/decide/snooze/{FIRST}", reason="Congés", day=LATER)
    soon = str(TODAY + timedelta(days=2))
    visited.commands.run("snooze", SECOND, "--until", soon, "--reason", "x", "--author", "A")
    assert [row[1] for row in visited.commands.rows(DECISIONS)] == [FIRST, SECOND]
    assert visited.commands.try_to("apply").out == "Nothing waits to be applied.\n"


@ON_DUCKDB
def test_while_a_run_writes_the_desk_keeps_what_it_is_given(visited: Visited):
    anne = visited.signed_in("ANNE")
    with writing(visited.paths.var, "collect"):
        answer = decide(anne, f"/decide/waive/{FIRST}", reason="Jamais formée")
        assert "Votre décision est enregistrée" in answer.text
        assert visited.commands.try_to("apply").code == 1
    visited.commands.run("apply")
    assert visited.state(FIRST) == "waived"


@ON_DUCKDB
def test_a_short_run_applies_a_decision_at_once_as_soon_as_no_other_run_writes(collected: Path):
    with served(ProjectPaths(collected), Environment(), 0) as desk, ExitStack() as browsers:
        visited = Visited(collected, desk, browsers)
        with writing(visited.paths.var, "collect"):
            page = decide(visited.signed_in("ANNE"), f"/decide/waive/{FIRST}", reason="Jamais formée").text
            assert "d&#39;ordinaire d&#39;ici une minute" in page
        for _ in range(240):
            if visited.state(FIRST) == "waived":
                break
            time.sleep(0.5)
        assert visited.state(FIRST) == "waived"


@ON_DUCKDB
def test_a_desk_that_is_started_again_has_applied_what_waits(collected: Path):
    with served(ProjectPaths(collected), Environment(), 0, applies=False) as desk, ExitStack() as browsers:
        decide(Visited(collected, desk, browsers).signed_in("ANNE"), f"/decide/waive/{FIRST}", reason="Jamais formée")
    with served(ProjectPaths(collected), Environment(), 0) as desk, ExitStack() as browsers:
        visited = Visited(collected, desk, browsers)
        for _ in range(240):
            if visited.state(FIRST) == "waived":
                break
            time.sleep(0.5)
        assert visited.state(FIRST) == "waived"


def test_a_page_says_that_a_decision_does_not_count_yet_until_its_figures_are_published(visited: Visited):
    anne = visited.signed_in("ANNE")
    assert (
        "La prochaine collecte en tiendra compte" in decide(anne, f"/decide/waive/{FIRST}", reason="Jamais formée").text
    )
    # A run has recorded it, and was killed before it built the views.
    with open_intake(visited.paths) as intake, intake.begin() as connection:
        connection.execute(sa.update(ITEMS).values(settled_at=now(), outcome="applied"))
    assert "La prochaine collecte en tiendra compte" in anne.get(f"/returns/{FIRST}").text
    visited.commands.run("build")
    assert "La prochaine collecte en tiendra compte" not in anne.get(f"/returns/{FIRST}").text


@ON_DUCKDB
def test_an_item_that_nobody_applies_is_a_problem_for_doctor(visited: Visited):
    decide(visited.signed_in("ANNE"), f"/decide/waive/{FIRST}", reason="Jamais formée")
    waits = next(line for line in visited.commands.try_to("doctor").out.splitlines() if "intake" in line)
    assert " well " in waits
    with open_intake(visited.paths) as intake, intake.begin() as connection:
        connection.execute(sa.update(ITEMS).values(received_at=now() - timedelta(days=5)))
    waits = next(line for line in visited.commands.try_to("doctor").out.splitlines() if "intake" in line)
    assert "essaim apply" in waits


@ON_DUCKDB
def test_a_contact_is_kept_with_the_return_and_no_run_needs_it(visited: Visited):
    anne = visited.signed_in("ANNE")
    fields = fields_of(anne.get(f"/returns/{FIRST}"))
    anne.post(f"/note/{FIRST}", data={**fields, "how": "no_answer", "text": "Rappeler <b>lundi</b>"})
    page = anne.get("/structures/C-1/STR1").text
    assert "Appelé, pas de réponse · Rappeler &lt;b&gt;lundi&lt;/b&gt; (ANNE)" in page
    assert anne.post(f"/note/{FIRST}", data={**fields, "how": "shouted", "text": ""}).status_code == 400
    assert visited.commands.try_to("apply").out == "Nothing waits to be applied.\n"


@ON_DUCKDB
def test_a_run_of_an_earlier_day_leaves_what_was_decided_since(visited: Visited):
    decide(visited.signed_in("ANNE"), f"/decide/waive/{FIRST}", reason="Jamais formée")
    visited.commands.run("collect", "--as-of", str(TODAY - timedelta(days=1)))
    assert visited.commands.rows(DECISIONS) == []
    visited.commands.run("collect")
    assert visited.state(FIRST) == "waived"


def test_the_keys_and_the_intake_are_for_their_owner_only(visited: Visited):
    paths = ProjectPaths(visited.folder)
    for path in (paths.desk_key, paths.intake):
        if path.exists():
            assert path.stat().st_mode & 0o077 == 0
