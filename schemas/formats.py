"""The notation of numbers, days, choices and reasons: one reader for surveys, workbooks and the folder's tables.

A text with two possible readings is not read: a careful person would ask.
"""

import re
import unicodedata
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal

from schemas.enums import DecimalSign, IndicatorKind, Misreading
from schemas.layouts import DAY_FORMATS, plain

REASONS = ("nc", "ne")
"""What a structure writes instead of a number: `nc` (not communicated), `ne` (not evaluated)."""

MISSING_WORDS: dict[str, tuple[str, ...]] = {
    "nc": (
        "nc", "n.c.", "n.c", "n/c", "n. c.",
        "non communiqué", "non communiquée", "non communiqués", "non communiquées", "not communicated",
        "non renseigné", "non renseignée", "non renseignés", "non renseignées",
        "non connu", "non connue", "non connus", "non connues", "inconnu", "inconnue", "inconnus", "inconnues",
        "ne sait pas", "ne sais pas", "je ne sais pas", "nsp", "n.s.p.",
        "not known", "unknown", "not available", "don't know", "do not know",
    ),
    "ne": (
        "ne", "n.e.", "n.e", "n/e", "n. e.",
        "non évalué", "non évaluée", "non évalués", "non évaluées", "not evaluated", "not assessed",
        "na", "n.a.", "n.a", "n/a", "n. a.",
        "non applicable", "non applicables", "sans objet", "s.o.", "s/o", "not applicable",
    ),
}  # fmt: skip
"""Every accepted spelling of a reason: what is not known is `nc`, what does not apply is `ne`, like what was not
evaluated. Case, accents and repeated spaces do not count."""

_WIDE_SPACES = "".join(map(chr, (0xA0, *range(0x2000, 0x200B), 0x202F, 0x205F, 0x3000)))
"""The spaces beside that of the keyboard: no-break, of any width, and that of East Asian programs."""
THOUSANDS = f"[ {_WIDE_SPACES}'\u2019]"
"""The signs between groups of three digits: spaces of any width, and the apostrophes that Swiss programs write."""
_DIGITS = rf"[+-]?(?:[0-9]+|[0-9]{{1,3}}(?:{THOUSANDS}[0-9]{{3}})+)"
NUMBER = re.compile(rf"{_DIGITS}(?:[.,][0-9]+)?")
WHOLE = re.compile(rf"{_DIGITS}(?:[.,]0+)?")
PLAIN_DIGITS = re.compile("-?(?:0|[1-9][0-9]{0,14})")
"""A whole number that has one reading, as it is."""
PLAIN_NUMBER = re.compile(r"-?(?:0|[1-9][0-9]{0,14})(?:\.[0-9]{1,10})?")
"""A number as a database writes it, with a decimal point: `1.234` is one and a fraction."""
_TIME = "(?:[01][0-9]|2[0-3]):[0-5][0-9](?::[0-5][0-9])?"
DAY = re.compile(rf"[0-9]{{4}}-[0-9]{{2}}-[0-9]{{2}}(?:[T ]{_TIME})?")

FIRST_DAY, LAST_DAY = date(1900, 3, 1), date(2099, 12, 31)
"""The first and the last day that is plausible: a cell that holds 12 and is shown as a date shows a day of 1900."""

_INVISIBLE = re.compile("[\u00ad\u061c\u200b\u200e\u200f\u202a-\u202d\u2060\u2066-\u2069\ufeff]")
"""Soft hyphens, spaces without width and marks of direction, which nobody sees and texts from web pages contain.

U+202E is not one of them: it shows the signs after it in reverse.
"""
_REVERSE, _LOST = "\u202e", "\ufffd\0"
_CONTINUATION = "\u0080-\u00bf" + "".join(
    bytes([byte]).decode("windows-1252") for byte in range(0x80, 0xA0) if byte not in (0x81, 0x8D, 0x8F, 0x90, 0x9D)
)
_TWICE = f"[ÂÃÄÅ][{_CONTINUATION}]|â[€‚„][{_CONTINUATION}]|[a-zà-ÿ]Ã(?:[^{_CONTINUATION}]|$)"
"""UTF-8 that was read as Windows-1252. The second sign of à and í is invisible or a space, and may be gone."""
FLAWED = re.compile(f"[{_REVERSE}{_LOST}]|{_TWICE}")
"""What makes a text another one than was typed."""
_SPACES = f" \t\r\n{_WIDE_SPACES}"
_NUL = "\0"
_MINUS = "\u2212"

