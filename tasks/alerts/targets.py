"""Decide the alerts about targets: one for a target that is missed, and one if that no longer holds.

A target of which coverage allows no statement gives no alert.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass
from datetime import date

from schemas.enums import AlertKind, ReturnState, TargetStatus
from schemas.programme import Programme
from tasks.alerts.recipients import LEAD
from tasks.following import following, recipients_on
from tasks.records import checksum
from warehouse.alerts import Fact, ReportedTarget
from warehouse.targets import TargetProgress
from warehouse.views import ReturnStatus

_WITHDRAWING = frozenset({TargetStatus.REACHED, TargetStatus.UNDECIDED, TargetStatus.NOT_DUE})
"""The statuses that contradict an earlier alert. A suppressed figure states nothing about its target."""


@dataclass(frozen=True, slots=True)
class TargetAlert:
    """An alert of one recipient about a target of a cohort.

    Attributes:
        cause: The number to reach. An alert that was withdrawn and holds again has another cause.
        enrolment_ids: The enrolments of the cohort that have not left.
    """

    target: TargetProgress
    kind: AlertKind
    cause: str
    recipient_code: str
    enrolment_ids: tuple[str, ...]
    step_days: int | None = None

    @property
    def subject_id(self) -> str:
        """Id of the target."""
        return self.target.target_id

    @property
    def fact(self) -> Fact:
        """What the alert reports."""
        return (self.subject_id, self.kind.value, self.cause)

    @property
    def alert_id(self) -> str:
        """Identifier of the alert."""
        return checksum(self.subject_id, self.kind, self.cause, self.recipient_code)


def target_alerts(
    programme: Programme,
    targets: Iterable[TargetProgress],
    statuses: Iterable[ReturnStatus],
    reported: Collection[ReportedTarget],
    today: date,
) -> list[TargetAlert]:
    """Return the alerts about targets that hold on a day and were not reported yet.

    They go to whoever gets the alerts of any structure of the cohort on the day, else to the lead.

    Args:
        programme: The programme.
        targets: The targets with their status.
        statuses: The states of the expected returns.
        reported: The alerts about targets that a message has reported.
        today: The day.
    """
    enrolments: dict[str, dict[str, str]] = defaultdict(dict)
    for status in statuses:
        if status.state is not ReturnState.LEFT:
            enrolments[status.cohort_code][status.enrolment_id] = status.innovation_code
    of_enrolments = following(programme, {id_: code for one in enrolments.values() for id_, code in one.items()})
    alerts: list[TargetAlert] = []
    for target in targets:
        enrolled = tuple(enrolments[target.cohort_code])
        codes = dict.fromkeys(code for id_ in enrolled for code in recipients_on(of_enrolments[id_], today))
        if not codes and programme.settings.lead is not None:
            codes = {LEAD: None}
        for code in codes:
            alerts += [
                TargetAlert(target, kind, cause, code, enrolled) for kind, cause in _unreported(target, code, reported)
            ]
    return alerts


def _unreported(
    target: TargetProgress, recipient_code: str, reported: Collection[ReportedTarget]
) -> Iterator[tuple[AlertKind, str]]:
    """Yield the kind and cause of the alert that a recipient has not got yet, if any."""
    number = f"{target.direction} {target.target:.15g}"
    cause, times = number, 0
    while (recipient_code, target.target_id, AlertKind.TARGET_WITHDRAWN.value, cause) in reported:
        times += 1
        cause = f"{number}, withdrawn {times}"
    is_reported = (recipient_code, target.target_id, AlertKind.TARGET_MISSED.value, cause) in reported
    if target.status is TargetStatus.MISSED and not is_reported:
        yield AlertKind.TARGET_MISSED, cause
    elif target.status in _WITHDRAWING and is_reported:
        yield AlertKind.TARGET_WITHDRAWN, cause
