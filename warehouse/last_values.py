"""Read the values that structures have reported so far.

Reads `marts.fct_observation`, from the published data or from the warehouse.
"""

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

_REASON_CODES = {"not_communicated": "nc", "not_evaluated": "ne"}
_COLUMNS = ("enrolment_id", "indicator_code", "occasion_code", "value_number", "value_text", "missing_reason")
_OBSERVATIONS = sa.table("fct_observation", *(sa.column(name) for name in _COLUMNS), schema="marts")
_IN_ORDER = sa.select(_OBSERVATIONS).order_by(*(_OBSERVATIONS.c[name] for name in _COLUMNS[:3]))


@dataclass(frozen=True, slots=True)
class Reported:
    """A reported value.

    Attributes:
        number: The value of a numeric indicator.
        text: The value of any other indicator.
        reason: `nc` or `ne` if a structure gave this reason instead of a value; else empty.
    """

    number: float | None
    text: str | None
    reason: str


Values = Mapping[tuple[str, str], Mapping[str, Reported]]
"""Reported values by (enrolment, indicator), then by occasion."""


def reported_values(paths: ProjectPaths, enrolment_id: str | None = None) -> Values:
    """Return the reported values in the published data; empty if no data is published.

    Args:
        paths: The paths of the programme.
        enrolment_id: The enrolment whose values are read; None for all.
    """
    is_wanted = sa.true() if enrolment_id is None else _OBSERVATIONS.c.enrolment_id == enrolment_id
    try:
        _, rows = read(paths, as_text(_IN_ORDER.where(is_wanted)), is_ours=True)
    except EssaimError:
        return {}
    return _by_enrolment(rows)


def reported_in(warehouse: Warehouse) -> Values:
    """Return the reported values in the warehouse as of its last build; empty if the view does not exist."""
    return _by_enrolment(warehouse.execute(_IN_ORDER)) if is_built(warehouse, _OBSERVATIONS) else {}


def _by_enrolment(rows: Iterable[Sequence[object]]) -> Values:
    values: dict[tuple[str, str], dict[str, Reported]] = defaultdict(dict)
    for enrolment_id, indicator_code, occasion_code, number, text, reason in rows:
        reported = Reported(
            None if number is None else float(str(number)),
            None if text is None else str(text),
            _REASON_CODES.get(str(reason), ""),
        )
        if reported.number is not None or reported.text is not None or reported.reason:
            values[str(enrolment_id), str(indicator_code)][str(occasion_code)] = reported
    return values
