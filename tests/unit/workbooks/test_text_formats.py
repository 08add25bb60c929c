"""Test that a text whose number format shows another text, or nothing, is known to be disguised."""

import io
import re
import zipfile
from pathlib import Path

import pytest
from bookkeeping import book, content, findings_of, inbox, items, programme
from openpyxl import Workbook
from random_workbooks import by_libreoffice

from tasks.landing import Landing
from tasks.spreadsheets.cells import Cell, CellKind
from tasks.spreadsheets.parser import Parser
from tasks.spreadsheets.parsing import parse
from tasks.workbooks import read_inbox

EUROS = '_-* #,##0.00\\ "€"_-;\\-* #,##0.00\\ "€"_-;_-* "-"\\ "€"_-;_-@_-'
SEEN = [
    ("12", '@"5"', CellKind.DISGUISED),
    ("12", '"-"@', CellKind.DISGUISED),
    ("12", '0;-0;0;"13"', CellKind.DISGUISED),
    ("12", ';;;"nc"', CellKind.DISGUISED),
    ("12", ";;;", CellKind.DISGUISED),
    ("12", '@" k€"', CellKind.DISGUISED),
    ("abc", '"non "@', CellKind.DISGUISED),
    ("abc", "@@", CellKind.DISGUISED),
    ("abc", '@\\?', CellKind.DISGUISED),
    ("abc", "@", CellKind.TEXT),
    ("abc", "_-@_-", CellKind.TEXT),
    ("abc", "@* ", CellKind.TEXT),
    ("abc", EUROS, CellKind.TEXT),
    ("abc", "0;-0;;@", CellKind.TEXT),
    ("abc", "General", CellKind.TEXT),
    ("abc", "0.00", CellKind.TEXT),
    ("abc", '0" h"', CellKind.TEXT),
    ("abc", "dd/mm/yyyy", CellKind.TEXT),
    ("nc", ';;;"nc"', CellKind.TEXT),
]  # fmt: skip
NOTATIONS = {
    "inline": ' s="{style}" t="inlineStr"><is><t>{text}</t></is></c>',
    "formula": ' s="{style}" t="str"><f>T("")</f><v>{text}</v></c>',
}


def with_formats() -> bytes:
    """Return a workbook with one text of each format, from A1 down, as shared texts."""
    made = Workbook()
    page = made.worksheets[0]
    page.title = "Textes"
    for row, (text, number_format, _) in enumerate(SEEN, start=1):
        page.cell(row, 1, text).number_format = number_format
    made.calculation.fullCalcOnLoad = False
    return content(made)


def noted(notation: str) -> bytes:
    """Return the same workbook with its texts in one of the notations of XLSX."""
    copy = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(with_formats())) as read, zipfile.ZipFile(copy, "w") as written:
        for member in read.infolist():
            xml = read.read(member).decode()
            if member.filename == "xl/worksheets/sheet1.xml":
                for row, (text, *_) in enumerate(SEEN, start=1):
                    cell = re.search(rf'<c r="A{row}"(?: s="(\d+)")? t="(?:s|inlineStr)">.*?</c>', xml)
                    assert cell
                    tail = NOTATIONS[notation].format(text=text, style=cell[1] or "0")
                    xml = xml.replace(cell[0], f'<c r="A{row}"{tail}')
            written.writestr(member.filename, xml)
    return copy.getvalue()


def seen_in(made: bytes, suffix: str) -> list[tuple[str, str, CellKind]]:
    sheet = parse(made, suffix).sheets["Textes"]
    assert sheet.differs_at is None
    return [(text, number_format, sheet.at(row, 0).kind) for row, (text, number_format, _) in enumerate(SEEN)]


@pytest.mark.parametrize("notation", NOTATIONS)
def test_a_text_is_known_by_what_its_format_shows_in_every_notation(notation: str) -> None:
    assert seen_in(noted(notation), ".xlsx") == SEEN


def test_a_text_is_known_by_what_its_format_shows_in_files_of_libreoffice(tmp_path: Path) -> None:
    assert seen_in(with_formats(), ".xlsx") == SEEN
    for suffix in ("xlsx", "ods"):
        saved = by_libreoffice({"formats": with_formats()}, tmp_path / suffix, suffix)["formats"]
        assert seen_in(saved, f".{suffix}") == SEEN


@pytest.mark.parametrize(
    ("number_format", "kind"), [("General;General;General;", CellKind.DISGUISED), (";;", CellKind.TEXT)]
)
def test_only_a_fourth_section_is_for_texts_without_their_sign(number_format: str, kind: CellKind) -> None:
    made = Workbook()
    made.worksheets[0]["A1"] = "12"
    made.worksheets[0]["A1"].number_format = number_format
    assert parse(content(made), ".xlsx").sheets["Sheet"].at(0, 0) == Cell("12", kind)


def test_yes_and_no_are_seen_as_texts() -> None:
    made = Workbook()
    page = made.worksheets[0]
    for row, number_format in enumerate(("0", ";;;", '@" ?"'), start=1):
        page.cell(row, 1, value=True).number_format = number_format
    sheet = parse(content(made), ".xlsx").sheets["Sheet"]
    kinds = (CellKind.YES_NO, CellKind.DISGUISED, CellKind.DISGUISED)
    assert [sheet.at(row, 0) for row in range(3)] == [Cell("true", kind) for kind in kinds]


def test_a_disguised_text_is_an_error_that_names_the_cell(tmp_path: Path, parser: Parser, landing: Landing) -> None:
    made = book(items(personnes="12"))
    made["Données"]["B1"].number_format = '@"5"'
    receiving = inbox(tmp_path, parser, programme(), locale="fr")
    (tmp_path / "inbox" / "envoi.xlsx").write_bytes(content(made))
    *_, received = read_inbox(receiving, landing, {}).returns
    assert [where for *_, where, _, _ in findings_of(received)] == ["Données!B1"]
