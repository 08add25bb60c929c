"""Reads a sheet with one question a line: the label in the first column, the answer in the second."""

from gettext import NullTranslations

from schemas.enums import Role, Severity
from schemas.layouts import plain
from tasks.records import Answer, Finding
from tasks.spreadsheets.cells import CellKind, CellSheet
from tasks.validation import messages as expected
from tasks.workbooks.cell_values import understand
from tasks.workbooks.reserved_names import HEADINGS
from tasks.workbooks.sheet_fields import Layout, SheetField


def read_items(sheet: CellSheet, layout: Layout, language: NullTranslations) -> tuple[list[Answer], list[Finding]]:
    """The answers of a sheet, and what does not fit its layout. Lines are found by their labels, anywhere."""
    _ = language.gettext
    lines = _lines(sheet)
    answers: list[Answer] = []
    findings: list[Finding] = []
    for asked in layout.fields:
        numbers = sorted(number for label in asked.labels for number in lines.pop(label, ()))
        if len(numbers) != 1:
            found = _("no such line") if not numbers else _("the line {count} times").format(count=len(numbers))
            wanted = _("one line “{label}” in the first column").format(label=asked.label)
            findings.append(Finding(asked.item, f"{sheet.name}!A", "layout", Severity.ERROR, found, wanted))
            continue
        answer, finding = _answer(sheet, asked, numbers[0], language)
        answers += [answer] if answer else []
        findings += [finding] if finding else []
    for numbers in lines.values():
        where = f"{sheet.name}!A{numbers[0] + 1}"
        found = expected.found(sheet.at(numbers[0], 0).text, language)
        wanted = _("only the lines that are asked")
        findings.append(Finding(where, where, "layout", Severity.WARNING, found, wanted))
    return answers, findings


def _lines(sheet: CellSheet) -> dict[str, list[int]]:
    """The rows of each label, from 0. What stands above the headings of a workbook that we wrote is its title."""
    lines: dict[str, list[int]] = {}
    for number in range(sheet.height):
        cell = sheet.at(number, 0)
        if cell.kind is CellKind.BLANK or cell.text is None:
            continue
        label = plain(cell.text)
        if label in HEADINGS:
            lines = {}
        else:
            lines.setdefault(label, []).append(number)
    return lines


def _answer(
    sheet: CellSheet, asked: SheetField, row: int, language: NullTranslations
) -> tuple[Answer | None, Finding | None]:
    cell, location = sheet.at(row, 1), f"{sheet.name}!B{row + 1}"
    if asked.role is Role.FREE_TEXT:
        return None, None
    understood = understand(asked, cell, language)
    code = asked.item.partition("!")[2]
    answer = Answer(asked.item, code, None, None, "value", understood.text, location)
    if understood.check is None:
        return answer, None
    found = expected.found(cell.text, language)
    return answer, Finding(asked.item, location, understood.check.value, Severity.ERROR, found, understood.expected)
