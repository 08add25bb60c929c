"""Lay out an export as the sheets of a workbook: rows, columns and codebook."""

import re
from collections.abc import Iterable, Iterator
from dataclasses import astuple, dataclass, fields
from typing import TYPE_CHECKING

from schemas.errors import UsageError
from tasks.dictionary.views import View
from tasks.exporting.exported import CodebookLine, Exported, codebook_lines
from tasks.exporting.value_labels import value_labels

if TYPE_CHECKING:
    import pyarrow as pa

MOST_ROWS = 1_048_575
LONGEST_TEXT = 32_767
"""Limits of spreadsheet programs: rows below the header, and characters in a cell."""

NOT_IN_XML = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]")
"""A character that no XML document can hold."""

Row = tuple[object, ...]


@dataclass(frozen=True, slots=True)
class Sheet:
    """A sheet: its name, and its rows, of which the first is the header."""

    name: str
    rows: Iterable[Row]


def sheets_of(exported: Exported, locale: str, ending: str) -> list[Sheet]:
    """Return the sheet of rows, the sheet `columns`, and the sheet `codebook` if there are indicators.

    Args:
        exported: The rows and their description.
        locale: The language of descriptions and labels, `fr` or `en`.
        ending: The extension of the file, for the error.

    Raises:
        UsageError: There are more rows than a sheet holds.
    """
    table, view = exported.table, exported.view
    if table.num_rows > MOST_ROWS:
        raise UsageError(
            f"{view.name} has {table.num_rows} rows; {ending} allows at most {MOST_ROWS}. "
            "Export it to .parquet or .csv."
        )
    described = [("column", "type", "meaning", "values", "labels"), *_described(view, locale)]
    sheets = [Sheet(view.name[:31], _rows(table)), Sheet("columns", described)]
    if exported.indicators:
        headings = tuple(field.name for field in fields(CodebookLine))
        sheets.append(Sheet("codebook", [headings, *(astuple(line) for line in codebook_lines(exported, locale))]))
    return sheets


def text_of_cell(value: str, name: str, ending: str) -> str:
    """Return a text as a cell holds it, with a replacement character for each character that XML cannot hold.

    Raises:
        UsageError: The text is longer than a cell holds.
    """
    if len(value) > LONGEST_TEXT:
        raise UsageError(
            f"{name}: a text has {len(value)} characters; a cell of {ending} allows at most {LONGEST_TEXT}. "
            "Export it to .parquet or .csv."
        )
    return NOT_IN_XML.sub("\ufffd", value)


def _described(view: View, locale: str) -> Iterator[Row]:
    for column in view.columns:
        labels = "; ".join(f"{value} = {label}" for value, label in value_labels(column, locale).items())
        yield column.name, column.data_type, column.meaning.text(locale), ", ".join(column.values), labels


def _rows(table: "pa.Table") -> Iterator[Row]:
    yield tuple(table.column_names)
    for batch in table.to_batches(max_chunksize=10_000):
        yield from zip(*(column.to_pylist() for column in batch.columns), strict=True)
