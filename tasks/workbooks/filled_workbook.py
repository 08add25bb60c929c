"""Writes the workbook of an expected return: its identity, a line for each item that is asked, and rows of tables."""

from collections.abc import Mapping, Sequence
from datetime import date
from pathlib import Path

from xlsxwriter import Workbook

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
    with Workbook(path, {"default_date_format": "yyyy-mm-dd", "strings_to_formulas": False}) as book:
        for sheet in version.sheets:
            page = book.add_worksheet(sheet.name)
            if sheet.is_table:
                page.write_row(0, 0, [column.label for column in sheet.columns])
                for number, row in enumerate(rows.get(sheet.name, ()), start=1):
                    page.write_row(number, 0, [row.get(sheet.item_of(column)) for column in sheet.columns])
                continue
            page.set_column(0, 0, 60)
            page.set_column(1, 1, 24)
            for number, item in enumerate(sheet.items):
                page.write_row(number, 0, [item.label, values.get(sheet.item_of(item))])
        page = book.add_worksheet(SHEET)
        bold = book.add_format({"bold": True})
        for number, name in enumerate(NAMES):
            page.write_string(number, 0, name, bold)
            page.write_string(number, 1, getattr(identity, name))
