"""The chase: which evaluator is told what, decided and recorded in one transaction, sent from the ledger."""

from tasks.alerts.deciding import Alert, alerts_due
from tasks.alerts.mail import digest, write_mail

__all__ = ["Alert", "alerts_due", "digest", "write_mail"]
