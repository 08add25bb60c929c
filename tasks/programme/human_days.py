"""Find the day that a person or a spreadsheet meant by a text, to propose how to write it. Nothing is read by it."""

import re
from collections.abc import Iterator
from datetime import date, timedelta

from tasks.programme.spellings import folded

_MONTHS = (
    ("january", "jan", "janvier", "janv"),
    ("february", "feb", "fevrier", "fevr", "fev"),
    ("march", "mar", "mars"),
    ("april", "apr", "avril", "avr"),
    ("may", "mai"),
    ("june", "jun", "juin"),
    ("july", "jul", "juillet", "juil"),
    ("august", "aug", "aout"),
    ("september", "sep", "sept", "septembre"),
    ("october", "oct", "octobre"),
    ("november", "nov", "novembre"),
    ("december", "dec", "decembre"),
)
MONTH_OF = {word: number for number, words in enumerate(_MONTHS, start=1) for word in words}
"""The number of each month, by its English and French names and abbreviations without accents."""

_YEAR_FIRST = re.compile(r"(\d{4})[-/. ](\d{1,2})[-/. ](\d{1,2})")
_YEAR_LAST = re.compile(r"(\d{1,2})[-/. ](\d{1,2})[-/. ](\d{4}|\d{2})")
_COMPACT = re.compile(r"(\d{4})(\d{2})(\d{2})")
_DAY_NAMED_MONTH = re.compile(r"(?:[a-z]+ )?(\d{1,2})(?:er|st|nd|rd|th)?[ -]([a-z]+)[ -](\d{4}|\d{2})")
_NAMED_MONTH_DAY = re.compile(r"(?:[a-z]+ )?([a-z]+) (\d{1,2})(?:st|nd|rd|th)? (\d{4})")
_CLOCK_TIME = re.compile(r"[t ]\d{1,2}:\d\d(?::\d\d(?:\.\d+)?)?(?:z|[+-]\d\d:?\d\d)?$")
_SERIAL = re.compile(r"(\d{5})(?:[.,]0+)?")
_DAY_ZERO = date(1899, 12, 30)
"""The day 0 of a spreadsheet."""
_FIRST_SERIAL, _LAST_SERIAL = 25569, 73050
"""The years 1970 to 2099, so that a postcode or a survey number is seldom taken for a day."""
_CENTURY = 2000


def is_serial(text: str) -> bool:
    """Return whether a text is the number by which a spreadsheet stores a plausible day."""
    match = _SERIAL.fullmatch(text.strip())
    return match is not None and _FIRST_SERIAL <= int(match[1]) <= _LAST_SERIAL


def in_english(day: date) -> str:
    """Return a day in words, such as 3 April 2025."""
    return f"{day.day} {_MONTHS[day.month - 1][0].capitalize()} {day.year}"


def days_meant(text: str) -> list[date]:
    """Return the days that a text may mean: two where day and month can be exchanged, none where it is no day."""
    if is_serial(text):
        return [_DAY_ZERO + timedelta(days=int(text.strip()[:5]))]
    words = _CLOCK_TIME.sub("", " ".join(re.sub(r"[.,] |[.,]$", " ", folded(text)).split()))
    return list(dict.fromkeys(_readings(words)))


def impossible_day(text: str) -> str:
    """Return why a text of digits is no day, although it is written like one; empty for another text."""
    match = _YEAR_FIRST.fullmatch(text.strip())
    if match is None or _day(*map(int, match.groups())) is not None:
        return ""
    year, month, day = map(int, match.groups())
    if not 1 <= month <= len(_MONTHS):
        return f"there is no month {month}"
    following = date(year + month // 12, month % 12 + 1, 1)
    last = (following - timedelta(days=1)).day
    return f"{_MONTHS[month - 1][0].capitalize()} {year} has {last} days" if day > last else f"there is no day {day}"


def _readings(words: str) -> Iterator[date]:
    if match := _YEAR_FIRST.fullmatch(words) or _COMPACT.fullmatch(words):
        year, month, day = map(int, match.groups())
        found = [_day(year, month, day)] if 1 <= month <= len(_MONTHS) else [_day(year, day, month)]
    elif match := _YEAR_LAST.fullmatch(words):
        first, second, year = int(match[1]), int(match[2]), _four_digits(match[3])
        found = [_day(year, second, first), _day(year, first, second)]
    elif match := _DAY_NAMED_MONTH.fullmatch(words):
        found = [_day(_four_digits(match[3]), MONTH_OF.get(match[2], 0), int(match[1]))]
    elif match := _NAMED_MONTH_DAY.fullmatch(words):
        found = [_day(int(match[3]), MONTH_OF.get(match[1], 0), int(match[2]))]
    else:
        found = []
    yield from (day for day in found if day is not None)


def _four_digits(year: str) -> int:
    return int(year) if len(year) > 2 else _CENTURY + int(year)


def _day(year: int, month: int, day: int) -> date | None:
    try:
        return date(year, month, day)
    except ValueError:
        return None
