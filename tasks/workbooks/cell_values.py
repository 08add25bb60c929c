"""What one cell says. What can be read in two ways is not read: it is said, with both readings."""

import re
import unicodedata
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from gettext import NullTranslations

from schemas.enums import IndicatorKind
from schemas.formats import NUMBER, REASONS, WHOLE
from schemas.layouts import plain
from tasks.spreadsheets.cells import Cell, CellKind
from tasks.validation import messages as expected
from tasks.workbooks.sheet_fields import SheetField

_SPELT: dict[str, tuple[str, ...]] = {
    "nc": ("nc", "n.c.", "n.c", "n/c", "n. c.", "non communiqué", "non communiquée", "non communiqués",
           "non communiquées", "non communique", "not communicated"),
    "ne": ("ne", "n.e.", "n.e", "n/e", "n. e.", "non évalué", "non évaluée", "non évalués", "non évaluées",
           "non evalue", "not evaluated"),
}  # fmt: skip
_REASON_OF = {plain(spelling): reason for reason, spellings in _SPELT.items() for spelling in spellings}
LONGEST_REASON = max(map(len, _REASON_OF))

_TWO_READINGS = re.compile(r"[+-]?([1-9][0-9]{0,2})[.,]([0-9]{3})")
_LEADING_ZEROS = re.compile(r"[+-]?0[0-9]+([.,].*)?")
_ENGLISH = re.compile(r"[+-]?[1-9][0-9]{0,2}(?:,[0-9]{3})+(?:\.[0-9]+)?")
_DOTTED = re.compile(r"[+-]?[1-9][0-9]{0,2}(?:\.[0-9]{3})+(?:,[0-9]+)?")
_SPACES = dict.fromkeys(map(ord, " \u00a0\u202f\u2009"))


class Check(StrEnum):
    """What a cell failed. The names stand in raw.findings."""

    CELL_ERROR = "cell_error"
    UNCALCULATED = "uncalculated"
    FORMULA = "formula"
    AMBIGUOUS = "ambiguous"
    LEADING_ZEROS = "leading_zeros"
    KIND = "kind"
    LIMITS = "limits"
    ONE_OF = "one_of"
    REQUIRED = "required"
    ROW_ORDER = "row_order"
    ROW_CONDITION = "row_condition"


@dataclass(frozen=True, slots=True)
class Understood:
    """What a cell says: its text for the warehouse, or the check that it failed and what was expected."""

    text: str | None
    check: Check | None = None
    expected: str = ""


def understand(asked: SheetField, cell: Cell, language: NullTranslations) -> Understood:
    """Read one cell by what is asked there. Limits are not looked at."""
    _ = language.gettext
    match cell.kind:
        case CellKind.ERROR:
            return Understood(cell.text, Check.CELL_ERROR, _("a value: the cell shows an error of its formula"))
        case CellKind.UNCALCULATED:
            return Understood(
                cell.text,
                Check.UNCALCULATED,
                _("the value itself: the formula was never calculated, type its result in its place"),
            )
        case CellKind.BLANK:
            if asked.is_required:
                return Understood(None, Check.REQUIRED, expected.of_kind(IndicatorKind.TEXT, language))
            return Understood(None)
        case _:
            return _filled(asked, cell, language)


def _filled(asked: SheetField, cell: Cell, language: NullTranslations) -> Understood:
    text = cell.text or ""
    if cell.kind is CellKind.TEXT:
        if text.startswith("="):
            return Understood(text, Check.FORMULA, language.gettext("a value, and no formula written as text"))
        if (reason := _reason(text)) is not None:
            return Understood(reason)
    match asked.kind:
        case IndicatorKind.COUNT | IndicatorKind.NUMBER:
            return _number(asked, cell, language)
        case IndicatorKind.DATE:
            return _day(asked, cell, language)
        case IndicatorKind.CHOICE:
            return _choice(asked, text, language)
        case IndicatorKind.TEXT:
            return Understood(text)


def _reason(text: str) -> str | None:
    # As it was written where it is written as the reason itself: nobody's wording is changed without need.
    return text if text.lower() in REASONS else _REASON_OF.get(plain(text))


def _number(asked: SheetField, cell: Cell, language: NullTranslations) -> Understood:
    text = cell.text or ""
    wrong = Understood(text, Check.KIND, expected.of_kind(asked.kind, language))
    pattern = WHOLE if asked.kind is IndicatorKind.COUNT else NUMBER
    if cell.kind is CellKind.NUMBER:
        return Understood(text) if pattern.fullmatch(text) else wrong
    if cell.kind is not CellKind.TEXT:
        return wrong
    if two := _TWO_READINGS.fullmatch(text):
        return Understood(
            text,
            Check.AMBIGUOUS,
            language.gettext("{whole} or {whole_part}.{decimals}: write it without a separator of thousands").format(
                whole=two[1] + two[2], whole_part=two[1], decimals=two[2]
            ),
        )
    if _LEADING_ZEROS.fullmatch(text):
        return Understood(text, Check.LEADING_ZEROS, language.gettext("a number without a zero before it"))
    if _ENGLISH.fullmatch(text):
        text = text.replace(",", "")
    elif _DOTTED.fullmatch(text):
        text = text.replace(".", "").replace(",", ".")
    return Understood(text) if pattern.fullmatch(text) else wrong


def plain_number(text: str) -> str:
    """A number that was understood, with a decimal point and no spaces; a reason in small letters."""
    return text.translate(_SPACES).replace(",", ".").lower()


def _day(asked: SheetField, cell: Cell, language: NullTranslations) -> Understood:
    text = cell.text or ""
    if cell.kind is CellKind.DAY:
        return Understood(text)
    if cell.kind is CellKind.TEXT:
        for day_format in asked.day_formats:
            try:
                return Understood(datetime.strptime(text, day_format).date().isoformat())  # noqa: DTZ007 a day has no zone
            except ValueError:
                continue
    example = datetime(2019, 3, 31)  # noqa: DTZ001 a day has no zone
    formats = ", ".join(example.strftime(day_format) for day_format in asked.day_formats)
    said = language.gettext("a day that exists, written as {formats}, or nc").format(formats=formats)
    return Understood(text, Check.KIND, said)


def _choice(asked: SheetField, text: str, language: NullTranslations) -> Understood:
    if text in asked.choices:
        return Understood(text)
    for fold in (plain, _without_accents):
        alike = [choice for choice in asked.choices if fold(choice) == fold(text)]
        if len(alike) == 1:
            return Understood(alike[0])
    return Understood(text, Check.ONE_OF, expected.one_of((*asked.choices, *REASONS), language))


def _without_accents(text: str) -> str:
    return "".join(sign for sign in unicodedata.normalize("NFKD", plain(text)) if not unicodedata.combining(sign))
