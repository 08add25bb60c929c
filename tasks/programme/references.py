"""Check the references between the files of a programme folder: each code in use is declared, and once."""

import re
from collections.abc import Iterator, Sequence
from itertools import pairwise
from typing import TypeVar

from schemas.attributes import AttributeValue
from schemas.enums import Aggregation, IndicatorKind, InstrumentKind
from schemas.errors import Mistake
from schemas.instruments import Instrument, InstrumentVersion
from schemas.layouts import plain
from schemas.months import days_of_months
from schemas.programme import Occasion, Settings
from schemas.programme_tables import CrosswalkLine, Enrolment, Indicator, RecodeLine
from tasks.programme.crosswalk import check_crosswalk, check_recodes
from tasks.programme.declared import OTHER_THAN_BY_CAPITALS, alike, declared_once, repeated, twice, unknown
from tasks.programme.derived import check_derived
from tasks.programme.follows import check_follows
from tasks.programme.lines import Lines, Located, Path
from tasks.programme.nothing_to_report import check_nothing_to_report
from tasks.programme.row_rules import check_row_rules
from tasks.programme.shared_surveys import check_joins
from tasks.programme.spellings import shown
from tasks.programme.successions import check_successions
from tasks.programme.tables import Table

Line = TypeVar("Line")

_DATE = re.compile(r"\d{4}(-\d\d){0,2}")


def check_references(
    settings: Settings,
    lines: Lines,
    enrolments: Table[Enrolment],
    indicators: Table[Indicator],
    crosswalk: Table[CrosswalkLine],
    recodes: Table[RecodeLine],
    attribute_values: Sequence[AttributeValue],
) -> list[Mistake]:
    """Return the mistakes that only show when the files are read together."""
    return [
        *_in_settings(settings, lines),
        *check_follows(settings, lines, enrolments, attribute_values),
        *_in_occasions(settings, lines),
        *_in_instruments(settings, lines),
        *_in_structures(settings, enrolments),
        *_in_codebook(indicators),
        *check_derived(indicators, crosswalk),
        *check_nothing_to_report(settings, lines, indicators),
        *check_crosswalk(settings, indicators, crosswalk, recodes),
        *check_recodes(settings, indicators, crosswalk, recodes),
        *check_joins(settings, lines, enrolments, recodes),
        *check_row_rules(settings, lines, indicators, crosswalk, recodes),
    ]


def _in_settings(settings: Settings, lines: Lines) -> Iterator[Mistake]:
    innovations = declared_once(innovation.code for innovation in settings.innovations)
    for section, items in (
        ("occasion", settings.occasions),
        ("innovation", settings.innovations),
        ("cohort", settings.cohorts),
        ("attribute", settings.attributes),
        ("evaluator", settings.evaluators),
        ("instrument", settings.instruments),
    ):
        codes = [((f"{section}s", i, "code"), item.code) for i, item in enumerate(items)]
        yield from twice(lines, section, codes)
        yield from alike(lines, section, codes)
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
                f"a day after {begun}, the beginning of its training (trained_from)",
            )
    if settings.schedule.escalate_after_days is not None and settings.lead is None:
        yield Mistake(
            lines.file, lines.of(("schedule", "escalate_after_days")), "an escalation to nobody",
            "lead: {name: …, email: …} beside schedule, or no escalate_after_days",
        )  # fmt: skip


def _in_occasions(settings: Settings, lines: Lines) -> Iterator[Mistake]:
    """Report occasions that share a day on the clock, and phases in another order than their occasions."""
    first: dict[str, str] = {}
    for i, occasion in enumerate(settings.occasions):
        known = first.setdefault(occasion.offset, occasion.code)
        unit = "months" if occasion.days is None else "days"
        if known != occasion.code:
            found = f"{occasion.offset} of occasion {occasion.code}, as of {known}"
            yield Mistake(lines.file, lines.of(("occasions", i, unit)), found, f"other {unit} for each occasion")
    for i, occasion in enumerate(settings.occasions):
        for other in settings.occasions:
            yield from _order_depends_on_the_anchor(lines, i, occasion, other)
    in_order = sorted(enumerate(settings.occasions), key=lambda numbered: numbered[1].offset_days)
    closing = [(i, occasion, occasion.phase) for i, occasion in in_order if occasion.phase is not None]
    for (_, earlier, phase), (i, later, next_phase) in pairwise(closing):
        if next_phase < phase:
            yield Mistake(
                lines.file,
                lines.of(("occasions", i, "phase")),
                f"phase {next_phase} of {later.code} ({later.offset}), after phase {phase} of {earlier.code} "
                f"({earlier.offset})",
                "phases in the order of the months"
                if earlier.days is None and later.days is None
                else "phases in the order of the occasions on the clock",
            )


