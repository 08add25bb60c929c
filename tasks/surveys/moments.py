"""Moments of a time zone and of UTC, in columns: a zone is asked by the day, not by the moment."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import numpy as np
import numpy.typing as npt

Moments = npt.NDArray[np.datetime64]
"""Moments without a zone; NaT where there is none."""

_REST_OF_DAY = timedelta(days=1) - timedelta.resolution
_LAST_ASKED = datetime(9999, 12, 30)  # noqa: DTZ001 a limit of the calendar: an offset later would be in the year 10000


def in_utc(moments: Moments, zone: ZoneInfo) -> Moments:
    """Local moments as UTC. Where clocks change, what was skipped or comes twice is read as before the change."""
    return moments - _offsets(moments, lambda local: local.replace(tzinfo=zone).utcoffset())


def days_in(moments: Moments, zone: ZoneInfo) -> Moments:
    """The days (`datetime64[D]`) on which moments of UTC are, in a zone."""
    offsets = _offsets(moments, lambda moment: moment.replace(tzinfo=UTC).astimezone(zone).utcoffset())
    return (moments + offsets).astype("datetime64[D]")


def _offsets(moments: Moments, offset_at: Callable[[datetime], timedelta | None]) -> npt.NDArray[np.timedelta64]:
    """The offset at each moment: one for all of a day, unless the day ends with another than it began with."""

    def asked(moment: datetime) -> timedelta:
        return offset_at(min(moment, _LAST_ASKED)) or timedelta()

    offsets = np.zeros(len(moments), "timedelta64[us]")
    places = np.flatnonzero(~np.isnat(moments))
    days, which = np.unique(moments[places].astype("datetime64[D]"), return_inverse=True)
    begins: list[datetime] = days.astype("datetime64[us]").tolist()
    first = np.array([asked(day) for day in begins], "timedelta64[us]")
    changes = np.array([asked(day + _REST_OF_DAY) for day in begins], "timedelta64[us]") != first
    offsets[places] = first[which]
    for place in places[changes[which]]:
        offsets[place] = asked(moments[place].astype("datetime64[us]").item())
    return offsets
