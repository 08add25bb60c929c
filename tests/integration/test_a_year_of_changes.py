"""Test a year of an English programme in which twelve things change, through the commands on both engines.

Four larders were trained until 31 March 2025, a fifth in a second wave until 30 September. Each quarter they return a
workbook, and the programme collects 20 days after it; between two collections the evaluators are reminded, by the
programme as it was edited. The figures of each quarter are worked out by hand below.
"""

import csv
import json
import os
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest
from commands import Commands
from databases import Server
from openpyxl import load_workbook

JULY, OCTOBER, JANUARY, APRIL = "2025-07-20", "2025-10-20", "2026-01-20", "2026-04-20"
CODEBOOK = (
    "indicator_code,label_en,level,kind,unit,minimum,over_structures,is_core,publication_rank,accumulates,zero_if_nothing,"
    "formula"
)
FIGURES = (
    "select indicator_code, value, n_reported, n_expected from analytics.consolidated_results "
    "where innovation_code = 'TOTAL' order by indicator_rank"
)
RATES = (
    "select occasion_code, n_expected, n_received, n_nothing_to_report, n_missing, n_open from analytics.return_rates "
    "where grouping = 'innovation' and n_expected > 0 order by occasion_code"
)
BY_REGION = (
    "select attribute_value, value, n_reported from analytics.results_by_attribute "
    "where innovation_code = 'TOTAL' and indicator_code = 'households' order by value_rank"
)
NOT_RECEIVED = (
    "select expected_return_id, state, evaluator_codes from analytics.return_status "
    "where state not in ('received', 'left', 'scheduled') order by 1"
)
ALERTED = "select recipient_code, expected_return_id, kind from ops.alerts where decided_on = date '{}' order by 1, 2"


def instrument(*versions: tuple[int, list[str], str]) -> dict[str, Any]:
    """Return the quarterly workbook, with the unit in which each version asks for food."""
    return {
        "code": "book",
        "name": "Quarterly workbook",
        "kind": "workbook",
        "filled_by": "structure",
        "mode": "data_table",
        "innovations": ["COLD"],
        "nothing_to_report": {"box": True},
        "versions": [
            {
                "version": number,
                "occasions": occasions,
                "sheets": [
                    {
                        "name": "Figures",
                        "items": [
                            {"code": "households", "label": "Households"},
                            {"code": "food", "label": "Food shared this quarter", "unit": unit},
                            {"code": "volunteers", "label": "Volunteers"},
                            {"code": "trained", "label": "of them trained"},
                        ],
                    }
                ],
            }
            for number, occasions, unit in versions
        ],
    }


@dataclass
class Larders:
    """The programme folder, which its staff edits from quarter to quarter, and the commands."""

    commands: Commands
    settings: dict[str, Any] = field(default_factory=dict[str, Any])

    @property
    def folder(self) -> Path:
        """The programme folder."""
        return self.commands.folder

    def write(self, name: str, *lines: str) -> None:
        """Write a table of the folder."""
        (self.folder / name).write_text("\n".join(lines) + "\n", encoding="utf-8")

    def save(self) -> None:
        """Write programme.yaml."""
        (self.folder / "programme.yaml").write_text(json.dumps(self.settings), encoding="utf-8")

    def returns(self, occasion: str, day: date, **figures: tuple[float, float, float, float] | None) -> None:
        """Fill in the workbooks of an occasion as they are sent, or tick the box, and deliver them on a day."""
        sent = self.folder / "sent" / str(day)
        self.commands.run("templates", "--occasion", occasion, "--out", str(sent))
        for name, answered in figures.items():
            file = f"P-{name[1]}__{name[3:]}__{occasion}__book.xlsx"
            book = load_workbook(sent / file)
            if answered is None:
                (row,) = (c.row for c in book["Identity"]["A"] if c.value == "Nothing to report for this period")
                book["Identity"].cell(row, 2, "yes")
            labels = {cell.value: cell.row for cell in book["Figures"]["A"]}
            for label, value in zip(
                ("Households", "Food shared this quarter", "Volunteers", "of them trained"),
                answered or (),
                strict=False,
            ):
                book["Figures"].cell(labels[label], 2, value)
            path = self.folder / "inbox" / file
            book.save(path)
            moment = datetime(day.year, day.month, day.day, 12, tzinfo=UTC).timestamp()
            os.utime(path, (moment, moment))


