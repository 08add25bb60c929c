"""Test data packages of the demonstration: read each file with the programs that it is for."""

import hashlib
import json
import os
import shutil
import subprocess
import xml.etree.ElementTree as Xml
from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import duckdb
import openpyxl
import pandas as pd
import pyarrow as pa
import pyarrow.csv as pc
import pyarrow.parquet as pq
import pyreadstat
import pytest
import python_calamine
from frictionless import Package, system
from running import AS_OF, Demo, Ran, essaim, run_essaim

from schemas.settings import ProjectPaths
from tasks.dictionary.views import View, views
from tasks.packaging import Contents, package_contents, write_package
from tasks.programme import read_programme

DDI = {"ddi": "ddi:codebook:2_5"}
OF_PEOPLE = [
    "corrections", "participant_attributes", "participant_outcomes", "participant_values", "provenance",
    "survey_answers", "value_revisions",
]  # fmt: skip


def packaged(capsys: pytest.CaptureFixture[str], programme: Path, *arguments: str) -> Ran:
    ran = essaim(capsys, "package", "--programme", str(programme), *arguments)
    assert ran.code == 0, ran.err
    return ran


@pytest.fixture(scope="module")
def folder(demo: Demo, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Write a package in French. Read it, and never change it."""
    folder = tmp_path_factory.mktemp("packages") / "in French"
    ran = run_essaim("package", "--programme", str(demo.folder), "--out", str(folder))
    assert ran.code == 0, ran.err
    return folder


def descriptor(folder: Path) -> dict[str, Any]:
    return json.loads((folder / "datapackage.json").read_text(encoding="utf-8"))


def files(folder: Path) -> dict[str, bytes]:
    paths = (path for path in folder.rglob("*") if path.is_file())
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in paths}


def read_labelled(read: Any, file: Path) -> tuple[Any, Any]:
    """Read an SPSS or Stata file with labels in the place of codes: the rows as a data frame, and the metadata."""
    return read(str(file), apply_value_formats=True)


def packaged_views() -> Iterator[View]:
    for view in views().values():
        if view.schema == "analytics" and not view.is_of_people:
            yield view


def test_a_package_has_every_view_of_analysts_in_every_format_and_no_row_of_a_person(folder: Path) -> None:
    expected = {view.name for view in packaged_views()}
    dimensions = {"dim_cohort", "dim_enrolment", "dim_evaluator", "dim_indicator", "dim_innovation", "dim_occasion"}
    for place, ending in (("data", "csv"), ("data", "parquet"), ("spss", "sav"), ("stata", "dta"), ("ods", "ods")):
        assert {path.stem for path in (folder / place).glob(f"*.{ending}")} == expected | dimensions
    assert sorted(view.name for view in views().values() if view.is_of_people) == OF_PEOPLE


def test_a_view_with_a_column_of_people_is_declared_to_be_of_people() -> None:
    columns = {view.name: {column.name for column in view.columns} for view in views().values()}
    named = {name for name, found in columns.items() if found & {"pseudonym", "answer_text", "old_text"}}
    assert sorted(named) == OF_PEOPLE


def test_a_package_names_no_one_who_decided_or_corrected_something(folder: Path) -> None:
    named = {
        (view.name, column.name)
        for view in views().values()
        for column in view.columns
        if "author" in column.name or column.name == "evaluator_name"
    }
    declared = {(view.name, c.name) for view in views().values() for c in view.columns if c.names_staff}
    assert named == declared
    packaged_names = {view.name for view in packaged_views()}
    for view, column in ((view, column) for view, column in named if view in packaged_names):
        assert column not in pq.read_schema(folder / "data" / f"{view}.parquet").names


def test_the_same_contents_give_the_same_bytes(
    demo: Demo, folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    packaged(capsys, demo.folder, "--out", str(tmp_path / "again"))
    first, again = files(folder), files(tmp_path / "again")
    assert [name for name in first | again if first.get(name) != again.get(name)] == []


@pytest.mark.parametrize("view", packaged_views(), ids=lambda view: view.name)
def test_files_of_statistics_programs_are_dated_by_the_day_of_the_views(folder: Path, view: View) -> None:
    """Read the header by the published layout: the instant of writing would differ between two packages."""
    sav = (folder / "spss" / f"{view.name}.sav").read_bytes()
    assert sav[92:109] == b"31 Mar 1900:00:00"
    dta = (folder / "stata" / f"{view.name}.dta").read_bytes()
    assert b"<release>118</release>" in dta[:100]
    assert b"<timestamp>\x1131 Mar 2019 00:00</timestamp>" in dta[:2000]


def test_the_data_package_is_valid_for_frictionless_with_its_keys_values_and_checksums(folder: Path) -> None:
    with system.use_context(trusted=True):
        package = Package(str(folder / "datapackage.json"))
        package.resources = [each for each in package.resources if each.path and each.path.endswith(".csv")]
        report = package.validate()
    errors = [(task.name, error.message) for task in report.tasks for error in task.errors]
    assert (report.valid, errors[:3], report.errors) == (True, [], [])
    assert len(report.tasks) == 29


def test_a_changed_figure_is_found_by_frictionless(folder: Path, tmp_path: Path) -> None:
    changed = tmp_path / "changed"
    shutil.copytree(folder, changed)
    path = changed / "data" / "return_rates.csv"
    path.write_bytes(path.read_bytes().replace(b"M06", b"M99", 1))
    package = Package(str(changed / "datapackage.json"))
    package.resources = [each for each in package.resources if each.path and each.path.endswith(".csv")]
    errors = {(task.name, error.type) for task in package.validate().tasks for error in task.errors}
    assert errors == {("return_rates", "hash-count"), ("return_rates", "foreign-key")}


def test_the_data_package_describes_every_other_file_with_its_size_and_checksum(folder: Path) -> None:
    described = {each["path"]: each for each in descriptor(folder)["resources"]}
    found = files(folder)
    del found["datapackage.json"]
    assert described.keys() == found.keys()
    for name, content in found.items():
        assert described[name]["bytes"] == len(content)
        assert described[name]["hash"] == f"sha256:{hashlib.sha256(content).hexdigest()}"
    assert len({each["name"] for each in described.values()}) == len(described)


def test_the_data_package_has_keys_values_with_labels_and_true_foreign_keys(folder: Path) -> None:
    package = descriptor(folder)
    schemas = {each["name"]: each["schema"] for each in package["resources"] if each.get("type") == "table"}
    panel = schemas["cohort_panel"]
    assert panel["primaryKey"] == ["enrolment_id", "occasion_code", "indicator_code"]
    fields = {field["name"]: field for field in panel["fields"]}
    assert fields["missing_reason"]["categories"][0] == {
        "value": "not_communicated", "label": "demandé, non communiqué",
    }  # fmt: skip
    assert [fields[name]["type"] for name in ("months", "value_number", "is_due", "enrolment_id")] == [
        "integer", "number", "boolean", "string",
    ]  # fmt: skip
    assert {"fields": ["enrolment_id"], "reference": {"resource": "dim_enrolment", "fields": ["enrolment_id"]}} in (
        panel["foreignKeys"]
    )
    # TOTAL is no innovation.
    keys = [key["fields"] for key in schemas["consolidated_results"].get("foreignKeys", [])]
    assert ["innovation_code"] not in keys
    assert (package["essaim"]["asOf"], package["essaim"]["isProvisional"]) == (str(AS_OF), True)
    assert package["contributors"] == [{"title": package["title"], "roles": ["creator"]}]
    assert "licenses" not in package


def test_parquet_and_csv_hold_the_rows_of_the_published_views(demo: Demo, folder: Path) -> None:
    with duckdb.connect(str(ProjectPaths(demo.folder).published), read_only=True) as connection:
        for view in packaged_views():
            names = [column.name for column in view.columns if not column.names_staff]
            columns, order = ", ".join(names), ", ".join(view.grain)
            held = connection.sql(f"select {columns} from {view.schema}.{view.name} order by {order}").to_arrow_table()
            table = pq.read_table(folder / "data" / f"{view.name}.parquet")
            assert table.to_pylist() == held.to_pylist()
            types = pa.schema([(field.name, field.type) for field in table.schema])
            options = pc.ConvertOptions(
                column_types=types, strings_can_be_null=True, quoted_strings_can_be_null=False, null_values=[""]
            )
            parsing = pc.ParseOptions(newlines_in_values=True)
            read = pc.read_csv(folder / "data" / f"{view.name}.csv", parse_options=parsing, convert_options=options)
            assert read.to_pylist() == held.to_pylist(), view.name


def test_csv_is_utf_8_with_crlf_iso_dates_and_nulls_apart_from_empty_texts(folder: Path) -> None:
    content = (folder / "data" / "revisions.csv").read_bytes()
    assert content.count(b"\r\n") == content.count(b"\n")
    heading, line, *_ = content.decode("utf-8").split("\r\n")
    cells = dict(zip(heading.replace('"', "").split(","), line.split(","), strict=True))
    assert cells["kind"] == '"on_time"'
    assert date.fromisoformat(cells["due_on"])
    respondents = {line.split(",")[8] for line in content.decode("utf-8").split("\r\n")[1:-1]}
    assert '""' in respondents  # an empty text: a workbook has no number of a response
    assert "" not in respondents


def test_spss_and_stata_label_values_in_the_language_of_the_package(
    demo: Demo, folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    packaged(capsys, demo.folder, "--out", str(tmp_path / "en"), "--locale", "en")
    for place, label in ((folder, "manquant"), (tmp_path / "en", "missing")):
        for file, read in (
            ("spss/return_status.sav", pyreadstat.read_sav),
            ("stata/return_status.dta", pyreadstat.read_dta),
        ):
            data, meta = read_labelled(read, place / file)
            assert label in set(data["state"])
            assert data["due_on"].map(type).eq(date).all()
            assert meta.original_variable_types["days_late"] in ("F11.0", "%12.0g")
    assert (tmp_path / "en" / "README.md").read_text(encoding="utf-8").count("These data are provisional") == 1
    assert pd.read_stata(folder / "stata" / "return_rates.dta").shape[0] > 0


def test_each_ods_file_is_read_by_another_program(folder: Path) -> None:
    for view in packaged_views():
        book = python_calamine.load_workbook(folder / "ods" / f"{view.name}.ods")
        heading = book.get_sheet_by_index(0).to_python()[0]
        assert heading == [column.name for column in view.columns if not column.names_staff]


def test_the_codebook_lists_every_column_value_and_indicator(folder: Path) -> None:
    book = openpyxl.load_workbook(folder / "codebook.xlsx")
    assert book.sheetnames == ["about", "views", "columns", "values", "missing_reasons", "indicators"]
    listed = {(str(row[0]), str(row[1])): row for row in book["columns"].iter_rows(min_row=2, values_only=True)}
    for view in packaged_views():
        for column in view.columns:
            assert ((view.name, column.name) in listed) is not column.names_staff
    assert listed[("return_status", "due_on")][2:4] == ("date", False)
    values = {
        (row[0], row[1], row[3]): (row[2], row[4]) for row in book["values"].iter_rows(min_row=2, values_only=True)
    }
    assert values[("return_status", "state", "late")] == (6, "reçu en retard")
    assert {str(row[0]) for row in book["indicators"].iter_rows(min_row=2, values_only=True)} >= {"persons_concerned"}


def test_the_pdf_has_french_text_page_numbers_and_a_bookmark_for_each_view(folder: Path) -> None:
    content = (folder / "codebook.pdf").read_bytes()
    assert content.count(b"/Title") > len(list(packaged_views()))
    assert b"/Lang" in content
    if shutil.which("pdftotext") is None:
        pytest.skip("pdftotext (poppler-utils) is not installed here: it reads the texts of the PDF")
    text = subprocess.run(["pdftotext", "-layout", str(folder / "codebook.pdf"), "-"], check=True, capture_output=True)
    words = text.stdout.decode("utf-8")
    assert "Livre de codes" in words
    assert "Jour de l'échéance" in words
    assert "page 2" in words
    assert "?" not in words.replace(" ?", "")


def test_the_ddi_codebook_has_a_file_for_each_view_and_a_variable_for_each_column(folder: Path) -> None:
    root = Xml.parse(folder / "ddi-codebook.xml").getroot()
    names = {
        file.findtext(".//ddi:fileName", namespaces=DDI): file.get("ID") for file in root.findall("ddi:fileDscr", DDI)
    }
    variables = root.findall("ddi:dataDscr/ddi:var", DDI)
    for view in packaged_views():
        own = [each for each in variables if each.get("files") == names[f"data/{view.name}.csv"]]
        assert [each.get("name") for each in own] == [column.name for column in view.columns if not column.names_staff]
    state = next(each for each in variables if each.get("name") == "state")
    categories = {each.findtext("ddi:catValu", namespaces=DDI): each for each in state.findall("ddi:catgry", DDI)}
    assert categories["late"].findtext("ddi:labl", namespaces=DDI) == "reçu en retard"
    universe = root.findtext("ddi:stdyDscr/ddi:stdyInfo/ddi:sumDscr/ddi:universe", namespaces=DDI)
    assert universe == "Structures\N{NO-BREAK SPACE}: 85. Cohortes\N{NO-BREAK SPACE}: 9."


def test_the_ddi_codebook_is_valid_by_the_schema_of_the_ddi_alliance(folder: Path) -> None:
    schema = os.environ.get("DDI_CODEBOOK_XSD")
    if schema is None or shutil.which("xmllint") is None:
        pytest.skip(
            "DDI_CODEBOOK_XSD does not name the codebook.xsd of DDI-Codebook 2.5, or xmllint (libxml2-utils) is not "
            "installed: the schema is under the LGPL, and no package of the registries has it"
        )
    command = ["xmllint", "--noout", "--nonet", "--schema", schema, str(folder / "ddi-codebook.xml")]
    ran = subprocess.run(command, capture_output=True, text=True, check=False, timeout=120)
    assert ran.returncode == 0, ran.stderr


def test_the_notebook_runs_from_its_first_cell_to_its_last(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    notebook = json.loads((folder / "notebooks" / "start.ipynb").read_text(encoding="utf-8"))
    monkeypatch.chdir(folder / "notebooks")
    names: dict[str, Any] = {}
    cells = [cell for cell in notebook["cells"] if cell["cell_type"] == "code"]
    for cell in cells:
        exec(compile("".join(cell["source"]), "start.ipynb", "exec"), names)
    assert len(cells) == 6
    assert len(names["panel"]) == 13_260
    assert len(names["results"]) == 45


def run_in_r(folder: Path, *arguments: str, needs: tuple[str, ...]) -> str:
    """Run R in the folder of a package and return its output; skip the test where R or a library is missing."""
    if shutil.which("Rscript") is None:
        pytest.skip("R is not installed here: it reads the package (Debian: r-base-core)")
    for library in needs:
        check = ["Rscript", "--vanilla", "-e", f"library({library})"]
        if subprocess.run(check, capture_output=True, check=False, timeout=60).returncode != 0:
            pytest.skip(f"R has no {library} here: it reads the package (Debian: r-cran-{library})")
    command = ["Rscript", "--vanilla", *arguments]
    environment = {**os.environ, "LC_ALL": "C.UTF-8"}
    ran = subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, check=False, timeout=300)
    assert (ran.returncode, ran.stderr) == (0, "")
    return ran.stdout


def test_the_starter_runs_in_r(folder: Path) -> None:
    printed = run_in_r(folder, "notebooks/start.R", needs=("readr", "jsonlite"))
    assert "13260" in printed
    assert "demandé, non communiqué" in printed


def test_r_reads_labels_of_spss_and_stata_files(folder: Path) -> None:
    script = """
        library(haven)
        for (each in list(read_sav("spss/return_status.sav"), read_dta("stata/return_status.dta"))) {
          cat(class(each$due_on), as.character(as_factor(each$state))[1] %in% names(attr(each$state, "labels")), "\\n")
        }
    """
    assert run_in_r(folder, "-e", script, needs=("haven",)).splitlines() == ["Date TRUE ", "Date TRUE "]


def test_the_command_line_of_duckdb_opens_the_published_copy(demo: Demo) -> None:
    if shutil.which("duckdb") is None:
        pytest.skip("The command line of DuckDB is not installed here: any version from 1.4 on opens the file")
    query = "select count(*) from analytics.cohort_panel"
    command = ["duckdb", "-readonly", "-csv", str(ProjectPaths(demo.folder).published), query]
    ran = subprocess.run(command, capture_output=True, text=True, check=False, timeout=60)
    assert (ran.returncode, ran.stdout.split()[-1:]) == (0, ["13260"]), ran.stderr


def test_a_package_as_of_a_past_day_is_of_the_views_of_that_day(
    demo: Demo, folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    programme = demo.copy(with_results=True)
    paths = ProjectPaths(programme)
    paths.as_of.mkdir()
    shutil.copy(paths.published, paths.built_as_of(AS_OF))
    paths.published.unlink()
    packaged(capsys, programme, "--out", str(tmp_path / "past"), "--as-of", str(AS_OF))
    assert files(tmp_path / "past") == files(folder)
    refused = essaim(capsys, "package", "--programme", str(programme), "--as-of", "2018-01-01")
    assert (refused.code, "essaim build --as-of 2018-01-01" in refused.err) == (2, True)


def test_people_and_a_licence_are_in_a_package_where_they_are_asked_for(
    demo: Demo, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    programme = demo.copy(with_results=True)
    ran = packaged(capsys, programme, "--people", "--licence", "CC-BY-4.0", "--json")
    result = json.loads(ran.out)
    target = ProjectPaths(programme).packages / f"{AS_OF}.fr"
    assert (result["folder"], result["left_out"], result["refused"]) == (str(target), [], {})
    assert set(OF_PEOPLE) <= {path.stem for path in (target / "data").iterdir()}
    assert descriptor(target)["licenses"] == [{"name": "CC-BY-4.0"}]
    assert "Licence\N{NO-BREAK SPACE}: CC-BY-4.0." in (target / "README.md").read_text(encoding="utf-8")
    again = packaged(capsys, programme, "--out", str(target))
    assert "Left out, because their rows describe single people or answers" in again.out
    assert not set(OF_PEOPLE) & {path.stem for path in (target / "data").iterdir()}
    assert [path.name for path in target.parent.iterdir()] == [target.name]


def contents_of(demo: Demo) -> Contents:
    return package_contents(ProjectPaths(demo.folder), read_programme(demo.folder), "fr")


def test_what_a_format_cannot_hold_is_left_out_of_this_format_alone(demo: Demo, tmp_path: Path) -> None:
    contents = contents_of(demo)
    held = contents.views["return_status"]
    place = held.table.column_names.index("structure_name")
    long = pa.array(["é" * 20_000] * held.table.num_rows, pa.string())
    contents.views["return_status"] = replace(held, table=held.table.set_column(place, "structure_name", long))
    written = write_package(contents, tmp_path / "package")
    assert written.refused.keys() == {"spss/return_status.sav", "stata/return_status.dta"}
    found = files(tmp_path / "package")
    assert {path for path in found if "return_status" in path} == {
        f"data/return_status.{x}" for x in ("csv", "parquet")
    } | {"ods/return_status.ods"}
    readme = found["README.md"].decode("utf-8")
    assert "- `stata/return_status.dta`: structure_name: a text has 40000 bytes" in readme
    assert not {each["path"] for each in descriptor(tmp_path / "package")["resources"]} & written.refused.keys()


def test_any_name_of_a_programme_and_of_an_indicator_is_in_the_codebook(demo: Demo, tmp_path: Path) -> None:
    contents = contents_of(demo)
    indicators = contents.views["dim_indicator"].indicators
    strange = replace(indicators[0], label_fr='a<b> & "c" \N{RIGHTWARDS ARROW} ' + "x" * 3_000)
    contents.views["dim_indicator"] = replace(contents.views["dim_indicator"], indicators=(strange, *indicators[1:]))
    write_package(replace(contents, title="Ł\x01 " + "y" * 3_000 + " <b>&"), tmp_path / "package")
    root = Xml.parse(tmp_path / "package" / "ddi-codebook.xml").getroot()
    assert root.findtext(".//ddi:titl", namespaces=DDI) == "Ł\N{REPLACEMENT CHARACTER} " + "y" * 3_000 + " <b>&"
    book = openpyxl.load_workbook(tmp_path / "package" / "codebook.xlsx")
    assert strange.label_fr in {str(row[1]) for row in book["indicators"].iter_rows(values_only=True)}
    assert (tmp_path / "package" / "codebook.pdf").read_bytes().startswith(b"%PDF")


def test_a_folder_with_other_contents_is_refused_and_stays(
    demo: Demo, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "letter.txt").write_text("mine")
    refused = essaim(capsys, "package", "--programme", str(demo.folder), "--out", str(tmp_path))
    assert (refused.code, "was not replaced" in refused.err) == (2, True)
    assert [path.name for path in tmp_path.iterdir()] == ["letter.txt"]


def test_an_error_leaves_the_earlier_package_and_nothing_else(
    demo: Demo, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    target = tmp_path / "package"
    packaged(capsys, demo.folder, "--out", str(target))
    before = files(target)

    def fail(*_: object) -> None:
        raise OSError(28, "No space left on device", "a file")

    monkeypatch.setattr("tasks.packaging.package.write_ddi", fail)
    failed = essaim(capsys, "package", "--programme", str(demo.folder), "--out", str(target), "--locale", "en")
    assert (failed.code, "No space left" in failed.err) == (1, True)
    assert files(target) == before
    assert [path.name for path in tmp_path.iterdir()] == ["package"]
