"""Run one step of the benchmark: `python -m benchmarks.views.measured STEP FOLDER STRUCTURES PARTICIPANTS`.

The output is JSON: wall seconds, CPU seconds of all threads and of the database server, the peak memory of this
process, and the result of the step.
"""

import argparse
import json
import os
import resource
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import date, timedelta
from pathlib import Path
from typing import Any

from benchmarks.views.filling import fill
from benchmarks.views.programme import programme, today
from benchmarks.views.statements import VIEWS, compared, reading, statement
from schemas.programme import Programme
from schemas.settings import Environment, ProjectPaths
from tasks.transform.dbt_build import (
    Node,
    build_views,
    connection_settings,
    dbt_runner,
    invoke_dbt,
    read_models,
    run_today,
)
from warehouse.address import warehouse_address
from warehouse.runs import last_instant_of

QUARTER = timedelta(days=91)
_STEPS = (
    "fill",
    "read the project",
    "fill quarter",
    "build",
    "build quarter",
    "build again",
    *VIEWS,
    *(f"view {view}" for view in VIEWS),
)
_TICKS = os.sysconf("SC_CLK_TCK")


def main() -> None:
    """Run one step and print its measurements."""
    parser = argparse.ArgumentParser()
    parser.add_argument("step", choices=_STEPS)
    parser.add_argument("folder", type=Path)
    parser.add_argument("structures", type=int)
    parser.add_argument("participants", type=int)
    parser.add_argument("--server", type=int, help="process id of the database's server")
    chosen = parser.parse_args()
    paths, large = ProjectPaths(chosen.folder), programme(chosen.structures)
    day = today()
    before = day - QUARTER
    if chosen.step.startswith(("build", "read", "view")):
        dbt_runner()
        from dbt.adapters import factory  # noqa: F401 exclude the imports of a build from the measurement
    if chosen.step in VIEWS:
        measured = _by_hand(paths, chosen.step, _statement(chosen.step, large, day), chosen.server)
    else:
        work = {
            "fill": lambda: fill(paths, large, chosen.participants, before),
            "fill quarter": lambda: fill(paths, large, chosen.participants, day, after=before),
            "read the project": lambda: _read(paths),
            "build": lambda: _build(paths, large, before),
            "build quarter": lambda: _build(paths, large, day),
            "build again": lambda: _build(paths, large, day),
        }.get(chosen.step, lambda: _build_one(paths, large, day, chosen.step.removeprefix("view ")))
        measured = _measured(work, chosen.server)
    sys.stdout.write(json.dumps(measured) + "\n")


def _measured(work: Callable[[], object], server: int | None) -> dict:
    began, cpu_began = time.perf_counter(), _cpu_seconds(server)
    found = work()
    return {
        "seconds": time.perf_counter() - began,
        "cpu_seconds": _cpu_seconds(server) - cpu_began,
        "peak_mb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024,
        "found": found,
    }


def _cpu_seconds(server: int | None) -> float:
    """Return the CPU seconds of this process, and of the server with its running and ended child processes."""
    ended = os.times()
    mine = time.process_time() + ended.children_user + ended.children_system
    if server is None:
        return mine
    others = sum(_ticks(server)[1])
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            parent, ticks = _ticks(int(folder.name))
        except OSError:
            continue  # the process has ended
        if parent == server:
            others += sum(ticks)
    return mine + others / _TICKS


def _ticks(process: int) -> tuple[int, list[int]]:
    fields = Path(f"/proc/{process}/stat").read_text(encoding="utf-8").rpartition(")")[2].split()
    return int(fields[1]), [int(field) for field in fields[11:15]]


def _read(paths: ProjectPaths) -> None:
    """Parse the models, which are kept for the builds."""
    with connection_settings(paths, Environment()):
        read_models(paths)


def _build(paths: ProjectPaths, large: Programme, day: date) -> dict[str, float]:
    """Build all views and return the total seconds by kind of node; nodes run in parallel."""
    seconds: dict[str, float] = {}

    def observe(node: Node) -> None:
        seconds[node.kind] = seconds.get(node.kind, 0.0) + node.seconds

    build_views(paths, Environment(), as_of=day, known_by=last_instant_of(day, large.zone), observe=observe)
    return seconds


def _build_one(paths: ProjectPaths, large: Programme, day: date, view: str) -> None:
    """Build a view and its upstream models, without tests."""
    with run_today(day, last_instant_of(day, large.zone)):
        answer = invoke_dbt(paths, Environment(), "run", "--full-refresh", "--select", f"+{view}")
    if not answer.success:
        sys.exit(f"{view} could not be built: {answer.exception or answer.result}")


def _statement(view: str, large: Programme, day: date) -> str:
    return statement(view, day.isoformat(), last_instant_of(day, large.zone).isoformat(sep=" "))


def _by_hand(paths: ProjectPaths, view: str, text: str, server: int | None) -> dict:
    """Compare the rows of a hand-written statement with those of the view.

    Returns:
        The measurements of the statement, the number of equal rows, and the CPU seconds of reading the view, during
        which a view that is not a table does its work.
    """
    with _connected(paths) as execute:
        measured = _measured(lambda: execute(f"create temporary table by_hand as {text}"), server)
        read = _measured(lambda: execute(f"create temporary table of_view as {reading(view)}"), server)
        hand, ours = compared(view, "by_hand"), compared(view, "of_view")
        counts = [
            f"select count(*) from ({hand} except all {ours}) as differing",
            f"select count(*) from ({ours} except all {hand}) as differing",
            "select count(*) from by_hand",
        ]
        found = [execute(count).fetchall()[0][0] for count in counts]
    if any(found[:2]):
        sys.exit(f"{view} differs: {found[0]} rows are only in the statement, {found[1]} only in the view.")
    return measured | {"found": found[2], "read_cpu_seconds": read["cpu_seconds"]}


@contextmanager
def _connected(paths: ProjectPaths) -> Iterator[Callable[[str], Any]]:
    address = warehouse_address(paths)
    if address is None:
        import duckdb

        with duckdb.connect(str(paths.warehouse)) as connection:
            yield connection.execute
        return
    from warehouse.database import connect

    with connect(address) as connection:
        yield lambda text: connection.execute(text.encode())


if __name__ == "__main__":
    main()
