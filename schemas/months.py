"""Calendar arithmetic in months."""

import calendar
from datetime import date


def months_after(anchor: date, months: int) -> date:
    """Return the day a number of months after another. A day that the month lacks becomes its last day."""
    month_index = anchor.year * 12 + anchor.month - 1 + months
    year, month = divmod(month_index, 12)
    last_day = calendar.monthrange(year, month + 1)[1]
    return date(year, month + 1, min(anchor.day, last_day))
