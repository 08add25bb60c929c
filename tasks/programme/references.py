"""Check the references between the files of a programme folder: each code in use is declared, and once."""

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import pairwise
from typing import TypeVar

from schemas.enums import Aggregation, IndicatorKind, InstrumentKind, Level, Misreading, Role
from schemas.errors import Mistake
from schemas.formats import NUMBER, read_number, seen
from schemas.instruments import Instrument
from schemas.layouts import AskedField, Sheet, plain
from schemas.programme import Settings
from schemas.programme_tables import CrosswalkLine, Enrolment, Indicator, RecodeLine
from tasks.programme.lines import Lines, Located, Path, nearest
from tasks.programme.row_rules import check_row_rules
from tasks.programme.shared_surveys import check_joins
from tasks.programme.shares import check_share
from tasks.questionnaires.unclear_codes import ANOTHER_CODE, RESERVED, SYSTEM_HEADINGS

Line = TypeVar("Line")

OTHER_THAN_BY_CAPITALS = "codes that differ by more than capitals: names of files may not distinguish them"
_DATE = re.compile(r"\d{4}(-\d\d){0,2}")


def check_references(
    settings: Settings,
    lines: Lines,
    enrolments: Sequence[Located[Enrolment]],
    indicators: Sequence[Located[Indicator]],
    crosswalk: Sequence[Located[CrosswalkLine]],
    recodes: Sequence[Located[RecodeLine]],
) -> list[Mistake]:
    """Return the mistakes that only show when the files are read together."""
    return [
        *_in_settings(settings, lines),
        *_in_occasions(settings, lines),
        *_in_instruments(settings, lines),
        *_in_structures(settings, enrolments),
        *_in_codebook(indicators),
        *_in_crosswalk(settings, indicators, crosswalk, recodes),
        *_in_recodes(settings, indicators, crosswalk, recodes),
        *check_joins(settings, lines, enrolments, recodes),
        *check_row_rules(settings, lines, indicators, crosswalk, recodes),
    ]


def unknown(lines: Lines, path: Path, what: str, code: str, declared: Iterable[str]) -> Iterator[Mistake]:
    """Yield a mistake if a code is not declared.

    Args:
        lines: The lines of the file that uses the code.
        path: Path of the code in that file.
        what: Noun for the code.
        code: The code.
        declared: The declared codes.
    """
    declared = list(declared)
    if code not in declared:
        known = f"one that is declared ({', '.join(declared[:12])}{', …' if len(declared) > 12 else ''})"
        yield Mistake(lines.file, lines.of(path), f"{what} {code!r}", known, nearest(code, declared))


def _twice(lines: Lines, what: str, codes: Iterable[tuple[Path, str]]) -> Iterator[Mistake]:
    seen: set[str] = set()
    for path, code in codes:
        if code in seen:
            yield Mistake(lines.file, lines.of(path), f"{what} {code!r} a second time", "each once")
        seen.add(code)


def _alike(lines: Lines, what: str, codes: Iterable[tuple[Path, str]]) -> Iterator[Mistake]:
    """Yield a mistake for each code that differs from an earlier one by capitals only."""
    seen: dict[str, str] = {}
    for path, code in codes:
        first = seen.setdefault(code.casefold(), code)
        if first != code:
            found = f"{what} {code!r} beside {first!r}"
            yield Mistake(lines.file, lines.of(path), found, OTHER_THAN_BY_CAPITALS)


def repeated(
    located: Sequence[Located[Line]], what: str, key: Callable[[Line], tuple[object, ...]]
) -> Iterator[Mistake]:
    """Yield a mistake for each line whose key repeats that of an earlier line.

    Args:
        located: The lines of a table.
        what: Noun for the repetition.
        key: Returns the key of a line.
    """
    first: dict[tuple[object, ...], int] = {}
    for line in located:
        values = key(line.value)
        if values in first:
            found = f"{what} again ({', '.join(map(str, values))})"
            yield Mistake(line.file, line.line, found, f"it once (it is on line {first[values]})")
        first.setdefault(values, line.line)


