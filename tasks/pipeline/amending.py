"""Apply an edit of the programme folder to returns that were due already, as an amendment of the plan."""

from collections.abc import Collection

from tasks.pipeline.planning import load_folder, plan_and_differences, rows_to_state
from tasks.run import RunContext
from tasks.schedule.expected_returns import Effect
from tasks.schedule.plan_diff import PlanChange, plan_changes
from warehouse.amendments import record_amendments
from warehouse.connection import open_warehouse


def amend_plan(run: RunContext, *, reason: str, author: str, kept: Collection[str] = ()) -> list[PlanChange]:
    """Bring the plan in line with the programme folder, past due dates included, and record who decided it and why.

    The rows are known from the run's today on: views as of earlier days still show what was expected then.

    Args:
        run: The run.
        reason: Why the plan is amended.
        author: Who decided it.
        kept: Ids of the expected returns that stay as they were planned.

    Returns:
        The changes that needed acceptance, those that were kept included.
    """
    with open_warehouse(run.paths) as warehouse:
        known, found = plan_and_differences(warehouse, run)
        to_accept = [one for one in found if one.effect is Effect.TO_ACCEPT]
        changes = plan_changes(to_accept, run.as_of)
        sha256 = {one.expected_return_id: one.after["plan_sha256"] for one in to_accept}
        amendments = [
            {
                "expected_return_id": one.expected_return_id,
                "change": one.change.value,
                "is_kept": one.expected_return_id in kept,
                "plan_sha256": sha256[one.expected_return_id],
                "planned_before": one.before,
                "planned_after": one.after,
                "decided_on": run.as_of,
                "author": author,
                "reason": reason,
            }
            for one in changes
        ]
        planned = [one.after for one in found if one.effect is not Effect.STAYS and one.expected_return_id not in kept]
        planned += rows_to_state(known, run.programme, planned)
        # First the amendments: rows that do not state whether they are due after leaving go by the loaded programme.
        record_amendments(warehouse, planned, amendments, run.stamp)
        load_folder(warehouse, run, run.programme.without_ended(known.departures))
    return changes
