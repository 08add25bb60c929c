"""Test the demonstration, and the commands that work in its folder afterwards."""

import csv
import json
import math
import os
import re
import shlex
import subprocess
import sys
from collections import Counter
from datetime import UTC, date, datetime
from email import message_from_bytes, policy
from email.message import EmailMessage
from pathlib import Path
from typing import Any
from zipfile import ZipFile

import pyreadstat
import pytest
import yaml
from running import AS_OF, EXAMPLE, ROOT, Demo, Ran, demonstration_state, essaim, served
from tables import all_tables, limited_status, mails, table

from schemas.enums import MissingReason
from schemas.programme_tables import PublishedFigure
from schemas.settings import Environment, ProjectPaths
from tasks.links import SIGN_IN_LASTS, Links, Purpose
from tasks.programme import read_programme


@pytest.fixture
def results(demo: Demo) -> Path:
    return demo.copy(with_results=True)


def test_the_demo_runs_without_any_server_and_says_where_everything_is(demo: Demo) -> None:
    assert demo.ran.code == 0, demo.ran.err
    assert re.search(r"TOTAL +376 +349 +8 +2 +16 +1 +0 +0", demo.ran.out)
    paths = ProjectPaths(demo.folder)
    for named in (paths.warehouse, paths.published, paths.mails, paths.data_docs):
        assert str(named) in demo.ran.out
        assert named.exists()
    assert "essaim query" in demo.ran.out
    (link,) = re.findall(r"http://127\.0\.0\.1:4202/sign-in/([\w-]+)", demo.ran.out)
    assert Links(paths, Environment()).read(Purpose.SIGN_IN, link, SIGN_IN_LASTS) is not None
    assert "Traceback" not in demo.ran.err
    progress = [line for line in demo.ran.err.splitlines() if line]
    assert progress[0].startswith("Wrote the reference programme")
    assert progress[-1] == "Done."
    assert not [line for line in progress if "WARNING" in line or "INFO" in line]


def test_the_demo_has_the_questionnaires_that_its_crosswalk_was_written_for(demo: Demo) -> None:
    assert read_programme(demo.folder).questionnaires == read_programme(EXAMPLE).questionnaires != {}


def test_the_consolidated_table_is_the_published_one_to_the_character(
    results: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    query = "select * exclude (rank) from analytics.consolidated_table order by rank"
    ran = essaim(capsys, "query", query, "--programme", str(results), "--format", "csv")
    assert ran.code == 0
    assert ran.out == (EXAMPLE / "published" / "consolidated_2019.csv").read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("file", "innovation_code", "phase", "reported"),
    [
        (
            "adoption_vita_2018-06.csv",
            "VITA",
            3,
            {"Positif": "adopted", "Partiellement": "partial", "Négatif": "no"},
        ),
        ("adoption_lref_2018-11.csv", "LREF", 1, {"oui": "adopted", "en cours": "in_progress"}),
    ],
)
def test_the_adoption_matrix_is_the_published_grid(
    results: Path, file: str, innovation_code: str, phase: int, reported: dict[str, str]
) -> None:
    grids = yaml.safe_load((EXAMPLE / "demonstration.yaml").read_text(encoding="utf-8"))["grids"]
    (enrolments,) = [grid["structures"] for grid in grids if grid["file"].endswith(file)]
    with (EXAMPLE / "published" / file).open(encoding="utf-8", newline="") as published:
        _, *structures = next(rows := csv.reader(published))
        expected = {
            (enrolments[structure], criterion): reported[cell]
            for criterion, *cells in rows
            for structure, cell in zip(structures, cells, strict=True)
        }
    criteria = ", ".join(sorted({f"'{criterion}'" for _, criterion in expected}))
    found = table(
        results,
        "select enrolment_id, indicator_code, adoption from analytics.adoption_matrix where adoption <> 'unknown' "
        f"and innovation_code = '{innovation_code}' and phase = {phase} and indicator_code in ({criteria})",
    )
    matrix = {(str(enrolment), str(criterion)): adoption for enrolment, criterion, adoption in found}
    assert {cell: matrix.get(cell) for cell in expected} == expected
    if innovation_code == "LREF":
        assert matrix.keys() == expected.keys()


