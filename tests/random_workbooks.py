"""Workbooks made at random, written by three programs, and how openpyxl reads what they wrote."""

import io
import random
import shutil
import subprocess
import zipfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import openpyxl
import pytest
import xlsxwriter

SHEETS = ("Données", "Participants")
ERRORS = ("#DIV/0!", "#N/A", "#NAME?", "#NULL!", "#NUM!", "#REF!", "#VALUE!")
_HEIGHT, _WIDTH = 25, 8
_FORMULA_OF = {"#DIV/0!": "=1/0", "#N/A": "=NA()", "#VALUE!": '="x"+1', "#NUM!": "=SQRT(-1)"}
"""Formulas that give the same error in every program."""


@dataclass(frozen=True, slots=True)
class RandomCell:
    """A cell to be written.

    Attributes:
        value: The value; of a formula, its result.
        formula: The formula, if any.
        number_format: The number format; None for General.
    """

    value: str | float | date | None
    formula: str | None = None
    number_format: str | None = None


@dataclass(frozen=True, slots=True)
class RandomWorkbook:
    """The cells of each sheet, by row and column from 0, and its merged ranges."""

    cells: Mapping[str, Mapping[tuple[int, int], RandomCell]]
    merged: Mapping[str, Sequence[tuple[int, int, int, int]]]


def random_workbook(seed: int) -> RandomWorkbook:
    """Make a workbook with texts, numbers, days, percentages, padded numbers, formulas and errors in random places."""
    chance = random.Random(seed)
    cells: dict[str, dict[tuple[int, int], RandomCell]] = {}
    merged: dict[str, list[tuple[int, int, int, int]]] = {}
    for sheet in SHEETS:
        places = [(row, column) for row in range(_HEIGHT) for column in range(_WIDTH)]
        cells[sheet] = {place: _random_cell(chance) for place in places if chance.random() < 0.6}
        merged[sheet] = []
        if chance.random() < 0.5:
            row, column = chance.randrange(_HEIGHT), chance.randrange(_WIDTH)
            area = (_HEIGHT + row, column, _HEIGHT + row + 1, column + 1)
            merged[sheet].append(area)
            cells[sheet][area[:2]] = RandomCell("fusionnée")
    return RandomWorkbook(cells, merged)


def _random_cell(chance: random.Random) -> RandomCell:
    number = chance.choice([0, 1, 12, -3, 0.5, 1234.75, 43_496, 1e-7, 123_456_789, 3.0000000000000004, 0.1 + 0.2])
    match chance.randrange(9):
        case 0 | 1:
            return RandomCell(
                chance.choice(["oui", "Inventée", " nc ", "œuvre", "1 234", "&<>\"'", "#REF", "ligne\nsuivante"])
            )
        case 2 | 3:
            return RandomCell(number)
        case 4:
            return RandomCell(date(2019, 1, 1 + chance.randrange(28)), number_format="dd/mm/yyyy")
        case 5:
            shown = chance.choice(["0%", "0.00%", "00000", "0.00", "#,##0", "@"])
            return RandomCell(chance.choice([0, 12, 0.45, 1]), number_format=shown)
        case 6:
            return RandomCell(chance.choice([12, 0, 2.5]), "=" + chance.choice(["6+6", "1-1", "5/2"]))
        case 7:
            error = chance.choice(list(_FORMULA_OF))
            return RandomCell(error, _FORMULA_OF[error])
        case _:
            return RandomCell(None, "=" + "+".join(["1"] * chance.choice([2, 2500])))


def by_xlsxwriter(book: RandomWorkbook) -> bytes:
    """Write a workbook with XlsxWriter, which asks programs to calculate its formulas when they open it."""
    stream = io.BytesIO()
    written = xlsxwriter.Workbook(stream, {"in_memory": True})
    for sheet, cells in book.cells.items():
        page = written.add_worksheet(sheet)
        for area in book.merged[sheet]:
            page.merge_range(*area, "")
        for (row, column), cell in cells.items():
            style = written.add_format({"num_format": cell.number_format}) if cell.number_format else None
            if cell.formula is not None:
                page.write_formula(row, column, cell.formula, style, _result(cell))
            elif isinstance(cell.value, date):
                page.write_datetime(row, column, datetime.combine(cell.value, datetime.min.time()), style)
            else:
                page.write(row, column, cell.value, style)
    written.close()
    return stream.getvalue()


