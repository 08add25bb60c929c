"""Check the declared outcomes of participants against codebook, crosswalk and tables with identifiers."""

from collections.abc import Iterator

from schemas.enums import IndicatorKind, InstrumentKind, Level, Role
from schemas.errors import Mistake
from schemas.programme import Condition, Settings
from schemas.programme_tables import CrosswalkLine, Indicator
from tasks.programme.declared import declared_in, indicator_by_code, unknown
from tasks.programme.lines import Lines, Path
from tasks.programme.tables import Table


def check_participants(
    settings: Settings,
    lines: Lines,
    indicators: Table[Indicator],
    crosswalk: Table[CrosswalkLine],
) -> Iterator[Mistake]:
    """Yield a mistake for each declared outcome that no participant-level indicator gives as declared."""
    by_code, declared = indicator_by_code(indicators), declared_in(indicators, "indicator_code")
    given = _given_by_people_tables(settings, crosswalk)
    for outcome, (code, condition) in settings.participants.declared.items():
        path: Path = ("participants", outcome) if condition is None else ("participants", outcome, "indicator")
        yield from unknown(lines, path, "indicator", code, declared)
        indicator = by_code.get(code)
        if indicator is None:
            continue
        if indicator.level is not Level.PARTICIPANT:
            found = f"{outcome}: {code}, of a {indicator.level}"
            yield Mistake(lines.file, lines.of(path), found, f"an indicator of level {Level.PARTICIPANT}")
        elif crosswalk.is_readable and code not in given:
            found = f"{outcome}: {code}, which no table of people gives"
            expected = "a line of crosswalk.csv that gives it from a column of a sheet with identifiers"
            yield Mistake(lines.file, lines.of(path), found, expected)
        if condition is not None:
            yield from _condition(lines, ("participants", outcome), condition, indicator)
        elif indicator.kind is not IndicatorKind.CHOICE:
            yield Mistake(lines.file, lines.of(path), f"{outcome}: {code}, a {indicator.kind}", "a choice")


def _given_by_people_tables(settings: Settings, crosswalk: Table[CrosswalkLine]) -> set[str]:
    """Return the indicators given by columns of tables that identify people."""
    columns = {
        (instrument.code, version.version, sheet.item_of(column))
        for instrument in settings.instruments
        for version in instrument.versions
        for sheet in version.sheets
        if any(column.role is Role.IDENTIFIER for column in sheet.columns)
        for column in sheet.columns
    }
    items = {
        (instrument.code, version.version, sheet.item_of(field))
        for instrument in settings.instruments
        for version in instrument.versions
        for sheet in version.sheets
        for field in sheet.fields
    }
    surveys = {
        (instrument.code, version.version)
        for instrument in settings.instruments
        if instrument.kind is InstrumentKind.LIMESURVEY
        for version in instrument.versions
    }
    crossings = [line.value for line in crosswalk]
    unread = {row.get("indicator_code", "") for row in crosswalk.unread}
    return unread | {
        crossing.indicator_code
        for crossing in crossings
        for item in [(crossing.instrument_code, crossing.version, crossing.item)]
        # An unknown item is reported where the crosswalk names it.
        if item in columns or (item not in items and item[:2] not in surveys)
    }


def _condition(lines: Lines, path: Path, condition: Condition, indicator: Indicator) -> Iterator[Mistake]:
    code, kind = indicator.indicator_code, indicator.kind
    if condition.above is not None and not kind.is_numeric:
        found = f"above: {condition.above:g} of {code}, a {kind}"
        yield Mistake(lines.file, lines.of((*path, "above")), found, "values: some of its allowed values")
    for i, value in enumerate(condition.values):
        if indicator.choices:
            yield from unknown(lines, (*path, "values", i), "value", value, indicator.choices, f"of {code}")
        else:
            found = f"values: {value} of {code}, a {kind}"
            yield Mistake(lines.file, lines.of((*path, "values", i)), found, "above: a number, or a choice")
