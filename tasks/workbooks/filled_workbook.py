"""Write a filled-in workbook, as the simulation and the tests deliver it."""

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from io import BytesIO
from pathlib import Path

from xlsxwriter import Workbook

from schemas.instruments import InstrumentVersion
from tasks.i18n import language
from tasks.workbooks.identity import Identity, lines_of, sheet_name
from tasks.workbooks.reserved_names import guide

Cell = str | float | date | None


def write_workbook(
    path: Path,
    identity: Identity,
    version: InstrumentVersion,
    values: Mapping[str, Cell],
    rows: Mapping[str, Sequence[Mapping[str, Cell]]],
    locale: str = "fr",
) -> None:
    """Write a filled-in workbook.

    Args:
        path: The file to write.
        identity: The identity sheet.
        version: The instrument version, which declares the sheets.
        values: The answers of question sheets, by item (`sheet!code`).
        rows: The rows of each table, by the name of its sheet; the values of a row by item.
        locale: The language of the identity sheet.
    """
    path.write_bytes(workbook_content(identity, version, values, rows, locale))


def workbook_content(
    identity: Identity,
    version: InstrumentVersion,
    values: Mapping[str, Cell],
    rows: Mapping[str, Sequence[Mapping[str, Cell]]],
    locale: str = "fr",
    *,
    created_at: datetime | None = None,
    note: str | None = None,
) -> bytes:
    """Return a filled-in workbook. With `created_at`, equal answers give equal bytes.

    Args:
        identity: The identity sheet.
        version: The instrument version, which declares the sheets.
        values: The answers of question sheets, by item (`sheet!code`).
        rows: The rows of each table, by the name of its sheet; the values of a row by item.
        locale: The language of the identity sheet.
        created_at: The time of creation that the file states; None for now.
        note: What the workbook says of itself, on a first sheet that is not read; None for no such sheet.
    """
    words = language(locale)
    content = BytesIO()
    with Workbook(content, {"default_date_format": "yyyy-mm-dd", "strings_to_formulas": False}) as book:
        if created_at is not None:
            book.set_properties({"created": created_at, "title": note or ""})
        if note is not None:
            book.add_worksheet(guide(words)).write_string(0, 0, note)
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
        page = book.add_worksheet(sheet_name(words))
        bold = book.add_format({"bold": True})
        # A structure that copies the workbook leaves the seal out.
        for number, (label, value) in enumerate(lines_of(identity, words)[:-1]):
            page.write_string(number, 0, label, bold)
            page.write_string(number, 1, value)
    return content.getvalue()