def _in_settings(settings: Settings, lines: Lines) -> Iterator[Mistake]:
    innovations = [innovation.code for innovation in settings.innovations]
    for section, items in (
        ("occasions", settings.occasions),
        ("innovations", settings.innovations),
        ("cohorts", settings.cohorts),
        ("evaluators", settings.evaluators),
        ("instruments", settings.instruments),
    ):
        codes = [((section, i, "code"), item.code) for i, item in enumerate(items)]
        yield from _twice(lines, section, codes)
        yield from _alike(lines, section, codes)
    for i, cohort in enumerate(settings.cohorts):
        yield from unknown(lines, ("cohorts", i, "innovation"), "innovation", cohort.innovation, innovations)
        begun = cohort.trained_from
        # Free text, unless it is a year, a month or a day: dates of one length compare as texts.
        if begun is not None and _DATE.fullmatch(begun) and cohort.anchor_on.isoformat()[: len(begun)] < begun:
            found = f"anchor_on {cohort.anchor_on} of {cohort.code}"
            yield Mistake(
                lines.file,
                lines.of(("cohorts", i, "anchor_on")),
                found,
                f"a day after {begun}, when its training began",
            )
    followed: set[str] = set()
    for i, evaluator in enumerate(settings.evaluators):
        followed.update(evaluator.follows)
        follows = [(("evaluators", i, "follows", j), code) for j, code in enumerate(evaluator.follows)]
        yield from _twice(lines, f"an innovation of {evaluator.code}:", follows)
        for j, code in enumerate(evaluator.follows):
            yield from unknown(lines, ("evaluators", i, "follows", j), "innovation", code, innovations)
    if settings.schedule.escalate_after_days is not None and settings.lead is None:
        yield Mistake(
            lines.file, lines.of(("schedule", "escalate_after_days")), "an escalation to nobody",
            "lead: {name: …, email: …} beside schedule, or no escalate_after_days",
        )  # fmt: skip
    for i, innovation in enumerate(settings.innovations):
        if innovation.code not in followed:
            yield Mistake(
                lines.file, lines.of(("innovations", i)), f"innovation {innovation.code!r} followed by nobody",
                "an evaluator that follows it",
            )  # fmt: skip


def _in_occasions(settings: Settings, lines: Lines) -> Iterator[Mistake]:
    """Report occasions with the same months, and phases in another order than the months of their occasions."""
    months: list[tuple[Path, str]] = [
        (("occasions", i, "months"), str(occasion.months)) for i, occasion in enumerate(settings.occasions)
    ]
    yield from _twice(lines, "months of an occasion,", months)
    by_months = sorted(enumerate(settings.occasions), key=lambda numbered: numbered[1].months)
    closing = [(i, occasion, occasion.phase) for i, occasion in by_months if occasion.phase is not None]
    for (_, earlier, phase), (i, later, next_phase) in pairwise(closing):
        if next_phase < phase:
            yield Mistake(
                lines.file,
                lines.of(("occasions", i, "phase")),
                f"phase {next_phase} of {later.code} (months {later.months}), after phase {phase} of {earlier.code} "
                f"(months {earlier.months})",
                "phases in the order of the months",
            )