def _order_depends_on_the_anchor(lines: Lines, i: int, in_days: Occasion, in_months: Occasion) -> Iterator[Mistake]:
    """Report an occasion in days that comes before or after one in months according to the anchor date."""
    if in_days.days is None or in_months.months is None:
        return
    fewest, most = days_of_months(in_months.months)
    if fewest <= in_days.days <= most:
        span = f"{in_months.code}, which is {f'{fewest} to {most}' if fewest < most else most} days"
        yield Mistake(
            lines.file,
            lines.of(("occasions", i, "days")),
            f"{in_days.offset} of occasion {in_days.code} beside {in_months.offset} of {span}",
            f"days that come before or after {in_months.code} for every anchor_on: less than {fewest} or more than "
            f"{most}, or one occasion instead of two",
        )


def _in_instruments(settings: Settings, lines: Lines) -> Iterator[Mistake]:
    innovations = declared_once(innovation.code for innovation in settings.innovations)
    occasions = declared_once(occasion.code for occasion in settings.occasions)
    surveys: list[tuple[Path, str]] = []
    for i, instrument in enumerate(settings.instruments):
        at: Path = ("instruments", i)
        for j, code in enumerate(instrument.innovations):
            yield from unknown(lines, (*at, "innovations", j), "innovation", code, innovations)
        asks = [((*at, "innovations", j), code) for j, code in enumerate(instrument.innovations)]
        yield from twice(lines, "innovation", asks, f"of instrument {instrument.code}")
        source = settings.sources.limesurvey if instrument.kind is InstrumentKind.LIMESURVEY else settings.sources.inbox
        if source is None:
            name = "limesurvey" if instrument.kind is InstrumentKind.LIMESURVEY else "inbox"
            yield Mistake(lines.file, lines.of(at), f"a {instrument.kind} instrument and no source", f"sources.{name}")
        occasion_codes: list[tuple[Path, str]] = []
        for j, version in enumerate(instrument.versions):
            path: Path = (*at, "versions", j)
            occasion_codes += [((*path, "occasions", k), code) for k, code in enumerate(version.occasions)]
            yield from _likeness(lines, path, instrument, j)
            if version.survey_id is not None:
                surveys.append(((*path, "survey_id"), str(version.survey_id)))
            yield from _in_sheets(lines, path, instrument, version)
            if instrument.kind is InstrumentKind.WORKBOOK:
                singles = [sheet.item_of(item) for sheet in version.sheets for item in sheet.items]
                for k, rule in enumerate(version.rules):
                    for item in rule.items:
                        yield from unknown(lines, (*path, "rules", k), "item", item, singles)
        for path, code in occasion_codes:
            yield from unknown(lines, path, "occasion", code, occasions)
        yield from twice(lines, "occasion", occasion_codes, f"of instrument {instrument.code}")
        numbers = [((*at, "versions", j, "version"), str(v.version)) for j, v in enumerate(instrument.versions)]
        yield from twice(lines, "version", numbers, f"of instrument {instrument.code}")
    yield from twice(lines, "survey_id", surveys)


def _likeness(lines: Lines, path: Path, instrument: Instrument, place: int) -> Iterator[Mistake]:
    """Report what a version is without, and would not have of the version that it is like."""
    version = instrument.versions[place]
    base = next((one for one in instrument.versions[:place] if one.version == version.like), None)
    if base is None:
        return
    names = [sheet.name for sheet in base.sheets]
    items = [sheet.item_of(one) for sheet in base.sheets for one in sheet.fields]
    for k, name in enumerate(version.without):
        yield from unknown(lines, (*path, "without", k), "item", name, [*items, *names], f"of version {base.version}")


