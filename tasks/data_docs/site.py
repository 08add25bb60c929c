"""Where Data Docs lie: `var/data_docs`, a folder a run, for so many runs."""

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
"""Of so many runs that checked something, the last ones, the pages are kept."""

_INDEX = "index.html"


def page_of_run(paths: ProjectPaths, run_id: str) -> Path | None:
    """The page that names what a run checked and links to it; None where the run checked nothing."""
    page = paths.data_docs / run_id / _INDEX
    return page if page.exists() else None


@dataclass(frozen=True, slots=True)
class DataDocs:
    """Where the Data Docs of a run begin, where there are any, and sentences for a person."""

    page: str | None = None
    notes: tuple[str, ...] = ()


def write_data_docs(run: RunContext) -> DataDocs:
    """Write what the checks of a run counted; nothing where it checked nothing. What it collected never fails by it."""
    if run.is_rehearsal or not run.validated:
        return DataDocs()
    try:
        page = write_pages(run.paths, run.stamp.run_id, f"{run.stamp.loaded_at.isoformat()}Z", run.validated)
    except Exception as error:  # noqa: BLE001 whatever a page is not written for, what was collected is loaded
        # Its own words could quote what is on the pages.
        why = (isinstance(error, OSError) and error.strerror) or type(error).__name__
        return DataDocs(
            notes=(
                f"The Data Docs of this run could not be written to {run.paths.data_docs} ({why}). What was collected "
                "is complete without them. Check the folder's rights and the room on its disk.",
            )
        )
    return DataDocs(str(page))


def write_pages(paths: ProjectPaths, run_id: str, run_time: str, validated: Sequence[Validated]) -> Path:
    """Write the pages of one run and the index of all, and remove those of old runs. The index of the run."""
    site = paths.data_docs
    site.mkdir(parents=True, exist_ok=True)
    # A run that was killed while it wrote leaves a folder that is none of the runs.
    for left in site.glob(".*"):
        shutil.rmtree(left, ignore_errors=True)
    with tempfile.TemporaryDirectory(prefix=".", dir=site, ignore_cleanup_errors=True) as unfinished:
        folder = Path(unfinished) / run_id
        folder.mkdir()
        for one in together(validated):
            page = pages.page_of(one, run_id=run_id, run_time=run_time)
            (folder / f"{page.name}.html").write_text(page.html, encoding="utf-8")
            told = json.dumps(page.result, indent=1, ensure_ascii=False)
            (folder / f"{page.name}.json").write_text(told, encoding="utf-8")
        _write_index(folder, f"Data Docs of {run_id}", [_summary(folder, "")])
        shutil.rmtree(site / run_id, ignore_errors=True)
        folder.rename(site / run_id)
    _write_index(site, "Data Docs", _kept_runs(site))
    return site / run_id / _INDEX


def _kept_runs(site: Path) -> list[dict[str, Any]]:
    """The last runs, the newest first. The pages of older ones are removed."""
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
