"""Read a table sheet: find the columns by their headers, and read the cells column by column.

The identifiers of a row are replaced by its pseudonym here.
"""

# pyarrow.compute makes its functions when it is imported:
# pyright: reportAttributeAccessIssue=false

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial, reduce
from gettext import NullTranslations
from itertools import groupby

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from schemas.enums import MissingReason, OtherRows, Role, Severity
from schemas.layouts import plain_label
from tasks.records import Finding
from tasks.spreadsheets.cells import BLANK, CellKind, CellSheet, column_letters, range_of
from tasks.validation import messages
from tasks.workbooks.age_bands import AgeAttribute, bands_in
from tasks.workbooks.cell_values import CellFault, ColumnValues, read_column
from tasks.workbooks.csv_lines import longer_header, ragged_line
from tasks.workbooks.hidden_answers import hidden_answers
from tasks.workbooks.other_rows import other_rows
from tasks.workbooks.pseudonyms import PseudonymKey
from tasks.workbooks.row_rules import TableColumn, broken_rules, not_asked
from tasks.workbooks.sheet_fields import Layout, SheetField

HEADER_WITHIN = 30
"""The number of lines from the top among which the header is searched."""

_LEFT_OUT_BY_EXCEL = 8
"""The number of lines that follow one another from which fewer cells mean that Excel left blank ones out."""

MOST_FINDINGS = 50
"""The number of findings of one column and check that are listed one by one. The rest is counted in one finding."""


@dataclass(frozen=True, slots=True)
class TableRead:
    """The cells of a table, and the deviations from its layout.

    Attributes:
        rows: One row a cell, as in raw.row_answers without the return and the stamps; None without a usable header.
        findings: The deviations, in the programme's language.
        count: The number of filled-in rows.
        bands: The known age bands of the people, as in raw.age_bands without the return and the stamps.
    """

    rows: pa.Table | None
    findings: tuple[Finding, ...]
    count: int = 0
    bands: pa.Table | None = None


def read_table(
    sheet: CellSheet,
    layout: Layout,
    key: PseudonymKey | None,
    language: NullTranslations,
    ages: Sequence[AgeAttribute] = (),
) -> TableRead:
    """Read a table.

    Args:
        sheet: The cells.
        layout: The declared columns and rules.
        key: The key of the participants' pseudonyms; needed where a column identifies people.
        language: The language of the findings.
        ages: The age bands that are made of birth dates.
    """
    header, places, findings = _header(sheet, layout, language)
    if header is None or any(finding.severity is Severity.ERROR for finding in findings):
        return TableRead(None, tuple(findings))
    findings += _merged_cells(sheet, header, language)
    findings += _ragged_lines(sheet, header, language)
    filled = _filled_rows(sheet, header, places.values())
    filled, others = _without_other_rows(sheet, layout, places, filled, language)
    findings += others
    read = [places[field.item] for field in layout.fields if field.item in places and field.role is not Role.FREE_TEXT]
    findings += hidden_answers(sheet, filled.to_pylist() if sheet.hidden_rows else (), read, language)
    count = len(filled)
    if count < layout.sheet.minimum_rows or not count:
        findings.append(_too_few_rows(sheet, layout, header, count, language))
    values: dict[str, ColumnValues] = {}
    columns: dict[str, TableColumn] = {}
    for field in layout.fields:
        if field.item not in places or (field.role is Role.FREE_TEXT):
            continue
        column = places[field.item]
        texts, kinds = sheet.texts[column].take(filled), sheet.kinds[column].take(filled)
        values[field.item] = read_column(field, texts, kinds, language)
        columns[field.item] = TableColumn(texts, values[field.item], partial(_location, sheet, column, filled))
        findings += _findings_of(field, columns[field.item], values[field.item].faults, language)
    for field, severity, faults in broken_rules(layout, columns, language):
        findings += _findings_of(field, columns[field.item], faults, language, severity)
    identified = _identified(layout, values, key, count)
    if identified is not None:
        findings += _unidentified_rows(sheet, places, filled, identified, language)
        findings += _half_identified_rows(sheet, layout, places, filled, identified, language)
        if not layout.sheet.repeats:
            findings += _duplicate_findings(sheet, layout, places, filled, identified.duplicates(), language)
    pseudonyms = None if identified is None else identified.pseudonyms
    rows = _long_form(layout, places, filled, values, pseudonyms, key)
    bands = None
    if ages and identified is not None and key is not None:
        bands = bands_in(layout, identified.texts, identified.pseudonyms, pc.add(filled, 1), key, ages)
    return TableRead(rows, tuple(findings), count, bands)


