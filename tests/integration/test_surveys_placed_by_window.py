"""Test which occasion a response answers where only its day can decide (`by window`).

Python decides it, so most tests run on one of the two engines.
"""

from datetime import date

import pytest
from engines import ON_DUCKDB, ON_POSTGRESQL
from shared_survey import IN_M03, IN_M06, MARCH, OCTOBER, add_participant, decided, placed, rows, shared, states

from schemas.enums import DecisionKind
from schemas.settings import ProjectPaths
from warehouse.status import unplaced_responses


def test_by_window_a_begun_response_that_makes_its_return_received_has_answered_its_occasion(
    paths_with_views: ProjectPaths, monkeypatch: pytest.MonkeyPatch
) -> None:
    with shared(monkeypatch, paths_with_views.folder, page_size=1, occasion="by window") as small:
        small.add_participants("STR1", "STR2")
        small.survey.add_response({"adopt": "oui", "budget": "3"}, token="str1", datestamp=IN_M03)
        half = small.survey.add_response({"adopt": "oui"}, token="str2", datestamp=IN_M03)
        small.answer("str1", IN_M06)
        small.answer("str2", IN_M06)
        small.collect(MARCH, views=True)
        assert states(small) == ["received", "received", "quarantined", "quarantined"]
        # The begun response goes on: the other one is then that of the later occasion.
        small.survey.answer(half, {"budget": "3"}, at="2025-12-04 10:00:00")
        for _ in range(2):
            small.collect(MARCH, views=True)
            assert states(small) == ["received", "received", "late", "received"]


def test_by_window_a_begun_response_that_fits_two_occasions_is_reported_as_begun(
    paths_with_views: ProjectPaths, monkeypatch: pytest.MonkeyPatch
) -> None:
    with shared(monkeypatch, paths_with_views.folder, occasion="by window") as small:
        small.add_participants("STR1", "STR2")
        begun = small.survey.add_response({"adopt": "oui"}, token="str1", datestamp=IN_M06)
        quarantined = "\n".join(small.collect(MARCH, views=True).quarantined).replace("\N{NO-BREAK SPACE}", " ")
        found = f"réponse {begun}: une réponse, seulement commencée, qui peut être pour M03 ou M06 : elle date d'après"
        assert found in quarantined
        reasons = "select distinct state_reason from analytics.return_status where structure_code = 'STR1'"
        assert rows(small, reasons) == [("unplaced",)]
        assert [is_submitted for _, is_submitted, *_ in unplaced_responses(small.paths)[1]] == [False]


@ON_DUCKDB
def test_by_window_a_waived_occasion_is_no_candidate_from_the_next_run_on(
    paths_with_views: ProjectPaths, monkeypatch: pytest.MonkeyPatch
) -> None:
    with shared(monkeypatch, paths_with_views.folder, occasion="by window") as small:
        small.add_participants("STR1", "STR2")
        first, second = small.answer("str1", IN_M06), small.answer("str2", IN_M06)
        small.collect(MARCH)
        fits_both = [
            (first, "M03", "quarantined"), (first, "M06", "quarantined"),
            (second, "M03", "quarantined"), (second, "M06", "quarantined"),
        ]  # fmt: skip
        assert placed(small) == fits_both
        # More time for an occasion does not say which of the two was answered.
        decided(small, DecisionKind.EXTEND, "C-1/STR1/M03/suivi", date(2026, 4, 30))
        small.collect(MARCH, weekly=True)
        assert placed(small) == fits_both
        decided(small, DecisionKind.WAIVE, "C-1/STR1/M03/suivi")
        decided(small, DecisionKind.LEAVE, "C-1/STR2", date(2025, 10, 1))
        # The survey itself is as it was.
        small.collect(MARCH, weekly=True, views=True)
        assert states(small) == ["waived", "received", "late", "left"]


@ON_POSTGRESQL
def test_by_window_an_answer_may_be_for_several_occasions_again_once_a_waiver_is_undone(
    paths_with_views: ProjectPaths, monkeypatch: pytest.MonkeyPatch
) -> None:
    with shared(monkeypatch, paths_with_views.folder, occasion="by window") as small:
        small.add_participants("STR1", "STR2")
        small.answer("str1", IN_M06)
        small.answer("str2", IN_M03)
        waived = "C-1/STR1/M06/suivi"
        decided(small, DecisionKind.WAIVE, waived)
        small.collect(MARCH, views=True)
        assert states(small) == ["late", "waived", "received", "missing"]
        decided(small, DecisionKind.WAIVE, waived, is_undone=True)
        for _ in range(2):
            small.collect(MARCH, weekly=True, views=True)
            assert states(small) == ["quarantined", "quarantined", "received", "missing"]
        decided(small, DecisionKind.WAIVE, waived)
        small.collect(MARCH, weekly=True, views=True)
        assert states(small) == ["late", "waived", "received", "missing"]


