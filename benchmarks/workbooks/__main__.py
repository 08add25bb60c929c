"""Read one large workbook with all candidates: `python -m benchmarks.workbooks [ROWS]`."""

import argparse
import json
import os
import platform
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path

from benchmarks.workbooks.candidates import CANDIDATES, COLUMNS
from benchmarks.workbooks.workbook import write_workbook

ROOT = Path(__file__).parents[2]


def main() -> None:
    """Run each candidate several times in turn, and print a table of ratios as Markdown."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.workbooks", description=__doc__)
    parser.add_argument("rows", nargs="?", type=int, default=20_000)
    parser.add_argument(
        "--times", type=int, default=5, help="runs per candidate; the one with the least CPU time counts"
    )
    chosen = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "workbook.xlsx"
        write_workbook(path, chosen.rows)
        runs = [{name: _run(name, path) for name in CANDIDATES} for _ in range(chosen.times)]
    fastest = {name: min((run[name] for run in runs), key=lambda run: run["processor_seconds"]) for name in CANDIDATES}
    sys.stdout.write("\n".join(_table(fastest, chosen.rows)) + "\n")


def _run(name: str, path: Path) -> dict:
    sys.stderr.write(f"{name} …\n")
    ran = subprocess.run(
        [sys.executable, "-m", "benchmarks.workbooks.candidates", name, str(path)],
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    if ran.returncode:
        sys.exit(f"{name} failed:\n{ran.stderr}")
    return json.loads(ran.stdout)


def _table(fastest: dict[str, dict], rows: int) -> Iterator[str]:
    alone = fastest["calamine"]["processor_seconds"]
    packages = ", ".join(f"{name} {version(name)}" for name in ("python-calamine", "pandas", "pyarrow"))
    yield f"## A workbook of {rows:,} rows × {COLUMNS} columns, {datetime.now(UTC):%Y-%m-%d}"
    yield ""
    yield f"{os.cpu_count()} cores, {platform.machine()}, Python {platform.python_version()}; {packages}."
    yield f"Load average at the end: {os.getloadavg()[0]:.1f}. Best CPU time of each candidate."
    yield ""
    yield "| candidate | cells | seconds | CPU seconds | CPU seconds ÷ calamine alone |"
    yield "|---|---:|---:|---:|---:|"
    for name, run in fastest.items():
        used = run["processor_seconds"]
        yield f"| {name} | {run['cells']:,} | {run['seconds']:.2f} | {used:.2f} | {used / alone:.2f} |"


if __name__ == "__main__":
    main()
