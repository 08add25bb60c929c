"""Check the declared outcomes and attributes of participants against what tables and surveys ask about people."""

from collections.abc import Collection, Iterator, Mapping

from schemas.attributes import UNKNOWN
from schemas.enums import IndicatorKind, InstrumentKind, Level, Role
from schemas.errors import Mistake
from schemas.programme import Condition, Settings
from schemas.programme_tables import CrosswalkLine, Indicator
from tasks.programme.declared import Declared, declared_in, indicator_by_code, twice, unknown
from tasks.programme.lines import Lines, Path
from tasks.programme.spellings import nearest
from tasks.programme.tables import Table

_GIVEN = (
    "a line of crosswalk.csv that gives it from a column of a sheet with identifiers, or from a survey with "
    "several: true under respondents"
)


def check_participants(
    settings: Settings,
    lines: Lines,
    indicators: Table[Indicator],
    crosswalk: Table[CrosswalkLine],
) -> Iterator[Mistake]:
    """Yield a mistake for each declared outcome that no participant-level indicator gives as declared."""
    by_code, declared = indicator_by_code(indicators), declared_in(indicators, "indicator_code")
    given = _given_about_people(settings, crosswalk)
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
            found = f"{outcome}: {code}, which no table of people and no survey of several gives"
            yield Mistake(lines.file, lines.of(path), found, _GIVEN)
        if condition is not None:
            yield from _condition(lines, ("participants", outcome), condition, indicator)
        elif indicator.kind is not IndicatorKind.CHOICE:
            yield Mistake(lines.file, lines.of(path), f"{outcome}: {code}, a {indicator.kind}", "a choice")
    yield from _attributes(settings, lines, by_code, declared, given if crosswalk.is_readable else None)


def _attributes(
    settings: Settings,
    lines: Lines,
    by_code: Mapping[str, Indicator],
    declared: Declared,
    given: Collection[str] | None,
) -> Iterator[Mistake]:
    """Yield a mistake for each attribute that nothing about people gives. `given` is None where that is not known."""
    attributes, at = settings.participants.attributes, ("participants", "attributes")
    yield from twice(lines, "attribute", (((*at, i, "code"), one.code) for i, one in enumerate(attributes)))
    dates, others = _dates_of_birth(settings)
    for i, attribute in enumerate(attributes):
        if attribute.birth_date is not None:
            path: Path = (*at, i, "birth_date")
            found = f"birth_date: {attribute.birth_date}"
            if attribute.birth_date in others:
                expected = "a column with role: identifier and kind: date in each table of people that has it"
                yield Mistake(lines.file, lines.of(path), f"{found}, which is {others[attribute.birth_date]}", expected)
            elif attribute.birth_date not in dates:
                expected = "the code of a column of a table, with role: identifier and kind: date"
                yield Mistake(lines.file, lines.of(path), found, expected, nearest(attribute.birth_date, sorted(dates)))
        if attribute.indicator is None:
            continue
        path, code = (*at, i, "indicator"), attribute.indicator
        yield from unknown(lines, path, "indicator", code, declared)
        indicator = by_code.get(code)
        if indicator is None:
            continue
        if indicator.level is not Level.PARTICIPANT:
            found = f"attribute {attribute.code}: {code}, of a {indicator.level}"
            yield Mistake(lines.file, lines.of(path), found, f"an indicator of level {Level.PARTICIPANT}")
        elif indicator.kind is not IndicatorKind.CHOICE:
            found = f"attribute {attribute.code}: {code}, a {indicator.kind}"
            yield Mistake(lines.file, lines.of(path), found, "a choice")
        elif given is not None and code not in given:
            yield Mistake(
                lines.file, lines.of(path), f"{code}, which no table of people and no survey of several gives", _GIVEN
            )
        elif UNKNOWN in indicator.choices:
            found = f"value {UNKNOWN!r} of {code}, of attribute {attribute.code}"
            expected = "a recode to the missing reason: a person without a value is in this group"
            yield Mistake(lines.file, lines.of(path), found, expected)


def _dates_of_birth(settings: Settings) -> tuple[set[str], dict[str, str]]:
    """Return the codes of identifiers that are dates, and what the other columns of tables of people are."""
    dates: set[str] = set()
    others: dict[str, str] = {}
    for instrument in settings.instruments:
        for sheet in (sheet for version in instrument.versions for sheet in version.sheets if sheet.identifies_people):
            for column in sheet.columns:
                if column.role is not Role.IDENTIFIER:
                    others[column.code] = f"no identifier of {sheet.name}"
                elif column.kind is not IndicatorKind.DATE:
                    others[column.code] = f"no date in {sheet.name}"
                else:
                    dates.add(column.code)
    return dates, others


def _given_about_people(settings: Settings, crosswalk: Table[CrosswalkLine]) -> set[str]:
    """Return the indicators given by columns of tables that identify people, and by surveys that several answer."""
    columns = {
        (instrument.code, version.version, sheet.item_of(column))
        for instrument in settings.instruments
        for version in instrument.versions
        for sheet in version.sheets
        if sheet.identifies_people
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
    of_several = {
        (instrument.code, version.version)
        for instrument in settings.instruments
        if instrument.kind is InstrumentKind.LIMESURVEY and instrument.respondents.several
        for version in instrument.versions
    }
    crossings = [line.value for line in crosswalk]
    unread = {row.get("indicator_code", "") for row in crosswalk.unread}
    return unread | {
        crossing.indicator_code
        for crossing in crossings
        for item in [(crossing.instrument_code, crossing.version, crossing.item)]
        # An unknown item is reported where the crosswalk names it.
        if item in columns or item[:2] in of_several or (item not in items and item[:2] not in surveys)
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