@ON_DUCKDB
def test_an_answer_from_before_the_first_occasion_is_quarantined_whenever_it_is_read(
    paths_with_views: ProjectPaths, monkeypatch: pytest.MonkeyPatch
) -> None:
    with shared(monkeypatch, paths_with_views.folder, occasion="by window") as small:
        add_participant(small, "str1", "M03")
        early = small.answer("str1", "2025-08-20 10:00:00")
        for day in (OCTOBER, MARCH):
            small.collect(day)
            assert placed(small) == [(early, "M03", "quarantined")]


@ON_POSTGRESQL
def test_by_window_answers_are_placed_again_once_the_clock_is_corrected(
    paths_with_views: ProjectPaths, monkeypatch: pytest.MonkeyPatch
) -> None:
    right, wrong = "2025-06-30", "2025-03-31"
    with shared(monkeypatch, paths_with_views.folder, occasion="by window") as small:
        small.add_participants("STR1", "STR2")
        small.answer("str1", IN_M03)
        small.answer("str2", "2025-06-20 10:00:00")
        small.answer("str2", IN_M03)
        small.edit("programme.yaml", right, wrong)
        small.collect(MARCH, views=True)
        by_the_wrong_clock = ["quarantined", "quarantined", "received", "received"]
        assert states(small) == by_the_wrong_clock
        small.edit("programme.yaml", wrong, right)
        small.amend(MARCH)
        for _ in range(2):
            small.collect(MARCH, views=True)
            # The answer of June was given before anything was asked.
            assert states(small) == ["received", "missing", "received", "missing"]
        small.edit("programme.yaml", right, wrong)
        small.amend(MARCH)
        small.collect(MARCH, views=True)
        assert states(small) == by_the_wrong_clock


@ON_DUCKDB
def test_by_window_an_answer_may_be_for_several_occasions_again_once_a_departure_is_corrected(
    paths_with_views: ProjectPaths, monkeypatch: pytest.MonkeyPatch
) -> None:
    left = {"STR1": "2025-11-15"}
    with shared(monkeypatch, paths_with_views.folder, occasion="by window", left=left) as small:
        small.add_participants("STR1", "STR2")
        decided(small, DecisionKind.LEAVE, "C-1/STR2", date(2025, 11, 15))
        small.answer("str1", IN_M06)
        small.answer("str2", IN_M06)
        small.collect(MARCH, views=True)
        assert states(small) == ["late", "left", "late", "left"]
        small.edit("structures.csv", "2025-11-15", "")
        small.amend(MARCH)
        decided(small, DecisionKind.LEAVE, "C-1/STR2", date(2026, 2, 1))
        for _ in range(2):
            small.collect(MARCH, views=True)
            assert states(small) == ["quarantined", "quarantined", "quarantined", "quarantined"]


@ON_POSTGRESQL
def test_by_window_an_answer_found_with_the_deletion_of_an_earlier_one_is_not_guessed(
    paths_with_views: ProjectPaths, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whether the earlier answer was there when the later one was given is not known."""
    with shared(monkeypatch, paths_with_views.folder, occasion="by window") as small:
        small.add_participants("STR1", "STR2")
        first, other = small.answer("str1", IN_M03), small.answer("str2", IN_M03)
        small.collect(OCTOBER)
        assert placed(small) == [(first, "M03", "loaded"), (other, "M03", "loaded")]
        small.survey.delete_response(first)
        small.answer("str1", IN_M06)
        small.collect(MARCH, views=True)
        assert states(small)[:2] == ["quarantined", "quarantined"]


@ON_DUCKDB
def test_by_window_an_answer_found_with_the_reassignment_of_an_earlier_one_is_not_guessed(
    paths_with_views: ProjectPaths, monkeypatch: pytest.MonkeyPatch
) -> None:
    with shared(monkeypatch, paths_with_views.folder, occasion="by window") as small:
        small.add_participants("STR1", "STR2")
        add_participant(small, "str2-other", "")
        small.answer("str2", IN_M03)
        small.collect(OCTOBER)
        small.survey.participant("str2").attributes["attribute_1"] = "STR1"
        small.answer("str2-other", IN_M06)
        small.collect(MARCH, views=True)
        assert states(small) == ["received", "missing", "quarantined", "quarantined"]


@ON_POSTGRESQL
def test_by_window_an_answer_keeps_its_occasion_when_an_earlier_one_is_deleted_after_a_run(
    paths_with_views: ProjectPaths, monkeypatch: pytest.MonkeyPatch
) -> None:
    with shared(monkeypatch, paths_with_views.folder, occasion="by window") as small:
        small.add_participants("STR1", "STR2")
        first = small.answer("str1", IN_M03)
        small.answer("str1", IN_M06)
        small.collect(MARCH)
        small.survey.delete_response(first)
        small.collect(MARCH, views=True)
        assert states(small)[:2] == ["missing", "received"]
