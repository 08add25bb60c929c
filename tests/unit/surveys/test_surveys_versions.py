"""Test the detection of new versions in a page, and the instant of each."""

import hashlib
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from functools import cache
from typing import Any
from zoneinfo import ZoneInfo

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from running import EXAMPLE, USER
from small_programme import DATED, SURVEYS

from schemas.enums import AfterLeaving, JoinBy
from schemas.instruments import Join
from schemas.programme import Programme
from schemas.programme_tables import CrosswalkLine, Enrolment
from tasks.limesurvey import LimeSurvey
from tasks.programme import read_programme
from tasks.questionnaires.questionnaire import Questionnaire
from tasks.records import checksum
from tasks.simulator import State, Survey, serve
from tasks.surveys.answer_reader import AnswerReader
from tasks.surveys.answered import AnsweringRule
from tasks.surveys.assigning import Assigner
from tasks.surveys.held_answers import HeldAnswers
from tasks.surveys.page_versions import PageVersions, Version
from tasks.surveys.versions import VersionFinder
from warehouse.runs import last_instant_of
from warehouse.surveys import KnownVersion

PARIS = ZoneInfo("Europe/Paris")
ONE, TWO = "C-1/ONE/M06/suivi", "C-1/TWO/M06/suivi"
EXPECTED = {
    one: {"expected_return_id": one, "enrolment_id": one.rsplit("/", 2)[0], "opens_on": date(2025, 12, 1)}
    for one in (ONE, TWO)
}
FIRST = "2025-12-20 10:00:00"


@pytest.fixture(scope="module")
def questionnaire() -> Questionnaire:
    survey = Survey.from_lss(SURVEYS / DATED)
    with (
        serve(State([survey], [USER])) as simulator,
        LimeSurvey(simulator.url, username=USER.name, password=USER.password) as server,
    ):
        return server.questionnaire(survey.sid)


@cache
def _example() -> Programme:
    return read_programme(EXAMPLE)


def programme_of(version: str = "1", left: date | None = None) -> Programme:
    enrolment = Enrolment(structure_code="ONE", structure_name="Une structure", cohort_code="C-1", left_on=left)
    lines = [CrosswalkLine(instrument_code="suivi", version=1, item="budget", indicator_code="budget")]
    return _example().model_copy(update={"version": version, "enrolments": [enrolment], "crosswalk": lines})


def finder_of(
    questionnaire: Questionnaire, as_of: date, programme: Programme | None = None, **more: Any
) -> VersionFinder:
    programme = programme or programme_of()
    instrument = programme.instrument_by_code["suivi"].model_copy(update={"join": Join(by=JoinBy.TOKEN), **more})
    return VersionFinder(
        programme=programme,
        instrument=instrument,
        instrument_version=1,
        assigner=Assigner(instrument.join, EXPECTED, {}),
        answering=AnsweringRule(questionnaire, AnswerReader(Questionnaire(("fr",), ()), programme, "suivi", 1), {}),
        questionnaire=questionnaire,
        zone=PARIS,
        server_zone=PARIS,
        found_at=last_instant_of(as_of, PARIS),
        as_of=as_of,
        held=HeldAnswers(),
    )


def page(
    budget: str | None = "1",
    token: str | None = "ONE",
    submitted: str | None = FIRST,
    saved: str | None = FIRST,
    lastpage: int | None = 1,
) -> pa.Table:
    """Return a page with one response."""
    row = {
        "id": 7, "token": token, "submitdate": submitted, "startdate": saved, "datestamp": saved,
        "lastpage": lastpage, "startlanguage": "fr", "adopt": None, "budget": budget, "nom": None,
    }  # fmt: skip
    kinds = {"id": pa.int64(), "lastpage": pa.int64()}
    return pa.table({name: pa.array([value], kinds.get(name, pa.string())) for name, value in row.items()})


def new_in(found: PageVersions) -> list[Version]:
    """Return the new versions of a page, one by one."""
    return [Version(**row) for row in found.new.to_pylist()]


def known(found: PageVersions, programme_version: str = "1", *, quarantined: bool = False) -> list[KnownVersion]:
    """Return the versions in the warehouse after the new ones are loaded."""
    return [
        KnownVersion(
            return_id=one.return_id,
            expected_return_id=one.expected_return_id,
            content_sha256=one.content_sha256,
            is_submitted=one.is_submitted,
            answered_at=one.answered_at,
            is_quarantined=quarantined,
            programme_version=programme_version,
            questionnaire_version="q",
            known_at=one.answered_at,
            loaded_at=one.answered_at,
        )
        for one in new_in(found)
    ]


JANUARY = date(2026, 1, 10)


def test_dates_are_the_servers_in_its_zone_and_days_the_programmes(questionnaire: Questionnaire) -> None:
    (version,) = new_in(finder_of(questionnaire, JANUARY).find(page(submitted="2025-12-20 00:30:00"), {}))
    assert version.answered_at == datetime(2025, 12, 19, 23, 30)
    assert version.answered_on == date(2025, 12, 20)


