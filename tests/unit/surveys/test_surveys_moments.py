"""Test that columns of timestamps are converted like single timestamps by the standard library."""

from collections.abc import Sequence
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import numpy as np
from hypothesis import example, given
from hypothesis import strategies as st

from tasks.surveys.moments import days_in, in_utc

ZONES = st.sampled_from(["Europe/Paris", "UTC", "America/Martinique", "Indian/Reunion", "Australia/Lord_Howe"])
CHANGES = [datetime(2025, 3, 30, 2, 30), datetime(2025, 10, 26, 2, 30), datetime(2025, 10, 26, 1), datetime(2025, 7, 1)]
BETWEEN = (
    st.sampled_from(CHANGES)
    | st.datetimes(datetime(2025, 3, 29), datetime(2025, 3, 31))
    | st.datetimes(datetime(1980, 1, 1), datetime(9999, 12, 29))
)
# The server's local times have no fold: an ambiguous time has one meaning.
MOMENTS = st.lists(st.none() | BETWEEN.map(lambda moment: moment.replace(fold=0)), max_size=8)


@given(MOMENTS, ZONES)
@example([datetime(9999, 12, 31, 23, 59), None], "Europe/Paris")
def test_local_moments_in_utc(moments: Sequence[datetime | None], name: str) -> None:
    zone = ZoneInfo(name)
    one_by_one = [one and one.replace(tzinfo=zone).astimezone(UTC).replace(tzinfo=None) for one in moments]
    assert in_utc(np.array(moments, "datetime64[us]"), zone).tolist() == one_by_one


@given(MOMENTS, ZONES)
def test_days_of_moments_in_a_zone(moments: Sequence[datetime | None], name: str) -> None:
    zone = ZoneInfo(name)
    one_by_one = [one and one.replace(tzinfo=UTC).astimezone(zone).date() for one in moments]
    assert days_in(np.array(moments, "datetime64[us]"), zone).tolist() == one_by_one
