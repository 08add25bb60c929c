"""Writes the workbook of an expected return: its identity, and one line for each item that is asked."""

from collections.abc import Mapping
from pathlib import Path

from openpyxl import Workbook
from openpyxl.styles import Font

from schemas.programme import InstrumentVersion
from tasks.workbooks.identity import NAMES, SHEET, Identity


def write_workbook(
    path: Path, identity: Identity, version: InstrumentVersion, values: Mapping[str, str | float | None]
) -> None:
    """Write a workbook; `values` are by item, `sheet!code`."""
    book = Workbook()
    first = book.active
    if first is not None:
        book.remove(first)
    for sheet in version.sheets:
        page = book.create_sheet(sheet.name)
        page.column_dimensions["A"].width = 60
        page.column_dimensions["B"].width = 24
        for item in sheet.items:
            page.append([item.label, values.get(f"{sheet.name}!{item.code}")])
    page = book.create_sheet(SHEET)
    for name in NAMES:
        page.append([name, getattr(identity, name)])
        page.cell(page.max_row, 1).font = Font(bold=True)
    book.save(path)
