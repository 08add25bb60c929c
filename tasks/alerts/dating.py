"""Date the mails."""

from datetime import date, datetime, time
from zoneinfo import ZoneInfo

_AT = time(7)


def dated_on(day: date, zone: ZoneInfo) -> datetime:
    """Return the date of the mails that were decided on a day: in the morning, in the programme's time zone.

    The same day gives the same date, so that the same content is the same mail to the byte.
    """
    return datetime.combine(day, _AT, tzinfo=zone)
