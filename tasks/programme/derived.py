"""Check the indicators that are derived from others, or whose values accumulate over the occasions."""

from collections.abc import Iterator, Mapping
from itertools import pairwise

from schemas.enums import Aggregation, IndicatorKind, Level
from schemas.errors import Mistake
from schemas.formulas import Formula, read_formula, resolved
from schemas.layouts import plain
from schemas.programme_tables import CrosswalkLine, Indicator
from tasks.programme.declared import declared_in, indicator_by_code, unknown
from tasks.programme.lines import Lines, Located
from tasks.programme.spellings import shown
from tasks.programme.tables import Table

_GRAMMAR = "codes with + or - between them, such as a + b - c, or two with /, such as placed / people; spaces beside -"


def check_derived(indicators: Table[Indicator], crosswalk: Table[CrosswalkLine]) -> Iterator[Mistake]:
    """Yield the mistakes of indicators that accumulate or have a formula, and of crosswalk lines of the latter."""
    by_code = indicator_by_code(indicators)
    read = {
        code: read_formula(indicator.formula) for code, indicator in by_code.items() if indicator.formula is not None
    }
    formulas = {code: formula for code, formula in read.items() if formula is not None}
    wrong: set[str] = set()
    for line in indicators:
        found = list(_accumulating(line))
        if line.value.formula is not None:
            found += _of_formula(line, formulas, by_code, indicators)
            wrong |= {line.value.indicator_code} if found else set()
        yield from found
    for line in indicators:
        code = line.value.indicator_code
        if code in formulas and not wrong & {code, *_reached(code, formulas)}:
            yield from _of_parts(line, formulas, by_code)
    for line in crosswalk:
        if line.value.indicator_code in read:
            found = f"indicator {shown(line.value.indicator_code)}, which has a formula in codebook.csv"
            yield Mistake(line.file, line.line, found, "no line for it, as it is computed and not asked, or no formula")


def _accumulating(line: Located[Indicator]) -> Iterator[Mistake]:
    indicator = line.value
    if not indicator.accumulates:
        return
    found = f"accumulates of {indicator.indicator_code}"
    if not indicator.kind.is_numeric or indicator.level is not Level.STRUCTURE:
        what = f"a {indicator.kind}" if not indicator.kind.is_numeric else f"of a {indicator.level}"
        yield Mistake(
            line.file, line.line, f"{found}, {what}", "accumulates for a count or a number of structures only"
        )
    elif indicator.is_cumulative:
        expected = (
            "one of the two: is_cumulative where each value counts from the beginning, accumulates where each counts "
            "its own period"
        )
        yield Mistake(line.file, line.line, f"{found}, which is_cumulative too", expected)
    elif indicator.over_structures is not Aggregation.SUM:
        yield Mistake(
            line.file, line.line, f"{found}, whose over_structures is {indicator.over_structures}",
            "over_structures sum, as the values of all occasions add up",
        )  # fmt: skip


def _of_formula(
    line: Located[Indicator],
    formulas: Mapping[str, Formula],
    by_code: Mapping[str, Indicator],
    indicators: Table[Indicator],
) -> Iterator[Mistake]:
    """Yield the mistakes of one formula, and of the columns that its indicator cannot have."""
    indicator, where = line.value, Lines(line.file, {(): line.line})
    code = indicator.indicator_code
    formula = formulas.get(code)
    if formula is None:
        yield Mistake(line.file, line.line, f"formula = {shown(indicator.formula)}", _GRAMMAR)
        return
    for part in dict.fromkeys(formula.codes):
        yield from unknown(
            where, (), "indicator", part, declared_in(indicators, "indicator_code"), f"of formula of {code}"
        )
    of = f"formula {shown(indicator.formula)} of {code}"
    if circle := _circle(code, formulas):
        yield Mistake(line.file, line.line, f"{of}, which leads back to it ({', '.join(circle)})", "no circle")
        return
    if len(set(formula.codes)) < len(formula.codes):
        yield Mistake(line.file, line.line, f"{of}, with one part twice", "each part once")
    columns = {
        "ceiling": indicator.ceiling is not None,
        "is_cumulative": indicator.is_cumulative,
        "accumulates": indicator.accumulates,
        "over_respondents": indicator.over_respondents is not Aggregation.NONE,
        "is_core": indicator.is_core,
    }
    if named := [name for name, is_filled in columns.items() if is_filled]:
        expected = f"no {', '.join(named)} of a derived indicator: it is not asked, and follows from its parts"
        yield Mistake(line.file, line.line, f"{', '.join(named)} beside {of}", expected)
    if indicator.level is not Level.STRUCTURE:
        yield Mistake(line.file, line.line, f"{of}, of a {indicator.level}", f"level {Level.STRUCTURE}")
    kinds = {by_code[part].kind for part in formula.codes if part in by_code}
    if formula.denominator is not None or IndicatorKind.NUMBER in kinds:
        if indicator.kind is not IndicatorKind.NUMBER:
            yield Mistake(line.file, line.line, f"{of}, a {indicator.kind}", f"kind {IndicatorKind.NUMBER}")
    elif not indicator.kind.is_numeric:
        expected = f"kind {IndicatorKind.COUNT} or {IndicatorKind.NUMBER}"
        yield Mistake(line.file, line.line, f"{of}, a {indicator.kind}", expected)
    for part in (by_code[one] for one in dict.fromkeys(formula.codes) if one in by_code):
        if trouble := _trouble(part, formulas):
            yield Mistake(line.file, line.line, f"{of}: {part.indicator_code} is {trouble[0]}", trouble[1])


