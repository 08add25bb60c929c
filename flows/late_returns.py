"""Late returns: what came in or was changed since, from the sources where something changed. Nobody is alerted."""

from datetime import date
from pathlib import Path

from prefect import flow

from flows.collection import Collected, collect
from schemas.settings import Places


@flow(name="late returns", flow_run_name="late returns of {as_of}", persist_result=False)
def late_returns(programme: Path = Path(), as_of: date | None = None) -> Collected:
    """Collect late returns.

    Args:
        programme: The programme folder.
        as_of: The day to take as today, in the programme's time zone; the present day by default.
    """
    return collect(Places(programme), "late-returns", as_of, only_changed=True, alert=False)
