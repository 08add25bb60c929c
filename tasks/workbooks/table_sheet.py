"""Reads a sheet with a table of rows: columns found by their headers, cells read column by column.

A row's identifiers become its pseudonym here, and go no further.
"""

# pyarrow.compute makes its functions when it is imported:
# pyright: reportAttributeAccessIssue=false

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from gettext import NullTranslations

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from schemas.enums import Role, Severity
from schemas.layouts import plain
from tasks.records import Finding
from tasks.spreadsheets.cells import CellKind, CellSheet, column_letters
from tasks.validation import messages as expected
from tasks.workbooks.column_checks import CellFault, ColumnRead, read_column
from tasks.workbooks.pseudonyms import PseudonymKey
from tasks.workbooks.row_rules import TableColumn, broken_rules
from tasks.workbooks.sheet_fields import Layout, SheetField

HEADER_WITHIN = 30
"""How many lines may stand above a table's header."""

MOST_FINDINGS = 50
"""Of one column: who gets a thousand lines reads none. The rest is told as a number."""


@dataclass(frozen=True, slots=True)
class TableRead:
    """What a table says: the columns of raw.row_answers but the return, and what does not fit the layout."""

    rows: pa.Table | None
    findings: tuple[Finding, ...]
    count: int = 0


def read_table(sheet: CellSheet, layout: Layout, key: PseudonymKey | None, language: NullTranslations) -> TableRead:
    """Read a table. `key` is needed where a column identifies people."""
    header, places, findings = _header(sheet, layout, language)
    if header is None or any(finding.severity is Severity.ERROR for finding in findings):
        return TableRead(None, tuple(findings))
    findings += _merged(sheet, header, language)
    filled = _filled_rows(sheet, header, places.values())
    count = len(filled)
    if count < layout.sheet.minimum_rows or not count:
        findings.append(_too_few(sheet, layout, header, count, language))
    read: dict[str, ColumnRead] = {}
    columns: dict[str, TableColumn] = {}
    for asked in layout.fields:
        if asked.item not in places or (asked.role is Role.FREE_TEXT):
            continue
        column = places[asked.item]
        texts, kinds = sheet.texts[column].take(filled), sheet.kinds[column].take(filled)
        read[asked.item] = read_column(asked, texts, kinds, language)
        columns[asked.item] = TableColumn(texts, read[asked.item], partial(_where, sheet, column, filled))
        findings += _told(asked, columns[asked.item], read[asked.item].faults, language)
    for asked, severity, faults in broken_rules(layout, columns, language):
        findings += _told(asked, columns[asked.item], faults, language, severity)
    pseudonyms, doubled = _pseudonyms(layout, read, key, count)
    findings += _nobody(sheet, layout, places, filled, read, language)
    if not layout.sheet.repeats:
        findings += _doubled(sheet, layout, places, filled, doubled, language)
    rows = _long_form(layout, places, filled, read, pseudonyms, key)
    return TableRead(rows, tuple(findings), count)


def _header(
    sheet: CellSheet, layout: Layout, language: NullTranslations
) -> tuple[int | None, dict[str, int], list[Finding]]:
    """The row of the header, from 0, the column of each field, and what is wrong with it."""
    _ = language.gettext
    known = {label: asked for asked in layout.fields for label in asked.labels}
    best, matches = None, 0
    for number in range(min(sheet.height, HEADER_WITHIN)):
        count = sum(cell.text is not None and plain(cell.text) in known for cell in sheet.row(number))
        if count > matches:
            best, matches = number, count
    if best is None or matches * 2 < min(len(layout.fields), 2):
        wanted = _("a header with: {labels}").format(labels=", ".join(asked.label for asked in layout.fields))
        return None, {}, [_layout_finding(f"{sheet.name}!", f"{sheet.name}!1", _("no header"), wanted)]
    places: dict[str, list[int]] = defaultdict(list)
    findings: list[Finding] = []
    for column, cell in enumerate(sheet.row(best)):
        where = f"{sheet.name}!{column_letters(column)}{best + 1}"
        if cell.text is None:
            if _has_values(sheet, column, best):
                found, wanted = _("values under no header"), _("only the columns that are asked")
                findings.append(_layout_finding(where, where, found, wanted, Severity.WARNING))
        elif (asked := known.get(plain(cell.text))) is not None:
            places[asked.item].append(column)
        else:
            found, wanted = expected.found(cell.text, language), _("only the columns that are asked")
            findings.append(_layout_finding(where, where, found, wanted, Severity.WARNING))
    if best:
        where = f"{sheet.name}!{best + 1}"
        found, wanted = _("the header on line {line}").format(line=best + 1), _("the header on the first line")
        findings.append(_layout_finding(where, where, found, wanted, Severity.WARNING))
    for asked in layout.fields:
        columns = places.get(asked.item, [])
        if len(columns) == 1:
            continue
        found = _("no such column") if not columns else _("the column {count} times").format(count=len(columns))
        wanted = _("one column “{label}”").format(label=asked.label)
        where = f"{sheet.name}!{best + 1}"
        findings.append(_layout_finding(asked.item, where, found, wanted))
    return best, {item: columns[0] for item, columns in places.items()}, findings


