"""Test that the survey server reminds the structures that owe a return, and no others."""

from collections.abc import Iterator
from datetime import date

import pytest
from pydantic import SecretStr, ValidationError
from running import EXAMPLE, USER, demonstration_state

from schemas.enums import DeliveryOutcome
from schemas.instruments import Instrument
from schemas.programme import Programme
from schemas.tables import Row
from tasks.delivery import Delivery
from tasks.limesurvey import LimeSurvey
from tasks.programme import read_programme
from tasks.schedule.expected_returns import plan, survey_source
from tasks.simulator import Misbehaviour, Simulator, serve
from tasks.surveys import participants_to_remind, remind

SURVEY = 310603
TODAY = date(2019, 3, 31)
CANARIES = ("Personne", "Inventée", "@")


@pytest.fixture(scope="module")
def programme() -> Programme:
    return read_programme(EXAMPLE)


@pytest.fixture(scope="module")
def instrument(programme: Programme) -> Instrument:
    return programme.instrument_by_code["suivi"].model_copy(update={"reminders": True})


@pytest.fixture(scope="module")
def expected(programme: Programme) -> dict[str, Row]:
    return {str(r["expected_return_id"]): r for r in plan(programme) if r["source_id"] == survey_source(SURVEY)}


@pytest.fixture
def simulator() -> Iterator[Simulator]:
    state = demonstration_state()
    state.mail_works = True
    with serve(state) as running:
        yield running


@pytest.fixture
def server(simulator: Simulator) -> Iterator[LimeSurvey]:
    with LimeSurvey(
        simulator.url, username=USER.name, password=SecretStr(USER.password), wait=lambda _seconds: None
    ) as client:
        yield client


@pytest.fixture
def owed(server: LimeSurvey, expected: dict[str, Row], instrument: Instrument) -> set[str]:
    """Return outstanding returns, and received ones whose structures must never be reminded."""
    people = server.participants(SURVEY, attributes=("attribute_1", "attribute_2"))
    done = {(p.attributes["attribute_2"], p.attributes["attribute_1"]) for p in people if p.completed}
    open_ = [id_ for id_ in sorted(expected) if tuple(id_.split("/")[:2]) not in done]
    return {*open_[:3], *[id_ for id_ in sorted(expected) if tuple(id_.split("/")[:2]) in done][:2]}


def still_open(owed: set[str], server: LimeSurvey) -> int:
    people = server.participants(SURVEY, attributes=("attribute_1", "attribute_2"))
    done = {(p.attributes["attribute_2"], p.attributes["attribute_1"]) for p in people if p.completed}
    return len([id_ for id_ in owed if tuple(id_.split("/")[:2]) not in done])


def mailed(server: LimeSurvey) -> int:
    return sum(one.sent for one in server.participants(SURVEY))


def test_those_who_owe_a_return_are_invited_first_and_reminded_after(
    server: LimeSurvey, instrument: Instrument, expected: dict[str, Row], owed: set[str]
) -> None:
    count = still_open(owed, server)
    assert 0 < count < len(owed)
    invited = remind(server, SURVEY, instrument, expected, owed, today=TODAY)
    assert invited == Delivery(DeliveryOutcome.SENT, f"Invited {count} of {count}.")
    assert mailed(server) == count
    again = remind(server, SURVEY, instrument, expected, owed, today=TODAY)
    assert again.outcome is DeliveryOutcome.SENT
    assert again.words.startswith(f"Reminded 0 of {count}. {count} passed over")


def test_an_instrument_that_does_not_opt_in_reminds_nobody(
    server: LimeSurvey, programme: Programme, expected: dict[str, Row], owed: set[str]
) -> None:
    people = server.participants(SURVEY, attributes=("attribute_1", "attribute_2"))
    assert participants_to_remind(programme.instrument_by_code["suivi"], expected, owed, people, TODAY).invite == ()


