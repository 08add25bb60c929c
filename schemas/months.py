"""Calendar arithmetic in months."""

import calendar
from datetime import date, timedelta
from functools import lru_cache

AVERAGE_MONTH = 365.2425 / 12
"""Days of a month on average over the Gregorian cycle of 400 years."""

_ANCHORS = [date(2096, 1, 1) + timedelta(days=i) for i in range(366 + 7 * 365)]
"""Each day of 2096 to 2103: years that are leap years, that are none, and 2100, which is none either."""


def months_after(anchor: date, months: int) -> date:
    """Return the day a number of months after another. A day that the month lacks becomes its last day.

    Args:
        anchor: The day to count from.
        months: The number of months; negative for a day before.
    """
    month_index = anchor.year * 12 + anchor.month - 1 + months
    year, month = divmod(month_index, 12)
    last_day = calendar.monthrange(year, month + 1)[1]
    return date(year, month + 1, min(anchor.day, last_day))


@lru_cache
def days_of_months(months: int) -> tuple[int, int]:
    """Return the fewest and the most days that a number of months can be, whatever the day they are counted from."""
    days = [(months_after(anchor, months) - anchor).days for anchor in _ANCHORS]
    return min(days), max(days)
