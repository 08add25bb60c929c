"""XLSX: the rows, a sheet that says what the columns mean, and one for the indicators."""

import re
from collections.abc import Iterable
from dataclasses import astuple, fields
from pathlib import Path
from typing import Any

from schemas.errors import UsageError
from tasks.dictionary.views import View
from tasks.exporting.exported import CodebookLine, Exported, codebook_lines

MOST_ROWS = 1_048_575
LONGEST_TEXT = 32_767
"""What the format can hold, below a line of headings and in a cell."""

_NOT_IN_XML = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]")


def write_xlsx(exported: Exported, locale: str, path: Path) -> None:
    """Typed cells under locked headings. A text is a text, whatever it starts with.

    A sheet `columns` says what the columns mean; where there are indicators, a sheet `codebook` tells of each.

    Raises:
        UsageError: there are more rows, or longer texts, than the format holds.
    """
    from openpyxl import Workbook

    table, view = exported.table, exported.view
    if table.num_rows > MOST_ROWS:
        raise UsageError(
            f"{view.name} has {table.num_rows} rows and .xlsx holds {MOST_ROWS}. Export it to .parquet or .csv."
        )
    book = Workbook(write_only=True)
    sheet = book.create_sheet(view.name[:31])
    sheet.freeze_panes = "A2"
    sheet.append([_cell(sheet, name, view) for name in table.column_names])
    for batch in table.to_batches(max_chunksize=10_000):
        columns = [column.to_pylist() for column in batch.columns]
        for row in zip(*columns, strict=True):
            sheet.append([_cell(sheet, value, view) for value in row])
    said = [(c.name, c.data_type, c.meaning.said(locale), ", ".join(c.values)) for c in view.columns]
    _add_sheet(book, "columns", [("column", "type", "meaning", "values"), *said], view)
    if exported.indicators:
        headings = tuple(field.name for field in fields(CodebookLine))
        _add_sheet(book, "codebook", [headings, *map(astuple, codebook_lines(exported, locale))], view)
    book.save(path)


def _add_sheet(book: Any, name: str, rows: Iterable[tuple[object, ...]], view: View) -> None:
    sheet = book.create_sheet(name)
    for row in rows:
        sheet.append([_cell(sheet, value, view) for value in row])


def _cell(sheet: Any, value: object, view: View) -> object:
    if not isinstance(value, str):
        return value
    from openpyxl.cell import WriteOnlyCell

    if len(value) > LONGEST_TEXT:
        raise UsageError(
            f"{view.name} has a text of {len(value)} characters and a cell of .xlsx holds {LONGEST_TEXT}. "
            "Export it to .parquet or .csv."
        )
    cell = WriteOnlyCell(sheet, value=_NOT_IN_XML.sub("\ufffd", value))
    cell.data_type = "s"
    return cell
