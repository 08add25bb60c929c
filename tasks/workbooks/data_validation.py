"""What a cell accepts: told beside it, and held by the spreadsheet program while it is filled in."""

from collections.abc import Sequence
from gettext import NullTranslations
from typing import Any

from xlsxwriter import Workbook

from schemas.enums import IndicatorKind
from schemas.formats import REASONS
from tasks.validation import messages as expected
from tasks.workbooks.reserved_names import lists
from tasks.workbooks.sheet_fields import SheetField

_LONGEST_INLINE = 250
_LONGEST_PROMPT = 250
_LONGEST_FORMULA = 255


class Choices:
    """The lists that are too long, or hold commas, and so stand on a sheet of their own, which is hidden."""

    def __init__(self, words: NullTranslations) -> None:
        self._name = lists(words)
        self._lists: list[tuple[str, ...]] = []

    def source(self, values: tuple[str, ...]) -> str | list[str]:
        """Return the source of a drop-down list: the values, or the range of the hidden sheet that holds them."""
        if len(",".join(values)) <= _LONGEST_INLINE and not any(sign in value for value in values for sign in ',"'):
            return list(values)
        if values not in self._lists:
            self._lists.append(values)
        column = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"[self._lists.index(values)]
        return f"='{self._name}'!${column}$1:${column}${len(values)}"

    def write(self, book: Workbook) -> None:
        """Write the sheet, where there are such lists."""
        if not self._lists:
            return
        page = book.add_worksheet(self._name)
        for column, values in enumerate(self._lists):
            for row, value in enumerate(values):
                page.write_string(row, column, value)
        page.hide()
        page.protect()


def accepted(asked: SheetField, words: NullTranslations) -> str:
    """What may stand in a cell, in words."""
    _ = words.gettext
    said = _accepted(asked, words)
    return f"{said} · {_('needed')}" if asked.is_required else said


def _accepted(asked: SheetField, words: NullTranslations) -> str:
    _ = words.gettext
    match asked.kind:
        case IndicatorKind.CHOICE:
            return _("one of the list, or nc")
        case IndicatorKind.COUNT | IndicatorKind.NUMBER if asked.minimum is not None or asked.maximum is not None:
            whole = _("whole") if asked.kind is IndicatorKind.COUNT else ""
            said = expected.within(asked.minimum, asked.maximum, words)
            return " · ".join(part for part in (said, whole, "nc") if part)
        case IndicatorKind.COUNT | IndicatorKind.NUMBER:
            return expected.of_kind(asked.kind, words)
        case IndicatorKind.DATE:
            return _("a date such as 31/03/2019, or nc")
        case IndicatorKind.TEXT:
            return _("a text")


def validation(
    asked: SheetField,
    first: str,
    choices: Choices,
    words: NullTranslations,
    rules: Sequence[str] = (),
    conditions: Sequence[str] = (),
) -> dict[str, Any] | None:
    """Return the options of XlsxWriter's data validation for a field; None for a text, which is not restricted.

    Args:
        asked: The field.
        first: The first cell that is validated, such as `B2`.
        choices: The lists of the workbook, to which a long one is added.
        words: The language of the messages.
        rules: Further rules, in words.
        conditions: Their formulas. A drop-down list has room for none.
    """
    _ = words.gettext
    if asked.kind is IndicatorKind.TEXT:
        return None
    made: dict[str, Any]
    if asked.kind is IndicatorKind.CHOICE:
        made = {"validate": "list", "source": choices.source((*asked.choices, *REASONS))}
    else:
        reasons = [f'LOWER(TRIM({first}))="{reason}"' for reason in REASONS]
        formula = f"OR({','.join((*reasons, _is_right(asked, first, conditions)))})"
        if len(formula) > _LONGEST_FORMULA:
            formula = f"OR({','.join((*reasons, _is_right(asked, first)))})"
        made = {"validate": "custom", "value": f"={formula}"}
    said = " · ".join((accepted(asked, words), *rules))[:_LONGEST_PROMPT]
    return {
        **made,
        "input_title": asked.label[:32],
        "input_message": said,
        "error_title": _("Not accepted"),
        "error_message": _("Expected: {what}").format(what=said)[:_LONGEST_PROMPT],
    }


def _is_right(asked: SheetField, cell: str, conditions: Sequence[str] = ()) -> str:
    right = [f"ISNUMBER({cell})"]
    if asked.kind is IndicatorKind.DATE:
        right += [f"{cell}>=DATE(1900,3,1)", f"{cell}<DATE(2100,1,1)"]
    if asked.kind is IndicatorKind.COUNT:
        right.append(f"{cell}=INT({cell})")
    if asked.minimum is not None:
        right.append(f"{cell}>={asked.minimum:.15g}")
    if asked.maximum is not None:
        right.append(f"{cell}<={asked.maximum:.15g}")
    return f"AND({','.join((*right, *conditions))})"
