"""Test that nothing to report is an answer: a box, a question or a decision, through the commands on both engines."""

import json
import os
from collections.abc import Generator
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest
from commands import Commands
from openpyxl import load_workbook
from small_programme import Small, data_table, small_programme

from schemas.settings import ProjectPaths

JANUARY, FEBRUARY, LATER, MARCH = "2026-01-20", "2026-02-10", "2026-02-11", "2026-03-10"
STATES = "select expected_return_id, state, arrived_on from analytics.return_status order by 1"
FIGURES = (
    "select indicator_code, value, n_reported, n_expected from analytics.consolidated_results "
    "where innovation_code = 'TOTAL' and indicator_code <> 'structures' order by 1"
)
RATES = (
    "select n_expected, n_received, n_on_time, n_late, n_nothing_to_report, returned_pct from analytics.return_rates "
    "where grouping = 'cohort' and occasion_code = 'M06'"
)
CELLS = (
    "select indicator_code, value_number, missing_reason, obs_status, return_id is null, is_unchanged "
    "from analytics.cohort_panel where occasion_code = 'M06' and enrolment_id = '{}' order by 1"
)
SAID = "select expected_return_id, said_by, state, reason from analytics.nothing_to_report order by 1, 2"


def ask_for_nothing(small: Small) -> None:
    """Add the question whether there is nothing to report, and declare it."""
    small.survey.deactivate()
    small.survey.add_question("rien", "Y", {"fr": "Rien à signaler ?"})
    small.survey.activate()
    small.accept()
    settings = json.loads((small.folder / "programme.yaml").read_text(encoding="utf-8"))
    settings["instruments"][0]["nothing_to_report"] = {"item": "rien", "values": ["Y"]}
    (small.folder / "programme.yaml").write_text(json.dumps(settings), encoding="utf-8")
    small.add_participants("STR1", "STR2", "STR3")


@pytest.fixture
def small(paths_with_views: ProjectPaths, monkeypatch: pytest.MonkeyPatch) -> Generator[Small]:
    """Yield a programme with a question and a box that say that there is nothing to report."""
    folder = paths_with_views.folder / "programme"
    with small_programme(monkeypatch, folder) as small:
        ask_for_nothing(small)
        settings = json.loads((folder / "programme.yaml").read_text(encoding="utf-8"))
        table: dict[str, Any] = data_table("INNO", ["M03", "M06"]) | {"nothing_to_report": {"box": True}}
        table["versions"][0]["sheets"][0]["items"] = [
            {"code": "personnes", "label": "Personnes", "required": True},
            {"code": "cumul", "label": "Cumul"},
        ]
        settings["instruments"].append(table)
        settings["occasions"].insert(0, {"code": "M03", "months": 3})
        settings["sources"]["inbox"] = {"path": "inbox"}
        (folder / "programme.yaml").write_text(json.dumps(settings), encoding="utf-8")
        (folder / "inbox").mkdir()
        (folder / "codebook.csv").write_text(
            "indicator_code,level,kind,minimum,allowed_values,over_structures,is_core,publication_rank,is_cumulative,"
            "zero_if_nothing\n"
            "adoption,structure,choice,,adopted|in_progress|partial|no,none,true,,,\n"
            "budget,structure,number,0,,sum,true,1,,\n"
            "persons,structure,count,0,,sum,true,2,,true\n"
            "so_far,structure,count,0,,sum,false,3,true,true\n",
            encoding="utf-8",
        )
        with (folder / "crosswalk.csv").open("a", encoding="utf-8") as file:
            file.write("tableau,1,Données!personnes,persons,\ntableau,1,Données!cumul,so_far,\n")
        yield small


def templates(small: Small) -> Path:
    """Write the workbooks of both occasions, as they are sent."""
    for occasion in ("M03", "M06"):
        Commands(small.folder).run("templates", "--occasion", occasion, "--out", str(small.folder / "sent"))
    return small.folder / "sent"


