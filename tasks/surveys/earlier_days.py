"""Keep what a later day decided out of a run as of an earlier day."""

import pyarrow as pa

from tasks.surveys.page_versions import PageVersions
from tasks.surveys.versions import VersionFinder
from warehouse.earlier_days import LaterKnowledge


def leave_for_later(versions: PageVersions, finder: VersionFinder, later: LaterKnowledge) -> None:
    """Leave the new versions of a page for a later run that belong to a later day than the run's today.

    A run as of a later day has read their responses. What this run finds otherwise happened since: a response that is
    assigned to another return, or an edit without a date. An answer with a date came on its day.

    Args:
        versions: The new versions.
        finder: What found them.
        later: What runs as of later days have found.
    """
    if not later.returns or not versions.new.num_rows:
        return
    columns = (versions.new.column(name) for name in ("response_id", "expected_return_id", "unplaced", "answered_at"))
    belongs: list[bool] = []
    for response_id, expected_return_id, unplaced, answered_at in zip(
        *(column.to_pylist() for column in columns), strict=True
    ):
        is_read_later = response_id in later.returns
        # A response of which it was not known which return it answers counts for none so far.
        answered = later.returns.get(response_id)
        is_moved = bool(answered) and (expected_return_id not in answered or unplaced is not None)
        belongs.append(not is_read_later or not (is_moved or answered_at == finder.found_at))
        if not belongs[-1]:
            versions.assigned.pop(response_id, None)
            versions.unplaced.pop(response_id, None)
    versions.new = versions.new.filter(pa.array(belongs, pa.bool_()))
    versions.later += belongs.count(False)
