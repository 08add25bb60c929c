"""Test that workbooks made at random are read like openpyxl reads them, whichever program wrote them."""

from collections.abc import Callable
from pathlib import Path

import pytest
from random_workbooks import (
    ERRORS,
    RandomWorkbook,
    by_libreoffice,
    by_openpyxl,
    by_xlsxwriter,
    random_workbook,
    seen_by_openpyxl,
)

from tasks.spreadsheets.cells import CellBook
from tasks.spreadsheets.parsing import parse


def seen_by_essaim(book: CellBook) -> dict[tuple[str, int, int], str]:
    return {
        (name, row, column): text
        for name, sheet in book.sheets.items()
        for column in range(len(sheet.texts))
        for row, text in enumerate(sheet.texts[column].to_pylist())
        if text is not None
    }


@pytest.mark.parametrize("seed", range(40))
@pytest.mark.parametrize("write", [by_xlsxwriter, by_openpyxl])
def test_a_workbook_is_read_as_openpyxl_reads_it(seed: int, write: Callable[[RandomWorkbook], bytes]):
    content = write(random_workbook(seed))
    book = parse(content, ".xlsx")
    assert seen_by_essaim(book) == seen_by_openpyxl(content)
    assert [sheet.differs_at for sheet in book.sheets.values()] == [None, None]


def test_what_libreoffice_saved_is_read_as_openpyxl_reads_it_in_both_formats(tmp_path: Path):
    books = {f"book{seed}": by_xlsxwriter(random_workbook(seed)) for seed in range(100, 112)}
    as_xlsx, as_ods = (by_libreoffice(books, tmp_path / suffix, suffix) for suffix in ("xlsx", "ods"))
    for name in books:
        expected = seen_by_openpyxl(as_xlsx[name])
        for content, suffix in ((as_xlsx[name], ".xlsx"), (as_ods[name], ".ods")):
            book = parse(content, suffix)
            assert without_names_of_errors(seen_by_essaim(book)) == without_names_of_errors(expected), (name, suffix)
            assert [sheet.differs_at for sheet in book.sheets.values()] == [None, None]


def without_names_of_errors(seen: dict[tuple[str, int, int], str]) -> dict[tuple[str, int, int], str]:
    """LibreOffice shows some errors under names of its own: Err:502 for #VALUE!."""
    return {place: "an error" if text in ERRORS or text.startswith("Err:") else text for place, text in seen.items()}