@pytest.fixture(params=["duckdb", "postgresql"])
def larders(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Larders:
    """Return the programme as it began."""
    if request.param == "postgresql":
        server: Server = request.getfixturevalue("postgresql_server")
        monkeypatch.setenv("ESSAIM_WAREHOUSE_URL", server.database(request.getfixturevalue("database_with_views")).url)
    folder = tmp_path / "larders"
    (folder / "inbox").mkdir(parents=True)
    larders = Larders(Commands(folder))
    larders.settings = {
        "programme": "larders",
        "name": "Invented larders",
        "timezone": "Europe/London",
        "locale": "en",
        "occasions": [{"code": f"M{months:02}", "months": months} for months in (3, 6, 9, 12)],
        "innovations": [{"code": "COLD", "name": "Larder"}],
        "cohorts": [
            {"code": "P-1", "innovation": "COLD", "name": "First wave", "anchor_on": "2025-03-31"},
            {"code": "P-2", "innovation": "COLD", "name": "Second wave", "anchor_on": "2025-09-30"},
        ],
        "attributes": [{"code": "region", "label_en": "Region", "values": ["North", "South"]}],
        "evaluators": [{"code": "ANN", "name": "Ann", "email": "ann@example.org", "follows": ["COLD"]}],
        "instruments": [instrument((1, ["M03", "M06", "M09", "M12"], "lb"))],
        "sources": {"inbox": {"path": "inbox"}},
    }
    larders.save()
    larders.write(
        "structures.csv",
        "structure_code,structure_name,cohort_code,is_invented",
        *(f"{code},Larder {code},P-1,true" for code in "ABCD"),
        "E,Larder E,P-2,true",
    )
    larders.write("attributes.csv", "structure_code,region", "A,North", "B,North", "C,South", "D,South", "E,North")
    larders.write(
        "codebook.csv",
        CODEBOOK,
        "households,Households,structure,count,,0,sum,true,1,,,",
        "food,Food shared,structure,number,lb,0,sum,true,2,true,true,",
        "volunteers,Volunteers,structure,count,,0,sum,true,3,,,",
        "trained,Trained volunteers,structure,count,,0,sum,true,4,,,",
    )
    larders.write(
        "crosswalk.csv",
        "instrument_code,version,item,indicator_code",
        *(f"book,1,Figures!{code},{code}" for code in ("households", "food", "volunteers", "trained")),
    )
    larders.write("recodes.csv", "recode,source_value,value,missing_reason")
    return larders


def test_a_year_in_which_twelve_things_change(larders: Larders) -> None:
    commands = larders.commands
    larders.returns(
        "M03", date(2025, 6, 25),
        P1_A=(10, 100, 4, 2), P1_B=(20, 200, 6, 3), P1_C=(30, 300, 8, 2), P1_D=(40, 50, 2, 1),
    )  # fmt: skip
    assert commands.run("collect", "--as-of", JULY).code == 0
    in_july = [
        ("structures", 5, 5, 5),
        ("households", 10 + 20 + 30 + 40, 4, 4),
        ("food", 100 + 200 + 300 + 50, 4, 4),
        ("volunteers", 4 + 6 + 8 + 2, 4, 4),
        ("trained", 2 + 3 + 2 + 1, 4, 4),
    ]
    assert commands.rows(FIGURES) == in_july
    assert commands.rows(BY_REGION) == [("North", 30, 2), ("South", 70, 2)]

    second_quarter(larders)
    third_quarter(larders)
    fourth_quarter(larders)

    # Views as of the end of July have the figures of then.
    commands.run("build", "--as-of", JULY)
    assert commands.rows(FIGURES, "--as-of", JULY) == in_july


def second_quarter(larders: Larders) -> None:
    """D is called DX (1), B merges into A (2), A moves to the South (3), and food is weighed in kilograms (4)."""
    commands = larders.commands
    larders.write(
        "structures.csv",
        "structure_code,structure_name,cohort_code,is_invented,former_codes,left_on,merged_into",
        "A,Larder A,P-1,true,,,",
        "B,Larder B,P-1,true,,2025-08-15,A",
        "C,Larder C,P-1,true,,,",
        "DX,Larder D,P-1,true,D,,",
        "E,Larder E,P-2,true,,,",
    )
    larders.write(
        "attributes.csv",
        "structure_code,from_on,region",
        "A,,North", "A,2025-09-01,South", "B,,North", "C,,South", "D,,South", "E,,North",
    )  # fmt: skip
    larders.settings["instruments"] = [instrument((1, ["M03"], "lb"), (2, ["M06", "M09", "M12"], "kg"))]
    larders.save()
    codebook = (larders.folder / "codebook.csv").read_text(encoding="utf-8").replace(",lb,", ",kg,")
    (larders.folder / "codebook.csv").write_text(codebook, encoding="utf-8")
    larders.write(
        "crosswalk.csv",
        "instrument_code,version,item,indicator_code,factor",
        "book,1,Figures!food,food,0.4536",
        "book,2,Figures!food,food,",
        *(f"book,1|2,Figures!{code},{code}," for code in ("households", "volunteers", "trained")),
    )
    commands.run("remind", "--as-of", "2025-09-05")
    # DX has nothing to report (5): no food this quarter, and the rest as it was.
    larders.returns("M06", date(2025, 10, 1), P1_A=(35, 90, 11, 6), P1_C=(28, 120, 8, 4), P1_DX=None)
    assert commands.run("collect", "--as-of", OCTOBER).code == 0
    assert commands.rows(FIGURES) == [
        ("structures", 5, 5, 5),
        # A's 35 are those of A and B.
        ("households", 35 + 28 + 40, 3, 3),
        ("food", pytest.approx(0.4536 * (100 + 200 + 300 + 50) + 90 + 120), 4, 4),
        ("volunteers", 11 + 8 + 2, 3, 3),
        ("trained", 6 + 4 + 1, 3, 3),
    ]
    assert commands.rows(RATES) == [("M03", 4, 4, 0, 0, 0), ("M06", 3, 3, 1, 0, 0)]
    # A is in the South now, with what it has of B.
    assert commands.rows(BY_REGION) == [("North", None, 0), ("South", 35 + 28 + 40, 3)]
    assert commands.rows("select distinct structure_code from analytics.cohort_panel where enrolment_id = 'P-1/D'") == [
        ("DX",)
    ]


def third_quarter(larders: Larders) -> None:
    """C goes on in the second wave (6), Bob follows that wave and Cleo stands in for him (7), E was trained later (8).

    A ratio is published (9), A gets more time (10), and a figure of October is corrected (11).
    """
    commands = larders.commands
    larders.write(
        "structures.csv",
        "structure_code,structure_name,cohort_code,is_invented,former_codes,left_on,merged_into,moved_to,anchor_on",
        "A,Larder A,P-1,true,,,,,",
        "B,Larder B,P-1,true,,2025-08-15,A,,",
        "C,Larder C,P-1,true,,2025-11-30,,P-2,",
        "C,Larder C,P-2,true,,,,,",
        "DX,Larder D,P-1,true,D,,,,",
        "E,Larder E,P-2,true,,,,,2025-10-31",
    )
    larders.settings["evaluators"] = [
        {"code": "ANN", "name": "Ann", "email": "ann@example.org", "follows": ["P-1"]},
        {
            "code": "BOB", "name": "Bob", "email": "bob@example.org",
            "follows": [{"cohort": "P-2", "from": "2025-12-01"}],
            "substitutes": [{"evaluator": "CLEO", "from": "2026-04-01", "to": "2026-04-30"}],
        },
        {"code": "CLEO", "name": "Cleo", "email": "cleo@example.org", "follows": []},
    ]  # fmt: skip
    larders.save()
    with (larders.folder / "codebook.csv").open("a", encoding="utf-8") as codebook:
        codebook.write(
            "trained_share,Share of trained volunteers,structure,number,,,sum,false,5,,,trained / volunteers\n"
        )
    with (larders.folder / "corrections.csv").open("w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows(
            [
                ("expected_return_id", "respondent", "item", "old_value", "new_value", "reason", "author"),
                ("P-1/A/M06/book", "", "Figures!volunteers", "11", "12", "By telephone", "ANN"),
            ]
        )
    commands.run("remind", "--as-of", "2025-12-10")
    commands.run(
        "extend", "P-1/A/M09/book", "--until", "2026-02-15", "--reason", "Their freezer broke", "--author", "ANN",
        "--as-of", "2025-12-20",
    )  # fmt: skip
    larders.returns("M09", date(2026, 1, 5), P1_DX=(45, 10, 3, 3))
    larders.returns("M03", date(2026, 1, 5), P2_C=(31, 80, 9, 5))
    assert commands.run("collect", "--as-of", JANUARY).code == 0
    assert commands.rows(FIGURES) == [
        ("structures", 5, 5, 5),
        ("households", 35 + 45 + 31, 3, 3),
        # The quarters of B and of C in the first wave stay: no other value includes them. The form of M03, which C
        # filled in for the second wave, asks for pounds. C is one larder in both waves.
        ("food", pytest.approx(294.84 + 90 + 120 + 10 + 0.4536 * 80), 4, 4),
        ("volunteers", 12 + 3 + 9, 3, 3),
        ("trained", 6 + 3 + 5, 3, 3),
        ("trained_share", pytest.approx(14 / 24), 3, 3),
    ]
    # A has until February, E's first quarter ends in January, and C owes nothing to the first wave.
    assert commands.rows(NOT_RECEIVED) == [
        ("P-1/A/M09/book", "open", "ANN"),
        ("P-1/D/M06/book", "nothing_to_report", "ANN"),
        ("P-2/E/M03/book", "open", "BOB"),
    ]
    assert commands.rows(ALERTED.format(JANUARY)) == [("BOB", "P-2/E/M03/book", "due_soon")]


def fourth_quarter(larders: Larders) -> None:
    """E has nothing to report, as Bob learns by telephone (12), and DX is late."""
    commands = larders.commands
    commands.run(
        "nothing", "P-2/E/M03/book", "--reason", "The larder opens in March", "--author", "BOB", "--as-of", "2026-02-05"
    )
    larders.returns("M09", date(2026, 2, 10), P1_A=(50, 100, 12, 10))
    larders.returns("M12", date(2026, 4, 2), P1_A=(55, 110, 13, 12))
    larders.returns("M06", date(2026, 4, 2), P2_C=(33, 70, 9, 8))
    assert commands.run("collect", "--as-of", APRIL).code == 0
    assert commands.rows(FIGURES) == [
        ("structures", 5, 5, 5),
        # Of E nothing but the food is zero.
        ("households", 55 + 45 + 33, 3, 3),
        ("food", pytest.approx(294.84 + 90 + 120 + 10 + 0.4536 * 80 + 100 + 110 + 70), 5, 5),
        ("volunteers", 13 + 3 + 9, 3, 3),
        ("trained", 12 + 3 + 8, 3, 3),
        ("trained_share", pytest.approx(23 / 25), 3, 3),
    ]
    assert commands.rows(RATES) == [
        ("M03", 6, 6, 1, 0, 0),
        ("M06", 4, 4, 1, 0, 0),
        ("M09", 2, 2, 0, 0, 0),
        ("M12", 2, 1, 0, 1, 0),
    ]
    on_time = (
        "select n_on_time, n_originally_on_time from analytics.return_rates "
        "where grouping = 'innovation' and occasion_code = 'M09'"
    )
    assert commands.rows(on_time) == [(2, 1)]
    assert commands.rows(ALERTED.format(APRIL)) == [
        ("ANN", "P-1/D/M12/book", "missing"),
        ("CLEO", "P-2/E/M06/book", "due_soon"),
    ]
