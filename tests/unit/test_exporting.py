"""Test exports of views: read the files with their intended tools."""

import csv
import gc
import json
import shutil
import subprocess
from collections.abc import Callable, Sequence
from datetime import date, datetime
from pathlib import Path
from typing import Any
from zipfile import ZipFile

import openpyxl
import pyarrow as pa
import pyarrow.parquet as pq
import pyreadstat
import pytest
import python_calamine
from openpyxl.utils import get_column_letter

from schemas.enums import MissingReason
from schemas.errors import UsageError
from tasks.dictionary.views import REASON_COLUMNS, ViewColumn, views
from tasks.exporting import FORMATS, Exported, occurring, view_named, write_export
from tasks.exporting.value_labels import value_labels
from warehouse.exported import CodebookRow

PANEL = [
    ("V-1/A", 12.0, None, None, True),
    ("V-1/B", None, None, "not_communicated", True),
    ("V-1/C", None, None, "no_return", True),
    ("V-1/D", None, "=cmd|' /C calc'!A0", None, True),
    ("V-1/E", None, None, None, False),
    ("V-1/F", -2.5, None, None, True),
]
CODED = list({column.values: column for view in views().values() for column in view.columns if column.values}.values())
TYPES = {
    "text": pa.string(), "bigint": pa.int64(), "double precision": pa.float64(), "boolean": pa.bool_(),
    "date": pa.date32(), "timestamp": pa.timestamp("us"),
}  # fmt: skip
CODEBOOK = (
    CodebookRow("persons", "Personnes", "Persons", "structure", "count", "people", None, 0, 99, "sum", True, 1),
    CodebookRow(
        "adoption", "Adoption", "Adoption", "structure", "choice", None, "yes|no", None, None, "none", False, None
    ),
    CodebookRow(
        "in_work", "En emploi", "In work", "participant", "choice", None, "yes|no", None, None, "none", False, None
    ),
)
BLANKS = {
    "text": "", "bigint": 6, "double precision": None, "boolean": False, "date": date(2018, 6, 30),
    "timestamp": datetime(2018, 6, 30, 10),
}  # fmt: skip


def rows_of(name: str, given: list[dict[str, Any]]) -> pa.Table:
    """Return rows of a view; columns that a row omits have the same value in all rows."""
    columns = view_named(name).columns
    schema = pa.schema([(column.name, TYPES[column.data_type]) for column in columns])
    common = {c.name: (c.values[0] if c.values else BLANKS[c.data_type]) if c.is_never_null else None for c in columns}
    return pa.Table.from_pylist([{**common, **row} for row in given], schema=schema)


def panel() -> pa.Table:
    names = ("enrolment_id", "value_number", "value_text", "missing_reason", "is_due")
    return rows_of("cohort_panel", [dict(zip(names, row, strict=True)) for row in PANEL])


def exported(tmp_path: Path, ending: str, table: pa.Table | None = None, name: str = "cohort_panel") -> Path:
    target, rows = tmp_path / f"exported{ending}", panel() if table is None else table
    write_export(Exported(rows, view_named(name), occurring(rows, CODEBOOK)), target, "fr")
    assert [path.name for path in tmp_path.iterdir()] == [target.name]
    return target


def rows_with_codes(codes: Sequence[str]) -> pa.Table:
    return rows_of("cohort_panel", [{"indicator_code": code} for code in codes])


def test_parquet_holds_the_same_columns_with_what_they_mean(tmp_path: Path):
    read = pq.read_table(exported(tmp_path, ".parquet"))
    assert read.equals(panel())
    assert read.schema.field("is_due").metadata[b"description"].decode().startswith("Indique si un retour")


def test_parquet_holds_the_codebook_of_the_indicators_in_it_as_json(tmp_path: Path):
    path = exported(tmp_path, ".parquet", rows_with_codes(["adoption", "persons", "adoption"]))
    persons, adoption = json.loads(pq.read_schema(path).metadata[b"codebook"])
    assert persons == {
        "indicator_code": "persons", "label": "Personnes", "level": "structure", "kind": "count", "unit": "people",
        "allowed_values": None, "minimum": 0, "maximum": 99, "over_structures": "sum", "is_core": True,
    }  # fmt: skip
    assert (adoption["indicator_code"], adoption["allowed_values"]) == ("adoption", "yes|no")


