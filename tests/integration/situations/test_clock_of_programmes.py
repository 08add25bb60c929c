"""Test a baseline, an occasion in days, an anchor of one enrolment and an extension through the command line.

One history is lived on each engine. The figures are computed by hand from these due dates, with 15 days of grace:

| structure | anchor | BASE (a month before) | D45 (45 days) | M03 (3 months) |
|---|---|---|---|---|
| A, C, D | 30 June 2025 | 30 May | 14 August | 30 September |
| B | 15 July 2025 | 15 June | 29 August | 15 October |

A and D get until 31 October for M03. A returns on 20 October, after its planned days of grace; the extension of D is
taken back.
"""

import csv
import json
import os
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest
from commands import Commands
from deciding import decided
from openpyxl import load_workbook
from running import Ran
from small_programme import data_table

from schemas.enums import DecisionKind
from schemas.settings import ProjectPaths

OCCASIONS = [{"code": "BASE", "months": -1}, {"code": "D45", "days": 45}, {"code": "M03", "months": 3}]
SETTINGS = {
    "programme": "horloge",
    "name": "Une horloge",
    "timezone": "Europe/Paris",
    "occasions": OCCASIONS,
    "innovations": [{"code": "INNO", "name": "Une innovation", "result": {"indicator": "persons", "above": 0}}],
    "cohorts": [{"code": "C-1", "innovation": "INNO", "name": "Première vague", "anchor_on": "2025-06-30"}],
    "evaluators": [{"code": "E", "name": "Personne Inventée", "email": "evaluation@example.org", "follows": ["INNO"]}],
    "instruments": [data_table("INNO", [str(one["code"]) for one in OCCASIONS])],
    "sources": {"inbox": {}},
}
FILES = {
    "programme.yaml": json.dumps(SETTINGS),
    "structures.csv": "structure_code,structure_name,cohort_code,left_on,anchor_on\n"
    "A,Structure A,C-1,,\nB,Structure B,C-1,,2025-07-15\nC,Structure C,C-1,,\nD,Structure D,C-1,,\n",
    "codebook.csv": "indicator_code,label_fr,label_en,level,kind,minimum,over_structures,is_core,publication_rank\n"
    "persons,Personnes,Persons,structure,count,0,sum,true,1\n",
    "crosswalk.csv": "instrument_code,version,item,indicator_code,recode\ntableau,1,Données!personnes,persons,\n",
    "recodes.csv": "recode,source_value,value,missing_reason\n",
}
RETURNED = {
    ("A", "BASE"): (0, date(2025, 5, 20)),
    ("B", "BASE"): (0, date(2025, 6, 10)),
    ("C", "BASE"): (3, date(2025, 5, 25)),
    ("A", "D45"): (2, date(2025, 8, 10)),
    ("B", "D45"): (0, date(2025, 8, 20)),
    ("C", "D45"): (4, date(2025, 8, 1)),
    ("D", "D45"): (5, date(2025, 8, 12)),
}
"""The persons that a structure reported at an occasion, and the day on which the workbook came."""
LATER = {("A", "M03"): (7, date(2025, 10, 20)), ("B", "M03"): (1, date(2025, 10, 10))}
EXTENDED, COLLECTED, UNDONE = date(2025, 10, 5), date(2025, 10, 25), date(2025, 10, 26)
"""The days of the first collection and the extensions, of the second collection, and of what is decided afterwards."""
UNTIL = "2025-10-31"
OF_M03 = "from analytics.return_status where occasion_code = 'M03' order by enrolment_id"
RATES = (
    "select n_expected, n_on_time, on_time_pct, n_missing, n_originally_expected, n_originally_on_time, "
    "originally_on_time_pct from analytics.return_rates where grouping = 'cohort' and occasion_code = 'M03'"
)
STATES = f"select structure_code, state, due_on, original_due_on, on_time_until_on, days_late {OF_M03}"


