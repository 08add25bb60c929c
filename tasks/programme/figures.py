"""Check the results that innovations declare, and the published figures of published.csv."""

from collections.abc import Iterator
from dataclasses import replace

from schemas.enums import Aggregation, IndicatorKind, Level, Measure
from schemas.errors import Mistake
from schemas.programme import Settings
from schemas.programme_tables import Indicator, PublishedFigure
from tasks.programme.declared import declared_in, declared_once, indicator_by_code, repeated, unknown
from tasks.programme.lines import Lines
from tasks.programme.spellings import shown
from tasks.programme.tables import Table

TOTAL = "TOTAL"
"""The innovation_code of a published figure over all innovations."""
_OWN_COLUMNS: tuple[str, ...] = ("innovation_code", "structures", "rank")
"""The columns of `consolidated_table` beside those of the published indicators."""
THOUSANDS = {"fr": "a space or nothing", "en": "a comma or nothing"}
"""What a number of each locale has between thousands."""


def check_figures(
    settings: Settings,
    lines: Lines,
    indicators: Table[Indicator],
    published: Table[PublishedFigure],
) -> list[Mistake]:
    """Check the declared results and the published figures against the innovations and the codebook."""
    return [
        *_in_results(settings, lines, indicators),
        *_in_columns(indicators),
        *_in_published(settings, indicators, published),
    ]


def _in_results(settings: Settings, lines: Lines, indicators: Table[Indicator]) -> Iterator[Mistake]:
    by_code, declared = indicator_by_code(indicators), declared_in(indicators, "indicator_code")
    for i, innovation in enumerate(settings.innovations):
        result, path = innovation.result, ("innovations", i, "result")
        if result is None:
            continue
        yield from unknown(lines, (*path, "indicator"), "indicator", result.indicator, declared)
        indicator = by_code.get(result.indicator)
        if indicator is None:
            continue
        if indicator.formula is not None:
            found = f"result of {result.indicator}, which has a formula in codebook.csv"
            yield Mistake(lines.file, lines.of((*path, "indicator")), found, "an indicator that is asked")
        elif indicator.level is not Level.STRUCTURE:
            found = f"result of {result.indicator}, of a {indicator.level}"
            yield Mistake(lines.file, lines.of((*path, "indicator")), found, f"an indicator of level {Level.STRUCTURE}")
        if result.above is not None and not indicator.kind.is_numeric:
            found = f"above: {result.above:g} of {result.indicator}, a {indicator.kind}"
            yield Mistake(lines.file, lines.of((*path, "above")), found, "value: one of its allowed values")
        if result.value is not None and indicator.choices:
            yield from unknown(
                lines, (*path, "value"), "value", result.value, indicator.choices, f"of {result.indicator}"
            )
        elif result.value is not None:
            found = f"value: {result.value} of {result.indicator}, a {indicator.kind}"
            yield Mistake(lines.file, lines.of((*path, "value")), found, "above: a number, or a choice")


def _in_columns(indicators: Table[Indicator]) -> Iterator[Mistake]:
    """Yield the published indicators whose codes cannot be columns of one table, where case does not count."""
    taken: dict[str, str] = dict.fromkeys(_OWN_COLUMNS, "a column of consolidated_table")
    for line in indicators:
        code = line.value.indicator_code
        if line.value.publication_rank is None:
            continue
        if line.value.level is not Level.STRUCTURE:
            found = f"publication_rank of {code}, of a {line.value.level}"
            expected = (
                "none: the table that is published adds up structures, and participant_results has the counts of "
                "participants"
            )
            yield Mistake(line.file, line.line, found, expected)
        if is_taken_by := taken.get(code.casefold()):
            expected = f"another code for a published indicator: {is_taken_by} has this name"
            yield Mistake(line.file, line.line, f"indicator_code {shown(code)}", expected)
        taken[code.casefold()] = f"another published indicator, {code},"


def _in_published(
    settings: Settings, indicators: Table[Indicator], published: Table[PublishedFigure]
) -> Iterator[Mistake]:
    by_code, declared = indicator_by_code(indicators), declared_in(indicators, "indicator_code")
    innovations = declared_once([*(innovation.code for innovation in settings.innovations), TOTAL])
    # The innovation of a misspelt declaration is reported where it is used in programme.yaml.
    used = frozenset(cohort.innovation for cohort in settings.cohorts)
    innovations = replace(innovations, doubtful=used - {*innovations.codes})
    publishable = [
        code
        for code, indicator in by_code.items()
        if indicator.over_structures is not Aggregation.NONE and indicator.publication_rank is not None
    ]
    yield from repeated(published, "the same published_code", lambda x: (x.published_code,))
    for line in published:
        where, figure = Lines(line.file, {(): line.line}), line.value
        indicator = by_code.get(figure.indicator_code or "")
        yield from unknown(where, (), "innovation", figure.innovation_code, innovations)
        if figure.indicator_code is not None and indicator is None:
            yield from unknown(where, (), "indicator", figure.indicator_code, declared)
        elif indicator is not None and indicator.indicator_code not in publishable:
            lacking = "publication_rank" if indicator.publication_rank is None else "sum or mean as its over_structures"
            found = f"published indicator {shown(indicator.indicator_code)}, without {lacking} in codebook.csv"
            yield Mistake(line.file, line.line, found, f"one that is published ({', '.join(publishable)})")
        if figure.is_percentage and "%" not in ((indicator.unit if indicator else "") or ""):
            expected = "a number that is not a percentage, or an indicator with % as its unit"
            yield Mistake(line.file, line.line, f"printed = {shown(figure.printed)}", expected)
        elif _counts(figure, indicator) and figure.is_fraction_or_thousands:
            # 1,234 is a fraction in French, and a count in an English report.
            what = f"{figure.indicator_code}, a count" if figure.indicator_code else f"the measure {figure.measure}"
            expected = f"a whole number of {what}, with {THOUSANDS[settings.locale]} between thousands"
            yield Mistake(line.file, line.line, f"printed = {shown(figure.printed)}", expected)


def _counts(figure: PublishedFigure, indicator: Indicator | None) -> bool:
    """Return whether a figure counts."""
    if indicator is None:
        return figure.measure in (Measure.STRUCTURES, Measure.LEFT)
    is_sum = indicator.kind is IndicatorKind.COUNT and indicator.over_structures is Aggregation.SUM
    return is_sum and figure.measure is Measure.VALUE
