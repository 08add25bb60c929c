"""Find what changed since the views were built, among all that they are built from.

Reads `intermediate.int_inputs`, `int_built_inputs` and `int_built_models`. Reads and updates `staging.stg_moment`.
"""

from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from datetime import date, datetime

import sqlalchemy as sa

from warehouse.connection import Warehouse
from warehouse.views import is_built


@dataclass(frozen=True, slots=True)
class Moment:
    """The moment that a build is for: the columns of `stg_moment` that a run decides.

    Attributes:
        as_of: The day to take as today.
        known_by: Instant in UTC. Rows known later are left out.
        collected_on: The last day as of which the sources were read.
        minimum_structures: Suppress figures that rest on fewer structures, even if the known threshold is lower.
        minimum_participants: The same of participants.
    """

    as_of: date
    known_by: datetime
    collected_on: date
    minimum_structures: int = 0
    minimum_participants: int = 0


_MOMENT = sa.table(
    "stg_moment", *map(sa.column, (*Moment.__dataclass_fields__, "models", "invocation_id")), schema="staging"
)
_ENDED = sa.table("int_built_models", sa.column("invocation_id"), schema="intermediate")
_INPUTS, _BUILT_INPUTS = (
    sa.table(name, sa.column("selector"), sa.column("content"), schema="intermediate")
    for name in ("int_inputs", "int_built_inputs")
)
_KNOWN_BY = """
    create or replace function staging.known_by() returns timestamp language sql immutable
    as $$ select cast('{}' as timestamp) $$
"""


def changed_inputs(warehouse: Warehouse) -> list[str] | None:
    """Return dbt's selectors of what depends on the inputs that changed since the last build.

    Args:
        warehouse: The warehouse, whose views the present version of the models has built.

    Returns:
        The selectors; None if a build has begun since and did not end, so that any table may be of either.
    """
    if not (is_built(warehouse, _INPUTS) and is_built(warehouse, _BUILT_INPUTS)):
        return None
    builds = sa.union(sa.select(_MOMENT.c.invocation_id), sa.select(_ENDED.c.invocation_id))
    if len(warehouse.execute(builds)) > 1:
        return None
    present, built = _INPUTS.c, _BUILT_INPUTS.c
    is_unchanged = sa.exists().where(built.selector == present.selector, built.content == present.content)
    changed = sa.select(present.selector).where(~is_unchanged).distinct().order_by(present.selector)
    return [selector for (selector,) in warehouse.execute(changed)]


def move_to(warehouse: Warehouse, moment: Moment, owner: str | None) -> None:
    """Set the moment that the views are for, like the model `stg_moment`.

    Args:
        warehouse: The warehouse.
        moment: The moment.
        owner: The owner of the views in PostgreSQL, as an identifier; None on DuckDB.
    """
    with _as_owner(warehouse, owner):
        warehouse.execute(sa.update(_MOMENT).values(asdict(moment)))
        if owner is not None:
            # The constant that the planner evaluates (`macros/is_known.sql`).
            warehouse.execute(sa.text(_KNOWN_BY.format(moment.known_by.isoformat(sep=" "))))


def take_recorded_findings_as_built(warehouse: Warehouse, owner: str | None) -> None:
    """Note that `analytics.surveillance` is as a build would make it of the findings that the run has just recorded.

    They are those that it shows, reported on the run's today.

    Args:
        warehouse: The warehouse.
        owner: The owner of the views in PostgreSQL, as an identifier; None on DuckDB.
    """
    present, built = _INPUTS.c, _BUILT_INPUTS.c
    content = sa.select(present.content).where(present.selector == built.selector).scalar_subquery()
    with _as_owner(warehouse, owner):
        warehouse.execute(sa.update(_BUILT_INPUTS).where(built.selector.in_(_OF_FINDINGS)).values(content=content))


_OF_FINDINGS = ("source:raw.surveillance+1", "stg_surveillance+", "surveillance+")


@contextmanager
def _as_owner(warehouse: Warehouse, owner: str | None) -> Generator[None]:
    with warehouse.transaction():
        if owner is not None:
            warehouse.execute(sa.text(f"set local role {owner}"))
        yield