def _header(
    sheet: CellSheet, layout: Layout, language: NullTranslations
) -> tuple[int | None, dict[str, int], list[Finding]]:
    """Find the header: its row from 0 (None without one), the column of each field's item, and its deviations."""
    _ = language.gettext
    known = {label: field for field in layout.fields for label in field.labels}
    header, matches = None, 0
    for row in range(min(sheet.height, HEADER_WITHIN)):
        count = sum(cell.text is not None and plain_label(cell.text) in known for cell in sheet.row(row))
        if count > matches:
            header, matches = row, count
    if header is None or matches * 2 < min(len(layout.fields), 2):
        expected = _("a header with: {labels}").format(labels=", ".join(field.label for field in layout.fields))
        return None, {}, [_layout_finding(f"{sheet.name}!", f"{sheet.name}!1", _("no header"), expected)]
    places: dict[str, list[int]] = defaultdict(list)
    findings: list[Finding] = []
    for column, cell in enumerate(sheet.row(header)):
        location = f"{sheet.name}!{column_letters(column)}{header + 1}"
        if cell.text is None:
            if _has_values(sheet, column, header):
                found, expected = _("values under no header"), _("only the columns asked for")
                findings.append(_layout_finding(location, location, found, expected, Severity.WARNING))
        elif (field := known.get(plain_label(cell.text))) is not None:
            places[field.item].append(column)
        else:
            found, expected = messages.found(cell.text, language), _("only the columns asked for")
            findings.append(_layout_finding(location, location, found, expected, Severity.WARNING))
    if header:
        location = f"{sheet.name}!{header + 1}"
        found, expected = _("the header on line {line}").format(line=header + 1), _("the header on the first line")
        findings.append(_layout_finding(location, location, found, expected, Severity.WARNING))
    for field in layout.fields:
        columns = places.get(field.item, [])
        if len(columns) == 1:
            continue
        found = _("no such column") if not columns else _("the column {count} times").format(count=len(columns))
        expected = _("one column “{label}”").format(label=field.label)
        location = f"{sheet.name}!{header + 1}"
        findings.append(_layout_finding(field.item, location, found, expected))
    return header, {item: columns[0] for item, columns in places.items()}, findings


def _layout_finding(
    item: str, location: str, found: str, expected: str, severity: Severity = Severity.ERROR
) -> Finding:
    return Finding(item, location, "layout", severity, found, expected)


def _has_values(sheet: CellSheet, column: int, header: int) -> bool:
    return bool(pc.any(pc.not_equal(sheet.kinds[column][header + 1 :], CellKind.BLANK.value)).as_py())


def _merged_cells(sheet: CellSheet, header: int, language: NullTranslations) -> list[Finding]:
    _ = language.gettext
    found, expected = _("merged cells"), _("each cell by itself: undo the merging")
    return [
        _layout_finding(f"{sheet.name}!{place}", f"{sheet.name}!{place}", found, expected)
        for place in sheet.merged
        if range_of(place)[1][0] > header
    ]


