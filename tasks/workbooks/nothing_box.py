"""Read the box of a workbook that says that there is nothing to report, on the identity sheet that Essaim writes."""

from gettext import NullTranslations

from schemas.enums import IndicatorKind, Role, Severity
from schemas.formats import without_accents
from schemas.instruments import BOX, TICKED
from schemas.layouts import plain
from tasks.i18n import language
from tasks.records import Answer, Finding
from tasks.spreadsheets.cells import CellBook, CellSheet
from tasks.validation import messages
from tasks.workbooks.cell_values import Check, read_cell
from tasks.workbooks.identity import SHEETS
from tasks.workbooks.reserved_names import LOCALES
from tasks.workbooks.sheet_fields import SheetField

_WORDS = tuple(language(locale) for locale in LOCALES)
_TICKS = frozenset({*(words.gettext("yes") for words in _WORDS), "x", "o", "y", "1", "true", "vrai"})
_BLANKS = frozenset({*(words.gettext("no") for words in _WORDS), "0", "false", "faux"})
_FIELD = SheetField(
    item=BOX,
    label="",
    labels=frozenset(),
    kind=IndicatorKind.CHOICE,
    role=Role.INDICATOR,
    unit=None,
    minimum=None,
    maximum=None,
    choices=tuple(sorted(_TICKS | _BLANKS)),
    is_required=False,
    day_formats=(),
    decimal_sign=None,
)


def box_label(words: NullTranslations) -> str:
    """Return the label of the box."""
    return words.gettext("Nothing to report for this period")


_LABELS = frozenset(plain(box_label(words)) for words in _WORDS)


def read_box(book: CellBook, words: NullTranslations) -> tuple[Answer | None, Finding | None]:
    """Read the box of a workbook.

    Args:
        book: The cells of the workbook.
        words: The language of the finding.

    Returns:
        The answer where the box is ticked, so that a workbook without the box and one with a blank box are one
        content; and an error where it holds something else than yes or no.
    """
    sheet = next((sheet for name, sheet in book.sheets.items() if plain(name) in SHEETS), None)
    row = None if sheet is None or book.is_one_csv else _row_of(sheet)
    if sheet is None or row is None:
        return None, None
    location = f"{sheet.name}!B{row + 1}"
    cell = sheet.at(row, 1)
    value = read_cell(_FIELD, cell, words)
    text = without_accents(value.text or "")
    if value.check is None and text in _TICKS:
        return Answer(BOX, BOX.partition("!")[2], None, None, "value", TICKED, location), None
    if value.check is None and (not text or text in _BLANKS):
        return None, None
    expected = words.gettext("{yes}, or nothing").format(yes=words.gettext("yes"))
    found = messages.found(cell.text, words)
    return None, Finding(BOX, location, (value.check or Check.ONE_OF).value, Severity.ERROR, found, expected)


def _row_of(sheet: CellSheet) -> int | None:
    return next((row for row in range(sheet.height) if plain(sheet.at(row, 0).text or "") in _LABELS), None)
