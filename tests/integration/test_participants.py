"""Test what is known of participants: indicators, attributes, counts with suppression. All people are invented.

The training ended on 31 July 2018, on which day Anouk turned 26; Bruno did a day later. Bands begin at 26 and at 50.
"""

from collections.abc import Mapping
from datetime import date, timedelta
from typing import Any

import bookkeeping as wb
import pandas as pd
import sqlalchemy as sa
import yaml
from building import build_models
from delivering import AS_OF, collect, deliver
from openpyxl import Workbook

from schemas.programme import Programme
from schemas.settings import Environment, ProjectPaths
from schemas.tables import TABLES, sql_table
from tasks.exporting import view_named, widened_participants
from tasks.pipeline.relinking import Relinked, relink_people
from tasks.programme import read_programme
from tasks.run import recorded_run
from tasks.workbooks import workbook_name
from tasks.workbooks.pseudonyms import PseudonymKey, pseudonym_key
from warehouse.connection import open_warehouse
from warehouse.exported import participant_rows
from warehouse.published import publish
from warehouse.runs import last_instant_of

M03, M06 = "C-1/STR1/M03/suivi", "C-1/STR1/M06/suivi"
HEADER = ("Nom", "Prénom", "Date de naissance", "Sexe", "Contrat", "Heures")
BORN = {
    "Anouk": "31/07/1992",
    "Bruno": "01/08/1992",
    "Chloé": "15/03/1990",
    "David": "nc",
    "Emma": "01/01/1960",
    "Farid": "10/10/1965",
    "Gaëlle": "02/02/1995",
    "Hugo": "03/03/1996",
    "Inès": "02/08/2018",
}
AT_M03: list[tuple[str, str | None, str | None, float | None]] = [
    ("Anouk", "F", "CDI", 10),
    ("Bruno", "H", "CDI", 20),
    ("Chloé", "F", "CDI", 30),
    ("David", "H", "CDD", 5),
    ("Emma", "F", "CDD", 15),
    ("Farid", "H", "Intérim", 25),
    ("Gaëlle", "F", "Intérim", 35),
    ("Hugo", None, "nc", 8),
]
# Another sex of Anouk, and no line of Bruno. Inès was born after the end of the training: somebody mistook the year.
AT_M06: list[tuple[str, str | None, str | None, float | None]] = [
    ("Anouk", "H", "CDI", 12),
    ("Chloé", "F", "CDI", 14),
    ("David", "H", "CDD", 16),
    ("Emma", "F", None, 18),
    ("Farid", "H", "CDI", 20),
    ("Gaëlle", "F", "CDD", 22),
    ("Hugo", "H", "nc", 24),
    ("Inès", "F", "CDI", 26),
]
INDICATORS = [
    {"indicator_code": "sex", "kind": "choice", "allowed_values": "woman|man"},
    {"indicator_code": "contract", "kind": "choice", "allowed_values": "CDI|CDD|Intérim"},
    {"indicator_code": "hours", "kind": "number", "minimum": 0, "maximum": 35},
]
SEXES = [("F", "woman"), ("H", "man")]


def write_folder(paths: ProjectPaths, bands: list[int], minimum: int = 2) -> Programme:
    """Write the programme folder, and read it."""
    table: Mapping[str, Any] = {
        "name": "Participants",
        "columns": [
            {"code": "nom", "label": "Nom", "role": "identifier", "required": True},
            {"code": "prenom", "label": "Prénom", "role": "identifier"},
            {"code": "naissance", "label": "Date de naissance", "role": "identifier", "kind": "date"},
            {"code": "sexe", "label": "Sexe"},
            {"code": "contrat", "label": "Contrat"},
            {"code": "heures", "label": "Heures"},
        ],
    }
    whole = wb.programme([wb.SHEETS[0], table])
    settings = whole.settings.model_dump(mode="json", exclude_unset=True)
    settings["disclosure"] = {"minimum_participants": minimum}
    settings["participants"] = {
        "entered_work": {"indicator": "contract", "values": ["CDI", "CDD"]},
        "contract_kind": "contract",
        "attributes": [
            {"code": "sex", "label_fr": "Sexe", "indicator": "sex"},
            {"code": "age", "label_fr": "Âge", "birth_date": "naissance", "bands": bands},
        ],
    }
    (paths.folder / "programme.yaml").write_text(yaml.safe_dump(settings, allow_unicode=True), encoding="utf-8")
    of_people = {"label_fr": "x", "label_en": "x", "level": "participant", "over_structures": "none", "is_core": False}
    of_structures = [one for one in wb.INDICATORS if one["level"] == "structure"]
    crossings = [("sexe", "sex", "sexe"), ("heures", "hours", None)]
    more = [
        {
            "instrument_code": "suivi",
            "version": 1,
            "item": f"Participants!{code}",
            "indicator_code": to,
            "recode": recode,
        }
        for code, to, recode in crossings
    ]
    recodes = [{"recode": "sexe", "source_value": given, "value": value} for given, value in SEXES]
    tables = {
        "structures.csv": [line.model_dump(mode="json", exclude_unset=True) for line in whole.enrolments],
        "codebook.csv": [
            *({"label_fr": "x", "label_en": "x", "over_structures": "none", **one} for one in of_structures),
            *({**of_people, **one} for one in INDICATORS),
        ],
        "crosswalk.csv": [*(one.model_dump(mode="json", exclude_unset=True) for one in whole.crosswalk), *more],
        "recodes.csv": [*(one.model_dump(mode="json", exclude_unset=True) for one in whole.recodes), *recodes],
    }
    for name, lines in tables.items():
        pd.DataFrame(lines).to_csv(paths.folder / name, index=False)
    return read_programme(paths.folder)


