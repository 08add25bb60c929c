"""Test a programme of which structures are renamed, merge and move to another cohort, through the commands."""

import json
import os
from collections.abc import Mapping
from datetime import UTC, date, datetime
from pathlib import Path

import pytest
from building import begin_with_views
from commands import Commands
from databases import Server
from deciding import decided

from schemas.enums import DecisionKind
from schemas.settings import ProjectPaths

INBOX = "inbox"
SETTINGS = {
    "programme": "stores",
    "name": "Invented stores",
    "timezone": "Europe/London",
    "occasions": [{"code": f"M{months:02}", "months": months} for months in (3, 6, 9, 12)],
    "innovations": [{"code": "COLD", "name": "Cold store"}],
    "cohorts": [
        {"code": "C-1", "innovation": "COLD", "name": "First wave", "anchor_on": "2025-03-31"},
        {"code": "C-2", "innovation": "COLD", "name": "Second wave", "anchor_on": "2025-09-30"},
    ],
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
                    "version": 1,
                    "occasions": ["M03", "M06", "M09", "M12"],
                    "sheets": [{"name": "Figures", "items": [{"code": "food", "label": "Food shared", "unit": "kg"}]}],
                }
            ],
        }
    ],
    "sources": {"inbox": {"path": INBOX}},
}
CODEBOOK = """\
indicator_code,label_fr,label_en,level,kind,unit,over_structures,is_core,publication_rank
food,Nourriture,Food shared,structure,number,kg,sum,true,1
"""
CROSSWALK = "instrument_code,version,item,indicator_code\nbook,1,Figures!food,food\n"
HEADER = "structure_code,structure_name,cohort_code,former_codes,left_on,left_reason,merged_into,moved_to,is_invented\n"
BEFORE = """\
A,Ash Larder,C-1,,,,,,true
B,Bay Larder,C-1,,,,,,true
C,Cwm Larder,C-1,,,,,,true
D,Dee Larder,C-1,,,,,,true
G,Gad Larder,C-1,,,,,,true
D,Dee Larder,C-2,,,,,,true
E,Exe Larder,C-2,,,,,,true
"""
AFTER = """\
AX,Ash Larder,C-1,A,,,,,true
B,Bay Larder,C-1,,2025-11-15,,C,,true
C,Cwm Larder,C-1,,,,,,true
D,Dee Larder,C-1,,,,,,true
G,Gad Larder,C-1,,2025-11-15,,,C-2,true
D,Dee Larder,C-2,,,,,,true
E,Exe Larder,C-2,,,,,,true
G,Gad Larder,C-2,,,,,,true
"""


