"""XLSX: the rows, and a sheet that says what the columns mean."""

import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

from schemas.errors import UsageError
from tasks.dictionary import View

if TYPE_CHECKING:
    import pyarrow as pa

MOST_ROWS = 1_048_575
LONGEST_TEXT = 32_767
"""What the format can hold, below a line of headings and in a cell."""

_NOT_IN_XML = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]")


def write_xlsx(table: "pa.Table", view: View, locale: str, path: Path) -> None:
    """Typed cells under locked headings, and a sheet `codebook`. A text is a text, whatever it starts with.

    Raises:
        UsageError: there are more rows, or longer texts, than the format holds.
    """
    from openpyxl import Workbook

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
    codebook = book.create_sheet("codebook")
    codebook.append([_cell(codebook, heading, view) for heading in ("column", "type", "meaning", "values")])
    for column in view.columns:
        said = (column.name, column.data_type, column.meaning.said(locale), ", ".join(column.values))
        codebook.append([_cell(codebook, text, view) for text in said])
    book.save(path)


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
