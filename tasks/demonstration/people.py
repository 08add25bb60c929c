"""Generate rows of participants, whose names state that they are invented."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import date, timedelta

from schemas.enums import IndicatorKind, Outcome, Role
from schemas.instruments import InstrumentVersion
from schemas.layouts import TableColumn
from schemas.programme import Programme
from schemas.programme_tables import CrosswalkLine
from tasks.demonstration.chance import chance, chosen

Rows = Mapping[str, Sequence[Mapping[str, str | date | None]]]
"""The rows of each sheet; the cells of a row by item."""

_EARLIEST_BIRTH = date(1960, 1, 1)
_BIRTHS_WITHIN_DAYS = 15_000


def people_of(
    programme: Programme,
    instrument_code: str,
    version: InstrumentVersion,
    enrolment_id: str,
    months: int,
    numbers: Sequence[int],
) -> Rows:
    """Generate the tables of a return, with one row per person.

    Args:
        programme: The programme.
        instrument_code: The instrument.
        version: The version of the instrument.
        enrolment_id: The enrolment.
        months: The months since the training.
        numbers: The numbers of the persons within the enrolment.
    """
    lines = {line.item: line for line in programme.crosswalk_of(instrument_code, version.version)}
    return {
        sheet.name: [
            {
                sheet.item_of(column): cell
                for column, cell in _row(
                    programme,
                    [(column, lines.get(sheet.item_of(column))) for column in sheet.columns],
                    f"{enrolment_id}/{number}",
                    months,
                )
            }
            for number in numbers
        ]
        for sheet in version.sheets
        if sheet.is_table
    }


def _row(
    programme: Programme, columns: Sequence[tuple[TableColumn, CrosswalkLine | None]], person: str, months: int
) -> Iterator[tuple[TableColumn, str | date | None]]:
    cells = {column.code: _cell(programme, column, line, person, months) for column, line in columns}
    in_work = _is_in_work(programme, columns, cells)
    for column, line in columns:
        has_contract = line is not None and line.indicator_code == programme.settings.participants.contract_kind
        yield column, _without_work(programme, line) if has_contract and in_work is False else cells[column.code]


def _cell(
    programme: Programme, column: TableColumn, line: CrosswalkLine | None, person: str, months: int
) -> str | date | None:
    if column.role is not Role.INDICATOR and column.kind is IndicatorKind.DATE:
        return _EARLIEST_BIRTH + timedelta(days=int(chance(person, column.code) * _BIRTHS_WITHIN_DAYS))
    if column.role is not Role.INDICATOR:
        name = f"{column.label} inventé, {person}"
        # The same person, typed differently at some occasions.
        return name.upper() if months % 12 == 0 else name
    return chosen(programme, person, months, line) if line is not None else None


def _is_in_work(
    programme: Programme,
    columns: Sequence[tuple[TableColumn, CrosswalkLine | None]],
    cells: Mapping[str, str | date | None],
) -> bool | None:
    """Return whether the row reports its person in work; None if no choice of the table asks for it."""
    _, condition = programme.settings.participants.declared.get(Outcome.ENTERED_WORK, (None, None))
    for column, line in columns:
        if condition is not None and line is not None and line.indicator_code == condition.indicator:
            recode = programme.recode_of(line.recode) if line.recode is not None else {}
            cell = str(cells[column.code])
            return (recode[cell].value if cell in recode else cell) in condition.values
    return None


def _without_work(programme: Programme, line: CrosswalkLine | None) -> str | None:
    """Return the contract cell of a person without work: the source value recoded to a missing reason, or None."""
    recode = programme.recode_of(line.recode) if line is not None and line.recode is not None else {}
    return next((x.source_value for x in recode.values() if x.missing_reason is not None), None)
