"""Compare the day of a cell with the text that a program wrote beside it: what people see."""

import itertools
import re
from collections.abc import Collection, Iterator, Mapping
from datetime import datetime

from tasks.spreadsheets.beside import WEEKDAYS, folded, says_more_of_a_day
from tasks.spreadsheets.cells import CellKind

_MONTHS = (
    *(
        ("jan", "ene", "gen"),
        ("fev", "feb"),
        ("mar", "mrt"),
        ("avr", "apr", "abr"),
        ("mai", "may", "mag", "mei", "maj"),
    ),
    *(
        ("juin", "jun", "giu"),
        ("juil", "jul", "lug"),
        ("aou", "aug", "ago"),
        ("sep", "set"),
        ("oct", "okt", "ott", "out"),
    ),
    *(("nov",), ("dec", "dez", "dic")),
)
"""How the names of the months begin in the languages of Western Europe, without accents."""
_DAYS_OF_WEEK = {name: number for number, names in enumerate(WEEKDAYS) for name in names.split()}
_OF_PERIODS = frozenset({"t", "q", "s", "w", "sem", "semaine", "week", "kw", "trim", "trimestre", "quarter", "quartal"})
"""The words of quarters and weeks."""
_TIME = re.compile(r":|[0-9]\s*h|[ap]m\b", re.IGNORECASE)
_HALF_DAY = re.compile(r"[ap]m\b", re.IGNORECASE)
_WHOLE_DAY = frozenset({"year", "month", "day"})


def seen_day(shown: str, value: str, *, is_day_first: bool | None) -> CellKind | None:
    """Return the kind of a day or an instant by what is seen of it; None where that is the day as it is.

    Args:
        shown: What is seen, such as `06/01/2019`, which is another day than 2019-01-05.
        value: The day or instant in the file.
        is_day_first: Whether the style of the cell shows the day before the month; None where no style says so.
    """
    try:
        instant = datetime.fromisoformat(value)
    except ValueError:
        return None
    named = _named(shown, instant)
    if named is None or not shown.strip():
        return CellKind.DISGUISED
    order = _numbered(shown, instant)
    if order is None:
        return CellKind.DISGUISED
    numbers = [part for part in order if part in ("day", "month")]
    is_decided = is_day_first is not None and len(numbers) > 1 and instant.day != instant.month
    if is_decided and (numbers[0] == "day") != is_day_first:
        return CellKind.DISGUISED
    return None if {*named, *order} >= _WHOLE_DAY else CellKind.PART_OF_DAY


def _named(shown: str, instant: datetime) -> Collection[str] | None:
    """Return `month` where its name is seen; None where another month or day is named, or words say more than a day."""
    named: set[str] = set()
    rest: list[str] = []
    for word in re.findall(r"[^\W\d_]+|[^\w\s]", folded(shown)):
        months, weekday = [*_months_named(word)], _DAYS_OF_WEEK.get(word)
        if instant.month in months:
            named.add("month")
        elif months or weekday is not None:
            if weekday != instant.weekday():
                return None
        elif word not in _OF_PERIODS:
            rest.append(word)
    return None if says_more_of_a_day(" ".join(rest), shown) else named


def _months_named(word: str) -> Iterator[int]:
    if word == "mar" or word not in _DAYS_OF_WEEK:
        yield from (number for number, names in enumerate(_MONTHS, start=1) if word.startswith(names))


def _numbered(shown: str, instant: datetime) -> list[str] | None:
    """Return the parts of an instant that are seen as numbers, in their order; None where another number is seen."""
    left = {"day": instant.day, "month": instant.month, "year": instant.year}
    if _TIME.search(shown) or instant.time() != datetime.min.time():
        left |= {"hour": instant.hour, "minute": instant.minute, "second": instant.second}
    is_half_day = _HALF_DAY.search(shown) is not None
    order: list[str] = []
    for run in re.findall(r"[0-9]+", shown):
        # The day 24 of 2024 is seen as 24 before the year is.
        seen = [part for part, number in left.items() if int(run) == number]
        seen += [part for part, number in left.items() if _is_short_for(run, part, number, is_half_day=is_half_day)]
        if seen:
            order.append(seen[0])
            del left[seen[0]]
        elif (together := _together(instant).get(run)) is not None:
            order += together
        elif not _is_rest(run, instant):
            return None
    return order


def _is_short_for(run: str, part: str, number: int, *, is_half_day: bool) -> bool:
    match part:
        case "year":
            return len(run) == 2 and int(run) == number % 100
        case "hour":
            return is_half_day and int(run) == (number % 12 or 12)
        case _:
            return False


def _together(instant: datetime) -> Mapping[str, tuple[str, ...]]:
    """Return the days and times that are written without separators, and the parts that they show."""
    digits = {"month": f"{instant.month:02}", "day": f"{instant.day:02}"}
    found: dict[str, tuple[str, ...]] = {f"{instant:%H%M}": (), f"{instant:%H%M%S}": ()}
    for year in (f"{instant.year:04}", f"{instant.year:04}"[2:]):
        parts = {"year": year, **digits}
        for size in (2, 3):
            for order in itertools.permutations(parts, size):
                found["".join(parts[part] for part in order)] = order
    return found


def _is_rest(run: str, instant: datetime) -> bool:
    """Return whether a number is the part of a second, the week or the quarter of an instant."""
    week, quarter = instant.isocalendar().week, (instant.month + 2) // 3
    return int(run) in (week, quarter) or f"{instant:%f}".startswith(run.rstrip("0") or "0")
