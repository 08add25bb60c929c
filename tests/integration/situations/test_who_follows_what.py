"""Test a programme of one innovation whose cohorts have an evaluator each, through the command line on both engines.

The cohorts were trained until 31 December 2025: M03 is due on 31 March 2026, and on time until 15 April; M06 is due on
30 June. Ann follows C-1 and Bob C-2 and the South, where A3 of C-1 moves to on 1 May: from then on, Bob follows it in
Ann's place. From 20 May to 20 June he is away, and Cleo stands in. Only A1 returns anything. Nobody knows where B2 is.
"""

import csv
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
from html_tables import Page
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
  follows: [C-2, {attribute: region, value: Sud}]
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
    "attributes": [{"code": "region", "label_fr": "Région", "values": ["Nord", "Sud"]}, {"code": "siret"}],
    "evaluators": yaml.safe_load(EVALUATORS),
    "instruments": [data_table("INNO", ["M03", "M06"])],
    "sources": {"inbox": {}},
}
ENROLMENTS = ("C-1/A1", "C-1/A2", "C-1/A3", "C-2/B1", "C-2/B2")
TABLES = {
    "structures.csv": "structure_code,structure_name,cohort_code,left_on,left_reason,is_invented,contact\n"
    + "".join(f"{id_[4:]},Structure {id_[4:]},{id_[:3]},,,true,\n" for id_ in ENROLMENTS),
    "attributes.csv": "structure_code,from_on,siret,region\n"
    "A1,,00000000000001,Nord\nA2,,,Nord\nA3,,,Nord\nA3,2026-05-01,,Sud\nB1,,,Sud\n",
    "codebook.csv": "indicator_code,label_fr,label_en,level,kind,unit,minimum,maximum,allowed_values,"
    "over_structures,over_respondents,is_core,publication_rank\n"
    "persons,Personnes,Persons,structure,count,,,,,sum,,true,1\n",
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

BY_REGION = (
    "select group_code, n_expected, n_received from analytics.return_rates "
    "where grouping = 'region' and occasion_code = 'M03' order by group_code"
)
RETENTION_BY_REGION = (
    "select cohort_code, group_code, n_enrolled, n_expected, n_reported from analytics.grouped_retention "
    "where grouping = 'region' and occasion_code = '{}' order by cohort_code, group_code"
)
FIGURES_BY_REGION = (
    "select attribute_value, indicator_code, value, missing_reason, n_reported, n_expected "
    "from analytics.results_by_attribute where innovation_code = 'TOTAL' and attribute_code = 'region' "
    "order by value_rank nulls last, indicator_rank"
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
    assert "Vous recevez ce mail parce que vous suivez Vague 2, Région Sud dans Relais." in of_bob


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


def test_returns_count_for_the_region_of_their_due_date(history: History) -> None:
    assert history.commands.rows(BY_REGION) == [("Nord", 3, 1), ("Sud", 1, 0), ("unknown", 1, 0)]
    assert history.commands.rows(RETENTION_BY_REGION.format("M03")) == [
        ("C-1", "Nord", 3, 3, 1),
        ("C-2", "Sud", 1, 1, 0),
        ("C-2", "unknown", 1, 1, 0),
    ]
    assert history.commands.rows(RETENTION_BY_REGION.format("M06")) == [
        ("C-1", "Nord", 2, 0, 0),
        ("C-1", "Sud", 1, 0, 0),
        ("C-2", "Sud", 1, 0, 0),
        ("C-2", "unknown", 1, 0, 0),
    ]


def test_figures_count_for_the_region_of_the_day_and_only_regions_group_them(history: History) -> None:
    assert history.commands.rows(FIGURES_BY_REGION) == [
        ("Nord", "structures", 2, None, 2, 2),
        ("Nord", "persons", 12, None, 1, 2),
        ("Sud", "structures", 2, None, 2, 2),
        ("Sud", "persons", None, "not_communicated", 0, 2),
        ("unknown", "structures", 1, None, 1, 1),
        ("unknown", "persons", None, "not_communicated", 0, 1),
    ]
    grouping = "select distinct attribute_code from analytics.results_by_attribute"
    assert history.commands.rows(grouping) == [("region",)]
    assert history.commands.rows(
        "select count(*) from analytics.structure_attributes where attribute_code = 'siret'"
    ) == [(1,)]


def test_the_report_and_the_wide_export_have_the_attributes(history: History, tmp_path: Path) -> None:
    commands = history.commands
    report = Page(max(ProjectPaths(commands.folder).reports.glob("*.html")).read_text(encoding="utf-8"))
    assert report.tables["table-attribute-region"] == {
        "Nord": ["Nord", "33,3 %|1 sur 3", "2", "12|1 sur 2"],
        "Sud": ["Sud", "0,0 %|0 sur 1", "2", "nc|0 sur 2"],
        "unknown": ["non renseigné", "0,0 %|0 sur 1", "1", "nc|0 sur 1"],
    }
    commands.run("export", "cohort_panel", "--wide", "--out", str(tmp_path / "panel.csv"))
    with (tmp_path / "panel.csv").open(encoding="utf-8-sig", newline="") as file:
        found = {(row["structure_code"], row["region"], row["siret"]) for row in csv.DictReader(file)}
    assert found == {
        ("A1", "Nord", "00000000000001"),
        ("A2", "Nord", ""),
        ("A3", "Sud", ""),
        ("B1", "Sud", ""),
        ("B2", "", ""),
    }