def test_a_dry_run_reports_how_many_and_whom_by_token_and_structure_and_sends_nothing(
    server: LimeSurvey, simulator: Simulator, instrument: Instrument, expected: dict[str, Row], owed: set[str]
) -> None:
    would = remind(server, SURVEY, instrument, expected, owed, today=TODAY, dry_run=True)
    people = server.participants(SURVEY, attributes=("attribute_1", "attribute_2"))
    named = [
        f"{p.token} ({enrolment})"
        for p in people
        if not p.completed
        and (enrolment := f"{p.attributes['attribute_2']}/{p.attributes['attribute_1']}")
        in {id_.rsplit("/", 2)[0] for id_ in owed}
    ]
    assert would.words == f"Would invite {still_open(owed, server)}, remind 0: invite {', '.join(named)}."
    assert mailed(server) == 0
    assert "invite_participants" not in simulator.calls


def test_nothing_owed_is_nobody_to_remind(
    server: LimeSurvey, simulator: Simulator, instrument: Instrument, expected: dict[str, Row]
) -> None:
    done = remind(server, SURVEY, instrument, expected, set(), today=TODAY)
    assert done == Delivery(DeliveryOutcome.SENT, "There was nobody left to write to.")
    assert "invite_participants" not in simulator.calls


@pytest.mark.parametrize("misbehaviour", [Misbehaviour.DROP, Misbehaviour.UNAVAILABLE])
def test_a_mailing_that_failed_is_never_tried_again_by_itself(
    misbehaviour: Misbehaviour,
    server: LimeSurvey,
    simulator: Simulator,
    instrument: Instrument,
    expected: dict[str, Row],
    owed: set[str],
) -> None:
    simulator.misbehave(misbehaviour, times=None, method="invite_participants")
    delivery = remind(server, SURVEY, instrument, expected, owed, today=TODAY)
    assert delivery.outcome is DeliveryOutcome.REFUSED
    assert "not tried again by itself" in delivery.words
    assert simulator.calls.count("invite_participants") == 1


def test_a_server_that_cannot_be_read_postpones_because_nothing_went_out(
    server: LimeSurvey, simulator: Simulator, instrument: Instrument, expected: dict[str, Row], owed: set[str]
) -> None:
    simulator.misbehave(Misbehaviour.UNAVAILABLE, times=None, method="list_participants")
    assert remind(server, SURVEY, instrument, expected, owed, today=TODAY).outcome is DeliveryOutcome.POSTPONED
    assert "invite_participants" not in simulator.calls


def test_a_server_that_cannot_send_mail_is_reported_by_counts(
    server: LimeSurvey, simulator: Simulator, instrument: Instrument, expected: dict[str, Row], owed: set[str]
) -> None:
    simulator.state.mail_works = False
    count = still_open(owed, server)
    delivery = remind(server, SURVEY, instrument, expected, owed, today=TODAY)
    assert delivery.outcome is DeliveryOutcome.REFUSED
    assert delivery.words.startswith(f"Invited 0 of {count}. {count} failed: look at the survey server's mail settings")


def test_who_asked_not_to_be_written_to_is_not(
    server: LimeSurvey, simulator: Simulator, instrument: Instrument, expected: dict[str, Row], owed: set[str]
) -> None:
    survey = next(one for one in simulator.state.surveys.values() if one.sid == SURVEY)
    for participant in survey.participants.values():
        participant.emailstatus = "OptOut"
    delivery = remind(server, SURVEY, instrument, expected, owed, today=TODAY)
    assert delivery.words == f"{still_open(owed, server)} cannot be written to."
    assert mailed(server) == 0


def test_no_name_and_no_address_is_in_what_the_ledger_gets(
    server: LimeSurvey, instrument: Instrument, expected: dict[str, Row], owed: set[str]
) -> None:
    written = remind(server, SURVEY, instrument, expected, owed, today=TODAY).words
    assert not [canary for canary in CANARIES if canary in written]


def test_only_a_survey_that_knows_its_participants_can_remind(programme: Programme) -> None:
    for code in ("tableau", "grille_vita"):
        content = programme.instrument_by_code[code].model_dump()
        with pytest.raises(ValidationError, match="expected reminders of a limesurvey instrument"):
            Instrument.model_validate({**content, "reminders": True})
