"""Test of which returns structures are written to, on which days, and at which address."""

from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import pytest
from chasing import DUE, Ledger, owed, programme
from pydantic import ValidationError

from schemas.enums import AlertKind, MessageOutcome, ResolvedBy, ReturnState, StateReason, SurveyClosure
from schemas.instruments import Instrument
from schemas.programme import Programme
from schemas.programme_tables import Enrolment
from tasks.alerts import LEAD, alerts_due, recipients, that_can_be_settled
from tasks.alerts.contacts import Contact, ContactProblem, contacts
from tasks.alerts.recipients import STRUCTURE
from warehouse.loads import ReturnError
from warehouse.views import ReturnStatus

NEO = "structure:NEO56"
WORKBOOK: dict[str, Any] = {
    "code": "tableau",
    "name": "Tableau de données",
    "kind": "workbook",
    "filled_by": "structure",
    "mode": "data_table",
    "innovations": ["LREF"],
    "mails_to_structures": True,
    "versions": [
        {"version": 1, "occasions": ["M06"], "sheets": [{"name": "Données", "items": [{"code": "p", "label": "P"}]}]}
    ],
}
SURVEY: dict[str, Any] = {
    **WORKBOOK,
    "kind": "limesurvey",
    "mode": "online",
    "versions": [{"version": 1, "occasions": ["M06"], "survey_id": 7}],
}


def writing(
    instrument: dict[str, Any] = WORKBOOK, contact: str | None = "accueil@example.org", **changes: Any
) -> Programme:
    """Return a programme that writes to its structures NEO56 and IPSO."""
    base = programme(**changes)
    enrolments = [
        Enrolment.model_validate(
            {"structure_code": code, "structure_name": code, "cohort_code": "LREF-1", "contact": contact}
        )
        for code in ("NEO56", "IPSO")
    ]
    settings = base.settings.model_copy(update={"instruments": [Instrument.model_validate(instrument)]})
    return base.model_copy(update={"settings": settings, "enrolments": enrolments})


def to_structures(of: Programme, status: ReturnStatus, day: date) -> list[tuple[AlertKind, int | None, str]]:
    return [
        (alert.kind, alert.step_days, alert.recipient_code)
        for alert in alerts_due(of, [status], day)
        if alert.recipient_code.startswith(STRUCTURE)
    ]


def after(days: int) -> date:
    return DUE + timedelta(days=days)


def state_on(days: int) -> ReturnState:
    return ReturnState.MISSING if days > 15 else ReturnState.OPEN


def test_a_structure_that_never_answers_is_written_to_at_the_steps_and_on_no_other_day() -> None:
    of = writing()
    ledger = Ledger(of)
    days = [
        days
        for days in range(-31, 60)
        for row in ledger.run([owed(state=state_on(days))], after(days)).messages
        if row["recipient_code"] == NEO
    ]
    assert days == [-15, 0, 7, 21, 51]


@pytest.mark.parametrize(
    ("instrument", "status", "kind"),
    [
        (WORKBOOK, owed(), AlertKind.REMINDED),
        (WORKBOOK, owed(reason=StateReason.INCOMPLETE), AlertKind.REMINDED),
        (WORKBOOK, owed(state=ReturnState.QUARANTINED, quarantined_return_id="v"), AlertKind.TO_BE_CORRECTED),
        (WORKBOOK, owed(state=ReturnState.QUARANTINED, reason=StateReason.TO_BE_MENDED), None),
        (WORKBOOK, owed(is_source_read=False), None),
        (WORKBOOK, owed(state=ReturnState.UNVERIFIABLE), None),
        (WORKBOOK, owed(state=ReturnState.WAIVED), None),
        (WORKBOOK, owed(state=ReturnState.LEFT), None),
        (WORKBOOK, owed(state=ReturnState.RECEIVED), None),
        (WORKBOOK, owed(snoozed_until_on=after(60)), None),
        (WORKBOOK, replace(owed(), instrument_code="another"), None),
        ({**WORKBOOK, "mails_to_structures": False}, owed(), None),
        (SURVEY, owed(), AlertKind.REMINDED),
        (SURVEY, owed(reason=StateReason.BEGUN), AlertKind.REMINDED),
        (SURVEY, owed(reason=StateReason.INCOMPLETE), None),
        (SURVEY, owed(state=ReturnState.QUARANTINED, quarantined_return_id="v"), None),
        (SURVEY, replace(owed(), survey_closure=SurveyClosure.EXPIRED), None),
        ({**SURVEY, "mails_to_structures": False, "reminders": True}, owed(), None),
    ],
)
def test_a_structure_is_written_to_of_what_it_can_settle_and_of_nothing_else(
    instrument: dict[str, Any], status: ReturnStatus, kind: AlertKind | None
) -> None:
    assert [found for found, *_ in to_structures(writing(instrument), status, after(21))] == ([kind] if kind else [])


