"""Word what a cell accepts, and make the data validation by which the spreadsheet program enforces it."""

from collections.abc import Sequence
from datetime import date
from gettext import NullTranslations
from typing import Any

from xlsxwriter import Workbook

from schemas.enums import IndicatorKind
from schemas.formats import FIRST_DAY, LAST_DAY, REASONS
from tasks.validation import messages
from tasks.workbooks.reserved_names import lists
from tasks.workbooks.sheet_fields import SheetField

_LONGEST_INLINE = 250
_LONGEST_PROMPT = 250
_LONGEST_FORMULA = 255


class Choices:
    """The drop-down lists that need a hidden sheet, because they are long or contain commas.

    Args:
        words: The language of the name of the sheet.
    """

    def __init__(self, words: NullTranslations) -> None:
        self._name = lists(words)
        self._lists: list[tuple[str, ...]] = []

    def source(self, values: tuple[str, ...]) -> str | list[str]:
        """Return the source of a drop-down list: the values, or the range of the hidden sheet with them."""
        if len(",".join(values)) <= _LONGEST_INLINE and not any(sign in value for value in values for sign in ',"'):
            return list(values)
        if values not in self._lists:
            self._lists.append(values)
        column = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"[self._lists.index(values)]
        return f"='{self._name}'!${column}$1:${column}${len(values)}"

    def write(self, book: Workbook) -> None:
        """Write the hidden sheet, if any list needs it."""
        if not self._lists:
            return
        page = book.add_worksheet(self._name)
        for column, values in enumerate(self._lists):
            for row, value in enumerate(values):
                page.write_string(row, column, value)
        page.hide()
        page.protect()


def accepted_in_words(field: SheetField, words: NullTranslations) -> str:
    """Word what a field accepts, and whether it is required."""
    _ = words.gettext
    accepted = _kind_and_limits(field, words)
    needed = _("needed")
    return f"{accepted} ({needed})" if field.is_required else accepted


def _kind_and_limits(field: SheetField, words: NullTranslations) -> str:
    _ = words.gettext
    match field.kind:
        case IndicatorKind.CHOICE:
            return _("one of the list, or nc")
        case IndicatorKind.COUNT | IndicatorKind.NUMBER if field.minimum is not None or field.maximum is not None:
            whole = _("whole") if field.kind is IndicatorKind.COUNT else ""
            limits = messages.within(field.minimum, field.maximum, words)
            return " · ".join(part for part in (limits, whole, "nc") if part)
        case IndicatorKind.COUNT | IndicatorKind.NUMBER:
            return messages.of_kind(field.kind, words)
        case IndicatorKind.DATE:
            return _("a date such as 31/03/2019, or nc")
        case IndicatorKind.TEXT:
            return _("a text")


def data_validation(
    field: SheetField,
    first: str,
    choices: Choices,
    words: NullTranslations,
    rules: Sequence[str] = (),
    conditions: Sequence[str] = (),
) -> dict[str, Any] | None:
    """Return the options of XlsxWriter's data validation for a field; None for a text, which accepts anything.

    Args:
        field: The field.
        first: The first validated cell, such as `B2`.
        choices: The lists of the workbook, to which a long list is added.
        words: The language of the messages.
        rules: The rules of the row, in words.
        conditions: The formulas of these rules. A drop-down list ignores them.
    """
    _ = words.gettext
    if field.kind is IndicatorKind.TEXT:
        return None
    options: dict[str, Any]
    if field.kind is IndicatorKind.CHOICE:
        options = {"validate": "list", "source": choices.source((*field.choices, *REASONS))}
    else:
        reasons = [f'LOWER(TRIM({first}))="{reason}"' for reason in REASONS]
        formula = f"OR({','.join((*reasons, _is_valid(field, first, conditions)))})"
        if len(formula) > _LONGEST_FORMULA:
            formula = f"OR({','.join((*reasons, _is_valid(field, first)))})"
        options = {"validate": "custom", "value": f"={formula}"}
    accepted = " · ".join((accepted_in_words(field, words), *rules))[:_LONGEST_PROMPT]
    return {
        **options,
        "input_title": field.label[:32],
        "input_message": accepted,
        "error_title": _("Not accepted"),
        "error_message": _("Expected: {what}").format(what=accepted)[:_LONGEST_PROMPT],
    }


def _is_valid(field: SheetField, cell: str, conditions: Sequence[str] = ()) -> str:
    terms = [f"ISNUMBER({cell})"]
    if field.kind is IndicatorKind.DATE:
        terms += [f"{cell}>={_date(FIRST_DAY)}", f"{cell}<={_date(LAST_DAY)}"]
    if field.kind is IndicatorKind.COUNT:
        terms.append(f"{cell}=INT({cell})")
    if field.minimum is not None:
        terms.append(f"{cell}>={field.minimum:.15g}")
    if field.maximum is not None:
        terms.append(f"{cell}<={field.maximum:.15g}")
    return f"AND({','.join((*terms, *conditions))})"


def _date(day: date) -> str:
    return f"DATE({day.year},{day.month},{day.day})"