_TWO_READINGS = re.compile(r"([+-]?)([1-9][0-9]{0,2})([.,])([0-9]{3})")
_LEADING_ZEROS = re.compile(r"[+-]?0[0-9]")
_ENGLISH = re.compile(r"[+-]?[1-9][0-9]{0,2}(?:,[0-9]{3})+(?:\.[0-9]+)?")
_DOTTED = re.compile(r"[+-]?[1-9][0-9]{0,2}(?:\.[0-9]{3})+(?:,[0-9]+)?")
_PERCENTAGE = re.compile(r"(.*[0-9])\s*%")
SHORTENED = re.compile(r"[+-]?[0-9](?:[.,][0-9]+)?[Ee]\+[0-9]{2,3}")
"""A long number as spreadsheet programs write it into CSV files, without its last digits: `1,85058E+14`."""
SHOWN_DIGITS = 15
"""The significant digits that spreadsheet programs show. The views hold no more of a number."""
_NOISE = 3
"""The number of digits, or more, that a number loses with the noise of its binary fraction."""


@dataclass(frozen=True, slots=True)
class Read:
    """What a text says.

    Attributes:
        text: The value as the warehouse holds it: a number with a decimal point and nothing between its digits, an ISO
            day, a declared choice, or a reason. The text itself where it could not be read.
        misreading: Why it could not be read; None where it was.
        readings: The two numbers that an ambiguous text may be, each written so that it has one reading.
    """

    text: str
    misreading: Misreading | None = None
    readings: tuple[str, ...] = ()


def seen(text: str) -> str:
    """Return a text without the signs that nobody sees, and without the spaces around it."""
    return (text if text.isascii() else _INVISIBLE.sub("", text)).strip(_SPACES + _NUL)


def flaw_of(text: str) -> Read | None:
    """Return why a text is another one than was typed (reversed, with lost letters, encoded twice); None if it is not.

    An encoded letter is given in both readings.
    """
    flaw = FLAWED.search(text)
    if flaw is None:
        return None
    if flaw[0] == _REVERSE:
        return Read(text, Misreading.REVERSED)
    if flaw[0] in _LOST:
        return Read(text, Misreading.LOST_LETTER)
    return Read(text, Misreading.ENCODED_TWICE, _readings_of(flaw[0]))


def _readings_of(signs: str) -> tuple[str, str]:
    if signs[1] == "Ã":
        return "Ã", "à, í"
    windows = b"".join(bytes([ord(s)]) if ord(s) < 0xC0 else s.encode("windows-1252") for s in signs)
    return signs, windows.decode(errors="replace")


def without_accents(text: str) -> str:
    """Normalize a text like a label, and drop its accents."""
    return "".join(sign for sign in unicodedata.normalize("NFKD", plain(text)) if not unicodedata.combining(sign))


_REASON_OF = {without_accents(word): reason for reason, words in MISSING_WORDS.items() for word in words}
LONGEST_MISSING_WORD = 2 * max(map(len, _REASON_OF))
"""The length beyond which no text is a missing word, its accents written as letters of their own included."""


def reason_of(text: str) -> str | None:
    """Return the reason, `nc` or `ne`, that a text states; None if it states none."""
    return None if len(text) > LONGEST_MISSING_WORD else _REASON_OF.get(without_accents(text))