def test_a_response_with_another_date_and_the_same_answers_is_nothing_new(questionnaire: Questionnaire) -> None:
    finder = finder_of(questionnaire, JANUARY)
    history = known(finder.find(page(), {}))
    found = finder.find(page(submitted="2026-01-05 10:00:00", saved="2026-01-05 10:00:00"), {7: history})
    assert (new_in(found), found.later, found.assigned) == ([], 0, {7: ONE})


@pytest.mark.parametrize("lastpage", [None, 0])
def test_a_row_that_was_only_opened_is_no_response(questionnaire: Questionnaire, lastpage: int | None) -> None:
    found = finder_of(questionnaire, JANUARY).find(page(budget=None, submitted=None, lastpage=lastpage), {})
    assert (new_in(found), found.unassigned, found.assigned) == ([], [], {})


def test_a_page_that_was_sent_or_a_submission_is_a_response_without_answers_that_are_kept(
    questionnaire: Questionnaire,
) -> None:
    for begun in (page(budget=None, submitted=None), page(budget=None, lastpage=None)):
        assert len(new_in(finder_of(questionnaire, JANUARY).find(begun, {}))) == 1


def test_what_is_quarantined_is_looked_at_again_once_the_programme_was_corrected(questionnaire: Questionnaire) -> None:
    finder = finder_of(questionnaire, JANUARY)
    history = known(finder.find(page(), {}), quarantined=True)
    assert new_in(finder.find(page(), {7: history})) == []
    (again,) = new_in(finder_of(questionnaire, JANUARY, programme_of("2")).find(page(), {7: history}))
    assert (again.return_id, again.answered_at) == (history[0].return_id, history[0].answered_at)


def held_under(questionnaire_version: str, *items: str) -> HeldAnswers:
    return HeldAnswers({("1", questionnaire_version): frozenset(items)})


def test_an_answer_under_a_code_that_the_crosswalk_was_corrected_to_is_held_again(questionnaire: Questionnaire) -> None:
    finder = finder_of(questionnaire, JANUARY)
    history = known(finder.find(page(), {}))
    (new,) = new_in(replace(finder, held=held_under("q", "adopt", "depenses")).find(page(), {7: history}))
    assert new.return_id != history[0].return_id
    assert new.answered_at == history[0].answered_at
    for held in (held_under("q", "adopt", "budget"), held_under("r", "depenses")):
        assert new_in(replace(finder, held=held).find(page(), {7: history})) == []
    # Without an answer under the corrected code, there is no new version.
    empty = page(budget=None).set_column(7, "adopt", pa.array(["oui"]))
    history = known(finder.find(empty, {}))
    assert new_in(replace(finder, held=held_under("q", "adopt")).find(empty, {7: history})) == []


def test_a_response_that_was_opened_again_and_moves_was_answered_when_it_was_sent(questionnaire: Questionnaire) -> None:
    finder = finder_of(questionnaire, JANUARY)
    history = known(finder.find(page(), {}))
    reopened = "2026-01-08 10:00:00"
    (moved,) = new_in(finder.find(page(token="TWO", submitted=reopened, saved=reopened), {7: history}))
    assert (moved.expected_return_id, moved.answered_on) == (TWO, date(2025, 12, 20))


def test_opening_it_again_after_leaving_sets_nothing_aside(questionnaire: Questionnaire) -> None:
    set_aside = (
        programme_of()
        .instrument_by_code["suivi"]
        .respondents.model_copy(update={"after_leaving": AfterLeaving.SET_ASIDE})
    )
    left = programme_of(left=date(2025, 12, 31))
    finder = finder_of(questionnaire, JANUARY, left, respondents=set_aside)
    history = known(finder.find(page(), {}))
    assert len(history) == 1
    later = "2026-01-05 10:00:00"
    opened = finder.find(page(submitted=later, saved=later), {7: history})
    assert (opened.set_aside, opened.assigned) == ([], {7: ONE})
    changed = finder.find(page(budget="2", submitted=later, saved=later), {7: history})
    assert [one.response_id for one in changed.set_aside] == [7]
    assert new_in(changed) == []


@pytest.mark.parametrize("token", ["ONE", "NOBODY"])
def test_what_came_after_the_runs_today_is_left(questionnaire: Questionnaire, token: str) -> None:
    found = finder_of(questionnaire, date(2025, 12, 19)).find(page(token=token), {})
    assert (found.later, new_in(found), found.unassigned, found.assigned) == (1, [], [], {})


RESPONSES = st.lists(
    st.tuples(
        st.sampled_from([None, "", "1", "2"]),
        st.sampled_from(["ONE", "TWO", "NOBODY", None]),
        st.none() | st.sampled_from(["2025-10-26 02:30:00", "2025-03-30 02:30:00", FIRST, "2026-01-20 00:00:00"]),
        st.sampled_from([FIRST, "2025-12-31 23:30:00", "2026-01-01 00:30:00"]),
        st.sampled_from(["fr", None]),
    ),
    min_size=1,
    max_size=10,
)