def _in_instruments(settings: Settings, lines: Lines) -> Iterator[Mistake]:
    innovations = [innovation.code for innovation in settings.innovations]
    occasions = [occasion.code for occasion in settings.occasions]
    surveys: list[tuple[Path, str]] = []
    for i, instrument in enumerate(settings.instruments):
        at: Path = ("instruments", i)
        for j, code in enumerate(instrument.innovations):
            yield from unknown(lines, (*at, "innovations", j), "innovation", code, innovations)
        asks = [((*at, "innovations", j), code) for j, code in enumerate(instrument.innovations)]
        yield from _twice(lines, f"an innovation of {instrument.code}:", asks)
        source = settings.sources.limesurvey if instrument.kind is InstrumentKind.LIMESURVEY else settings.sources.inbox
        if source is None:
            name = "limesurvey" if instrument.kind is InstrumentKind.LIMESURVEY else "inbox"
            yield Mistake(lines.file, lines.of(at), f"a {instrument.kind} instrument and no source", f"sources.{name}")
        occasion_codes: list[tuple[Path, str]] = []
        for j, version in enumerate(instrument.versions):
            path: Path = (*at, "versions", j)
            occasion_codes += [((*path, "occasions", k), code) for k, code in enumerate(version.occasions)]
            if version.survey_id is not None:
                surveys.append(((*path, "survey_id"), str(version.survey_id)))
            items = [sheet.item_of(field) for sheet in version.sheets for field in sheet.fields]
            yield from _twice(lines, "item", [((*path, "sheets"), item) for item in items])
            if instrument.kind is InstrumentKind.WORKBOOK:
                singles = [sheet.item_of(item) for sheet in version.sheets for item in sheet.items]
                for k, rule in enumerate(version.rules):
                    for item in rule.items:
                        yield from unknown(lines, (*path, "rules", k), "item", item, singles)
        for path, code in occasion_codes:
            yield from unknown(lines, path, "occasion", code, occasions)
        yield from _twice(lines, f"an occasion of {instrument.code}:", occasion_codes)
        numbers = [((*at, "versions", j, "version"), str(v.version)) for j, v in enumerate(instrument.versions)]
        yield from _twice(lines, f"version of {instrument.code}:", numbers)
    yield from _twice(lines, "survey_id", surveys)


def _in_structures(settings: Settings, enrolments: Sequence[Located[Enrolment]]) -> Iterator[Mistake]:
    cohorts = {cohort.code: cohort for cohort in settings.cohorts}
    names: dict[str, str] = {}
    spellings: dict[str, str] = {}
    yield from repeated(enrolments, "the same structure in the same cohort", lambda x: (x.enrolment_id,))
    for line in enrolments:
        enrolment = line.value
        where = Lines(line.file, {(): line.line})
        yield from unknown(where, (), "cohort", enrolment.cohort_code, cohorts)
        cohort = cohorts.get(enrolment.cohort_code)
        if cohort and enrolment.left_on and enrolment.left_on < cohort.anchor_on:
            yield Mistake(
                line.file, line.line, f"left_on {enrolment.left_on}", f"a day after {cohort.anchor_on}, the anchor"
            )
        code = spellings.setdefault(enrolment.structure_code.casefold(), enrolment.structure_code)
        if code != enrolment.structure_code:
            found = f"the structure {enrolment.structure_code!r} beside {code!r}"
            yield Mistake(line.file, line.line, found, OTHER_THAN_BY_CAPITALS)
        if names.setdefault(enrolment.structure_code, enrolment.structure_name) != enrolment.structure_name:
            yield Mistake(
                line.file,
                line.line,
                f"another name for {enrolment.structure_code}",
                repr(names[enrolment.structure_code]),
            )


def _in_codebook(indicators: Sequence[Located[Indicator]]) -> Iterator[Mistake]:
    yield from repeated(indicators, "the same indicator", lambda x: (x.indicator_code,))
    for line in indicators:
        indicator = line.value
        if indicator.over_respondents is not Aggregation.NONE and not indicator.kind.is_numeric:
            found = f"over_respondents {indicator.over_respondents} of a {indicator.kind}"
            yield Mistake(line.file, line.line, found, "none, or an indicator whose values are numbers")
        if (indicator.kind is IndicatorKind.CHOICE) != bool(indicator.choices):
            yield Mistake(
                line.file, line.line, "allowed_values and kind that disagree", "allowed values for a choice only"
            )
        if len(set(indicator.choices)) < len(indicator.choices) or any(
            c != c.strip() or not c for c in indicator.choices
        ):
            expected = "each value once, none of them blank, and no blanks beside |"
            yield Mistake(line.file, line.line, f"allowed_values {indicator.allowed_values!r}", expected)
        if indicator.minimum is not None and indicator.maximum is not None and indicator.minimum > indicator.maximum:
            yield Mistake(
                line.file, line.line, f"minimum {indicator.minimum}", f"at most {indicator.maximum}, the maximum"
            )
        if (indicator.ceiling is not None or indicator.is_cumulative) and not indicator.kind.is_numeric:
            found = (
                f"a ceiling of a {indicator.kind}"
                if indicator.ceiling is not None
                else f"a cumulative {indicator.kind}"
            )
            yield Mistake(line.file, line.line, found, "ceiling and is_cumulative for a count or a number only")
        elif indicator.ceiling is not None and not (
            (indicator.minimum is None or indicator.minimum <= indicator.ceiling)
            and (indicator.maximum is None or indicator.ceiling <= indicator.maximum)
        ):
            found = f"ceiling {indicator.ceiling:g}"
            yield Mistake(line.file, line.line, found, "a ceiling between the minimum and the maximum")


