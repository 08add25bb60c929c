"""Check the results that innovations declare, and the published figures of published.csv."""

from collections.abc import Iterator, Sequence

from schemas.enums import Aggregation
from schemas.errors import Mistake
from schemas.programme import Settings
from schemas.programme_tables import Indicator, PublishedFigure
from tasks.programme.lines import Lines, Located
from tasks.programme.references import repeated, unknown

TOTAL = "TOTAL"
"""The innovation_code of a published figure over all innovations."""
_OWN_COLUMNS: tuple[str, ...] = ("innovation_code", "structures", "rank")
"""The columns of `consolidated_table` beside those of the published indicators."""


def check_figures(
    settings: Settings,
    lines: Lines,
    indicators: Sequence[Located[Indicator]],
    published: Sequence[Located[PublishedFigure]],
) -> list[Mistake]:
    """Check the declared results and the published figures against the innovations and the codebook."""
    by_code = {line.value.indicator_code: line.value for line in indicators}
    return [
        *_in_results(settings, lines, by_code),
        *_in_columns(indicators),
        *_in_published(settings, by_code, published),
    ]


def _in_results(settings: Settings, lines: Lines, by_code: dict[str, Indicator]) -> Iterator[Mistake]:
    for i, innovation in enumerate(settings.innovations):
        result, path = innovation.result, ("innovations", i, "result")
        if result is None:
            continue
        yield from unknown(lines, (*path, "indicator"), "indicator", result.indicator, by_code)
        indicator = by_code.get(result.indicator)
        if indicator is None:
            continue
        if result.above is not None and not indicator.kind.is_numeric:
            found = f"above: {result.above:g} of {result.indicator}, a {indicator.kind}"
            yield Mistake(lines.file, lines.of((*path, "above")), found, "value: one of its allowed values")
        if result.value is not None and indicator.choices:
            yield from unknown(lines, (*path, "value"), f"value of {result.indicator}", result.value, indicator.choices)
        elif result.value is not None:
            found = f"value: {result.value} of {result.indicator}, a {indicator.kind}"
            yield Mistake(lines.file, lines.of((*path, "value")), found, "above: a number, or a choice")


def _in_columns(indicators: Sequence[Located[Indicator]]) -> Iterator[Mistake]:
    """Yield the published indicators whose codes cannot be columns of one table, where case does not count."""
    taken: dict[str, str] = dict.fromkeys(_OWN_COLUMNS, "a column of consolidated_table")
    for line in indicators:
        code = line.value.indicator_code
        if line.value.publication_rank is None:
            continue
        if is_taken_by := taken.get(code.casefold()):
            expected = f"another code for a published indicator: {is_taken_by} has this name"
            yield Mistake(line.file, line.line, f"indicator_code {code!r}", expected)
        taken[code.casefold()] = f"another published indicator, {code},"


def _in_published(
    settings: Settings, by_code: dict[str, Indicator], published: Sequence[Located[PublishedFigure]]
) -> Iterator[Mistake]:
    innovations = [*(innovation.code for innovation in settings.innovations), TOTAL]
    summable = {
        code: indicator
        for code, indicator in by_code.items()
        if indicator.over_structures is not Aggregation.NONE and indicator.publication_rank is not None
    }
    yield from repeated(published, "the same published_code", lambda x: (x.published_code,))
    for line in published:
        where, figure = Lines(line.file, {(): line.line}), line.value
        yield from unknown(where, (), "innovation", figure.innovation_code, innovations)
        if figure.indicator_code is not None:
            yield from unknown(where, (), "published indicator", figure.indicator_code, summable)
        indicator = by_code.get(figure.indicator_code or "")
        if figure.is_percentage and "%" not in ((indicator.unit if indicator else "") or ""):
            expected = "a number that is not a percentage, or an indicator with % as its unit"
            yield Mistake(line.file, line.line, f"printed = {figure.printed!r}", expected)
