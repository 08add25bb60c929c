"""Test that the report shows the values of the views, names no person, and refuses bad input."""

import json
import re
from pathlib import Path

import pytest
from html_tables import Page
from running import AS_OF, Demo, essaim
from tables import table

from schemas.settings import ProjectPaths
from tasks.programme import read_programme


@pytest.fixture(scope="module")
def page(demo: Demo) -> Page:
    """Return the report that the collection of the demonstration wrote."""
    return Page(ProjectPaths(demo.folder).report(AS_OF, "fr").read_text(encoding="utf-8"))


def french(percent: float) -> str:
    return f"{percent:.1f} %".replace(".", ",")


def parts(cell: str) -> list[str]:
    return cell.replace(" ", "").split("|")


def rate(numerator: object, denominator: object, percent: object) -> str:
    return f"{french(float(str(percent)))}|{numerator} sur {denominator}" if denominator else ""


def test_a_collection_leaves_a_report_and_says_where(demo: Demo) -> None:
    assert f"Report: {ProjectPaths(demo.folder).report(AS_OF, 'fr')}" in demo.ran.out


def test_nothing_of_the_page_comes_from_elsewhere(page: Page) -> None:
    assert {tag for tag, _ in page.tags} & {"script", "link", "img", "iframe", "object", "form"} == set()
    addresses = [value for _, given in page.tags for name, value in given.items() if name in ("href", "src", "srcset")]
    assert [address for address in addresses if not str(address).startswith("#")] == []
    assert "@page" in page.style
    assert "url(" not in page.style
    assert "@import" not in page.style


def test_the_page_can_be_found_one_s_way_in_without_eyes(page: Page) -> None:
    by_tag = {tag: [given for found, given in page.tags if found == tag] for tag, _ in page.tags}
    assert by_tag["html"] == [{"lang": "fr"}]
    assert len(by_tag["h1"]) == 1
    assert len(by_tag["caption"]) == len(by_tag["table"])
    assert all(given.get("scope") in ("col", "row") for given in by_tag["th"])
    assert all(given.get("role") == "img" and given.get("aria-label") for given in by_tag["svg"])
    named = {given["id"] for _, given in page.tags if given.get("id")}
    assert {str(given["href"])[1:] for given in by_tag["a"]} <= named
    assert {given["aria-labelledby"] for _, given in page.tags if "aria-labelledby" in given} <= named


def test_no_person_and_no_contact_is_named(demo: Demo, page: Page) -> None:
    programme = read_programme(demo.folder)
    evaluators = programme.settings.evaluators
    contacts = [enrolment.contact for enrolment in programme.enrolments if enrolment.contact]
    assert contacts
    assert [
        name for name in [*contacts, *(e.email for e in evaluators), *(e.name for e in evaluators)] if name in page.text
    ] == []
    assert "@" not in page.text
    assert "EVAL-A" in page.text


def test_the_rates_of_an_innovation_are_those_of_its_occasions_added_up(demo: Demo, page: Page) -> None:
    added = table(
        demo.folder,
        "select group_code, sum(n_expected)::int, sum(n_received)::int, sum(n_on_time)::int, "
        "sum(n_core_items_with_value)::int, sum(n_core_items)::int from analytics.return_rates "
        "where grouping = 'innovation' group by rollup (group_code)",
    )
    shown = page.tables["table-rates"]
    assert shown.keys() == {"JEUNESS", "ACOR", *(code or "TOTAL" for code, *_ in added)}
    for code, expected, received, on_time, with_value, items in added:
        _, *cells = shown[str(code or "TOTAL")]
        assert [parts(cell)[-1] for cell in cells] == [
            str(expected), f"{received}sur{expected}", f"{on_time}sur{expected}", f"{with_value}sur{items}",
        ]  # fmt: skip
    assert shown["TOTAL"][2] == "94,9 %|357 sur 376"
    assert shown["ACOR"][1:] == ["0", "rien d'échu", "rien d'échu", "rien d'échu"]