@dataclass
class History:
    """The programme after its last command, and what was read on the way."""

    commands: Commands
    extended: dict[str, Any]
    refused: dict[str, Ran]
    when_extended: list[tuple[Any, ...]]
    rates_when_extended: tuple[Any, ...]
    calendar: dict[tuple[str, str], str]
    when_collected: list[tuple[Any, ...]]
    rates_when_collected: tuple[Any, ...]
    alerted: list[tuple[Any, ...]]
    when_undone: list[tuple[Any, ...]]
    rates_when_undone: tuple[Any, ...]
    waived: dict[str, Any]
    edited: tuple[Ran, Ran]


@pytest.fixture(scope="module")
def history(folder: Path) -> History:
    for name, text in FILES.items():
        (folder / name).write_text(text, encoding="utf-8")
    return lived(Commands(folder))


def of_m03(structure: str) -> str:
    return f"C-1/{structure}/M03/tableau"


def lived(commands: Commands) -> History:
    send(commands, RETURNED)
    commands.read_sources(EXTENDED)
    on, why = ("--as-of", str(EXTENDED)), ("--reason", "agreed by telephone", "--author", "E")
    refused = {
        "day": commands.try_to("extend", of_m03("C"), "--until", "2025-09-30", *why, *on),
        "no day": commands.try_to("extend", of_m03("C"), *why, *on),
        "left": commands.try_to("leave", "C-1/B", "--on", "2025-07-10", *why, *on),
        "undo": commands.try_to("extend", of_m03("C"), "--undo", *why, *on),
    }
    extended = json.loads(commands.run("extend", of_m03("A"), of_m03("D"), "--until", UNTIL, *why, *on, "--json").out)
    when_extended, (rates_when_extended,) = commands.rows(STATES), commands.rows(RATES)
    calendar = due_days(commands)

    send(commands, LATER)
    commands.run("collect", "--as-of", str(COLLECTED))
    when_collected, (rates_when_collected,) = commands.rows(STATES), commands.rows(RATES)
    alerted = commands.rows(
        "select expected_return_id, kind, cause from ops.alerts "
        f"where decided_on = date '{COLLECTED}' and expected_return_id like '%/M03/%' order by expected_return_id"
    )

    on = ("--as-of", str(UNDONE))
    decided(commands.folder, DecisionKind.WAIVE, of_m03("C"), as_of=UNDONE)
    waived = json.loads(commands.run("extend", of_m03("C"), "--until", UNTIL, *why, *on, "--json").out)
    decided(commands.folder, DecisionKind.EXTEND, of_m03("C"), as_of=UNDONE, is_undone=True)
    decided(commands.folder, DecisionKind.WAIVE, of_m03("C"), as_of=UNDONE, is_undone=True)
    commands.run("extend", of_m03("D"), "--undo", *why, *on)
    when_undone, (rates_when_undone,) = commands.rows(STATES), commands.rows(RATES)
    commands.run("build", "--as-of", str(COLLECTED))

    structures = commands.folder / "structures.csv"
    structures.write_text(FILES["structures.csv"].replace("2025-07-15", "2025-07-20"), encoding="utf-8")
    edited = commands.try_to("plan", *on), commands.try_to("collect", *on)
    structures.write_text(FILES["structures.csv"], encoding="utf-8")
    return History(
        commands, extended, refused, when_extended, rates_when_extended, calendar, when_collected,
        rates_when_collected, alerted, when_undone, rates_when_undone, waived, edited,
    )  # fmt: skip


def send(commands: Commands, returned: dict[tuple[str, str], tuple[int, date]]) -> None:
    """Fill in the templates, and write them into the inbox on their days."""
    inbox = commands.folder / "inbox"
    inbox.mkdir(exist_ok=True)
    for (structure, occasion), (persons, day) in returned.items():
        written = commands.folder / f"templates of {occasion}"
        commands.run("templates", "--occasion", occasion, "--out", str(written))
        name = f"C-1__{structure}__{occasion}__tableau.xlsx"
        book = load_workbook(written / name)
        book["Données"]["B5"] = persons
        book.save(inbox / name)
        sent = datetime(day.year, day.month, day.day, 12, tzinfo=UTC).timestamp()
        os.utime(inbox / name, (sent, sent))


