"""Test that nobody's struck text, and no note beside a number, is read with the value: the cell is named."""

import io
from pathlib import Path

import openpyxl
import pytest
import xlsxwriter
from bookkeeping import book, content, findings_of, inbox, items, person, programme
from openpyxl.cell.rich_text import CellRichText, TextBlock
from openpyxl.cell.text import InlineFont
from openpyxl.styles import Font
from random_workbooks import by_libreoffice

from tasks.landing import Landing
from tasks.spreadsheets.cells import CellKind
from tasks.spreadsheets.parser import Parser
from tasks.spreadsheets.parsing import parse
from tasks.workbooks import read_inbox

SEEN = [
    ("12 with a raised 1", CellKind.STRUCK, "121"),
    ("12 with a lowered 1", CellKind.STRUCK, "121"),
    ("12 after a struck 15", CellKind.STRUCK, "1512"),
    ("1er with raised letters", CellKind.TEXT, "1er"),
    ("1 with a bold 2", CellKind.TEXT, "12"),
    ("a struck number", CellKind.STRUCK, "12"),
    ("a struck text", CellKind.STRUCK, "CDI"),
    ("a struck cell without a value", CellKind.BLANK, None),
    ("a number", CellKind.NUMBER, "12"),
]


def by_xlsxwriter() -> bytes:
    """Return a workbook with the cells of `SEEN`, from A1 down; rich texts are shared."""
    stream = io.BytesIO()
    made = xlsxwriter.Workbook(stream, {"in_memory": True})
    page = made.add_worksheet("Textes")
    struck, bold = made.add_format({"font_strikeout": True}), made.add_format({"bold": True})
    raised, lowered = made.add_format({"font_script": 1}), made.add_format({"font_script": 2})
    page.write_rich_string(0, 0, "1", bold, "2", raised, "1")
    page.write_rich_string(1, 0, "1", bold, "2", lowered, "1")
    page.write_rich_string(2, 0, struck, "15", bold, "12")
    page.write_rich_string(3, 0, "1", raised, "er")
    page.write_rich_string(4, 0, "1", bold, "2")
    page.write(5, 0, 12, struck)
    page.write(6, 0, "CDI", struck)
    page.write_blank(7, 0, None, struck)
    page.write(8, 0, 12)
    made.close()
    return stream.getvalue()


def by_openpyxl() -> bytes:
    """Return the same workbook; rich texts stand in the cells."""
    made = openpyxl.Workbook()
    page = made.worksheets[0]
    page.title = "Textes"
    struck, bold = InlineFont(strike=True), InlineFont(b=True)
    raised, lowered = InlineFont(vertAlign="superscript"), InlineFont(vertAlign="subscript")
    page["A1"] = CellRichText("12", TextBlock(raised, "1"))
    page["A2"] = CellRichText("12", TextBlock(lowered, "1"))
    page["A3"] = CellRichText(TextBlock(struck, "15"), TextBlock(bold, "12"))
    page["A4"] = CellRichText("1", TextBlock(raised, "er"))
    page["A5"] = CellRichText("1", TextBlock(bold, "2"))
    page["A6"], page["A7"], page["A9"] = 12, "CDI", 12
    for cell in ("A6", "A7", "A8"):
        page[cell].font = Font(strike=True)
    return content(made)


def seen_in(content: bytes, suffix: str) -> list[tuple[str, CellKind, str | None]]:
    sheet = parse(content, suffix).sheets["Textes"]
    assert sheet.differs_at is None
    cells = [sheet.at(row, 0) for row in range(len(SEEN))]
    return [(case, cell.kind, cell.text) for (case, *_), cell in zip(SEEN, cells, strict=True)]


@pytest.mark.parametrize("made", [by_xlsxwriter(), by_openpyxl()], ids=["XlsxWriter", "openpyxl"])
def test_struck_raised_and_lowered_texts_are_known(tmp_path: Path, made: bytes) -> None:
    assert seen_in(made, ".xlsx") == SEEN
    for suffix in ("xlsx", "ods"):
        saved = by_libreoffice({"texts": made}, tmp_path / suffix, suffix)["texts"]
        assert seen_in(saved, f".{suffix}") == SEEN


def test_each_struck_cell_is_an_error_that_names_it(tmp_path: Path, parser: Parser, landing: Landing) -> None:
    made = book(items(), [person(), person(nom="Barrée", contrat=None)])
    made["Données"]["B1"] = CellRichText("12", TextBlock(InlineFont(vertAlign="superscript"), "1"))
    made["Participants"]["A2"] = CellRichText("Martin", TextBlock(InlineFont(vertAlign="superscript"), "1"))
    for cell in made["Participants"][3]:
        cell.font = Font(strike=True)
    receiving = inbox(tmp_path, parser, programme(), locale="fr")
    (tmp_path / "inbox" / "envoi.xlsx").write_bytes(content(made))
    *_, received = read_inbox(receiving, landing, {}).returns
    errors = [(where, expected) for severity, where, _, expected in findings_of(received) if severity == "error"]
    assert [where for where, _ in errors] == [
        "Données!B1", "Participants!A2", "Participants!A3", "Participants!B3", "Participants!C3", "Participants!E3",
        "Participants!F3",
    ]  # fmt: skip
    assert all("est barrée, en exposant ou en indice" in expected for _, expected in errors)