def _in_crosswalk(
    settings: Settings,
    indicators: Sequence[Located[Indicator]],
    crosswalk: Sequence[Located[CrosswalkLine]],
    recodes: Sequence[Located[RecodeLine]],
) -> Iterator[Mistake]:
    instruments = {instrument.code: instrument for instrument in settings.instruments}
    by_code = {line.value.indicator_code: line.value for line in indicators}
    recode_names = sorted({line.value.recode for line in recodes})
    yield from repeated(
        crosswalk, "the same item", lambda x: (x.instrument_code, x.version, x.item, *filter(None, [x.share_of]))
    )  # fmt: skip
    yield from repeated(
        crosswalk, "an indicator of the same version", lambda x: (x.instrument_code, x.version, x.indicator_code)
    )  # fmt: skip
    for line in crosswalk:
        crossing = line.value
        where = Lines(line.file, {(): line.line})
        yield from unknown(where, (), "indicator", crossing.indicator_code, by_code)
        if crossing.recode is not None:
            yield from unknown(where, (), "recode", crossing.recode, recode_names)
        yield from unknown(where, (), "instrument", crossing.instrument_code, instruments)
        instrument = instruments.get(crossing.instrument_code)
        if instrument is not None:
            yield from _version_and_item(where, instrument, crossing, by_code.get(crossing.indicator_code))
            yield from _of_several(where, instrument, by_code.get(crossing.indicator_code))
            yield from check_share(
                where, instrument, crossing, by_code.get(crossing.indicator_code), crosswalk, recodes
            )
            if crossing.item.partition("[")[0] in instrument.identifiers:
                found = f"item {crossing.item!r}, whose answers are discarded because they name people"
                yield Mistake(
                    line.file, line.line, found, f"no line for a question under identifiers of {instrument.code}"
                )
        if crossing.break_reason is not None:
            yield from _break(where, crossing, crosswalk, by_code.get(crossing.indicator_code))


