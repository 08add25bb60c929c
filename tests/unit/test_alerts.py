"""The chase: who is told what, once."""

from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest

from schemas.programme import Programme
from schemas.states import AlertKind, ReturnState
from tasks.alerts import Alert, alerts_due
from tasks.alerts.deciding import new_alert_rows
from tasks.programme import read_programme
from warehouse.views import ReturnStatus

REFERENCE = Path(__file__).parents[2] / "examples" / "ais_emploi"
TODAY = date(2019, 3, 31)
NEO56 = ReturnStatus(
    expected_return_id="VITA-2/NEO56/M18/tableau",
    innovation_code="VITA",
    cohort_code="VITA-2",
    structure_code="NEO56",
    structure_name="NEO 56",
    occasion_code="M18",
    instrument_code="tableau",
    source_id="inbox",
    due_on=date(2018, 6, 15),
    days_late=289,
    state=ReturnState.MISSING,
    quarantined_return_id=None,
)
TOLD = {ReturnState.MISSING, ReturnState.QUARANTINED, ReturnState.UNVERIFIABLE}


@pytest.fixture(scope="module")
def programme() -> Programme:
    return read_programme(REFERENCE)


def rows(alerts: list[Alert], known: tuple[str, ...] = (), as_of: date = TODAY) -> list[dict]:
    return list(new_alert_rows(alerts, known, programme="ais_emploi", as_of=as_of, run_id="collect-1"))


@pytest.mark.parametrize("state", ReturnState)
def test_an_alert_is_due_for_what_is_missing_to_be_corrected_or_unverifiable_and_for_nothing_else(
    programme: Programme, state: ReturnState
):
    assert bool(alerts_due(programme, [replace(NEO56, state=state)])) is (state in TOLD)


@pytest.mark.parametrize(
    ("state", "kind"),
    [
        (ReturnState.MISSING, AlertKind.MISSING),
        (ReturnState.QUARANTINED, AlertKind.TO_BE_CORRECTED),
        (ReturnState.UNVERIFIABLE, AlertKind.UNVERIFIABLE),
    ],
)
def test_what_could_not_be_checked_is_never_told_as_missing(programme: Programme, state: ReturnState, kind: AlertKind):
    assert [alert.kind for alert in alerts_due(programme, [replace(NEO56, state=state)])] == [kind]


def test_the_evaluators_who_follow_the_innovation_are_told_and_no_other(programme: Programme):
    assert [a.evaluator_code for a in alerts_due(programme, [NEO56])] == ["EVAL-A"]
    assert [a.evaluator_code for a in alerts_due(programme, [replace(NEO56, innovation_code="LREF")])] == ["EVAL-C"]


def test_two_evaluators_of_one_innovation_are_both_told(programme: Programme):
    both = [e.model_copy(update={"follows": ["VITA"]}) for e in programme.settings.evaluators[:2]]
    shared = programme.model_copy(update={"settings": programme.settings.model_copy(update={"evaluators": both})})
    alerts = alerts_due(shared, [NEO56])
    assert [a.evaluator_code for a in alerts] == ["EVAL-A", "EVAL-B"]
    assert len({a.alert_id for a in alerts}) == 2
    assert len({row["message_id"] for row in rows(alerts)}) == 2


def test_the_same_cause_is_the_same_alert_however_late_it_has_become(programme: Programme):
    (first,) = alerts_due(programme, [NEO56])
    (later,) = alerts_due(programme, [replace(NEO56, days_late=300, structure_name="NEO 56 et associés")])
    assert later.alert_id == first.alert_id


def test_an_alert_id_stays_what_it_was_in_earlier_releases(programme: Programme):
    (alert,) = alerts_due(programme, [NEO56])
    assert alert.alert_id == "68efb4b2181aaa94a618ea8def51f54d9287db990ec8af4f08b15c2e1e1ea716"


@pytest.mark.parametrize(
    "changed",
    [
        {"expected_return_id": "VITA-2/IPSO/M18/tableau"},
        {"due_on": date(2018, 6, 16)},
        {"state": ReturnState.QUARANTINED, "quarantined_return_id": "a"},
        {"state": ReturnState.UNVERIFIABLE},
        {"innovation_code": "LREF"},
    ],
)
def test_another_return_due_date_kind_or_evaluator_is_another_alert(programme: Programme, changed: dict):
    (first,) = alerts_due(programme, [NEO56])
    (other,) = alerts_due(programme, [replace(NEO56, **changed)])
    assert other.alert_id != first.alert_id


def test_a_second_version_that_must_be_corrected_too_is_told_again(programme: Programme):
    ids = [
        alert.alert_id
        for version in ("a", "b", "a")
        for alert in alerts_due(
            programme, [replace(NEO56, state=ReturnState.QUARANTINED, quarantined_return_id=version)]
        )
    ]
    assert ids[0] == ids[2] != ids[1]


def test_what_the_ledger_knows_is_not_recorded_again(programme: Programme):
    ipso = replace(NEO56, expected_return_id="VITA-2/IPSO/M18/tableau", structure_code="IPSO", structure_name="IPSO")
    alerts = alerts_due(programme, [NEO56, ipso])
    (row,) = rows(alerts, known=(alerts[0].alert_id,))
    assert row["expected_return_id"] == "VITA-2/IPSO/M18/tableau"
    assert rows(alerts, known=tuple(a.alert_id for a in alerts)) == []


def test_the_alerts_of_one_evaluator_go_into_one_digest_and_those_of_another_into_another(programme: Programme):
    ipso = replace(NEO56, expected_return_id="VITA-2/IPSO/M18/tableau")
    adefo = replace(NEO56, expected_return_id="LREF-1/ADEFO/M06/tableau", innovation_code="LREF")
    recorded = rows(alerts_due(programme, [NEO56, adefo, ipso]))
    digests = {row["expected_return_id"]: row["message_id"] for row in recorded}
    assert digests["VITA-2/NEO56/M18/tableau"] == digests["VITA-2/IPSO/M18/tableau"]
    assert digests["VITA-2/NEO56/M18/tableau"] != digests["LREF-1/ADEFO/M06/tableau"]


def test_the_message_id_is_decided_by_what_is_told_and_on_which_day_and_not_by_the_order(programme: Programme):
    ipso = replace(NEO56, expected_return_id="VITA-2/IPSO/M18/tableau")
    one_order = rows(alerts_due(programme, [NEO56, ipso]))
    other_order = rows(alerts_due(programme, [ipso, NEO56]))
    assert {r["message_id"] for r in one_order} == {r["message_id"] for r in other_order}
    assert {r["message_id"] for r in one_order} != {r["message_id"] for r in rows(alerts_due(programme, [NEO56]))}
    tomorrow = rows(alerts_due(programme, [NEO56, ipso]), as_of=date(2019, 4, 1))
    assert {r["message_id"] for r in one_order} != {r["message_id"] for r in tomorrow}
