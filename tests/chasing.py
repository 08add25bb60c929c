"""Build programmes, returns and ledgers for the tests of alerts."""

from collections.abc import Iterable
from datetime import date, timedelta
from typing import Any

from schemas.enums import MessageOutcome, ReturnState, StateReason
from schemas.programme import Programme
from tasks.alerts.deciding import Decided, alerts_due, new_digests
from tasks.alerts.recipients import recipients
from warehouse.alerts import AlertHistory
from warehouse.views import ReturnStatus

DUE = date(2018, 6, 15)
REASONS = {
    ReturnState.OPEN: StateReason.NOTHING_CAME,
    ReturnState.PARTIAL: StateReason.BEGUN,
    ReturnState.QUARANTINED: StateReason.TO_BE_CORRECTED,
    ReturnState.MISSING: StateReason.NOTHING_CAME,
    ReturnState.UNVERIFIABLE: StateReason.UNREAD,
}
"""The usual reason of each state that has one."""


EVALUATORS = (
    {"code": "A", "name": "A", "email": "a@example.org", "follows": ["VITA"]},
    {"code": "B", "name": "B", "email": "b@example.org", "follows": ["VITA", "LREF"]},
)


def programme(*, lead: bool = False, evaluators: Iterable[Any] = EVALUATORS, **schedule: Any) -> Programme:
    """Return a programme with two innovations: A and B follow VITA, B follows LREF, unless others are given."""
    return Programme.model_validate(
        {
            "version": "0",
            "settings": {
                "programme": "essai",
                "name": "Essai",
                "timezone": "Europe/Paris",
                "schedule": schedule,
                "occasions": [{"code": "M06", "months": 6}],
                "innovations": [{"code": "VITA", "name": "VITA Air"}, {"code": "LREF", "name": "LREF"}],
                "cohorts": [],
                "evaluators": list(evaluators),
                "lead": {"name": "L", "email": "lead@example.org"} if lead else None,
                "instruments": [],
            },
            "enrolments": [],
            "indicators": [],
            "crosswalk": [],
            "recodes": [],
        }
    )


def owed(
    structure: str = "NEO56",
    state: ReturnState = ReturnState.MISSING,
    *,
    due_on: date = DUE,
    innovation: str = "LREF",
    snoozed_until_on: date | None = None,
    is_source_read: bool = True,
    quarantined_return_id: str | None = None,
    reason: StateReason | None = None,
    is_programme_to_mend: bool = False,
) -> ReturnStatus:
    """Return an expected return, by default with the usual reason of its state. LREF has only one evaluator."""
    return ReturnStatus(
        expected_return_id=f"{innovation}-1/{structure}/M06/tableau",
        innovation_code=innovation,
        cohort_code=f"{innovation}-1",
        structure_code=structure,
        structure_name=structure,
        occasion_code="M06",
        instrument_code="tableau",
        source_id="inbox",
        due_on=due_on,
        on_time_until_on=due_on + timedelta(days=15),
        days_late=None,
        state=state,
        snoozed_until_on=snoozed_until_on,
        is_source_read=is_source_read,
        quarantined_return_id=quarantined_return_id,
        state_reason=reason or REASONS.get(state),
        is_programme_to_mend=is_programme_to_mend,
        n_respondents=0,
        minimum_respondents=1,
    )


class Ledger:
    """Keep alerts and waiting messages in memory, in place of the ledger in the warehouse."""

    def __init__(self, programme: Programme) -> None:
        self.programme = programme
        self.alerts: list[dict[str, Any]] = []
        self.messages: dict[str, dict[str, Any]] = {}

    def run(
        self, statuses: Iterable[ReturnStatus], day: date, outcome: MessageOutcome = MessageOutcome.SENT
    ) -> Decided:
        """Decide the alerts of a day and record them; their messages get the given outcome."""
        alerts = alerts_due(self.programme, statuses, day)
        people = recipients(self.programme)
        decided = new_digests(self.programme, people, alerts, self.history, as_of=day, run_id="run")
        self.alerts += [dict(row) for row in decided.alerts]
        self.messages |= {str(row["message_id"]): {**row, "outcome": outcome} for row in decided.messages}
        return decided

    def deliver(self) -> None:
        """Mark all messages as sent."""
        for message in self.messages.values():
            message["outcome"] = MessageOutcome.SENT

    @property
    def history(self) -> AlertHistory:
        """Return the alerts and messages so far."""
        last: dict[tuple[str, str], date] = {}
        for row in self.alerts:
            key = (row["expected_return_id"], row["recipient_code"])
            last[key] = max(row["decided_on"], last.get(key, date.min))
        return AlertHistory(
            alert_ids=frozenset(row["alert_id"] for row in self.alerts),
            last_alert_on=last,
            message_days=frozenset((m["recipient_code"], m["decided_on"]) for m in self.messages.values()),
            waiting=frozenset(m["recipient_code"] for m in self.messages.values() if m["outcome"].is_waiting),
        )


def alerts_of(decided: Decided) -> list[tuple[str, str, str, Any]]:
    """Return recipient, structure, kind and step of the decided alerts."""
    return sorted(
        (
            str(row["recipient_code"]),
            str(row["expected_return_id"]).split("/")[1],
            str(row["kind"]),
            row["step_days"],
        )
        for row in decided.alerts
    )