def test_a_text_in_csv_is_never_a_formula_and_a_negative_number_stays_one(tmp_path: Path):
    heading, *lines = exported(tmp_path, ".csv").read_text(encoding="utf-8").splitlines()
    cells = [dict(zip(heading.split(","), line.split(","), strict=True)) for line in lines]
    assert cells[3]["value_text"] == "'=cmd|' /C calc'!A0"
    assert (cells[5]["value_number"], cells[5]["is_due"], cells[4]["missing_reason"]) == ("-2.5", "true", "")


def test_a_workbook_is_typed_runs_nothing_and_says_what_its_columns_mean(tmp_path: Path):
    book = openpyxl.load_workbook(exported(tmp_path, ".xlsx"))
    assert book.sheetnames == ["cohort_panel", "columns"]
    sheet = book["cohort_panel"]
    column = {cell.value: get_column_letter(place) for place, cell in enumerate(sheet[1], start=1)}
    assert [sheet[f"{column['value_number']}{row}"].value for row in range(2, 8)] == [12, None, None, None, None, -2.5]
    formula = sheet[f"{column['value_text']}5"]
    assert (formula.value, formula.data_type) == ("=cmd|' /C calc'!A0", "s")
    assert sheet[f"{column['is_due']}2"].value is True
    meanings = {row[0]: row[2:] for row in book["columns"].iter_rows(values_only=True)}
    assert meanings["enrolment_id"][0] == "Inscription\N{NO-BREAK SPACE}: cohorte/structure."
    assert str(meanings["missing_reason"][1]).startswith("not_communicated, not_evaluated")


def test_a_workbook_describes_each_indicator_in_it_and_no_other(tmp_path: Path):
    book = openpyxl.load_workbook(exported(tmp_path, ".xlsx", rows_with_codes(["in_work", "persons"])))
    assert book.sheetnames == ["cohort_panel", "columns", "codebook"]
    assert list(book["codebook"].iter_rows(values_only=True)) == [
        (
            "indicator_code", "label", "level", "kind", "unit", "allowed_values", "minimum", "maximum",
            "over_structures", "is_core",
        ),
        ("persons", "Personnes", "structure", "count", "people", None, 0, 99, "sum", True),
        ("in_work", "En emploi", "participant", "choice", None, "yes|no", None, None, "none", False),
    ]  # fmt: skip
    without = exported(tmp_path, ".xlsx", rows_of("return_status", [{}]), "return_status")
    assert openpyxl.load_workbook(without).sheetnames == ["return_status", "columns"]


def read_statistics(path: str, *, user_missing: bool = False) -> tuple[Any, Any]:
    """Read an SPSS or Stata file: the rows as a data frame, and the metadata."""
    read: Any = pyreadstat.read_sav if path.endswith(".sav") else pyreadstat.read_dta
    return read(path, user_missing=user_missing)


def test_spss_labels_the_codes_of_indicators_which_stay_texts(tmp_path: Path):
    data, meta = read_statistics(str(exported(tmp_path, ".sav", rows_with_codes(["persons", "unknown"]))))
    assert data["indicator_code"].tolist() == ["persons", "unknown"]
    assert meta.variable_value_labels["indicator_code"] == {"persons": "Personnes"}


def test_spss_gets_labels_and_reasons_as_user_missing_values(tmp_path: Path):
    path = str(exported(tmp_path, ".sav"))
    data, meta = read_statistics(path)
    assert data["value_number"].tolist()[0] == 12
    assert data["value_number"].isna().tolist() == [False, True, True, True, True, False]
    kept, meta = read_statistics(path, user_missing=True)
    labels = meta.variable_value_labels["value_number"]
    assert [labels.get(value) for value in kept["value_number"]] == [
        None, "demandé, non communiqué", "aucun retour exploitable", None, None, None,
    ]  # fmt: skip
    (missing,) = meta.missing_ranges["value_number"]
    assert missing["lo"] <= min(labels) <= max(labels) <= missing["hi"] < -2.5
    assert meta.column_names_to_labels["occasion_code"].startswith("Échéance")
    assert meta.variable_value_labels["is_due"] == {0: "non", 1: "oui"}
    reasons = meta.variable_value_labels["missing_reason"]
    assert [reasons.get(code) for code in kept["missing_reason"]][:3] == [
        None,
        "demandé, non communiqué",
        "aucun retour exploitable",
    ]
    assert kept["value_text"].tolist()[3] == "=cmd|' /C calc'!A0"


