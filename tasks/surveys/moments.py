"""Convert moments between a time zone and UTC, in columns: one look-up per day instead of one per moment."""

# pyarrow.compute makes its functions when it is imported:
# pyright: reportAttributeAccessIssue=false

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from tasks.limesurvey import responses_table

Moments = npt.NDArray[np.datetime64]
"""Moments without a zone; NaT for none."""

_REST_OF_DAY = timedelta(days=1) - timedelta.resolution
LAST_MOMENT = datetime(9999, 12, 30)  # noqa: DTZ001 a limit of the calendar: a later one may convert to the year 10000


def given_at(page: pa.Table, zone: ZoneInfo) -> Moments:
    """Return when each response of a page was given, in UTC; NaT where the survey keeps no dates.

    Args:
        page: The table of a page.
        zone: The time zone of the server's dates.
    """
    responses = responses_table(page)
    local = pc.coalesce(responses.column("submitted"), responses.column("last_saved"), responses.column("started"))
    return in_utc(local.to_numpy().astype("datetime64[us]"), zone)


def saved_at(page: pa.Table, zone: ZoneInfo) -> Moments:
    """Return when each response of a page was last saved, in UTC; NaT where the survey keeps no dates.

    Args:
        page: The table of a page.
        zone: The time zone of the server's dates.
    """
    return in_utc(responses_table(page).column("last_saved").to_numpy().astype("datetime64[us]"), zone)


def in_utc(moments: Moments, zone: ZoneInfo) -> Moments:
    """Convert local moments to UTC. A time that a clock change skips or repeats is read as before the change."""
    return moments - _offsets(moments, lambda local: local.replace(tzinfo=zone).utcoffset())


def days_in(moments: Moments, zone: ZoneInfo) -> Moments:
    """Return the local days (`datetime64[D]`) of moments in UTC."""
    offsets = _offsets(moments, lambda moment: moment.replace(tzinfo=UTC).astimezone(zone).utcoffset())
    return (moments + offsets).astype("datetime64[D]")


def _offsets(moments: Moments, offset_at: Callable[[datetime], timedelta | None]) -> npt.NDArray[np.timedelta64]:
    """Return the offset at each moment: one per day, unless the day ends with another offset than it began with."""

    def offset(moment: datetime) -> timedelta:
        return offset_at(min(moment, LAST_MOMENT)) or timedelta()

    offsets = np.zeros(len(moments), "timedelta64[us]")
    places = np.flatnonzero(~np.isnat(moments))
    days, day_of = np.unique(moments[places].astype("datetime64[D]"), return_inverse=True)
    begins: list[datetime] = days.astype("datetime64[us]").tolist()
    first = np.array([offset(day) for day in begins], "timedelta64[us]")
    is_changing = np.array([offset(day + _REST_OF_DAY) for day in begins], "timedelta64[us]") != first
    offsets[places] = first[day_of]
    for place in places[is_changing[day_of]]:
        offsets[place] = offset(moments[place].astype("datetime64[us]").item())
    return offsets
