"""Classify number formats by what a reader of the sheet sees, where that is not the number in the file."""

import operator
import re
from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation

from tasks.spreadsheets.cells import CellKind

BUILT_IN_PERCENTAGES = (9, 10)
"""The numbers of the percentage formats that files do not define (ECMA-376, part 1, section 18.8.30)."""

_SIGN = re.compile(r'"[^"]*"|\\.|.', re.DOTALL)
_LITERALS = re.compile(r'"([^"]*)"|\\(.)|_.|\*.|\[(?!h+\]|m+\]|s+\])[^\]]*\]', re.IGNORECASE)
_CONDITION = re.compile(r"\[(<=|>=|<>|<|>|=)(-?[0-9]+(?:\.[0-9]+)?)\]")
_ELAPSED = re.compile(r"\[(?:h+|m+|s+)\]", re.IGNORECASE)
_HALF_DAYS = re.compile(r"am/pm|a/p", re.IGNORECASE)
_DATE_LETTERS = frozenset("dmyhsbegjat")  # with the letters that French and German programs write: jj/mm/aaaa, TT.MM
_LOOKS_LIKE_A_DATE = re.compile(r"[dmyhs]", re.IGNORECASE)
_ANY_VALUE = re.compile(r"[0#?@a-z]", re.IGNORECASE)
_THREE_DECIMALS = re.compile(r"\.[0-9]{3}$")
_DIGITS = re.compile(r"[0#? ]+")
_SCALE = re.compile(r"[0#?],+(?![,0#?])")
_DASH = re.compile(r"[\s€$£()]*[-–—][\s€$£()]*")
_WORD = re.compile(r"[^\W\d_]")

_COMPARISONS: dict[str, Callable[[Decimal, Decimal], bool]] = {
    "<=": operator.le,
    ">=": operator.ge,
    "<>": operator.ne,
    "<": operator.lt,
    ">": operator.gt,
    "=": operator.eq,
}


@dataclass(frozen=True, slots=True)
class _Section:
    """What one section of a number format shows; a format has up to three of them, for different numbers.

    Attributes:
        kind: The kind of cell that a reader sees; None where they see the number in the file.
        digits: The number of digits to which a number is filled up with zeros.
        condition: The numbers to which the section applies; None for those that its place decides.
    """

    kind: CellKind | None
    digits: int = 0
    condition: tuple[str, Decimal] | None = None

    def holds(self, value: Decimal) -> bool:
        if self.condition is None:
            return True
        comparison, limit = self.condition
        return _COMPARISONS[comparison](value, limit)


@dataclass(frozen=True, slots=True)
class ShownAs:
    """What a number format shows, where that may not be the number in the file."""

    sections: tuple[_Section, ...]

    def seen(self, number: str) -> tuple[CellKind, str] | None:
        """Return the kind and the text that a reader sees of a number; None where they see it as it is."""
        value = _decimal(number)
        section = None if value is None else self._section_of(value)
        if value is None or section is None or section.kind is None:
            return None
        plain = _plain(value)
        match section.kind:
            case CellKind.TEXT:
                percentage = _plain(value * 100)
                # As text, three decimals could also be three digits after a separator of thousands.
                return CellKind.TEXT, f"{percentage}{'0' if _THREE_DECIMALS.search(percentage) else ''} %"
            case CellKind.PADDED | CellKind.WORDED:
                is_whole = value == value.to_integral_value()
                if section.kind is CellKind.PADDED and not is_whole:
                    return None
                return section.kind, plain.zfill(section.digits) if is_whole else plain
            case _:
                return section.kind, plain

    def _section_of(self, value: Decimal) -> _Section | None:
        if any(section.condition for section in self.sections):
            return next((section for section in self.sections if section.holds(value)), None)
        if value < 0 and len(self.sections) > 1:
            return self.sections[1]
        return self.sections[2 if value == 0 and len(self.sections) > 2 else 0]


PERCENTAGE = ShownAs((_Section(CellKind.TEXT),))
"""A percentage is read as the text that is seen: 45 %, where the file holds 0.45."""


def shown_as(format_code: str) -> ShownAs | None:
    """Return what a number format shows; None where that is always the number or the date in the file."""
    if not format_code:
        return None
    codes = [""]
    for sign in _SIGN.findall(format_code):
        if sign == ";":
            codes.append("")
        else:
            codes[-1] += sign
    # The fourth section is for texts.
    sections = tuple(_section(code, is_for_zero=place == 2) for place, code in enumerate(codes[:3]))
    return ShownAs(sections) if any(section.kind for section in sections) else None


def seen_in_words(shown: str, number: str) -> tuple[CellKind, str] | None:
    """Return kind and text of a number where a program has written beside it what is seen, and that is another value.

    Args:
        shown: What is seen, such as `12 345,5` or `12 h`.
        number: The number in the file.
    """
    value = _decimal(number)
    if value is None:
        return None
    runs = re.findall(r"[0-9](?:[0-9\s.,'’]*[0-9])?", shown)
    if not runs:
        is_zero = value == 0 and _DASH.fullmatch(shown)
        return None if is_zero else (CellKind.DISGUISED, _plain(value))
    if re.search(r"[0-9]\s*(?:[Ee][+-]?|/)\s*[0-9]", shown):  # an exponent or a fraction
        return None
    digits = Decimal(re.sub(r"[^0-9]", "", runs[0]))
    if not any(abs(abs(value).scaleb(places) - digits) <= Decimal("0.5") for places in range(21)):
        return CellKind.DISGUISED, _plain(value)
    return (CellKind.WORDED, _plain(value)) if _WORD.search(shown) else None


def _decimal(number: str) -> Decimal | None:
    try:
        value = Decimal(format(float(number), ".15g"))
    except (InvalidOperation, ValueError, OverflowError):
        return None
    return value if value.is_finite() else None


def _plain(value: Decimal) -> str:
    return format(value.quantize(Decimal(1)) if value == value.to_integral_value() else value.normalize(), "f")


def _section(text: str, *, is_for_zero: bool) -> _Section:
    words = "".join(quoted or escaped for quoted, escaped in _LITERALS.findall(text))
    code = _LITERALS.sub("", text)
    found = _CONDITION.search(text)
    condition = (found[1], Decimal(found[2])) if found else None
    kind, digits = _shown(code, words, is_for_zero=is_for_zero or condition == ("=", Decimal(0)))
    return _Section(kind, digits, condition)


def _shown(code: str, words: str, *, is_for_zero: bool) -> tuple[CellKind | None, int]:
    if "%" in code:
        return CellKind.TEXT, 0
    if not _ANY_VALUE.search(code):
        # Accounting formats show a zero as a dash.
        return (None if is_for_zero and _DASH.fullmatch(code + words) else CellKind.DISGUISED), 0
    if _LOOKS_LIKE_A_DATE.search(code):
        return (None if _is_date(code) else CellKind.NUMBER), 0
    if _SCALE.search(code) or re.search(r"[0-9]", words):
        return CellKind.DISGUISED, 0
    is_whole = _DIGITS.fullmatch(code) is not None
    digits = len(code.replace(" ", "").lstrip("#?")) if is_whole else 0
    if _WORD.search(words):
        return CellKind.WORDED, digits
    return (CellKind.PADDED, digits) if digits > 1 else (None, 0)


def _is_date(code: str) -> bool:
    words = re.findall(r"[^\W\d_]+", _HALF_DAYS.sub("", _ELAPSED.sub("", code)).lower())
    return all(len(set(word)) == 1 and word[0] in _DATE_LETTERS for word in words)