def test_the_rates_of_an_occasion_are_the_view_s(demo: Demo, page: Page) -> None:
    found = table(
        demo.folder,
        "select group_code || '/' || occasion_code, n_expected, n_received, returned_pct, n_on_time, on_time_pct, "
        "n_core_items_with_value, n_core_items, usable_pct from analytics.return_rates "
        "where grouping = 'innovation' and n_expected > 0",
    )
    expected = {
        code: [str(n), rate(received, n, returned), rate(on_time, n, on_time_pct), rate(with_value, items, usable)]
        for code, n, received, returned, on_time, on_time_pct, with_value, items, usable in found
    }
    assert {code: cells[2:] for code, cells in page.tables["table-occasions"].items()} == expected


def test_each_return_that_needs_a_person_is_listed_under_its_state(demo: Demo, page: Page) -> None:
    found = table(
        demo.folder,
        "select state, expected_return_id, structure_name, evaluator_codes, "
        "date_diff('day', due_on, date '2019-03-31') "
        "from analytics.return_status where state in ('missing', 'partial', 'quarantined', 'unverifiable')",
    )
    assert len(found) == 19
    for state, expected_return_id, structure, evaluators, days in found:
        cells = page.tables[f"table-{state}"].pop(str(expected_return_id))
        assert cells[0].startswith(f"{structure}|")
        assert cells[2].endswith(f"il y a {days} jours")
        assert cells[3] == evaluators
    assert [page.tables.get(f"table-{state}", {}) for state in ("missing", "partial", "quarantined")] == [{}, {}, {}]


def test_the_consolidated_table_is_the_published_one_with_what_it_rests_on(demo: Demo, page: Page) -> None:
    names = ("structures", "persons_concerned", "persons_returned_to_work", "professionals", "companies")
    printed = table(demo.folder, f"select innovation_code, {', '.join(names)} from analytics.consolidated_table")
    shown = page.tables["table-results"]
    assert {code: [parts(cell)[0] for cell in cells[1:]] for code, cells in shown.items()} == {
        code: cells for code, *cells in printed
    }
    rests = table(
        demo.folder,
        "select innovation_code, n_reported, n_expected from analytics.consolidated_results "
        "where indicator_code = 'persons_returned_to_work'",
    )
    assert {code: cells[3].partition("|")[2] for code, cells in shown.items()} == {
        code: f"{reported} sur {expected}" if expected else "aucune attendue" for code, reported, expected in rests
    }


def test_retention_adoption_and_duration_are_the_views(demo: Demo, page: Page) -> None:
    retention = table(
        demo.folder,
        "select cohort_code || '/' || occasion_code, n_reported, n_expected, n_wave_retained, n_wave_base, "
        "wave_retention_pct, n_base_retained, n_base, base_retention_pct, n_left from analytics.cohort_retention "
        "where n_expected > 0",
    )
    assert {code: cells[2:] for code, cells in page.tables["table-retention"].items()} == {
        code: [f"{n} sur {of}", rate(wave, of_wave, wave_pct) or "–", rate(base, of_base, base_pct) or "–", str(left)]
        for code, n, of, wave, of_wave, wave_pct, base, of_base, base_pct, left in retention
    }
    adopted = table(
        demo.folder,
        "select innovation_code || '/' || indicator_code || '/' || phase, "
        + ", ".join(
            f"count(*) filter (adoption = '{one}')" for one in ("adopted", "in_progress", "partial", "no", "unknown")
        )
        + " from analytics.adoption_matrix where is_due group by all",
    )
    assert {code: cells[2:] for code, cells in page.tables["adoption"].items()} == {
        code: [str(count) for count in counts] for code, *counts in adopted
    }
    shares = table(
        demo.folder,
        "select innovation_code, median_months, "
        "list([reached_share, confidence_lower, confidence_upper, n_at_risk] order by months) "
        "from analytics.adoption_duration where cohort_code = 'TOTAL' group by all",
    )
    for code, median, estimates in shares:
        expected = []
        for share, lower, upper, at_risk in estimates:
            interval = "" if lower is None else f"|{100 * lower:.0f} % à {100 * upper:.0f} %"
            expected.append("–" if share is None else f"{french(100 * share)}{interval}|à risque : {at_risk:.0f}")
        shown = page.tables["table-duration"][str(code)][2:]
        assert shown == ["–" if median is None else f"{median} mois", *expected]


