"""Run all candidates on one simulated survey: `python -m benchmarks.surveys [RESPONSES]`."""

import argparse
import contextlib
import os
import platform
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path

from benchmarks.apart import ROOT, apart
from benchmarks.surveys.candidates import CANDIDATES
from benchmarks.surveys.programme import write_programme

_KINDS = ("seconds", "cpu_seconds")
_RATIOS = (
    ("dlt, Python objects", "at least 5"),
    ("dlt, Arrow", ""),
    ("citric + pandas to_sql", ""),
)


def main() -> None:
    """Run the benchmark and print a table of ratios as Markdown."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.surveys", description=__doc__)
    parser.add_argument("responses", nargs="?", type=int, default=20_000)
    parser.add_argument("--database", choices=("duckdb", "postgresql"), default="duckdb")
    parser.add_argument(
        "--without", action="append", default=[], choices=list(CANDIDATES), help="candidate to skip; can be repeated"
    )
    chosen = parser.parse_args()
    busy = os.getloadavg()[0]
    with (
        tempfile.TemporaryDirectory() as folder,
        _served(chosen.responses) as url,
        _database(chosen.database) as target,
    ):
        measured = {name: _run(name, url, target, Path(folder)) for name in CANDIDATES if name not in chosen.without}
    table = _table(measured, chosen.responses, chosen.database, (busy, os.getloadavg()[0]))
    sys.stdout.write("\n".join(table) + "\n")


@contextlib.contextmanager
def _served(responses: int) -> Iterator[str]:
    """Run the simulator in a separate process, which must not share time or memory with the candidates."""
    command = [sys.executable, "-m", "benchmarks.surveys.served", str(responses)]
    server = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, cwd=ROOT)
    try:
        assert server.stdout
        yield server.stdout.readline().strip()
    finally:
        server.communicate(timeout=60)


@contextlib.contextmanager
def _database(name: str) -> Iterator[str]:
    if name == "duckdb":
        yield ""
        return
    from tests.databases import postgresql

    with postgresql() as server:
        yield f"postgresql://postgres:none@127.0.0.1:{server.port}/postgres"


def _run(name: str, url: str, target: str, folder: Path) -> dict:
    place = folder / name.replace(" ", "_")
    place.mkdir()
    if name.startswith("essaim"):
        write_programme(place / "programme")
    if name == "bulk load":
        _prepare_bulk(folder / "essaim", place, target)
    return apart(name, "benchmarks.surveys.candidates", name, url, target, home=place)


def _prepare_bulk(essaim: Path, place: Path, target: str) -> None:
    """Export the rows that Essaim loaded to the fastest input format of the engine."""
    if target:
        import psycopg

        with psycopg.connect(target) as connection, connection.cursor() as cursor:
            for name in ("answers", "returns"):
                with (
                    (place / f"{name}.csv").open("wb") as file,
                    cursor.copy(f"copy raw.{name} to stdout (format csv)") as out,
                ):
                    for block in out:
                        file.write(block)
        return
    import duckdb

    with duckdb.connect(str(essaim / "programme" / "var" / "warehouse.duckdb"), read_only=True) as connection:
        connection.execute("set memory_limit = '1GB'")
        for name in ("answers", "returns"):
            connection.execute(f"copy raw.{name} to '{place / name}.parquet'").fetchall()


def _table(measured: dict[str, dict], responses: int, database: str, busy: tuple[float, float]) -> Iterator[str]:
    packages = ", ".join(f"{name} {version(name)}" for name in ("duckdb", "pyarrow", "citric", "dlt"))
    yield f"## {responses:,} responses × 54 answers into {database}, {datetime.now(UTC):%Y-%m-%d}"
    yield ""
    yield f"{os.cpu_count()} cores, {platform.machine()}, Python {platform.python_version()}; {packages}."
    yield f"Load average: {busy[0]:.1f} at the start, {busy[1]:.1f} at the end."
    yield ""
    yield "| candidate | rows | seconds | CPU seconds | of these, steps | peak MB |"
    yield "|---|---:|---:|---:|---|---:|"
    for name, result in measured.items():
        steps = ", ".join(f"{step} {seconds:.1f}" for step, seconds in result["cpu_seconds"].items())
        wall, cpu = _total(result, "seconds"), _total(result, "cpu_seconds")
        yield f"| {name} | {result['rows']:,} | {wall:.1f} | {cpu:.1f} | {steps} | {result['peak_mb']:,} |"
    yield ""
    yield "Time after the download (minus the time of `bytes only`):"
    yield ""
    yield "| ratio | wall time | CPU time | target |"
    yield "|---|---:|---:|---:|"
    for name, aim in _RATIOS:
        if name in measured and "bytes only" in measured:
            ratios = [_after(measured, name, kind) / _after(measured, "essaim", kind) for kind in _KINDS]
            yield f"| {name} ÷ Essaim | {ratios[0]:.2f} | {ratios[1]:.2f} | {aim} |"
    for name in ("essaim", "essaim, answers only"):
        if name in measured and "bulk load" in measured and "bytes only" in measured:
            ratios = [_after(measured, name, kind) / _total(measured["bulk load"], kind) for kind in _KINDS]
            yield f"| {name} ÷ bulk load | {ratios[0]:.2f} | {ratios[1]:.2f} | at most 2 |"
    again = [measured["essaim"][kind]["look again"] / _total(measured["essaim"], kind) for kind in _KINDS]
    yield f"| second fetch without changes ÷ first fetch | {again[0]:.3f} | {again[1]:.3f} | |"


def _after(measured: dict[str, dict], name: str, kind: str) -> float:
    without_bytes = name == "bulk load"
    return _total(measured[name], kind) - (0.0 if without_bytes else _total(measured["bytes only"], kind))


def _total(result: dict, kind: str) -> float:
    return sum(seconds for step, seconds in result[kind].items() if step not in ("look again", "plan"))


if __name__ == "__main__":
    main()