def _trouble(part: Indicator, formulas: Mapping[str, Formula]) -> tuple[str, str] | None:
    """Return why an indicator cannot be a part, and what is expected; None if it can."""
    if not part.kind.is_numeric:
        return f"a {part.kind}", "parts whose values are numbers"
    if part.level is not Level.STRUCTURE:
        return f"of a {part.level}", f"parts of level {Level.STRUCTURE}"
    formula = formulas.get(part.indicator_code)
    if formula is not None and formula.denominator is not None:
        return "a ratio", "parts that are asked, or added and subtracted: write one ratio of sums"
    return None


def _circle(code: str, formulas: Mapping[str, Formula]) -> list[str]:
    """Return the way from a derived indicator back to itself; empty if there is none."""
    ways = [[code]]
    seen: set[str] = set()
    while ways:
        way = ways.pop()
        formula = formulas.get(way[-1])
        for part in formula.codes if formula is not None else ():
            if part == code:
                return [*way, part]
            if part not in seen:
                seen.add(part)
                ways.append([*way, part])
    return []


def _reached(code: str, formulas: Mapping[str, Formula]) -> Iterator[str]:
    """Yield the derived indicators that one is derived from. There is no circle, or a mistake was found in it."""
    seen: set[str] = set()
    left = [code]
    while left:
        for part in formulas[left.pop()].codes:
            if part in formulas and part not in seen:
                seen.add(part)
                left.append(part)
                yield part


def _of_parts(
    line: Located[Indicator], formulas: Mapping[str, Formula], by_code: Mapping[str, Indicator]
) -> Iterator[Mistake]:
    """Yield the mistakes of a formula that only show in all of its parts: their units and aggregations."""
    indicator = line.value
    formula = formulas[indicator.indicator_code]
    of = f"formula {shown(indicator.formula)} of {indicator.indicator_code}"
    if any(part not in by_code for part in formula.codes):
        return
    parts = resolved(indicator.indicator_code, formulas, indicator.unit)
    if not any(not part.is_denominator for part in parts) or (
        formula.denominator is not None and not any(part.is_denominator for part in parts)
    ):
        yield Mistake(line.file, line.line, f"{of}, whose parts cancel each other out", "parts that differ")
        return
    if formula.denominator is None:
        units = [(one.indicator_code, one.unit) for one in (*(by_code[code] for code in formula.codes), indicator)]
        declared = [(code, unit) for code, unit in units if unit is not None]
        for (code, unit), (other, other_unit) in pairwise(declared):
            if plain(unit) != plain(other_unit):
                found = f"{of}: {code} in {shown(unit)} and {other} in {shown(other_unit)}"
                yield Mistake(line.file, line.line, found, "one unit: only numbers of one unit add up")
                return
    if indicator.over_structures is Aggregation.SUM:
        for code in dict.fromkeys(part.code for part in parts):
            if by_code[code].over_structures is not Aggregation.SUM:
                found = f"{of}, whose over_structures is sum: that of {code} is {by_code[code].over_structures}"
                expected = "over_structures sum of each part, or mean or none of the derived indicator"
                yield Mistake(line.file, line.line, found, expected)
                return
