"""The chase: which evaluator is told what, decided and recorded in one transaction, sent from the ledger."""

from tasks.alerts.adapting import digest_of
from tasks.alerts.deciding import Alert, alerts_due
from tasks.alerts.digest import Digest, DigestLine, ToMend
from tasks.alerts.mail import compose

__all__ = ["Alert", "Digest", "DigestLine", "ToMend", "alerts_due", "compose", "digest_of"]
