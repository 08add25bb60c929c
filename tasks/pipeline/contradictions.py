"""Word the decisions that there is nothing to report which a return contradicts."""

from tasks.run import RunContext
from warehouse.connection import open_warehouse
from warehouse.contradictions import ContradictedDecision, contradicted_decisions


def contradictions(run: RunContext) -> dict[str, str]:
    """Return a sentence for each contradicted decision by the last build of the views, by expected return."""
    with open_warehouse(run.paths) as warehouse:
        return {one.expected_return_id: in_words(one) for one in contradicted_decisions(warehouse)}


def in_words(one: ContradictedDecision) -> str:
    """Word a contradicted decision, and the remedy."""
    return (
        f"{one.expected_return_id}: its return counts and gives something, where {one.author} decided on "
        f"{one.decided_on} that there is nothing to report ({one.reason}). If the return is right, take the decision "
        f"back with essaim nothing {one.expected_return_id} --undo --reason …; otherwise have the structure correct "
        "the return."
    )