def send(small: Small, structure: str, day: date, *figures: int, occasion: str = "M06", ticks: bool = False) -> None:
    """Deliver the workbook that was sent, with figures or with its box ticked."""
    name = f"C-1__{structure}__{occasion}__tableau.xlsx"
    book = load_workbook(small.folder / "sent" / name)
    for row, figure in enumerate(figures, start=5):
        book["Données"].cell(row, 2, figure)
    if ticks:
        (row,) = (cell.row for cell in book["Identité"]["A"] if cell.value == "Rien à signaler pour cette période")
        book["Identité"].cell(row, 2, "oui")
    path = small.folder / "inbox" / name
    book.save(path)
    moment = datetime(day.year, day.month, day.day, 12, tzinfo=UTC).timestamp()
    os.utime(path, (moment, moment))


def test_nothing_to_report_is_said_counted_contradicted_and_taken_back(small: Small) -> None:
    commands = Commands(small.folder)
    templates(small)
    small.answer("str1", rien="N")
    small.answer("str2", adopt="", budget="", rien="Y")
    send(small, "STR1", date(2025, 10, 5), 5, 12, occasion="M03")
    send(small, "STR1", date(2025, 12, 20), ticks=True)
    send(small, "STR2", date(2025, 12, 20), 3, 8, ticks=True)
    ran = commands.run("collect", "--as-of", JANUARY)
    assert ran.code == 3
    wrong = ran.out.replace("\N{NO-BREAK SPACE}", " ").partition("Quarantined:")[2].splitlines()
    expected = "→ aucun chiffre, puisque Identité!B9 indique qu'il n'y a rien à signaler : effacez l'un des deux"
    assert [line.partition(", ")[2] for line in wrong if "→" in line] == [
        f"Données!B5: 3 {expected}",
        f"Données!B6: 8 {expected}",
    ]
    assert commands.rows(STATES) == [
        ("C-1/STR1/M03/tableau", "received", "2025-10-05"),
        ("C-1/STR1/M06/suivi", "received", "2025-12-20"),
        ("C-1/STR1/M06/tableau", "nothing_to_report", "2025-12-20"),
        ("C-1/STR2/M03/tableau", "missing", None),
        ("C-1/STR2/M06/suivi", "nothing_to_report", "2025-12-20"),
        ("C-1/STR2/M06/tableau", "quarantined", None),
        ("C-1/STR3/M03/tableau", "missing", None),
        ("C-1/STR3/M06/suivi", "missing", None),
        ("C-1/STR3/M06/tableau", "missing", None),
    ]
    # Six returns are due at M06: STR1 sent both, and STR2 one.
    assert commands.rows(RATES) == [(6, 3, 3, 0, 2, 50.0)]
    # STR1: 5 persons at M03 and none at M06, and a cumulative 12 that is unchanged. The budget of STR2 is not expected.
    in_january = [("budget", 100, 1, 2), ("persons", 0, 1, 3), ("so_far", 12, 1, 3)]
    assert commands.rows(FIGURES) == in_january
    assert commands.rows(CELLS.format("C-1/STR1")) == [
        ("adoption", None, None, "A", False, False),
        ("budget", 100, None, "A", False, False),
        ("persons", 0, None, "A", False, False),
        ("so_far", 12, None, "A", False, True),
    ]
    traced = json.loads(commands.run("provenance", "TOTAL", "so_far", "--format", "json").out)["under"]
    assert [(one["occasion_code"], one["value_number"]) for one in traced] == [("M03", 12)]

    ran = commands.run("nothing", "C-1/STR3/M06/*", "--reason", "par téléphone", "--author", "E", "--as-of", FEBRUARY)
    assert (ran.code, "Nothing to report: 2." in ran.out) == (0, True), ran.out
    # The decisions count as returned, late, on the day on which it was learned.
    assert commands.rows(RATES) == [(6, 5, 3, 2, 4, 83.3)]
    in_february = [("budget", 100, 1, 1), ("persons", 0, 2, 3), ("so_far", 12, 1, 3)]
    assert commands.rows(FIGURES) == in_february
    # A cumulative value is unknown while M03 is missing.
    assert commands.rows(CELLS.format("C-1/STR3")) == [
        ("adoption", None, "nothing_to_report", "M", True, False),
        ("budget", None, "nothing_to_report", "M", True, False),
        ("persons", 0, None, "A", True, False),
        ("so_far", None, "nothing_to_report", "M", True, False),
    ]
    assert "par téléphone" in commands.run("status").out
    undone = commands.run("nothing", "C-1/STR3/M06/suivi", "--undo", "--reason", "une erreur", "--as-of", LATER)
    assert "missing" in undone.out
    assert commands.rows(RATES) == [(6, 4, 3, 1, 3, 66.7)]

    # STR2 clears its figures, and STR3 sends some after all.
    send(small, "STR2", date(2026, 2, 20), ticks=True)
    send(small, "STR3", date(2026, 3, 1), 7, 9)
    ran = commands.run("collect", "--as-of", MARCH)
    told = "C-1/STR3/M06/tableau: its return counts and gives something, where E decided on 2026-02-10 that there is"
    assert (ran.code, told in ran.out) == (3, True), ran.out
    again = commands.run("collect", "--as-of", MARCH)
    assert (again.code, told in again.out) == (0, False), again.out
    assert "Nothing to report by decision, and contradicted by a return" in commands.run("status").out
    assert commands.rows(STATES)[5:] == [
        ("C-1/STR2/M06/tableau", "nothing_to_report", "2026-02-20"),
        ("C-1/STR3/M03/tableau", "missing", None),
        ("C-1/STR3/M06/suivi", "missing", None),
        ("C-1/STR3/M06/tableau", "late", "2026-03-01"),
    ]
    assert commands.rows(FIGURES) == [("budget", 100, 1, 2), ("persons", 7, 3, 3), ("so_far", 21, 2, 3)]
    assert commands.rows(SAID) == [
        ("C-1/STR1/M06/tableau", "return", "counted", None),
        ("C-1/STR2/M06/suivi", "return", "counted", None),
        ("C-1/STR2/M06/tableau", "return", "counted", None),
        ("C-1/STR3/M06/tableau", "decision", "contradicted", "par téléphone"),
    ]
    commands.run("nothing", "C-1/STR3/M06/tableau", "--undo", "--reason", "une erreur", "--as-of", MARCH)
    assert "contradicted" not in commands.run("status").out

    # Earlier days are as they were.
    for day, figures in (("2026-02-09", in_january), (FEBRUARY, in_february)):
        commands.run("build", "--as-of", day)
        assert commands.rows(FIGURES, "--as-of", day) == figures


def test_a_figure_in_a_response_with_nothing_to_report_is_quarantined(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with small_programme(monkeypatch, tmp_path / "programme") as small:
        ask_for_nothing(small)
        contradicted = small.answer("str1", adopt="non", budget="100", rien="Y")
        # No figure, and a response that was only begun.
        small.answer("str2", adopt="", budget="nc", rien="Y")
        small.answer("str3", None, budget="100", rien="Y")
        loaded = small.collect()
        wrong = [sentence.replace("\N{NO-BREAK SPACE}", " ") for sentence in loaded.quarantined]
        assert wrong == [
            f"enquête 781236, réponse {contradicted}, budget: 100 → aucun chiffre, puisque réponse {contradicted}, "
            "rien indique qu'il n'y a rien à signaler : effacez l'un des deux"
        ]
        checks = (
            "select r.sequence, f.check_name, f.resolved_by from raw.findings f join raw.returns r using (return_id)"
        )
        assert small.rows(checks) == [(contradicted, "nothing_to_report", "sender")]