def test_a_difference_from_a_published_figure_is_shown_with_its_place(demo: Demo, page: Page) -> None:
    agreeing, total = table(
        demo.folder, "select count(*) filter (agreement = 'same'), count(*) from analytics.reconciliation"
    )[0]
    assert f"{agreeing} chiffres publiés sur {total}" in page.text
    found = table(
        demo.folder,
        "select published_code, printed, report || ', ' || place from analytics.reconciliation "
        "where agreement <> 'same' or is_contradicted",
    )
    shown = page.tables["table-reconciliation"]
    assert {code: (cells[2], cells[1].partition("|")[0]) for code, cells in shown.items()} == {
        code: (printed, place) for code, printed, place in found
    }


def test_it_is_written_in_english_to_a_file_of_one_s_own_with_what_changed_since(
    demo: Demo, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "report.html"
    arguments = (
        "report",
        "--programme",
        str(demo.folder),
        "--locale",
        "en",
        "--since",
        "2019-01-31",
        "--out",
        str(file),
    )
    summary = json.loads(essaim(capsys, *arguments, "--json").out)
    assert summary == {"as_of": "2019-03-31", "locale": "en", "file": str(file)}
    page = Page(file.read_text(encoding="utf-8"))
    assert "Returns that need action" in page.text
    assert page.tables["table-rates"]["TOTAL"][2] == "94.9%|357 of 376"
    changed = table(
        demo.folder,
        "select innovation_code || '/' || kind, count(*) from analytics.revisions "
        "where known_on > '2019-01-31' group by all",
    )
    assert {code: cells[2] for code, cells in page.tables["table-revisions"].items()} == {
        code: str(count) for code, count in changed
    }
    before = file.read_bytes()
    essaim(capsys, *arguments)
    assert file.read_bytes() == before
    assert [path.name for path in tmp_path.iterdir()] == ["report.html"]


@pytest.mark.parametrize(
    ("arguments", "code", "message"),
    [
        (["--as-of", "2018-01-01"], 2, "Run essaim build --as-of 2018-01-01 first"),
        (["--locale", "de"], 2, "Found --locale de; expected fr or en"),
        (["--since", "2020-01-01"], 2, "expected a day up to 2019-03-31"),
        (["--out", "{folder}/nowhere/report.html"], 1, r"nowhere/report.html cannot be used \(No such file"),
        (["--out", "{folder}"], 2, "is not a file, so it cannot be replaced"),
    ],
)
def test_what_cannot_be_written_is_a_sentence(
    demo: Demo, tmp_path: Path, capsys: pytest.CaptureFixture[str], arguments: list[str], code: int, message: str
) -> None:
    given = [one.format(folder=tmp_path) for one in arguments]
    ran = essaim(capsys, "report", "--programme", str(demo.folder), *given)
    assert (ran.code, ran.out) == (code, "")
    assert re.search(message, ran.err)
    assert "Traceback" not in ran.err
    assert list(tmp_path.iterdir()) == []


def test_a_programme_of_which_nothing_is_collected_has_no_report_yet(
    demo: Demo, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = demo.copy(with_results=False)
    ran = essaim(capsys, "report", "--programme", str(folder))
    assert (ran.code, "Run essaim collect" in ran.err) == (2, True)
    assert not ProjectPaths(folder).reports.exists()