@pytest.fixture(params=["duckdb", "postgresql"])
def stores(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Commands:
    if request.param == "duckdb":
        begin_with_views(ProjectPaths(tmp_path))
    else:
        server: Server = request.getfixturevalue("postgresql_server")
        monkeypatch.setenv("ESSAIM_WAREHOUSE_URL", server.database(request.getfixturevalue("database_with_views")).url)
    (tmp_path / INBOX).mkdir()
    for name, text in (
        ("programme.yaml", json.dumps(SETTINGS)),
        ("codebook.csv", CODEBOOK),
        ("crosswalk.csv", CROSSWALK),
        ("recodes.csv", "recode,source_value,value,missing_reason\n"),
    ):
        (tmp_path / name).write_text(text, encoding="utf-8")
    return Commands(tmp_path)


def enrol(stores: Commands, lines: str) -> None:
    (stores.folder / "structures.csv").write_text(HEADER + lines, encoding="utf-8")


def send(stores: Commands, day: date, figures: Mapping[str, float]) -> None:
    """Lay a CSV file of a day into the inbox for each return: cohort, structure and occasion, and the kilograms."""
    moment = datetime(day.year, day.month, day.day, 12, tzinfo=UTC).timestamp()
    for name, kilograms in figures.items():
        file = stores.folder / INBOX / f"{name.replace('/', '__')}__book.csv"
        file.write_text(f"Item,Answer\nFood shared,{kilograms}\n", encoding="utf-8")
        os.utime(file, (moment, moment))


def consolidated(stores: Commands) -> dict[str, tuple[float, int, int]]:
    rows = stores.rows(
        "select indicator_code, value, n_reported, n_expected from analytics.consolidated_results "
        "where innovation_code = 'TOTAL'"
    )
    return {code: (value, reported, expected) for code, value, reported, expected in rows}


def test_series_go_on_figures_count_once_and_nothing_is_falsely_missing(stores: Commands) -> None:
    enrol(stores, BEFORE)
    send(stores, date(2025, 6, 30), {f"C-1/{code}/M03": 1 for code in "ABCDG"})
    send(
        stores, date(2025, 9, 30), {"C-1/A/M06": 10, "C-1/B/M06": 20, "C-1/C/M06": 30, "C-1/D/M06": 40, "C-1/G/M06": 50}
    )
    stores.run("collect", "--as-of", "2025-10-20")
    # D is one structure in two cohorts.
    assert consolidated(stores) == {"structures": (6, 6, 6), "food": (150, 5, 5)}

    enrol(stores, BEFORE.replace("A,Ash Larder", "AX,Ash Larder"))
    question = "A is gone from C-1 and AX is new: renamed? Write A in former_codes of AX, and its series goes on."
    assert question in stores.run("check").out
    refused = stores.try_to("collect", "--as-of", "2025-11-20")
    assert (refused.code, question in refused.err) == (2, True)
    assert question in stores.try_to("plan", "--as-of", "2025-11-20").out

    # A departure that was decided before the merger was written no longer counts.
    enrol(stores, BEFORE)
    decided(stores.folder, DecisionKind.LEAVE, "C-1/B", as_of=date(2025, 11, 1), on=date(2026, 1, 31))
    enrol(stores, AFTER)
    checked = stores.run("check").out
    assert "?" not in checked
    idle = (
        "structures.csv: C-1/B merged into C on 2025-11-15. The day of essaim leave, 2026-01-31, does not count: "
        "take it back with essaim leave C-1/B --undo."
    )
    assert idle in checked
    stores.run("collect", "--as-of", "2025-11-20")
    # Until the heirs have reported what was due after the merger and the move, the last values count beside theirs.
    assert consolidated(stores) == {"structures": (6, 6, 6), "food": (150, 5, 5)}

    quarter = {"C-1/AX/M09": 11, "C-1/B/M09": 21, "C-1/C/M09": 55, "C-1/D/M09": 41, "C-2/D/M03": 5, "C-2/G/M03": 51}
    send(stores, date(2026, 1, 5), quarter)
    ran = stores.run("collect", "--as-of", "2026-01-20")
    told = (
        "C-1__B__M09__book.csv, C-1/B/M09/book: un retour de B, qui a fusionné avec C le 2025-11-15 → ses chiffres "
        "dans les retours de C-1/C : celui-ci est conservé, et n'entre dans aucun chiffre"
    )
    assert told in (ran.out + ran.err).replace("\N{NO-BREAK SPACE}", " ")
    states = stores.rows(
        "select expected_return_id, structure_code, state, included_structures from analytics.return_status "
        "where due_on between '2025-12-01' and '2026-01-31' order by 1"
    )
    assert states == [
        ("C-1/A/M09/book", "AX", "received", None),
        ("C-1/B/M09/book", "B", "left", None),
        ("C-1/C/M09/book", "C", "received", "B"),
        ("C-1/D/M09/book", "D", "received", None),
        ("C-1/G/M09/book", "G", "left", None),
        ("C-2/D/M03/book", "D", "received", None),
        ("C-2/E/M03/book", "E", "missing", None),
        ("C-2/G/M03/book", "G", "received", None),
    ]
    # 11 + 55 (B included) + 41 + 5 + 51 (G, once); E has reported nothing.
    assert consolidated(stores) == {"structures": (6, 6, 6), "food": (163, 5, 6)}
    series = stores.rows(
        "select occasion_code, value_number from analytics.cohort_panel "
        "where structure_code = 'AX' and is_due order by 1"
    )
    assert series == [("M03", 1), ("M06", 10), ("M09", 11)]
    levels = stores.rows(
        "select months, value, n_reported, n_expected, n_taken_over from analytics.cohort_indicators "
        "where cohort_code = 'C-1' and months in (6, 9) order by 1"
    )
    assert levels == [(6, 150, 5, 5, 0), (9, 107, 3, 3, 1)]
    # B left, and G goes on in the other cohort.
    gone = "select n_left, n_moved from analytics.cohort_retention where cohort_code = 'C-1' and occasion_code = 'M09'"
    assert stores.rows(gone) == [(2, 1)]
    classes = "select enrolment_id, presence_class from analytics.enrolment_presence where grouping = 'filled_by'"
    assert stores.rows(f"{classes} and enrolment_id in ('C-1/B', 'C-1/G') order by 1") == [
        ("C-1/B", "leaver"),
        ("C-1/G", "moved"),
    ]
    enrolments = stores.rows(
        "select enrolment_id, former_codes, succession, heir_enrolment_id from marts.dim_enrolment "
        "where former_codes is not null or succession is not null order by 1"
    )
    assert enrolments == [
        ("C-1/A", "A", None, None),
        ("C-1/B", None, "merged", "C-1/C"),
        ("C-1/G", None, "moved", "C-2/G"),
    ]
    traced = json.loads(stores.run("provenance", "TOTAL", "food", "--format", "json").out)["under"]
    assert sorted((one["enrolment_id"], one["value_number"]) for one in traced) == [
        ("C-1/A", 11), ("C-1/C", 55), ("C-1/D", 41), ("C-2/D", 5), ("C-2/G", 51),
    ]  # fmt: skip

    why = ("--reason", "invented", "--author", "E", "--as-of", "2026-01-20")
    for command, message in (
        (("leave", "C-1/B", "--on", "2025-12-31"), "C-1/B merged into C on 2025-11-15, by its line in structures.csv"),
        (("leave", "C-1/G", "--on", "2025-12-31"), "C-1/G moved to C-2 on 2025-11-15, by its line in structures.csv"),
        (
            ("nothing", "C-1/B/M12/book"),
            "is due on 2026-03-31, and C-1/B merged into C on 2025-11-15: nothing is owed.",
        ),
    ):
        refusal = stores.try_to(*command, *why)
        assert (refusal.code, message in refusal.err) == (2, True), refusal.err

    # Both codes name the structure to every command, and its workbook has the present one.
    assert "11" in stores.run("provenance", "C-1/AX", "food").out
    both = ("C-1/AX/M12/book", "C-1/A/M12/book", "C-1/B/M12/book")
    waived = stores.run("waive", *both, *why).out
    assert waived.startswith("Waived: 1.")
    assert "Left out: C-1/B/M12/book is due on 2026-03-31" in waived
    stores.run("waive", both[1], "--undo", *why)
    out = stores.folder / "templates"
    stores.run("templates", "--occasion", "M12", "--structure", "A", "--out", str(out))
    assert [path.name for path in out.iterdir()] == ["C-1__AX__M12__book.xlsx"]