def _layout_finding(item: str, where: str, found: str, wanted: str, severity: Severity = Severity.ERROR) -> Finding:
    return Finding(item, where, "layout", severity, found, wanted)


def _has_values(sheet: CellSheet, column: int, header: int) -> bool:
    return bool(pc.any(pc.not_equal(sheet.kinds[column][header + 1 :], CellKind.BLANK.value)).as_py())


def _merged(sheet: CellSheet, header: int, language: NullTranslations) -> list[Finding]:
    _ = language.gettext
    found, wanted = _("merged cells"), _("each cell by itself: take the merging back")
    return [
        _layout_finding(f"{sheet.name}!{place}", f"{sheet.name}!{place}", found, wanted)
        for place in sheet.merged
        if int("".join(sign for sign in place.split(":")[1] if sign.isdigit())) > header
    ]


def _filled_rows(sheet: CellSheet, header: int, columns: Iterable[int]) -> pa.Array:
    """The numbers, from 0, of the rows below the header in which any asked column is filled in."""
    is_filled: pa.Array | None = None
    for column in columns:
        filled = pc.not_equal(sheet.kinds[column], CellKind.BLANK.value)
        is_filled = filled if is_filled is None else pc.or_(is_filled, filled)
    numbers = pa.array(range(sheet.height), pa.int64())
    below = pc.greater(numbers, header)
    return numbers.filter(below if is_filled is None else pc.and_(below, is_filled))


def _too_few(sheet: CellSheet, layout: Layout, header: int, count: int, language: NullTranslations) -> Finding:
    _, plural = language.gettext, language.ngettext
    minimum = layout.sheet.minimum_rows
    found = plural("{count} row", "{count} rows", count).format(count=count) if count else _("a header and no rows")
    wanted = (
        plural("at least {count} row", "at least {count} rows", minimum).format(count=minimum)
        if minimum
        else _("a row for each; none only where there is really nobody")
    )
    severity = Severity.ERROR if minimum else Severity.WARNING
    item = f"{sheet.name}!"
    return Finding(item, f"{sheet.name}!{header + 2}", "rows", severity, found, wanted)


def _where(sheet: CellSheet, column: int, filled: pa.Array, row: int) -> str:
    """The cell of a column that is in one of the rows that are filled in."""
    return f"{sheet.name}!{column_letters(column)}{filled[row].as_py() + 1}"


def _told(
    asked: SheetField,
    column: TableColumn,
    faults: Sequence[CellFault],
    language: NullTranslations,
    severity: Severity = Severity.ERROR,
) -> Iterator[Finding]:
    plural = language.ngettext
    names_people = asked.role is Role.IDENTIFIER
    for fault in faults[:MOST_FINDINGS]:
        found = expected.found(fault.text, language, names_people=names_people)
        yield Finding(asked.item, column.where(fault.row), fault.check.value, severity, found, fault.expected)
    more = len(faults) - MOST_FINDINGS
    if more > 0:
        found = plural("{count} more such cell", "{count} more such cells", more).format(count=more)
        place = column.where(faults[MOST_FINDINGS].row).rstrip("0123456789")
        yield Finding(asked.item, place, "more", severity, found, faults[MOST_FINDINGS].expected)