def _result(cell: RandomCell) -> Any:
    return 0 if cell.value is None else cell.value


def by_openpyxl(book: RandomWorkbook) -> bytes:
    """Write a workbook with openpyxl, which writes formulas without results; its errors are values."""
    written = openpyxl.Workbook()
    written.remove(written.worksheets[0])
    for sheet, cells in book.cells.items():
        page = written.create_sheet(sheet)
        for (row, column), cell in cells.items():
            is_error = cell.value in ERRORS
            made = page.cell(row + 1, column + 1, cell.value if is_error else cell.formula or cell.value)
            if cell.number_format:
                made.number_format = cell.number_format
        for first_row, first_column, last_row, last_column in book.merged[sheet]:
            page.merge_cells(
                start_row=first_row + 1, start_column=first_column + 1, end_row=last_row + 1, end_column=last_column + 1
            )
    stream = io.BytesIO()
    written.save(stream)
    return stream.getvalue()


def by_libreoffice(books: Mapping[str, bytes], folder: Path, suffix: str) -> dict[str, bytes]:
    """Let LibreOffice open XLSX workbooks, calculate them, and save them again.

    Args:
        books: The workbooks, by name.
        folder: A folder that does not exist yet.
        suffix: The format in which they are saved: xlsx or ods.
    """
    program = shutil.which("soffice")
    if program is None:
        pytest.skip("LibreOffice is not installed here; .ci/run installs it.")
    (folder / "made").mkdir(parents=True)
    for name, book in books.items():
        (folder / "made" / f"{name}.xlsx").write_bytes(book)
    command = [program, "--headless", f"-env:UserInstallation=file://{folder}/profile", "--convert-to", suffix]
    files = sorted(map(str, (folder / "made").iterdir()))
    subprocess.run([*command, "--outdir", str(folder / "saved"), *files], check=True, capture_output=True, timeout=300)
    return {name: (folder / "saved" / f"{name}.{suffix}").read_bytes() for name in books}


def seen_by_openpyxl(content: bytes) -> dict[tuple[str, int, int], str]:
    """Return what openpyxl reads of an XLSX file: the text of each filled-in cell, by sheet, row and column from 0.

    Errors are texts such as `#REF!`; a formula without a usable result is `=`.
    """
    values = openpyxl.load_workbook(io.BytesIO(content), data_only=True)
    formulas = openpyxl.load_workbook(io.BytesIO(content))
    is_recalculated = _asks_to_be_calculated(content)
    seen: dict[tuple[str, int, int], str] = {}
    for page in values.worksheets:
        rows: Any = page.iter_rows()
        for row in rows:
            for cell in row:
                other: Any = formulas[page.title][cell.coordinate]
                is_formula = other.data_type == "f"
                text = _as_text(cell, is_formula=is_formula, is_recalculated=is_recalculated)
                if text:
                    seen[page.title, cell.row - 1, cell.column - 1] = text
    return seen


def _asks_to_be_calculated(content: bytes) -> bool:
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        return b'fullCalcOnLoad="1"' in archive.read("xl/workbook.xml")


def _as_text(cell: Any, *, is_formula: bool, is_recalculated: bool) -> str:
    value = cell.value
    if cell.data_type == "e":
        return value
    if is_formula and (value is None or is_recalculated):
        return "="
    match value:
        case None:
            return ""
        case datetime():
            return value.date().isoformat()
        case bool() | str():
            return str(value).strip()
        case _ if "%" in cell.number_format:
            return f"{_number(round(value * 100, 12))} %"
        case _ if cell.number_format == "00000" and float(value).is_integer():
            return f"{_number(value)}".zfill(5)
        case _:
            return _number(value)


def _number(value: float) -> str:
    text = format(Decimal(format(value, ".15g")), "f")
    return text.rstrip("0").rstrip(".") if "." in text else text
