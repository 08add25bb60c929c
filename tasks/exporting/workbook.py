"""Write XLSX: a sheet of rows, a sheet that describes the columns, and a sheet for the codebook."""

import contextlib
from collections.abc import Generator
from datetime import datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

from tasks.dictionary.views import View
from tasks.exporting.exported import Exported
from tasks.exporting.sheets import Row, sheets_of, text_of_cell

if TYPE_CHECKING:
    from xlsxwriter import Workbook


def write_xlsx(exported: Exported, locale: str, path: Path) -> None:
    """Write typed cells under a frozen header row; texts are never evaluated as formulas.

    The sheet `columns` describes the columns. If there are indicators, the sheet `codebook` describes them.

    Raises:
        UsageError: The number of rows or the length of a text exceeds the limit of the format.
    """
    sheets = sheets_of(exported, locale, ".xlsx")
    with _book(path) as book:
        moment = book.add_format({"num_format": "yyyy-mm-dd hh:mm:ss"})
        for place, sheet in enumerate(sheets):
            written = book.add_worksheet(sheet.name)
            if place == 0:
                written.freeze_panes(1, 0)
            for number, row in enumerate(sheet.rows):
                _write_row(written, number, row, exported.view, moment)


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


def _write_row(sheet: Any, number: int, row: Row, view: View, moment: Any) -> None:
    for column, value in enumerate(row):
        match value:
            case None:
                continue
            case str():
                sheet.write_string(number, column, text_of_cell(value, view, ".xlsx"))
            case datetime():
                sheet.write_datetime(number, column, value, moment)
            case _:
                sheet.write(number, column, value)
