"""What no published figure decides: chosen by checksums, the same each time."""

import hashlib

from schemas.enums import IndicatorKind
from schemas.programme import CrosswalkLine, Programme


def chance(*parts: str) -> float:
    """A number from 0 to 1 (excluded) that depends on nothing but the texts given."""
    digest = hashlib.sha256("\0".join(parts).encode()).digest()
    return int.from_bytes(digest[:8], "big") / 2**64


def chosen(programme: Programme, who: str, months: int, line: CrosswalkLine) -> str | None:
    """An answer of an enrolment, or of a person, to an item: further on as the months pass."""
    indicator = programme.indicator_by_code[line.indicator_code]
    place = chance(who, line.indicator_code)
    if indicator.kind.is_numeric:
        lowest = 0 if indicator.minimum is None else int(indicator.minimum)
        highest = lowest + 5 if indicator.maximum is None else min(int(indicator.maximum), lowest + 5)
        return str(lowest + int(place * (highest - lowest + 1)))
    if indicator.kind is not IndicatorKind.CHOICE:
        return None
    said = {choice: choice for choice in indicator.choices}
    if line.recode is not None:
        said = {x.value: x.source_value for x in programme.recode_of(line.recode).values()}
    # The allowed values go from the most to the least advanced; a recode need not say all of them.
    steps = [said[choice] for choice in reversed(indicator.choices) if choice in said]
    return steps[int(place * len(steps) * months / (months + 6))]
