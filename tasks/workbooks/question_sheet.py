"""Read a question sheet: the label in the first column, the answer beside it in the second.

Lines are found by their labels, wherever they stand. A value elsewhere that could be an answer is a finding: it is
neither read nor ignored in silence.
"""

# pyarrow.compute makes its functions when it is imported:
# pyright: reportAttributeAccessIssue=false

import re
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from gettext import NullTranslations

import pyarrow.compute as pc

from schemas.enums import IndicatorKind, Role, Severity
from schemas.formats import REASONS
from schemas.layouts import plain_label
from tasks.i18n import language as language_of
from tasks.records import Answer, Finding
from tasks.spreadsheets.cells import BLANK, Cell, CellKind, CellSheet, column_letters, range_of
from tasks.validation import messages
from tasks.workbooks.cell_values import read_cell
from tasks.workbooks.csv_lines import ragged_line
from tasks.workbooks.data_validation import accepted_in_words
from tasks.workbooks.hidden_answers import hidden_answers
from tasks.workbooks.reserved_names import HEADINGS, LOCALES
from tasks.workbooks.sheet_fields import Layout, SheetField
from tasks.workbooks.units import is_another_unit, is_unit_alone

_LABEL, _ANSWER = 0, 1
_ACCEPTED, _LAST_ANSWER = 3, 4
"""The columns of Essaim's own workbooks with what is accepted and with the value that was reported before."""
_LAST = re.compile(r".+ \([^()]+\)")
"""A value that was reported before, with its occasion: `9 (M03)`."""
_WORDS = tuple(language_of(locale) for locale in LOCALES)
_MOST_BESIDE = 5
"""The number of values beside one answer that are listed."""


@dataclass(frozen=True, slots=True)
class _Lines:
    """The lines of a sheet by the folded text of their first column, and whether Essaim's headings stand above them."""

    rows: dict[str, list[int]]
    has_headings: bool


def read_question_sheet(
    sheet: CellSheet, layout: Layout, language: NullTranslations
) -> tuple[list[Answer], list[Finding]]:
    """Read the answers of a question sheet, and its deviations from its layout.

    Args:
        sheet: The cells.
        layout: The declared lines.
        language: The language of the findings.
    """
    _ = language.gettext
    lines = _lines_by_label(sheet)
    fields: dict[int, SheetField] = {}
    findings: list[Finding] = []
    for field in layout.fields:
        rows = sorted(row for label in field.labels for row in lines.rows.pop(label, ()))
        if len(rows) == 1:
            fields[rows[0]] = field
            continue
        found = _("no such line") if not rows else _("the line {count} times").format(count=len(rows))
        expected = _("one line “{label}” in the first column").format(label=field.label)
        findings.append(Finding(field.item, f"{sheet.name}!A", "layout", Severity.ERROR, found, expected))
    findings += _elsewhere(sheet, fields, language, has_headings=lines.has_headings)
    answers: list[Answer] = []
    for row, field in fields.items():
        answer, finding = _read_line(sheet, field, row, language)
        answers += [answer] if answer else []
        findings += [finding] if finding else []
    answered = [row for row in fields if sheet.at(row, _ANSWER) != BLANK]
    findings += hidden_answers(sheet, answered, [_ANSWER] if answered else [], language)
    for rows in lines.rows.values():
        location = f"{sheet.name}!A{rows[0] + 1}"
        found = messages.found(sheet.at(rows[0], _LABEL).text, language)
        findings.append(_finding(location, found, _("only the lines asked for"), Severity.WARNING))
    return answers, findings


def _lines_by_label(sheet: CellSheet) -> _Lines:
    """Return the rows of each label, from 0. Whatever stands above the headings of Essaim's own workbook is a title."""
    lines = _Lines({}, has_headings=False)
    for row in range(sheet.height):
        cell = sheet.at(row, _LABEL)
        if cell.kind is CellKind.BLANK or cell.text is None:
            continue
        label = plain_label(cell.text)
        if label in HEADINGS:
            lines = _Lines({}, has_headings=True)
        else:
            lines.rows.setdefault(label, []).append(row)
    return lines


