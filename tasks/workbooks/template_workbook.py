"""Write the workbook to send to a structure: instructions, the fields to fill in, and the values reported before."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime, time
from gettext import NullTranslations
from io import BytesIO
from typing import Any

from xlsxwriter import Workbook
from xlsxwriter.exceptions import DuplicateWorksheetName
from xlsxwriter.format import Format
from xlsxwriter.utility import xl_col_to_name
from xlsxwriter.worksheet import Worksheet

from schemas.enums import IndicatorKind
from schemas.errors import UsageError
from tasks.i18n import day_in_words, language
from tasks.workbooks.data_validation import Choices, accepted_in_words, data_validation
from tasks.workbooks.identity import Identity, lines_of, sheet_name
from tasks.workbooks.nothing_box import box_label
from tasks.workbooks.reserved_names import guide, heading, lists
from tasks.workbooks.row_rules import conditions, rules_in_words
from tasks.workbooks.sheet_fields import Layout, SheetField

LAST_ROW = 1_048_576
HEAD_ROW = 4
"""The row of the headings on a question sheet, below its title."""

_A4 = 9
_BOLD: dict[str, Any] = {"bold": True}
_TITLE: dict[str, Any] = {"bold": True, "font_size": 18, "font_color": "#1F4E5F"}
_QUIET: dict[str, Any] = {"font_color": "#5A6570"}
_LINE: dict[str, Any] = {"bottom": 1, "bottom_color": "#C9D1D9"}
_WRAPPED: dict[str, Any] = {"text_wrap": True, "valign": "vcenter"}
_HEAD: dict[str, Any] = {"bold": True, "font_color": "#FFFFFF", "bg_color": "#1F4E5F", **_WRAPPED}
_TO_FILL: dict[str, Any] = {"bg_color": "#FFF9E3", **_WRAPPED, **_LINE}
_OPEN: dict[str, Any] = {"locked": False}


@dataclass(frozen=True, slots=True)
class Template:
    """The contents of one workbook to send.

    Attributes:
        programme: The name of the programme.
        structure: The name of the structure.
        cohort: The name of the cohort.
        instrument: The name of the instrument.
        occasion: The code of the occasion.
        due_on: The day on which the return is due.
        identity: The identity sheet.
        file_name: The file name.
        layouts: The sheets to fill in.
        reported: The value that was last reported of each item, and its occasion.
        locale: The language, `fr` or `en`.
        has_box: Whether the identity sheet has a box that says that there is nothing to report.
    """

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
    has_box: bool = False


class _Book(Workbook):
    """A workbook that makes one format for equal cell formats."""

    def __init__(self, target: BytesIO) -> None:
        # A text is never taken for a formula or a link.
        super().__init__(target, {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False})
        self._styles: dict[tuple[tuple[str, Any], ...], Format] = {}

    def style(self, *parts: dict[str, Any]) -> Format:
        """Return the format with all of these properties. A later part overrides an earlier one."""
        properties = {name: value for part in parts for name, value in part.items()}
        key = tuple(sorted(properties.items()))
        if key not in self._styles:
            self._styles[key] = self.add_format(properties)
        return self._styles[key]


def workbook_of(template: Template) -> bytes:
    """Return the workbook. Equal templates give equal bytes.

    Raises:
        UsageError: A sheet of the instrument has the name of a sheet that Essaim adds.
    """
    words = language(template.locale)
    content = BytesIO()
    book = _Book(content)
    book.set_properties({"created": datetime.combine(template.due_on, time.min)})
    try:
        _guide(book, template, words)
        choices = Choices(words)
        for layout in template.layouts:
            (_table if layout.sheet.is_table else _items)(book, template, layout, choices, words)
        _identity(book, template, choices, words)
        choices.write(book)
    except DuplicateWorksheetName as error:
        raise UsageError(
            f"{template.instrument}: two sheets of its workbook would have the same name ({error}). Expected names "
            f"other than those of the sheets that each workbook has: {guide(words)}, {sheet_name(words)} and "
            f"{lists(words)}."
        ) from None
    book.close()
    return content.getvalue()


def _guide(book: _Book, template: Template, words: NullTranslations) -> None:
    _ = words.gettext
    page = _page(book, guide(words), (24, 90))
    _put(page, 0, 0, template.instrument, book.style(_TITLE))
    due = day_in_words(template.due_on, template.locale)
    about = (
        (_("Structure"), template.structure),
        (_("Cohort"), template.cohort),
        (_("Programme"), template.programme),
        (_("Occasion"), _("{occasion}, due on {day}").format(occasion=template.occasion, day=due)),
    )
    for row, (name, value) in enumerate(about, start=2):
        _put(page, row, 0, name, book.style(_BOLD))
        _put(page, row, 1, value)
    _put(page, 7, 0, _("How to fill it in"), book.style(_BOLD))
    instructions = (
        _("Fill in the yellow cells of the sheets: {sheets}.").format(
            sheets=", ".join(layout.sheet.name for layout in template.layouts)
        ),
        _("Write nc where you do not communicate a figure, and ne where it was not evaluated. A blank is neither."),
        _("A zero is a figure: write 0 only where it was counted."),
        *_nothing(template, words),
        _("Do not rename the sheets, nor change their headings: the file is read by them."),
        _("Formulas must show a result: a file with a formula that shows an error, or nothing, is sent back."),
        *_rules(template, words),
        _("Save it as {name} and send it back.").format(name=template.file_name),
    )
    for number, instruction in enumerate(instructions, start=1):
        row = 7 + number
        _put(page, row, 0, f"{number}.", book.style({"align": "right", "valign": "top"}))
        _put(page, row, 1, instruction, book.style({"text_wrap": True, "valign": "top"}))
        page.set_row(row, 18 * (1 + len(instruction) // 95))
    _lock(page)


def _nothing(template: Template, words: NullTranslations) -> Iterator[str]:
    if template.has_box:
        yield words.gettext(
            "If there is nothing to report for this period, choose “{yes}” beside it on the sheet {sheet}, and leave "
            "the yellow cells of the other sheets blank."
        ).format(yes=words.gettext("yes"), sheet=sheet_name(words))


def _rules(template: Template, words: NullTranslations) -> Iterator[str]:
    """Yield the rules between cells as instructions: a spreadsheet program enforces only some of them."""
    for layout in template.layouts:
        for field in layout.fields:
            if rules := rules_in_words(layout, field, words):
                yield words.gettext("On the sheet {sheet}, “{label}”: {rules}.").format(
                    sheet=layout.sheet.name, label=field.label, rules=", ".join(rules)
                )


def _items(book: _Book, template: Template, layout: Layout, choices: Choices, words: NullTranslations) -> None:
    _ = words.gettext
    page = _page(book, layout.sheet.name, (52, 20, 14, 34, 24))
    _put(page, 0, 0, template.instrument, book.style(_TITLE))
    _put(page, 1, 0, f"{template.structure} · {template.occasion}", book.style(_QUIET))
    heads = (heading(words), _("Your answer"), _("Unit"), _("What is accepted"), _("Your last answer"))
    page.set_row(HEAD_ROW - 1, 22)
    for column, text in enumerate(heads):
        _put(page, HEAD_ROW - 1, column, text, book.style(_HEAD))
    plain, quiet = book.style(_WRAPPED, _LINE), book.style(_WRAPPED, _LINE, _QUIET)
    for row, field in enumerate(layout.fields, start=HEAD_ROW):
        page.set_row(row, 20 * (1 + len(field.label) // 55))
        value, occasion = template.reported.get(field.item, ("", ""))
        _put(page, row, 0, field.label, plain)
        _put(page, row, 1, None, book.style(_TO_FILL, _OPEN, _number_format(field)))
        _put(page, row, 2, field.unit, quiet)
        _put(page, row, 3, accepted_in_words(field, words), quiet)
        _put(page, row, 4, f"{value} ({occasion})" if value else "", quiet)
        _validate(page, data_validation(field, f"B{row + 1}", choices, words), (row, 1, row, 1))
    page.freeze_panes(HEAD_ROW, 0)
    _lock(page)


def _table(book: _Book, template: Template, layout: Layout, choices: Choices, words: NullTranslations) -> None:
    page = _page(book, layout.sheet.name, ())
    page.set_row(0, 22)
    for column, field in enumerate(layout.fields):
        letters = xl_col_to_name(column)
        # The format of the whole column: every row below the header can be filled in.
        width = max(16, min(len(field.label) + 6, 40))
        page.set_column_pixels(column, column, _pixels(width), book.style(_OPEN, _number_format(field)))
        _put(page, 0, column, field.label, book.style(_HEAD))
        rules = rules_in_words(layout, field, words)
        comment = "\n".join(part for part in (accepted_in_words(field, words), *rules, field.unit or "") if part)
        if comment:
            size = {"height": 80 + 30 * len(rules), "width": 260}
            page.write_comment(0, column, comment, {"author": template.programme, **size})
        options = data_validation(field, f"{letters}2", choices, words, rules, list(conditions(layout, field, 2)))
        _validate(page, options, (1, column, LAST_ROW - 1, column))
        for row in range(1, 11):
            _put(page, row, column, None, book.style(_TO_FILL, _OPEN, _number_format(field)))
    page.freeze_panes(1, 0)
    _lock(page)


def _identity(book: _Book, template: Template, choices: Choices, words: NullTranslations) -> None:
    page = _page(book, sheet_name(words), (34 if template.has_box else 20, 40))
    lines = lines_of(template.identity, words)
    for row, (label, value) in enumerate(lines):
        _put(page, row, 0, label, book.style(_BOLD))
        _put(page, row, 1, value)
    if template.has_box:
        row = len(lines) + 1
        _put(page, row, 0, box_label(words), book.style(_BOLD))
        _put(page, row, 1, None, book.style(_TO_FILL, _OPEN))
        source = choices.source((words.gettext("yes"),))
        _validate(page, {"validate": "list", "source": source}, (row, 1, row, 1))
    _lock(page)


def _page(book: _Book, name: str, widths: tuple[int, ...]) -> Worksheet:
    page = book.add_worksheet(name)
    for column, width in enumerate(widths):
        page.set_column_pixels(column, column, _pixels(width))
    page.set_landscape()
    page.set_paper(_A4)
    page.fit_to_pages(1, 0)
    page.hide_gridlines(2)
    return page


def _pixels(width: int) -> int:
    """Convert the width of a column from digits of the default font to pixels."""
    return 7 * width


def _put(page: Worksheet, row: int, column: int, value: str | None, style: Format | None = None) -> None:
    if value:
        page.write_string(row, column, value, style)
    else:
        page.write_blank(row, column, None, style)


def _number_format(field: SheetField) -> dict[str, Any]:
    return {"num_format": "DD/MM/YYYY"} if field.kind is IndicatorKind.DATE else {}


def _validate(page: Worksheet, options: dict[str, Any] | None, place: tuple[int, int, int, int]) -> None:
    if options is not None:
        page.data_validation(*place, options)


def _lock(page: Worksheet) -> None:
    """Protect the sheet against accidental changes, without a password."""
    allowed = ("objects", "scenarios", "format_columns", "format_rows", "insert_rows", "delete_rows", "sort")
    page.protect("", dict.fromkeys(allowed, True))
