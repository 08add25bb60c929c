"""Test alert decisions: the recipient and the day of each alert, and the returns without alerts."""

from collections import Counter
from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import pytest
from chasing import DUE, Ledger, alerts_of, owed, programme
from hypothesis import given
from hypothesis import strategies as st

from schemas.enums import AlertKind, MessageOutcome, ReturnState, StateReason, SurveyClosure
from schemas.instruments import Instrument
from schemas.programme import Schedule
from tasks.alerts import LEAD, alerts_due, step_reached

OWES = owed()


def after(days: int) -> date:
    return DUE + timedelta(days=days)


def state_on(day: date, due_on: date = DUE) -> ReturnState:
    """Return the state on a day of a return that is never received."""
    if day < due_on - timedelta(days=30):
        return ReturnState.SCHEDULED
    return ReturnState.OPEN if day <= due_on + timedelta(days=15) else ReturnState.MISSING


@pytest.mark.parametrize(
    ("state", "days", "kind"),
    [
        (ReturnState.SCHEDULED, -10, None),
        (ReturnState.OPEN, -16, None),
        (ReturnState.OPEN, -15, AlertKind.DUE_SOON),
        (ReturnState.OPEN, 15, AlertKind.DUE_SOON),
        (ReturnState.PARTIAL, -16, None),
        (ReturnState.PARTIAL, 15, AlertKind.DUE_SOON),
        (ReturnState.PARTIAL, 16, AlertKind.UNFINISHED),
        (ReturnState.QUARANTINED, -20, AlertKind.TO_BE_CORRECTED),
        (ReturnState.QUARANTINED, 40, AlertKind.TO_BE_CORRECTED),
        (ReturnState.MISSING, 16, AlertKind.MISSING),
        (ReturnState.UNVERIFIABLE, 16, AlertKind.UNVERIFIABLE),
        (ReturnState.RECEIVED, 16, None),
        (ReturnState.LATE, 40, None),
        (ReturnState.WAIVED, 40, None),
        (ReturnState.LEFT, 40, None),
    ],
)
def test_the_alert_for_a_return_follows_from_its_state_and_the_day(
    state: ReturnState, days: int, kind: AlertKind | None
):
    found = [alert.kind for alert in alerts_due(programme(), [owed(state=state)], after(days))]
    assert found == ([] if kind is None else [kind])


@pytest.mark.parametrize("state", [ReturnState.RECEIVED, ReturnState.LATE])
def test_a_newer_version_with_errors_of_a_received_return_is_reported_once(state: ReturnState):
    sent_again = replace(owed(state=state), quarantined_return_id="v2")
    first, later = (alerts_due(programme(), [sent_again], after(days)) for days in (20, 90))
    assert [alert.kind for alert in first] == [AlertKind.NEWER_TO_BE_CORRECTED]
    assert [alert.alert_id for alert in first] == [alert.alert_id for alert in later]
    again = replace(sent_again, quarantined_return_id="v3")
    assert alerts_due(programme(), [again], after(90))[0].alert_id != later[0].alert_id


@pytest.mark.parametrize(
    ("state", "reason", "kind"),
    [
        (ReturnState.MISSING, StateReason.BEGUN, AlertKind.UNFINISHED),
        (ReturnState.MISSING, StateReason.INCOMPLETE, AlertKind.INCOMPLETE),
        (ReturnState.PARTIAL, StateReason.INCOMPLETE, AlertKind.INCOMPLETE),
        (ReturnState.PARTIAL, StateReason.TOO_FEW_RESPONDENTS, AlertKind.TOO_FEW_RESPONDENTS),
        (ReturnState.MISSING, StateReason.DELETED, AlertKind.DELETED),
        (ReturnState.MISSING, StateReason.COMPLETED_WITHOUT_RESPONSE, AlertKind.COMPLETED_WITHOUT_RESPONSE),
        (ReturnState.MISSING, StateReason.TOKEN_USED_UP, AlertKind.TOKEN_USED_UP),
        (ReturnState.MISSING, StateReason.SET_ASIDE, AlertKind.SET_ASIDE),
        (ReturnState.QUARANTINED, StateReason.UNPLACED, AlertKind.UNPLACED),
        (ReturnState.QUARANTINED, StateReason.TO_BE_MENDED, AlertKind.TO_BE_MENDED),
    ],
)
def test_what_came_and_does_not_count_is_never_reported_as_missing(
    state: ReturnState, reason: StateReason, kind: AlertKind
):
    assert [a.kind for a in alerts_due(programme(), [owed(state=state, reason=reason)], after(20))] == [kind]


