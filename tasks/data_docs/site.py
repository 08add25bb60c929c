"""Write the Data Docs of a run to `var/data_docs`: a folder for each run, and an index of the last runs."""

import json
import shutil
import tempfile
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from schemas.settings import ProjectPaths
from tasks.data_docs import pages
from tasks.run import RunContext
from tasks.validation.counts import Validated, together

KEPT_RUNS = 30
"""The number of runs whose pages are kept. Runs that checked nothing do not count."""

_INDEX = "index.html"


@dataclass(frozen=True, slots=True)
class DataDocs:
    """The Data Docs of a run.

    Attributes:
        page: The path of their index; None where the run checked nothing, or the pages could not be written.
        notes: Sentences for the user.
    """

    page: str | None = None
    notes: tuple[str, ...] = ()


def write_data_docs(run: RunContext) -> DataDocs:
    """Write the Data Docs of a run, if it checked something. An error becomes a note and never fails the run."""
    if run.is_rehearsal or not run.validated:
        return DataDocs()
    try:
        page = write_pages(run.paths, run.stamp.run_id, f"{run.stamp.loaded_at.isoformat()}Z", run.validated)
    except Exception as error:  # noqa: BLE001 the pages are written after the load, which no error here may fail
        # The message of the error could quote an answer.
        reason = (isinstance(error, OSError) and error.strerror) or type(error).__name__
        return DataDocs(
            notes=(
                f"The Data Docs of this run could not be written to {run.paths.data_docs} ({reason}). The collected "
                "data is complete without them. Check the folder's rights and the free space on its disk.",
            )
        )
    return DataDocs(str(page))


def write_pages(paths: ProjectPaths, run_id: str, run_time: str, validated: Sequence[Validated]) -> Path:
    """Write the pages of one run and the index of all runs, and remove the pages of old runs.

    Args:
        paths: The paths of the project.
        run_id: The run.
        run_time: When the run loaded, in ISO 8601 and UTC.
        validated: The counts; several of one instrument version are added up.

    Returns:
        The index of the run.
    """
    site = paths.data_docs
    site.mkdir(parents=True, exist_ok=True)
    # An interrupted run leaves its unfinished folder.
    for leftover in site.glob(".*"):
        shutil.rmtree(leftover, ignore_errors=True)
    with tempfile.TemporaryDirectory(prefix=".", dir=site, ignore_cleanup_errors=True) as unfinished:
        folder = Path(unfinished) / run_id
        folder.mkdir()
        for suite in together(validated):
            page = pages.page_of(suite, run_id=run_id, run_time=run_time)
            (folder / f"{page.name}.html").write_text(page.html, encoding="utf-8")
            result = json.dumps(page.result, indent=1, ensure_ascii=False)
            (folder / f"{page.name}.json").write_text(result, encoding="utf-8")
        _write_index(folder, f"Data Docs of {run_id}", [_summary(folder, "")])
        shutil.rmtree(site / run_id, ignore_errors=True)
        folder.rename(site / run_id)
    _write_index(site, "Data Docs", _kept_runs(site))
    return site / run_id / _INDEX


def _kept_runs(site: Path) -> list[dict[str, Any]]:
    """Return the summaries of the last runs, the newest first, and remove the pages of older runs."""
    folders = [folder for folder in site.iterdir() if folder.is_dir() and not folder.name.startswith(".")]
    runs = sorted((_summary(folder, f"{folder.name}/") for folder in folders), key=_by_time, reverse=True)
    for old in runs[KEPT_RUNS:]:
        shutil.rmtree(site / old["run_id"])
    return runs[:KEPT_RUNS]


def _by_time(run: dict[str, Any]) -> tuple[str, str]:
    return run["run_time"], run["run_id"]


def _summary(folder: Path, path: str) -> dict[str, Any]:
    results = {file.stem: json.loads(file.read_text(encoding="utf-8")) for file in sorted(folder.glob("*.json"))}
    times: Iterable[str] = (result["meta"]["run_id"]["run_time"] for result in results.values())
    return {
        "run_id": folder.name,
        "run_time": next(iter(times), ""),
        "suites": [
            {
                "name": result["suite_name"],
                "href": f"{path}{name}.html",
                "returns": result["meta"]["returns"],
                "evaluated": result["statistics"]["evaluated_expectations"],
                "failed": result["statistics"]["unsuccessful_expectations"],
                "found_while_reading": result["meta"]["found_while_reading"],
            }
            for name, result in results.items()
        ],
    }


def _write_index(folder: Path, title: str, runs: Sequence[dict[str, Any]]) -> None:
    unfinished = folder / f".{_INDEX}"
    unfinished.write_text(pages.index(title, runs), encoding="utf-8")
    unfinished.replace(folder / _INDEX)