def due_days(commands: Commands) -> dict[tuple[str, str], str]:
    """Return the number of structures for each occasion and due day of the calendar."""
    printed = json.loads(commands.run("calendar", "--format", "json", "--as-of", str(EXTENDED)).out)
    return {(row["occasion_code"], row["due_on"]): row["count"] for row in printed}


def test_occasions_lie_before_and_after_the_training_and_are_ordered_by_their_day(history: History):
    query = "select occasion_code, months, days, offset_days from marts.dim_occasion order by offset_days"
    assert history.commands.rows(query) == [("BASE", -1, None, -30), ("D45", 1, 45, 45), ("M03", 3, None, 91)]
    query = "select enrolment_id, anchor_on from marts.dim_enrolment order by enrolment_id"
    cohort, own = "2025-06-30", "2025-07-15"
    anchors = [("C-1/A", cohort), ("C-1/B", own), ("C-1/C", cohort), ("C-1/D", cohort)]
    assert history.commands.rows(query) == anchors
    query = (
        "select structure_code, string_agg(cast(original_due_on as text), ' ' order by original_due_on) "
        "from analytics.return_status where structure_code in ('A', 'B') group by structure_code order by 1"
    )
    assert history.commands.rows(query) == [
        ("A", "2025-05-30 2025-08-14 2025-09-30"),
        ("B", "2025-06-15 2025-08-29 2025-10-15"),
    ]


def test_an_extended_return_is_due_on_the_later_day_and_in_no_rate_of_the_extended_clock_before(history: History):
    assert history.extended["decided"] == [of_m03("A"), of_m03("D")]
    assert {row["original_due_on"]: row["due_on"] for row in history.extended["returns"]} == {"2025-09-30": UNTIL}
    assert history.when_extended == [
        ("A", "open", UNTIL, "2025-09-30", "2025-11-15", None),
        ("B", "open", "2025-10-15", "2025-10-15", "2025-10-30", None),
        ("C", "open", "2025-09-30", "2025-09-30", "2025-10-15", None),
        ("D", "open", UNTIL, "2025-09-30", "2025-11-15", None),
    ]
    # Only C is due by the extended clock; A, C and D by the planned one.
    assert history.rates_when_extended == (1, 0, 0.0, 0, 3, 0, 0.0)


def test_what_cannot_be_extended_says_why(history: History):
    assert {name: ran.code for name, ran in history.refused.items()} == dict.fromkeys(history.refused, 2)
    assert history.refused["day"].err == (
        "essaim: Found --until 2025-09-30; expected a day after the planned due date: "
        "C-1/C/M03/tableau is due on 2025-09-30. Nothing was decided.\n"
    )
    assert "Found no --until; expected a day after the planned due date" in history.refused["no day"].err
    assert "There is nothing to take back of C-1/C/M03/tableau" in history.refused["undo"].err
    assert "expected the day on which it left, not before 2025-07-15" in history.refused["left"].err


def test_the_calendar_groups_structures_by_their_due_day(history: History):
    assert history.calendar == {
        ("BASE", "2025-05-30"): 3, ("BASE", "2025-06-15"): 1,
        ("D45", "2025-08-14"): 3, ("D45", "2025-08-29"): 1,
        ("M03", "2025-09-30"): 1, ("M03", "2025-10-15"): 1, ("M03", UNTIL): 2,
    }  # fmt: skip


def test_a_return_is_on_time_by_the_extended_clock_and_late_by_the_planned_one(history: History):
    assert history.when_collected == [
        ("A", "received", UNTIL, "2025-09-30", "2025-11-15", None),
        ("B", "received", "2025-10-15", "2025-10-15", "2025-10-30", None),
        ("C", "missing", "2025-09-30", "2025-09-30", "2025-10-15", 25),
        ("D", "open", UNTIL, "2025-09-30", "2025-11-15", None),
    ]
    # Extended: B and C are due, and B was on time. Planned: all four are due; A came after 15 October.
    assert history.rates_when_collected == (2, 1, 50.0, 1, 4, 1, 25.0)


