"""The monthly deletion of old originals, as a Prefect flow: see `tasks/retention.py`."""

from pathlib import Path

from prefect import State, flow
from prefect.artifacts import create_markdown_artifact
from prefect.states import Completed

from flows.artifacts import programme_paths
from schemas.settings import Environment
from tasks.retention import remove_old_originals

_LISTED = 500
"""Highest number of originals that the artifact lists."""


@flow(name="deletion of originals", flow_run_name="deletion of originals", persist_result=False, timeout_seconds=3600)
def retention(programme: Path | None = None, dry_run: bool = False) -> State:
    """Delete the originals kept for longer than originals.keep_days in programme.yaml.

    Args:
        programme: Programme folder; the one in ESSAIM_PROGRAMME by default.
        dry_run: List the originals to delete, and delete none.
    """
    environment = Environment()
    paths = programme_paths(programme, environment)
    removed, sentence = remove_old_originals(paths, environment, dry_run=dry_run)
    lines = [
        f"- `{original.path}`, kept on {original.kept_on}, {original.byte_count} bytes"
        for original in removed[:_LISTED]
    ]
    if len(removed) > _LISTED:
        lines.append(f"- and {len(removed) - _LISTED} more, listed in the log")
    text = "\n".join([f"# {sentence}", "", *lines]) + "\n"
    create_markdown_artifact(text, key="removed-originals", description=sentence)
    return Completed(message=sentence, data=removed)
