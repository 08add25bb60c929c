"""Test indicators in another unit, over periods and derived from others, through the commands on both engines.

Two cold stores report each quarter. They weighed in pounds until M06, and weigh in kilograms from M09 on.
"""

import csv
import json
import os
from collections.abc import Iterable
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest
from commands import Commands
from databases import Server
from openpyxl import load_workbook

SETTINGS = {
    "programme": "stores",
    "name": "Invented stores",
    "timezone": "Europe/London",
    "locale": "en",
    "occasions": [{"code": f"M{months:02}", "months": months} for months in (3, 6, 9, 12)],
    "innovations": [{"code": "COLD", "name": "Cold store"}],
    "cohorts": [{"code": "C-1", "innovation": "COLD", "name": "First wave", "anchor_on": "2025-03-31"}],
    "evaluators": [{"code": "E", "name": "Invented Person", "email": "e@example.org", "follows": ["COLD"]}],
    "instruments": [
        {
            "code": "book",
            "name": "Quarterly workbook",
            "kind": "workbook",
            "filled_by": "structure",
            "mode": "data_table",
            "innovations": ["COLD"],
            "versions": [
                {
                    "version": version,
                    "occasions": occasions,
                    "sheets": [
                        {
                            "name": "Figures",
                            "items": [
                                {"code": "food", "label": "Food shared", "unit": unit},
                                {"code": "households", "label": "Households"},
                            ],
                        }
                    ],
                }
                for version, occasions, unit in ((1, ["M03", "M06"], "lb"), (2, ["M09", "M12"], "kg"))
            ],
        }
    ],
    "sources": {"inbox": {"path": "inbox"}},
}
CODEBOOK = """\
indicator_code,label_fr,label_en,level,kind,unit,minimum,maximum,over_structures,is_core,publication_rank,accumulates,formula
food,Nourriture,Food shared,structure,number,kg,0,1000,sum,true,1,true,
households,Ménages,Households,structure,count,,0,100,sum,true,2,,
per_household,Par ménage,Food per household,structure,number,kg,,,sum,false,3,,food / households
"""
CROSSWALK = """\
instrument_code,version,item,indicator_code,factor
book,1,Figures!food,food,0.4536
book,2,Figures!food,food,
book,1|2,Figures!households,households,
"""
STRUCTURES = """\
structure_code,structure_name,cohort_code,is_invented
A,Ash Larder,C-1,true
B,Bay Larder,C-1,true
"""
FIGURES = (
    "select indicator_code, value, n_reported, n_expected, n_values, n_values_expected, "
    "lower_value, upper_value from analytics.consolidated_results "
    "where innovation_code = 'TOTAL' and indicator_code <> 'structures' order by indicator_rank"
)
LEVELS = (
    "select occasion_code, indicator_code, value, n_reported, n_expected, lower_value, "
    "upper_value, accumulated_value, n_accumulated, n_accumulated_expected "
    "from analytics.cohort_indicators order by months, indicator_code"
)
CELLS = (
    "select occasion_code, indicator_code, value_number, missing_reason from analytics.cohort_panel "
    "where enrolment_id = 'C-1/B' and occasion_code <> 'M12' order by 1, 2"
)
OCTOBER = [
    # 1000 + 2000 lb of A, and 500 lb of B, of which a quarter is missing: at most the highest known quarter, 907.2 kg.
    ("food", 1587.6, 2, 2, 3, 4, 1587.6, 2494.8),
    ("households", 25, 2, 2, 2, 2, 25, 25),
    ("per_household", 63.504, 2, 2, 3, 4, 63.504, 99.792),
]
BEFORE_THE_RUN = [
    # The quarter until M09 is due of both, and not known yet.
    ("food", 1587.6, 2, 2, 3, 6, 1587.6, 4309.2),
    ("households", 25, 2, 2, 2, 2, 25, 25),
    ("per_household", 63.504, 2, 2, 3, 6, 63.504, 172.368),
]
JANUARY = [
    ("food", 1737.6, 2, 2, 5, 6, 1737.6, 2644.8),
    ("households", 30, 2, 2, 2, 2, 30, 30),
    ("per_household", 57.92, 2, 2, 5, 6, 57.92, 88.16),
]


