"""Decide the alerts of a run, record them in the ledger, and send the queued messages."""

from schemas.enums import Channel, MessageOutcome
from tasks.alerts import (
    AnyAlert,
    Sent,
    alerts_due,
    deliver_messages,
    new_digests,
    recipients,
    refused_in_words,
    settle_overtaken,
    target_alerts,
    that_can_be_settled,
    weekly_alerts,
)
from tasks.i18n import counted
from tasks.pipeline.notify import open_channels
from tasks.run import RunContext, progress
from warehouse.alerts import alert_history, dead_messages, record_messages, reported_targets, revive
from warehouse.connection import open_warehouse
from warehouse.loads import errors_of, unassigned_receipts
from warehouse.targets import target_progress
from warehouse.views import return_status


def alert_evaluators(run: RunContext, *, retry_refused: bool = False) -> list[Sent]:
    """Decide and record the alerts that are due, then send every queued message.

    Args:
        run: The run, planned, with its views built.
        retry_refused: Retry permanently rejected messages.

    Returns:
        The outcome of each message.
    """
    programme = run.programme
    people = recipients(programme, has_chats=run.environment.apprise_urls is not None)
    with open_warehouse(run.paths) as warehouse, open_channels(run, warehouse) as send:
        states = return_status(warehouse)
        of_returns = alerts_due(programme, states, run.as_of)
        to_correct = errors_of(warehouse, {alert.status.quarantined_return_id for alert in of_returns})
        of_targets = target_alerts(
            programme, target_progress(warehouse), states, reported_targets(warehouse), run.as_of
        )
        of_weeks = weekly_alerts(programme, states, alert_history(warehouse), run.as_of)
        alerts: list[AnyAlert] = [*that_can_be_settled(of_returns, to_correct), *of_targets, *of_weeks]
        if retry_refused:
            revive(warehouse)
        settled = settle_overtaken(warehouse, people, alerts)
        history = alert_history(warehouse)
        new = new_digests(programme, people, alerts, history, as_of=run.as_of, run_id=run.stamp.run_id)
        record_messages(warehouse, new.alerts, new.messages)
        sent = deliver_messages(
            warehouse,
            people,
            alerts,
            to_correct,
            as_of=run.as_of,
            send=send,
            unassigned=unassigned_receipts(warehouse),
        )
        warehouse.checkpoint()
    mails = sum(message.outcome is MessageOutcome.SENT and message.channel is Channel.MAIL for message in sent)
    progress.info("Wrote %s.", counted(mails, "mail"))
    return settled + sent


def undelivered_messages(run: RunContext) -> list[str]:
    """Return one sentence for each permanently rejected message."""
    with open_warehouse(run.paths) as warehouse:
        return [refused_in_words(message) for message in dead_messages(warehouse)]