def _read_line(
    sheet: CellSheet, field: SheetField, row: int, language: NullTranslations
) -> tuple[Answer | None, Finding | None]:
    cell, location = sheet.at(row, _ANSWER), f"{sheet.name}!B{row + 1}"
    if field.role is Role.FREE_TEXT:
        return None, None
    value = read_cell(field, cell, language)
    code = field.item.partition("!")[2]
    answer = Answer(field.item, code, None, None, "value", value.text, location)
    if value.check is None:
        return answer, None
    found = messages.found(cell.text, language)
    return answer, Finding(field.item, location, value.check.value, Severity.ERROR, found, value.expected)


def _elsewhere(
    sheet: CellSheet, fields: Mapping[int, SheetField], language: NullTranslations, *, has_headings: bool
) -> Iterator[Finding]:
    """Yield a finding for each value that may be an answer and stands elsewhere than beside its label."""
    yield from _merged(sheet, fields, language)
    yield from _cut(sheet, fields, language)
    labels = {label for field in fields.values() for label in field.labels}
    cut = set(_cut_rows(sheet, fields))
    for row, columns in _filled_cells(sheet):
        if row in cut:
            continue
        field = fields.get(row)
        if field is not None and field.role is not Role.FREE_TEXT:
            yield from _beside(sheet, field, row, columns, labels, language, has_headings=has_headings)
        elif field is None and sheet.at(row, _LABEL) == BLANK and columns:
            yield _without_label(sheet, fields, row, columns[0], language)


def _filled_cells(sheet: CellSheet) -> Iterator[tuple[int, list[int]]]:
    """Yield each row with a value beyond its label, and the columns of these values, both from 0."""
    filled: dict[int, list[int]] = {}
    for column in range(_ANSWER, len(sheet.kinds)):
        for row in pc.indices_nonzero(pc.not_equal(sheet.kinds[column], CellKind.BLANK.value)).to_pylist():
            filled.setdefault(row, []).append(column)
    yield from sorted(filled.items())


def _merged(sheet: CellSheet, fields: Mapping[int, SheetField], language: NullTranslations) -> Iterator[Finding]:
    _ = language.gettext
    for place in sheet.merged:
        (first_row, first_column), (last_row, last_column) = range_of(place)
        covers_answers = first_column <= _ANSWER <= last_column and last_row > first_row
        if covers_answers and any(first_row <= row <= last_row for row in fields):
            expected = _("each cell by itself: undo the merging")
            yield _finding(f"{sheet.name}!{place}", _("merged cells"), expected, Severity.ERROR)


def _cut(sheet: CellSheet, fields: Mapping[int, SheetField], language: NullTranslations) -> Iterator[Finding]:
    """Yield an error for each line of a CSV file that has more or fewer cells than the others."""
    for row, (length, usual) in _cut_rows(sheet, fields).items():
        yield ragged_line(sheet, row, length, usual, language)


def _cut_rows(sheet: CellSheet, fields: Mapping[int, SheetField]) -> dict[int, tuple[int, int]]:
    """Return the lines of a CSV file that are longer or shorter than the others: their lengths, and the usual one."""
    if sheet.lengths is None or not fields:
        return {}
    lengths = {row: sheet.lengths[row].as_py() for row in fields}
    usual = max(min(lengths.values()), _ANSWER + 1)
    return {row: (length, usual) for row, length in sorted(lengths.items()) if length != usual}


def _beside(
    sheet: CellSheet,
    field: SheetField,
    row: int,
    columns: Iterable[int],
    labels: Collection[str],
    language: NullTranslations,
    *,
    has_headings: bool,
) -> Iterator[Finding]:
    """Yield a finding for each value to the right of the answer that no template wrote there."""
    _ = language.gettext
    is_blank = sheet.at(row, _ANSWER) == BLANK
    severity = Severity.ERROR if is_blank else Severity.WARNING
    expected = _("the answer in column B") if is_blank else _("one answer, in column B: this cell was not read")
    to_the_right = [column for column in columns if column > _ANSWER]
    told = [
        column
        for column in to_the_right
        if not _is_of_template(field, sheet.at(row, column), column, labels, has_headings=has_headings)
    ]
    for column in told[:_MOST_BESIDE]:
        location = f"{sheet.name}!{column_letters(column)}{row + 1}"
        found = messages.found(sheet.at(row, column).text, language)
        if not is_blank and _is_another_unit(field, sheet.at(row, column)):
            yield _finding(location, found, _in_its_unit(field, language), Severity.ERROR)
        else:
            yield _finding(location, found, expected, severity)