def test_the_reports_own_contradictions_are_differences_with_their_places(results: Path) -> None:
    found = table(
        results,
        "select innovation_code, measure, printed, held_value, agreement, report || ', ' || place "
        "from analytics.reconciliation where agreement <> 'same' order by published_code",
    )
    assert found == [
        ("GARDIEN", "structures", "18", 16.0, "differs", "Rapport de mars 2019, autre chapitre"),
        ("SOLENI", "structures", "3", 2.0, "differs", "Rapport de mars 2019, autre chapitre"),
        ("GARDIEN", "left", "4", 3.0, "differs", "Rapport de mars 2019, texte"),
        ("GARDIEN", "structures", "17", 16.0, "differs", "Rapport de mars 2019, texte"),
        ("LREF", "value", "94", 70.0, "differs", "Rapport de mars 2019, texte"),
        ("LREF", "value", "33", None, "printed_only", "Rapport de mars 2019, texte"),
        ("TOTAL", "value", "1 082", 1058.0, "differs", "Rapport de mars 2019, texte"),
    ]
    contradicted = table(
        results,
        "select printed from analytics.reconciliation where is_contradicted and measure = 'structures' "
        "and innovation_code = 'GARDIEN' order by printed",
    )
    assert contradicted == [("16",), ("17",), ("18",)]


def test_the_published_figures_repeat_the_published_table() -> None:
    """Compare the two files of the annex: one to check the warehouse with, one to generate the demonstration from."""
    printed = {(f.innovation_code, f.indicator_code or f.measure.value): f.printed for f in annex()}
    with (EXAMPLE / "published" / "consolidated_2019.csv").open(encoding="utf-8", newline="") as published:
        rows = {row.pop("innovation_code"): row for row in csv.DictReader(published)}
    assert printed == {(code, name): cell for code, row in rows.items() for name, cell in row.items()}


def annex() -> list[PublishedFigure]:
    return [figure for figure in read_programme(EXAMPLE).published if figure.place == "annexe"]


def test_every_expected_return_has_one_state_and_the_states_add_up(results: Path) -> None:
    counted = dict(table(results, "select state, count(*) from analytics.return_status group by state"))
    assert sum(counted.values()) == 576
    assert counted["missing"] == 16
    assert counted["quarantined"] == 1
    assert counted["late"] == 8
    assert counted["partial"] == 2
    assert counted["left"] > 0
    assert counted["open"] == 20  # TAPAJ-2 M18 is due on 30 April 2019 and opens that very day
    assert set(counted) <= {"missing", "quarantined", "late", "partial", "left", "open", "scheduled", "received"}


def test_each_evaluator_gets_one_digest_in_french_that_names_no_other_person(results: Path) -> None:
    written = [message_from_bytes(content, policy=policy.default) for content in mails(results).values()]
    assert sorted(message["To"] for message in written) == [
        "camille@example.org",
        "claude@example.org",
        "dominique@example.org",
    ]
    texts = {message["To"]: text_of(message) for message in written}
    for text in texts.values():
        assert "MANQUANTS" in text
        assert "jours de retard" in text
        assert "personne inventée" not in text
        assert not [address for address in re.findall(r"\S+@\S+", text) if not address.startswith("accueil.")]
    camille = texts["camille@example.org"].replace("\N{NO-BREAK SPACE}", " ")
    assert "- Lodomifa\n" in camille
    assert "  * Rien reçu (nouveau)\n    Tableau de données · M18 · Parcours gardien 2016\n" in camille
    assert "  Attendu depuis le samedi 30 juin 2018 · 274 jours de retard\n" in camille
    assert "REÇUS, À CORRIGER · 1\n" in camille


def test_no_person_reaches_the_warehouse_the_logs_or_the_mails(results: Path) -> None:
    """Every simulated participant, contact and person in a table has a canary in its name or address."""
    # Ignore case, as a name may be typed in capitals. The encodings leave these letters unchanged.
    canaries = [b"personne inv", b"isa@example.org", b"nom invent", b"remarque invent"]
    # The evaluators are invented too, and their names are in the warehouse.
    evaluators = [one.name.lower().encode() for one in read_programme(results).settings.evaluators]

    def found_in(content: bytes) -> list[bytes]:
        for name in evaluators:
            content = content.replace(name, b"")
        return [canary for canary in canaries if canary in content]

    sent = b"".join(read_sheets(path) for path in (results / "inbox").glob("SOLENI-1__*__participants.xlsx")).lower()
    assert all(canary in sent for canary in canaries[2:])
    for path in ProjectPaths(results).var.rglob("*"):
        if path.is_file():
            assert not found_in(path.read_bytes().lower()), path
    assert not found_in(repr(all_tables(results)).lower().encode())


def read_sheets(path: Path) -> bytes:
    with ZipFile(path) as archive:
        return b"".join(archive.read(name) for name in archive.namelist())