def test_alerts_follow_the_extended_day(history: History):
    # D is due in six days: the step is that of 15 days before. C is missing since its days of grace are over.
    assert history.alerted == [
        (of_m03("C"), "missing", "due 2025-09-30 +21"),
        (of_m03("D"), "due_soon", f"due {UNTIL} -15"),
    ]


def test_an_extension_that_is_taken_back_leaves_the_planned_day_and_the_past_as_it_was_known(history: History):
    assert history.when_undone[3] == ("D", "missing", "2025-09-30", "2025-09-30", "2025-10-15", 26)
    assert history.rates_when_undone == (3, 1, 33.3, 2, 4, 1, 25.0)
    past = ("--as-of", str(COLLECTED))
    assert history.commands.rows(STATES, *past) == history.when_collected
    assert history.commands.rows(RATES, *past) == [history.rates_when_collected]


def test_an_extension_of_a_waived_return_changes_nothing_while_it_is_waived(history: History):
    (row,) = history.waived["returns"]
    assert (row["state"], row["due_on"], row["original_due_on"]) == ("waived", UNTIL, "2025-09-30")


def test_an_edited_anchor_of_an_enrolment_is_an_edit_of_what_was_due(history: History):
    planned, collected = history.edited
    assert planned.code == 3
    assert "The anchor date has changed for C-1/B." in planned.out
    assert collected.code == 2
    assert "C-1 M03 tableau: 1 return moved from due 2025-10-15 to due 2025-10-20: B." in collected.err


def test_a_result_that_a_structure_had_before_the_training_is_none_of_its_results(history: History):
    # C had it before. A and D show it at 45 days, nearest to one month; B, alone at risk then, at three months.
    query = (
        "select months, n_expected, n_reached_before, n_reported, n_at_risk, n_events, reached_share "
        "from analytics.adoption_duration where cohort_code = 'C-1' order by months"
    )
    assert history.commands.rows(query) == [
        (1, 3, 1, 3, 3, 2, pytest.approx(2 / 3)),
        (3, 3, 1, 3, 1, 1, pytest.approx(1)),
    ]


def test_a_baseline_is_an_occasion_like_any_other_in_presence_retention_and_exports(history: History):
    query = "select enrolment_id, presence_pattern from analytics.enrolment_presence where grouping = 'filled_by'"
    patterns = {"C-1/A": "111", "C-1/B": "111", "C-1/C": "110", "C-1/D": "010"}
    assert dict(history.commands.rows(query)) == patterns
    # At M03, without A, which is not due before 31 October: B, C and D returned at D45, B and C at the baseline.
    query = (
        "select n_expected, n_reported, n_wave_base, wave_retention_pct, n_base, base_retention_pct "
        "from analytics.cohort_retention where occasion_code = 'M03'"
    )
    assert history.commands.rows(query) == [(3, 1, 3, 33.3, 2, 50.0)]
    target = history.commands.folder / "wide.csv"
    history.commands.run("export", "cohort_panel", "--wide", "--out", str(target))
    with target.open(encoding="utf-8-sig", newline="") as file:
        wide = [row for row in csv.DictReader(file) if row["enrolment_id"] == "C-1/A"]
    assert [(row["occasion_code"], row["months"], row["persons"]) for row in wide] == [
        ("BASE", "-1", "0"), ("D45", "1", "2"), ("M03", "3", "7"),
    ]  # fmt: skip


def test_the_report_draws_the_curve_from_the_training_on(history: History):
    history.commands.run("report")
    (newest,) = sorted(ProjectPaths(history.commands.folder).var.glob("reports/*.html"))[-1:]
    page = newest.read_text(encoding="utf-8")
    assert "avant la formation" in page
    assert "délai prolongé" not in page  # only of what needs a person
