"""Classify number formats by what a reader of the sheet sees, where that is not the number in the file."""

import operator
import re
import unicodedata
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal, InvalidOperation

from tasks.spreadsheets.beside import SIGNS, says_more, says_more_of_a_day
from tasks.spreadsheets.cells import CellKind
from tasks.spreadsheets.format_parts import CONDITION, ELAPSED, WHITE, Part, is_for_texts, sections_of

BUILT_IN_FORMATS = {
    9: "0%",
    10: "0.00%",
    16: "d-mmm",
    17: "mmm-yy",
    18: "h:mm AM/PM",
    19: "h:mm:ss AM/PM",
    20: "h:mm",
    21: "h:mm:ss",
    45: "mm:ss",
    47: "mmss.0",
}
"""The percentages, times and parts of days that files do not define, by their numbers (ECMA-376, part 1, 18.8.30)."""

_HALF_DAYS = re.compile(r"am/pm|a/p", re.IGNORECASE)
_PART_OF_A_SECOND = re.compile(r"(s|\])[.,]0+", re.IGNORECASE)
_DATE_LETTERS = frozenset("dmyhsbegjat")  # with the letters that French and German programs write: jj/mm/aaaa, TT.MM
_LOOKS_LIKE_A_DATE = re.compile(r"[dmyhs]", re.IGNORECASE)
_ANY_VALUE = re.compile(r"[0#?@a-z]", re.IGNORECASE)
_PLACEHOLDER = re.compile(r"[0#?@]|general|standard", re.IGNORECASE)
_THREE_DECIMALS = re.compile(r"\.[0-9]{3}$")
_DIGITS = re.compile(r"[0#? ]+")
_SCALE = re.compile(r"[0#?],+(?![,0#?])")
_DASH = re.compile(r"[\s€$£()#?]*[-–—][\s€$£()#?]*")
_NO_WORDS = re.compile(r"E[+-]|general|standard|[\W\d_]", re.IGNORECASE)
_SEPARATORS = re.compile(r"[\s'’]*")
_HUGE = Decimal(10) ** 15
_MONTH_IN_LETTERS, _DAY_IN_LETTERS = 3, 3
"""The number of letters from which a format shows the name of a month, or of a day of the week."""

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
        unit: The words or the sign beside the number.
        times: The factor between the number in the file and the one that is seen.
        is_date: Whether it shows a day or a time.
        has_minus: Whether it shows a minus or parentheses of its own.
        nothing_below: The number below which its digits disappear.
        wrong_from: The number from which on a time is seen without its days or hours.
    """

    kind: CellKind | None
    digits: int = 0
    condition: tuple[str, Decimal] | None = None
    unit: str = ""
    times: int = 1
    is_date: bool = False
    has_minus: bool = False
    nothing_below: Decimal | None = None
    wrong_from: Decimal | None = None

    @property
    def depends_on_number(self) -> bool:
        return self.kind is not None or self.nothing_below is not None or self.wrong_from is not None


@dataclass(frozen=True, slots=True)
class ShownAs:
    """What a number format shows, where that may not be the number in the file."""

    sections: tuple[_Section, ...]

    def seen(self, number: str) -> tuple[CellKind, str | None] | None:
        """Return the kind and the text that a reader sees of a number; None where they see it as it is.

        The text is None where it is the one that the reader library reports.
        """
        value = decimal(number)
        if value is None:
            return None
        section = self._section_of(value)
        if section is None or self._is_disguised(section, value):
            return CellKind.DISGUISED, plain(value)
        match section.kind:
            case None:
                return None
            case CellKind.PART_OF_DAY:
                return CellKind.PART_OF_DAY, None
            case CellKind.TEXT:
                shown = plain(value * section.times)
                # As text, three decimals could also be three digits after a separator of thousands.
                return CellKind.TEXT, f"{shown}{'0' if _THREE_DECIMALS.search(shown) else ''} {section.unit}"
            case CellKind.PADDED | CellKind.WORDED:
                is_whole = value == value.to_integral_value()
                if section.kind is CellKind.PADDED and not is_whole:
                    return None
                digits = plain(value).zfill(section.digits) if is_whole else plain(value)
                return section.kind, f"{digits} {section.unit}".strip()
            case _:
                return section.kind, plain(value)

    @property
    def is_always_the_number(self) -> bool:
        """Whether every number is seen as it is in the file."""
        if any(section.depends_on_number or section.condition for section in self.sections):
            return False
        return self.sections[0].is_date or not any(
            section.has_minus != (place == 1) for place, section in enumerate(self.sections[:2])
        )

    def _is_disguised(self, section: _Section, value: Decimal) -> bool:
        if section.kind is CellKind.DISGUISED:
            return True
        if section.is_date:
            return section.wrong_from is not None and not 0 <= value < section.wrong_from
        if section.nothing_below is not None and abs(value) < section.nothing_below:
            return True
        # A section of its own shows a negative number without its sign: the sign that is seen is the section's.
        return value != 0 and section.has_minus != (value < 0 and self._is_for_negative_numbers(section))

    def _is_for_negative_numbers(self, section: _Section) -> bool:
        return not any(
            self._section_of(number) is section for number in (1 / _HUGE, Decimal(1), _HUGE, *self._limits())
        )

    def _limits(self) -> Iterator[Decimal]:
        for section in self.sections:
            if section.condition is not None:
                yield from (limit for limit in (section.condition[1] + step for step in (-1, 0, 1)) if limit > 0)

    def _section_of(self, value: Decimal) -> _Section | None:
        if not any(section.condition for section in self.sections):
            if value < 0 and len(self.sections) > 1:
                return self.sections[1]
            return self.sections[2 if value == 0 and len(self.sections) > 2 else 0]
        for place, section in enumerate(self.sections):
            comparison, limit = section.condition or (None, Decimal(0))
            if comparison is None and place < len(self.sections) - 1:
                comparison = "<" if place else ">"  # what the place of a section without a condition means
            if comparison is None or _COMPARISONS[comparison](value, limit):
                return section
        return None


PERCENTAGE = ShownAs((_Section(CellKind.TEXT, unit="%", times=100),))
"""A percentage is read as the text that is seen: 45 %, where the file holds 0.45."""


def shown_as(format_code: str) -> ShownAs | None:
    """Return what a number format shows; None where that is always the number or the date in the file."""
    if not format_code:
        return None
    # The fourth section is for texts, and so is a last one with their sign.
    of_numbers = sections_of(format_code)[:3]
    if len(of_numbers) > 1 and is_for_texts(of_numbers[-1]):
        of_numbers = of_numbers[:-1]
    sections = [_section(one, is_for_zero=place == 2) for place, one in enumerate(of_numbers)]
    # The reader library decides by the first section whether a number is a day.
    sections = [
        one if one.is_date == sections[0].is_date else replace(one, kind=CellKind.DISGUISED) for one in sections
    ]
    shown = ShownAs(tuple(sections))
    return None if shown.is_always_the_number else shown


def plain(value: Decimal) -> str:
    """Return the digits of a number, without an exponent and zeros after its decimals."""
    return format(value.quantize(Decimal(1)) if value == value.to_integral_value() else value.normalize(), "f")


def plain_unit(text: str) -> str:
    """Return the words and the signs of currencies beside a number, without signs and parentheses."""
    return " ".join(re.sub(rf"[{SIGNS}+()]", " ", text).split())


def is_unit(text: str) -> bool:
    """Return whether a text beside a number has words, or the sign of a currency."""
    return any(sign.isalpha() or unicodedata.category(sign) == "Sc" for sign in text)


def decimal(number: str) -> Decimal | None:
    """Return the number of a cell, to the 15 digits that spreadsheet programs show; None where it is none."""
    try:
        value = Decimal(format(float(number), ".15g"))
    except (InvalidOperation, ValueError, OverflowError):
        return None
    return value if value.is_finite() else None


def _section(parts: Sequence[Part], *, is_for_zero: bool) -> _Section:
    found = next((match for part in parts if part.is_code and (match := CONDITION.fullmatch(part.text))), None)
    condition = (found[1], Decimal(found[2])) if found else None
    shown_parts = [p for p in parts if p != WHITE and not (p.is_code and CONDITION.fullmatch(p.text))]
    shown = _shown(shown_parts, is_for_zero=is_for_zero or condition == ("=", Decimal(0)))
    return replace(shown, condition=condition, kind=CellKind.DISGUISED if WHITE in parts else shown.kind)


def _shown(parts: Sequence[Part], *, is_for_zero: bool) -> _Section:
    # A text that is shown as it is separates what stands before it and after it.
    code = "".join(part.text if part.is_code else " " for part in parts)
    literals = "".join(part.text if not part.is_code else " " for part in parts)
    whole = "".join(part.text for part in parts)
    if is_for_zero and _DASH.fullmatch(whole):
        return _Section(None)  # accounting formats show a zero as a dash
    if not _ANY_VALUE.search(code):
        return _Section(CellKind.DISGUISED)
    has_digits = re.search(r"[0-9]", literals) is not None or _has_digits_of_its_own(code)
    if _is_date(code):
        is_disguised = has_digits or says_more_of_a_day(literals, whole)
        kind = CellKind.DISGUISED if is_disguised else _kind_of_day(code)
        return _Section(kind, is_date=True, wrong_from=_wrong_from(code))
    if _SCALE.search(code) or has_digits or _is_interrupted(parts) or code.count("%") > 1:
        return _Section(CellKind.DISGUISED)
    if not _PLACEHOLDER.search(code) or says_more(*_beside(parts)):
        return _Section(CellKind.DISGUISED)
    section = _Section(None, has_minus=_has_minus(whole), nothing_below=_nothing_below(code))
    for sign in "%‰":
        if sign in whole:
            return replace(section, kind=CellKind.TEXT, unit=sign, times=100 if sign == "%" and sign in code else 1)
    digits = len(code.replace(" ", "").lstrip("#?")) if _DIGITS.fullmatch(code) else 0
    is_worded = re.search(r"[0#?@]", code) is not None
    words = (_NO_WORDS.sub(" ", part.text) if part.is_code and is_worded else part.text for part in parts)
    unit = plain_unit("".join(words) if is_worded else literals)
    if is_unit(unit):
        return replace(section, kind=CellKind.WORDED, digits=digits, unit=unit)
    if digits > 1:
        return replace(section, kind=CellKind.PADDED, digits=digits)
    # The reader library takes some of the other words for days: Standard.
    return replace(section, kind=CellKind.NUMBER if _LOOKS_LIKE_A_DATE.search(code) else None)


def _beside(parts: Sequence[Part]) -> tuple[str, str]:
    """Return what stands before the first digit of a number and after its last one."""
    digit = "\0"
    seen = "".join(digit if part.is_code and part.text in "0#?@" else part.text for part in parts)
    if digit not in seen:
        seen = _PLACEHOLDER.sub(digit, seen, count=1)
    return seen.partition(digit)[0], seen.rpartition(digit)[2]


def _has_digits_of_its_own(code: str) -> bool:
    return re.search(r"[1-9]", code) is not None and not re.search(r"[0#?]\s*/", code)


def _is_interrupted(parts: Sequence[Part]) -> bool:
    """Return whether a text stands among the digits: 12 is seen as 1,2 or 1-2."""
    digits = [place for place, part in enumerate(parts) if part.is_code and part.text in "0#?"]
    if not digits:
        return False
    among = parts[digits[0] : digits[-1]]
    return not all(part.is_code or _SEPARATORS.fullmatch(part.text) for part in among)


def _has_minus(whole: str) -> bool:
    before, *_, after = _PLACEHOLDER.split(whole) if _PLACEHOLDER.search(whole) else (whole, "")
    before, after = before.strip(), after.strip()
    return (
        before.startswith((*SIGNS, "("))
        or before.endswith((*SIGNS, "("))
        or after.startswith((*SIGNS, ")"))
        or (after.endswith(tuple(SIGNS)))
    )


def _nothing_below(code: str) -> Decimal | None:
    """Return the number below which a format without zeros shows no digit; None of other formats."""
    if "0" in code or "/" in code or not re.search(r"[#?]", code):
        return None
    decimals = re.sub(r"[^#?]", "", code.partition(".")[2])
    return Decimal(5).scaleb(-1 - len(decimals) - (2 if "%" in code else 0))


def _without_parts_of_seconds(code: str) -> str:
    return _HALF_DAYS.sub(" ", _PART_OF_A_SECOND.sub(r"\1", code))


def _is_date(code: str) -> bool:
    rest = _without_parts_of_seconds(code)
    if re.search(r"[0#?@]", rest) or not _LOOKS_LIKE_A_DATE.search(rest):
        return False
    return all(letter in _DATE_LETTERS for letter in ELAPSED.sub(" ", rest).lower() if letter.isalpha())


def _kind_of_day(code: str) -> CellKind | None:
    """Return the kind of a day by its format: None where it shows the day, its month and its year, or only a time."""
    letters = ELAPSED.sub(lambda elapsed: elapsed[0][1:-1], _without_parts_of_seconds(code)).lower()
    runs = [found[0] for found in re.finditer(r"([a-z])\1*", letters)]
    german = any(run.startswith("t") for run in runs)
    shown: set[str] = set()
    for place, run in enumerate(runs):
        before, after = runs[place - 1 : place] or [""], runs[place + 1 : place + 2] or [""]
        match run[0]:
            case "h" | "s":
                continue
            case "b":
                return CellKind.DISGUISED  # the year of another calendar
            case "m" if len(run) < _MONTH_IN_LETTERS and (before[0].startswith("h") or after[0].startswith("s")):
                continue
            case "m":
                shown.add("month")
            case "d" | "t":
                shown.add("day" if len(run) < _DAY_IN_LETTERS else "weekday")
            case "j":
                shown.add("year" if german else "day")
            case _:
                shown.add("year")
    return CellKind.PART_OF_DAY if shown and not shown >= {"day", "month", "year"} else None


def _wrong_from(code: str) -> Decimal | None:
    """Return the time from which on a format of times leaves out days or hours; None of other formats."""
    rest = _without_parts_of_seconds(code).lower()
    letters = {letter for letter in rest if letter.isalpha()}
    if ELAPSED.search(rest) or not letters <= set("hms") or letters == {"m"}:
        return None
    if "h" in letters:
        return Decimal(1)
    return Decimal(1) / (24 if "m" in letters else 1440)