def _ragged_lines(sheet: CellSheet, header: int, language: NullTranslations) -> Iterator[Finding]:
    """Yield an error for each line of a CSV file with another number of cells than the header.

    Excel leaves the blank cells at the end of lines out, where a column is blank on 16 lines that follow one another.
    """
    if sheet.lengths is None:
        return
    most = sheet.lengths[header].as_py()
    # A separator after the last label makes a cell without a label, which may be missing below.
    usual = max((place for place, cell in enumerate(sheet.row(header), start=1) if cell != BLANK), default=most)
    lengths = sheet.lengths[header + 1 :].to_pylist()
    ragged: list[tuple[int, int]] = []
    are_all = True
    for length, run in groupby(range(len(lengths)), key=lengths.__getitem__):
        if usual <= length <= most:
            are_all = False
            continue
        rows = [header + 1 + row for row in run]
        for row in rows:
            cells = list(sheet.row(row))
            is_blank = all(cell == BLANK for cell in cells)
            is_longer = any(cell != BLANK for cell in cells[most:])
            if not is_blank and (is_longer or (length < usual and len(rows) < _LEFT_OUT_BY_EXCEL)):
                ragged.append((row, length))
            else:
                are_all &= is_blank
    shorter = {length for _, length in ragged}
    if are_all and len(ragged) > 1 and len(shorter) == 1 and min(shorter) < usual:
        yield longer_header(sheet, header, usual, shorter.pop(), language)
        return
    for row, length in ragged[:MOST_FINDINGS]:
        yield ragged_line(sheet, row, length, usual, language)


def _without_other_rows(
    sheet: CellSheet, layout: Layout, places: Mapping[str, int], filled: pa.Array, language: NullTranslations
) -> tuple[pa.Array, list[Finding]]:
    """Return the filled-in rows that describe people, and findings for the others."""
    _ = language.gettext
    columns = [places[f.item] for f in layout.fields if f.role is Role.IDENTIFIER and f.item in places]
    if not columns:
        return filled, []
    labels = [label for f in layout.fields if f.role is Role.IDENTIFIER for label in f.labels]
    rest = [column for column in places.values() if column not in columns]
    has_more = _any_filled(sheet, rest).take(filled) if rest else None
    texts = [sheet.texts[column].take(filled) for column in columns]
    others = other_rows(texts, labels, has_more)
    refused = Severity.ERROR if layout.sheet.other_rows is OtherRows.REFUSE else Severity.WARNING
    found, expected = _("a total, an example or a note: this row was not read"), _("one row for each person")
    findings = [*_row_findings(sheet, columns[0], filled, others.not_persons, found, expected, language, refused)]
    found = _("a total or an example, read as a person")
    findings += _row_findings(sheet, columns[0], filled, others.doubtful, found, expected, language)
    found = _("a name and nothing else, read as a person")
    findings += _row_findings(sheet, columns[0], filled, others.bare, found, expected, language)
    found, expected = _("nothing, and one identifier only: read as a person"), _("what identifies the person")
    for column, of_column in zip(columns, texts, strict=True):
        blank = [row for row in others.incomplete if not of_column[row].is_valid]
        first = [row for row in blank if all(one[row].is_valid for one in texts[: columns.index(column)])]
        findings += _row_findings(sheet, column, filled, first, found, expected, language)
    if not others.not_persons:
        return filled, findings
    is_person = pc.invert(pc.is_in(pa.array(range(len(filled)), pa.int64()), pa.array(others.not_persons, pa.int64())))
    return filled.filter(is_person), findings


def _row_findings(
    sheet: CellSheet,
    column: int,
    filled: pa.Array,
    rows: Sequence[int],
    found: str,
    expected: str,
    language: NullTranslations,
    severity: Severity = Severity.WARNING,
) -> Iterator[Finding]:
    """Yield a finding for each of some rows, at their cell in a column; the rest is counted in one finding."""
    for row in rows[:MOST_FINDINGS]:
        location = _location(sheet, column, filled, row)
        yield _layout_finding(location, location, found, expected, severity)
    more = len(rows) - MOST_FINDINGS
    if more > 0:
        location = f"{sheet.name}!{column_letters(column)}"
        found = language.ngettext("{count} more such cell", "{count} more such cells", more).format(count=more)
        yield Finding(location, location, "more", severity, found, expected)


def _any_filled(sheet: CellSheet, columns: Sequence[int]) -> pa.Array:
    """Return, for each row, whether any of some columns has a value."""
    is_filled = pc.not_equal(sheet.kinds[columns[0]], CellKind.BLANK.value)
    for column in columns[1:]:
        is_filled = pc.or_(is_filled, pc.not_equal(sheet.kinds[column], CellKind.BLANK.value))
    return is_filled


def _filled_rows(sheet: CellSheet, header: int, columns: Iterable[int]) -> pa.Array:
    """Return the numbers, from 0, of the rows below the header with a value in any declared column."""
    numbers = pa.array(range(sheet.height), pa.int64())
    below = pc.greater(numbers, header)
    places = [*columns]
    return numbers.filter(pc.and_(below, _any_filled(sheet, places)) if places else below)


