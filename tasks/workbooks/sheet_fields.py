"""Resolve the fields of a workbook: the declared layout, completed by crosswalk and codebook."""

from dataclasses import dataclass

from schemas.enums import DecimalSign, IndicatorKind, Role
from schemas.instruments import InstrumentVersion
from schemas.layouts import AskedField, Sheet, plain_label
from schemas.programme import Programme
from schemas.programme_tables import CrosswalkLine


@dataclass(frozen=True, slots=True)
class SheetField:
    """One field of a sheet: a line of a question sheet, or a column of a table.

    Attributes:
        item: The item of the crosswalk, `sheet!code`.
        label: The declared label.
        labels: The label and its other spellings, folded by `plain_label`.
        kind: The kind of value.
        role: Indicator, identifier or free text.
        unit: The unit of the field, else the unit of its indicator if no factor converts it.
        minimum: The least valid number; None for no limit.
        maximum: The greatest valid number; None for no limit.
        choices: The valid values of a choice; empty for other kinds.
        is_required: Whether a blank is an error.
        day_formats: The `strptime` formats in which a day may be written as a text.
        any_order: Whether the order of the parts of an identifier does not count.
        decimal_sign: The decimal sign of numbers that are written as texts; None where none is declared.
    """

    item: str
    label: str
    labels: frozenset[str]
    kind: IndicatorKind
    role: Role
    unit: str | None
    minimum: float | None
    maximum: float | None
    choices: tuple[str, ...]
    is_required: bool
    day_formats: tuple[str, ...]
    decimal_sign: DecimalSign | None
    any_order: bool = False


@dataclass(frozen=True, slots=True)
class Layout:
    """A declared sheet and its fields, in their order."""

    sheet: Sheet
    fields: tuple[SheetField, ...]


def layouts_of(programme: Programme, instrument_code: str, version: InstrumentVersion) -> tuple[Layout, ...]:
    """Return the layout of each sheet of an instrument version."""
    decimal_sign = programme.instrument_by_code[instrument_code].decimal_sign
    crossings = {line.item: line for line in programme.crosswalk_of(instrument_code, version.version)}
    return tuple(
        Layout(
            sheet,
            tuple(
                _resolved(programme, sheet, field, crossings.get(sheet.item_of(field)), decimal_sign)
                for field in sheet.fields
            ),
        )
        for sheet in version.sheets
    )


def _resolved(
    programme: Programme,
    sheet: Sheet,
    field: AskedField,
    crossing: CrosswalkLine | None,
    decimal_sign: DecimalSign | None,
) -> SheetField:
    indicator = programme.indicator_by_code.get(crossing.indicator_code) if crossing else None
    choices = tuple(field.allowed_values)
    if not choices and crossing and crossing.recode is not None:
        choices = tuple(value for value in programme.recode_of(crossing.recode) if value)
    if not choices and indicator:
        choices = indicator.choices
    minimum, maximum = field.minimum, field.maximum
    if indicator and crossing and minimum is None:
        minimum = crossing.as_answered(indicator.minimum)
    if indicator and crossing and maximum is None:
        maximum = crossing.as_answered(indicator.maximum)
    # With a factor, the unit of the indicator is not that of the answer.
    unit_of_answer = indicator.unit if indicator and crossing and crossing.factor is None else None
    return SheetField(
        item=sheet.item_of(field),
        label=field.label,
        labels=frozenset(plain_label(label) for label in field.labels),
        kind=IndicatorKind.CHOICE if choices else programme.kind_of(field, crossing),
        role=field.role,
        unit=field.unit or unit_of_answer,
        minimum=minimum,
        maximum=maximum,
        choices=choices,
        is_required=field.required,
        day_formats=tuple(field.day_formats),
        any_order=field.any_order,
        decimal_sign=decimal_sign,
    )
