"""A small programme whose survey is shared by two occasions, and what became of the responses to it."""

from collections.abc import Generator, Mapping
from contextlib import contextmanager
from datetime import date
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from small_programme import Small, small_programme

from schemas.enums import DecisionKind
from schemas.settings import Environment
from tasks.decisions import Decision, decide
from tasks.programme import read_programme
from tasks.run import recorded_run
from warehouse.connection import open_warehouse

OCCASIONS = {"M03": 3, "M06": 6}
"""M03 opens on 31 August 2025 and is on time until 15 October; M06 opens on 30 November, until 14 January 2026."""
IN_M03, IN_M06 = "2025-09-20 10:00:00", "2025-12-03 10:00:00"
OCTOBER, MARCH = date(2025, 10, 20), date(2026, 3, 31)


@contextmanager
def shared(
    monkeypatch: pytest.MonkeyPatch,
    folder: Path,
    *,
    page_size: int = 1000,
    left: Mapping[str, str] | None = None,
    **join: Any,
) -> Generator[Small]:
    """Open a small programme with two structures, whose survey is that of M03 and of M06."""
    with small_programme(
        monkeypatch, folder, structures=("STR1", "STR2"), occasions=OCCASIONS, join=join, page_size=page_size, left=left
    ) as small:
        yield small


def add_participant(small: Small, token: str, occasion: str, cohort: str = "C-1") -> None:
    """Add a participant for an occasion. The first four characters of the token are the code of its structure."""
    attributes = {"attribute_1": token[:4], "attribute_2": cohort, "attribute_3": occasion}
    small.survey.add_participant(token=token, attributes=attributes)


def rows(small: Small, query: str) -> list[tuple[Any, ...]]:
    """Return the rows of a query on the warehouse, whichever engine it uses."""
    with open_warehouse(small.paths) as warehouse:
        return [tuple(row) for row in warehouse.execute(sa.text(query))]


def placed(small: Small) -> list[tuple[Any, ...]]:
    """Return the versions in the warehouse: response, occasion and outcome."""
    return rows(
        small,
        "select sequence, split_part(expected_return_id, '/', 3), outcome from raw.returns "
        "order by loaded_at, sequence, expected_return_id",
    )


def states(small: Small) -> list[str]:
    """Return the states of M03 and M06 of the first structure, then of the second one."""
    found = dict(rows(small, "select expected_return_id, state from analytics.return_status"))
    return [found[f"C-1/{structure}/{occasion}/suivi"] for structure in ("STR1", "STR2") for occasion in OCCASIONS]


def decided(
    small: Small, kind: DecisionKind, subject: str, day: date | None = None, *, is_undone: bool = False
) -> None:
    """Record a decision, or undo it, as a command does."""
    with recorded_run(small.paths, read_programme(small.folder), Environment(), command=kind.value, as_of=MARCH) as run:
        decide(run, Decision(kind, day, "E", "invented", is_undone), [subject], {})
