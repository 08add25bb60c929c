"""Test exports of the wide form of the panel: read the files with their intended tools."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import openpyxl
import pyarrow as pa
import pyarrow.csv as pc
import pyarrow.parquet as pq
import pyreadstat
import pytest
from openpyxl.utils import get_column_letter

from schemas.errors import UsageError
from tasks.exporting import view_named, widened, write_export
from warehouse.exported import AttributeRow, CodebookRow, PanelRows

PERSONS = CodebookRow("persons", "Personnes", "Persons", "structure", "count", "people", None, 0, 99, "sum", True, 1)
ADOPTION = CodebookRow(
    "adoption",
    "Adoption",
    "Adoption",
    "structure",
    "choice",
    None,
    "no|partial|adopted",
    None,
    None,
    "none",
    True,
    None,
)
REMARK = CodebookRow("remark", "Remarque", "Remark", "structure", "text", None, None, None, None, "none", False, None)
IN_WORK = replace(ADOPTION, indicator_code="in_work", level="participant")
CODEBOOK = (PERSONS, ADOPTION, REMARK, IN_WORK)
OCCASIONS = [("V-1/A", "M06"), ("V-1/A", "M12"), ("V-1/B", "M06"), ("V-1/B", "M12")]
CELLS = [
    ("V-1/A", "M06", "persons", 12.0, None, None),
    ("V-1/B", "M06", "persons", None, None, "not_communicated"),
    ("V-1/B", "M12", "persons", 0.0, None, None),
    ("V-1/A", "M06", "adoption", None, "adopted", None),
    ("V-1/A", "M12", "adoption", None, "no", None),
    ("V-1/B", "M06", "adoption", None, None, "no_return"),
    ("V-1/A", "M06", "remark", None, "=1+1", None),
    ("V-1/B", "M06", "remark", None, None, "unexplained"),
]
TYPES = {"text": pa.string(), "bigint": pa.int64(), "boolean": pa.bool_()}
READERS: dict[str, Any] = {".sav": pyreadstat.read_sav, ".dta": pyreadstat.read_dta}


def panel(cells: Sequence[tuple[Any, ...]] = CELLS, codebook: tuple[CodebookRow, ...] = CODEBOOK) -> PanelRows:
    named = {column.name: column for column in view_named("cohort_panel").columns}
    known = {"is_due": True, "is_left": False, "is_enrolment_balanced": False, "months": 6, "presence_class": "never"}
    columns = [
        "cohort_code",
        "innovation_code",
        "structure_code",
        "structure_name",
        "phase",
        "presence_pattern",
        *known,
    ]
    rows = [
        {**dict.fromkeys(columns, None), **known, "enrolment_id": enrolment, "occasion_code": occasion}
        for enrolment, occasion in OCCASIONS
    ]
    types = pa.schema([(name, TYPES[named[name].data_type]) for name in ("enrolment_id", "occasion_code", *columns)])
    names = ("enrolment_id", "occasion_code", "indicator_code", "value_number", "value_text", "missing_reason")
    held = pa.schema([(name, pa.float64() if name == "value_number" else pa.string()) for name in names])
    filled = pa.Table.from_pylist([dict(zip(names, cell, strict=True)) for cell in cells], schema=held)
    return PanelRows(pa.Table.from_pylist(rows, schema=types), filled, codebook)


def written(tmp_path: Path, ending: str, rows: PanelRows | None = None) -> str:
    target = tmp_path / f"wide{ending}"
    write_export(widened(rows or panel(), view_named("cohort_panel"), ending), target, "fr")
    return str(target)


def test_a_row_is_an_enrolment_at_an_occasion_and_each_indicator_of_structures_a_column(tmp_path: Path):
    read = pq.read_table(written(tmp_path, ".parquet"))
    assert read.column_names == [
        *("enrolment_id", "cohort_code", "innovation_code", "structure_code", "structure_name", "occasion_code"),
        *("months", "phase", "is_due", "is_left", "presence_pattern", "presence_class", "is_enrolment_balanced"),
        *("persons", "persons_missing_reason", "adoption", "adoption_missing_reason"),
        *("remark", "remark_missing_reason"),
    ]
    assert list(zip(*(read[name].to_pylist() for name in ("enrolment_id", "occasion_code")), strict=True)) == OCCASIONS
    assert read["persons"].to_pylist() == [12, None, None, 0]
    assert read["persons_missing_reason"].to_pylist() == [None, None, "not_communicated", None]
    assert read["adoption"].to_pylist() == ["adopted", "no", None, None]
    assert read.schema.field("persons").metadata[b"description"] == b"Personnes (people)"
    assert b"in_work" not in read.schema.metadata[b"codebook"]


def test_a_count_is_an_integer_unless_structures_share_it(tmp_path: Path):
    assert pq.read_schema(written(tmp_path, ".parquet")).field("persons").type == pa.int64()
    shared = [("V-1/A", "M06", "persons", 12.5, None, None)]
    assert pq.read_table(written(tmp_path, ".parquet", panel(shared)))["persons"].to_pylist()[0] == 12.5
    lines = Path(written(tmp_path, ".csv")).read_text(encoding="utf-8").splitlines()
    assert "12" in lines[1].split(",")


def test_a_column_of_the_long_form_is_in_the_wide_form_or_is_of_one_cell():
    of_one_cell = {"indicator_code", "value_number", "value_text", "missing_reason", "obs_status", "series"}
    of_one_cell |= {"break_reason", "return_id", "is_balanced", "is_unchanged"}
    wide = widened(panel([], ()), view_named("cohort_panel"), ".csv").view
    assert {c.name for c in view_named("cohort_panel").columns} == {c.name for c in wide.columns} | of_one_cell


def test_an_attribute_of_structures_is_a_column_with_its_present_value(tmp_path: Path):
    known = panel()
    codes = pa.array([enrolment.partition("/")[2] for enrolment, _ in OCCASIONS])
    named = known.rows.set_column(known.rows.column_names.index("structure_code"), "structure_code", codes)
    declared = (
        AttributeRow("region", "Région", "Region", "A", "Nord"),
        AttributeRow("siret", "siret", "siret", "B", "01"),
    )
    read = pq.read_table(written(tmp_path, ".parquet", replace(known, rows=named, attributes=declared)))
    assert read["region"].to_pylist() == ["Nord", "Nord", None, None]
    assert read["siret"].to_pylist() == [None, None, "01", "01"]
    assert read.schema.field("region").metadata[b"description"] == "Région".encode()
    taken = (AttributeRow("persons", "Personnes", "Persons", "A", "3"),)
    with pytest.raises(UsageError, match="persons"):
        widened(replace(known, attributes=taken), view_named("cohort_panel"), ".csv")


def test_a_spreadsheet_has_texts_and_reasons_beside_them_and_runs_no_formula(tmp_path: Path):
    lines = pc.read_csv(written(tmp_path, ".csv")).to_pydict()
    assert lines["adoption"] == ["adopted", "no", "", ""]
    assert lines["adoption_missing_reason"] == ["", "", "no_return", ""]
    assert lines["remark"][0] == "'=1+1"
    book = openpyxl.load_workbook(written(tmp_path, ".xlsx"))
    assert book.sheetnames == ["cohort_panel", "columns", "codebook"]
    sheet = book["cohort_panel"]
    column = {cell.value: get_column_letter(place) for place, cell in enumerate(sheet[1], start=1)}
    assert [sheet[f"{column['persons']}{row}"].value for row in range(2, 6)] == [12, None, None, 0]
    assert (sheet[f"{column['remark']}2"].value, sheet[f"{column['remark']}2"].data_type) == ("=1+1", "s")
    assert [row[0] for row in book["codebook"].iter_rows(min_row=2, values_only=True)] == [
        "persons",
        "adoption",
        "remark",
    ]
    meanings = {row[0]: row[2] for row in book["columns"].iter_rows(values_only=True)}
    assert meanings["adoption_missing_reason"] == "Adoption\N{NO-BREAK SPACE}: raison de l'absence de valeur."


@pytest.mark.parametrize("ending", READERS)
def test_choices_are_numbers_with_labels_in_the_order_of_the_codebook(tmp_path: Path, ending: str):
    path = written(tmp_path, ending)
    data, meta = READERS[ending](path)
    assert data["adoption"].isna().tolist() == [False, False, True, True]
    assert data["adoption"].tolist()[:2] == [3, 1]
    labels = meta.variable_value_labels["adoption"]
    assert [labels[code] for code in (1, 2, 3)] == ["no", "partial", "adopted"]
    assert meta.column_names_to_labels["persons"] == "Personnes (people)"


@pytest.mark.parametrize("ending", READERS)
@pytest.mark.parametrize(
    ("variable", "expected"),
    [
        ("persons", [None, None, "demandé, non communiqué", None]),
        ("adoption", ["adopted", "no", "aucun retour exploitable", None]),
    ],
)
def test_numbers_and_choices_that_are_missing_keep_the_reason(
    tmp_path: Path, ending: str, variable: str, expected: list[str | None]
):
    kept, meta = READERS[ending](written(tmp_path, ending), user_missing=True)
    labels = meta.variable_value_labels[variable]
    assert [labels.get(value) for value in kept[variable]] == expected
    assert kept[variable].isna().sum() == 1  # missing without a reason
    assert f"{variable}_missing_reason" not in kept


@pytest.mark.parametrize("ending", READERS)
def test_a_text_which_can_hold_no_reason_keeps_it_in_a_variable_beside_it(tmp_path: Path, ending: str):
    kept, meta = READERS[ending](written(tmp_path, ending), user_missing=True)
    assert kept["remark"].tolist() == ["=1+1", "", "", ""]
    labels = meta.variable_value_labels["remark_missing_reason"]
    assert [labels.get(code) for code in kept["remark_missing_reason"]] == [None, None, "laissé vide", None]


@pytest.mark.parametrize("ending", READERS)
def test_a_value_that_the_codebook_allows_no_more_comes_after_those_that_it_allows(tmp_path: Path, ending: str):
    earlier = ("V-1/B", "M12", "adoption", None, "abandoned", None)
    data, meta = READERS[ending](written(tmp_path, ending, panel([*CELLS, earlier])))
    assert data["adoption"].tolist()[3] == 4
    assert meta.variable_value_labels["adoption"][4] == "abandoned"


@pytest.mark.parametrize(("ending", "held"), [(".sav", 120), (".dta", 200)])
def test_a_label_that_is_too_long_is_cut_where_it_can_be_seen(tmp_path: Path, ending: str, held: int):
    long = replace(ADOPTION, allowed_values="é" * 100, label_fr="é" * 300)
    _, meta = READERS[ending](written(tmp_path, ending, panel([], (long,))))
    assert len(meta.variable_value_labels["adoption"][1].encode()) in range(held - 1, held + 1)
    assert meta.column_names_to_labels["adoption"].endswith("é…")


@pytest.mark.parametrize(
    ("ending", "code", "words"),
    [
        (".dta", "a" * 33, "at most 32 letters"),
        (".dta", "first-result", "digits and _"),
        (".sav", "first-result", "digits and _"),
        (".dta", "2nd_result", "starts with a letter"),
        (".sav", "2nd_result", "starts with a letter"),
        (".dta", "str12", "not a reserved word"),
        (".sav", "To", "not a reserved word"),
    ],
)
def test_a_code_that_is_no_valid_variable_name_is_refused(tmp_path: Path, ending: str, code: str, words: str):
    indicators = (PERSONS, replace(ADOPTION, indicator_code=code))
    with pytest.raises(UsageError, match=rf"invalid variable names in \{ending}: {code}\. .*{words}") as refused:
        written(tmp_path, ending, panel([], indicators))
    assert "Export the wide form to .csv, .xlsx or .parquet" in str(refused.value).replace("\n", " ")
    assert list(tmp_path.iterdir()) == []
    for other in (".csv", ".xlsx", ".parquet"):
        written(tmp_path, other, panel([], indicators))


def test_an_invalid_code_of_an_attribute_is_one_of_the_programme(tmp_path: Path):
    region = AttributeRow("main-region", "Région", "Region", "A", "Nord")
    with pytest.raises(
        UsageError, match=r"^programme\.yaml: .*main-region\. .*these attributes other codes in programme"
    ):
        written(tmp_path, ".sav", replace(panel([], (PERSONS,)), attributes=(region,)))
    both = (replace(PERSONS, indicator_code="first-result"),)
    with pytest.raises(
        UsageError, match=r"^codebook\.csv: .*and crosswalk\.csv and these attributes .*programme\.yaml"
    ):
        written(tmp_path, ".sav", replace(panel([], both), attributes=(region,)))


def test_a_text_is_refused_where_its_reason_would_have_too_long_a_name(tmp_path: Path):
    indicators = (replace(REMARK, indicator_code="a" * 18),)
    with pytest.raises(UsageError, match=r"a{18}_missing_reason"):
        written(tmp_path, ".dta", panel([], indicators))
    written(tmp_path, ".sav", panel([], indicators))


@pytest.mark.parametrize(
    ("codes", "ending", "words"),
    [
        (["months"], ".csv", "duplicate columns: months"),
        (["a", "a_missing_reason"], ".sav", "duplicate columns: a_missing_reason"),
        (["Persons", "persons"], ".sav", "duplicate columns: Persons, persons"),
    ],
)
def test_a_code_that_is_the_name_of_another_column_is_refused(
    tmp_path: Path, codes: list[str], ending: str, words: str
):
    indicators = tuple(replace(PERSONS, indicator_code=code) for code in codes)
    with pytest.raises(UsageError, match=words):
        written(tmp_path, ending, panel([], indicators))


def test_capitals_distinguish_names_where_the_format_distinguishes_them(tmp_path: Path):
    indicators = tuple(replace(PERSONS, indicator_code=code) for code in ("Persons", "persons"))
    assert {"Persons", "persons"} <= set(READERS[".dta"](written(tmp_path, ".dta", panel([], indicators)))[0])


@pytest.mark.parametrize("ending", [".parquet", ".csv", ".xlsx", *READERS])
@pytest.mark.parametrize("codebook", [(), CODEBOOK])
def test_a_panel_without_cells_or_without_indicators_can_be_written(
    tmp_path: Path, ending: str, codebook: tuple[CodebookRow, ...]
):
    written(tmp_path, ending, panel([], codebook))
    empty = panel([], codebook)
    written(tmp_path, ending, replace(empty, rows=empty.rows.slice(0, 0)))
