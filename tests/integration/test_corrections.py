"""Test that answers are put right by lines of corrections.csv, through the commands on both engines."""

import csv
import json
import os
from collections.abc import Generator
from datetime import UTC, date, datetime

import pytest
from commands import Commands
from small_programme import Small, data_table, small_programme

from schemas.settings import ProjectPaths
from warehouse.address import warehouse_address

JANUARY, FEBRUARY, MARCH = "2026-01-20", "2026-02-10", "2026-03-10"
HEADER = ("expected_return_id", "respondent", "item", "old_value", "new_value", "reason", "author")
WORKBOOK, SURVEY = "C-1/STR1/M06/tableau", "C-1/STR1/M06/suivi"
FIGURES = "select indicator_code, value from analytics.consolidated_results where innovation_code = 'TOTAL' order by 1"
STATES = "select line, state, answer_text, known_on, reason, author from analytics.corrections order by line"


@pytest.fixture
def small(paths_with_views: ProjectPaths, monkeypatch: pytest.MonkeyPatch) -> Generator[Small]:
    """Yield a programme with a survey and a workbook, in a warehouse whose views are built."""
    folder = paths_with_views.folder
    with small_programme(monkeypatch, folder, structures=("STR1", "STR2")) as small:
        settings = json.loads((folder / "programme.yaml").read_text(encoding="utf-8"))
        settings["instruments"].append(data_table("INNO", ["M06"]))
        settings["sources"]["inbox"] = {"path": "inbox"}
        (folder / "programme.yaml").write_text(json.dumps(settings), encoding="utf-8")
        (folder / "inbox").mkdir()
        for name, line in (
            ("codebook.csv", "persons,Personnes,Persons,structure,count,,0,1000,,sum,none,true,2\n"),
            ("crosswalk.csv", "tableau,1,Données!personnes,persons,\n"),
        ):
            path = folder / name
            path.write_text(path.read_text(encoding="utf-8") + line, encoding="utf-8")
        small.add_participants("STR1", "STR2")
        yield small


def send(small: Small, persons: int, day: date) -> None:
    file = small.folder / "inbox" / f"{WORKBOOK.replace('/', '__')}.csv"
    file.write_text(f"Question,Réponse\nPersonnes,{persons}\n", encoding="utf-8")
    moment = datetime(day.year, day.month, day.day, 12, tzinfo=UTC).timestamp()
    os.utime(file, (moment, moment))


def correct(small: Small, *lines: tuple[str, ...]) -> None:
    with (small.folder / "corrections.csv").open("w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows([HEADER, *lines])


def test_an_answer_is_put_right_while_it_stands_and_the_day_before_stays(small: Small) -> None:
    commands = Commands(small.folder)
    response = small.answer("str1", budget="100")
    small.answer("str2", budget="5")
    send(small, 120, date(2025, 12, 20))
    assert commands.run("collect", "--as-of", JANUARY).code == 0
    assert commands.rows(FIGURES) == [("budget", 105), ("persons", 120), ("structures", 2)]

    correct(
        small,
        (WORKBOOK, "", "Données!personnes", "120", "12", "Par téléphone : 12, pas 120", "E"),
        (SURVEY, str(response), "budget", "100,0", "80", "Par téléphone", "E"),
        (SURVEY, "", "adopt", "oui", "peut-être", "Par téléphone", "E"),
    )
    refused = commands.try_to("check")
    assert refused.code == 2
    assert (
        "corrections.csv:4: found new_value = 'peut-être' of adopt; expected one of oui, enc, part, non" in refused.err
    )
    correct(
        small,
        (WORKBOOK, "", "Données!personnes", "120", "12", "Par téléphone : 12, pas 120", "E"),
        (SURVEY, str(response), "budget", "100,0", "80", "Par téléphone", "E"),
    )
    commands.run("check")
    assert commands.run("collect", "--as-of", FEBRUARY).code == 0
    assert commands.rows(FIGURES) == [("budget", 85), ("persons", 12), ("structures", 2)]
    assert commands.rows(STATES) == [
        (2, "applied", "120", FEBRUARY, "Par téléphone : 12, pas 120", "E"),
        (3, "applied", "100", FEBRUARY, "Par téléphone", "E"),
    ]
    traced = json.loads(commands.run("provenance", "TOTAL", "persons", "--format", "json").out)["under"]
    names = ("value_number", "answer_text", "corrected_text", "correction_reason", "correction_author")
    assert [tuple(one[name] for name in names) for one in traced] == [
        (12, "120", "12", "Par téléphone : 12, pas 120", "E")
    ]
    # A table has the columns of corrections, their headings shortened, where there are any.
    assert "correct" in commands.run("provenance", "TOTAL", "budget").out
    assert "correct" not in commands.run("provenance", "C-1/STR1", "adoption").out
    assert "Corrections not applied" not in commands.run("status").out

    send(small, 14, date(2026, 3, 1))
    ran = commands.run("collect", "--as-of", MARCH)
    told = (
        f"{WORKBOOK}, Données!personnes: found '14' where corrections.csv line 2 expects '120': '12' does not replace"
    )
    assert (ran.code, told in ran.out) == (3, True), ran.out
    assert "Corrections not applied" in commands.run("status").out
    assert commands.rows(FIGURES) == [("budget", 85), ("persons", 14), ("structures", 2)]
    assert commands.rows(STATES)[0][:3] == (2, "not_applied", "14")

    # Earlier days are as they were, and what is built from scratch is what was built step by step. They are built on
    # DuckDB whatever holds the warehouse: one of them shows that the corrections of PostgreSQL are copied to it.
    earlier = (
        ("2026-02-09", [("budget", 105), ("persons", 120), ("structures", 2)]),
        (FEBRUARY, [("budget", 85), ("persons", 12), ("structures", 2)]),
    )
    for day, figures in earlier if warehouse_address(small.paths) is None else earlier[1:]:
        commands.run("build", "--as-of", day)
        assert commands.rows(FIGURES, "--as-of", day) == figures
    given = "select value_text from raw.answers where item in ('budget', 'Données!personnes') order by 1"
    assert commands.rows(given) == [("100",), ("120",), ("14",), ("5",)]

    # Without the line, the answer that was given counts again.
    correct(small)
    assert commands.run("collect", "--as-of", MARCH).code == 0
    assert commands.rows(FIGURES) == [("budget", 105), ("persons", 14), ("structures", 2)]
