"""Check crosswalk.csv and recodes.csv against the codebook, the instruments and each other."""

from collections import Counter
from collections.abc import Collection, Iterator, Sequence
from dataclasses import replace

from schemas.enums import Aggregation, InstrumentKind, Level, Misreading, Role
from schemas.errors import Mistake
from schemas.formats import NUMBER, read_number, seen
from schemas.instruments import Instrument, InstrumentVersion
from schemas.layouts import AskedField, Sheet, plain, plain_label
from schemas.programme import Settings
from schemas.programme_tables import CrosswalkLine, Indicator, RecodeLine
from tasks.programme.conversions import check_factor
from tasks.programme.declared import declared_in, declared_once, indicator_by_code, repeated, unknown
from tasks.programme.lines import Lines, Located
from tasks.programme.shares import check_share
from tasks.programme.spellings import nearest, shown
from tasks.programme.tables import Table
from tasks.questionnaires.unclear_codes import ANOTHER_CODE, RESERVED, SYSTEM_HEADINGS


def check_crosswalk(
    settings: Settings, indicators: Table[Indicator], crosswalk: Table[CrosswalkLine], recodes: Table[RecodeLine]
) -> Iterator[Mistake]:
    """Yield the mistakes of crosswalk.csv."""
    mistakes = list(_in_lines(settings, indicators, crosswalk, recodes))
    wrong = {mistake.line for mistake in mistakes}
    yield from mistakes
    # A line that is wrong repeats another one because of its mistake, and one that repeats an item is reported once.
    right = [line for line in crosswalk if line.line not in wrong]
    items = list(
        repeated(right, "the same item", lambda x: (x.instrument_code, x.version, x.item, *filter(None, [x.share_of])))
    )
    yield from items
    wrong |= {mistake.line for mistake in items}
    yield from repeated(
        [line for line in right if line.line not in wrong],
        "an indicator of the same version",
        lambda x: (x.instrument_code, x.version, x.indicator_code),
    )


def _in_lines(
    settings: Settings, indicators: Table[Indicator], crosswalk: Table[CrosswalkLine], recodes: Table[RecodeLine]
) -> Iterator[Mistake]:
    instruments = {instrument.code: instrument for instrument in settings.instruments}
    of_several = {line for line, count in Counter(line.line for line in crosswalk).items() if count > 1}
    instrument_codes = declared_once(instrument.code for instrument in settings.instruments)
    by_code = indicator_by_code(indicators)
    indicator_codes = declared_in(indicators, "indicator_code")
    recode_names = declared_in(recodes, "recode", is_key=False)
    for line in crosswalk:
        crossing = line.value
        where = Lines(line.file, {(): line.line})
        indicator = by_code.get(crossing.indicator_code)
        yield from unknown(where, (), "indicator", crossing.indicator_code, indicator_codes)
        if crossing.recode is not None:
            yield from unknown(where, (), "recode", crossing.recode, recode_names)
        yield from unknown(where, (), "instrument", crossing.instrument_code, instrument_codes)
        instrument = instruments.get(crossing.instrument_code)
        if instrument is not None:
            yield from _version_and_item(where, instrument, crossing, indicator)
            yield from _of_several(where, instrument, indicator)
            yield from _of_people(where, instrument, indicator)
            yield from check_factor(where, crossing, indicator)
            yield from check_share(where, instrument, crossing, indicator, crosswalk, recodes)
            if crossing.item.partition("[")[0] in instrument.identifiers:
                found = f"item {shown(crossing.item)}, whose answers are discarded because they name people"
                yield Mistake(
                    line.file, line.line, found, f"no line for a question under identifiers of {instrument.code}"
                )
        if crossing.break_reason is not None and line.line in of_several:
            found = "a break_reason on a line for several versions"
            yield Mistake(
                line.file, line.line, found, "a line of its own for the version with which a new series starts"
            )
        elif crossing.break_reason is not None:
            yield from _break(where, crossing, crosswalk, indicator)


