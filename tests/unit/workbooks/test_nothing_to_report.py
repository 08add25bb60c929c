"""Test the box of a workbook that says that there is nothing to report, and what contradicts it."""

import shutil
from pathlib import Path
from typing import Any

import bookkeeping as wb
import pytest
from openpyxl import load_workbook
from random_workbooks import by_libreoffice

from schemas.instruments import BOX
from schemas.programme import Programme
from schemas.settings import ProjectPaths
from tasks.i18n import language
from tasks.landing import Landing
from tasks.records import ReturnVersion
from tasks.schedule.expected_returns import owed_by_folder
from tasks.spreadsheets.parser import Parser
from tasks.validation.nothing_to_report import settled
from tasks.validation.validate import check_returns
from tasks.workbooks import read_inbox, workbook_name
from tasks.workbooks.templates import write_templates

NAME = workbook_name(wb.RETURN)
LABELS = {"fr": "Rien à signaler pour cette période", "en": "Nothing to report for this period"}
QUESTIONS: list[dict[str, Any]] = [dict(item) for item in wb.SHEETS[0]["items"] if isinstance(item, dict)]
SHEETS = [
    {**wb.SHEETS[0], "items": [{**item, "required": item["code"] == "retours"} for item in QUESTIONS]},
    {**wb.SHEETS[1], "minimum_rows": 1},
]


def programme(locale: str = "fr", **nothing: Any) -> Programme:
    """Return the programme with the box, and with a required item and a table that needs a row."""
    whole = wb.programme(SHEETS)
    (instrument,) = whole.settings.instruments
    declared = instrument.model_validate(instrument.model_dump() | {"nothing_to_report": nothing or {"box": True}})
    settings = whole.settings.model_copy(update={"instruments": [declared], "locale": locale})
    return whole.model_copy(update={"settings": settings})


def write(folder: Path, of: Programme) -> Path:
    """Write the template of the return."""
    owed = [row for row in owed_by_folder(of) if row["expected_return_id"] == wb.RETURN]
    (path,) = write_templates(of, ProjectPaths(folder), folder / "sent", "M06", (), owed)
    return path


def received(folder: Path, parser: Parser, landing: Landing, of: Programme, path: Path) -> ReturnVersion:
    """Deliver a workbook, read and check it."""
    inbox = wb.inbox(folder, parser, of)
    shutil.copy(path, folder / "inbox" / path.name)
    (read,) = read_inbox(inbox, landing, {}).returns
    (checked,) = check_returns([read], of, language("en"))
    return settled(checked, of, language("en"))


def ticked(path: Path, text: Any, *, locale: str = "fr", **figures: Any) -> Path:
    """Write in the box of a workbook, and in cells of the first sheet."""
    book = load_workbook(path)
    page = book["Identité" if locale == "fr" else "Identity"]
    (row,) = (cell.row for cell in page["A"] if cell.value == LABELS[locale])
    page.cell(row, 2, text)
    for cell, figure in figures.items():
        book["Données"][cell] = figure
    book.save(path)
    return path


@pytest.mark.parametrize("locale", ["fr", "en"])
def test_the_box_of_a_template_is_an_open_list_and_is_explained(tmp_path: Path, locale: str) -> None:
    book = load_workbook(write(tmp_path, programme(locale)))
    page = book["Identité" if locale == "fr" else "Identity"]
    (cell,) = (cell for cell in page["A"] if cell.value == LABELS[locale])
    (held,) = page.data_validations.dataValidation
    yes, told = {"fr": ("oui", "choisissez «\N{NO-BREAK SPACE}oui\N{NO-BREAK SPACE}»"), "en": ("yes", "choose “yes”")}[
        locale
    ]
    assert (str(held.sqref), held.formula1, held.type) == (f"B{cell.row}", f'"{yes}"', "list")
    assert not page[f"B{cell.row}"].protection.locked
    assert [text for row in book.worksheets[0].iter_rows(max_col=2) if told in (text := str(row[1].value))] != []


def test_without_the_declaration_a_template_has_no_box(tmp_path: Path) -> None:
    book = load_workbook(write(tmp_path, wb.programme(SHEETS)))
    assert LABELS["fr"] not in [cell.value for cell in book["Identité"]["A"]]