def test_a_structure_is_not_written_to_before_the_first_step_though_its_return_is_missing() -> None:
    of = writing(reminder_days=[40])
    assert [day for day in range(16, 45) if to_structures(of, owed(), after(day))] == list(range(40, 45))


def test_a_correction_is_asked_for_at_once_and_again_at_each_step() -> None:
    wrong = owed(state=ReturnState.QUARANTINED, quarantined_return_id="v")
    ledger = Ledger(writing())
    days = [
        day
        for day in range(9, 30)
        for row in ledger.run([wrong], after(day)).alerts
        if str(row["recipient_code"]) == NEO
    ]
    assert days == [9, 21]


def test_a_newer_version_with_errors_is_asked_for_once() -> None:
    again = replace(owed(state=ReturnState.LATE), quarantined_return_id="v")
    ledger = Ledger(writing())
    kinds = [
        row["kind"]
        for day in range(9, 60)
        for row in ledger.run([again], after(day)).alerts
        if row["recipient_code"] == NEO
    ]
    assert kinds == ["newer_to_be_corrected"]


def test_no_correction_is_asked_for_that_only_the_programme_can_make() -> None:
    wrong = owed(state=ReturnState.QUARANTINED, quarantined_return_id="v")
    alerts = [one for one in alerts_due(writing(), [wrong], after(21)) if one.recipient_code in ("B", NEO)]
    ours, theirs = ReturnError("x", "y", resolved_by=ResolvedBy.PROGRAMME), ReturnError("x", "y")
    assert [one.recipient_code for one in that_can_be_settled(alerts, {"v": [ours]})] == ["B"]
    assert [one.recipient_code for one in that_can_be_settled(alerts, {"v": [ours, theirs]})] == ["B", NEO]


def test_a_structure_that_has_left_is_not_written_to_though_it_owes() -> None:
    of = writing()
    left = [one.model_copy(update={"left_on": after(3)}) for one in of.enrolments]
    assert to_structures(of.model_copy(update={"enrolments": left}), owed(), after(21)) == []


def test_each_structure_gets_one_mail_a_day_and_one_that_waits_holds_back_its_own_only() -> None:
    ledger = Ledger(writing())
    two = [owed(), replace(owed("IPSO"))]
    assert {row["recipient_code"] for row in ledger.run(two, after(21), MessageOutcome.POSTPONED).messages} >= {
        NEO,
        "structure:IPSO",
    }
    ledger.messages = {key: row for key, row in ledger.messages.items() if row["recipient_code"] == NEO}
    again = {row["recipient_code"] for row in ledger.run(two, after(51)).messages}
    assert NEO not in again
    assert "structure:IPSO" in again


@pytest.mark.parametrize(
    ("written", "address", "problem"),
    [
        ("accueil@example.org", "accueil@example.org", None),
        ("01 99 00 12 34, accueil@example.org.", "accueil@example.org", None),
        ("<Accueil@example.org> accueil@example.org", "accueil@example.org", None),
        ("accueil@example.org ; direction@example.org", None, ContactProblem.SEVERAL_ADDRESSES),
        ("01 99 00 12 34", None, ContactProblem.NO_ADDRESS),
        ("accueil@nowhere", None, ContactProblem.NO_ADDRESS),
        (None, None, ContactProblem.NO_ADDRESS),
    ],
)
def test_a_structure_is_written_to_where_its_contact_has_exactly_one_address(
    written: str | None, address: str | None, problem: ContactProblem | None
) -> None:
    of = writing(contact=written)
    assert contacts(of)["NEO56"] == Contact("NEO56", address, problem)
    assert (NEO in recipients(of)) is (address is not None)
    if address is None:
        assert NEO not in {row["recipient_code"] for row in Ledger(of).run([owed()], after(21)).messages}


def test_the_contacts_of_all_enrolments_of_a_structure_count() -> None:
    of = writing()
    other = of.enrolments[0].model_copy(update={"cohort_code": "VITA-1", "contact": "autre@example.org"})
    both = of.model_copy(update={"enrolments": [*of.enrolments, other]})
    assert contacts(both)["NEO56"].problem is ContactProblem.SEVERAL_ADDRESSES
    silent = of.model_copy(update={"enrolments": [*of.enrolments, other.model_copy(update={"contact": None})]})
    assert contacts(silent)["NEO56"].address == "accueil@example.org"


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"filled_by": "evaluator"}, "filled_by: structure"),
        ({"reminders": True}, "one of the two"),
    ],
)
def test_an_instrument_writes_only_to_structures_that_fill_it_in_and_in_one_way(
    changes: dict[str, Any], words: str
) -> None:
    with pytest.raises(ValidationError, match=words):
        Instrument.model_validate({**SURVEY, **changes})


def test_the_evaluators_and_the_lead_are_alerted_as_without_these_mails() -> None:
    of = writing(lead=True, escalate_after_days=20)
    codes = [alert.recipient_code for alert in alerts_due(of, [owed()], after(21))]
    assert codes == ["B", LEAD, NEO]
