"""Apply what the desk and the mailbox have received: decisions before the plan, files beside those of the inbox."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, date

from schemas.enums import DecisionKind, ReceiptOutcome
from schemas.errors import UsageError
from schemas.intake import ItemKind, ItemOutcome
from schemas.programme import Programme
from tasks.decisions import Decision, check_decision, decide, not_owed
from tasks.received import decision_of, file_name_of, file_of
from tasks.run import RunContext
from tasks.workbooks.inbox import InboxFile
from warehouse.connection import open_warehouse
from warehouse.intake import Item, holds_an_intake, open_intake, sealed_content, settle, waiting_items
from warehouse.known_plan import decisions_known, latest_plan
from warehouse.sendings import HeldReceipt


def apply_decisions(run: RunContext) -> list[str]:
    """Record the decisions that wait in the intake, those of days after the run's today excepted.

    Of several decisions of a kind about one return, the last counts: a run records one.

    Returns:
        A sentence for each decision that contradicts what is known by now, and was refused.
    """
    if run.is_rehearsal or not holds_an_intake(run.paths):
        return []
    with open_intake(run.paths) as intake:
        waiting = [
            item for item in waiting_items(intake, ItemKind.DECISION) if _day_of(item, run.programme) <= run.as_of
        ]
        last = {(decision_of(item).kind, item.subject_id): item for item in waiting}
        refused: list[str] = []
        for item in waiting:
            if last[decision_of(item).kind, item.subject_id] is not item:
                settle(intake, item.item_id, run.stamp.run_id, ItemOutcome.SUPERSEDED)
                continue
            try:
                _apply(run, decision_of(item), item)
            except UsageError as error:
                settle(intake, item.item_id, run.stamp.run_id, ItemOutcome.REFUSED, str(error))
                refused.append(f"A decision of {item.received_from} was not applied: {error}")
            else:
                settle(intake, item.item_id, run.stamp.run_id, ItemOutcome.APPLIED)
    return refused


def _apply(run: RunContext, decision: Decision, item: Item) -> None:
    """Record a decision.

    A run that was killed after it had recorded this decision and before it settled the item records nothing again.
    """
    with open_warehouse(run.paths) as warehouse:
        known = decisions_known(warehouse, decision.kind, run.stamp)
        planned = latest_plan(warehouse, run.stamp)
    if decision.is_undone and item.subject_id not in known.in_force:
        return
    decided_on = _day_of(item, run.programme)
    check_decision(decision, [item.subject_id], known, run.programme, decided_on, planned.planned)
    if not decision.is_undone and decision.kind is not DecisionKind.LEAVE:
        idle = not_owed([item.subject_id], planned, run.programme)
        if idle:
            raise UsageError(idle[item.subject_id])
    decide(run, decision, [item.subject_id], known.in_force, decided_on=decided_on)


def received_files(run: RunContext, receipts: Mapping[str, Sequence[HeldReceipt]]) -> Iterator[InboxFile]:
    """Land the files that wait in the intake and that the warehouse does not hold yet, and yield one after another.

    Args:
        run: The run.
        receipts: The receipts of the inbox that the warehouse holds, by file name.
    """
    if run.is_rehearsal or not holds_an_intake(run.paths):
        return
    with open_intake(run.paths) as intake:
        for item in waiting_items(intake, ItemKind.WORKBOOK):
            if _is_settled(item, receipts) or _day_of(item, run.programme) > run.as_of:
                continue
            sealed = sealed_content(intake, item.item_id)
            if sealed is not None:
                yield file_of(item, run.landing.unsealed(sealed), run.landing)


def settle_received(run: RunContext, receipts: Mapping[str, Sequence[HeldReceipt]]) -> None:
    """Settle the files of the intake of which the warehouse holds the receipts.

    Args:
        run: The run.
        receipts: The receipts of the inbox, by file name.
    """
    if run.is_rehearsal or not holds_an_intake(run.paths):
        return
    with open_intake(run.paths) as intake:
        for item in waiting_items(intake, ItemKind.WORKBOOK):
            if _is_settled(item, receipts):
                settle(intake, item.item_id, run.stamp.run_id, ItemOutcome.APPLIED)


def _is_settled(item: Item, receipts: Mapping[str, Sequence[HeldReceipt]]) -> bool:
    """Return whether the warehouse holds the return of a file. A file of no expected return waits, as in the inbox."""
    held = receipts.get(file_name_of(item), ())
    return any(receipt.outcome is not ReceiptOutcome.UNASSIGNED for receipt in held)


def _day_of(item: Item, programme: Programme) -> date:
    return item.received_at.replace(tzinfo=UTC).astimezone(programme.zone).date()
