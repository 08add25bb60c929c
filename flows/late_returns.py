"""Late returns: what came in or was changed since, from the sources where something changed. Nobody is alerted."""

from datetime import date
from pathlib import Path

from prefect import State, flow

from flows.artifacts import programme_folder, run_name, shown
from flows.collect import collect_late_returns
from schemas.settings import ProjectPaths


@flow(name="late returns", flow_run_name=run_name, persist_result=False, timeout_seconds=3 * 3600)
def late_returns(programme: Path | None = None, as_of: date | None = None) -> State:
    """Collect late returns.

    Args:
        programme: The programme folder; the one that ESSAIM_PROGRAMME names by default.
        as_of: The day to take as today, in the programme's time zone; the present day by default.
    """
    paths = ProjectPaths(programme_folder(programme))
    return shown(collect_late_returns(paths, as_of), paths)