def book(expected_return_id: str, people: list[tuple[str, str | None, str | None, float | None]]) -> Workbook:
    rows = [(name, "Inventée", BORN[name], *more) for name, *more in people]
    return wb.book(people=rows, header=HEADER, whose=wb.identity(expected_return_id))


def relinked(paths: ProjectPaths, programme: Programme, as_of: date = AS_OF) -> Relinked:
    with recorded_run(paths, programme, Environment(), command="relink", as_of=as_of, publishes=False) as run:
        return relink_people(run, run.landing)


class Views:
    """Query the views, with the first name in the place of each pseudonym."""

    def __init__(self, paths: ProjectPaths):
        self._paths = paths
        key = pseudonym_key(paths, Environment())
        self.names = {of(key, name): name for name in BORN}

    def build(self, as_of: date = AS_OF) -> None:
        views = ("participant_outcomes", "participant_results", "participant_attributes", "dim_indicator")
        known_by = last_instant_of(as_of, wb.programme().zone)
        build_models(self._paths, "--select", *(f"+{view}" for view in views), as_of=as_of, known_by=known_by)

    def rows(self, statement: str) -> list[tuple[Any, ...]]:
        with open_warehouse(self._paths) as warehouse:
            found = warehouse.execute(sa.text(statement))
        return [tuple(self.names.get(value, value) for value in row) for row in found]


def of(key: PseudonymKey, name: str) -> str:
    day, _, rest = BORN[name].partition("/")
    month, _, year = rest.partition("/")
    return key.pseudonym([name, "Inventée", f"{year}-{month}-{day}" if year else BORN[name]])


def results(views: Views, measure_code: str, occasion_code: str, attribute_code: str) -> dict[tuple[str, str], Any]:
    """Return persons, known, with the value, sum and reason, by value of the attribute and of the measure."""
    found = views.rows(
        "select attribute_value, value, n_persons, n_known, n_with_value, value_sum, missing_reason "
        f"from analytics.participant_results where measure_code = '{measure_code}' "
        f"and occasion_code = '{occasion_code}' and attribute_code = '{attribute_code}'"
    )
    return {(row[0], row[1]): tuple(row[2:]) for row in found}


