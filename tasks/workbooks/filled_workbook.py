"""Write a filled-in workbook, as the demonstration and the tests deliver it."""

from collections.abc import Mapping, Sequence
from datetime import date
from pathlib import Path

from xlsxwriter import Workbook

from schemas.instruments import InstrumentVersion
from tasks.workbooks.identity import NAMES, SHEET, Identity

Cell = str | float | date | None


def write_workbook(
    path: Path,
    identity: Identity,
    version: InstrumentVersion,
    values: Mapping[str, Cell],
    rows: Mapping[str, Sequence[Mapping[str, Cell]]],
) -> None:
    """Write a filled-in workbook.

    Args:
        path: The file to write.
        identity: The identity sheet.
        version: The instrument version, which declares the sheets.
        values: The answers of question sheets, by item (`sheet!code`).
        rows: The rows of each table, by the name of its sheet; the values of a row by item.
    """
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
