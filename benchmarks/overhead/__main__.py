"""Measure the overhead of Prefect per command and per survey or file: `python -m benchmarks.overhead [STEPS]`.

The steps do nothing and are wrapped like those of a collection, so their duration is the cost of the wrapper.
"""

import os
import platform
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from importlib.metadata import version
from pathlib import Path

from flows.cli.prefect_server import OFFLINE, own_server
from schemas.settings import ProjectPaths

_TIMES = 3


def main() -> None:
    """Run each variant several times in turn, and print the medians as Markdown."""
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 50
    with tempfile.TemporaryDirectory() as folder:
        home = {"HOME": folder, "PREFECT_HOME": f"{folder}/prefect", "PREFECT_LOGGING_LEVEL": "CRITICAL", **OFFLINE}
        without = {**os.environ, **home}
        without.pop("PREFECT_API_URL", None)
        fresh = _run("plain", 0, without)
        with own_server(ProjectPaths(Path(folder)), 0) as url:
            served = {**without, "PREFECT_API_URL": url}
            measured: dict[str, list[dict[str, float]]] = {"plain": [], "no steps": [], "steps": []}
            for _ in range(_TIMES):
                measured["plain"].append(_run("plain", count, without))
                measured["no steps"].append(_run("flow", 0, served))
                measured["steps"].append(_run("flow", count, served))
    sys.stdout.write("\n".join(_table(count, fresh, measured)) + "\n")


def _run(how: str, count: int, environment: dict[str, str]) -> dict[str, float]:
    sys.stderr.write(f"{how} {count} …\n")
    started = time.perf_counter()
    ran = subprocess.run(
        [sys.executable, "-m", "benchmarks.overhead.steps", how, str(count)],
        env=environment,
        capture_output=True,
        text=True,
        check=True,
    )
    whole = time.perf_counter() - started
    return {"whole": whole, "steps": float(ran.stdout.splitlines()[-1])}


def _table(count: int, fresh: dict[str, float], measured: dict[str, list[dict[str, float]]]) -> Iterator[str]:
    def median(name: str, part: str) -> float:
        return statistics.median(run[part] for run in measured[name])

    plain = median("plain", "whole")
    machine = f"{os.cpu_count()} cores, {platform.machine()}, Python {platform.python_version()}"
    yield f"## Overhead of Prefect: {count} steps, median of {_TIMES} runs"
    yield ""
    yield f"{machine}, Prefect {version('prefect')}."
    yield ""
    yield "| run | whole process, s | each step, ms | whole ÷ without a server |"
    yield "|---|---:|---:|---:|"
    yield f"| without a server, in a fresh home | {fresh['whole']:.1f} | – | {fresh['whole'] / plain:.2f} |"
    for name, what, steps in (
        ("plain", "without a server", count),
        ("no steps", "a flow of a server, no steps", 0),
        ("steps", "a flow of a server", count),
    ):
        each = f"{1000 * median(name, 'steps') / steps:.1f}" if steps else "–"
        whole = median(name, "whole")
        yield f"| {what} | {whole:.1f} | {each} | {whole / plain:.2f} |"


if __name__ == "__main__":
    main()