@pytest.mark.parametrize(
    "reason",
    [
        StateReason.INCOMPLETE,
        StateReason.COMPLETED_WITHOUT_RESPONSE,
        StateReason.TOKEN_USED_UP,
        StateReason.SET_ASIDE,
    ],
)
def test_what_a_structure_cannot_mend_by_itself_is_reported_before_it_is_late(reason: StateReason):
    status = owed(state=ReturnState.OPEN, reason=reason)
    assert alerts_due(programme(), [status], after(-16)) == []
    assert [a.kind.value for a in alerts_due(programme(), [status], after(-15))] == [reason.value]


def test_the_lead_is_alerted_at_once_where_the_programme_must_be_mended_and_later_of_what_a_structure_owes():
    ours = owed(state=ReturnState.QUARANTINED, reason=StateReason.TO_BE_MENDED, is_programme_to_mend=True)
    both = owed("IPSO", state=ReturnState.QUARANTINED, is_programme_to_mend=True)
    led = programme(lead=True, escalate_after_days=30)
    for day, of_both in ((after(-20), AlertKind.TO_BE_MENDED), (after(40), AlertKind.ESCALATED)):
        found = [(a.recipient_code, a.status.structure_code, a.kind) for a in alerts_due(led, [ours, both], day)]
        assert found == [
            ("B", "NEO56", AlertKind.TO_BE_MENDED),
            (LEAD, "NEO56", AlertKind.TO_BE_MENDED),
            ("B", "IPSO", AlertKind.TO_BE_CORRECTED),
            (LEAD, "IPSO", of_both),
        ]


@pytest.mark.parametrize(("occasion", "recipients"), [("by window", ["B", LEAD]), ("attribute_3", ["B"])])
def test_the_lead_is_alerted_at_once_of_a_response_that_only_the_folder_can_place(occasion: str, recipients: list[str]):
    survey = Instrument.model_validate(
        {
            "code": "tableau",
            "name": "Suivi",
            "kind": "limesurvey",
            "filled_by": "structure",
            "mode": "online",
            "innovations": ["LREF"],
            "join": {"occasion": occasion},
            "versions": [{"version": 1, "occasions": ["M06"], "survey_id": 1}],
        }
    )
    led = programme(lead=True)
    led = led.model_copy(update={"settings": led.settings.model_copy(update={"instruments": [survey]})})
    unplaced = owed(state=ReturnState.QUARANTINED, reason=StateReason.UNPLACED)
    found = [(alert.recipient_code, alert.kind) for alert in alerts_due(led, [unplaced], after(-20))]
    assert found == [(code, AlertKind.UNPLACED) for code in recipients]


@pytest.mark.parametrize("closure", [None, SurveyClosure.EXPIRED])
def test_the_lead_is_alerted_at_once_of_a_response_that_is_set_aside_even_of_a_closed_survey(
    closure: SurveyClosure | None,
):
    status = replace(owed(reason=StateReason.SET_ASIDE), survey_closure=closure)
    found = [(alert.recipient_code, alert.kind) for alert in alerts_due(programme(lead=True), [status], after(20))]
    assert found == [("B", AlertKind.SET_ASIDE), (LEAD, AlertKind.SET_ASIDE)]


@pytest.mark.parametrize("state", [ReturnState.QUARANTINED, ReturnState.PARTIAL, ReturnState.UNVERIFIABLE])
def test_where_the_source_could_not_be_read_a_late_return_is_reported_as_unverifiable(state: ReturnState):
    status = owed(state=state, is_source_read=False)
    assert [a.kind for a in alerts_due(programme(), [status], after(20))] == [AlertKind.UNVERIFIABLE]


def test_nobody_is_reminded_of_what_is_due_soon_while_the_source_cannot_be_read():
    assert alerts_due(programme(), [owed(state=ReturnState.OPEN, is_source_read=False)], DUE) == []