def _in_sheets(lines: Lines, path: Path, instrument: Instrument, version: InstrumentVersion) -> Iterator[Mistake]:
    """Report two sheets of one name, and two items of one code on a sheet."""
    of = f"of version {version.version} of {instrument.code}"
    first: dict[str, int] = {}
    for k, sheet in enumerate(version.sheets):
        known = [first[name] for name in map(plain, sheet.names) if name in first]
        if known:
            line = lines.of((*path, "sheets", known[0], "name"))
            expected = f"one sheet of each name (the first is on line {line})"
            where = lines.of((*path, "sheets", k, "name"))
            yield Mistake(lines.file, where, f"sheet {shown(sheet.name)} {of} a second time", expected)
            continue
        first |= dict.fromkeys(map(plain, sheet.names), k)
        name = "columns" if sheet.is_table else "items"
        items = [((*path, "sheets", k, name, n, "code"), sheet.item_of(x)) for n, x in enumerate(sheet.fields)]
        yield from twice(lines, "item", items)


def _in_structures(settings: Settings, enrolments: Table[Enrolment]) -> Iterator[Mistake]:
    cohorts = {cohort.code: cohort for cohort in settings.cohorts}
    declared = declared_once(cohort.code for cohort in settings.cohorts)
    names: dict[str, Located[Enrolment]] = {}
    spellings: dict[str, str] = {}
    yield from repeated(
        enrolments, "the same structure in the same cohort", lambda x: (f"{x.cohort_code}/{x.structure_code}",)
    )
    yield from check_successions(cohorts, enrolments)
    for line in enrolments:
        enrolment = line.value
        where = Lines(line.file, {(): line.line})
        yield from unknown(where, (), "cohort", enrolment.cohort_code, declared)
        cohort = cohorts.get(enrolment.cohort_code)
        begun = cohort.trained_from if cohort else None
        own = enrolment.anchor_on
        if begun is not None and own and _DATE.fullmatch(begun) and own.isoformat()[: len(begun)] < begun:
            yield Mistake(
                line.file,
                line.line,
                f"anchor_on {own} of {enrolment.enrolment_id}",
                f"a day after {begun}, the beginning of the training of {enrolment.cohort_code} (trained_from)",
            )
        anchor_on = own or (cohort.anchor_on if cohort else None)
        if anchor_on and enrolment.left_on and enrolment.left_on < anchor_on:
            whose = enrolment.enrolment_id if own else enrolment.cohort_code
            yield Mistake(
                line.file,
                line.line,
                f"left_on {enrolment.left_on}",
                f"a day after {anchor_on}, the anchor_on of {whose}",
            )
        code = spellings.setdefault(enrolment.structure_code.casefold(), enrolment.structure_code)
        if code != enrolment.structure_code:
            found = f"structure {shown(enrolment.structure_code)} beside {shown(code)}"
            yield Mistake(line.file, line.line, found, OTHER_THAN_BY_CAPITALS)
        known = names.setdefault(enrolment.structure_code, line)
        if known.value.structure_name != enrolment.structure_name:
            found = f"another name for {enrolment.structure_code}: {shown(enrolment.structure_name)}"
            yield Mistake(line.file, line.line, found, f"{shown(known.value.structure_name)}, as on line {known.line}")


def _in_codebook(indicators: Table[Indicator]) -> Iterator[Mistake]:
    yield from repeated(indicators, "the same indicator", lambda x: (x.indicator_code,))
    for line in indicators:
        indicator = line.value
        if indicator.over_respondents is not Aggregation.NONE and not indicator.kind.is_numeric:
            found = f"over_respondents {indicator.over_respondents} of a {indicator.kind}"
            yield Mistake(line.file, line.line, found, "none, or an indicator whose values are numbers")
        if (indicator.kind is IndicatorKind.CHOICE) != bool(indicator.choices):
            found, expected = (
                (f"allowed_values of a {indicator.kind}", "none: only a choice has allowed_values")
                if indicator.choices
                else ("no allowed_values of a choice", "its values with | between them, such as yes|no")
            )
            yield Mistake(line.file, line.line, found, expected)
        elif len(set(indicator.choices)) < len(indicator.choices) or any(
            c != c.strip() or not c for c in indicator.choices
        ):
            expected = "each value once, none of them blank, and no blanks beside |"
            yield Mistake(line.file, line.line, f"allowed_values {shown(indicator.allowed_values)}", expected)
        if indicator.minimum is not None and indicator.maximum is not None and indicator.minimum > indicator.maximum:
            yield Mistake(
                line.file, line.line, f"minimum {indicator.minimum:g}", f"at most {indicator.maximum:g}, the maximum"
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
