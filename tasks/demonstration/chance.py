"""Choose reproducible values from checksums for everything that no published figure determines."""

import hashlib

from schemas.enums import IndicatorKind
from schemas.programme import Programme
from schemas.programme_tables import CrosswalkLine


def chance(*parts: str) -> float:
    """Return a number in [0, 1) that depends only on the given texts."""
    digest = hashlib.sha256("\0".join(parts).encode()).digest()
    return int.from_bytes(digest[:8], "big") / 2**64


def chosen(programme: Programme, who: str, months: int, line: CrosswalkLine) -> str | None:
    """Choose an answer to an item; choices advance as months pass.

    Args:
        programme: The programme.
        who: The enrolment or the person that answers.
        months: The months since the training.
        line: The crosswalk line of the item.

    Returns:
        The answer in the words of the instrument; None if the indicator is neither numeric nor a choice.
    """
    indicator = programme.indicator_by_code[line.indicator_code]
    place = chance(who, line.indicator_code)
    if indicator.kind.is_numeric:
        lowest = 0 if indicator.minimum is None else int(indicator.minimum)
        highest = lowest + 5 if indicator.maximum is None else min(int(indicator.maximum), lowest + 5)
        return str(lowest + int(place * (highest - lowest + 1)))
    if indicator.kind is not IndicatorKind.CHOICE:
        return None
    answers = {choice: choice for choice in indicator.choices}
    if line.recode is not None:
        answers = {x.value: x.source_value for x in programme.recode_of(line.recode).values()}
    # The choices are listed from the most to the least advanced; a recode may cover only some of them.
    steps = [answers[choice] for choice in reversed(indicator.choices) if choice in answers]
    return steps[int(place * len(steps) * months / (months + 6))]