def _break(
    where: Lines, crossing: CrosswalkLine, crosswalk: Table[CrosswalkLine], indicator: Indicator | None
) -> Iterator[Mistake]:
    """Yield a mistake for a break without an earlier series, or of an indicator that has no series."""
    code = crossing.indicator_code
    if indicator is not None and indicator.level is not Level.STRUCTURE:
        found = f"a break in {code}, of a {indicator.level}"
        yield Mistake(where.file, where.of(()), found, f"none, or an indicator of level {Level.STRUCTURE}")
    elif crosswalk.is_complete and not any(
        other.indicator_code == code
        and (other.instrument_code != crossing.instrument_code or other.version < crossing.version)
        for other in (line.value for line in crosswalk)
    ):
        found = (
            f"a break in {code}, which no line gives before version {crossing.version} of {crossing.instrument_code}"
        )
        yield Mistake(where.file, where.of(()), found, "no break_reason where the first series starts")


def _of_several(where: Lines, instrument: Instrument, indicator: Indicator | None) -> Iterator[Mistake]:
    """Yield a mistake for an indicator of a structure that several respondents answer without an aggregation."""
    if (
        indicator is not None
        and instrument.respondents.several
        and indicator.level is Level.STRUCTURE
        and indicator.over_respondents is Aggregation.NONE
    ):
        found = f"indicator {shown(indicator.indicator_code)} of a structure, from several respondents"
        expected = "sum or mean as its over_respondents in codebook.csv, or an instrument that one respondent answers"
        if not indicator.kind.is_numeric:
            expected = (
                "a number with over_respondents mean in codebook.csv and share_of with a value of the recode in "
                "crosswalk.csv, which gives the share of respondents, or an instrument that one respondent answers"
            )
        yield Mistake(where.file, where.of(()), found, expected)


def _of_people(where: Lines, instrument: Instrument, indicator: Indicator | None) -> Iterator[Mistake]:
    """Yield a mistake for an indicator of participants from a survey that one person answers for the structure."""
    if (
        indicator is not None
        and indicator.level is Level.PARTICIPANT
        and instrument.kind is InstrumentKind.LIMESURVEY
        and not instrument.respondents.several
    ):
        code = indicator.indicator_code
        found = f"{code}, of a {indicator.level}, from {instrument.code}, which one person answers for the structure"
        expected = (
            f"an indicator of level {Level.STRUCTURE}; or, where each response is of one participant, several: true "
            f"under respondents of {instrument.code}"
        )
        yield Mistake(where.file, where.of(()), found, expected)


def _version_and_item(
    where: Lines, instrument: Instrument, crossing: CrosswalkLine, indicator: Indicator | None
) -> Iterator[Mistake]:
    versions = {str(version.version): version for version in instrument.versions}
    numbers = declared_once(str(version.version) for version in instrument.versions)
    yield from unknown(where, (), "version", str(crossing.version), numbers, f"of {instrument.code}")
    if instrument.kind is InstrumentKind.LIMESURVEY and crossing.item in SYSTEM_HEADINGS:
        yield Mistake(where.file, where.of(()), f"item {shown(crossing.item)}, {RESERVED}", ANOTHER_CODE)
    version = versions.get(str(crossing.version))
    if version is not None and instrument.kind is InstrumentKind.WORKBOOK:
        fields = {sheet.item_of(field): (sheet, field) for sheet in version.sheets for field in sheet.fields}
        yield from _unknown_item(where, version, crossing.item, fields)
        if crossing.item in fields:
            yield from _of_field(where, *fields[crossing.item], indicator)


def _unknown_item(where: Lines, version: InstrumentVersion, item: str, fields: Collection[str]) -> Iterator[Mistake]:
    """Yield a mistake if an item is not a field of a workbook: its sheet, where no sheet has that name."""
    name, _, code = item.partition("!")
    sheets = {sheet.name: sheet for sheet in version.sheets}
    if len({plain(sheet.name) for sheet in version.sheets}) < len(version.sheets):
        return  # Two sheets of one name are reported as that.
    if code and name not in sheets:
        yield from unknown(where, (), "sheet", name, sheets)
        return
    labelled = [
        sheet.item_of(field)
        for sheet in version.sheets
        for field in sheet.fields
        if sheet.name == name and plain_label(code) in map(plain_label, field.labels)
    ]
    for mistake in unknown(where, (), "item", item, fields):
        yield replace(mistake, nearest=labelled[0] if labelled else mistake.nearest)


