"""Test a programme of one innovation whose cohorts have an evaluator each, through the command line on both engines.

The cohorts were trained until 31 December 2025: M03 is due on 31 March 2026, and on time until 15 April; M06 is due on
30 June. Ann follows C-1 and Bob C-2. From 1 May, Bob follows A3 of C-1 in Ann's place. From 20 May to 20 June he is
away, and Cleo stands in. Only A1 returns anything.
"""

import os
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from typing import Any

import openpyxl
import pytest
import vobject
import yaml
from commands import Commands
from small_programme import data_table

from schemas.settings import ProjectPaths

APRIL, MAY, JUNE = date(2026, 4, 20), date(2026, 5, 4), date(2026, 6, 1)
"""The days of the collections: a cohort each; Bob with A3 too; Cleo in Bob's place."""
EVALUATORS = """
- code: ANN
  name: Ann
  email: ann@example.org
  follows: [{cohort: C-1, to: 2026-04-30}, {structure: A1, from: 2026-05-01}, {structure: A2, from: 2026-05-01}]
- code: BOB
  name: Bob
  email: bob@example.org
  follows: [C-2, {structure: A3, from: 2026-05-01}]
  substitutes: [{evaluator: CLEO, from: 2026-05-20, to: 2026-06-20}]
- {code: CLEO, name: Cleo, email: cleo@example.org, follows: []}
"""
SETTINGS = {
    "programme": "relais",
    "name": "Relais",
    "timezone": "Europe/Paris",
    "occasions": [{"code": "M03", "months": 3}, {"code": "M06", "months": 6}],
    "innovations": [{"code": "INNO", "name": "Une innovation"}],
    "cohorts": [
        {"code": f"C-{wave}", "innovation": "INNO", "name": f"Vague {wave}", "anchor_on": date(2025, 12, 31)}
        for wave in (1, 2)
    ],
    "evaluators": yaml.safe_load(EVALUATORS),
    "instruments": [data_table("INNO", ["M03", "M06"])],
    "sources": {"inbox": {}},
}
ENROLMENTS = ("C-1/A1", "C-1/A2", "C-1/A3", "C-2/B1", "C-2/B2")
TABLES = {
    "structures.csv": "structure_code,structure_name,cohort_code,left_on,left_reason,is_invented,contact\n"
    + "".join(f"{id_[4:]},Structure {id_[4:]},{id_[:3]},,,true,\n" for id_ in ENROLMENTS),
    "codebook.csv": "indicator_code,label_fr,label_en,level,kind,unit,minimum,maximum,allowed_values,"
    "over_structures,over_respondents,is_core,publication_rank\n"
    "persons,Personnes,Persons,structure,count,,,,,sum,,true,\n",
    "crosswalk.csv": "instrument_code,version,item,indicator_code,recode,break_reason\n"
    "tableau,1,Données!personnes,persons,,\n",
    "recodes.csv": "recode,source_value,value,missing_reason\n",
}
DIGESTS = (
    "select recipient_code, expected_return_id, kind from ops.alerts "
    "where decided_on = date '{day}' order by recipient_code, expected_return_id"
)
FOLLOWED = "select distinct enrolment_id, evaluator_codes, substitute_codes from analytics.return_status order by 1"
RATES = (
    "select group_code, n_expected, n_received, n_missing, returned_pct from analytics.return_rates "
    "where grouping = 'evaluator' and occasion_code = 'M03' order by group_code"
)


@dataclass
class History:
    """What the commands showed after the collection of each day."""

    commands: Commands
    alerted: dict[date, list[tuple[Any, ...]]]
    followed: dict[date, list[tuple[Any, ...]]]
    rates: dict[date, list[tuple[Any, ...]]]
    status_in_june: str


@pytest.fixture(scope="module")
def history(folder: Path) -> History:
    (folder / "inbox").mkdir()
    (folder / "programme.yaml").write_text(yaml.safe_dump(SETTINGS, allow_unicode=True), encoding="utf-8")
    for name, text in TABLES.items():
        (folder / name).write_text(text, encoding="utf-8")
    commands = Commands(folder)
    history = History(commands, {}, {}, {}, "")
    deliver(commands, "C-1__A1__M03__tableau.xlsx")
    for day in (APRIL, MAY, JUNE):
        commands.run("collect", "--as-of", str(day))
        history.alerted[day] = commands.rows(DIGESTS.format(day=day))
        history.followed[day] = commands.rows(FOLLOWED)
        history.rates[day] = commands.rows(RATES)
    history.status_in_june = commands.run("status").out
    return history


