"""Missing returns: looks once more where something is owed, then tells the evaluators what is missing.

It looks first, because a return that came in since the last collection must not be called missing.
"""

from datetime import date
from pathlib import Path

from prefect import State, flow

from flows.artifacts import programme_folder, run_name, shown
from flows.collect import collect_missing_returns
from schemas.settings import ProjectPaths


@flow(name="missing returns", flow_run_name=run_name, persist_result=False, timeout_seconds=2 * 3600)
def missing_returns(programme: Path | None = None, as_of: date | None = None) -> State:
    """Check for missing returns and alert the evaluators.

    Args:
        programme: The programme folder; the one that ESSAIM_PROGRAMME names by default.
        as_of: The day to take as today, in the programme's time zone; the present day by default.
    """
    paths = ProjectPaths(programme_folder(programme))
    return shown(collect_missing_returns(paths, as_of), paths)
