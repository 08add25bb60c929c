"""Write XLSX: a sheet of rows, a sheet that describes the columns, and a sheet for the codebook."""

import contextlib
import re
from collections.abc import Generator, Iterable, Iterator
from dataclasses import astuple, fields
from datetime import datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

import pyarrow as pa

from schemas.errors import UsageError
from tasks.dictionary.views import View
from tasks.exporting.exported import CodebookLine, Exported, codebook_lines

if TYPE_CHECKING:
    from xlsxwriter import Workbook

MOST_ROWS = 1_048_575
LONGEST_TEXT = 32_767
"""Limits of the format: rows below the header, and characters in a cell."""

_NOT_IN_XML = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]")


def write_xlsx(exported: Exported, locale: str, path: Path) -> None:
    """Write typed cells under a frozen header row; texts are never evaluated as formulas.

    The sheet `columns` describes the columns. If there are indicators, the sheet `codebook` describes them.

    Raises:
        UsageError: The number of rows or the length of a text exceeds the limit of the format.
    """
    table, view = exported.table, exported.view
    if table.num_rows > MOST_ROWS:
        raise UsageError(
            f"{view.name} has {table.num_rows} rows; .xlsx allows at most {MOST_ROWS}. Export it to .parquet or .csv."
        )
    with _book(path) as book:
        moment = book.add_format({"num_format": "yyyy-mm-dd hh:mm:ss"})
        sheet = book.add_worksheet(view.name[:31])
        sheet.freeze_panes(1, 0)
        _write_row(sheet, 0, table.column_names, view, moment)
        for number, row in enumerate(_rows(table), start=1):
            _write_row(sheet, number, row, view, moment)
        described = [(c.name, c.data_type, c.meaning.text(locale), ", ".join(c.values)) for c in view.columns]
        _add_sheet(book, "columns", [("column", "type", "meaning", "values"), *described], view, moment)
        if exported.indicators:
            headings = tuple(field.name for field in fields(CodebookLine))
            _add_sheet(book, "codebook", [headings, *map(astuple, codebook_lines(exported, locale))], view, moment)


@contextlib.contextmanager
def _book(path: Path) -> Generator["Workbook"]:
    """Open a workbook that keeps one row in memory, and save it at the end. An error leaves no temporary file.

    Raises:
        OSError: The file cannot be written.
    """
    from xlsxwriter import Workbook
    from xlsxwriter.exceptions import FileCreateError

    with TemporaryDirectory(dir=path.parent, prefix=".") as folder:
        # Keep texts that look like formulas or addresses as texts.
        options = {
            "constant_memory": True, "tmpdir": folder, "use_zip64": True, "nan_inf_to_errors": True,
            "strings_to_formulas": False, "strings_to_urls": False, "default_date_format": "yyyy-mm-dd",
        }  # fmt: skip
        book = Workbook(path, options)
        try:
            yield book
            book.close()
        except FileCreateError as error:
            raise error.args[0] from None
        finally:
            for sheet in book.worksheets():
                if sheet.row_data_fh is not None:
                    sheet.row_data_fh.close()


def _rows(table: pa.Table) -> Iterator[tuple[object, ...]]:
    for batch in table.to_batches(max_chunksize=10_000):
        yield from zip(*(column.to_pylist() for column in batch.columns), strict=True)


def _add_sheet(book: Any, name: str, rows: Iterable[tuple[object, ...]], view: View, moment: Any) -> None:
    sheet = book.add_worksheet(name)
    for number, row in enumerate(rows):
        _write_row(sheet, number, row, view, moment)


def _write_row(sheet: Any, number: int, row: Iterable[object], view: View, moment: Any) -> None:
    for column, value in enumerate(row):
        match value:
            case None:
                continue
            case str():
                sheet.write_string(number, column, _text(value, view))
            case datetime():
                sheet.write_datetime(number, column, value, moment)
            case _:
                sheet.write(number, column, value)


def _text(value: str, view: View) -> str:
    if len(value) > LONGEST_TEXT:
        raise UsageError(
            f"{view.name}: a text has {len(value)} characters; a cell of .xlsx allows at most {LONGEST_TEXT}. "
            "Export it to .parquet or .csv."
        )
    return _NOT_IN_XML.sub("\ufffd", value)
