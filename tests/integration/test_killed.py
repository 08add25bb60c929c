"""Test that a killed and repeated collection leaves the same warehouse as an undisturbed one."""

from pathlib import Path
from typing import Any

import duckdb
import pytest
from running import AS_OF, Demo, demonstration_state, essaim, kill_at, served
from tables import all_tables, letters

from schemas.settings import ProjectPaths

MOMENTS: list[tuple[str, float | str]] = [
    ("Planned", 0.0),
    ("Fetched", 0.0),
    ("Read the inbox", 0.0),
    ("Checking", 0.3),
    ("Loaded 81 new responses", 0.0),
    ("Loaded 45 new responses", 0.0),
    ("Loaded 32 new responses", 0.4),
    ("Building the views", 0.0),
    ("Building the views", "marts/fct_observation"),
    ("Wrote", 0.0),
]


def test_a_collection_killed_at_ten_moments_leaves_the_tables_of_an_undisturbed_one(
    demo: Demo,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """Kill ten runs, each a little later than the last, then let one run finish."""
    folder = demo.copy(with_results=False)
    with served(monkeypatch, demonstration_state()):
        for milestone, later in MOMENTS:
            kill_at(folder, milestone, later)
            assert half_loaded(folder) == []
        ran = essaim(capsys, "collect", "--programme", str(folder), "--as-of", str(AS_OF))
    assert ran.code == 3, ran.err
    assert all_tables(folder) == all_tables(demo.folder)
    assert letters(folder) == letters(demo.folder)
    with duckdb.connect(str(ProjectPaths(folder).warehouse), read_only=True) as connection:
        ended = connection.execute("select outcome from ops.runs order by started_at").fetchall()
    *killed, at_the_end, last = [outcome for (outcome,) in ended]
    assert killed == ["interrupted"] * (len(MOMENTS) - 1)
    # The work left after the mails are written may take less time than the delivery of the signal.
    assert at_the_end in ("interrupted", "done")
    assert last == "done"


def half_loaded(folder: Path) -> list[tuple[Any, ...]]:
    """List the returns without their receipt, and those without any answer or finding."""
    with duckdb.connect(str(ProjectPaths(folder).warehouse), read_only=True) as connection:
        return connection.execute(
            "select return_id from raw.returns where receipt_id not in (select receipt_id from ops.receipts) "
            "or (return_id not in (select return_id from raw.answers union select return_id from raw.row_answers) "
            "and return_id not in (select return_id from raw.findings))"
        ).fetchall()