def test_the_evaluators_who_follow_the_innovation_are_alerted_and_no_other():
    assert [a.recipient_code for a in alerts_due(programme(), [owed(innovation="VITA")], after(20))] == ["A", "B"]
    assert [a.recipient_code for a in alerts_due(programme(), [OWES], after(20))] == ["B"]


def of_lref(**of_a: Any) -> list[dict[str, Any]]:
    """Return two evaluators of LREF: A until the 20th day after the due date, and B from the next day on."""
    first = {"innovation": "LREF", "to": after(20)}
    return [
        {"code": "A", "name": "A", "email": "a@example.org", "follows": [first], **of_a},
        {"code": "B", "name": "B", "email": "b@example.org", "follows": [{"innovation": "LREF", "from": after(21)}]},
    ]


def test_who_takes_over_is_alerted_at_once_of_what_is_outstanding_and_the_other_no_more():
    ledger = Ledger(programme(evaluators=of_lref()))
    assert alerts_of(ledger.run([OWES], after(20))) == [("A", "NEO56", "missing", 7)]
    assert alerts_of(ledger.run([OWES], after(21))) == [("B", "NEO56", "missing", 21)]
    assert alerts_of(ledger.run([OWES], after(22))) == []


def test_who_was_away_is_told_on_the_first_day_of_what_the_substitute_was_told_and_the_substitute_no_more():
    away = [{"evaluator": "B", "from": after(16), "to": after(18)}]
    ledger = Ledger(programme(evaluators=of_lref(substitutes=away)))
    assert alerts_of(ledger.run([OWES], after(16))) == [("B", "NEO56", "missing", 7)]
    assert alerts_of(ledger.run([OWES], after(18))) == []
    assert alerts_of(ledger.run([OWES], after(19))) == [("A", "NEO56", "missing", 7)]


def test_the_lead_is_alerted_of_what_nobody_follows_on_the_day_and_once():
    until = [{"code": "A", "name": "A", "email": "a@example.org", "follows": [{"innovation": "LREF", "to": after(20)}]}]
    whole = programme(lead=True, escalate_after_days=45, evaluators=until)
    recipients = {
        days: [(alert.recipient_code, alert.kind) for alert in alerts_due(whole, [OWES], after(days))]
        for days in (20, 21, 45)
    }
    assert recipients == {
        20: [("A", AlertKind.MISSING)],
        21: [(LEAD, AlertKind.MISSING)],
        45: [(LEAD, AlertKind.ESCALATED)],
    }
    assert alerts_due(programme(evaluators=until), [OWES], after(21)) == []


@pytest.mark.parametrize(
    ("days", "step"),
    [(-16, None), (-15, -15), (-1, -15), (0, 0), (6, 0), (7, 7), (20, 7), (21, 21), (50, 21), (51, 51), (81, 81)],
)  # fmt: skip
def test_the_step_reached_is_the_latest_of_the_reminder_days_then_of_every_thirty(days: int, step: int | None):
    assert step_reached(Schedule(), DUE, after(days)) == step


def test_a_programme_can_remind_never_again_or_only_every_so_often():
    assert step_reached(Schedule(reminder_repeat_days=0), DUE, after(4000)) == 21
    assert step_reached(Schedule(reminder_days=(), reminder_repeat_days=0), DUE, after(4000)) is None
    assert step_reached(Schedule(reminder_days=(), reminder_repeat_days=10), DUE, after(25)) == 20
    assert step_reached(Schedule(reminder_days=(), reminder_repeat_days=10), DUE, after(-1)) is None


def test_a_missing_return_is_reported_when_it_becomes_missing_and_at_each_step_after_it():
    ledger = Ledger(programme())
    days = {
        day: alerts_of(ledger.run([owed(state=state_on(after(day)))], after(day)))
        for day in range(-40, 120)
    }  # fmt: skip
    assert {day: [(kind, step) for _, _, kind, step in found] for day, found in days.items() if found} == {
        -15: [("due_soon", -15)],
        0: [("due_soon", 0)],
        7: [("due_soon", 7)],
        16: [("missing", 7)],
        21: [("missing", 21)],
        51: [("missing", 51)],
        81: [("missing", 81)],
        111: [("missing", 111)],
    }


def test_a_week_without_a_run_leaves_one_digest_for_the_latest_step():
    ledger = Ledger(programme())
    ledger.run([owed(state=ReturnState.OPEN)], after(-2))
    assert alerts_of(ledger.run([OWES], after(60))) == [("B", "NEO56", "missing", 51)]
    assert alerts_of(ledger.run([OWES], after(61))) == []


