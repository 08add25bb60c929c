"""What is asked in each cell of a workbook: what its layout declares, completed by the crosswalk and the codebook."""

from dataclasses import dataclass

from schemas.enums import IndicatorKind, Role
from schemas.layouts import AskedField, Sheet, plain
from schemas.programme import CrosswalkLine, InstrumentVersion, Programme


@dataclass(frozen=True, slots=True)
class SheetField:
    """One field of a sheet. `choices` are the values that may stand there; none where it is no choice."""

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


@dataclass(frozen=True, slots=True)
class Layout:
    """One sheet with what is asked on it, in its order."""

    sheet: Sheet
    fields: tuple[SheetField, ...]


def layouts_of(programme: Programme, instrument_code: str, version: InstrumentVersion) -> tuple[Layout, ...]:
    """The layout of each sheet of an instrument version."""
    crossings = {line.item: line for line in programme.crosswalk_of(instrument_code, version.version)}
    return tuple(
        Layout(
            sheet,
            tuple(_asked(programme, sheet, field, crossings.get(sheet.item_of(field))) for field in sheet.fields),
        )
        for sheet in version.sheets
    )


def _asked(programme: Programme, sheet: Sheet, field: AskedField, crossing: CrosswalkLine | None) -> SheetField:
    indicator = programme.indicator_by_code.get(crossing.indicator_code) if crossing else None
    choices = tuple(field.allowed_values)
    if not choices and crossing and crossing.recode is not None:
        choices = tuple(value for value in programme.recode_of(crossing.recode) if value)
    if not choices and indicator:
        choices = indicator.choices
    minimum, maximum = field.minimum, field.maximum
    if indicator and minimum is None:
        minimum = indicator.minimum
    if indicator and maximum is None:
        maximum = indicator.maximum
    return SheetField(
        item=sheet.item_of(field),
        label=field.label,
        labels=frozenset(plain(label) for label in field.labels),
        kind=IndicatorKind.CHOICE if choices else programme.kind_of(field, crossing),
        role=field.role,
        unit=field.unit,
        minimum=minimum,
        maximum=maximum,
        choices=choices,
        is_required=field.required,
        day_formats=tuple(field.day_formats),
    )
