"""One step of the benchmark, in a process of its own: `python -m benchmarks.views.measured`.

What is printed is JSON: seconds by the clock, and of the processors in all threads, of the database's server too; the
peak of this process's memory; and what the step found.
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
from benchmarks.views.statements import COMPARED, statement
from schemas.programme import Programme
from schemas.settings import Places
from tasks.transform import PROJECT, Node, build_views, connection_settings, dbt_runner, target
from warehouse.address import warehouse_address
from warehouse.runs import last_instant_of

QUARTER = timedelta(days=91)
_STEPS = (
    "fill",
    "read the project",
    "fill quarter",
    "build",
    "build quarter",
    *COMPARED,
    *(f"view {view}" for view in COMPARED),
)
_TICKS = os.sysconf("SC_CLK_TCK")


def main() -> None:
    """Do one step and print what it took."""
    parser = argparse.ArgumentParser()
    parser.add_argument("step", choices=_STEPS)
    parser.add_argument("folder", type=Path)
    parser.add_argument("structures", type=int)
    parser.add_argument("participants", type=int)
    parser.add_argument("--server", type=int, help="process id of the database's server")
    chosen = parser.parse_args()
    places, large = Places(chosen.folder), programme(chosen.structures)
    day = today()
    before = day - QUARTER
    if chosen.step.startswith(("build", "read", "view")):
        dbt_runner()
        from dbt.adapters import factory  # noqa: F401 what a build imports is imported before the clock starts
    if chosen.step in COMPARED:
        told = _by_hand(places, chosen.step, _statement(chosen.step, large, day), chosen.server)
    else:
        work = {
            "fill": lambda: fill(places, large, chosen.participants, before),
            "fill quarter": lambda: fill(places, large, chosen.participants, day, after=before),
            "read the project": lambda: _read(places),
            "build": lambda: _build(places, large, before),
            "build quarter": lambda: _build(places, large, day),
        }.get(chosen.step, lambda: _build_one(places, large, day, chosen.step.removeprefix("view ")))
        told = _measured(work, chosen.server)
    sys.stdout.write(json.dumps(told) + "\n")


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
    """Of this process, and of the server with all that it has started: what has ended, and what has not."""
    ended = os.times()
    mine = time.process_time() + ended.children_user + ended.children_system
    if server is None:
        return mine
    others = sum(_ticks(server)[1])
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            parent, ticks = _ticks(int(folder.name))
        except OSError:
            continue  # it has ended meanwhile
        if parent == server:
            others += sum(ticks)
    return mine + others / _TICKS


def _ticks(process: int) -> tuple[int, list[int]]:
    fields = Path(f"/proc/{process}/stat").read_text(encoding="utf-8").rpartition(")")[2].split()
    return int(fields[1]), [int(field) for field in fields[11:15]]


def _read(places: Places) -> None:
    """What dbt does once: it keeps what it has read of the project beside the warehouse."""
    with connection_settings(places):
        dbt_runner().invoke(["parse", "--target", target(places), *_where(places, "target")])


def _where(places: Places, folder: str) -> tuple[str, ...]:
    return (
        *("--project-dir", str(PROJECT), "--profiles-dir", str(PROJECT), "--quiet", "--log-level", "none"),
        *("--target-path", str(places.dbt / folder), "--log-path", str(places.dbt / "logs")),
    )


def _build(places: Places, large: Programme, day: date) -> dict[str, float]:
    """The full build. Seconds of its models and tests, side by side as they ran."""
    seconds: dict[str, float] = {}

    def observe(node: Node) -> None:
        seconds[node.kind] = seconds.get(node.kind, 0.0) + node.seconds

    build_views(places, as_of=day, known_by=last_instant_of(day, large.zone), observe=observe)
    return seconds


def _build_one(places: Places, large: Programme, day: date, view: str) -> None:
    """A view with everything that it is made of, without tests."""
    moment = {"as_of": day.isoformat(), "known_by": last_instant_of(day, large.zone).isoformat(sep=" ")}
    with connection_settings(places):
        answer = dbt_runner().invoke(
            [
                *("run", "--full-refresh", "--select", f"+{view}", "--target", target(places)),
                *("--vars", json.dumps(moment)),
                *_where(places, "one"),
            ]
        )
    if not answer.success:
        sys.exit(f"{view} could not be built: {answer.exception or answer.result}")


def _statement(view: str, large: Programme, day: date) -> str:
    return statement(view, day.isoformat(), last_instant_of(day, large.zone).isoformat(sep=" "))


def _by_hand(places: Places, view: str, text: str, server: int | None) -> dict:
    """Make a table of a statement, and hold it against the view. How many rows both have is found."""
    schema = "marts" if view.startswith("fct_") else "analytics"
    of_view = f"select {COMPARED[view]} from {schema}.{view}"
    differing = [f"select count(*) from ({one} except {other}) as differing" for one, other in (
        ("select * from by_hand", of_view), (of_view, "select * from by_hand"),
    )]  # fmt: skip
    with _connected(places) as execute:
        told = _measured(lambda: execute(f"create temporary table by_hand as {text}"), server)
        found = [execute(one).fetchall()[0][0] for one in (*differing, "select count(*) from by_hand")]
    if any(found[:2]):
        sys.exit(f"{view} and the statement differ: {found[0]} rows of the statement, {found[1]} of the view.")
    return told | {"found": found[2]}


@contextmanager
def _connected(places: Places) -> Iterator[Callable[[str], Any]]:
    address = warehouse_address(places)
    if address is None:
        import duckdb

        with duckdb.connect(str(places.warehouse)) as connection:
            yield connection.execute
        return
    from warehouse.database import connect

    with connect(address) as connection:
        yield lambda text: connection.execute(text.encode())


if __name__ == "__main__":
    main()
