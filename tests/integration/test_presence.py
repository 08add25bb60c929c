"""Test in the demonstration that presence, retention and balance are of those who owe.

`test_postgresql.py` requires the same rows on PostgreSQL.
"""

from datetime import date

import pytest
from deciding import decided
from html_tables import Page
from running import AS_OF, Demo, demonstration_state, essaim, served
from tables import table

from schemas.enums import DecisionKind
from schemas.settings import ProjectPaths

MISSED = (
    "select enrolment_id, group_code, presence_pattern, n_misses_in_a_row from analytics.enrolment_presence "
    "where n_misses_in_a_row > 1"
)


def test_retention_is_of_what_structures_owe_and_stands_beside_that_of_evaluators(demo: Demo) -> None:
    rates = "n_expected, n_reported, wave_retention_pct, base_retention_pct, attrition_pct"
    at_m18 = "where cohort_code = 'VITA-1' and occasion_code = 'M18'"
    own = (4, 3, 75.0, 75.0, 25.0)
    assert table(demo.folder, f"select {rates} from analytics.cohort_retention {at_m18}") == [own]
    grouped = table(demo.folder, f"select group_code, {rates} from analytics.grouped_retention {at_m18}")
    assert {code: tuple(row) for code, *row in grouped} == {
        "structure": own,
        "suivi": own,
        "tableau": (4, 2, 50.0, 50.0, 50.0),
        "evaluator": (4, 4, 100.0, 100.0, 0.0),
        "grille_vita": (4, 4, 100.0, 100.0, 0.0),
    }


def test_an_occasion_at_which_only_the_evaluator_owes_is_no_miss_of_the_structure(demo: Demo) -> None:
    of_lref = "from analytics.enrolment_presence where cohort_code = 'LREF-1' and grouping = 'filled_by'"
    patterns = table(demo.folder, f"select distinct group_code, presence_pattern {of_lref}")
    # M03 and M06, then M12 and M18, which are not due yet.
    assert set(patterns) == {("structure", ".1.."), ("evaluator", "1...")}
    occasions = table(demo.folder, "select occasion_code from analytics.cohort_retention where cohort_code = 'LREF-1'")
    assert {code for (code,) in occasions} == {"M06", "M12", "M18"}


def test_two_misses_in_a_row_are_found_by_instrument_and_listed_in_the_report(
    demo: Demo, capsys: pytest.CaptureFixture[str]
) -> None:
    assert table(demo.folder, MISSED) == [("GARDIEN-1/GARD07", "tableau", "100", 2)]
    folder = demo.copy(with_results=True)
    for locale, missed in (("fr", "les 2 dernières échéances"), ("en", "the 2 latest occasions")):
        target = folder / f"{locale}.html"
        ran = essaim(capsys, "report", "--programme", str(folder), "--locale", locale, "--out", str(target))
        assert ran.code == 0, ran.err
        shown = Page(target.read_text(encoding="utf-8")).tables["table-misses"]
        assert {code: cells[1:] for code, cells in shown.items()} == {
            "GARDIEN-1/GARD07/tableau": ["Tableau de données|GARDIEN-1/GARD07", missed, "EVAL-A"]
        }


def test_a_balanced_series_is_the_balanced_level_of_its_cohort(demo: Demo) -> None:
    differing = table(
        demo.folder,
        "select cohort_code, indicator_code, months from ("
        " select cohort_code, indicator_code, months, sum(value_number) as value, count(value_number) as n"
        " from analytics.cohort_panel where is_balanced group by all) as panel "
        "join analytics.cohort_indicators as levels using (cohort_code, indicator_code, months) "
        "join marts.dim_indicator as indicators using (indicator_code) "
        "where n <> n_balanced or over_structures = 'sum' and panel.value is distinct from balanced_value",
    )
    assert differing == []


def test_a_structure_that_has_left_is_not_asked_about_again(
    demo: Demo, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = demo.copy(with_results=True)
    decided(folder, DecisionKind.LEAVE, "GARDIEN-1/GARD07", on=date(2018, 7, 31), as_of=AS_OF)
    with served(monkeypatch, demonstration_state()):
        essaim(capsys, "collect", "--programme", str(folder), "--as-of", str(AS_OF))
    assert table(folder, MISSED) == [("GARDIEN-1/GARD07", "tableau", "100", 2)]
    page = Page(ProjectPaths(folder).report(AS_OF, "fr").read_text(encoding="utf-8"))
    assert "table-misses" not in page.tables
    assert "Manqués deux fois de suite ou plus · 0" in page.text