def test_the_people_of_a_table_are_followed_under_pseudonyms(results: Path) -> None:
    followed: dict[object, list[tuple[Any, ...]]] = {}
    for pseudonym, *outcomes in table(
        results,
        "select pseudonym, split_part(enrolment_id, '/', 2), occasion_code, is_seen, was_seen_before, entered_work, "
        "coalesce(contract_kind, contract_kind_missing_reason), in_training, first_in_work_occasion_code "
        "from analytics.participant_outcomes order by months",
    ):
        followed.setdefault(pseudonym, []).append(tuple(outcomes))
    paths = sorted(path for path in followed.values() if len(path) > 1)
    none = "not_applicable"
    assert paths == [
        [
            ("SOLENI01", "M06", True, None, False, none, False, None),
            ("SOLENI01", "M12", True, True, True, "temporary", False, "M12"),
            ("SOLENI01", "M18", True, True, True, "temporary", False, "M12"),
        ],
        [
            ("SOLENI01", "M12", True, False, False, none, False, None),
            ("SOLENI01", "M18", False, True, None, "unexplained", None, None),
        ],
        [
            ("SOLENI01", "M12", True, False, True, "fixed_term", False, "M12"),
            ("SOLENI01", "M18", True, True, True, "open_ended", False, "M12"),
        ],
        [
            ("SOLENI02", "M06", True, None, False, none, False, None),
            ("SOLENI02", "M12", True, True, False, none, False, None),
            ("SOLENI02", "M18", False, True, None, "unexplained", None, None),
        ],
        [
            ("SOLENI02", "M12", True, False, False, none, False, None),
            ("SOLENI02", "M18", True, True, True, "fixed_term", False, "M18"),
        ],
    ]
    assert sorted(path[0][:3] for path in followed.values() if len(path) == 1) == [
        ("SOLENI01", "M18", True), ("SOLENI01", "M18", True), ("SOLENI02", "M18", True),
    ]  # fmt: skip


