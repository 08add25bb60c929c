"""Check targets.csv: each target is of a figure that a cohort has at an occasion, and that can reach it."""

from collections.abc import Iterator, Mapping, Sequence

from schemas.enums import Aggregation, IndicatorKind, Level, TargetDirection
from schemas.errors import Mistake
from schemas.formulas import read_formula
from schemas.programme import Settings
from schemas.programme_tables import CrosswalkLine, Indicator
from schemas.targets import Target
from tasks.programme.declared import declared_in, declared_once, indicator_by_code, repeated, unknown
from tasks.programme.figures import THOUSANDS
from tasks.programme.lines import Lines, Located
from tasks.programme.spellings import shown
from tasks.programme.tables import Table


def check_targets(
    settings: Settings, indicators: Table[Indicator], crosswalk: Table[CrosswalkLine], targets: Table[Target]
) -> list[Mistake]:
    """Check the targets against the cohorts, the occasions, the codebook and the crosswalk."""
    return [
        *repeated(targets, "the same target", lambda x: (x.cohort_code, x.occasion_code, x.indicator_code)),
        *_in_lines(settings, indicators, crosswalk, targets),
    ]


def _in_lines(
    settings: Settings, indicators: Table[Indicator], crosswalk: Table[CrosswalkLine], targets: Table[Target]
) -> Iterator[Mistake]:
    cohorts = declared_once(cohort.code for cohort in settings.cohorts)
    occasions = declared_once(occasion.code for occasion in settings.occasions)
    by_code, declared = indicator_by_code(indicators), declared_in(indicators, "indicator_code")
    innovations = {cohort.code: cohort.innovation for cohort in settings.cohorts}
    asked, is_known = _asked_at(settings, crosswalk), _is_crosswalk_known(settings, indicators, crosswalk)
    in_order = [occasion.code for occasion in sorted(settings.occasions, key=lambda one: one.offset_days)]
    for line in targets:
        target, where = line.value, Lines(line.file, {(): line.line})
        indicator, innovation = by_code.get(target.indicator_code), innovations.get(target.cohort_code)
        found = [
            *unknown(where, (), "cohort", target.cohort_code, cohorts),
            *unknown(where, (), "occasion", target.occasion_code, occasions),
            *unknown(where, (), "indicator", target.indicator_code, declared),
        ]
        if not found and indicator is not None:
            found = list(_without_figure(line, indicator)) or list(_out_of_range(line, indicator, settings.locale))
            parts = _asked_parts(target.indicator_code, by_code)
            if not found and parts and innovation is not None and is_known:
                # A derived indicator has a figure where all of its parts are asked.
                common = set.intersection(*(asked.get((innovation, part), set()) for part in parts))
                found = list(_not_asked(line, innovation, [code for code in in_order if code in common]))
        yield from found


def _without_figure(line: Located[Target], indicator: Indicator) -> Iterator[Mistake]:
    """Report an indicator of which cohorts have no figure."""
    found = f"target of {shown(indicator.indicator_code)}"
    if indicator.level is not Level.STRUCTURE:
        yield Mistake(
            line.file, line.line, f"{found}, of a {indicator.level}", f"an indicator of level {Level.STRUCTURE}"
        )
    elif indicator.over_structures is Aggregation.NONE or not indicator.kind.is_numeric:
        lacking = (
            "without sum or mean as its over_structures in codebook.csv"
            if indicator.kind.is_numeric
            else f"a {indicator.kind}"
        )
        yield Mistake(
            line.file, line.line, f"{found}, {lacking}", "a count or a number whose over_structures is sum or mean"
        )


def _out_of_range(line: Located[Target], indicator: Indicator, locale: str) -> Iterator[Mistake]:
    """Report a number in another unit, or one that no figure of the cohort can reach."""
    target, number = line.value, line.value.number
    found = f"target = {shown(target.target)}"
    if target.is_percentage and "%" not in (indicator.unit or ""):
        expected = "a number that is not a percentage, or an indicator with % as its unit"
        yield Mistake(line.file, line.line, found, expected)
        return
    is_count = indicator.kind is IndicatorKind.COUNT and indicator.over_structures is Aggregation.SUM
    if number is None:
        return
    if is_count and (target.is_fraction_or_thousands or not number.is_integer()):
        expected = f"a whole number of {indicator.indicator_code}, a count, with {THOUSANDS[locale]} between thousands"
        yield Mistake(line.file, line.line, found, expected)
    if indicator.over_structures is not Aggregation.MEAN:
        return
    found = f"{found}, {target.direction} of a mean"
    if target.direction is TargetDirection.AT_LEAST and indicator.maximum is not None and number > indicator.maximum:
        expected = f"at most {indicator.maximum:g}, the maximum of {indicator.indicator_code}"
        yield Mistake(line.file, line.line, found, expected)
    if target.direction is TargetDirection.AT_MOST and indicator.minimum is not None and number < indicator.minimum:
        expected = f"{indicator.minimum:g} or more, the minimum of {indicator.indicator_code}"
        yield Mistake(line.file, line.line, found, expected)


def _not_asked(line: Located[Target], innovation: str, occasions: Sequence[str]) -> Iterator[Mistake]:
    target = line.value
    if target.occasion_code in occasions:
        return
    found = f"target of {target.indicator_code} at {target.occasion_code}"
    if occasions:
        expected = f"one of the occasions at which {innovation} is asked for it ({', '.join(occasions)})"
    else:
        found, expected = (
            f"{found}, which {innovation} is never asked for",
            f"an indicator that {innovation} is asked for",
        )
    yield Mistake(line.file, line.line, found, expected)


def _is_crosswalk_known(settings: Settings, indicators: Table[Indicator], crosswalk: Table[CrosswalkLine]) -> bool:
    """Return whether the asked indicators are known: a crosswalk line with a mistake may be the one of a target."""
    versions = {(one.code, version.version) for one in settings.instruments for version in one.versions}
    codes = indicator_by_code(indicators)
    return (
        crosswalk.is_complete
        and indicators.is_complete
        and all((x.value.instrument_code, x.value.version) in versions for x in crosswalk)
        and all(x.value.indicator_code in codes for x in crosswalk)
    )


def _asked_at(settings: Settings, crosswalk: Table[CrosswalkLine]) -> dict[tuple[str, str], set[str]]:
    """Return the occasions at which each indicator is asked, by innovation and indicator."""
    given: dict[tuple[str, int], set[str]] = {}
    for line in crosswalk:
        given.setdefault((line.value.instrument_code, line.value.version), set()).add(line.value.indicator_code)
    asked: dict[tuple[str, str], set[str]] = {}
    for instrument in settings.instruments:
        for version in instrument.versions:
            for indicator_code in given.get((instrument.code, version.version), ()):
                for innovation in instrument.innovations:
                    asked.setdefault((innovation, indicator_code), set()).update(version.occasions)
    return asked


def _asked_parts(code: str, by_code: Mapping[str, Indicator]) -> frozenset[str] | None:
    """Return the asked indicators that one is computed from, or itself; None if its formula has a mistake."""
    parts: set[str] = set()
    left, seen = [code], {code}
    while left:
        indicator = by_code.get(left.pop())
        if indicator is None:
            return None
        if indicator.formula is None:
            parts.add(indicator.indicator_code)
            continue
        formula = read_formula(indicator.formula)
        if formula is None or code in formula.codes:
            return None
        left += [part for part in formula.codes if part not in seen]
        seen.update(formula.codes)
    return frozenset(parts)