def _break(
    where: Lines, crossing: CrosswalkLine, crosswalk: Sequence[Located[CrosswalkLine]], indicator: Indicator | None
) -> Iterator[Mistake]:
    """Yield a mistake for a break without an earlier series, or of an indicator that has no series."""
    code = crossing.indicator_code
    if indicator is not None and indicator.level is not Level.STRUCTURE:
        found = f"a break in {code}, of a {indicator.level}"
        yield Mistake(where.file, where.of(()), found, f"none, or an indicator of level {Level.STRUCTURE}")
    elif not any(
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
        found = f"indicator {indicator.indicator_code!r} of a structure, from several respondents"
        expected = "sum or mean as its over_respondents in codebook.csv, or an instrument that one respondent answers"
        if not indicator.kind.is_numeric:
            expected = (
                "a number with over_respondents mean in codebook.csv and share_of with a value of the recode in "
                "crosswalk.csv, which gives the share of respondents, or an instrument that one respondent answers"
            )
        yield Mistake(where.file, where.of(()), found, expected)


def _version_and_item(
    where: Lines, instrument: Instrument, crossing: CrosswalkLine, indicator: Indicator | None
) -> Iterator[Mistake]:
    versions = {str(version.version): version for version in instrument.versions}
    yield from unknown(where, (), f"version of {instrument.code}", str(crossing.version), versions)
    if instrument.kind is InstrumentKind.LIMESURVEY and crossing.item in SYSTEM_HEADINGS:
        yield Mistake(where.file, where.of(()), f"item {crossing.item!r}, {RESERVED}", ANOTHER_CODE)
    version = versions.get(str(crossing.version))
    if version is not None and instrument.kind is InstrumentKind.WORKBOOK:
        fields = {sheet.item_of(field): (sheet, field) for sheet in version.sheets for field in sheet.fields}
        yield from unknown(where, (), "item", crossing.item, fields)
        if crossing.item in fields:
            yield from _of_field(where, *fields[crossing.item], indicator)


def _of_field(where: Lines, sheet: Sheet, field: AskedField, indicator: Indicator | None) -> Iterator[Mistake]:
    line = where.of(())
    if field.role is not Role.INDICATOR:
        yield Mistake(where.file, line, f"an indicator of the {field.role} {field.code}", "none: it is not loaded")
    if sheet.is_table and indicator is not None and indicator.level is not Level.PARTICIPANT:
        what = f"{indicator.indicator_code}, of a {indicator.level}, in the rows of {sheet.name}"
        yield Mistake(where.file, line, what, f"an indicator of level {Level.PARTICIPANT}")


def _contradicting(recodes: Sequence[Located[RecodeLine]]) -> Iterator[Mistake]:
    """Yield a mistake for each source value that contradicts another one, from which only case or blanks differ."""
    first: dict[tuple[str, str], Located[RecodeLine]] = {}
    for line in recodes:
        known = first.setdefault((line.value.recode, plain(seen(line.value.source_value))), line).value
        is_other = (known.value, known.missing_reason) != (line.value.value, line.value.missing_reason)
        if is_other and known.source_value != line.value.source_value:
            found = f"source value {line.value.source_value!r}, and {known.source_value!r} with another result"
            expected = "one result for values that differ by case or blanks only, or by invisible signs"
            yield Mistake(line.file, line.line, found, expected)


def _in_recodes(
    settings: Settings,
    indicators: Sequence[Located[Indicator]],
    crosswalk: Sequence[Located[CrosswalkLine]],
    recodes: Sequence[Located[RecodeLine]],
) -> Iterator[Mistake]:
    yield from repeated(recodes, "the same source value", lambda x: (x.recode, x.source_value))
    yield from _contradicting(recodes)
    by_code = {line.value.indicator_code: line.value for line in indicators}
    used: dict[str | None, list[Indicator | None]] = {}
    for line in crosswalk:
        is_share = line.value.share_of is not None  # of any value: it need not be one of the indicator
        used.setdefault(line.value.recode, []).append(None if is_share else by_code.get(line.value.indicator_code))
    of_joins = {name for instrument in settings.instruments for name in instrument.join.recode.declared.values()}
    for line in recodes:
        if line.value.recode not in used and line.value.recode in of_joins:
            continue
        if line.value.recode not in used:
            yield Mistake(
                line.file, line.line, f"recode {line.value.recode!r} used nowhere",
                "a crosswalk line that uses it, or an instrument's join.recode",
            )  # fmt: skip
            continue
        counting = next((i for i in used[line.value.recode] if i and i.kind.is_numeric), None)
        if counting is not None and line.value.value is not None:
            read = read_number(line.value.value)
            if read.misreading is Misreading.AMBIGUOUS:
                found = f"value of {counting.indicator_code} {line.value.value!r}"
                yield Mistake(line.file, line.line, found, f"one of its readings: {' or '.join(read.readings)}")
            elif read.misreading is not None or not NUMBER.fullmatch(line.value.value):
                found = f"value of {counting.indicator_code} {line.value.value!r}"
                yield Mistake(line.file, line.line, found, f"a number, as of a {counting.kind}")
        choosing = [indicator for indicator in used[line.value.recode] if indicator and indicator.choices]
        refusing = [indicator for indicator in choosing if line.value.value not in (None, *indicator.choices)]
        for indicator in refusing[:1]:
            where = Lines(line.file, {(): line.line})
            what = f"value of {indicator.indicator_code}"
            yield from unknown(where, (), what, str(line.value.value), indicator.choices)
