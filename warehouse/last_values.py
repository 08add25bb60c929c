"""What structures have reported so far, read from what is published."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import sqlalchemy as sa

from schemas.errors import EssaimError
from schemas.settings import ProjectPaths
from warehouse.connection import Warehouse
from warehouse.published import read
from warehouse.sql import as_text
from warehouse.views import is_built

_SAID = {"not_communicated": "nc", "not_evaluated": "ne"}
_COLUMNS = ("enrolment_id", "indicator_code", "occasion_code", "value_number", "value_text", "missing_reason")
_OBSERVATIONS = sa.table("fct_observation", *(sa.column(name) for name in _COLUMNS), schema="marts")
_IN_ORDER = sa.select(_OBSERVATIONS).order_by(*(_OBSERVATIONS.c[name] for name in _COLUMNS[:3]))


@dataclass(frozen=True, slots=True)
class Reported:
    """A value, or the reason that was given instead (nc, ne); all empty where nothing was answered."""

    number: float | None
    text: str | None
    reason: str


Values = Mapping[tuple[str, str], Mapping[str, Reported]]
"""By enrolment and indicator, what was reported at each occasion."""


def reported_values(paths: ProjectPaths) -> Values:
    """By enrolment and indicator, what was reported at each occasion; nothing where no views were built yet."""
    try:
        _, rows = read(paths, as_text(_IN_ORDER), is_ours=True)
    except EssaimError:
        return {}
    return _by_enrolment(rows)


def reported_in(warehouse: Warehouse) -> Values:
    """The same, from the warehouse itself, as its views were last built."""
    return _by_enrolment(warehouse.execute(_IN_ORDER)) if is_built(warehouse, _OBSERVATIONS) else {}


def _by_enrolment(rows: Iterable[Sequence[object]]) -> Values:
    values: dict[tuple[str, str], dict[str, Reported]] = defaultdict(dict)
    for enrolment_id, indicator_code, occasion_code, number, text, reason in rows:
        told = Reported(
            None if number is None else float(str(number)),
            None if text is None else str(text),
            _SAID.get(str(reason), ""),
        )
        if told.number is not None or told.text is not None or told.reason:
            values[str(enrolment_id), str(indicator_code)][str(occasion_code)] = told
    return values
