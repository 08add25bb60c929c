"""Check the factors of the crosswalk, which convert answers to the unit of their indicator."""

from collections.abc import Iterator

from schemas.enums import IndicatorKind, Level
from schemas.errors import Mistake
from schemas.layouts import plain
from schemas.programme import Programme
from schemas.programme_tables import CrosswalkLine, Indicator
from tasks.programme.lines import Lines
from tasks.programme.spellings import shown


def check_factor(where: Lines, crossing: CrosswalkLine, indicator: Indicator | None) -> Iterator[Mistake]:
    """Yield a mistake for a factor that its indicator cannot have, or that is beside `share_of`."""
    if crossing.factor is None:
        return
    line, factor = where.of(()), f"factor {crossing.factor:.10g}"
    if crossing.share_of is not None:
        yield Mistake(where.file, line, f"{factor} beside share_of", "one of the two: a share is no converted number")
    if indicator is None:
        return
    code = indicator.indicator_code
    if not indicator.kind.is_numeric:
        found = f"{factor} of {code}, a {indicator.kind}"
        yield Mistake(where.file, line, found, "no factor, or an indicator whose values are numbers")
    elif indicator.level is not Level.STRUCTURE:
        found = f"{factor} of {code}, of a {indicator.level}"
        yield Mistake(where.file, line, found, f"no factor, or an indicator of level {Level.STRUCTURE}")
    elif indicator.kind is IndicatorKind.COUNT and not crossing.factor.is_integer():
        found = f"{factor} of {code}, a {indicator.kind}"
        expected = f"a whole factor, as the values of a {indicator.kind} are whole, or kind number in codebook.csv"
        yield Mistake(where.file, line, found, expected)


def doubtful_units(programme: Programme) -> Iterator[str]:
    """Yield a sentence for each workbook item whose unit and factor do not go together.

    Where a break is declared, the values in one unit are kept apart from those in the other.
    """
    broken = {(line.instrument_code, line.indicator_code) for line in programme.crosswalk if line.break_reason}
    for line in programme.crosswalk:
        version = next(
            one for one in programme.instrument_by_code[line.instrument_code].versions if one.version == line.version
        )
        field = next((f for s in version.sheets for f in s.fields if s.item_of(f) == line.item), None)
        indicator = programme.indicator_by_code[line.indicator_code]
        if field is None or not indicator.kind.is_numeric or indicator.unit is None:
            continue
        item = f"{line.item} of {line.instrument_code} version {line.version}"
        if line.factor is not None and line.factor != 1 and field.unit is None:
            yield (
                f"programme.yaml: check {item}: its answers are multiplied by {line.factor:.10g}, and it has no unit. "
                "Structures are not shown in which unit to answer."
            )
        elif (
            line.factor is None
            and field.unit is not None
            and plain(field.unit) != plain(indicator.unit)
            and (line.instrument_code, line.indicator_code) not in broken
        ):
            yield (
                f"crosswalk.csv: check {item}: it is asked in {shown(field.unit)}, and {line.indicator_code} is in "
                f"{shown(indicator.unit)}. Write the factor that converts it; 1 if both are the same unit."
            )
