"""The task of every month that removes old originals: see `tasks/retention.py`."""

from pathlib import Path

from prefect import State, flow
from prefect.artifacts import create_markdown_artifact
from prefect.states import Completed

from flows.artifacts import programme_folder
from schemas.settings import ProjectPaths
from tasks.retention import remove_old_originals

_SHOWN = 500
"""How many lines a page shows."""


@flow(name="retention", flow_run_name="retention", persist_result=False, timeout_seconds=3600)
def retention(programme: Path | None = None, dry_run: bool = False) -> State:
    """Remove the originals that were kept for longer than the programme states.

    Args:
        programme: The programme folder; the one that ESSAIM_PROGRAMME names by default.
        dry_run: Say what would be removed, and remove nothing.
    """
    removed, sentence = remove_old_originals(ProjectPaths(programme_folder(programme)), dry_run=dry_run)
    shown = [f"- `{one.path}`, kept on {one.kept_on}, {one.byte_count} bytes" for one in removed[:_SHOWN]]
    more = [f"- and {len(removed) - _SHOWN} more, which the log names"] if len(removed) > _SHOWN else []
    lines = [f"# {sentence}", "", *shown, *more]
    create_markdown_artifact("\n".join(lines) + "\n", key="removed-originals", description=sentence)
    return Completed(message=sentence, data=removed)
