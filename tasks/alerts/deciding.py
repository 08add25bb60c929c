"""Which alerts are due: one for each expected return that needs its evaluator, each time that becomes true."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass
from datetime import date

from schemas.programme import Programme
from schemas.states import AlertKind, ReturnState
from tasks.readings import checksum
from warehouse.views import ReturnStatus

KINDS: dict[ReturnState, AlertKind] = {
    ReturnState.MISSING: AlertKind.MISSING,
    ReturnState.QUARANTINED: AlertKind.TO_BE_CORRECTED,
    ReturnState.UNVERIFIABLE: AlertKind.UNVERIFIABLE,
}
"""The states that an evaluator is told of. Nobody is chased for a return that could not be checked: it is only told."""


@dataclass(frozen=True, slots=True)
class Alert:
    """What one evaluator is to be told about one expected return. The same cause is one alert, for ever."""

    status: ReturnStatus
    kind: AlertKind
    cause: str
    evaluator_code: str

    @property
    def alert_id(self) -> str:
        """Identifier of the alert."""
        return checksum(self.status.expected_return_id, self.kind, self.cause, self.evaluator_code)


def alerts_due(programme: Programme, statuses: Iterable[ReturnStatus]) -> list[Alert]:
    """Everything that evaluators should know at present, told already or not."""
    followers: dict[str, list[str]] = defaultdict(list)
    for evaluator in programme.settings.evaluators:
        for innovation_code in evaluator.follows:
            followers[innovation_code].append(evaluator.code)
    return [
        Alert(status, KINDS[status.state], _cause(status), code)
        for status in statuses
        if status.state in KINDS
        for code in followers[status.innovation_code]
    ]


def new_alert_rows(
    alerts: Iterable[Alert], known: Collection[str], *, programme: str, as_of: date, run_id: str
) -> Iterator[dict[str, object]]:
    """The alerts that the ledger does not know, as its rows: those of one evaluator go into one digest."""
    new: dict[str, list[Alert]] = defaultdict(list)
    for alert in alerts:
        if alert.alert_id not in known:
            new[alert.evaluator_code].append(alert)
    for evaluator_code, group in new.items():
        digest_id = checksum(programme, evaluator_code, as_of.isoformat(), *sorted(a.alert_id for a in group))
        for alert in group:
            yield {
                "alert_id": alert.alert_id,
                "expected_return_id": alert.status.expected_return_id,
                "kind": alert.kind.value,
                "cause": alert.cause,
                "evaluator_code": evaluator_code,
                "message_id": f"<{digest_id[:32]}@{programme}.essaim>",
                "decided_on": as_of,
                "run_id": run_id,
            }


def _cause(status: ReturnStatus) -> str:
    if status.state is ReturnState.QUARANTINED:
        return status.quarantined_return_id or ""
    if status.state is ReturnState.UNVERIFIABLE:
        return f"{status.source_id} {status.due_on}"
    return str(status.due_on)
