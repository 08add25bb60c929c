"""Word what a check expected and what it found, for the people who correct a return."""

import re
from collections.abc import Iterable
from datetime import date
from decimal import ROUND_CEILING, ROUND_FLOOR, Context, Decimal
from gettext import NullTranslations

from schemas.enums import IndicatorKind, Misreading
from schemas.formats import FIRST_DAY, LAST_DAY, SHOWN_DIGITS, Read

_NAMES_NOBODY = re.compile(
    r"=|[+-]?[0-9][0-9\s\u00a0\u202f.,:/%-]{0,24}|#[A-ZÀ-Ý0-9/_ \u00a0\u202f]{1,14}[!?]?|(?:Err|Erreur)\s*:\s*[0-9]+"
)
_MOST_DIGITS = 9
"""The number of digits that may be quoted. A French telephone number has ten."""
_DIGITS_OF_LIMITS = 6


def of_kind(kind: IndicatorKind, language: NullTranslations) -> str:
    """Word the expectation of a kind of value."""
    _ = language.gettext
    match kind:
        case IndicatorKind.DATE:
            return _("a date, or nc")
        case IndicatorKind.COUNT:
            return _("a whole number, or nc")
        case IndicatorKind.NUMBER:
            return _("a number, or nc")
        case IndicatorKind.CHOICE | IndicatorKind.TEXT:
            return _("an answer, or nc")


def of_misreading(read: Read, kind: IndicatorKind, language: NullTranslations) -> str:
    """Word what was expected of a text that could not be read as a kind of value."""
    _ = language.gettext
    match read.misreading:
        case Misreading.AMBIGUOUS:
            whole, fraction = read.readings
            return _("{whole} or {fraction}: write the one that is meant, without a separator of thousands").format(
                whole=whole, fraction=fraction
            )
        case Misreading.LEADING_ZEROS:
            return _("a number without a zero before it")
        case Misreading.PERCENTAGE:
            return _("a number that is not a percentage")
        case Misreading.TOO_LONG:
            return _("a number of at most {count} digits").format(count=SHOWN_DIGITS)
        case Misreading.LIMITS:
            first, last = (day.strftime("%d/%m/%Y") for day in (FIRST_DAY, LAST_DAY))
            return _("a day from {first} to {last}").format(first=first, last=last)
        case Misreading.REVERSED:
            return _("the answer typed again: a sign in it (U+202E) shows it in reverse")
        case Misreading.LOST_LETTER:
            return _("the answer with its letters: some were lost before it was sent, and cannot be recovered")
        case Misreading.ENCODED_TWICE:
            twice, once = read.readings
            return _(
                "“{twice}” or “{once}”: the letters were encoded twice, type them or save the file as UTF-8"
            ).format(twice=twice, once=once)
        case _:
            return of_kind(kind, language)


def of_day(day_formats: Iterable[str], language: NullTranslations) -> str:
    """Word the expectation of a day that is written in one of some formats."""
    example = date(2019, 3, 31)
    formats = ", ".join(example.strftime(day_format) for day_format in day_formats)
    return language.gettext("a day that exists, written as {formats}, or nc").format(formats=formats)


def within(minimum: float | None, maximum: float | None, language: NullTranslations) -> str:
    """Word the expectation of limits; None for no limit."""
    _ = language.gettext
    lowest, highest = _shown(minimum, ROUND_CEILING), _shown(maximum, ROUND_FLOOR)
    if maximum is None:
        return _("a number of at least {minimum}").format(minimum=lowest)
    if minimum is None:
        return _("a number of at most {maximum}").format(maximum=highest)
    return _("a number from {minimum} to {maximum}").format(minimum=lowest, maximum=highest)


def one_of(values: Iterable[str], language: NullTranslations) -> str:
    """Word the expectation of a choice. Blank values are left out."""
    listed = dict.fromkeys(value for value in values if value)  # a choice may be worded like a reason
    return language.gettext("one of: {values}").format(values=", ".join(listed))


def found(text: str | None, language: NullTranslations, *, names_people: bool = False) -> str:
    """Word a value without what could name a person: short numbers and days as they are, texts by their length.

    Args:
        text: The value; None for a blank.
        language: The language of the words.
        names_people: Whether the value is an identifier, so that even numbers and days are not quoted.
    """
    _, plural = language.gettext, language.ngettext
    if text is None or not text.strip():
        return _("nothing")
    if not names_people and _NAMES_NOBODY.fullmatch(text) and sum(s.isdigit() for s in text) <= _MOST_DIGITS:
        return text
    count = len(text)
    return plural("a text of {count} character", "a text of {count} characters", count).format(count=count)


def _shown(number: float | None, rounding: str) -> str:
    """Write a limit, rounded to the side on which a number is valid, as limits in another unit have many digits."""
    if number is None:
        return ""
    exact = Decimal(str(number))
    rounded = Context(prec=max(_DIGITS_OF_LIMITS, exact.adjusted() + 1), rounding=rounding).plus(exact)
    return format(rounded.normalize(), "f")
