"""Writes the workbook of an expected return: its identity, a line for each item that is asked, and rows of tables."""

from collections.abc import Mapping, Sequence
from datetime import date
from pathlib import Path

from openpyxl import Workbook
from openpyxl.styles import Font

from schemas.programme import InstrumentVersion
from tasks.workbooks.identity import NAMES, SHEET, Identity

Cell = str | float | date | None


def write_workbook(
    path: Path,
    identity: Identity,
    version: InstrumentVersion,
    values: Mapping[str, Cell],
    rows: Mapping[str, Sequence[Mapping[str, Cell]]],
) -> None:
    """Write a workbook; `values` are by item, `sheet!code`, and those of `rows` too, by the sheet of their table."""
    book = Workbook()
    first = book.active
    if first is not None:
        book.remove(first)
    for sheet in version.sheets:
        page = book.create_sheet(sheet.name)
        if sheet.is_table:
            page.append([column.label for column in sheet.columns])
            for row in rows.get(sheet.name, ()):
                page.append([row.get(sheet.item_of(column)) for column in sheet.columns])
            continue
        page.column_dimensions["A"].width = 60
        page.column_dimensions["B"].width = 24
        for item in sheet.items:
            page.append([item.label, values.get(sheet.item_of(item))])
    page = book.create_sheet(SHEET)
    for name in NAMES:
        page.append([name, getattr(identity, name)])
        page.cell(page.max_row, 1).font = Font(bold=True)
    book.save(path)
