"""Classify number formats by what a reader of the sheet sees, where that is not the number in the file."""

import re
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation

from tasks.spreadsheets.cells import CellKind

BUILT_IN_PERCENTAGES = (9, 10)
"""The numbers of the percentage formats that files do not define (ECMA-376, part 1, section 18.8.30)."""

_LITERALS = re.compile(r'"[^"]*"|\\.|_.|\*.|\[(?!h+\]|m+\]|s+\])[^\]]*\]', re.IGNORECASE)
_ELAPSED = re.compile(r"\[(?:h+|m+|s+)\]", re.IGNORECASE)
_HALF_DAYS = re.compile(r"am/pm|a/p", re.IGNORECASE)
_DATE_LETTERS = frozenset("dmyhsbegjat")  # with the letters that French and German programs write: jj/mm/aaaa, TT.MM
_LOOKS_LIKE_A_DATE = re.compile(r"[dmyhs]", re.IGNORECASE)
_THREE_DECIMALS = re.compile(r"\.[0-9]{3}$")
_DIGITS = re.compile(r"[0#? ]+")


@dataclass(frozen=True, slots=True)
class ShownAs:
    """What a number format shows.

    Attributes:
        kind: TEXT for a percentage, PADDED, or NUMBER where the reader library takes the format for a date's.
        digits: The number of digits to which a padded number is filled up.
    """

    kind: CellKind
    digits: int = 0

    def text(self, number: str) -> str | None:
        """Return what is seen of a number; None where it is not a number, or seen as it is."""
        try:
            value = Decimal(format(float(number), ".15g"))
        except (InvalidOperation, ValueError, OverflowError):
            return None
        if not value.is_finite():
            return None
        if self.kind is CellKind.TEXT:
            percentage = _plain(value * 100)
            # As text, three decimals could also be three digits after a separator of thousands.
            return f"{percentage}{'0' if _THREE_DECIMALS.search(percentage) else ''} %"
        if self.kind is CellKind.PADDED and value != value.to_integral_value():
            return None
        return _plain(value).zfill(self.digits)


PERCENTAGE = ShownAs(CellKind.TEXT)
"""A percentage is read as the text that is seen: 45 %, where the file holds 0.45."""


def _plain(value: Decimal) -> str:
    return format(value.quantize(Decimal(1)) if value == value.to_integral_value() else value.normalize(), "f")


def shown_as(format_code: str) -> ShownAs | None:
    """Return what a number format shows; None where that is the number or the date in the file."""
    first = re.split(r";(?=(?:[^\"]*\"[^\"]*\")*[^\"]*$)", format_code)[0]
    code = _LITERALS.sub("", first)
    if "%" in code:
        return PERCENTAGE
    if _LOOKS_LIKE_A_DATE.search(code) and not _is_date(code):
        return ShownAs(CellKind.NUMBER)
    if _DIGITS.fullmatch(code) and (digits := len(code.replace(" ", "").lstrip("#?"))) > 1:
        return ShownAs(CellKind.PADDED, digits)
    return None


def _is_date(code: str) -> bool:
    words = re.findall(r"[^\W\d_]+", _HALF_DAYS.sub("", _ELAPSED.sub("", code)).lower())
    return all(len(set(word)) == 1 and word[0] in _DATE_LETTERS for word in words)