@pytest.fixture(params=["duckdb", "postgresql"])
def stores(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Commands:
    if request.param == "postgresql":
        server: Server = request.getfixturevalue("postgresql_server")
        monkeypatch.setenv("ESSAIM_WAREHOUSE_URL", server.database(request.getfixturevalue("database_with_views")).url)
    (tmp_path / "inbox").mkdir()
    for name, text in (
        ("programme.yaml", json.dumps(SETTINGS)),
        ("codebook.csv", CODEBOOK),
        ("crosswalk.csv", CROSSWALK),
        ("structures.csv", STRUCTURES),
        ("recodes.csv", "recode,source_value,value,missing_reason\n"),
    ):
        (tmp_path / name).write_text(text, encoding="utf-8")
    return Commands(tmp_path)


def send(stores: Commands, day: date, *returns: tuple[str, object, object]) -> None:
    """Lay a CSV file into the inbox for each return: structure and occasion, food, and households."""
    moment = datetime(day.year, day.month, day.day, 12, tzinfo=UTC).timestamp()
    for name, food, households in returns:
        file = stores.folder / "inbox" / f"C-1__{name.replace('/', '__')}__book.csv"
        file.write_text(f"Item,Answer\nFood shared,{food}\nHouseholds,{households}\n", encoding="utf-8")
        os.utime(file, (moment, moment))


def rounded(rows: Iterable[tuple[Any, ...]]) -> list[tuple[Any, ...]]:
    """Return cells with their numbers rounded: 0.4536 × a number has digits that no hand wrote, and figures do not."""
    return [tuple(round(one, 4) if isinstance(one, float) else one for one in row) for row in rows]


def prefilled(stores: Commands, occasion: str) -> dict[str, list[Any]]:
    """Return the texts on the line of an item in the template of A, beside its label."""
    out = stores.folder / "out" / occasion
    stores.run("templates", "--occasion", occasion, "--structure", "A", "--out", str(out))
    (path,) = out.iterdir()
    rows: Iterable[tuple[Any, ...]] = load_workbook(path)["Figures"].iter_rows(values_only=True)
    return {str(row[0]): [cell for cell in row[1:] if cell is not None] for row in rows if row[0]}


def test_pounds_are_kilograms_quarters_add_up_and_a_ratio_follows_from_its_parts(stores: Commands) -> None:
    send(stores, date(2025, 6, 30), ("A/M03", 1000, 10), ("B/M03", 500, 5))
    stores.run("collect", "--as-of", "2025-07-20")
    # 453.6 kg are asked for in pounds again.
    assert "1000" in " ".join(map(str, prefilled(stores, "M06")["Food shared"]))

    # 2300 lb are more than 1000 kg: the finding is in pounds, and the quarter stays unknown.
    send(stores, date(2025, 9, 30), ("A/M06", 2000, 20), ("B/M06", 2300, 7))
    stores.run("collect", "--as-of", "2025-10-20")
    assert stores.rows("select found, expected from raw.findings where check_name = 'IsWithin'") == [
        ("2300", "a number from 0 to 2204.58")
    ]
    assert stores.rows(FIGURES) == OCTOBER
    assert "907.2" in " ".join(map(str, prefilled(stores, "M09")["Food shared"]))

    send(stores, date(2025, 12, 31), ("A/M09", 100, 25), ("B/M09", 50, "nc"))
    stores.run("collect", "--as-of", "2026-01-20")
    assert stores.rows(FIGURES) == JANUARY
    assert stores.rows("select * from analytics.consolidated_table where innovation_code = 'TOTAL'") == [
        ("TOTAL", "2", "1738", "30", "57.9", 2)
    ]
    assert stores.rows(LEVELS) == [
        ("M03", "food", 680.4, 2, 2, 680.4, 680.4, 680.4, 2, 2),
        ("M03", "households", 15, 2, 2, 15, 15, None, None, None),
        ("M03", "per_household", 45.36, 2, 2, 45.36, 45.36, None, None, None),
        ("M06", "food", 907.2, 1, 2, 907.2, 1814.4, 1587.6, 3, 4),
        ("M06", "households", 20, 1, 2, 20, 45, None, None, None),
        # From 907.2 kg ÷ 45 households to 1814.4 kg ÷ 20.
        ("M06", "per_household", 45.36, 1, 2, 20.16, 90.72, None, None, None),
        ("M09", "food", 150, 2, 2, 150, 150, 1737.6, 5, 6),
        ("M09", "households", 25, 1, 2, 25, 50, None, None, None),
        ("M09", "per_household", 4, 1, 2, 3, 6, None, None, None),
    ]
    assert rounded(stores.rows(CELLS)) == [
        ("M03", "food", 226.8, None),
        ("M03", "households", 5, None),
        ("M03", "per_household", 45.36, None),
        ("M06", "food", None, "no_return"),
        ("M06", "households", None, "no_return"),
        ("M06", "per_household", None, "no_return"),
        ("M09", "food", 50, None),
        ("M09", "households", None, "not_communicated"),
        ("M09", "per_household", None, "not_communicated"),
    ]
    traced = json.loads(stores.run("provenance", "TOTAL", "food", "--format", "json").out)["under"]
    shown = [(one["structure_code"], one["occasion_code"], one["answer_text"], one["factor"]) for one in traced]
    assert shown == [
        ("A", "M03", "1000", 0.4536),
        ("A", "M06", "2000", 0.4536),
        ("A", "M09", "100", None),
        ("B", "M03", "500", 0.4536),
        ("B", "M09", "50", None),
    ]
    assert round(sum(one["value_number"] for one in traced), 4) == 1737.6
    # A ratio is traced to both of its parts: the same five quarters, and the last known households of each store.
    traced = json.loads(stores.run("provenance", "TOTAL", "per_household", "--format", "json").out)["under"]
    shown = [(one["structure_code"], one["occasion_code"], one["value_number"]) for one in traced]
    assert [one for one, of in zip(shown, traced, strict=True) if of["indicator_code"] == "households"] == [
        ("A", "M09", 25),
        ("B", "M03", 5),
    ]
    assert len(traced) == 5 + 2

    table = stores.folder / "panel.csv"
    stores.run("export", "cohort_panel", "--wide", "--out", str(table))
    with table.open(encoding="utf-8-sig", newline="") as file:
        exported = {(row["structure_code"], row["occasion_code"]): row for row in csv.DictReader(file)}
    assert round(float(exported["A", "M03"]["food"].replace(",", ".")), 4) == 453.6
    assert round(float(exported["A", "M09"]["per_household"].replace(",", ".")), 4) == 4

    # What is built from scratch is what was built step by step, and earlier days are as they were.
    for day, figures in (("2026-01-20", JANUARY), ("2026-01-19", BEFORE_THE_RUN)):
        stores.run("build", "--as-of", day)
        assert stores.rows(FIGURES, "--as-of", day) == figures


def test_a_ratio_whose_denominators_are_all_zero_does_not_apply(stores: Commands) -> None:
    attributes = [{"code": "region", "label_en": "Region", "values": ["North", "South"]}]
    for name, text in (
        ("programme.yaml", json.dumps(SETTINGS | {"attributes": attributes})),
        ("attributes.csv", "structure_code,region\nA,North\nB,South\n"),
        (
            "codebook.csv",
            CODEBOOK
            + "mean_each,Par ménage,Mean per household,structure,number,kg,,,mean,false,4,,food / households\n",
        ),
        (
            "published.csv",
            "published_code,innovation_code,measure,indicator_code,printed,source,place,note\n"
            "one,TOTAL,value,per_household,ne,Bulletin,p. 1,\ntwo,TOTAL,value,per_household,nc,Bulletin,p. 2,\n",
        ),
    ):
        (stores.folder / name).write_text(text, encoding="utf-8")
    # B sends nothing.
    send(stores, date(2025, 6, 30), ("A/M03", 0, 0))
    stores.run("collect", "--as-of", "2025-07-20")
    assert stores.rows(
        "select indicator_code, value, missing_reason, n_reported, n_expected, lower_value, upper_value "
        "from analytics.cohort_indicators order by indicator_code"
    ) == [
        ("food", 0, None, 1, 2, 0, 0),
        ("households", 0, None, 1, 2, 0, 0),
        ("mean_each", None, "not_communicated", 0, 1, None, None),
        ("per_household", None, "not_applicable", 1, 2, None, None),
    ]
    derived = "indicator_code in ('per_household', 'mean_each')"
    assert stores.rows(
        "select attribute_value, indicator_code, missing_reason, n_reported, n_expected "
        f"from analytics.results_by_attribute where innovation_code = 'TOTAL' and {derived} order by 1, 2"
    ) == [
        ("North", "mean_each", "not_applicable", 0, 0),
        ("North", "per_household", "not_applicable", 1, 1),
        ("South", "mean_each", "not_communicated", 0, 1),
        ("South", "per_household", "not_communicated", 0, 1),
    ]
    assert stores.rows("select * from analytics.consolidated_table where innovation_code = 'TOTAL'") == [
        ("TOTAL", "2", "0", "0", "ne", "nc", 2)
    ]
    assert stores.rows(
        "select published_code, held_missing_reason, agreement from analytics.reconciliation order by 1"
    ) == [("one", "not_applicable", "same"), ("two", "not_applicable", "differs")]
    page = stores.folder / "report.html"
    stores.run("report", "--out", str(page))
    assert '<td class="n" data-indicator="per_household"><abbr title="not evaluated">ne</abbr>' in page.read_text(
        "utf-8"
    )
