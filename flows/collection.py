"""The collection of a quarter: everything that came in, the views, what is missing, the alerts."""

from datetime import date
from pathlib import Path

from prefect import State, flow

from flows.artifacts import programme_folder, run_name, shown
from flows.collect import collect_everything
from schemas.settings import ProjectPaths


@flow(name="collection", flow_run_name=run_name, persist_result=False, timeout_seconds=6 * 3600)
def collection(programme: Path | None = None, as_of: date | None = None, dry_run: bool = False) -> State:
    """Collect everything that came in.

    Args:
        programme: The programme folder; the one that ESSAIM_PROGRAMME names by default.
        as_of: The day to take as today, in the programme's time zone; the present day by default.
        dry_run: Do it all on a copy that is thrown away.
    """
    paths = ProjectPaths(programme_folder(programme))
    return shown(collect_everything(paths, as_of, dry_run=dry_run), paths, happened=not dry_run)
