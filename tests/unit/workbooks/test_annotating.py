"""Test the answer to a quarantined workbook: a copy with marked cells, and the findings as text."""

import stat
from collections.abc import Callable
from pathlib import Path

import bookkeeping as wb
import pytest
from openpyxl import Workbook, load_workbook

from schemas.enums import CsvEncoding
from schemas.sources import InboxSource
from tasks.landing import Landing
from tasks.records import ReturnVersion
from tasks.spreadsheets.parser import Parser
from tasks.workbooks import read_inbox, workbook_name
from tasks.workbooks.annotating import annotate, annotated_copies, withdraw

NAME = workbook_name(wb.RETURN)
FAULTY = wb.book(wb.items(personnes="douze"), [wb.person(heures=40), wb.person()])
FAULTY["Données"]["B1"] = "#REF!"

SendBack = Callable[..., tuple[ReturnVersion, list[Path]]]


@pytest.fixture
def send_back(tmp_path: Path, parser: Parser, landing: Landing) -> SendBack:
    def sending(made: Workbook | bytes, name: str = NAME) -> tuple[ReturnVersion, list[Path]]:
        inbox = wb.inbox(tmp_path, parser, locale="fr")
        content = made if isinstance(made, bytes) else wb.content(made)
        (tmp_path / "inbox" / name).write_bytes(content)
        (received,) = read_inbox(inbox, landing, {}).returns
        assert received.is_quarantined
        return received, annotate(tmp_path / "back", received, content, inbox.programme, parser)

    return sending


def test_the_faulty_cells_are_coloured_and_say_what_is_expected_and_the_others_are_as_they_were(send_back: SendBack):
    _, (_, copy) = send_back(FAULTY)
    book = load_workbook(copy)
    marked = {
        f"{page.title}!{cell.coordinate}": cell
        for page in book.worksheets[1:]
        for row in page.iter_rows()
        for cell in row
        if cell.comment
    }
    assert set(marked) == {"Données!B1", "Participants!E2", "Participants!A3"}
    assert {cell.fill.fgColor.rgb for cell in marked.values()} == {"00FFC7CE"}
    comment = marked["Participants!E2"].comment
    assert comment is not None
    assert comment.text == "Attendu\u00a0: un nombre de 0 à 35"
    assert marked["Participants!E2"].value == 40
    assert book["Participants"]["A2"].value == "Inventée"


def test_the_first_sheet_and_the_text_list_what_is_to_be_corrected_and_quote_no_text(send_back: SendBack):
    _, (text, copy) = send_back(FAULTY)
    page = load_workbook(copy).worksheets[0]
    lines = [[cell.value for cell in row] for row in page.iter_rows(min_row=4)]
    assert page.title == "À corriger"
    assert lines[:2] == [
        ["Feuille", "Cellule", "Trouvé", "Attendu"],
        ["Données", "B1", "#REF!", "une valeur\u00a0: la cellule affiche une erreur de sa formule"],
    ]
    assert ["Participants", "E2", "40", "un nombre de 0 à 35"] in lines
    content = text.read_text(encoding="utf-8")
    assert "Participants!E2\n  Trouvé\u00a0: 40\n  Attendu\u00a0: un nombre de 0 à 35\n" in content
    assert "Inventée" not in content


def test_only_this_user_reads_what_goes_back(send_back: SendBack):
    _, written = send_back(FAULTY)
    assert {stat.S_IMODE(path.stat().st_mode) for path in written} == {0o600}


def test_the_marked_copy_itself_can_be_corrected_and_sent(
    send_back: SendBack, tmp_path: Path, parser: Parser, landing: Landing
):
    _, (_, copy) = send_back(FAULTY)
    book = load_workbook(copy)
    book["Données"]["B1"], book["Participants"]["E2"], book["Participants"]["A3"] = 12, 30, "Autre"
    (tmp_path / "inbox" / NAME).unlink()
    book.save(tmp_path / "inbox" / copy.name)
    (received,) = read_inbox(wb.inbox(tmp_path, parser), landing, {}).returns
    assert (received.expected_return_id, received.findings) == (wb.RETURN, ())


def test_a_csv_goes_back_as_a_workbook_whose_texts_stay_texts(tmp_path: Path, parser: Parser, landing: Landing):
    sheet = {"name": "P", "columns": [{"code": "n", "label": "Heures", "kind": "number"}, {"code": "t", "label": "T"}]}
    inbox = wb.inbox(tmp_path, parser, wb.programme([sheet]))
    content = 'Heures;T\ndouze;"=HYPERLINK(""http://x"")"\n'.encode("cp1252")
    (tmp_path / "inbox" / NAME.replace(".xlsx", ".csv")).write_bytes(content)
    (received,) = read_inbox(inbox, landing, {}).returns
    _, copy = annotate(tmp_path / "back", received, content, inbox.programme, parser)
    page = load_workbook(copy)["P"]
    assert [(cell.value, cell.data_type, cell.comment is not None) for cell in page[2]] == [
        ("douze", "s", True),
        ('=HYPERLINK("http://x")', "s", True),
    ]
    # It is sent back as a workbook, under whatever name.
    book = load_workbook(copy)
    book["P"]["A2"], book["P"]["B2"] = "12", "x"
    (tmp_path / "inbox" / NAME.replace(".xlsx", ".csv")).unlink()
    book.save(tmp_path / "inbox" / "corrigé.xlsx")
    (received,) = read_inbox(inbox, landing, {}).returns
    assert (received.expected_return_id, received.findings) == (wb.RETURN, ())


def test_a_csv_in_the_declared_encoding_goes_back_as_a_workbook(tmp_path: Path, parser: Parser, landing: Landing):
    sheet = {"name": "P", "columns": [{"code": "n", "label": "Durée", "kind": "number"}]}
    of_sheet = wb.programme([sheet])
    source = InboxSource(csv_encoding=CsvEncoding("windows-1252"))
    settings = of_sheet.settings.model_copy(
        update={"sources": of_sheet.settings.sources.model_copy(update={"inbox": source})}
    )
    inbox = wb.inbox(tmp_path, parser, of_sheet.model_copy(update={"settings": settings}))
    content = "Durée\ndouze\n".encode("cp1252")
    (tmp_path / "inbox" / NAME.replace(".xlsx", ".csv")).write_bytes(content)
    (received,) = read_inbox(inbox, landing, {}).returns
    _, copy = annotate(tmp_path / "back", received, content, inbox.programme, parser)
    assert [cell.value for (cell,) in load_workbook(copy)["P"].iter_rows(max_row=2)] == ["Durée", "douze"]


def test_what_cannot_be_read_goes_back_as_a_text_only(send_back: SendBack):
    received, written = send_back(b"<html>")
    assert [path.suffix for path in written] == [".txt"]
    assert "page web" in written[0].read_text(encoding="utf-8")
    assert list(annotated_copies(written[0].parent, [received.return_id], written[0].parents[1]).values()) == [
        f"back/{written[0].name}"
    ]


def test_the_copy_of_a_version_is_found_by_it_and_goes_with_the_next(send_back: SendBack, tmp_path: Path):
    first, (_, copy) = send_back(FAULTY)
    assert annotated_copies(copy.parent, [first.return_id, "another"], tmp_path) == {
        first.return_id: f"back/{copy.name}"
    }
    second, written = send_back(wb.book(wb.items(personnes="treize", retours="1,234")))
    assert set(copy.parent.iterdir()) == set(written)
    assert annotated_copies(copy.parent, [first.return_id], tmp_path) == {}
    withdraw(copy.parent, second.expected_return_id)
    assert list(copy.parent.iterdir()) == []