def test_the_view_of_people_can_be_exported(results: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    target = tmp_path / "people.csv"
    ran = essaim(capsys, "export", "participant_outcomes", "--out", str(target), "--programme", str(results))
    assert ran.code == 0, ran.err
    with target.open(encoding="utf-8", newline="") as exported:
        rows = list(csv.DictReader(exported))
    assert Counter(row["is_seen"] for row in rows) == {"true": 13, "false": 2}
    assert {len(row["pseudonym"]) for row in rows} == {64}


def text_of(message: EmailMessage) -> str:
    """Return the plain text of a mail."""
    body = message.get_body(("plain",))
    assert body is not None
    return body.get_content()


def test_the_wide_panel_says_of_each_cell_what_the_long_one_says(
    results: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    target = tmp_path / "panel.sav"
    ran = essaim(capsys, "export", "cohort_panel", "--wide", "--out", str(target), "--programme", str(results))
    assert (ran.code, ran.out) == (0, f"Wrote 510 rows of analytics.cohort_panel, in its wide form, to {target}.\n")
    meta: Any
    wide: Any
    wide, meta = pyreadstat.read_sav(str(target), user_missing=True)
    rows = {(row["enrolment_id"], row["occasion_code"]): row for row in wide.to_dict("records")}
    reasons = {reason.value: code for code, reason in enumerate(MissingReason, start=-999_999)}
    for enrolment_id, occasion_code, indicator_code, number, text, reason in table(
        results,
        "select enrolment_id, occasion_code, indicator_code, value_number, value_text, missing_reason "
        "from analytics.cohort_panel",
    ):
        cell = rows[enrolment_id, occasion_code][indicator_code]
        labelled = {label: code for code, label in meta.variable_value_labels[indicator_code].items()}
        expected = number if number is not None else labelled.get(text, reasons.get(reason))
        assert (None if math.isnan(cell) else cell) == expected
    assert meta.column_names_to_labels["persons_concerned"] == "Personnes concernées (persons)"
    assert meta.variable_value_labels["adoption_status"][1] == "adopted"


def test_another_view_has_no_wide_form(results: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    target = tmp_path / "returns.csv"
    ran = essaim(capsys, "export", "return_status", "--wide", "--out", str(target), "--programme", str(results))
    message = (
        "essaim: Found --wide with return_status, which has no wide form; only cohort_panel and participant_values "
        "have one. Leave --wide out."
    )
    assert ran == Ran(2, "", f"{message}\n")
    assert not target.exists()


def test_the_addresses_of_evaluators_stay_out_of_the_warehouse(results: Path) -> None:
    evaluators = read_programme(results).settings.evaluators
    content = repr(all_tables(results))
    assert not [evaluator for evaluator in evaluators if evaluator.email in content]
    assert evaluators[0].name in content


def test_the_simulator_says_how_to_collect_from_it_and_collecting_again_adds_no_row_and_no_mail(
    results: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    before, sent = all_tables(results), mails(results)
    command = [sys.executable, "-m", "flows", "simulate", "--programme", str(results), "--port", "0"]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) as simulator:
        try:
            assert simulator.stdout is not None
            line = ""
            for line in simulator.stdout:
                if line.startswith("export "):
                    ((name, value),) = (word.split("=", 1) for word in shlex.split(line)[1:])
                    monkeypatch.setenv(name, value)
                if line.startswith("essaim collect"):
                    break
            ran = essaim(capsys, *shlex.split(line)[1:], "--json")
        finally:
            simulator.kill()
    assert ran.code == 3, ran.err  # one return must be corrected
    output = json.loads(ran.out)
    assert output["loaded"] == 0
    assert output["troubles"] == []
    assert output["summary"][-1]["received"] == 349
    assert output["data_docs"] is None
    assert all_tables(results) == before
    assert mails(results) == sent


def test_a_dry_run_reports_the_same_and_changes_nothing(
    demo: Demo, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = demo.copy(with_results=False)
    with served(monkeypatch, demonstration_state()):
        ran = essaim(capsys, "collect", "--programme", str(folder), "--as-of", str(AS_OF), "--dry-run")
    assert re.search(r"TOTAL +376 +349 +8 +2 +16 +1 +0 +0", ran.out), ran.err
    assert "dry run" in ran.out
    assert not [path for path in (folder / "var").rglob("*") if path.suffix in {".duckdb", ".eml", ".encrypted"}]


def test_a_corrected_workbook_takes_the_place_of_the_faulty_one(
    results: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    from openpyxl import load_workbook

    path = results / "inbox" / "GARDIEN-1__GARD11__M18__tableau.xlsx"
    book = load_workbook(path)
    book["Données"]["B2"] = 0
    book.save(path)
    on_29_march = datetime(2019, 3, 29, 10, tzinfo=UTC).timestamp()
    os.utime(path, (on_29_march, on_29_march))
    with served(monkeypatch, demonstration_state()):
        ran = essaim(capsys, "collect", "--programme", str(results), "--as-of", str(AS_OF), "--json")
    assert ran.code == 0, ran.err
    output = json.loads(ran.out)
    assert output["loaded"] == 1
    assert output["summary"][-1]["quarantined"] == 0
    assert output["summary"][-1]["late"] == 9
    this = "where expected_return_id = 'GARDIEN-1/GARD11/M18/tableau'"
    state = f"select state, arrived_on from analytics.return_status {this}"
    assert table(results, state) == [("late", date(2019, 3, 29))]
    versions = f"select outcome from raw.returns {this} order by answered_at"
    assert table(results, versions) == [("quarantined",), ("loaded",)]


def test_status_lists_what_needs_a_person_in_each_format(results: Path, capsys: pytest.CaptureFixture[str]) -> None:
    ran = essaim(capsys, "status", "--programme", str(results), "--format", "json")
    listed = json.loads(ran.out)
    assert ran.code == 0
    assert {line["state"] for line in listed} == {"missing", "quarantined", "partial"}
    assert len(listed) == 19
    shown = essaim(capsys, "status", "--programme", str(results))
    assert "GARDIEN-1/LODOMIFA/M18/tableau" in shown.out
    assert "19 expected returns." in shown.out
    every = essaim(capsys, "status", "--programme", str(results), "--all", "--format", "csv")
    assert len(every.out.splitlines()) == 577


def test_status_is_limited_to_an_evaluator_a_structure_or_an_innovation(
    results: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert limited_status(capsys, results, "--evaluator", "EVAL-C", "--innovation", "LREF") == [
        "LREF-1/LREF08/M06/suivi"
    ]
    assert limited_status(capsys, results, "--structure", "GARD07", "--structure", "RALLY07") == [
        "GARDIEN-1/GARD07/M12/tableau",
        "GARDIEN-1/GARD07/M18/tableau",
        "RALLYES-1/RALLY07/M06/suivi",
    ]
    shown = essaim(capsys, "status", "--programme", str(results), "--evaluator", "EVAL-C")
    assert "Last runs" not in shown.out


@pytest.mark.parametrize(
    "sql",
    [
        "delete from raw.returns",
        "create table x as select 1",
        "copy (select 1) to '/tmp/essaim-should-not-exist.csv'",
        "select * from read_csv('/etc/hostname')",
        "attach '/tmp/essaim-should-not-exist.duckdb'",
        "select * from nowhere",
    ],
)
def test_a_query_reads_the_warehouse_and_nothing_else(
    results: Path, sql: str, capsys: pytest.CaptureFixture[str]
) -> None:
    ran = essaim(capsys, "query", sql, "--programme", str(results))
    assert ran.code == 2
    assert ran.err.startswith("essaim: The query could not be run:")
    assert "Traceback" not in ran.err


@pytest.mark.parametrize("answers", ["answers", "row_answers"])
def test_what_a_return_says_is_loaded_in_the_moment_of_the_return(results: Path, answers: str) -> None:
    """Load all cells of a return with the same timestamp: int_participants only looks for them there."""
    loaded = f"from raw.{answers} join raw.returns using (return_id) where outcome = 'loaded'"
    ((together, apart),) = table(
        results,
        f"select count(*) filter ({answers}.loaded_at = returns.loaded_at), "
        f"count(*) filter ({answers}.loaded_at <> returns.loaded_at) {loaded}",
    )
    assert together
    assert apart == 0


def test_a_figure_leads_back_to_its_cell(results: Path) -> None:
    found = table(
        results,
        "select cohort_code, structure_code, instrument_code, origin, location from analytics.provenance "
        "where indicator_code = 'persons_concerned' and enrolment_id = 'SOLENI-1/SOLENI01' and occasion_code = 'M18'",
    )
    assert found == [
        ("SOLENI-1", "SOLENI01", "tableau", "SOLENI-1__SOLENI01__M18__tableau.xlsx", "Données!B1"),
    ]


def test_the_pages_of_the_views_are_one_file_that_needs_nothing_from_elsewhere(
    results: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    to = tmp_path / "views.html"
    ran = essaim(capsys, "docs", "--out", str(to), "--programme", str(results))
    assert (ran.code, ran.err, str(to) in ran.out) == (0, "", True)
    page = to.read_text(encoding="utf-8")
    assert "One row per enrolment, occasion and indicator: the full grid, absences included." in page
    assert re.findall(r"""<(?:script|link|img|iframe)[^>]+(?:src|href)=["'](?:https?:)?//""", page) == []
    # dbt writes readers to the page only if this is true.
    assert '"send_anonymous_usage_stats": false' in page


def test_there_are_no_pages_of_views_before_there_are_views(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    ran = essaim(capsys, "docs", "--out", str(tmp_path / "views.html"), "--programme", str(EXAMPLE))
    assert (ran.code, "There is no warehouse at" in ran.err) == (2, True)


def test_the_demo_does_not_write_into_a_folder_that_holds_something(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "mine.txt").write_text("mine")
    ran = essaim(capsys, "demo", str(tmp_path))
    assert ran == Ran(2, "", f"essaim: {tmp_path} is not empty. Name a new folder, or delete this one first.\n")


def test_a_past_day_can_be_collected_first_and_knows_nothing_of_what_came_later(
    demo: Demo, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = demo.copy(with_results=False)
    with served(monkeypatch, demonstration_state()):
        past = essaim(capsys, "collect", "--programme", str(folder), "--as-of", "2018-06-30", "--json")
        assert table(folder, "select max(answered_on) from raw.returns") <= [(date(2018, 6, 30),)]
        assert any("came or changed after 2018-06-30" in note for note in json.loads(past.out)["notes"])
        assert table(
            folder, "select count(*) from analytics.return_status where due_on > '2018-06-30' and state = 'missing'"
        ) == [(0,)]
        essaim(capsys, "collect", "--programme", str(folder), "--as-of", str(AS_OF))
    names = ("analytics.consolidated_table", "analytics.return_rates", "analytics.consolidated_results")
    now, undisturbed = all_tables(folder), all_tables(demo.folder)
    assert {name: now[name] for name in names} == {name: undisturbed[name] for name in names}


def test_views_as_of_a_day_that_nobody_knew_or_built_are_refused(
    results: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    unbuilt = essaim(capsys, "query", "select 1", "--as-of", "2018-01-31", "--programme", str(results))
    assert (unbuilt.code, "Run essaim build --as-of 2018-01-31 first" in unbuilt.err) == (2, True)
    unknown = essaim(capsys, "build", "--as-of", "2012-01-31", "--programme", str(results))
    assert (unknown.code, "Nothing was known by 2012-01-31" in unknown.err) == (2, True)
    assert not list(ProjectPaths(results).as_of.iterdir())