def _pseudonyms(
    layout: Layout, read: Mapping[str, ColumnRead], key: PseudonymKey | None, count: int
) -> tuple[list[str] | None, list[tuple[int, int]]]:
    """The pseudonym of each row, and the pairs of rows that are the same person: the row, and where it stood first."""
    identifying = [asked.item for asked in layout.fields if asked.role is Role.IDENTIFIER]
    if not identifying or key is None:
        return None, []
    nothing = pa.nulls(count, pa.string())
    columns = [read[item].texts if item in read else nothing for item in identifying]
    pseudonyms, nobody = key.pseudonyms(columns), key.pseudonym([None] * len(columns))
    first: dict[str, int] = {}
    doubled = [
        (row, first[pseudonym])
        for row, pseudonym in enumerate(pseudonyms)
        if first.setdefault(pseudonym, row) != row and pseudonym != nobody
    ]
    return pseudonyms, doubled


def _nobody(
    sheet: CellSheet,
    layout: Layout,
    places: Mapping[str, int],
    filled: pa.Array,
    read: Mapping[str, ColumnRead],
    language: NullTranslations,
) -> Iterator[Finding]:
    """The rows that identify nobody: their pseudonym would be that of everybody."""
    _ = language.gettext
    items = [asked.item for asked in layout.fields if asked.role is Role.IDENTIFIER and asked.item in read]
    if not items:
        return
    has_name = pc.is_valid(read[items[0]].texts)
    for item in items[1:]:
        has_name = pc.or_(has_name, pc.is_valid(read[item].texts))
    letters = column_letters(places[items[0]])
    for row in pc.indices_nonzero(pc.invert(has_name)).to_pylist()[:MOST_FINDINGS]:
        where = f"{sheet.name}!{letters}{filled[row].as_py() + 1}"
        yield Finding(items[0], where, "nobody", Severity.ERROR, _("nothing"), _("what identifies the person"))


def _doubled(
    sheet: CellSheet,
    layout: Layout,
    places: Mapping[str, int],
    filled: pa.Array,
    doubled: Sequence[tuple[int, int]],
    language: NullTranslations,
) -> Iterator[Finding]:
    _ = language.gettext
    item = next((asked.item for asked in layout.fields if asked.role is Role.IDENTIFIER), "")
    for row, first in doubled[:MOST_FINDINGS]:
        letters = column_letters(places[item])
        found = _("the same person as on line {line}").format(line=filled[first].as_py() + 1)
        where = f"{sheet.name}!{letters}{filled[row].as_py() + 1}"
        yield Finding(item, where, "doubled", Severity.ERROR, found, _("each person once"))


def _long_form(
    layout: Layout,
    places: Mapping[str, int],
    filled: pa.Array,
    read: Mapping[str, ColumnRead],
    pseudonyms: list[str] | None,
    key: PseudonymKey | None,
) -> pa.Table:
    """A row a cell: the columns of raw.row_answers but the return and the stamps."""
    told = [asked for asked in layout.fields if asked.role is Role.INDICATOR and asked.item in read]
    if not told:
        return pa.table({})
    count = len(filled)
    rows = pc.add(filled, 1)
    persons = pa.nulls(count, pa.string()) if pseudonyms is None else pa.array(pseudonyms, pa.string())
    version = pa.scalar(None if pseudonyms is None or key is None else key.version, pa.int64())
    each = np.repeat(np.arange(len(told), dtype=np.int16), count)

    def repeated(texts: list[str]) -> pa.DictionaryArray:
        return pa.DictionaryArray.from_arrays(each, pa.array(texts, pa.string()))

    return pa.table(
        {
            "sheet_name": repeated([layout.sheet.name] * len(told)),
            "row_number": pa.chunked_array([rows] * len(told)),
            "pseudonym": pa.chunked_array([persons] * len(told)),
            "key_version": pa.repeat(version, len(each)),
            "item": repeated([asked.item for asked in told]),
            "value_text": pa.chunked_array([read[asked.item].texts for asked in told]),
            "column_letters": repeated([column_letters(places[asked.item]) for asked in told]),
        }
    )