def test_a_day_that_is_run_twice_reports_nothing_twice():
    ledger = Ledger(programme())
    assert alerts_of(ledger.run([OWES], after(21)))
    assert alerts_of(ledger.run([OWES], after(21))) == []


def test_a_state_found_in_a_second_run_of_the_day_is_reported_on_the_next():
    ledger = Ledger(programme())
    ledger.run([OWES], after(21))
    both = [OWES, owed("IPSO")]
    assert alerts_of(ledger.run(both, after(21))) == []
    assert alerts_of(ledger.run(both, after(22))) == [("B", "IPSO", "missing", 21)]


def test_a_run_with_the_clock_a_day_back_repeats_no_alert_of_the_day_after():
    ledger = Ledger(programme())
    ledger.run([OWES], after(21))
    assert alerts_of(ledger.run([OWES], after(20))) == []
    assert alerts_of(ledger.run([owed(state=ReturnState.OPEN)], after(15))) == []
    assert alerts_of(ledger.run([OWES], after(22))) == []


def test_it_stops_when_the_return_arrives_and_begins_again_with_a_version_that_must_be_corrected():
    ledger = Ledger(programme())
    ledger.run([OWES], after(21))
    assert alerts_of(ledger.run([owed(state=ReturnState.LATE)], after(51))) == []
    faulty = owed(state=ReturnState.QUARANTINED, quarantined_return_id="first")
    assert alerts_of(ledger.run([faulty], after(52))) == [("B", "NEO56", "to_be_corrected", 51)]
    assert alerts_of(ledger.run([faulty], after(53))) == []
    again = owed(state=ReturnState.QUARANTINED, quarantined_return_id="second")
    assert alerts_of(ledger.run([again], after(54))) == [("B", "NEO56", "to_be_corrected", 51)]


def test_a_source_that_comes_and_goes_is_reported_once_a_step():
    ledger = Ledger(programme())
    down = owed(state=ReturnState.UNVERIFIABLE, is_source_read=False)
    found = [alerts_of(ledger.run([status], after(22 + i))) for i, status in enumerate([down, OWES, down, OWES, down])]
    assert [[kind for _, _, kind, _ in one] for one in found] == [["unverifiable"], ["missing"], [], [], []]


def test_a_snoozed_return_is_not_reported_until_its_day_and_then_at_once():
    ledger = Ledger(programme(lead=True, escalate_after_days=20))
    until = after(40)
    found = {
        day: alerts_of(ledger.run([owed(state=state_on(after(day)), snoozed_until_on=until)], after(day)))
        for day in range(-40, 60)
    }
    assert {day: one for day, one in found.items() if one} == {
        40: [("B", "NEO56", "missing", 40), (LEAD, "NEO56", "escalated", 40)],
        51: [("B", "NEO56", "missing", 51)],
    }


def test_the_lead_is_alerted_once_about_outstanding_returns_after_the_declared_days():
    ledger = Ledger(programme(lead=True, escalate_after_days=45))
    statuses = [
        OWES,
        owed("IPSO", ReturnState.PARTIAL),
        owed("ICARE", ReturnState.QUARANTINED, quarantined_return_id="x"),
        owed("MSSV", ReturnState.UNVERIFIABLE, is_source_read=False),
        owed("MIFE", ReturnState.LATE),
    ]
    found = {day: alerts_of(ledger.run(statuses, after(day))) for day in range(16, 400)}
    to_lead = {day: [name for code, name, _, _ in one if code == LEAD] for day, one in found.items()}
    assert {day: names for day, names in to_lead.items() if names} == {45: ["ICARE", "IPSO", "NEO56"]}


def test_without_a_lead_or_a_number_of_days_nothing_is_escalated():
    for one in (programme(lead=True), programme(escalate_after_days=20)):
        assert {a.kind for a in alerts_due(one, [OWES], after(400))} == {AlertKind.MISSING}


def test_a_due_date_that_was_corrected_is_reported_again():
    ledger = Ledger(programme())
    ledger.run([owed(state=ReturnState.OPEN)], after(-15))
    moved = owed(state=ReturnState.OPEN, due_on=after(10))
    assert alerts_of(ledger.run([moved], after(-5))) == [("B", "NEO56", "due_soon", -15)]