def test_stata_gets_labels_and_reasons_as_tagged_missing_values(tmp_path: Path):
    path = str(exported(tmp_path, ".dta"))
    data, meta = read_statistics(path)
    assert data["value_number"].isna().tolist() == [False, True, True, True, True, False]
    kept, meta = read_statistics(path, user_missing=True)
    labels = meta.variable_value_labels["value_number"]
    assert [labels.get(value) for value in kept["value_number"]] == [
        None, "demandé, non communiqué", "aucun retour exploitable", None, None, None,
    ]  # fmt: skip
    assert meta.missing_user_values["value_number"] == ["a", "e"]
    assert meta.variable_value_labels["is_due"] == {0: "non", 1: "oui"}


def test_a_value_is_never_taken_for_a_reason(tmp_path: Path):
    table = rows_of("cohort_panel", [{"value_number": -999_999.0}, {"missing_reason": "unexplained"}])
    kept, meta = read_statistics(str(exported(tmp_path, ".sav", table)), user_missing=True)
    (missing,) = meta.missing_ranges["value_number"]
    assert kept["value_number"].tolist()[0] == -999_999 > missing["hi"]


@pytest.mark.parametrize(("ending", "read"), [(".sav", pyreadstat.read_sav), (".dta", pyreadstat.read_dta)])
def test_yes_and_no_of_a_person_are_labelled_and_keep_the_reason_why_neither_is_known(
    tmp_path: Path, ending: str, read: Callable[..., Any]
):
    rows = [{"entered_work": True}, {"entered_work": False}, {"entered_work_missing_reason": "no_return"}]
    path = exported(tmp_path, ending, rows_of("participant_outcomes", rows), "participant_outcomes")
    assert read(str(path))[0]["entered_work"].isna().tolist() == [False, False, True]
    kept, meta = read(str(path), user_missing=True)
    labels = meta.variable_value_labels["entered_work"]
    assert [labels[value] for value in kept["entered_work"]] == ["oui", "non", "aucun retour exploitable"]


@pytest.mark.parametrize(("ending", "read"), [(".sav", pyreadstat.read_sav), (".dta", pyreadstat.read_dta)])
def test_what_is_missing_for_no_reason_is_never_a_zero(tmp_path: Path, ending: str, read: Callable[..., Any]):
    rows = [{"entered_work": True}, {"entered_work_missing_reason": "no_return"}, {}]
    path = exported(tmp_path, ending, rows_of("participant_outcomes", rows), "participant_outcomes")
    assert read(str(path), user_missing=True)[0]["entered_work"].isna().tolist() == [False, False, True]


@pytest.mark.parametrize(("ending", "read"), [(".sav", pyreadstat.read_sav), (".dta", pyreadstat.read_dta)])
@pytest.mark.parametrize("reason", [None, "no_return"])
def test_a_first_value_after_many_rows_without_one_is_read_as_what_it_is(
    tmp_path: Path, ending: str, read: Callable[..., Any], reason: str | None
):
    nothing: list[dict[str, Any]] = [{"entered_work_missing_reason": reason}] * 200
    rows = [*nothing, {"entered_work": True}, {"entered_work_missing_reason": "unexplained"}]
    path = exported(tmp_path, ending, rows_of("participant_outcomes", rows), "participant_outcomes")
    assert read(str(path))[0]["entered_work"].dropna().tolist() == [1]
    dated = [*[{}] * 200, {"arrived_on": date(2018, 6, 30)}]
    path.unlink()
    path = exported(tmp_path, ending, rows_of("return_status", dated), "return_status")
    assert read(str(path))[0]["arrived_on"].tolist()[-1] == date(2018, 6, 30)


@pytest.mark.parametrize("ending", FORMATS)
@pytest.mark.parametrize("name", ["return_status", "reconciliation", "cohort_panel"])
def test_a_view_without_rows_and_one_with_every_kind_of_column_can_be_written(tmp_path: Path, ending: str, name: str):
    exported(tmp_path, ending, rows_of(name, []), name)
    exported(tmp_path, ending, rows_of(name, [{}]), name)


def test_a_text_that_a_format_cannot_hold_is_refused_and_leaves_no_file(tmp_path: Path):
    table = rows_of("survey_answers", [{"answer_text": "é" * 20_000}])
    for ending, limit in ((".dta", "at most 2045"), (".sav", "at most 32767")):
        with pytest.raises(UsageError, match=limit):
            write_export(Exported(table, view_named("survey_answers")), tmp_path / f"x{ending}", "en")
    assert list(tmp_path.iterdir()) == []


