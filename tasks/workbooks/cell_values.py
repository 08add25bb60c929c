"""Read the value of a cell, and of a column of cells. A value with two possible readings is refused, with both.

A column takes its unambiguous cells as they are, and reads each other distinct text once, however often it occurs.
"""

# pyarrow.compute makes its functions when it is imported:
# pyright: reportAttributeAccessIssue=false

import math
import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from gettext import NullTranslations

import pyarrow as pa
import pyarrow.compute as pc

from schemas.enums import IndicatorKind, Misreading, Role
from schemas.formats import (
    FIRST_DAY,
    FLAWED,
    LAST_DAY,
    LONGEST_MISSING_WORD,
    NUMBER,
    REASONS,
    SHORTENED,
    SHOWN_DIGITS,
    WHOLE,
    Read,
    flaw_of,
    plausible_day,
    read_choice,
    read_day,
    read_number,
    reason_of,
)
from tasks.spreadsheets.cells import NOT_AS_SEEN, Cell, CellKind
from tasks.spreadsheets.error_names import BEGINS, is_error_name
from tasks.validation import messages
from tasks.workbooks.sheet_fields import SheetField
from tasks.workbooks.units import is_another_unit

_LOST_DIGITS = re.compile(rf"-?0*[1-9][0-9]{{{SHOWN_DIGITS}}}")
"""How a number begins that has more digits than a spreadsheet keeps."""
_NOT_AS_TYPED = re.compile(f"{FLAWED.pattern}|^(?:{BEGINS})|^{SHORTENED.pattern}$")
"""The texts that are read one by one, because they may be something else than what was typed."""
_ZEROS_BEFORE = re.compile(r"(?<![0-9.])0+(?=[0-9])")


class Check(StrEnum):
    """The checks of a cell, by the names that `raw.findings` records."""

    CELL_ERROR = "cell_error"
    UNCALCULATED = "uncalculated"
    DISGUISED = "disguised"
    FORMULA = "formula"
    AMBIGUOUS = Misreading.AMBIGUOUS.value
    LEADING_ZEROS = Misreading.LEADING_ZEROS.value
    PERCENTAGE = Misreading.PERCENTAGE.value
    TOO_LONG = Misreading.TOO_LONG.value
    KIND = Misreading.KIND.value
    LIMITS = Misreading.LIMITS.value
    REVERSED = Misreading.REVERSED.value
    LOST_LETTER = Misreading.LOST_LETTER.value
    ENCODED_TWICE = Misreading.ENCODED_TWICE.value
    ONE_OF = "one_of"
    REQUIRED = "required"
    ROW_ORDER = "row_order"
    ROW_CONDITION = "row_condition"


OF_VALUES = frozenset(
    {*(each.value for each in Misreading), Check.ONE_OF, Check.REQUIRED, Check.ROW_ORDER, Check.ROW_CONDITION}
)
"""The checks whose outcome follows from the values of cells, by name. That of the others follows from their looks."""


@dataclass(frozen=True, slots=True)
class CellValue:
    """The value of a cell, or why it has none.

    Attributes:
        text: The text for the warehouse; the cell's own text where the cell failed a check; None for a blank.
        check: The check that the cell failed, if any.
        expected: What the check expected, in the programme's language.
    """

    text: str | None
    check: Check | None = None
    expected: str = ""


@dataclass(frozen=True, slots=True)
class CellFault:
    """A cell that failed a check.

    Attributes:
        row: The position of its row among the filled-in rows of the table, from 0.
        text: Its text; None for a blank.
        check: The check that failed.
        expected: What the check expected, in the programme's language.
    """

    row: int
    text: str | None
    check: Check
    expected: str


@dataclass(frozen=True, slots=True)
class ColumnValues:
    """The values of a column as texts for the warehouse, and its faults from top to bottom."""

    texts: pa.Array
    faults: tuple[CellFault, ...]


