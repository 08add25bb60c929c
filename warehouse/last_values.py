"""What structures have reported so far, read from what is published."""

from collections import defaultdict
from dataclasses import dataclass

import sqlalchemy as sa

from schemas.errors import EssaimError
from schemas.settings import Places
from warehouse.connection import as_text
from warehouse.published import read

_SAID = {"not_communicated": "nc", "not_evaluated": "ne"}
_COLUMNS = ("enrolment_id", "indicator_code", "occasion_code", "value_number", "value_text", "missing_reason")


@dataclass(frozen=True, slots=True)
class Reported:
    """A value, or the reason that was given instead (nc, ne); all empty where nothing was answered."""

    number: float | None
    text: str | None
    reason: str


def reported_values(places: Places) -> dict[tuple[str, str], dict[str, Reported]]:
    """By enrolment and indicator, what was reported at each occasion; nothing where no views were built yet."""
    observations = sa.table("fct_observation", *(sa.column(name) for name in _COLUMNS), schema="marts")
    statement = sa.select(observations).order_by(*(observations.c[name] for name in _COLUMNS[:3]))
    try:
        _, rows = read(places, as_text(statement), is_ours=True)
    except EssaimError:
        return {}
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