def test_a_workbook_refuses_a_text_that_is_too_long_and_leaves_no_file(tmp_path: Path):
    table = rows_of("survey_answers", [{"answer_text": "e" * 40_000}])
    with pytest.raises(UsageError, match="at most 32767"):
        exported(tmp_path, ".xlsx", table, "survey_answers")
    gc.collect()
    assert list(tmp_path.iterdir()) == []


def test_a_workbook_that_cannot_be_written_is_an_error_of_the_system(tmp_path: Path):
    with pytest.raises(FileNotFoundError):
        write_export(Exported(panel(), view_named("cohort_panel")), tmp_path / "nowhere" / "x.xlsx", "fr")


def test_a_workbook_holds_days_moments_and_texts_as_they_are(tmp_path: Path):
    moment = datetime(2018, 6, 30, 10, 11, 12)
    table = pa.table({
        "a_day": pa.array([date(2018, 6, 30)]), "a_moment": pa.array([moment]), "a_text": ["x\x01 https://example.org"],
    })  # fmt: skip
    path = tmp_path / "x.xlsx"
    write_export(Exported(table, view_named("cohort_panel")), path, "fr")
    (_, row) = openpyxl.load_workbook(path)["cohort_panel"].iter_rows()
    assert [cell.value for cell in row] == [
        datetime(2018, 6, 30),
        moment,
        "x\N{REPLACEMENT CHARACTER} https://example.org",
    ]
    assert [cell.number_format for cell in row] == ["yyyy-mm-dd", "yyyy-mm-dd hh:mm:ss", "General"]
    assert row[2].hyperlink is None


@pytest.mark.parametrize("column", CODED, ids=lambda column: f"{column.name} {column.values[0]}")
@pytest.mark.parametrize("locale", ["fr", "en"])
def test_every_code_has_a_label_in_the_language_of_the_file(column: ViewColumn, locale: str):
    labels = value_labels(column, locale)
    assert tuple(labels) == column.values
    assert len(set(labels.values())) == len(labels)
    if locale == "fr":
        assert not [code for code, label in labels.items() if label in (code, value_labels(column, "en")[code])]


@pytest.mark.parametrize("ending", [".sav", ".dta"])
@pytest.mark.parametrize(("locale", "label"), [("fr", "en retard"), ("en", "received late")])
def test_the_labels_of_a_state_are_words_in_the_language_of_the_file(
    tmp_path: Path, ending: str, locale: str, label: str
):
    path = tmp_path / f"x{ending}"
    rows = rows_of("return_status", [{"state": "late"}, {"state": "open"}])
    write_export(Exported(rows, view_named("return_status")), path, locale)
    data, meta = read_statistics(str(path))
    assert label in meta.variable_value_labels["state"][data["state"][0]]


def test_whole_numbers_and_days_are_shown_as_such_in_statistics_programs(tmp_path: Path):
    rows = [{"days_late": 3, "due_on": date(2018, 6, 30)}, {"days_late": None, "due_on": date(2018, 7, 1)}]
    formats: dict[str, Any] = {}
    for ending in (".sav", ".dta"):
        path = exported(tmp_path, ending, rows_of("return_status", rows), "return_status")
        data, meta = read_statistics(str(path))
        assert data["due_on"].tolist() == [date(2018, 6, 30), date(2018, 7, 1)]
        assert (data["days_late"][0], data["days_late"].isna().tolist()) == (3, [False, True])
        formats[ending] = [meta.original_variable_types[name] for name in ("days_late", "state", "answered_pct")]
        path.unlink()
    assert formats == {".sav": ["F11.0", "F11.0", "F8.2"], ".dta": ["%12.0g", "%12.0g", "%10.0g"]}