def read_cell(field: SheetField, cell: Cell, language: NullTranslations) -> CellValue:
    """Read one cell as its field declares it, without checking limits."""
    _ = language.gettext
    match cell.kind:
        case CellKind.ERROR:
            return _error(cell, language)
        case CellKind.UNCALCULATED:
            return CellValue(
                cell.text,
                Check.UNCALCULATED,
                _("the value itself: the formula was never calculated, type its result in its place"),
            )
        case CellKind.DISGUISED:
            return _disguised(cell, language)
        case CellKind.STRUCK:
            expected = _("the value alone: the cell, or a part of it, is struck through, raised or lowered")
            return CellValue(cell.text, Check.DISGUISED, expected)
        case CellKind.PART_OF_DAY:
            expected = _(
                "the whole answer: the cell holds a day and shows only a part of it; show day, month and year, or"
                " format the cell as text and type the answer again"
            )
            return CellValue(cell.text, Check.DISGUISED, expected)
        case CellKind.BLANK:
            if field.is_required:
                return CellValue(None, Check.REQUIRED, messages.of_kind(IndicatorKind.TEXT, language))
            return CellValue(None)
        case _:
            return _filled_in(field, cell, language)


def _error(cell: Cell, language: NullTranslations) -> CellValue:
    expected = language.gettext("a value: the cell shows an error of its formula")
    return CellValue(cell.text, Check.CELL_ERROR, expected)


def _disguised(cell: Cell, language: NullTranslations) -> CellValue:
    expected = language.gettext(
        "the value as it is to be read: its number format or white letters show something else than the cell holds"
    )
    return CellValue(cell.text, Check.DISGUISED, expected)


def _filled_in(field: SheetField, cell: Cell, language: NullTranslations) -> CellValue:
    text = cell.text or ""
    if cell.kind is CellKind.TEXT:
        if text.startswith("="):
            return CellValue(text, Check.FORMULA, language.gettext("a value, not a formula written as text"))
        if is_error_name(text) and text not in field.choices:
            return _error(cell, language)
        if text not in field.choices and (flawed := flaw_of(text)) is not None:
            return _as_read(flawed, field, language)
        # A declared choice may be worded like a reason.
        if (reason := reason_of(text)) is not None and read_choice(text, field.choices) is None:
            # A reason keeps its case here, and with it the version its checksum; the views lower it.
            return CellValue(text if text.lower() == reason else reason)
    if cell.kind is CellKind.WORDED and not field.kind.is_numeric:
        return _disguised(cell, language)
    if _lost_digits(field, cell):
        return _too_long(field, text, language)
    match field.kind:
        case IndicatorKind.COUNT | IndicatorKind.NUMBER:
            return _number(field, cell, language)
        case IndicatorKind.DATE:
            return _day(field, cell, language)
        case IndicatorKind.CHOICE:
            return _choice(field, text, language)
        case IndicatorKind.TEXT:
            return CellValue(text)


def _lost_digits(field: SheetField, cell: Cell) -> bool:
    """Return whether a cell holds a number of which a spreadsheet keeps the first digits only."""
    text = cell.text or ""
    match cell.kind:
        case CellKind.NUMBER | CellKind.PADDED | CellKind.WORDED:
            return _LOST_DIGITS.match(text) is not None
        case CellKind.TEXT:
            return field.kind is IndicatorKind.TEXT and SHORTENED.fullmatch(text) is not None
        case _:
            return False


def _too_long(field: SheetField, text: str, language: NullTranslations) -> CellValue:
    if field.kind.is_numeric:
        return _as_read(Read(text, Misreading.TOO_LONG), field, language)
    expected = language.gettext(
        "the number in full: a spreadsheet keeps its first {count} digits; format the column as text and type it again"
    )
    return CellValue(text, Check.TOO_LONG, expected.format(count=SHOWN_DIGITS))