def _too_few_rows(sheet: CellSheet, layout: Layout, header: int, count: int, language: NullTranslations) -> Finding:
    _, plural = language.gettext, language.ngettext
    minimum = layout.sheet.minimum_rows
    found = plural("{count} row", "{count} rows", count).format(count=count) if count else _("a header and no rows")
    expected = (
        plural("at least {count} row", "at least {count} rows", minimum).format(count=minimum)
        if minimum
        else _("one row for each; no rows only if there is none to report")
    )
    severity = Severity.ERROR if minimum else Severity.WARNING
    item = f"{sheet.name}!"
    return Finding(item, f"{sheet.name}!{header + 2}", "rows", severity, found, expected)


def _location(sheet: CellSheet, column: int, filled: pa.Array, row: int) -> str:
    """Return the reference of a cell; `row` is the position among the filled-in rows, from 0."""
    return f"{sheet.name}!{column_letters(column)}{filled[row].as_py() + 1}"


def _findings_of(
    field: SheetField,
    column: TableColumn,
    faults: Sequence[CellFault],
    language: NullTranslations,
    severity: Severity = Severity.ERROR,
) -> Iterator[Finding]:
    plural = language.ngettext
    names_people = field.role is Role.IDENTIFIER
    for fault in faults[:MOST_FINDINGS]:
        found = messages.found(fault.text, language, names_people=names_people)
        yield Finding(field.item, column.location(fault.row), fault.check.value, severity, found, fault.expected)
    more = len(faults) - MOST_FINDINGS
    if more > 0:
        found = plural("{count} more such cell", "{count} more such cells", more).format(count=more)
        place = column.location(faults[MOST_FINDINGS].row).rstrip("0123456789")
        yield Finding(field.item, place, "more", severity, found, faults[MOST_FINDINGS].expected)


@dataclass(frozen=True, slots=True)
class _Identified:
    """Whom the rows of a table identify.

    Attributes:
        pseudonyms: The pseudonym of each row.
        texts: The identifiers, by item.
        nobody: For each of them, whether it names nobody, row by row.
    """

    pseudonyms: list[str]
    texts: Mapping[str, pa.Array]
    nobody: Mapping[str, pa.Array]

    @property
    def rows_of_nobody(self) -> list[int]:
        """The rows none of whose identifiers names anybody."""
        return pc.indices_nonzero(reduce(pc.and_, self.nobody.values())).to_pylist()

    def duplicates(self) -> list[tuple[int, int]]:
        """Return the pairs of rows that are one person: a later row, and the first one."""
        without = set(self.rows_of_nobody)
        first: dict[str, int] = {}
        return [
            (row, first[pseudonym])
            for row, pseudonym in enumerate(self.pseudonyms)
            if row not in without and first.setdefault(pseudonym, row) != row
        ]


def _identified(
    layout: Layout, values: Mapping[str, ColumnValues], key: PseudonymKey | None, count: int
) -> _Identified | None:
    """Return whom the rows identify; None where the table identifies nobody."""
    identifying = [field for field in layout.fields if field.role is Role.IDENTIFIER]
    if not identifying or key is None:
        return None
    nothing = pa.nulls(count, pa.string())
    texts = {field.item: values[field.item].texts if field.item in values else nothing for field in identifying}
    people = key.people([*texts.values()], [field.any_order for field in identifying])
    return _Identified(people.pseudonyms, texts, dict(zip(texts, people.name_nobody, strict=True)))


def _unidentified_rows(
    sheet: CellSheet, places: Mapping[str, int], filled: pa.Array, identified: _Identified, language: NullTranslations
) -> Iterator[Finding]:
    """Yield an error for each row that identifies nobody: all of these would share one pseudonym."""
    _ = language.gettext
    texts = {item: texts for item, texts in identified.texts.items() if item in places}
    for row in identified.rows_of_nobody[:MOST_FINDINGS] if texts else []:
        item = next((item for item in texts if texts[item][row].is_valid), next(iter(texts)))
        location = _location(sheet, places[item], filled, row)
        found = messages.found(texts[item][row].as_py(), language, names_people=True)
        yield Finding(item, location, "nobody", Severity.ERROR, found, _("what identifies the person"))