@settings(max_examples=40)
@given(RESPONSES, st.sampled_from([None, date(2025, 12, 31)]), st.booleans())
def test_responses_that_were_never_seen_are_what_each_of_them_says(
    questionnaire: Questionnaire, responses: Sequence[tuple[str | None, ...]], left: date | None, sets_aside: bool
) -> None:
    rows = [
        {
            "id": 100 + place, "token": token, "submitdate": submitted, "startdate": saved, "datestamp": saved,
            "lastpage": None, "startlanguage": language, "adopt": None, "budget": budget, "nom": None,
        }
        for place, (budget, token, submitted, saved, language) in enumerate(responses)
    ]  # fmt: skip
    schema = page().schema
    aside = AfterLeaving.SET_ASIDE if sets_aside else AfterLeaving.KEEP
    programme = programme_of(left=left)
    respondents = programme.instrument_by_code["suivi"].respondents.model_copy(update={"after_leaving": aside})
    found = finder_of(questionnaire, JANUARY, programme, respondents=respondents).find(
        pa.Table.from_pylist(rows, schema=schema), {}
    )
    new, unassigned, set_aside, assigned, later = list[object](), list[object](), list[object](), dict[int, str](), 0
    budget_id = next(q.question_id for q in questionnaire.questions if q.code == "budget")
    for place, (budget, token, submitted, saved, language) in enumerate(responses):
        if not budget and not submitted:
            continue
        local = datetime.fromisoformat(str(submitted or saved)).replace(tzinfo=PARIS)
        moment, day = local.astimezone(UTC).replace(tzinfo=None), local.astimezone(UTC).astimezone(PARIS).date()
        if day > JANUARY:
            later += 1
            continue
        # The other two questions were never shown.
        answer = "" if budget is None else f"{budget_id}//None/value\x1e{budget}"
        content = hashlib.sha256(f"\x1f{answer}\x1f".encode()).hexdigest()
        if token not in ("ONE", "TWO"):
            unassigned.append((100 + place, moment))
            continue
        expected = assigned[100 + place] = ONE if token == "ONE" else TWO
        left_on = left if left and token == "ONE" and day > left else None
        if left_on and sets_aside:
            set_aside.append((100 + place, moment))
            continue
        return_id = checksum(expected, str(100 + place), str(submitted is not None), content)
        new.append((place, return_id, expected, submitted is not None, moment, day, language, left_on))
    assert new == [
        (
            v.place,
            v.return_id,
            v.expected_return_id,
            v.is_submitted,
            v.answered_at,
            v.answered_on,
            v.language,
            v.left_on,
        )
        for v in new_in(found)
    ]
    assert [(one.response_id, one.answered_at) for one in found.unassigned] == unassigned
    assert [(one.response_id, one.answered_at) for one in found.set_aside] == set_aside
    assert found.later == later
    assert found.assigned == assigned


STATES = st.lists(
    st.tuples(
        st.sampled_from(["1", "2", "3"]),
        st.booleans(),
        st.sampled_from(["ONE", "ONE", "ONE", "TWO", "NOBODY"]),
        st.integers(0, 2),
        st.integers(0, 2),
        st.booleans(),
    ),
    min_size=1,
    max_size=12,
)


@settings(max_examples=60)
@given(STATES)
def test_however_a_response_changes_the_last_version_of_its_return_is_what_it_says(
    questionnaire: Questionnaire, states: Sequence[tuple[str, bool, str, int, int, bool]]
) -> None:
    """Read one response on later and later days, after its answers, dates and structure changed."""
    day, moment, history = date(2026, 1, 10), datetime(2025, 12, 20, 10), list[KnownVersion]()
    for budget, is_submitted, token, days, moved, quarantined in states:
        day += timedelta(days=days)
        moment += timedelta(days=moved)
        at = f"{moment:%Y-%m-%d %H:%M:%S}"
        finder = finder_of(questionnaire, max(day, moment.date()))
        response = page(budget, token, at if is_submitted else None, at)
        found = finder.find(response, {7: history} if history else {})
        history += known(found, quarantined=quarantined)
        assert found.later == 0
        again = finder.find(response, {7: history} if history else {})
        assert (new_in(again), again.assigned) == ([], found.assigned)
        if found.assigned:
            of_this = [one for one in history if one.expected_return_id == found.assigned[7]]
            # Versions of one instant follow the order of their loading.
            latest = sorted(of_this, key=lambda one: one.answered_at)[-1]
            assert latest == of_this[-1] == history[-1]
            assert latest.is_submitted is is_submitted
            assert latest.content_sha256 == next(
                one.content_sha256 for one in new_in(finder.find(page(budget, "ONE"), {}))
            )
    assert len({one.return_id for one in history}) == len(history)