def _number(field: SheetField, cell: Cell, language: NullTranslations) -> CellValue:
    text = cell.text or ""
    is_whole = field.kind is IndicatorKind.COUNT
    pattern = WHOLE if is_whole else NUMBER
    number = _ZEROS_BEFORE.sub("", text)
    match cell.kind:
        case CellKind.NUMBER | CellKind.PADDED if pattern.fullmatch(number):
            return CellValue(number)
        case CellKind.WORDED:
            number, _, words = number.partition(" ")
            if is_another_unit(words, field.unit):
                return CellValue(text, Check.DISGUISED, _in_its_unit(field, language))
            if pattern.fullmatch(number):
                return CellValue(number)
            return _as_read(Read(text, Misreading.KIND), field, language)
        case CellKind.TEXT:
            read = read_number(
                text,
                decimal_sign=field.decimal_sign,
                is_whole=is_whole,
                is_percentage="%" in (field.unit or ""),
            )
            return _as_read(read, field, language)
        case _:
            return _as_read(Read(text, Misreading.KIND), field, language)


def _in_its_unit(field: SheetField, language: NullTranslations) -> str:
    if field.unit is None:
        return language.gettext("the number in full: the number format of the cell shows it in another unit")
    expected = language.gettext("a number in {unit}: the number format of the cell shows another unit")
    return expected.format(unit=field.unit)


def _as_read(read: Read, field: SheetField, language: NullTranslations) -> CellValue:
    if read.misreading is None:
        return CellValue(read.text)
    expected = messages.of_misreading(read, field.kind, language)
    return CellValue(read.text, Check(read.misreading.value), expected)


def _day(field: SheetField, cell: Cell, language: NullTranslations) -> CellValue:
    text = cell.text or ""
    match cell.kind:
        case CellKind.DAY:
            read = plausible_day(date.fromisoformat(text), text)
        case CellKind.TEXT:
            read = read_day(text, field.day_formats)
        case _:
            read = Read(text, Misreading.KIND)
    if read.misreading is Misreading.KIND:
        return CellValue(text, Check.KIND, messages.of_day(field.day_formats, language))
    return _as_read(read, field, language)


def _choice(field: SheetField, text: str, language: NullTranslations) -> CellValue:
    choice = read_choice(text, field.choices)
    if choice is None:
        return CellValue(text, Check.ONE_OF, messages.one_of((*field.choices, *REASONS), language))
    return CellValue(choice)


def read_column(field: SheetField, texts: pa.Array, kinds: pa.Array, language: NullTranslations) -> ColumnValues:
    """Read the filled-in rows of a column as its field declares them, limits included.

    Args:
        field: The declared field.
        texts: The text of each cell.
        kinds: The `CellKind` of each cell.
        language: The language of what faults expect.
    """
    is_plain = _is_plain(field, texts, kinds)
    if not field.is_required:
        is_plain = pc.or_(is_plain, pc.equal(kinds, CellKind.BLANK.value))
    faults: list[CellFault] = []
    if not pc.all(is_plain).as_py():
        texts, faults = _read_each(field, texts, kinds, is_plain, language)
    if field.kind.is_numeric and (field.minimum is not None or field.maximum is not None):
        faulty = {fault.row for fault in faults}
        faults += [fault for fault in _beyond_limits(field, texts, faulty, language) if fault.row not in faulty]
        faults.sort(key=lambda fault: fault.row)
    return ColumnValues(texts, tuple(faults))


