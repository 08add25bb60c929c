"""Test the Data Docs: they contain no answer, load nothing remote, and are kept for a number of runs."""

import dataclasses
import json
import re
import shutil
from datetime import date, datetime
from pathlib import Path

import bookkeeping as wb
import pytest
from pydantic import SecretStr

from schemas.enums import Severity
from schemas.settings import Environment, ProjectPaths
from tasks.data_docs.pages import page_of
from tasks.data_docs.site import KEPT_RUNS, write_data_docs, write_pages
from tasks.i18n import language
from tasks.landing import Landing
from tasks.run import RunContext
from tasks.spreadsheets.parser import Parser
from tasks.validation.counts import CountedCells, Validated, together
from tasks.validation.validate import check_returns
from tasks.workbooks import read_inbox, workbook_name
from warehouse.runs import Stamp

CANARIES = ("Canari", "06 12 34 56 78", "s3cret")
RUN = "collect-2019-03-31-0123abcd"
LATER = "2026-01-02T03:04:05Z"


@pytest.fixture(scope="module")
def validated(tmp_path_factory: pytest.TempPathFactory, parser: Parser) -> list[Validated]:
    """Deliver a valid workbook, and one with names of people in cells of other types."""
    folder = tmp_path_factory.mktemp("programme")
    named, number, secret = CANARIES
    bad = wb.book(
        wb.items(personnes=named, retours=number, adoption=secret, depuis=f"{named} {secret}"),
        [wb.person(nom=named, contrat=named, heures=number, entree=secret), wb.person(nom=None, heures=named)],
        header=(*wb.HEADER, f"{named} {number}"),
    )
    bad.create_sheet(f"{named} {secret}").append([named])
    inbox = wb.inbox(folder, parser)
    (folder / "inbox" / workbook_name(wb.RETURN)).write_bytes(wb.content(bad))
    fine = wb.book(whose=wb.identity(wb.OTHER))
    (folder / "inbox" / workbook_name(wb.OTHER)).write_bytes(wb.content(fine))
    paths = ProjectPaths(folder, folder / "var")
    reading = read_inbox(inbox, Landing(paths, Environment(landing_key=SecretStr("0" * 43 + "="))), {})
    counts: list[Validated] = []
    checked = check_returns(reading.returns, inbox.programme, language("fr"), validated=counts)
    assert {one.is_quarantined for one in checked} == {True, False}
    return counts


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory, validated: list[Validated]) -> ProjectPaths:
    paths = ProjectPaths(tmp_path_factory.mktemp("programme"))
    write_pages(paths, RUN, LATER, validated)
    return paths


def everything(folder: Path) -> dict[str, str]:
    return {str(path): path.read_text(encoding="utf-8") for path in folder.rglob("*") if path.is_file()}


def test_each_run_has_a_page_for_each_suite_and_an_index(site: ProjectPaths) -> None:
    assert {str(path.relative_to(site.data_docs)) for path in site.data_docs.rglob("*") if path.is_file()} == {
        "index.html",
        f"{RUN}/index.html",
        f"{RUN}/suivi-v1.html",
        f"{RUN}/suivi-v1.json",
    }
    assert f'href="{RUN}/suivi-v1.html"' in (site.data_docs / "index.html").read_text()
    assert 'href="suivi-v1.html"' in (site.data_docs / RUN / "index.html").read_text()


def test_a_page_lists_which_return_did_not_meet_which_expectation_in_words(validated: list[Validated]) -> None:
    (suite,) = together(validated)
    failed = {(counts.item, counts.words): counts.failed for counts in suite.expectations if counts.unexpected}
    assert ("Données!adoption", "one of: Positif, Négatif, Non renseigné, nc, ne") in failed
    page = page_of(suite, run_id=RUN, run_time=LATER).html
    section = page.partition("Returns that did not meet an expectation")[2]
    for (item, words), returns in failed.items():
        assert returns == (wb.RETURN,)
        assert item in section
        assert words in section
    assert section.count(wb.RETURN) >= len(failed)
    assert wb.OTHER not in section


def test_a_suite_in_which_nothing_was_checked_has_no_page() -> None:
    assert list(together([Validated("suivi", 1, 3), Validated("suivi", 1, 0)])) == []


def test_the_pages_say_what_was_expected_and_how_often_it_was_not_so(site: ProjectPaths) -> None:
    result = json.loads((site.data_docs / RUN / "suivi-v1.json").read_text())
    of_adoption = next(
        one for one in result["results"] if one["expectation_config"]["kwargs"]["column"] == "Données!adoption"
    )
    assert of_adoption["expectation_config"]["kwargs"]["value_set"] == [
        "Positif",
        "Négatif",
        "Non renseigné",
        "nc",
        "ne",
    ]
    assert of_adoption["result"] == {"element_count": 2, "unexpected_count": 1, "unexpected_percent": 50.0}
    html = " ".join((site.data_docs / RUN / "suivi-v1.html").read_text().split())
    assert "1 unexpected values found. 50% of 2 total rows." in html
    assert "Data asset: 2 new returns" in html
    cells = re.sub(r"<[^>]+>|\s+", " ", html[html.index("Found while the returns were read") :])
    assert re.search(r"Participants!heures +kind +error +2 ", cells)
    assert re.search(r"\(not declared\) +sheets +warning +1 ", cells)


