"""Check the lines of the crosswalk that give the shares of values of a question."""

from collections.abc import Iterator

from schemas.enums import Aggregation, IndicatorKind, InstrumentKind, Level
from schemas.errors import Mistake
from schemas.instruments import Instrument
from schemas.programme_tables import CrosswalkLine, Indicator, RecodeLine
from tasks.programme.lines import Lines
from tasks.programme.spellings import nearest, shown
from tasks.programme.tables import Table


def check_share(
    where: Lines,
    instrument: Instrument,
    crossing: CrosswalkLine,
    indicator: Indicator | None,
    crosswalk: Table[CrosswalkLine],
    recodes: Table[RecodeLine],
) -> Iterator[Mistake]:
    """Yield the mistakes of a line with `share_of`, and of another line of the same item with another recode."""
    line = where.of(())
    of_item = [
        other.value
        for other in crosswalk
        if (other.value.instrument_code, other.value.version, other.value.item)
        == (crossing.instrument_code, crossing.version, crossing.item)
    ]
    # Without a share, the item is there twice, which is reported.
    if crossing.recode != of_item[0].recode and any(other.share_of is not None for other in of_item):
        found = f"recode {shown(crossing.recode or '')} of item {shown(crossing.item)}"
        yield Mistake(where.file, line, found, f"{shown(of_item[0].recode or '')}, as on the first line of this item")
    if crossing.share_of is None:
        return
    share = f"share_of {shown(crossing.share_of)}"
    if instrument.kind is not InstrumentKind.LIMESURVEY or not instrument.respondents.several:
        found = f"{share} of {instrument.code}, which one respondent answers"
        yield Mistake(where.file, line, found, "a survey with several: true under respondents, or no share_of")
    if indicator is not None and (trouble := _trouble(indicator)) is not None:
        found, expected = trouble
        yield Mistake(
            where.file, line, f"{share} as {indicator.indicator_code}, {found}", f"{expected} in codebook.csv"
        )
    given = sorted({x.value.value for x in recodes if x.value.recode == crossing.recode and x.value.value})
    if crossing.recode is None:
        yield Mistake(where.file, line, f"{share} and no recode", "a recode that gives this value")
    elif recodes.is_complete and given and crossing.share_of not in given:
        found = f"{share}, which the recode {crossing.recode} never gives"
        yield Mistake(
            where.file, line, found, f"one of its values ({', '.join(given)})", nearest(crossing.share_of, given)
        )


def _trouble(indicator: Indicator) -> tuple[str, str] | None:
    """Return why an indicator cannot hold a share, and what is expected; None if it can."""
    if indicator.level is not Level.STRUCTURE:
        return f"of a {indicator.level}", f"an indicator of level {Level.STRUCTURE}, as a share is of all respondents,"
    if indicator.kind is not IndicatorKind.NUMBER or indicator.over_respondents is not Aggregation.MEAN:
        return f"a {indicator.kind}", "an indicator of kind number with over_respondents mean"
    if indicator.over_structures is Aggregation.SUM:
        return "whose over_structures is sum", "over_structures mean or none, as shares do not add up,"
    lowest = 0 if indicator.minimum is None else indicator.minimum
    highest = 1 if indicator.maximum is None else indicator.maximum
    if lowest > 0 or highest < 1:
        return "whose limits leave out some shares", "no limits, or limits that include 0 and 1,"
    return None
