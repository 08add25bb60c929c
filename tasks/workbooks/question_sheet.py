"""Read a question sheet: the label in the first column, the answer beside it in the second.

Lines are found by their labels, wherever they stand. A value elsewhere that could be an answer is a finding: it is
neither read nor ignored in silence.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from gettext import NullTranslations

from schemas.enums import IndicatorKind, Role, Severity
from schemas.layouts import plain_label
from tasks.records import Answer, Finding
from tasks.spreadsheets.cells import BLANK, CellKind, CellSheet, column_letters, range_of
from tasks.validation import messages
from tasks.workbooks.cell_values import read_cell
from tasks.workbooks.csv_lines import ragged_line
from tasks.workbooks.reserved_names import HEADINGS
from tasks.workbooks.sheet_fields import Layout, SheetField

_LABEL, _ANSWER = 0, 1


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
    for row, field in sorted(fields.items()):
        if field.role is not Role.FREE_TEXT:
            # Essaim's own workbooks have units, limits and the last answer in the columns that follow.
            yield from () if has_headings else _beside(sheet, field, row, language)
            yield from _below(sheet, field, row, language)


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
    if sheet.lengths is None or not fields:
        return
    lengths = {row: sheet.lengths[row].as_py() for row in fields}
    usual = max(min(lengths.values()), _ANSWER + 1)
    for row, length in sorted(lengths.items()):
        if length != usual:
            yield ragged_line(sheet, row, length, usual, language)


def _beside(sheet: CellSheet, field: SheetField, row: int, language: NullTranslations) -> Iterator[Finding]:
    """Yield a finding for a cell to the right of the answer that could be the answer."""
    _ = language.gettext
    is_blank, is_text = sheet.at(row, _ANSWER) == BLANK, field.kind is IndicatorKind.TEXT
    for column in range(_ANSWER + 1, len(sheet.texts)):
        cell = sheet.at(row, column)
        value = read_cell(field, cell, language)
        if value.text is None or value.check is not None or (is_text and not is_blank):
            continue
        severity = Severity.ERROR if is_blank and not is_text else Severity.WARNING
        location = f"{sheet.name}!{column_letters(column)}{row + 1}"
        found = messages.found(cell.text, language)
        expected = _("the answer in column B") if is_blank else _("one answer, in column B: this cell was not read")
        yield _finding(location, found, expected, severity)
        return


def _below(sheet: CellSheet, field: SheetField, row: int, language: NullTranslations) -> Iterator[Finding]:
    """Yield an error for an answer on the line below its label, where its own line has none."""
    _ = language.gettext
    if sheet.at(row, _ANSWER) != BLANK or sheet.at(row + 1, _LABEL) != BLANK:
        return
    cell = sheet.at(row + 1, _ANSWER)
    value = read_cell(field, cell, language)
    if value.text is not None and value.check is None:
        found, expected = messages.found(cell.text, language), _("the answer on the line of its label")
        yield _finding(f"{sheet.name}!B{row + 2}", found, expected, Severity.ERROR)


def _finding(location: str, found: str, expected: str, severity: Severity) -> Finding:
    return Finding(location, location, "layout", severity, found, expected)