def _is_plain(field: SheetField, texts: pa.Array, kinds: pa.Array) -> pa.Array:
    """Return, for each cell, whether its text can be taken without reading it by itself."""

    def are(kind: CellKind) -> pa.Array:
        return pc.equal(kinds, kind.value)

    match field.kind:
        case IndicatorKind.DATE:
            is_plausible = pc.and_(
                pc.greater_equal(texts, FIRST_DAY.isoformat()), pc.less_equal(texts, LAST_DAY.isoformat())
            )
            return pc.and_(are(CellKind.DAY), pc.fill_null(is_plausible, fill_value=False))
        case IndicatorKind.NUMBER:
            return pc.and_(are(CellKind.NUMBER), _are_whole_numbers_kept(texts))
        case IndicatorKind.COUNT:
            is_number = pc.and_(are(CellKind.NUMBER), _are_whole_numbers_kept(texts))
            return pc.and_(is_number, pc.invert(pc.match_substring(pc.fill_null(texts, "."), ".")))
        case IndicatorKind.CHOICE:
            is_shown = pc.invert(pc.is_in(kinds, pa.array(sorted(NOT_AS_SEEN), pa.int8())))
            is_choice = pc.is_in(texts, pa.array((*field.choices, *REASONS)))
            return pc.fill_null(pc.and_(is_choice, is_shown), fill_value=False)
        case IndicatorKind.TEXT:
            # A text longer than every spelling of a reason cannot be one.
            is_text = pc.and_(are(CellKind.TEXT), pc.invert(pc.fill_null(pc.starts_with(texts, "="), fill_value=True)))
            is_long = pc.greater(pc.fill_null(pc.utf8_length(texts), 0), LONGEST_MISSING_WORD)
            is_text = pc.and_(
                is_text, pc.invert(pc.match_substring_regex(pc.fill_null(texts, ""), _NOT_AS_TYPED.pattern))
            )
            is_identifier = pa.scalar(field.role is Role.IDENTIFIER)
            is_number = pc.and_(are(CellKind.NUMBER), _are_whole_numbers_kept(texts))
            return pc.or_(is_number, pc.and_(is_text, pc.or_(is_long, is_identifier)))


def _are_whole_numbers_kept(texts: pa.Array) -> pa.Array:
    """Return, for each text of a number, whether a spreadsheet keeps all of its digits before the decimal point."""
    texts = pc.fill_null(texts, "")
    is_long = pc.greater(pc.binary_length(texts), SHOWN_DIGITS)
    if pc.any(is_long).as_py():
        is_long = pc.match_substring_regex(texts, f"^{_LOST_DIGITS.pattern}")
    return pc.invert(is_long)


def _read_each(
    field: SheetField, texts: pa.Array, kinds: pa.Array, is_plain: pa.Array, language: NullTranslations
) -> tuple[pa.Array, list[CellFault]]:
    """Return the texts with each cell that is not plain replaced by its value, and the faults among these cells."""
    rows = pc.indices_nonzero(pc.invert(is_plain))
    known: dict[tuple[str | None, int], CellValue] = {}
    values: list[str | None] = []
    faults: list[CellFault] = []
    for row, text, kind in zip(
        rows.to_pylist(), texts.take(rows).to_pylist(), kinds.take(rows).to_pylist(), strict=True
    ):
        value = known.get((text, kind))
        if value is None:
            value = known[text, kind] = _read_in_column(field, Cell(text, CellKind(kind)), language)
        values.append(value.text)
        if value.check is not None:
            faults.append(CellFault(row, text, value.check, value.expected))
    mask = pc.invert(is_plain)
    return pc.replace_with_mask(texts, mask, pa.array(values, pa.string())), faults


def _read_in_column(field: SheetField, cell: Cell, language: NullTranslations) -> CellValue:
    value = read_cell(field, cell, language)
    if value.check is None and value.text is not None and field.kind.is_numeric:
        return CellValue(value.text.lower())
    if value.check is Check.FORMULA and field.role is Role.IDENTIFIER:
        return CellValue(cell.text)
    return value


def _beyond_limits(
    field: SheetField, texts: pa.Array, faulty: set[int], language: NullTranslations
) -> Iterator[CellFault]:
    is_number = pc.invert(pc.is_in(pc.fill_null(texts, REASONS[0]), pa.array(REASONS)))
    if faulty:
        is_number = pc.and_(is_number, pa.array([row not in faulty for row in range(len(texts))]))
    numbers = pc.if_else(is_number, texts, pa.scalar(None, pa.string())).cast(pa.float64())
    beyond = pc.less(numbers, -math.inf if field.minimum is None else field.minimum)
    if field.maximum is not None:
        beyond = pc.or_(beyond, pc.greater(numbers, field.maximum))
    expected = messages.within(field.minimum, field.maximum, language)
    for row in pc.indices_nonzero(pc.fill_null(beyond, fill_value=False)).to_pylist():
        yield CellFault(row, texts[row].as_py(), Check.LIMITS, expected)
