"""Alerts: decide who is alerted of which return and target, record the alerts in the ledger, and send the messages."""

from tasks.alerts.adapting import digest_of
from tasks.alerts.deciding import Alert, AnyAlert, alerts_due, new_digests, that_can_be_settled
from tasks.alerts.delivering import Outgoing, Send, Sent, deliver_messages, settle_overtaken
from tasks.alerts.digest import Digest, DigestLine, ToCorrect
from tasks.alerts.listing import latest_report_address
from tasks.alerts.mail import compose, compose_to_structure, compose_weekly
from tasks.alerts.recipients import LEAD, WEEKLY, Recipient, recipients
from tasks.alerts.steps import step_reached
from tasks.alerts.structure_letter import AskedReturn, Attachment, StructureMail
from tasks.alerts.targets import TargetAlert, target_alerts
from tasks.alerts.to_structures import errors_of_sender
from tasks.alerts.undelivered import refused_in_words, waits_in_words
from tasks.alerts.weekly import WeeklyAlert, weekly_alerts, weekly_page

__all__ = [
    "LEAD",
    "WEEKLY",
    "Alert",
    "AnyAlert",
    "AskedReturn",
    "Attachment",
    "Digest",
    "DigestLine",
    "Outgoing",
    "Recipient",
    "Send",
    "Sent",
    "StructureMail",
    "TargetAlert",
    "ToCorrect",
    "WeeklyAlert",
    "alerts_due",
    "compose",
    "compose_to_structure",
    "compose_weekly",
    "deliver_messages",
    "digest_of",
    "errors_of_sender",
    "latest_report_address",
    "new_digests",
    "recipients",
    "refused_in_words",
    "settle_overtaken",
    "step_reached",
    "target_alerts",
    "that_can_be_settled",
    "waits_in_words",
    "weekly_alerts",
    "weekly_page",
]
