"""Test that hidden rows and columns are read with one warning a sheet, and white letters are not read in silence."""

import io
from pathlib import Path

import pytest
import xlsxwriter
from bookkeeping import book, content, findings_of, inbox, items, person, programme
from openpyxl import Workbook
from openpyxl.cell.rich_text import CellRichText, TextBlock
from openpyxl.cell.text import InlineFont
from openpyxl.styles.colors import Color
from random_workbooks import by_libreoffice

from tasks.landing import Landing
from tasks.records import ReturnVersion
from tasks.spreadsheets.cells import CellKind
from tasks.spreadsheets.hidden import hidden_in_xlsx
from tasks.spreadsheets.parser import Parser
from tasks.spreadsheets.parsing import parse
from tasks.workbooks import read_inbox


def with_hidden_parts() -> Workbook:
    """Return a workbook with a hidden answer, a hidden blank row, a filtered person and a hidden column of a table."""
    made = book(items(personnes=12), [person(), person(nom="Cachée"), person(nom="Filtrée")])
    made["Données"].row_dimensions[1].hidden = True
    made["Données"].row_dimensions[40].hidden = True
    table = made["Participants"]
    table.row_dimensions[3].hidden = table.row_dimensions[4].hidden = True
    table.auto_filter.ref = "A1:G4"
    table.column_dimensions["E"].hidden = True
    return made


def collected(made: bytes, suffix: str, folder: Path, parser: Parser, landing: Landing) -> ReturnVersion:
    receiving = inbox(folder, parser, programme(), locale="fr")
    (folder / "inbox" / f"envoi{suffix}").write_bytes(made)
    *_, received = read_inbox(receiving, landing, {}).returns
    return received


@pytest.mark.parametrize("suffix", [".xlsx", ".ods"])
def test_hidden_rows_and_columns_are_read_with_one_warning_a_sheet(
    tmp_path: Path, parser: Parser, landing: Landing, suffix: str
) -> None:
    made = content(with_hidden_parts())
    if suffix == ".ods":
        made = by_libreoffice({"one": made}, tmp_path / "saved", "ods")["one"]
    received = collected(made, suffix, tmp_path, parser, landing)
    assert [(severity, where, found) for severity, where, found, _ in findings_of(received)] == [
        ("warning", "Données", "1 ligne masquée"),
        ("warning", "Participants", "2 lignes masquées, 1 colonne masquée"),
    ]
    assert {answer.item: answer.value_text for answer in received.answers}["Données!personnes"] == "12"


@pytest.mark.parametrize(
    ("xml", "rows", "columns"),
    [
        (b'<row r="2" hidden="1"/><row r="3"/>', [(1, 1)], []),
        (b"<row/><row hidden = 'true'/>", [(1, 1)], []),
        (b'<x:row r="2" hidden="0"/>', [], []),
        (b'<row r="2" ht="0" customHeight="1"/><row r="3" ht="0.5"/>', [(1, 1)], []),
        (b'<col min="2" max="4" width="9" hidden="1"/><col min="5" max="5" width="0"/>', [], [(1, 3), (4, 4)]),
    ],
)
def test_hidden_rows_and_columns_are_known_in_every_notation(
    xml: bytes, rows: list[tuple[int, int]], columns: list[tuple[int, int]]
) -> None:
    before, after = (xml, b"") if b"<col " in xml else (b"", xml)
    hidden = hidden_in_xlsx(b"<worksheet>%s<sheetData>%s</sheetData></worksheet>" % (before, after))
    assert ([*hidden.rows], [*hidden.columns]) == (rows, columns)


WHITE, RED = InlineFont(color=Color("FFFFFFFF")), InlineFont(color=Color("FFFF0000"))
RICH = [
    (CellRichText("12", TextBlock(WHITE, "3")), CellKind.DISGUISED),
    (CellRichText(TextBlock(RED, "12"), TextBlock(WHITE, "3")), CellKind.DISGUISED),
    (CellRichText("12", TextBlock(WHITE, " ")), CellKind.TEXT),
    (CellRichText("12", TextBlock(RED, "3")), CellKind.TEXT),
    (CellRichText(TextBlock(WHITE, "12"), TextBlock(WHITE, "3")), CellKind.TEXT),
]


@pytest.mark.parametrize(("text", "kind"), RICH, ids=[str(number) for number in range(len(RICH))])
def test_letters_in_white_beside_others_are_no_part_of_a_text_in_silence(
    tmp_path: Path, text: CellRichText, kind: CellKind
) -> None:
    made = Workbook()
    made.worksheets[0]["A1"] = text
    assert parse(content(made), ".xlsx").sheets["Sheet"].at(0, 0).kind is kind
    saved = by_libreoffice({"one": content(made)}, tmp_path / "one", "ods")["one"]
    assert parse(saved, ".ods").sheets["Sheet"].at(0, 0).kind is kind


def test_letters_in_white_are_known_among_shared_texts() -> None:
    stream = io.BytesIO()
    made = xlsxwriter.Workbook(stream, {"in_memory": True})
    page = made.add_worksheet("Textes")
    white, red = made.add_format({"font_color": "white"}), made.add_format({"font_color": "red"})
    page.write_rich_string(0, 0, "1", red, "2", white, "3")
    page.write_rich_string(1, 0, "1", red, "2")
    made.close()
    sheet = parse(stream.getvalue(), ".xlsx").sheets["Textes"]
    assert [sheet.at(row, 0).kind for row in range(2)] == [CellKind.DISGUISED, CellKind.TEXT]


@pytest.mark.parametrize(
    ("value", "number_format", "kind"),
    [
        *((12, code, CellKind.DISGUISED) for code in ("[White]0", "[white]General", "[Color2]0", "[White]dd/mm/yyyy")),
        ("12", "[White]@", CellKind.DISGUISED),
        (12, "0;[White]-0", CellKind.NUMBER),
        (12, "[Red]0", CellKind.NUMBER),
    ],
)
def test_a_format_in_white_shows_nothing(value: int | str, number_format: str, kind: CellKind) -> None:
    made = Workbook()
    made.worksheets[0]["A1"] = value
    made.worksheets[0]["A1"].number_format = number_format
    assert parse(content(made), ".xlsx").sheets["Sheet"].at(0, 0).kind is kind


def test_a_format_in_white_shows_nothing_in_ods(tmp_path: Path) -> None:
    made = Workbook()
    for row, value in enumerate((12, "12"), start=1):
        made.worksheets[0].cell(row, 1, value).number_format = "[White]0" if row == 1 else "[White]@"
    saved = by_libreoffice({"one": content(made)}, tmp_path / "one", "ods")["one"]
    sheet = parse(saved, ".ods").sheets["Sheet"]
    assert [sheet.at(row, 0).kind for row in range(2)] == [CellKind.DISGUISED] * 2
