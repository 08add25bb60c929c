"""Write the rows of a view to each format of a package."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING

from tasks.exporting import FORMATS, Exported

if TYPE_CHECKING:
    import pyarrow as pa


@dataclass(frozen=True, slots=True)
class TableFormat:
    """A format of a package: its folder, its extension and its media type."""

    folder: str
    ending: str
    media_type: str


PARQUET = TableFormat("data", ".parquet", "application/vnd.apache.parquet")
CSV = TableFormat("data", ".csv", "text/csv")
TABLE_FORMATS = (
    CSV,
    PARQUET,
    TableFormat("spss", ".sav", "application/x-spss-sav"),
    TableFormat("stata", ".dta", "application/x-stata-dta"),
    TableFormat("ods", ".ods", "application/vnd.oasis.opendocument.spreadsheet"),
)


def write_table(exported: Exported, table_format: TableFormat, locale: str, path: Path, made_on: date) -> None:
    """Write the rows of a view to a file of a package. The same rows and day give the same bytes.

    Raises:
        UsageError: The rows exceed a limit of the format.
    """
    if table_format is CSV:
        write_exact_csv(exported.table, path)
        return
    FORMATS[table_format.ending](exported, locale, path)
    if table_format.ending in _DATED:
        _DATED[table_format.ending](path, made_on)


def write_exact_csv(table: "pa.Table", path: Path) -> None:
    """Write CSV by RFC 4180 in UTF-8: texts quoted, so that an empty text differs from a null, and instants in UTC.

    A text stays as it is even if a spreadsheet would run it as a formula: programs read this file.
    """
    import pyarrow as pa
    import pyarrow.csv

    instants = [field.name for field in table.schema if pa.types.is_timestamp(field.type)]
    for name in instants:
        texts = pa.array([None if at is None else f"{at.isoformat()}Z" for at in table[name].to_pylist()], pa.string())
        table = table.set_column(table.column_names.index(name), name, texts)
    options = pyarrow.csv.WriteOptions(eol="\r\n", quoting_style="needed", quoting_header="needed")
    pyarrow.csv.write_csv(table, path, options)


def _date_sav(path: Path, day: date) -> None:
    """Replace the instant at which ReadStat wrote an SPSS file: 9 and 8 characters of the header."""
    _overwrite(path, 92, f"{day.day:02} {_MONTHS[day.month - 1]} {day.year % 100:02}00:00:00".encode())


def _date_dta(path: Path, day: date) -> None:
    """Replace the instant at which ReadStat wrote a Stata file: 17 characters after their length."""
    with path.open("rb") as file:
        place = file.read(1024).index(b"<timestamp>") + len(b"<timestamp>") + 1
    _overwrite(path, place, f"{day.day:02} {_MONTHS[day.month - 1]} {day.year:04} 00:00".encode())


def _overwrite(path: Path, place: int, content: bytes) -> None:
    with path.open("r+b") as file:
        file.seek(place)
        file.write(content)


_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
_DATED: dict[str, Callable[[Path, date], None]] = {".sav": _date_sav, ".dta": _date_dta}
"""Formats in which ReadStat records the present instant."""
