"""Show a run in Prefect's pages: its name, its returns and how it ended. No person is named there."""

from dataclasses import asdict
from datetime import UTC, date, datetime
from pathlib import Path
from urllib.parse import quote

from prefect import State
from prefect.artifacts import create_markdown_artifact, create_table_artifact
from prefect.runtime import flow_run
from prefect.states import Completed

from flows.collect import CollectionResult
from flows.events import emit_return_events
from schemas.errors import EssaimError
from schemas.settings import Environment, ProjectPaths
from tasks.i18n import counted
from tasks.programme import read_programme
from tasks.run import today


def programme_paths(programme: Path | None, environment: Environment) -> ProjectPaths:
    """Return the paths of the programme folder that a parameter names, else of the installation's."""
    return ProjectPaths(Path(programme) if programme else environment.programme)


def run_name() -> str:
    """Name a flow run by its quarter or week, where the flow has one, and by its day. Prefect calls this function."""
    parameters = flow_run.parameters
    day = parameters.get("as_of") or _present_day(parameters.get("programme"))
    if isinstance(day, str):
        day = date.fromisoformat(day)
    name = {
        "collection": f"collection of {day.year}-Q{(day.month + 2) // 3}, {day}",
        "late returns": f"late returns of {day.isocalendar().year}-W{day.isocalendar().week:02}, {day}",
    }.get(flow_run.flow_name or "", f"{flow_run.flow_name} of {day}")
    return f"{name} (dry run)" if parameters.get("dry_run") else name


def _present_day(programme: Path | None) -> date:
    try:
        return today(read_programme(programme_paths(programme, Environment()).folder))
    except EssaimError:
        # The run reads the folder again, and reports its mistakes.
        return datetime.now(UTC).date()


def show_collection(
    collected: CollectionResult, paths: ProjectPaths, environment: Environment, *, is_dry_run: bool = False
) -> State:
    """Create the artifacts of a collection and emit its events; a dry run emits none.

    Artifacts hold numbers, codes and states. Cells and answers are left out, because they may name a person;
    `essaim status` shows them.

    Returns:
        The final state of the flow run. Its message begins with what needs a person, if anything does; its name stays
        that of every completed run, so that filters by name find it.
    """
    if not is_dry_run:
        emit_return_events(collected.changes)
    create_table_artifact(
        [asdict(line) for line in collected.summary],
        key="returns",
        description=f"Returns due by {collected.as_of}, by innovation and state.",
    )
    create_markdown_artifact(
        _summary(collected, paths, environment), key="summary", description=f"The run of {collected.as_of}."
    )
    total = collected.summary[-1]
    received = total.received + total.late + total.nothing_to_report
    message = (
        f"{counted(total.expected, 'return')} due by {collected.as_of}: {received} received, "
        f"{total.missing} missing, {total.quarantined} quarantined, {total.unverifiable} could not be checked."
    )
    if left := _left(collected):
        sentence = f"A person is needed: {', '.join(left)}."
        create_markdown_artifact(
            "\n".join([sentence, "", f"To see all of it, run `essaim status --programme {paths.folder}`.", ""]),
            key="needs-a-person",
            description=f"What the run of {collected.as_of} left to a person.",
        )
        message = f"{sentence} {message}"
    return Completed(message=message, data=collected)


def _left(collected: CollectionResult) -> list[str]:
    """Return what no run can settle, counted."""
    things = (
        ("error to correct in returns", "errors to correct in returns", len(collected.quarantined)),
        ("source that could not be read", "sources that could not be read", len(collected.troubles)),
        ("survey that cannot be answered", "surveys that cannot be answered", len(collected.closed)),
        ("file or response not used", "files or responses not used", len(collected.notes)),
        ("correction not applied", "corrections not applied", len(collected.corrections)),
        ("contradicted decision", "contradicted decisions", len(collected.contradictions)),
        ("message permanently rejected", "messages permanently rejected", len(collected.undelivered)),
    )
    left = [f"{count} {one if count == 1 else several}" for one, several, count in things if count]
    still = collected.summary[-1].quarantined
    return left or ([f"{counted(still, 'return')} still to be corrected"] if collected.needs_a_person else [])


def _summary(collected: CollectionResult, paths: ProjectPaths, environment: Environment) -> str:
    counts = (
        ("versions of returns loaded", collected.loaded),
        ("errors of quarantined returns", len(collected.quarantined)),
        ("files and responses not used", len(collected.notes)),
        ("corrections not applied", len(collected.corrections)),
        ("contradicted decisions that there is nothing to report", len(collected.contradictions)),
        ("findings to be looked at", collected.to_look_at),
        ("messages sent or waiting", len(collected.mails)),
        ("messages permanently rejected", len(collected.undelivered)),
    )
    parts = [f"# Returns due by {collected.as_of}", "\n".join(f"- {what}: {count}" for what, count in counts)]
    if collected.troubles:
        parts.append("## Could not be read\n\n" + "\n".join(f"- {sentence}" for sentence in collected.troubles))
    if collected.closed:
        parts.append("## Cannot be answered\n\n" + "\n".join(f"- {sentence}" for sentence in collected.closed))
    if links := _links(collected, paths, environment.pages_url):
        parts.append("## To read\n\n" + "\n".join(f"- {link}" for link in links))
    return "\n\n".join(parts) + "\n"


def _links(collected: CollectionResult, paths: ProjectPaths, pages_url: str | None) -> list[str]:
    pages = (
        (f"Report of {collected.as_of}", collected.report),
        ("Checks of this run (Data Docs)", Path(collected.data_docs) if collected.data_docs else None),
    )
    return [link(label, file, paths, pages_url) for label, file in pages if file]


def link(label: str, file: Path, paths: ProjectPaths, pages_url: str | None) -> str:
    """Return a page below `var/` in Markdown: as a link if a server shows the pages, else as a path.

    Args:
        label: Text of the link.
        file: The page.
        paths: Where the programme's folders and files are.
        pages_url: Address under which `var/` is shown, if it is.
    """
    if pages_url is None:
        return f"{label}: `{file}`"
    return f"[{label}]({pages_url.rstrip('/')}/{quote(file.relative_to(paths.var).as_posix())})"
