"""Test programme folders whose tables are workbooks: what is read, under which rows, and what is refused."""

import csv
from datetime import date
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from folder_mistakes import answer_about, copied

from schemas.attributes import AttributeValue
from schemas.following import Period
from tasks.programme import read_programme


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return copied(tmp_path / "programme")


def saved_as_workbook(folder: Path, name: str, cells: dict[str, Any] | None = None) -> openpyxl.Workbook:
    """Put a workbook with the cells of a CSV file in its place, as a spreadsheet program saves it."""
    book = openpyxl.Workbook()
    sheet = book.active
    assert sheet is not None
    with (folder / name).open(encoding="utf-8", newline="") as file:
        for row in csv.reader(file):
            sheet.append([cell or None for cell in row])
    for place, value in (cells or {}).items():
        sheet[place] = value
    (folder / name).unlink()
    book.save((folder / name).with_suffix(".xlsx"))
    return book


def test_a_folder_of_workbooks_is_the_same_programme_version(folder: Path) -> None:
    as_text = read_programme(folder)
    for name in ("structures.csv", "attributes.csv", "codebook.csv", "crosswalk.csv", "recodes.csv"):
        saved_as_workbook(folder, name)
    as_workbooks = read_programme(folder)
    assert as_workbooks.enrolments == as_text.enrolments
    assert as_workbooks.crosswalk == as_text.crosswalk
    assert as_workbooks.attribute_values == as_text.attribute_values
    assert answer_about(folder) == answer_about(copied(folder.parent / "text"))


def test_days_numbers_and_yes_or_no_of_cells_are_read(folder: Path) -> None:
    saved_as_workbook(folder, "attributes.csv", {"B26": date(2026, 1, 1), "D2": 1000001})
    saved_as_workbook(folder, "structures.csv", {"F2": True})
    programme = read_programme(folder)
    assert AttributeValue("CS07", "region", "Wales", Period(date(2026, 1, 1))) in programme.attribute_values
    assert AttributeValue("CS01", "charity_number", "1000001", Period()) in programme.attribute_values
    assert programme.enrolments[0].is_invented


def test_a_mistake_is_reported_at_its_row_also_below_a_blank_row_and_a_cell_of_two_lines(folder: Path) -> None:
    book = saved_as_workbook(folder, "attributes.csv", {"D2": "1000\n001", "C8": "Englnd"})
    sheet = book.active
    assert sheet is not None
    sheet.insert_rows(4)
    book.save(folder / "attributes.xlsx")
    assert answer_about(folder) == [
        "attributes.xlsx:9: found region = 'Englnd' of CS07; expected one of its values (England, Scotland, Wales). "
        "Did you mean England?"
    ]


@pytest.mark.parametrize(
    ("cells", "says"),
    [
        ({"A3": date(2025, 3, 1)}, "structures.csv: check '2025-03-01': it looks like a day that a spreadsheet"),
        ({"A3": "=A2"}, "structures.xlsx:3: found a formula without a result in A3; expected its value."),
    ],
)
def test_a_cell_that_is_no_code_is_reported(folder: Path, cells: dict[str, Any], says: str) -> None:
    (folder / "attributes.csv").unlink()
    saved_as_workbook(folder, "structures.csv", cells)
    assert any(mistake.startswith(says) for mistake in answer_about(folder)), answer_about(folder)


def test_a_number_that_is_shown_otherwise_is_reported(folder: Path) -> None:
    book = saved_as_workbook(folder, "attributes.csv", {"D2": 1000001})
    sheet = book.active
    assert sheet is not None
    sheet["D2"].number_format = '0" (England)"'
    book.save(folder / "attributes.xlsx")
    (mistake,) = answer_about(folder)
    assert mistake.startswith("attributes.xlsx:2: found '1000001 England' in D2, which is shown otherwise;")


def test_two_files_of_one_table_are_reported_and_the_text_is_read(folder: Path) -> None:
    text = (folder / "recodes.csv").read_text(encoding="utf-8")
    saved_as_workbook(folder, "recodes.csv")
    (folder / "recodes.csv").write_text(text, encoding="utf-8")
    assert answer_about(folder) == [
        "recodes.xlsx: found a second file beside recodes.csv; expected one of the two files: recodes.csv is read, "
        "move the other one out of the folder."
    ]


def test_of_several_sheets_the_one_with_the_name_of_the_table_is_read(folder: Path) -> None:
    book = saved_as_workbook(folder, "recodes.csv")
    book.create_sheet("Notes")["A1"] = "ours"
    book.save(folder / "recodes.xlsx")
    assert answer_about(folder)[0] == (
        "recodes.xlsx: found the sheets 'Sheet', 'Notes'; expected one sheet, or one of them with the name recodes."
    )
    book["Sheet"].title = "Recodes"
    book.save(folder / "recodes.xlsx")
    assert answer_about(folder) == []


@pytest.mark.parametrize(
    ("content", "found"),
    [
        (b"", "a file that is no workbook"),
        (b"recode,source_value,value,missing_reason\n", "a file that is no workbook"),
        (b"PK\x03\x04 and no more", "a file that is no workbook"),
    ],
)
def test_a_file_that_is_no_workbook_is_reported_and_not_what_follows_from_it(
    folder: Path, content: bytes, found: str
) -> None:
    (folder / "recodes.csv").unlink()
    (folder / "recodes.xlsx").write_bytes(content)
    assert answer_about(folder) == [
        f"recodes.xlsx: found {found}; expected a workbook as spreadsheet programs save it as .xlsx, or recodes.csv "
        "with commas."
    ]


def test_a_workbook_with_another_name_is_to_be_renamed(folder: Path) -> None:
    saved_as_workbook(folder, "recodes.csv")
    (folder / "recodes.xlsx").rename(folder / "Recodes.xlsx")
    (first, *_) = answer_about(folder)
    assert first == ("Recodes.xlsx: found a file that is not read; expected the name recodes.xlsx: rename the file.")
