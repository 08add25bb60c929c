"""Generate rows of participants, whose names state that they are invented."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta

from schemas.enums import IndicatorKind, Outcome, Role
from schemas.instruments import InstrumentVersion
from schemas.layouts import TableColumn
from schemas.programme import Programme
from schemas.programme_tables import CrosswalkLine
from tasks.demonstration.accepted import Accepted, accepted_by_field
from tasks.demonstration.answering import Answering
from tasks.demonstration.rules import following_row_rules
from tasks.workbooks.sheet_fields import Layout, SheetField, layouts_of

Rows = Mapping[str, Sequence[Mapping[str, str | date | None]]]
"""The rows of each sheet; the cells of a row by item."""

_EARLIEST_BIRTH = date(1960, 1, 1)
_BIRTHS_WITHIN_DAYS = 15_000


@dataclass(frozen=True, slots=True)
class _Column:
    """A column of a table.

    Attributes:
        declared: The column as the instrument declares it.
        field: The column, completed by crosswalk and codebook.
        line: Its line of the crosswalk, if any.
        accepted: What its cells accept.
    """

    declared: TableColumn
    field: SheetField
    line: CrosswalkLine | None
    accepted: Accepted


def people_of(
    programme: Programme,
    instrument_code: str,
    version: InstrumentVersion,
    answering: Answering,
    numbers: Sequence[int],
) -> Rows:
    """Generate the tables of a return, with one row per person.

    Args:
        programme: The programme.
        instrument_code: The instrument.
        version: The version of the instrument.
        answering: The enrolment, and when it answers.
        numbers: The numbers of the persons within the enrolment.
    """
    lines = {line.item: line for line in programme.crosswalk_of(instrument_code, version.version)}
    rows: dict[str, list[Mapping[str, str | date | None]]] = {}
    for layout in layouts_of(programme, instrument_code, version):
        if layout.sheet.is_table:
            columns = _columns(programme, layout, lines)
            rows[layout.sheet.name] = [
                _row(programme, layout, columns, replace(answering, who=f"{answering.who}/{number}"))
                for number in numbers
            ]
    return rows


def _columns(programme: Programme, layout: Layout, lines: Mapping[str, CrosswalkLine]) -> dict[str, _Column]:
    """Return the columns of a table, by code."""
    return {
        declared.code: _Column(
            declared, field, lines.get(field.item), accepted_by_field(programme, field, lines.get(field.item))
        )
        for declared, field in zip(layout.sheet.columns, layout.fields, strict=True)
    }


def _row(
    programme: Programme, layout: Layout, columns: Mapping[str, _Column], person: Answering
) -> dict[str, str | date | None]:
    cells = {code: _cell(column, person) for code, column in columns.items()}
    is_in_work = _is_in_work(programme, columns, cells)
    for code, column in columns.items():
        has_contract = (
            column.line is not None and column.line.indicator_code == programme.settings.participants.contract_kind
        )
        if has_contract and is_in_work is False:
            without_work = _without_work(programme, column.line)
            cells[code] = cells[code] if without_work is None and column.field.is_required else without_work
    cells = following_row_rules(
        layout.sheet.rules,
        {code: column.accepted for code, column in columns.items()},
        cells,
        lambda code: columns[code].accepted.answer(person),
        [code for code, column in columns.items() if column.field.role is Role.IDENTIFIER],
    )
    return {columns[code].field.item: _as_date(columns[code], cell) for code, cell in cells.items()}


def _cell(column: _Column, person: Answering) -> str | None:
    field = column.field
    if field.role is Role.INDICATOR:
        return column.accepted.answer(person)
    if field.kind is IndicatorKind.DATE:
        return str(_EARLIEST_BIRTH + timedelta(days=int(person.place(column.declared.code) * _BIRTHS_WITHIN_DAYS)))
    if field.kind is not IndicatorKind.TEXT:
        return column.accepted.answer(person)
    name = person.words.gettext("Invented {label}, {person}").format(label=field.label, person=person.who)
    # The same person, typed differently at some occasions.
    return name.upper() if person.months % 12 == 0 else name


def _as_date(column: _Column, cell: str | None) -> str | date | None:
    return date.fromisoformat(cell) if cell is not None and column.field.kind is IndicatorKind.DATE else cell


def _is_in_work(programme: Programme, columns: Mapping[str, _Column], cells: Mapping[str, str | None]) -> bool | None:
    """Return whether the row reports its person in work; None if no choice of the table asks for it."""
    _, condition = programme.settings.participants.declared.get(Outcome.ENTERED_WORK, (None, None))
    for code, column in columns.items():
        if condition is not None and column.line is not None and column.line.indicator_code == condition.indicator:
            recode = programme.recode_of(column.line.recode) if column.line.recode is not None else {}
            cell = str(cells[code])
            return (recode[cell].value if cell in recode else cell) in condition.values
    return None


def _without_work(programme: Programme, line: CrosswalkLine | None) -> str | None:
    """Return the contract cell of a person without work: the source value recoded to a missing reason, or None."""
    recode = programme.recode_of(line.recode) if line is not None and line.recode is not None else {}
    return next((x.source_value for x in recode.values() if x.missing_reason is not None), None)