def _of_field(where: Lines, sheet: Sheet, field: AskedField, indicator: Indicator | None) -> Iterator[Mistake]:
    line = where.of(())
    if field.role is not Role.INDICATOR:
        yield Mistake(where.file, line, f"an indicator of the {field.role} {field.code}", "none: it is not loaded")
    if sheet.is_table and indicator is not None and indicator.level is not Level.PARTICIPANT:
        what = f"{indicator.indicator_code}, of a {indicator.level}, in the rows of {sheet.name}"
        yield Mistake(where.file, line, what, f"an indicator of level {Level.PARTICIPANT}")


def _contradicting(recodes: Table[RecodeLine]) -> Iterator[Mistake]:
    """Yield a mistake for each source value that contradicts another one, from which only case or blanks differ."""
    first: dict[tuple[str, str], Located[RecodeLine]] = {}
    for line in recodes:
        known = first.setdefault((line.value.recode, plain(seen(line.value.source_value))), line).value
        is_other = (known.value, known.missing_reason) != (line.value.value, line.value.missing_reason)
        if is_other and known.source_value != line.value.source_value:
            found = (
                f"source value {shown(line.value.source_value)}, and {shown(known.source_value)} with another result"
            )
            expected = "one result for values that differ by case or blanks only, or by invisible signs"
            yield Mistake(line.file, line.line, found, expected)


def check_recodes(
    settings: Settings, indicators: Table[Indicator], crosswalk: Table[CrosswalkLine], recodes: Table[RecodeLine]
) -> Iterator[Mistake]:
    """Yield the mistakes of recodes.csv."""
    yield from repeated(recodes, "the same source value", lambda x: (x.recode, x.source_value))
    yield from _contradicting(recodes)
    by_code = indicator_by_code(indicators)
    used: dict[str | None, list[Indicator | None]] = {}
    for line in crosswalk:
        is_share = line.value.share_of is not None  # of any value: it need not be one of the indicator
        used.setdefault(line.value.recode, []).append(None if is_share else by_code.get(line.value.indicator_code))
    of_joins = {name for instrument in settings.instruments for name in instrument.join.recode.declared.values()}
    names = {line.value.recode for line in recodes}
    misspelt = {nearest(name, names) for name in {*used, *of_joins} if name is not None and name not in names}
    others = {row.get("recode", "") for row in crosswalk.unread} | of_joins | misspelt
    for line in recodes:
        name = line.value.recode
        if name in used:
            yield from _of_indicators(line, [indicator for indicator in used[name] if indicator is not None])
        elif name not in others and crosswalk.is_readable:
            yield Mistake(
                line.file, line.line, f"recode {shown(name)} used nowhere",
                "a crosswalk line that uses it, or an instrument's join.recode",
            )  # fmt: skip


def _of_indicators(line: Located[RecodeLine], indicators: Sequence[Indicator]) -> Iterator[Mistake]:
    """Yield a mistake if a recode gives a value that one of its indicators cannot have."""
    value = line.value.value
    if value is None:
        return
    counting = next((indicator for indicator in indicators if indicator.kind.is_numeric), None)
    if counting is not None:
        read = read_number(value)
        found = f"value {shown(value)} of {counting.indicator_code}"
        if read.misreading is Misreading.AMBIGUOUS:
            yield Mistake(line.file, line.line, found, f"one of its readings: {' or '.join(read.readings)}")
        elif read.misreading is not None or not NUMBER.fullmatch(value):
            yield Mistake(line.file, line.line, found, f"a number, as of a {counting.kind}")
    for indicator in [one for one in indicators if one.choices and value not in one.choices][:1]:
        where = Lines(line.file, {(): line.line})
        yield from unknown(where, (), "value", value, indicator.choices, f"of {indicator.indicator_code}")
