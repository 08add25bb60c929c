"""Reads the cells of a workbook by the layout that its instrument declares. What does not fit is a finding."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from gettext import NullTranslations

import pyarrow as pa

from schemas.enums import Severity
from schemas.layouts import plain
from tasks.records import Answer, Finding
from tasks.spreadsheets.cells import CellBook, CellKind, CellSheet
from tasks.workbooks.identity import SHEET
from tasks.workbooks.item_sheet import read_items
from tasks.workbooks.pseudonyms import PseudonymKey
from tasks.workbooks.reserved_names import GUIDES
from tasks.workbooks.sheet_fields import Layout
from tasks.workbooks.table_sheet import read_table


@dataclass(frozen=True, slots=True)
class Contents:
    """What a workbook says: its answers, the rows of its tables as in raw.row_answers, and what does not fit."""

    answers: tuple[Answer, ...]
    rows: pa.Table | None
    findings: tuple[Finding, ...]


def read_contents(
    book: CellBook, layouts: Iterable[Layout], key: PseudonymKey | None, language: NullTranslations
) -> Contents:
    """Read every declared sheet of a workbook; `key` makes the pseudonyms of its participants."""
    layouts = tuple(layouts)
    answers: list[Answer] = []
    tables: list[pa.Table] = []
    findings: list[Finding] = []
    read: set[str] = set()
    for layout in layouts:
        sheet, missing = _sheet_of(book, layout, layouts, language)
        findings += missing
        if sheet is None:
            continue
        read.add(sheet.name)
        if layout.sheet.is_table:
            table = read_table(sheet, layout, key, language)
            findings += table.findings
            tables += [table.rows] if table.rows is not None else []
        else:
            told, wrong = read_items(sheet, layout, language)
            answers += told
            findings += wrong
    findings += _beside(book, read, language)
    return Contents(tuple(answers), pa.concat_tables(tables) if tables else None, tuple(findings))


def _sheet_of(
    book: CellBook, layout: Layout, layouts: tuple[Layout, ...], language: NullTranslations
) -> tuple[CellSheet | None, list[Finding]]:
    _ = language.gettext
    if book.encoding is not None:
        return _only_sheet(book, layout, layouts, language)
    names = {plain(name) for name in layout.sheet.names}
    found = [sheet for name, sheet in book.sheets.items() if plain(name) in names]
    if len(found) == 1:
        return found[0], []
    name = layout.sheet.name
    told = _("the sheet {count} times").format(count=len(found)) if found else _("no such sheet")
    wanted = _("a sheet named {name}").format(name=name)
    return None, [Finding(f"{name}!", name, "layout", Severity.ERROR, told, wanted)]


def _only_sheet(
    book: CellBook, layout: Layout, layouts: tuple[Layout, ...], language: NullTranslations
) -> tuple[CellSheet | None, list[Finding]]:
    _ = language.gettext
    name = layout.sheet.name
    if len(layouts) > 1:
        told, wanted = _("a CSV file, which has one sheet"), _("a workbook (.xlsx or .ods) with all of its sheets")
        return None, [Finding(f"{name}!", name, "layout", Severity.ERROR, told, wanted)]
    (sheet,) = book.sheets.values()
    findings: list[Finding] = []
    if book.encoding != "UTF-8":
        told, wanted = str(book.encoding), _("UTF-8; look whether the accents are right")
        findings = [Finding(f"{name}!", name, "encoding", Severity.WARNING, told, wanted)]
    return CellSheet(name, sheet.texts, sheet.kinds), findings


def _beside(book: CellBook, read: set[str], language: NullTranslations) -> Iterator[Finding]:
    """Sheets that are hidden, and those that nobody asked for."""
    _ = language.gettext
    if book.encoding is not None:
        return
    for name, sheet in book.sheets.items():
        if plain(name) in {plain(SHEET), *GUIDES} or not _has_data(sheet):
            continue
        if name in read and sheet.is_hidden:
            told, wanted = _("a hidden sheet, which was read"), _("a sheet that can be seen")
        elif name in read:
            continue
        elif sheet.is_hidden:
            told, wanted = _("a hidden sheet, which was not read"), _("only the sheets that are asked")
        else:
            told, wanted = _("another sheet, which was not read"), _("only the sheets that are asked")
        yield Finding(f"{name}!", name, "sheets", Severity.WARNING, told, wanted)


def _has_data(sheet: CellSheet) -> bool:
    return any(kind != CellKind.BLANK for column in sheet.kinds for kind in column.unique().to_pylist())