def _half_identified_rows(
    sheet: CellSheet,
    layout: Layout,
    places: Mapping[str, int],
    filled: pa.Array,
    identified: _Identified,
    language: NullTranslations,
) -> Iterator[Finding]:
    """Yield a finding for each text that names nobody (`-`, `nc`) beside identifiers that do, as for a blank.

    It is an error where the identifier is required, and a warning where a single one is left.
    """
    _ = language.gettext
    named = reduce(pc.add, (pc.invert(one).cast(pa.int8()) for one in identified.nobody.values()))
    for field in layout.fields:
        if field.item not in identified.texts or field.item not in places:
            continue
        texts, nobody = identified.texts[field.item], identified.nobody[field.item]
        is_beside = pc.and_(pc.and_(nobody, pc.is_valid(texts)), pc.greater(named, 0))
        is_reported = is_beside if field.is_required else pc.and_(is_beside, pc.equal(named, 1))
        severity = Severity.ERROR if field.is_required else Severity.WARNING
        for row in pc.indices_nonzero(is_reported).to_pylist()[:MOST_FINDINGS]:
            location = _location(sheet, places[field.item], filled, row)
            found = messages.found(texts[row].as_py(), language, names_people=True)
            yield Finding(field.item, location, "nobody", severity, found, _("what identifies the person"))


def _duplicate_findings(
    sheet: CellSheet,
    layout: Layout,
    places: Mapping[str, int],
    filled: pa.Array,
    duplicates: Sequence[tuple[int, int]],
    language: NullTranslations,
) -> Iterator[Finding]:
    _ = language.gettext
    item = next((field.item for field in layout.fields if field.role is Role.IDENTIFIER), "")
    for row, first in duplicates[:MOST_FINDINGS]:
        letters = column_letters(places[item])
        found = _("the same person as on line {line}").format(line=filled[first].as_py() + 1)
        location = f"{sheet.name}!{letters}{filled[row].as_py() + 1}"
        yield Finding(item, location, "doubled", Severity.ERROR, found, _("each person once"))


def _reasons(layout: Layout, field: SheetField, values: Mapping[str, ColumnValues]) -> pa.Array:
    """Return `not_shown` for each blank cell that a condition of its row does not ask; else null."""
    is_asked_elsewhere = not_asked(layout, field, values)
    return pc.if_else(is_asked_elsewhere, pa.scalar(MissingReason.NOT_SHOWN.value), pa.scalar(None, pa.string()))


def _long_form(
    layout: Layout,
    places: Mapping[str, int],
    filled: pa.Array,
    values: Mapping[str, ColumnValues],
    pseudonyms: list[str] | None,
    key: PseudonymKey | None,
) -> pa.Table:
    """Return one row a cell: the columns of raw.row_answers without the return and the stamps."""
    fields = [field for field in layout.fields if field.role is Role.INDICATOR and field.item in values]
    if not fields:
        return pa.table({})
    count = len(filled)
    rows = pc.add(filled, 1)
    persons = pa.nulls(count, pa.string()) if pseudonyms is None else pa.array(pseudonyms, pa.string())
    version = pa.scalar(None if pseudonyms is None or key is None else key.version, pa.int64())
    each = np.repeat(np.arange(len(fields), dtype=np.int16), count)

    def repeated(texts: list[str]) -> pa.DictionaryArray:
        return pa.DictionaryArray.from_arrays(each, pa.array(texts, pa.string()))

    return pa.table(
        {
            "sheet_name": repeated([layout.sheet.name] * len(fields)),
            "row_number": pa.chunked_array([rows] * len(fields)),
            "pseudonym": pa.chunked_array([persons] * len(fields)),
            "key_version": pa.repeat(version, len(each)),
            "item": repeated([field.item for field in fields]),
            "value_text": pa.chunked_array([values[field.item].texts for field in fields]),
            "column_letters": repeated([column_letters(places[field.item]) for field in fields]),
            "missing_reason": pa.chunked_array([_reasons(layout, field, values) for field in fields]),
        }
    )