def _is_another_unit(field: SheetField, cell: Cell) -> bool:
    """Return whether a cell beside a number names a unit, and not the unit of its field."""
    text = cell.text or ""
    return (
        field.kind.is_numeric
        and cell.kind is CellKind.TEXT
        and is_unit_alone(text)
        and is_another_unit(text, field.unit)
    )


def _in_its_unit(field: SheetField, language: NullTranslations) -> str:
    if field.unit is None:
        return language.gettext("the number in full, and no other unit beside it")
    return language.gettext("the number in {unit}, and no other unit beside it").format(unit=field.unit)


def _is_of_template(field: SheetField, cell: Cell, column: int, labels: Collection[str], *, has_headings: bool) -> bool:
    """Return whether a cell beside an answer has what a template writes there: its unit, a label, what is accepted."""
    if cell.kind is not CellKind.TEXT:
        return False
    text = plain_label(cell.text or "")
    is_the_unit = field.unit is not None and is_unit_alone(text) and not is_another_unit(text, field.unit)
    if text in labels or text in _units(field) or is_the_unit:
        return True
    if column == _ACCEPTED:
        is_answer = field.kind is not IndicatorKind.TEXT and read_cell(field, cell, _WORDS[0]).check is None
        # The limits may have been others when the workbook was sent; each wording but that of texts allows nc.
        return has_headings and not is_answer and (REASONS[0] in text.split() or text in _accepted(field))
    return has_headings and column == _LAST_ANSWER and _LAST.fullmatch(text) is not None


def _accepted(field: SheetField) -> frozenset[str]:
    return frozenset(plain_label(accepted_in_words(field, words)) for words in _WORDS)


def _units(field: SheetField) -> frozenset[str]:
    unit = plain_label(field.unit or "")
    return frozenset({unit, f"({unit})", f"en {unit}", f"in {unit}"} if unit else ())


def _without_label(
    sheet: CellSheet, fields: Mapping[int, SheetField], row: int, column: int, language: NullTranslations
) -> Finding:
    """Word a value on a line without a label: an error where it may be the answer to the line above or below."""
    _ = language.gettext
    cell = sheet.at(row, column)
    may_be = column == _ANSWER and any(
        _may_answer(field, cell)
        for field, near in _around(sheet, fields, row)
        if field.role is not Role.FREE_TEXT and sheet.at(near, _ANSWER) == BLANK
    )
    location = f"{sheet.name}!{column_letters(column)}{row + 1}"
    expected = (
        _("the answer on the line of its label") if may_be else _("only answers beside a label: this cell was not read")
    )
    return _finding(
        location, messages.found(cell.text, language), expected, Severity.ERROR if may_be else Severity.WARNING
    )


def _around(sheet: CellSheet, fields: Mapping[int, SheetField], row: int) -> Iterator[tuple[SheetField, int]]:
    """Yield the nearest lines above and below that are asked for, passing over free texts that are blank."""
    for order in (sorted((r for r in fields if r < row), reverse=True), sorted(r for r in fields if r > row)):
        near = [r for r in order if fields[r].role is not Role.FREE_TEXT or sheet.at(r, _ANSWER) != BLANK]
        yield from [(fields[r], r) for r in near[:1]]


def _may_answer(field: SheetField, cell: Cell) -> bool:
    """Return whether a value may be the answer to a field, though wrongly written: a text without digits is a title."""
    if cell.kind is not CellKind.TEXT or any(map(str.isdigit, cell.text or "")):
        return True
    return field.kind is not IndicatorKind.TEXT and read_cell(field, cell, _WORDS[0]).check is None


def _finding(location: str, found: str, expected: str, severity: Severity) -> Finding:
    return Finding(location, location, "layout", severity, found, expected)
