"""Test how the alerts of a reader become the lines of a digest."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from digests import LINE, MESSAGE_ID, STATUS, TODAY, parts
from running import EXAMPLE

from schemas.enums import AlertKind, ResolvedBy, ReturnState, StateReason
from schemas.programme import Alerts, Evaluator, Lead, Programme
from tasks.alerts import Alert, Digest, ToCorrect, alerts_due, compose, digest_of
from tasks.programme import read_programme
from warehouse.loads import ReturnError


@pytest.fixture(scope="module")
def programme() -> Programme:
    return read_programme(EXAMPLE)


def adapted(programme: Programme, alerts: list[Alert], new: set[str] | None = None, **more: Any) -> Digest:
    given: dict[str, Any] = {
        "recipient_code": "EVAL-A",
        "recipient": "camille@example.org",
        "sender": "suivi@example.org",
        "new": {alert.alert_id for alert in alerts} if new is None else new,
        "to_correct": {"a-faulty-version": [ReturnError("Données!B2", "un nombre entier, ou nc")]},
        "as_of": TODAY,
        "collected_on": TODAY,
        "decided_on": TODAY,
        "message_id": MESSAGE_ID,
    }
    return digest_of(programme, alerts, **(given | more))


def test_a_digest_has_names_in_the_place_of_codes_and_says_where_the_return_is_given(programme: Programme) -> None:
    survey = replace(STATUS, instrument_code="suivi", expected_return_id="VITA-2/NEO56/M18/suivi")
    digest = adapted(programme, alerts_due(programme, [STATUS, survey], TODAY))
    assert digest.follows == ("VITA Air", "Parcours gardien")
    workbook_line, survey_line = digest.lines
    assert workbook_line == LINE
    assert survey_line.instrument == "Questionnaire de suivi"
    assert survey_line.survey == "http://127.0.0.1:8085/index.php/310603?lang=fr"
    assert survey_line.workbook is None


def test_a_digest_is_dated_in_the_morning_of_the_programme(programme: Programme) -> None:
    overseas = programme.model_copy(
        update={"settings": programme.settings.model_copy(update={"timezone": "America/Cayenne"})}
    )
    assert adapted(overseas, []).dated.isoformat() == "2019-03-31T07:00:00-03:00"


def test_new_returns_come_first_and_returns_reported_before_are_not_called_new(programme: Programme) -> None:
    known, new = alerts_due(programme, [STATUS, replace(STATUS, expected_return_id="VITA-2/IPSO/M18/tableau")], TODAY)
    digest = adapted(programme, [known, new], new={new.alert_id})
    assert [(line.expected_return_id.split("/")[1], line.is_new) for line in digest.lines] == [
        ("IPSO", True),
        ("NEO56", False),
    ]


def test_places_to_correct_are_those_of_the_version_that_must_be_corrected(programme: Programme) -> None:
    faulty = replace(
        STATUS,
        state=ReturnState.QUARANTINED,
        state_reason=StateReason.TO_BE_CORRECTED,
        quarantined_return_id="a-faulty-version",
        days_late=None,
    )
    alerts = alerts_due(programme, [faulty, STATUS], TODAY)
    digest = adapted(programme, alerts, marked={"a-faulty-version"})
    places = {line.kind: (line.to_correct, line.is_marked) for line in digest.lines}
    assert places == {
        AlertKind.TO_BE_CORRECTED: (
            (ToCorrect("Données!B2", "un nombre entier, ou nc"),),
            True,
        ),
        AlertKind.MISSING: ((), False),
    }


@pytest.mark.parametrize(
    ("resolved_by", "reason"),
    [(ResolvedBy.SENDER, StateReason.TO_BE_CORRECTED), (ResolvedBy.PROGRAMME, StateReason.TO_BE_MENDED)],
)
def test_a_newer_version_is_to_be_corrected_by_whoever_can(
    programme: Programme, resolved_by: ResolvedBy, reason: StateReason
) -> None:
    sent_again = replace(STATUS, state=ReturnState.LATE, state_reason=None, quarantined_return_id="v")
    (alert,) = alerts_due(programme, [sent_again], TODAY)
    errors = {"v": [ReturnError("Données!B2", "un nombre, ou nc", resolved_by)]}
    (line,) = adapted(programme, [alert], to_correct=errors, marked={"v"}).lines
    assert (line.kind, line.reason, line.days_late) == (AlertKind.NEWER_TO_BE_CORRECTED, reason, 0)
    assert [place.location for place in line.to_correct] == ["Données!B2"]
    assert line.is_marked is (resolved_by is ResolvedBy.SENDER)


def test_each_reader_gets_the_errors_that_the_line_is_about(programme: Programme) -> None:
    errors = [
        ReturnError("réponse 1, adopt", "une ligne pour A5", ResolvedBy.PROGRAMME, "l'option A5"),
        ReturnError("réponse 1, budget", "un nombre, ou nc"),
    ]
    faulty = replace(
        STATUS,
        state=ReturnState.QUARANTINED,
        state_reason=StateReason.TO_BE_CORRECTED,
        is_programme_to_mend=True,
        quarantined_return_id="v",
    )
    evaluator, lead = (
        Alert(faulty, AlertKind.TO_BE_CORRECTED, None, "EVAL-A"),
        Alert(faulty, AlertKind.TO_BE_MENDED, None, "_lead"),
    )
    (line,) = adapted(programme, [evaluator], to_correct={"v": errors}, marked={"v"}).lines
    assert (line.to_correct, line.is_marked) == (
        (ToCorrect("réponse 1, budget", "un nombre, ou nc"),),
        True,
    )
    (line,) = adapted(programme, [lead], to_correct={"v": errors}, marked={"v"}).lines
    assert (line.to_correct, line.is_marked) == (
        (ToCorrect("réponse 1, adopt · l'option A5", "une ligne pour A5"),),
        False,
    )


def test_a_return_that_is_within_its_days_of_grace_is_not_late(programme: Programme) -> None:
    status = replace(STATUS, state=ReturnState.OPEN, state_reason=StateReason.INCOMPLETE, on_time_until_on=TODAY)
    (line,) = adapted(programme, [Alert(status, AlertKind.INCOMPLETE, 0, "EVAL-A")]).lines
    assert line.days_late == 0


def test_what_came_and_belongs_to_nobody_is_counted_of_the_sources_of_missing_returns(programme: Programme) -> None:
    counts = {"inbox": 2, "limesurvey:310603": 5}
    missing = adapted(programme, [Alert(STATUS, AlertKind.MISSING, None, "EVAL-A")], unassigned=counts)
    begun = adapted(programme, [Alert(STATUS, AlertKind.UNFINISHED, None, "EVAL-A")], unassigned=counts)
    assert (missing.n_unassigned, begun.n_unassigned) == (2, 0)


def test_the_lead_of_the_programme_gets_the_reason_in_other_words(programme: Programme) -> None:
    digest = adapted(programme, alerts_due(programme, [STATUS], TODAY), recipient_code="_lead")
    assert digest.is_to_lead
    assert "parce que vous pilotez" in parts(compose(digest))[0]


def with_evaluators(programme: Programme, *evaluators: dict[str, Any], **settings: Any) -> Programme:
    """Return the programme with other evaluators, and other settings beside them."""
    own = {"name": "Camille Exemple", "email": "camille@example.org"}
    parsed = [Evaluator.model_validate({**own, **evaluator}) for evaluator in evaluators]
    changed = programme.settings.model_copy(update={"evaluators": parsed, **settings})
    return programme.model_copy(update={"settings": changed})


def test_a_digest_names_what_its_reader_follows_on_the_day_and_for_whom_the_reader_stands_in(
    programme: Programme,
) -> None:
    follows = ["TAPAJ", "VITA-2", {"structure": "NEO56", "to": "2019-03-31"}, {"cohort": "LREF-1", "to": "2019-03-30"}]
    away = [{"evaluator": "EVAL-B", "from": "2019-03-31", "to": "2019-03-31"}]
    changed = with_evaluators(
        programme,
        {"code": "EVAL-A", "follows": follows, "substitutes": away},
        {"code": "EVAL-B", "name": "Dominique Exemple", "follows": []},
    )
    alerts = alerts_due(changed, [STATUS], TODAY)
    assert [alert.recipient_code for alert in alerts] == ["EVAL-B"]
    of_a, of_b = (adapted(changed, alerts, recipient_code=code) for code in ("EVAL-A", "EVAL-B"))
    assert (of_a.follows, of_a.stands_in_for) == (("TAPAJ", "VITA Air, deuxième vague", "NEO 56"), ())
    assert (of_b.follows, of_b.stands_in_for) == ((), ("Camille Exemple",))
    assert not of_b.is_to_lead


def test_a_line_says_whether_somebody_follows_the_structure_and_a_digest_has_the_cap_of_the_programme(
    programme: Programme,
) -> None:
    until = {"cohort": "VITA-2", "to": "2019-03-30"}
    changed = with_evaluators(programme, {"code": "EVAL-A", "follows": [until]}, alerts=Alerts(digest_cap=7))
    digest = adapted(changed, [Alert(STATUS, AlertKind.MISSING, 7, "_lead")], recipient_code="_lead")
    assert ([line.is_unfollowed for line in digest.lines], digest.cap) == ([True], 7)
    digest = adapted(changed, [Alert(STATUS, AlertKind.MISSING, 7, "EVAL-A")], as_of=TODAY - timedelta(days=1))
    assert [line.is_unfollowed for line in digest.lines] == [False]


def test_replies_go_to_the_lead_unless_the_programme_names_another_address(programme: Programme) -> None:
    def replies_to(**changed: Any) -> str | None:
        settings = programme.settings.model_copy(update=changed)
        return adapted(programme.model_copy(update={"settings": settings}), []).reply_to

    lead = Lead(name="Personne Inventée", email="lead@example.org")
    assert replies_to(lead=None) is None
    assert replies_to(lead=lead) == "lead@example.org"
    assert replies_to(lead=lead, alerts=Alerts(reply_to="office@example.org")) == "office@example.org"
