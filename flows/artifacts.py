"""What a person sees of a run in Prefect's pages: its name, its returns, how it ended. No person is named there."""

from dataclasses import asdict
from datetime import UTC, date, datetime
from pathlib import Path
from urllib.parse import quote

from prefect import State
from prefect.artifacts import create_markdown_artifact, create_table_artifact
from prefect.runtime import flow_run
from prefect.states import Completed

from flows.collect import CollectionResult
from flows.events import tell_of_returns
from schemas.errors import EssaimError
from schemas.settings import Environment, ProjectPaths
from tasks.programme import read_programme
from tasks.run import today


def programme_folder(programme: Path | None) -> Path:
    """The folder that a parameter names, else the one of this installation."""
    return Path(programme) if programme else Environment().programme


def run_name() -> str:
    """What a run is called: by its quarter where it is a quarter's, by its week or its day."""
    given = flow_run.parameters
    day = given.get("as_of") or _present_day(given.get("programme"))
    if isinstance(day, str):
        day = date.fromisoformat(day)
    name = {
        "collection": f"collection of {day.year}-Q{(day.month + 2) // 3}, {day}",
        "late returns": f"late returns of {day.isocalendar().year}-W{day.isocalendar().week:02}, {day}",
    }.get(flow_run.flow_name or "", f"{flow_run.flow_name} of {day}")
    return f"{name} (dry run)" if given.get("dry_run") else name


def _present_day(programme: Path | None) -> date:
    try:
        return today(read_programme(programme_folder(programme)))
    except EssaimError:
        # The run itself says what is wrong with the folder.
        return datetime.now(UTC).date()


def shown(collected: CollectionResult, paths: ProjectPaths, *, happened: bool = True) -> State:
    """Show how a collection ended, in numbers, codes and states, and in a state that says whether a person is needed.

    What it changed is told as events, unless it was only tried.

    What stood in a cell or an answer is not shown: it may name somebody. `essaim status` shows it.
    """
    if happened:
        tell_of_returns(collected.changes)
    create_table_artifact(
        [asdict(line) for line in collected.summary],
        key="returns",
        description=f"Returns due by {collected.as_of}, and what became of them.",
    )
    create_markdown_artifact(_summary(collected, paths), key="summary", description=f"The run of {collected.as_of}.")
    total = collected.summary[-1]
    message = (
        f"{total.expected} returns due by {collected.as_of}: {total.received + total.late} received, "
        f"{total.missing} missing, {total.quarantined} to be corrected, {total.unverifiable} could not be checked."
    )
    return Completed(
        name="Needs a person" if collected.needs_a_person else "Completed", message=message, data=collected
    )


def _summary(collected: CollectionResult, paths: ProjectPaths) -> str:
    counts = (
        ("versions of returns loaded", collected.loaded),
        ("errors to be corrected", len(collected.quarantined)),
        ("things that came in and were not used", len(collected.notes)),
        ("messages sent or waiting", len(collected.mails)),
        ("messages refused for good", len(collected.undelivered)),
    )
    parts = [f"# Returns due by {collected.as_of}", "\n".join(f"- {what}: {count}" for what, count in counts)]
    if collected.troubles:
        parts.append("## Could not be read\n\n" + "\n".join(f"- {sentence}" for sentence in collected.troubles))
    if pages := _pages(collected, paths):
        parts.append("## To read\n\n" + "\n".join(f"- {page}" for page in pages))
    if collected.needs_a_person:
        parts.append(f"`essaim status --programme {paths.folder}` says what needs a person.")
    return "\n\n".join(parts) + "\n"


def _pages(collected: CollectionResult, paths: ProjectPaths) -> list[str]:
    base = Environment().pages_url
    found = (
        (f"Report of {collected.as_of}", collected.report),
        ("What this run checked (Data Docs)", Path(collected.data_docs) if collected.data_docs else None),
    )
    return [link(label, file, paths, base) for label, file in found if file]


def link(label: str, file: Path, paths: ProjectPaths, base: str | None) -> str:
    """In Markdown: a link to a page below `var/`, where somebody shows it; else where the file is."""
    if base is None:
        return f"{label}: `{file}`"
    return f"[{label}]({base.rstrip('/')}/{quote(file.relative_to(paths.var).as_posix())})"
