"""Writes the workbook that a structure is sent: who it is from, what is asked, and what was reported the last time."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from gettext import NullTranslations
from pathlib import Path
from typing import Any

from openpyxl import Workbook
from openpyxl.comments import Comment
from openpyxl.styles import Alignment, Border, Font, PatternFill, Protection, Side
from openpyxl.utils import get_column_letter
from openpyxl.worksheet.datavalidation import DataValidation
from openpyxl.worksheet.worksheet import Worksheet

from schemas.enums import IndicatorKind
from tasks.i18n import day_in_words, language
from tasks.spreadsheets.printing import fit_to_width
from tasks.workbooks.accepting import Choices, accepted, validation
from tasks.workbooks.identity import NAMES, SEAL, SHEET, Identity
from tasks.workbooks.layout import Layout, SheetField
from tasks.workbooks.row_rules import conditions, rules_in_words
from tasks.workbooks.wording import guide, heading

LAST_ROW = 1_048_576
HEAD_ROW = 4
"""Of a sheet with one question a line: the title stands above it."""

_TO_FILL = PatternFill("solid", fgColor="FFF9E3")
_HEAD = PatternFill("solid", fgColor="1F4E5F")
_FACE = "Calibri"
_PLAIN, _BOLD = Font(name=_FACE, size=11), Font(name=_FACE, size=11, bold=True)
_TITLE, _ON_HEAD = Font(name=_FACE, size=18, bold=True, color="1F4E5F"), Font(name=_FACE, bold=True, color="FFFFFF")
_QUIET = Font(name=_FACE, size=11, color="5A6570")
_LINE = Border(bottom=Side("thin", color="C9D1D9"))
_WRAPPED = Alignment(wrap_text=True, vertical="center")
_OPEN = Protection(locked=False)


@dataclass(frozen=True, slots=True)
class Template:
    """What one workbook is about. `reported` is, for each item, what was last said of it and at which occasion."""

    programme: str
    structure: str
    cohort: str
    instrument: str
    occasion: str
    due_on: date
    identity: Identity
    file_name: str
    layouts: tuple[Layout, ...]
    reported: Mapping[str, tuple[str, str]]
    locale: str


def write_template(path: Path, template: Template) -> None:
    """Write the workbook. The same template gives the same sheets."""
    words = language(template.locale)
    book = Workbook()
    book.remove(book.worksheets[0])
    _guide(book, template, words)
    choices = Choices(words)
    for layout in template.layouts:
        (_table if layout.sheet.is_table else _items)(book, template, layout, choices, words)
    _identity(book, template.identity)
    choices.write(book)
    book.active = 0
    book.save(path)


def _guide(book: Workbook, template: Template, words: NullTranslations) -> None:
    _ = words.gettext
    page = _page(book, guide(words), (24, 90))
    _put(page, 1, 1, template.instrument, font=_TITLE)
    due = day_in_words(template.due_on, template.locale)
    about = (
        (_("Structure"), template.structure),
        (_("Cohort"), template.cohort),
        (_("Programme"), template.programme),
        (_("Occasion"), _("{occasion}, due on {day}").format(occasion=template.occasion, day=due)),
    )
    for row, (name, value) in enumerate(about, start=3):
        _put(page, row, 1, name, font=_BOLD)
        _put(page, row, 2, value)
    _put(page, 8, 1, _("How to fill it in"), font=_BOLD)
    instructions = (
        _("Fill in the yellow cells of the sheets: {sheets}.").format(
            sheets=", ".join(layout.sheet.name for layout in template.layouts)
        ),
        _("Write nc where you do not communicate a figure, and ne where it was not evaluated. A blank is neither."),
        _("A zero is a figure: write 0 only where it was counted."),
        _("Do not rename the sheets, nor change their headings: they tell what is what."),
        _("A formula must have been calculated: what shows an error, or nothing, comes back to you."),
        *_rules(template, words),
        _("Save it as {name} and send it back.").format(name=template.file_name),
    )
    for row, instruction in enumerate(instructions, start=9):
        _put(page, row, 1, f"{row - 8}.", alignment=Alignment(horizontal="right", vertical="top"))
        _put(page, row, 2, instruction, alignment=Alignment(wrap_text=True, vertical="top"))
        page.row_dimensions[row].height = 18 * (1 + len(instruction) // 95)
    _lock(page)


def _rules(template: Template, words: NullTranslations) -> Iterator[str]:
    """What a spreadsheet program cannot hold somebody to, or not in each column."""
    for layout in template.layouts:
        for asked in layout.fields:
            if rules := rules_in_words(layout, asked, words):
                yield words.gettext("On the sheet {sheet}, “{label}”: {rules}.").format(
                    sheet=layout.sheet.name, label=asked.label, rules=", ".join(rules)
                )


def _items(book: Workbook, template: Template, layout: Layout, choices: Choices, words: NullTranslations) -> None:
    _ = words.gettext
    page = _page(book, layout.sheet.name, (52, 20, 14, 34, 24))
    _put(page, 1, 1, template.instrument, font=_TITLE)
    _put(page, 2, 1, f"{template.structure} · {template.occasion}", font=_QUIET)
    heads = (heading(words), _("Your answer"), _("Unit"), _("What is accepted"), _("What you said the last time"))
    for column, text in enumerate(heads, start=1):
        _head(page, HEAD_ROW, column, text)
    page.row_dimensions[HEAD_ROW].height = 22
    for row, asked in enumerate(layout.fields, start=HEAD_ROW + 1):
        _put(page, row, 1, asked.label, alignment=_WRAPPED, border=_LINE)
        page.row_dimensions[row].height = 20 * (1 + len(asked.label) // 55)
        _to_fill(_put(page, row, 2, None, border=_LINE), asked)
        _put(page, row, 3, asked.unit, alignment=_WRAPPED, border=_LINE, font=_QUIET)
        _put(page, row, 4, accepted(asked, words), alignment=_WRAPPED, border=_LINE, font=_QUIET)
        value, occasion = template.reported.get(asked.item, ("", ""))
        said = f"{value} ({occasion})" if value else ""
        _put(page, row, 5, said, alignment=_WRAPPED, border=_LINE, font=_QUIET)
        _hold(page, validation(asked, f"B{row}", choices, words), f"B{row}")
    page.freeze_panes = f"A{HEAD_ROW + 1}"
    _lock(page)


def _table(book: Workbook, template: Template, layout: Layout, choices: Choices, words: NullTranslations) -> None:
    page = _page(book, layout.sheet.name, tuple(max(16, min(len(a.label) + 6, 40)) for a in layout.fields))
    for column, asked in enumerate(layout.fields, start=1):
        letters = get_column_letter(column)
        # Of the whole column: every row below the header can be filled in, however many there are.
        page.column_dimensions[letters].protection = _OPEN
        page.column_dimensions[letters].number_format = _number_format(asked)
        cell = _head(page, 1, column, asked.label)
        rules = rules_in_words(layout, asked, words)
        said = "\n".join(part for part in (accepted(asked, words), *rules, asked.unit or "") if part)
        if said:
            cell.comment = Comment(said, template.programme, height=80 + 30 * len(rules), width=260)
        made = validation(asked, f"{letters}2", choices, words, rules, list(conditions(layout, asked, 2)))
        _hold(page, made, f"{letters}2:{letters}{LAST_ROW}")
        for row in range(2, 12):
            _to_fill(_put(page, row, column, None, border=_LINE), asked)
    page.row_dimensions[1].height = 22
    page.freeze_panes = "A2"
    _lock(page)


def _identity(book: Workbook, identity: Identity) -> None:
    page = _page(book, SHEET, (20, 40))
    for row, name in enumerate((*NAMES, SEAL), start=1):
        _put(page, row, 1, name, font=_BOLD)
        _put(page, row, 2, identity.seal if name == SEAL else getattr(identity, name))
    _lock(page)


def _page(book: Workbook, name: str, widths: tuple[int, ...]) -> Worksheet:
    page: Worksheet = book.create_sheet(name)
    for column, width in enumerate(widths, start=1):
        page.column_dimensions[get_column_letter(column)].width = width
    fit_to_width(page)
    page.sheet_view.showGridLines = False
    return page


def _put(page: Worksheet, row: int, column: int, value: str | None, **style: object) -> Any:
    cell: Any = page.cell(row, column, value)
    if isinstance(value, str):
        cell.data_type = "s"  # a name that begins with = stays a name
    for name, what in {"font": _PLAIN, **style}.items():
        setattr(cell, name, what)
    return cell


def _head(page: Worksheet, row: int, column: int, text: str) -> Any:
    return _put(page, row, column, text, font=_ON_HEAD, fill=_HEAD, alignment=_WRAPPED, protection=Protection())


def _to_fill(cell: Any, asked: SheetField) -> None:
    cell.fill, cell.protection, cell.number_format = _TO_FILL, _OPEN, _number_format(asked)
    cell.alignment = _WRAPPED


def _number_format(asked: SheetField) -> str:
    return "DD/MM/YYYY" if asked.kind is IndicatorKind.DATE else "General"


def _hold(page: Worksheet, made: DataValidation | None, places: str) -> None:
    if made is not None:
        made.add(places)
        page.add_data_validation(made)


def _lock(page: Worksheet) -> None:
    """Against slips of the hand: there is no password."""
    page.protection.sheet = True
    page.protection.formatColumns = page.protection.formatRows = False
    page.protection.insertRows = page.protection.deleteRows = page.protection.sort = False