def test_people_have_values_attributes_and_counts_and_no_birth_date(paths_with_views: ProjectPaths):
    paths = paths_with_views
    programme = write_folder(paths, [26, 50])
    for name, people in ((M03, AT_M03), (M06, AT_M06)):
        deliver(paths, book(name, people), workbook_name(name))
    loaded = collect(paths, programme)
    assert (loaded.quarantined, loaded.notes) == ([], [])
    views = Views(paths)
    views.build()

    # 8 people at M03, the same and Inès at M06, 3 indicators each.
    assert views.rows("select count(*) from analytics.participant_values") == [(51,)]
    bruno = next(pseudonym for pseudonym, name in views.names.items() if name == "Bruno")
    of_bruno = (
        "select occasion_code, indicator_code, value_number, value_text, missing_reason "
        f"from analytics.participant_values where pseudonym = '{bruno}'"
    )
    assert sorted(views.rows(of_bruno)) == [
        ("M03", "contract", None, "CDI", None),
        ("M03", "hours", 20, None, None),
        ("M03", "sex", None, "man", None),
        ("M06", "contract", None, None, "unexplained"),
        ("M06", "hours", None, None, "unexplained"),
        ("M06", "sex", None, None, "unexplained"),
    ]
    attributes = "select pseudonym, value, known_at_occasion_code, n_values from analytics.participant_attributes "
    assert sorted(views.rows(attributes + "where attribute_code = 'sex'")) == [
        ("Anouk", "woman", "M03", 2),
        ("Bruno", "man", "M03", 1),
        ("Chloé", "woman", "M03", 1),
        ("David", "man", "M03", 1),
        ("Emma", "woman", "M03", 1),
        ("Farid", "man", "M03", 1),
        ("Gaëlle", "woman", "M03", 1),
        ("Hugo", "man", "M06", 1),
        ("Inès", "woman", "M06", 1),
    ]
    ages = {"Anouk": "26-49", "Bruno": "0-25", "Chloé": "26-49", "David": None, "Emma": "50+"}
    ages |= {"Farid": "50+", "Gaëlle": "0-25", "Hugo": "0-25", "Inès": None}
    assert {row[0]: row[1] for row in views.rows(attributes + "where attribute_code = 'age'")} == ages

    hidden = (None, None, "suppressed")
    # CDI 3, CDD 2, Intérim 2, nc 1: in work are 5 of 7, and 2 are not.
    assert results(views, "contract", "M03", "") == {
        ("", "CDI"): (8, 7, 3, None, None),
        ("", "CDD"): (8, 7, 2, None, None),
        ("", "Intérim"): (8, 7, 2, None, None),
    }
    assert results(views, "entered_work", "M03", "") == {("", "yes"): (8, 7, 5, None, None)}
    # Of 4 women 3 are in work: the other one would be known.
    assert results(views, "entered_work", "M03", "sex") == {
        ("woman", "yes"): (4, 4, *hidden),
        ("man", "yes"): (4, 3, *hidden),
    }
    assert results(views, "hours", "M03", "sex") == {
        ("woman", ""): (4, 4, None, 90, None),
        ("man", ""): (4, 4, None, 58, None),
    }
    # The age of David alone is unknown: without it, and the next smallest group, nothing follows.
    assert results(views, "hours", "M03", "age") == {
        ("0-25", ""): (3, 3, None, 63, None),
        ("26-49", ""): (None, None, *hidden),
        ("50+", ""): (2, 2, None, 40, None),
        ("unknown", ""): (None, None, *hidden),
    }
    # All 6 who are known are in work, nobody as a temporary worker. Hugo is nc, Emma blank, Bruno absent.
    assert results(views, "entered_work", "M06", "") == {("", "yes"): (9, 6, *hidden)}
    assert {value[2:] for value in results(views, "contract", "M06", "").values()} == {hidden}
    reasons = "select n_not_communicated, n_unexplained, n_no_return from analytics.participant_results "
    assert views.rows(
        reasons + "where measure_code = 'entered_work' and occasion_code = 'M06' and attribute_code = ''"
    )[0] == (1, 2, 0)
    assert results(views, "hours", "M06", "age") == {
        ("0-25", ""): (3, 2, None, 46, None),
        ("26-49", ""): (2, 2, None, 26, None),
        ("50+", ""): (2, 2, None, 38, None),
        ("unknown", ""): (2, 2, None, 42, None),
    }

    assert_wide_form(paths, views)

    # Bands that begin at 25: Bruno is in the second one. A run says so until the originals have been read again.
    otherwise = write_folder(paths, [25, 50])
    (note,) = collect(paths, otherwise).notes
    assert note.startswith("Age bands of participants of C-1/STR1")
    later = AS_OF + timedelta(days=1)
    done = relinked(paths, otherwise, later)
    # Bruno is 25-49 at M03. The bands of the others have the same bounds or another name: 0-24, 25-49, 50+.
    assert (done.links, done.bands) == (0, 9)
    assert relinked(paths, otherwise, later).bands == 0
    assert collect(paths, otherwise, later).notes == []
    views.build(later)
    ages |= {"Anouk": "25-49", "Bruno": "25-49", "Chloé": "25-49", "Gaëlle": "0-24", "Hugo": "0-24"}
    assert {row[0]: row[1] for row in views.rows(attributes + "where attribute_code = 'age'")} == ages
    # A day later, Bruno is 26.
    cohort = otherwise.settings.cohorts[0].model_copy(update={"anchor_on": date(2018, 8, 1)})
    moved = write_folder(paths, [26, 50])
    settings = moved.settings.model_copy(update={"cohorts": [cohort]})
    relinked(paths, moved.model_copy(update={"settings": settings}), later)
    bands = "select band from raw.age_bands where pseudonym = '{}' order by loaded_at desc"
    assert views.rows(bands.format(bruno))[0] == ("26-49",)

    assert_nothing_shows_a_birth_date(paths)


def assert_wide_form(paths: ProjectPaths, views: Views) -> None:
    publish(paths)
    known = participant_rows(paths, as_of=None)
    wide = widened_participants(known, view_named("participant_outcomes"), view_named("participant_values"), ".csv")
    (bruno,) = [
        row
        for row in wide.table.to_pylist()
        if views.names[row["pseudonym"]] == "Bruno" and row["occasion_code"] == "M06"
    ]
    shown = {
        name: bruno[name]
        for name in ("attribute_sex", "attribute_age", "sex", "entered_work", "hours", "hours_missing_reason")
    }
    assert shown == {
        "attribute_sex": "man",
        "attribute_age": "0-25",
        "sex": None,
        "entered_work": None,
        "hours": None,
        "hours_missing_reason": "unexplained",
    }
    assert wide.table.num_rows == 17


def assert_nothing_shows_a_birth_date(paths: ProjectPaths) -> None:
    written = [day for day in BORN.values() if day != "nc"]
    days = {*written, *("-".join(reversed(day.split("/"))) for day in written)}
    with open_warehouse(paths) as warehouse:
        everything = str([warehouse.execute(sa.select(sql_table(table))) for table in TABLES])
    assert "26-49" in everything
    assert not [day for day in days if day in everything]
    for file in paths.var.rglob("*"):
        if file.is_file() and paths.landing not in file.parents:
            content = file.read_bytes()
            assert not [day for day in days if day.encode() in content], file
