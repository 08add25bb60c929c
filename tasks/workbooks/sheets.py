"""Find the declared sheets of a workbook, and read each: `question_sheet.py`, `table_sheet.py`.

Each deviation becomes a finding.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from gettext import NullTranslations

import pyarrow as pa

from schemas.enums import Severity
from schemas.layouts import plain
from tasks.records import Answer, Finding
from tasks.spreadsheets.cells import CellBook, CellKind, CellSheet
from tasks.workbooks.age_bands import AgeAttribute
from tasks.workbooks.identity import SHEETS
from tasks.workbooks.nothing_box import read_box
from tasks.workbooks.pseudonyms import PseudonymKey
from tasks.workbooks.question_sheet import read_question_sheet
from tasks.workbooks.reserved_names import GUIDES
from tasks.workbooks.sheet_fields import Layout
from tasks.workbooks.table_sheet import read_table


@dataclass(frozen=True, slots=True)
class WorkbookContents:
    """The answers and table rows of a workbook, and the deviations from its layout.

    Attributes:
        answers: One for each line of a question sheet.
        rows: One row a cell, as in raw.row_answers without the return and the stamps; None without a readable table.
        findings: The deviations, in the programme's language.
        bands: The known age bands of people, as in raw.age_bands without the return and the stamps; None without any.
    """

    answers: tuple[Answer, ...]
    rows: pa.Table | None
    findings: tuple[Finding, ...]
    bands: pa.Table | None = None


def read_contents(
    book: CellBook,
    layouts: Iterable[Layout],
    key: PseudonymKey | None,
    language: NullTranslations,
    *,
    has_box: bool = False,
    ages: Sequence[AgeAttribute] = (),
) -> WorkbookContents:
    """Read every declared sheet of a workbook.

    Args:
        book: The cells.
        layouts: The declared sheets.
        key: The key of the participants' pseudonyms; None where no table identifies people.
        language: The language of the findings.
        has_box: Whether the instrument has a box that says that there is nothing to report.
        ages: The age bands that are made of birth dates.
    """
    layouts = tuple(layouts)
    answers: list[Answer] = []
    tables: list[pa.Table] = []
    bands: list[pa.Table] = []
    findings: list[Finding] = []
    names_read: set[str] = set()
    for layout in layouts:
        sheet, deviations = _sheet_of(book, layout, layouts, language)
        findings += deviations
        if sheet is None:
            continue
        names_read.add(sheet.name)
        if sheet.differs_at is not None:
            findings.append(_two_readings(sheet, sheet.differs_at, language))
        if layout.sheet.is_table:
            table = read_table(sheet, layout, key, language, ages)
            findings += table.findings
            tables += [table.rows] if table.rows is not None else []
            bands += [table.bands] if table.bands is not None else []
        else:
            sheet_answers, deviations = read_question_sheet(sheet, layout, language)
            answers += sheet_answers
            findings += deviations
    if has_box:
        ticked, deviation = read_box(book, language)
        answers += [ticked] if ticked else []
        findings += [deviation] if deviation else []
    findings += _hidden_and_undeclared(book, names_read, language)
    return WorkbookContents(
        tuple(answers),
        pa.concat_tables(tables) if tables else None,
        tuple(findings),
        pa.concat_tables(bands) if bands else None,
    )


def _two_readings(sheet: CellSheet, cell: str, language: NullTranslations) -> Finding:
    _ = language.gettext
    location = f"{sheet.name}!{cell}"
    found = _("a sheet that two programs read differently from this cell on")
    expected = _("a sheet as spreadsheet programs write it: open the file in one, save it again as .xlsx, and send it")
    return Finding(location, location, "readable", Severity.ERROR, found, expected)


def _sheet_of(
    book: CellBook, layout: Layout, layouts: tuple[Layout, ...], language: NullTranslations
) -> tuple[CellSheet | None, list[Finding]]:
    """Find the sheet of a layout by its name; where there is not exactly one, return a finding."""
    _ = language.gettext
    if book.is_one_csv:
        return _sheet_of_csv(book, layout, layouts, language)
    names = {plain(name) for name in layout.sheet.names}
    sheets = [sheet for name, sheet in book.sheets.items() if plain(name) in names]
    if len(sheets) == 1:
        return sheets[0], []
    name = layout.sheet.name
    found = _("the sheet {count} times").format(count=len(sheets)) if sheets else _("no such sheet")
    expected = _("a sheet named {name}").format(name=name)
    return None, [Finding(f"{name}!", name, "layout", Severity.ERROR, found, expected)]


def _sheet_of_csv(
    book: CellBook, layout: Layout, layouts: tuple[Layout, ...], language: NullTranslations
) -> tuple[CellSheet | None, list[Finding]]:
    _ = language.gettext
    name = layout.sheet.name
    if len(layouts) > 1:
        found = _("a CSV file, which has one sheet")
        expected = _(
            "a workbook (.xlsx or .ods) with all of its sheets, or a ZIP archive with a CSV file for each sheet"
        )
        return None, [Finding(f"{name}!", name, "layout", Severity.ERROR, found, expected)]
    (sheet,) = book.sheets.values()
    return CellSheet(name, sheet.texts, sheet.kinds, lengths=sheet.lengths), []


def _hidden_and_undeclared(book: CellBook, names_read: set[str], language: NullTranslations) -> Iterator[Finding]:
    """Yield a warning for each hidden sheet, and for each sheet that the instrument does not declare."""
    _ = language.gettext
    if book.is_one_csv:
        return
    for name, sheet in book.sheets.items():
        if plain(name) in SHEETS | GUIDES or not _has_data(sheet):
            continue
        if name in names_read and sheet.is_hidden:
            found, expected = _("a hidden sheet, which was read"), _("a sheet that can be seen")
        elif name in names_read:
            continue
        elif sheet.is_hidden:
            found, expected = _("a hidden sheet, which was not read"), _("only the sheets asked for")
        else:
            found, expected = _("another sheet, which was not read"), _("only the sheets asked for")
        yield Finding(f"{name}!", name, "sheets", Severity.WARNING, found, expected)


def _has_data(sheet: CellSheet) -> bool:
    return any(kind != CellKind.BLANK for column in sheet.kinds for kind in column.unique().to_pylist())
