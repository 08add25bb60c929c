"""Read from the loaded rows what a view as of a day counts, without building the views."""

from collections import defaultdict
from datetime import date, datetime
from typing import NamedTuple

import sqlalchemy as sa
from small_programme import Small

from tasks.programme import read_programme
from warehouse.connection import open_warehouse
from warehouse.runs import last_instant_of

_COUNTED = """\
with versions as (
    select
        sequence, expected_return_id, respondent, answered_at, content_sha256,
        row_number() over (
            partition by expected_return_id, respondent order by answered_at desc, loaded_at desc
        ) as recency
    from raw.returns where known_at <= :moment
),
withdrawals as (
    select
        expected_return_id, respondent, is_withdrawn,
        row_number() over (
            partition by expected_return_id, respondent order by known_at desc, loaded_at desc
        ) as recency
    from raw.withdrawals where known_at <= :moment
)
select versions.sequence, versions.expected_return_id, versions.answered_at, versions.content_sha256
from versions
left join withdrawals
    on versions.expected_return_id = withdrawals.expected_return_id
    and versions.respondent = withdrawals.respondent
    and withdrawals.recency = 1
where versions.recency = 1 and not coalesce(withdrawals.is_withdrawn, false)
"""


class Counted(NamedTuple):
    """The version of a response that counts, and for which expected return."""

    expected_return_id: str
    answered_at: datetime
    content_sha256: str


def counted_on(small: Small, day: date) -> dict[int, list[Counted]]:
    """Return what counts of each response as of a day, by its id: at most one version, if all is well."""
    moment = last_instant_of(day, read_programme(small.folder).zone)
    counted: dict[int, list[Counted]] = defaultdict(list)
    with open_warehouse(small.paths) as warehouse:
        for response_id, *version in warehouse.execute(sa.text(_COUNTED).bindparams(moment=moment)):
            counted[response_id].append(Counted(*version))
    return dict(counted)


def known_on(small: Small, day: date) -> set[int]:
    """Return the responses of which a version was known as of a day, whether it counts or not."""
    moment = last_instant_of(day, read_programme(small.folder).zone)
    known = sa.text("select distinct sequence from raw.returns where known_at <= :moment").bindparams(moment=moment)
    with open_warehouse(small.paths) as warehouse:
        return {response_id for (response_id,) in warehouse.execute(known)}