def read_number(
    text: str, *, decimal_sign: DecimalSign | None = None, is_whole: bool = False, is_percentage: bool = False
) -> Read:
    """Read a number.

    Args:
        text: The text, without spaces around it.
        decimal_sign: The declared decimal sign. It decides where a text has two readings: `1,234`, `1.234`.
        is_whole: Whether the number must be a whole one.
        is_percentage: Whether the number is one of percent, so that `45 %` is 45.
    """
    number = seen(text).replace(_MINUS, "-")
    if percentage := _PERCENTAGE.fullmatch(number):
        if not is_percentage:
            return Read(text, Misreading.PERCENTAGE)
        number = percentage[1]
    if two := _TWO_READINGS.fullmatch(number):
        sign, whole, separator, last = two.groups()
        if decimal_sign is None:
            return Read(text, Misreading.AMBIGUOUS, (f"{sign}{whole}{last}", f"{sign}{whole}{separator}{last}0"))
        is_decimal = separator == decimal_sign.sign
        number = f"{sign}{whole}.{last}" if is_decimal else f"{sign}{whole}{last}"
    elif _ENGLISH.fullmatch(number):
        number = number.replace(",", "")
    elif _DOTTED.fullmatch(number):
        number = number.replace(".", "")
    if not NUMBER.fullmatch(number):
        return Read(text, Misreading.KIND)
    number = re.sub(THOUSANDS, "", number).replace(",", ".")
    if _LEADING_ZEROS.match(number):
        return Read(text, Misreading.LEADING_ZEROS)
    if len(number.lstrip("+-").partition(".")[0]) > SHOWN_DIGITS:
        return Read(text, Misreading.TOO_LONG)
    number = _without_noise(number.removeprefix("+"))
    if is_whole and not WHOLE.fullmatch(number):
        return Read(text, Misreading.KIND)
    return Read(number if number.strip("-0.") else number.removeprefix("-"))


def _without_noise(number: str) -> str:
    """Return 3 for 3.0000000000000004, and a number that was typed with many digits as it is."""
    if "." not in number or sum(map(str.isdigit, number)) <= SHOWN_DIGITS:
        return number
    value = Decimal(format(float(number), f".{SHOWN_DIGITS}g"))
    shown = format(value.quantize(Decimal(1)) if value == value.to_integral_value() else value, "f")
    return shown if len(shown) <= len(number) - _NOISE else number


def read_day(text: str, day_formats: Iterable[str]) -> Read:
    """Read a day that is written in one of some formats, as for `strptime`."""
    for day_format in day_formats:
        try:
            day = datetime.strptime(text, day_format).date()  # noqa: DTZ007 a day has no zone
        except ValueError:
            continue
        return plausible_day(day, text)
    return Read(text, Misreading.KIND)


def plausible_day(day: date, text: str) -> Read:
    """Return the day that a text says, unless it is earlier or later than a plausible one."""
    return Read(day.isoformat()) if FIRST_DAY <= day <= LAST_DAY else Read(text, Misreading.LIMITS)


def read_choice(text: str, choices: Collection[str]) -> str | None:
    """Return the one declared choice that a text names, whatever its case and accents; None for none or several."""
    if text in choices:
        return text
    for fold in (plain, without_accents):
        matches = [choice for choice in choices if fold(choice) == fold(text)]
        if len(matches) == 1:
            return matches[0]
    return None


def read_answer(
    given: str,
    kind: IndicatorKind,
    choices: Collection[str],
    *,
    decimal_sign: DecimalSign | None = None,
    is_percentage: bool = False,
    day_formats: Iterable[str] = DAY_FORMATS,
) -> Read:
    """Read an answer that somebody typed: a declared choice, a reason, or a value of a kind.

    Args:
        given: The text as it was typed.
        kind: The kind of value.
        choices: The declared choices; empty for none. Another text is returned as it is.
        decimal_sign: The declared decimal sign.
        is_percentage: Whether a number is one of percent.
        day_formats: The formats of days, beside that of a database.
    """
    text = seen(given)
    if not text:
        return Read(text)
    # A declared choice may be worded like a reason.
    if (value := read_choice(text, choices) or reason_of(text)) is not None:
        return Read(value)
    if (flawed := flaw_of(text)) is not None:
        return flawed
    if choices:
        return Read(given)
    match kind:
        case IndicatorKind.COUNT | IndicatorKind.NUMBER:
            return read_number(
                text,
                decimal_sign=decimal_sign,
                is_whole=kind is IndicatorKind.COUNT,
                is_percentage=is_percentage,
            )
        case IndicatorKind.DATE:
            return _read_any_day(text, day_formats)
        case _:
            return Read(text)


def _read_any_day(text: str, day_formats: Iterable[str]) -> Read:
    if not DAY.fullmatch(text):
        return read_day(text, day_formats)
    try:
        day = date.fromisoformat(text[:10])
    except ValueError:
        return Read(text, Misreading.KIND)
    read = plausible_day(day, text[:10])
    return Read(text) if read.misreading is None else read