@pytest.mark.parametrize("text", ["oui", "Yes", " X ", True, 1])
def test_a_ticked_box_is_an_answer_and_blanks_are_no_mistakes(
    tmp_path: Path, parser: Parser, landing: Landing, text: Any
) -> None:
    of = programme()
    path = ticked(write(tmp_path, of), text, B5=0, B7="nc")
    one = received(tmp_path, parser, landing, of, path)
    assert [(a.value_text, a.location) for a in one.answers if a.item == BOX] == [("yes", "Identité!B9")]
    assert wb.findings_of(one) == []


@pytest.mark.parametrize("text", [None, "non", "no", False])
def test_a_blank_box_says_nothing(tmp_path: Path, parser: Parser, landing: Landing, text: Any) -> None:
    of = programme()
    one = received(tmp_path, parser, landing, of, ticked(write(tmp_path, of), text))
    assert [answer for answer in one.answers if answer.item == BOX] == []
    assert {finding.check_name for finding in one.findings} >= {"required", "rows", "IsAnswered"}


def test_a_box_with_another_text_is_an_error_at_its_cell(tmp_path: Path, parser: Parser, landing: Landing) -> None:
    of = programme()
    one = received(tmp_path, parser, landing, of, ticked(write(tmp_path, of), "peut-être"))
    (finding,) = (finding for finding in one.findings if finding.item == BOX)
    assert (finding.location, finding.expected, finding.resolved_by) == ("Identité!B9", "yes, or nothing", "sender")
    assert one.is_quarantined


def test_a_figure_beside_the_box_is_an_error_at_its_cell(tmp_path: Path, parser: Parser, landing: Landing) -> None:
    of = programme()
    # A choice is no figure, nor is a zero.
    path = ticked(write(tmp_path, of), "oui", B5=12, B6=0, B8="Positif")
    one = received(tmp_path, parser, landing, of, path)
    said = "no figure, for Identité!B9 says that there is nothing to report: clear one of the two"
    assert [(f.location, f.check_name, f.found, f.expected, f.resolved_by) for f in one.findings] == [
        ("Données!B5", "nothing_to_report", "12", said, "sender")
    ]
    assert one.is_quarantined


def test_a_table_with_rows_beside_the_box_is_an_error_at_its_first_cell(
    tmp_path: Path, parser: Parser, landing: Landing
) -> None:
    of = programme()
    path = ticked(write(tmp_path, of), "oui")
    book = load_workbook(path)
    for column, value in enumerate(wb.person(), start=1):
        book["Participants"].cell(2, column, value)
    book.save(path)
    one = received(tmp_path, parser, landing, of, path)
    assert [(f.location, f.check_name, f.found) for f in one.findings] == [
        ("Participants!D2", "nothing_to_report", "1 row")
    ]


def test_an_item_of_the_workbook_says_it_too(tmp_path: Path, parser: Parser, landing: Landing) -> None:
    of = programme(item="Données!adoption", values=["Négatif"])
    path = write(tmp_path, of)
    book = load_workbook(path)
    book["Données"]["B8"], book["Données"]["B7"] = "négatif", 1500
    book.save(path)
    one = received(tmp_path, parser, landing, of, path)
    assert [(f.location, f.expected) for f in one.findings] == [
        ("Données!B7", "no figure, for Données!B8 says that there is nothing to report: clear one of the two")
    ]


def test_a_workbook_with_a_blank_box_is_the_content_that_it_was_without_one(
    tmp_path: Path, parser: Parser, landing: Landing
) -> None:
    of = programme()
    path = ticked(write(tmp_path, of), None, B5=12)
    with_box = received(tmp_path, parser, landing, of, path).content_sha256
    without = received(tmp_path, parser, landing, wb.programme(SHEETS), path).content_sha256
    assert with_box == without
    assert received(tmp_path, parser, landing, of, ticked(path, "oui", B5=12)).content_sha256 != with_box


def test_a_box_that_libreoffice_saved_is_read(tmp_path: Path, parser: Parser, landing: Landing) -> None:
    of = programme()
    path = ticked(write(tmp_path, of), "oui")
    saved = tmp_path / NAME.replace(".xlsx", ".ods")
    saved.write_bytes(by_libreoffice({"sent": path.read_bytes()}, tmp_path / "office", "ods")["sent"])
    one = received(tmp_path, parser, landing, of, saved)
    assert [(a.value_text, a.location) for a in one.answers if a.item == BOX] == [("yes", "Identité!B9")]
    assert wb.findings_of(one) == []
