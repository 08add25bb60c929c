"""Test who is alerted of a target of a cohort, when the alert is withdrawn, and how both are worded."""

from collections.abc import Collection
from dataclasses import replace
from datetime import date, datetime
from zoneinfo import ZoneInfo

import pytest
from chasing import owed, programme
from digests import NBSP, parts

from schemas.enums import AlertKind, ReturnState, TargetDirection, TargetStatus
from schemas.programme import Programme
from schemas.programme_tables import Indicator
from tasks.alerts import TargetAlert, compose, digest_of, target_alerts
from warehouse.alerts import ReportedTarget
from warehouse.targets import TargetProgress

TODAY = date(2018, 8, 1)
TARGET = TargetProgress(
    target_id="VITA-1/M06/people",
    cohort_code="VITA-1",
    innovation_code="VITA",
    occasion_code="M06",
    indicator_code="people",
    unit="people",
    direction=TargetDirection.AT_LEAST,
    target=1000,
    last_due_on=date(2018, 6, 15),
    value=630.5,
    lower_value=630.5,
    upper_value=930.5,
    n_reported=2,
    n_expected=3,
    status=TargetStatus.MISSED,
)
STATUSES = [owed("A", innovation="VITA"), owed("B", ReturnState.LEFT, innovation="VITA"), owed("C")]


def decided(
    target: TargetProgress, reported: Collection[ReportedTarget] = (), of: Programme | None = None
) -> list[tuple[str, str, str]]:
    alerts = target_alerts(of or programme(), [target], STATUSES, reported, TODAY)
    return [(alert.recipient_code, alert.kind.value, alert.cause) for alert in alerts]


def test_whoever_follows_a_structure_of_the_cohort_is_alerted_else_the_lead():
    both = [("A", "target_missed", "at_least 1000"), ("B", "target_missed", "at_least 1000")]
    assert decided(TARGET, of=programme(lead=True)) == both
    away = {"substitutes": [{"evaluator": "B", "from": "2018-07-01"}]}
    of_one = {"code": "A", "name": "A", "email": "a@example.org", "follows": [{"structure": "A"}], **away}
    of_others = {"code": "B", "name": "B", "email": "b@example.org", "follows": ["LREF", {"structure": "B"}]}
    assert [code for code, _, _ in decided(TARGET, of=programme(evaluators=[of_one, of_others], lead=True))] == ["B"]
    # B has left.
    assert [code for code, _, _ in decided(TARGET, of=programme(evaluators=[of_others], lead=True))] == ["_lead"]
    assert decided(TARGET, of=programme(evaluators=[of_others])) == []


@pytest.mark.parametrize("status", sorted(set(TargetStatus) - {TargetStatus.MISSED}))
def test_nothing_but_a_missed_target_is_alerted(status: TargetStatus):
    assert decided(replace(TARGET, status=status)) == []


def test_an_alert_is_reported_once_withdrawn_once_and_reported_again_if_it_holds_again():
    met, reported = replace(TARGET, status=TargetStatus.REACHED), set[ReportedTarget]()
    seen: list[str] = []
    for target in (TARGET, TARGET, met, met, TARGET, TARGET, met, met):
        alerts = [one for one in decided(target, reported) if one[0] == "A"]
        seen.append(" ".join(f"{kind}: {cause}" for _, kind, cause in alerts))
        reported |= {(code, TARGET.target_id, kind, cause) for code, kind, cause in alerts}
    assert seen == [
        "target_missed: at_least 1000",
        "",
        "target_withdrawn: at_least 1000",
        "",
        "target_missed: at_least 1000, withdrawn 1",
        "",
        "target_withdrawn: at_least 1000, withdrawn 1",
        "",
    ]
    # Another target is another claim, and a figure that is suppressed states nothing.
    known = {("A", TARGET.target_id, "target_missed", "at_least 1000")}
    assert ("A", "target_missed", "at_least 700.5") in decided(replace(TARGET, target=700.5), known)
    assert decided(replace(TARGET, status=TargetStatus.SUPPRESSED), known) == []
    assert [code for code, _, _ in decided(replace(TARGET, status=TargetStatus.UNDECIDED), known)] == ["A"]


def composed(target: TargetProgress, kind: AlertKind, locale: str = "fr", *, accumulates: bool = False):
    base = programme()
    indicator = Indicator.model_validate(
        {
            "indicator_code": "people",
            "label_fr": "Personnes aidées",
            "label_en": "People helped",
            "level": "structure",
            "kind": "number",
            "over_structures": "sum",
            "is_core": "true",
            "accumulates": accumulates,
        }
    )
    settings = base.settings.model_copy(update={"locale": locale})
    of = base.model_copy(update={"settings": settings, "indicators": [indicator]})
    alert = TargetAlert(target, kind, "at_least 1000", "A", ("VITA-1/A",))
    digest = digest_of(
        of,
        [alert],
        recipient_code="A",
        recipient="a@example.org",
        sender="s@example.org",
        new={alert.alert_id},
        to_correct={},
        as_of=TODAY,
        collected_on=TODAY,
        decided_on=TODAY,
        message_id="<0@essai.essaim>",
    )
    assert digest.dated == datetime(2018, 8, 1, 7, tzinfo=ZoneInfo("Europe/Paris"))
    message = compose(digest)
    return message["Subject"], *parts(message)


def test_a_digest_says_what_was_to_be_reached_and_on_how_many_structures_the_figure_rests():
    subject, text, page = composed(TARGET, AlertKind.TARGET_MISSED)
    assert subject == "1 objectif manqué · Essai"
    for body in (text, page):
        assert "Personnes aidées" in body
        assert f"Objectif{NBSP}: au moins 1\u202f000{NBSP}people" in body
        assert f"chiffre{NBSP}: 630,5{NBSP}people (2 structures sur 3)" in body
        assert f"avec celles qui manquent, de 630,5 à 930,5{NBSP}people" in body
        assert "VITA-1/M06/people" in body
        assert "essaim waive" not in body
    _, text, _ = composed(replace(TARGET, n_expected=2, upper_value=630.5), AlertKind.TARGET_MISSED, "en")
    assert f"figure: 630.5{NBSP}people (2 of 2 structures)\n" in text
    _, text, _ = composed(replace(TARGET, lower_value=None), AlertKind.TARGET_MISSED, "en", accumulates=True)
    assert f"(2 of 3 values) · with those that are missing, 930.5{NBSP}people at most" in text
    most = replace(TARGET, direction=TargetDirection.AT_MOST, upper_value=None, unit=None)
    _, text, _ = composed(most, AlertKind.TARGET_MISSED, "en")
    assert "Target: at most 1,000\n" in text
    assert "with those that are missing, 630.5 at least" in text


@pytest.mark.parametrize(
    ("status", "sentence"),
    [
        (TargetStatus.REACHED, "The target is reached."),
        (TargetStatus.NOT_DUE, "Returns are still to come before their due date."),
        (TargetStatus.UNDECIDED, "coverage does not allow to say."),
    ],
)
def test_a_correction_of_an_earlier_mail_says_what_holds_now(status: TargetStatus, sentence: str):
    subject, text, _ = composed(replace(TARGET, status=status), AlertKind.TARGET_WITHDRAWN, "en")
    assert subject == "1 target no longer missed · Essai"
    assert sentence in text
