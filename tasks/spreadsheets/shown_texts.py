"""Compare the number or the day of a cell with the text that a program wrote beside it: what people see."""

import calendar
import itertools
import re
import unicodedata
from collections.abc import Iterator
from datetime import datetime
from decimal import Decimal

from tasks.spreadsheets.cells import CellKind
from tasks.spreadsheets.number_formats import PERCENTAGE, SIGNS, decimal, is_unit, plain, plain_unit

_ERROR = re.compile(r"#[^\d\s#].*", re.DOTALL)
_DASH = re.compile(rf"[\s€$£()]*[{SIGNS}][\s€$£()]*")
_EXPONENT = re.compile(r"(?P<digits>[0-9]+(?:[.,][0-9]+)?)\s*[Ee](?P<exponent>[+-]?[0-9]+)")
_FRACTION = re.compile(r"(?:(?P<whole>[0-9]+)\s+)?(?P<part>[0-9]+)\s*/\s*(?P<of>[0-9]+)")
_RUN = re.compile(r"[0-9](?:(?:[.,'’]|[^\S\t\n])*[0-9])*")
_GROUP = re.compile(r"[^0-9.,]")
_DURATION = re.compile(r"-?P(?:(\d+)D)?T?(?:(\d+)H)?(?:(\d+)M)?(?:(\d+)(?:[.,]\d+)?S)?")
_HALF = Decimal("0.5")
_MONTHS = (
    *(("jan",), ("fev", "feb"), ("mar",), ("avr", "apr"), ("mai", "may"), ("juin", "jun"), ("juil", "jul")),
    *(("aou", "aug"), ("sep",), ("oct",), ("nov",), ("dec",)),
)
"""How the names of the months begin in French and in English, without accents."""


def is_error(shown: str) -> bool:
    """Return whether a text beside a number is the name of an error in some language: #DIV/0!, #¡DIV/0!, #ДЕЛ/0!."""
    return _ERROR.fullmatch(shown) is not None


def seen_beside(shown: str, number: str, *, is_percentage: bool, currency: str = "") -> tuple[CellKind, str] | None:
    """Return the kind and the text that a reader sees of a number; None where they see it as it is.

    Args:
        shown: What is seen, such as `12 345,5` or `12 h`.
        number: The number in the file.
        is_percentage: Whether the file states that it is a percentage.
        currency: The currency that the file states, as its three letters.
    """
    value = decimal(number)
    if value is None:
        return None
    disguised = CellKind.DISGUISED, plain(value)
    found = _EXPONENT.search(shown) or _FRACTION.search(shown) or _RUN.search(shown)
    if found is None:
        return None if value == 0 and _DASH.fullmatch(shown) else disguised
    before, after = shown[: found.start()].strip(), shown[found.end() :].strip()
    if re.search(r"[0-9]", before + after):
        return disguised
    seen_sign = -1 if _has_minus(before, after) else 1
    numbers = [(seen_sign * seen, tolerance) for seen, tolerance in _numbers(found)]

    def agrees(one: Decimal) -> bool:
        return any(abs(one - seen) <= tolerance for seen, tolerance in numbers)

    if "%" in before + after:
        if agrees(value * 100) and (is_percentage or not agrees(value)):
            return PERCENTAGE.seen(number)
        return (CellKind.TEXT, f"{plain(value)} %") if agrees(value) and not is_percentage else disguised
    if not agrees(value):
        return disguised
    if "‰" in before + after:
        return CellKind.TEXT, f"{plain(value)} ‰"
    unit = plain_unit(f"{before} {after}")
    if currency not in ("", "EUR") and not is_unit(unit):
        unit = f"{unit} {currency}".strip()
    if is_unit(unit):
        return CellKind.WORDED, f"{plain(value)} {unit}"
    return (CellKind.NUMBER, plain(value)) if is_percentage else None


def _has_minus(before: str, after: str) -> bool:
    return (
        before.startswith((*SIGNS, "("))
        or before.endswith((*SIGNS, "("))
        or after.startswith((*SIGNS, ")"))
        or (after.endswith(tuple(SIGNS)))
    )


