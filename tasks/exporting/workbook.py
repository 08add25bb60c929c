"""Write XLSX: a sheet of rows, a sheet that describes the columns, and a sheet for the codebook."""

import contextlib
from collections.abc import Generator, Sequence
from datetime import date, datetime, time
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

from tasks.exporting.exported import Exported
from tasks.exporting.sheets import Row, Sheet, sheets_of, text_of_cell

if TYPE_CHECKING:
    from xlsxwriter import Workbook


def write_xlsx(exported: Exported, locale: str, path: Path) -> None:
    """Write typed cells under a frozen header row; texts are never evaluated as formulas.

    The sheet `columns` describes the columns. If there are indicators, the sheet `codebook` describes them.

    Raises:
        UsageError: The number of rows or the length of a text exceeds the limit of the format.
    """
    write_sheets(sheets_of(exported, locale, ".xlsx"), path, exported.view.name)


def write_sheets(sheets: Sequence[Sheet], path: Path, name: str, *, made_on: date | None = None) -> None:
    """Write sheets with a frozen header row each.

    Args:
        sheets: The sheets.
        path: The file to write.
        name: What the file is about, for the error.
        made_on: The day to record as that of the file, by default the present instant.

    Raises:
        UsageError: The length of a text exceeds the limit of the format.
    """
    with _book(path) as book:
        if made_on is not None:
            book.set_properties({"created": datetime.combine(made_on, time())})
        moment = book.add_format({"num_format": "yyyy-mm-dd hh:mm:ss"})
        for sheet in sheets:
            written = book.add_worksheet(sheet.name)
            written.freeze_panes(1, 0)
            for number, row in enumerate(sheet.rows):
                _write_row(written, number, row, name, moment)


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


def _write_row(sheet: Any, number: int, row: Row, name: str, moment: Any) -> None:
    for column, value in enumerate(row):
        match value:
            case None:
                continue
            case str():
                sheet.write_string(number, column, text_of_cell(value, name, ".xlsx"))
            case datetime():
                sheet.write_datetime(number, column, value, moment)
            case _:
                sheet.write(number, column, value)