def deliver(commands: Commands, name: str) -> None:
    """Fill in the workbook of a return, and put it into the inbox on 10 April 2026."""
    filled = commands.folder / "inbox" / name
    commands.run("templates", "--occasion", "M03", "--out", str(commands.folder / "templates"))
    book = openpyxl.load_workbook(commands.folder / "templates" / name)
    (label,) = [cell for row in book["Données"].iter_rows() for cell in row if cell.value == "Personnes"]
    book["Données"].cell(label.row, label.column + 1, value=12)
    book.save(filled)
    delivered = datetime(2026, 4, 10, 12).timestamp()
    os.utime(filled, (delivered, delivered))


def mailed(history: History, day: date) -> set[str]:
    """Return the codes of the evaluators to whom a digest of a day was written."""
    return {path.stem.split("_")[1] for path in ProjectPaths(history.commands.folder).mails.glob(f"{day}_*.eml")}


def missing(code: str, *enrolment_ids: str) -> list[tuple[str, str, str]]:
    return [(code, f"{id_}/M03/tableau", "missing") for id_ in enrolment_ids]


def test_each_evaluator_is_alerted_of_the_own_cohort(history: History) -> None:
    assert history.alerted[APRIL] == [*missing("ANN", "C-1/A2", "C-1/A3"), *missing("BOB", "C-2/B1", "C-2/B2")]
    assert mailed(history, APRIL) == {"ANN", "BOB"}


def test_who_takes_over_is_told_of_what_is_outstanding_and_the_other_no_more(history: History) -> None:
    assert history.alerted[MAY] == [*missing("ANN", "C-1/A2"), *missing("BOB", "C-1/A3", "C-2/B1", "C-2/B2")]
    of_bob = history.commands.mail("BOB", MAY)["MANQUANTS"]
    assert "- Structure A3 (nouveau)" in of_bob
    assert "- Structure B1\n" in of_bob
    assert "Vous recevez ce mail parce que vous suivez Vague 2, Structure A3 dans Relais." in of_bob


def test_a_substitute_is_told_in_the_place_of_who_is_away(history: History) -> None:
    assert history.alerted[JUNE] == [*missing("ANN", "C-1/A2"), *missing("CLEO", "C-1/A3", "C-2/B1", "C-2/B2")]
    assert mailed(history, JUNE) == {"ANN", "CLEO"}
    of_cleo = history.commands.mail("CLEO", JUNE)["MANQUANTS"]
    assert "Vous recevez ce mail parce que vous remplacez Bob dans Relais." in of_cleo


def test_the_status_shows_who_follows_a_structure_and_who_stands_in(history: History) -> None:
    cohorts = [(id_, "ANN" if id_.startswith("C-1") else "BOB", None) for id_ in ENROLMENTS]
    assert history.followed[APRIL] == cohorts
    assert history.followed[MAY] == [(id_, "BOB" if id_ == "C-1/A3" else code, None) for id_, code, _ in cohorts]
    assert history.followed[JUNE] == [
        (id_, code, "CLEO" if code == "BOB" else None) for id_, code, _ in history.followed[MAY]
    ]
    assert "CLEO" in history.status_in_june
    assert history.commands.rows("select evaluator_codes from marts.dim_innovation") == [("ANN, BOB",)]


def test_rates_are_of_who_follows_on_the_day_and_not_of_who_stands_in(history: History) -> None:
    assert history.rates[APRIL] == [("ANN", 3, 1, 2, 33.3), ("BOB", 2, 0, 2, 0.0)]
    assert history.rates[MAY] == history.rates[JUNE] == [("ANN", 2, 1, 1, 50.0), ("BOB", 3, 0, 3, 0.0)]


def test_a_calendar_has_the_due_dates_of_what_its_evaluator_follows_on_them(history: History, tmp_path: Path) -> None:
    history.commands.run("calendar", "--ics", str(tmp_path), "--as-of", str(JUNE))

    def events(code: str) -> dict[str, int]:
        calendar = vobject.readOne((tmp_path / f"{code}.ics").read_text(encoding="utf-8"))
        found = calendar.contents.get("vevent", [])
        return {
            event.uid.value.split("@")[0]: int(event.description.value.split("\N{NO-BREAK SPACE}")[0])
            for event in found
        }

    assert events("ANN") == {"C-1_M03_tableau": 3, "C-1_M06_tableau": 2}
    assert events("BOB") == {"C-2_M03_tableau": 2, "C-1_M06_tableau": 1, "C-2_M06_tableau": 2}
    assert events("CLEO") == {}