def test_an_opendocument_table_has_typed_cells_and_the_sheets_of_a_workbook(tmp_path: Path):
    rows = [
        {"days_late": 3, "due_on": date(2018, 6, 30), "is_programme_to_mend": True, "structure_name": "  a  <b>\nc & d"}
    ]
    path = exported(tmp_path, ".ods", rows_of("return_status", rows), "return_status")
    book = python_calamine.load_workbook(path)
    assert book.sheet_names == ["return_status", "columns"]
    heading, row = book.get_sheet_by_name("return_status").to_python()
    cells = dict(zip(heading, row, strict=True))
    assert cells["due_on"] == date(2018, 6, 30)
    assert (cells["days_late"], cells["is_programme_to_mend"]) == (3, True)
    with ZipFile(path) as archive:
        assert archive.infolist()[0].filename == "mimetype"
        assert b'office:value-type="float" office:value="3"/>' in archive.read("content.xml")
    assert cells["structure_name"] == "  a  <b>\nc & d"
    assert cells["arrived_on"] == ""
    meanings = {line[0]: line for line in book.get_sheet_by_name("columns").to_python()}
    assert "late = reçu en retard" in str(meanings["state"][4])


def test_an_opendocument_table_runs_nothing_and_describes_its_indicators(tmp_path: Path):
    book = python_calamine.load_workbook(exported(tmp_path, ".ods"))
    heading, *rows = book.get_sheet_by_name("cohort_panel").to_python()
    assert rows[3][heading.index("value_text")] == "=cmd|' /C calc'!A0"
    path = tmp_path / "exported.ods"
    path.unlink()
    again = python_calamine.load_workbook(exported(tmp_path, ".ods", rows_with_codes(["persons"])))
    assert again.get_sheet_by_name("codebook").to_python()[1][:2] == ["persons", "Personnes"]


def test_libreoffice_reads_an_opendocument_table(tmp_path: Path):
    if shutil.which("soffice") is None:
        pytest.skip("LibreOffice is not installed here: it reads the file as a person's spreadsheet program does")
    rows = [{"days_late": 3, "due_on": date(2018, 6, 30), "structure_name": "=1+1\té  ü"}]
    path = exported(tmp_path, ".ods", rows_of("return_status", rows), "return_status")
    home = f"-env:UserInstallation=file://{tmp_path / 'profile'}"
    command = ["soffice", home, "--headless", "--convert-to", "csv:Text - txt - csv (StarCalc):44,34,76"]
    subprocess.run([*command, "--outdir", str(tmp_path), str(path)], check=True, capture_output=True, timeout=120)
    (row,) = csv.DictReader((tmp_path / "exported.csv").read_text(encoding="utf-8").splitlines())
    assert (row["due_on"], row["days_late"], row["structure_name"]) == ("2018-06-30", "3", "=1+1 é  ü")


@pytest.mark.parametrize("ending", [".sav", ".dta"])
@pytest.mark.parametrize("name", views())
def test_every_view_is_exported_to_statistics_programs(tmp_path: Path, name: str, ending: str):
    """Write a row with a value in each column, and one with a null and a reason in each column that may be null."""
    columns = views()[name].columns
    filled = {c.name: c.values[0] if c.values else {**BLANKS, "double precision": 1.5}[c.data_type] for c in columns}
    reasons = {c.name: c.values[-1] if c.values else "no_return" for c in columns if c.name.endswith("missing_reason")}
    filled |= dict.fromkeys(reasons)
    path = tmp_path / f"x{ending}"
    write_export(Exported(rows_of(name, [filled, reasons]), views()[name]), path, "fr")
    read: Any = pyreadstat.read_sav if ending == ".sav" else pyreadstat.read_dta
    data, _ = read(str(path))
    assert list(data.columns) == [column.name for column in columns]


def test_an_unknown_view_or_format_is_refused_with_the_known_ones(tmp_path: Path):
    with pytest.raises(UsageError, match=r"'cohort_pane' is not a view\. Did you mean cohort_panel\?"):
        view_named("cohort_pane")
    with pytest.raises(UsageError, match="is not a view"):
        view_named("raw.cohort_panel")
    with pytest.raises(UsageError, match=r"one of these extensions: \.parquet, \.csv, \.xlsx, \.ods, \.sav, \.dta"):
        write_export(Exported(panel(), view_named("cohort_panel")), tmp_path / "x.odt", "fr")


def test_every_number_that_can_be_missing_for_a_reason_is_known_to_the_exports():
    declared = {column.name for view in views().values() for column in view.columns}
    reasons = {name for name in declared if name.endswith("missing_reason")}
    assert set(REASON_COLUMNS.values()) == reasons - {"contract_kind_missing_reason"}  # a text has no missing-value tag
    assert len(MissingReason) == 9  # the number of missing-value tags
