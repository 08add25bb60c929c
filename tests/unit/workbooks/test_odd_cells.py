"""Test that cells with facts are found in a sheet without parsing it whole, and whatever its notation."""

import io
import re
import zipfile

import pytest
from bookkeeping import content
from openpyxl import Workbook

from tasks.spreadsheets.cells import Cell, CellKind
from tasks.spreadsheets.parsing import parse
from tasks.spreadsheets.xlsx_facts import odd_cells

SHEET = "xl/worksheets/sheet1.xml"


def rewritten(pattern: bytes, notation: bytes) -> bytes:
    """Return a workbook with 1, #REF!, 45 % and an uncalculated formula in A1 to D1, 12 in E1, in another notation."""
    made = Workbook()
    page = made.worksheets[0]
    page.append([1, "#REF!", 0.45, "=1+1", 12])
    page["C1"].number_format = "0%"
    copy = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(content(made))) as read, zipfile.ZipFile(copy, "w") as written:
        for member in read.infolist():
            xml = read.read(member)
            if member.filename == SHEET:
                xml, count = re.subn(pattern, notation, xml)
                assert count
            written.writestr(member.filename, xml)
    return copy.getvalue()


@pytest.mark.parametrize(
    ("pattern", "notation"),
    [
        (b' t="e"', b' t="e"'),
        (b' t="e"', b' t = "e"'),
        (b' t="e"', b" t='e'"),
        (b' s="1"', b" s='1'"),
        (b' r="[A-E]1"', b""),
    ],
    ids=["as openpyxl writes it", "spaces", "single quotes", "style in single quotes", "no references"],
)
def test_facts_are_found_in_every_notation(pattern: bytes, notation: bytes) -> None:
    sheet = parse(rewritten(pattern, notation), ".xlsx").sheets["Sheet"]
    assert sheet.differs_at is None
    assert list(sheet.row(0)) == [
        Cell("1", CellKind.NUMBER),
        Cell("#REF!", CellKind.ERROR),
        Cell("45 %", CellKind.TEXT),
        Cell("=", CellKind.UNCALCULATED),
        Cell("12", CellKind.NUMBER),
    ]


@pytest.mark.parametrize(
    "notation",
    [b"<v>1<!-- x -->2</v>", b"<v>1<?x y?>2</v>", b"<v>12</v><v>13</v>"],
    ids=["comment", "instruction", "two values"],
)
def test_a_value_that_programs_read_differently_is_named(notation: bytes) -> None:
    assert parse(rewritten(b"<v>12</v>", notation), ".xlsx").sheets["Sheet"].differs_at == "E1"


@pytest.mark.parametrize("notation", [b'<c r="E1" t="e"/>', b'<c r="E1" t="e"></c>', b'<c r="E1" t="e"><v/></c>'])
def test_an_error_without_a_name_is_an_error(notation: bytes) -> None:
    sheet = parse(rewritten(rb'<c r="E1"[^>]*><v>12</v></c>', notation), ".xlsx").sheets["Sheet"]
    assert sheet.at(0, 4) == Cell("#?", CellKind.ERROR)


@pytest.mark.parametrize(
    "name",
    ["#N/A", "#n/a", " #N/A", "#N/A!", "#GETTING_DATA", "#DATA!", "#SPILL!", "#CALC!", "#FIELD!", "#BLOCKED!", "#BUSY!",
     "#PYTHON!", "#NULL!", "#NUM!", "#NAME?", "#VALUE!", "#DIV/0!", "#NOM ?", "#FOO", "Err:502", "12",
     "été &amp; hiver", "<![CDATA[#FOO]]>"],
)  # fmt: skip
def test_every_error_names_its_cell_and_the_rest_is_read(name: str) -> None:
    error = f'<c r="E1" t="e"><v>{name}</v></c>'.encode()
    sheet = parse(rewritten(rb'<c r="E1"[^>]*><v>12</v></c>', error), ".xlsx").sheets["Sheet"]
    shown = name.strip().replace("&amp;", "&").removeprefix("<![CDATA[").removesuffix("]]>")
    assert sheet.at(0, 4) == Cell(shown, CellKind.ERROR)
    assert (sheet.at(0, 0), sheet.differs_at) == (Cell("1", CellKind.NUMBER), None)


@pytest.mark.parametrize("number", [b"1e400", b"INF", b"NaN"])
def test_a_number_without_an_end_is_an_error(number: bytes) -> None:
    sheet = parse(rewritten(b"<v>12</v>", b"<v>" + number + b"</v>"), ".xlsx").sheets["Sheet"]
    assert sheet.at(0, 4).kind is CellKind.ERROR


def test_the_style_of_a_row_and_of_a_cell_without_a_value_are_no_facts() -> None:
    cell = b'<c r="B2" s="5"><v>2</v></c>'
    rows = b'<row r="1"><c r="A1"><v>1</v></c></row><row r="2" s="5"><c r="A2" s="5"/>%s</row>' % cell
    xml = b"<worksheet><sheetData>%s</sheetData></worksheet>" % rows
    assert odd_cells(xml, {"5"}) == [cell]


@pytest.mark.parametrize("above", [None, "Nombre"], ids=["alone", "below a header"])
def test_a_negative_zero_is_a_zero(above: str | None) -> None:
    made = Workbook()
    made.worksheets[0]["A1"] = above
    made.worksheets[0]["A2"] = made.worksheets[0]["A3"] = -0.0
    assert parse(content(made), ".xlsx").sheets["Sheet"].at(1, 0) == Cell("0", CellKind.NUMBER)