def test_while_a_message_waits_its_recipient_gets_no_other_and_the_latest_step_follows_it():
    ledger = Ledger(programme())
    assert alerts_of(ledger.run([OWES], after(16), MessageOutcome.POSTPONED))
    assert [alerts_of(ledger.run([OWES, owed("IPSO")], after(day))) for day in (21, 51, 81)] == [[], [], []]
    ledger.deliver()
    assert alerts_of(ledger.run([OWES, owed("IPSO")], after(82))) == [
        ("B", "IPSO", "missing", 81),
        ("B", "NEO56", "missing", 81),
    ]


def test_a_refused_message_holds_nothing_back():
    ledger = Ledger(programme())
    ledger.run([OWES], after(16), MessageOutcome.DEAD)
    assert alerts_of(ledger.run([OWES], after(21))) == [("B", "NEO56", "missing", 21)]


def test_the_alerts_of_one_recipient_go_into_one_message_whose_id_follows_from_recipient_and_day():
    statuses = [OWES, owed("IPSO"), owed("ICARE", innovation="VITA")]
    decided = Ledger(programme()).run(statuses, after(21))
    other_order = Ledger(programme()).run(statuses[::-1], after(21))
    assert Counter(row["recipient_code"] for row in decided.messages) == {"A": 1, "B": 1}
    assert {row["message_id"] for row in decided.alerts} == {row["message_id"] for row in decided.messages}
    assert {row["message_id"] for row in decided.messages} == {row["message_id"] for row in other_order.messages}
    tomorrow = Ledger(programme()).run(statuses, after(22))
    assert not {row["message_id"] for row in decided.messages} & {row["message_id"] for row in tomorrow.messages}


def test_a_programme_s_reminder_days_are_in_order_and_each_once():
    for wrong in ([0, -15], [7, 7]):
        with pytest.raises(ValueError, match="the earliest first"):
            Schedule.model_validate({"reminder_days": wrong})


@given(
    dues=st.lists(st.integers(-60, 60), min_size=1, max_size=6),
    days=st.lists(st.integers(-80, 200), min_size=1, max_size=40),
    arrive=st.lists(st.integers(-40, 250), min_size=6, max_size=6),
)
def test_on_whatever_days_the_check_runs_each_recipient_gets_one_message_a_day_and_each_alert_once(
    dues: list[int], days: list[int], arrive: list[int]
):
    """Run the check on random days in any order; a received return causes no alerts from its day on."""
    ledger = Ledger(programme(lead=True, escalate_after_days=30))
    for offset in days:
        day = after(offset)
        statuses = [
            owed(f"S{i}", ReturnState.LATE if arrive[i] <= offset else state_on(day, after(due)), due_on=after(due))
            for i, due in enumerate(dues)
        ]
        decided = ledger.run(statuses, day)
        assert len({row["recipient_code"] for row in decided.messages}) == len(decided.messages)
        for _, structure, kind, step in alerts_of(decided):
            due, arrival = dues[int(structure[1:])], arrive[int(structure[1:])]
            assert offset < arrival
            assert offset >= due - 15
            assert kind == "due_soon" or offset > due + 15
            assert step is not None
            assert due + step <= offset
    assert len({row["alert_id"] for row in ledger.alerts}) == len(ledger.alerts)
    assert len(ledger.messages) == len({(m["recipient_code"], m["decided_on"]) for m in ledger.messages.values()})


@given(due=st.integers(-60, 60), stops=st.integers(0, 200), skipped=st.sets(st.integers(-80, 200)))
def test_each_step_of_a_missing_return_is_reported_exactly_once_if_a_run_falls_into_it(
    due: int, stops: int, skipped: set[int]
):
    ledger, schedule = Ledger(programme()), Schedule()
    for offset in range(-80, 200):
        if offset not in skipped and offset < stops:
            ledger.run([owed(state=state_on(after(offset), after(due)), due_on=after(due))], after(offset))
    expected = {
        step_reached(schedule, after(due), after(offset))
        for offset in range(-80, 200)
        if offset not in skipped and due + 15 < offset < stops
    }
    found = Counter(row["step_days"] for row in ledger.alerts if row["kind"] == "missing")
    assert found == Counter(expected)