def test_the_pages_hold_no_answer_and_nobodys_name(site: ProjectPaths) -> None:
    found = everything(site.data_docs)
    assert len(found) == 4
    assert not [(path, canary) for path, text in found.items() for canary in CANARIES if canary in path + text]
    assert not [path for path, text in found.items() if wb.PERSON[0] in text]


def test_the_pages_name_no_other_host(site: ProjectPaths) -> None:
    assert not [
        path for path, text in everything(site.data_docs).items() if re.search(r"https?:|//[a-z]|<script", text)
    ]
    links = [
        (path, link)
        for path, text in everything(site.data_docs).items()
        for link in re.findall(r'(?:href|src)="([^"#]+)"', text)
    ]
    assert len(links) == 4
    assert all((Path(path).parent / link).exists() for path, link in links)


def test_what_a_programme_declares_is_shown_as_it_is_written(tmp_path: Path, validated: list[Validated]) -> None:
    (whole,) = together(validated)
    spoilt = json.loads(
        json.dumps([one.configuration for one in whole.expectations], ensure_ascii=False)
        .replace("Positif", "<script>x")
        .replace("Données", "<script>w")
    )
    expectations = tuple(
        dataclasses.replace(one, configuration=configuration)
        for one, configuration in zip(whole.expectations, spoilt, strict=True)
    )
    cells = (CountedCells("<script>y!z", "kind", Severity.ERROR, 1),)
    page = write_pages(
        ProjectPaths(tmp_path), RUN, LATER, [dataclasses.replace(whole, expectations=expectations, cells=cells)]
    )
    html = (page.parent / "suivi-v1.html").read_text()
    assert "<script" not in html
    assert all(f"&lt;script&gt;{written}" in html for written in ("w!personnes", "x", "y!z"))


def test_the_returns_of_a_survey_that_is_checked_some_at_a_time_are_counted_together(
    validated: list[Validated],
) -> None:
    (once,), (twice,) = together(validated), together([*validated, *validated])
    assert (once.returns, twice.returns) == (2, 4)
    assert [2 * one.unexpected for one in once.expectations] == [one.unexpected for one in twice.expectations]
    assert [2 * one.returns for one in once.expectations] == [one.returns for one in twice.expectations]
    assert [2 * one.count for one in once.cells] == [one.count for one in twice.cells]


def test_the_pages_of_the_last_runs_are_kept(tmp_path: Path) -> None:
    paths = ProjectPaths(tmp_path)
    checked = [Validated("suivi", 1, 3, cells=(CountedCells("", "sheets", Severity.WARNING, 1),))]
    (paths.data_docs / ".left-by-a-killed-run" / "x").mkdir(parents=True)
    runs = [f"collect-2019-01-01-{number:08x}" for number in range(KEPT_RUNS)]
    write_pages(paths, runs[0], "2026-01-01T00:00:00Z", checked)
    for run in runs[1:]:
        shutil.copytree(paths.data_docs / runs[0], paths.data_docs / run)
    write_pages(paths, RUN, LATER, checked)
    kept = {path.name for path in paths.data_docs.iterdir()}
    assert kept == {"index.html", RUN, *runs[1:]}
    index = (paths.data_docs / "index.html").read_text()
    assert index.index(RUN) < index.index(runs[-1])
    assert f"{runs[0]}/" not in index


def run_of(folder: Path, *, var: Path | None = None, validated: list[Validated] | None = None) -> RunContext:
    stamp = Stamp(RUN, datetime(2019, 3, 31, 22), datetime(2026, 1, 2, 3, 4, 5))
    paths = ProjectPaths(folder, var)
    return RunContext(paths, wb.programme(), Environment(), date(2019, 3, 31), stamp, validated=validated or [])


def test_a_run_that_checked_nothing_writes_none_and_neither_does_a_rehearsal(tmp_path: Path) -> None:
    assert write_data_docs(run_of(tmp_path)).page is None
    rehearsed = write_data_docs(run_of(tmp_path, var=tmp_path / "copy", validated=[Validated("suivi", 1, 3)]))
    assert rehearsed.page is None
    assert not list(tmp_path.rglob("data_docs"))


def test_pages_that_cannot_be_written_are_a_sentence(tmp_path: Path) -> None:
    (tmp_path / "var").mkdir()
    (tmp_path / "var" / "data_docs").write_text("a file in their place")
    written = write_data_docs(run_of(tmp_path, validated=[Validated("suivi", 1, 3)]))
    assert written.page is None
    (note,) = written.notes
    assert "File exists" in note
    assert str(tmp_path / "var" / "data_docs") in note
