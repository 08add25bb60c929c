"""Test how findings of surveillance are named, and how the report words them."""

from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from folder_mistakes import copied
from html_tables import Page

from flows.cli.status import shortened
from schemas.enums import FindingState
from schemas.errors import UsageError
from schemas.programme import Programme
from tasks.programme import read_programme
from tasks.reporting import contents, page
from tasks.surveillance import explained_before, named_findings
from warehouse.report_rows import CohortRow, FindingRow, IndicatorRow, ReportRows
from warehouse.surveillance import PublishedFinding

JUMP, FALL, HEAPING = "jump_own/COLD-1/CS05/M06/food", "fall/COLD-1/CS06/M06/food", "heaping/COLD-1/food"
FINDINGS = {
    FALL: PublishedFinding(FindingState.MENDED, "3"),
    HEAPING: PublishedFinding(FindingState.EXPLAINED, "multiples_of_5"),
    JUMP: PublishedFinding(FindingState.NEW, "120"),
}
DAY = date(2025, 12, 31)
ROW = FindingRow(
    finding_id=JUMP, kind="jump_own", state="new", cohort_code="COLD-1", structure_name="Cwm", occasion_code="M06",
    instrument_code=None, indicator_code="food", question_code=None, other_enrolment_id=None, value_number=120.0,
    value_text=None, centre=12.0, lower_value=6.04, upper_value=24.96, n_compared=3, pattern="times_10",
    current_number=120.0, reported_on=DAY, reason=None, author=None, evaluator_codes="EV-1",
)  # fmt: skip


@pytest.fixture
def programme(tmp_path: Path) -> Programme:
    folder = copied(tmp_path)
    file = folder / "structures.csv"
    lines = file.read_text(encoding="utf-8").splitlines()
    renamed = [f"{line.replace('CS05', 'CS5X')},{'CS05' if 'CS05' in line else ''}" for line in lines[1:]]
    file.write_text("\n".join([f"{lines[0]},former_codes", *renamed]) + "\n", encoding="utf-8")
    return read_programme(folder)


def test_a_finding_is_named_by_any_code_of_its_structure_and_by_patterns(programme: Programme) -> None:
    def named(*names: str, is_undone: bool = False) -> list[str]:
        return named_findings(names, FINDINGS, programme, is_undone=is_undone)

    assert named("jump_own/COLD-1/CS5X/M06/food") == [JUMP]
    assert named("*/COLD-1/CS05/*") == [JUMP]
    # What is mended needs no explanation; one that was given can be taken back.
    assert named("*") == [HEAPING, JUMP]
    assert named("*", is_undone=True) == [FALL, HEAPING, JUMP]
    with pytest.raises(UsageError, match=f"'fall/COLD-1/CS06/M06/foo' is not a finding. The nearest is {JUMP}"):
        named("fall/COLD-1/CS06/M06/foo")


def test_an_explanation_of_another_number_is_none_of_the_present_one() -> None:
    in_force = {JUMP: (None, "a feast"), HEAPING: (None, "estimated"), FALL: (None, "x"), "gone": (None, "y")}
    assert explained_before(in_force, FINDINGS) == {HEAPING: (None, "estimated")}


def test_numbers_of_a_table_are_short() -> None:
    given = (12.0, 12.964, 0.012345, 123456.7, "A", None, DAY, 7)
    assert [shortened(value) for value in given] == [12, 13.0, 0.0123, 123456, "A", None, DAY, 7]


def cells(*findings: FindingRow, minimum: int = 0, locale: str = "en") -> dict[str, list[str]]:
    """Return the cells of each listed finding, by its id."""
    nothing: dict[str, Any] = {name: [] for name in ReportRows.__slots__}
    given: dict[str, Any] = {
        "as_of": DAY,
        "minimum_structures": minimum,
        "known_minimum_structures": minimum,
        "cohorts": [CohortRow("COLD-1", "First wave")],
        "indicators": [IndicatorRow("food", "Denrées", "Food")],
        "findings": list(findings),
    }
    programme = read_programme(Path(__file__).parents[1] / "data" / "cold_stores")
    read = Page(page(contents(ReportRows(**(nothing | given)), programme, locale)))
    return {id_: row for name, table in read.tables.items() if "findings" in name for id_, row in table.items()}


def test_each_kind_is_worded_with_its_figures() -> None:
    other: dict[str, Any] = {"centre": 130.0, "lower_value": 130.0, "upper_value": None, "pattern": None}
    rows = [
        ROW,
        replace(ROW, finding_id="jump_cohort", kind="jump_cohort", n_compared=6, pattern="divided_by_100"),
        replace(ROW, finding_id="fall", kind="fall", **other),
        replace(
            ROW, finding_id="duplicate_return", kind="duplicate_return", indicator_code=None,
            instrument_code="workbook", value_number=None, other_enrolment_id="COLD-1/CS06", pattern=None,
        ),
        replace(
            ROW, finding_id="straight_lining", kind="straight_lining", indicator_code=None, instrument_code="survey",
            question_code="opinion", value_number=None, value_text="4", n_compared=6, pattern=None,
        ),
        replace(
            ROW, finding_id="heaping", kind="heaping", structure_name=None, occasion_code=None, value_number=75.0,
            centre=20.0, n_compared=12, pattern="multiples_of_5",
        ),
        replace(ROW, finding_id="explained", state="explained", reason="a second site", author="EV-2"),
        replace(ROW, finding_id="mended", state="mended", current_number=12.0),
        replace(ROW, finding_id="ended", state="mended"),
    ]  # fmt: skip
    found = cells(*rows)
    assert {id_: row[1] for id_, row in found.items()} == {
        JUMP: f"Food· M06120; its earlier values suggest 6 to 25|divided by 10, it would be in line|{JUMP}",
        "jump_cohort": "Food· M06120; the other structures (6) suggest 6 to 25|"
        "multiplied by 100, it would be in line|jump_cohort",
        "fall": "Food· M06120, after 130: a cumulative number has fallen|fall",
        "duplicate_return": "Quarterly workbook· M06the same answers as COLD-1/CS06|duplicate_return",
        "straight_lining": "opinion· M06the same answer to all of its 6 items: 4|straight_lining",
        "heaping": "Food75.0% of 12 values are multiples of 5; chance gives 20.0%|heaping",
        "explained": "Food· M06120; its earlier values suggest 6 to 25|divided by 10, it would be in line|explained",
        "mended": "Food· M06120 when it was reported, 12 now|mended",
        "ended": "Food· M06no longer found|ended",
    }
    assert [found[id_][0] for id_ in (JUMP, "heaping")] == ["Cwm|First wave", "the whole cohort|First wave"]
    assert [found[id_][3] for id_ in (JUMP, "explained", "mended")] == ["EV-1", "a second site|EV-2", "–"]
    # With a threshold of disclosure, the page has no figure of one structure.
    suppressed = cells(*rows, minimum=3)
    figures = "".join("".join(row) for row in suppressed.values()).replace("CS06", "").replace("M06", "")
    assert [figure for figure in ("120", "130", "75", ": 4") if figure in figures] == []
    assert suppressed["fall"][1] == "Food· M06a cumulative number has fallen|fall"
    french = cells(replace(ROW, n_compared=6, kind="jump_cohort"), locale="fr")[JUMP][1]
    expected = "120 ; les autres structures (6) laissent attendre de 6 à 25|divisé par 10, il serait dans l'ordre"
    assert expected in french.replace("\N{NO-BREAK SPACE}", " ")
