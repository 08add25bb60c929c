"""The chase: who is told what, decided and recorded in one transaction, sent from the ledger."""

from tasks.alerts.deciding import Alert, alerts_due, new_digests
from tasks.alerts.delivering import Delivery, Digest, Send, Sent, deliver_messages, settle_overtaken
from tasks.alerts.mail import digest, mails_to, write_mail
from tasks.alerts.recipients import LEAD, Recipient, recipients
from tasks.alerts.steps import step_reached

__all__ = [
    "LEAD",
    "Alert",
    "Delivery",
    "Digest",
    "Recipient",
    "Send",
    "Sent",
    "alerts_due",
    "deliver_messages",
    "digest",
    "mails_to",
    "new_digests",
    "recipients",
    "settle_overtaken",
    "step_reached",
    "write_mail",
]
