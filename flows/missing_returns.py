"""Missing returns: looks once more where something is owed, then tells the evaluators what is missing.

It looks first, because a return that came in since the last collection must not be called missing.
"""

from datetime import date
from pathlib import Path

from prefect import flow

from flows.collection import Collected, collect
from schemas.settings import Places


@flow(name="missing returns", flow_run_name="missing returns of {as_of}", persist_result=False)
def missing_returns(programme: Path = Path(), as_of: date | None = None) -> Collected:
    """Check for missing returns and alert the evaluators.

    Args:
        programme: The programme folder.
        as_of: The day to take as today, in the programme's time zone; the present day by default.
    """
    return collect(Places(programme), "missing-returns", as_of, only_changed=True, only_outstanding=True)