def _numbers(found: re.Match[str]) -> Iterator[tuple[Decimal, Decimal]]:
    """Yield the numbers that a text can mean, and by how much another one may differ that is rounded to it."""
    groups = found.groupdict()
    if "exponent" in groups:
        digits, exponent = groups["digits"].replace(",", "."), int(groups["exponent"])
        if abs(exponent) <= 400:
            yield Decimal(digits).scaleb(exponent), _HALF.scaleb(exponent - len(digits.partition(".")[2]))
        return
    if "of" in groups:
        if int(groups["of"]):
            whole, part, of = (Decimal(groups[name] or 0) for name in ("whole", "part", "of"))
            yield whole + part / of, _HALF / of
        return
    text = _GROUP.sub("", found[0])
    signs = [sign for sign in text if sign in ".,"]
    if len(set(signs)) < 2 and (len(signs) > 1 or re.fullmatch(r"[0-9]{1,3}[.,][0-9]{3}", text) or not signs):
        yield Decimal(re.sub("[.,]", "", text)), _HALF
    if signs and signs.count(signs[-1]) == 1:
        whole, _, decimals = text.rpartition(signs[-1])
        yield Decimal(f"{re.sub('[.,]', '', whole)}.{decimals}"), _HALF.scaleb(-len(decimals))


def is_another_day(shown: str, value: str) -> bool:
    """Return whether a text cannot be a way to show a day or an instant, such as `06/01/2019` for 2019-01-05.

    Args:
        shown: What is seen, in any order and language.
        value: The day or instant in the file.
    """
    try:
        instant = datetime.fromisoformat(value)
    except ValueError:
        return False
    months = [number for word in re.findall(r"[^\W\d_]{3,}", _folded(shown)) for number in _months_named(word)]
    if months and instant.month not in months:
        return True
    left = [instant.year, instant.month, instant.day, instant.hour, instant.minute, instant.second]
    for run in re.findall(r"[0-9]+", shown):
        places = [number for number in left if _shows(run, number, instant)]
        if places:
            left.remove(places[0])
        elif run not in _together(instant) and not _is_rest(run, instant):
            return True
    return False


def _folded(text: str) -> str:
    return "".join(sign for sign in unicodedata.normalize("NFD", text.lower()) if not unicodedata.combining(sign))


def _months_named(word: str) -> Iterator[int]:
    days = {_folded(name) for name in ("mardi", "mar", *calendar.day_name, *calendar.day_abbr)}
    if word not in days:
        yield from (number for number, names in enumerate(_MONTHS, start=1) if word.startswith(names))


def _shows(run: str, number: int, instant: datetime) -> bool:
    if int(run) == number:
        return True
    is_year, is_hour = number == instant.year, number == instant.hour
    return (is_year and len(run) == 2 and int(run) == number % 100) or (is_hour and int(run) == (number % 12 or 12))


def _together(instant: datetime) -> set[str]:
    """Return the days and times that are written without separators."""
    year, month, day = f"{instant.year:04}", f"{instant.month:02}", f"{instant.day:02}"
    parts = [(one, month, day) for one in (year, year[2:])]
    days = {"".join(order) for three in parts for size in (2, 3) for order in itertools.permutations(three, size)}
    return days | {f"{instant:%H%M}", f"{instant:%H%M%S}"}


def _is_rest(run: str, instant: datetime) -> bool:
    """Return whether a number is the part of a second, the week or the quarter of an instant."""
    week, quarter = instant.isocalendar().week, (instant.month + 2) // 3
    return int(run) in (week, quarter) or f"{instant:%f}".startswith(run.rstrip("0") or "0")


def seen_time(shown: str, value: str) -> tuple[CellKind, str] | None:
    """Return the kind and the text that a reader sees of a time; None where the reader library reports it.

    Args:
        shown: What is seen, such as `35:00`; `11:00` would be another time.
        value: The time in the file, such as `PT35H00M00S`.
    """
    found, runs = _DURATION.fullmatch(value), re.findall(r"[0-9]+", shown)
    if found is None:
        return None
    days, hours, minutes, seconds = (int(group or 0) for group in found.groups())
    hours += 24 * days
    firsts = {hours, hours * 60 + minutes, (hours * 60 + minutes) * 60 + seconds}
    if hours < 24:
        firsts |= {hours % 12 or 12}
    if not runs or int(runs[0]) not in firsts | {one + 1 for one in firsts if seconds == 59}:
        return CellKind.DISGUISED, value
    return (CellKind.TIME, shown) if hours >= 24 else None
