"""Test surveys that several occasions share: which of them a response answers.

Python decides it, so most tests run on one of the two engines.
"""

from datetime import date

import pytest
from engines import ON_DUCKDB, ON_POSTGRESQL
from shared_survey import (
    IN_M03,
    IN_M06,
    MARCH,
    OCCASIONS,
    OCTOBER,
    add_participant,
    placed,
    rows,
    shared,
    states,
)
from small_programme import Small, small_programme

from schemas.settings import ProjectPaths
from warehouse.connection import open_warehouse
from warehouse.loads import errors_of
from warehouse.status import unplaced_responses


def test_an_answer_that_names_an_unknown_occasion_is_quarantined_until_it_is_corrected_on_the_server(
    paths_with_views: ProjectPaths, monkeypatch: pytest.MonkeyPatch
) -> None:
    with shared(monkeypatch, paths_with_views.folder, occasion="attribute_3") as small:
        add_participant(small, "str1", "M30")
        add_participant(small, "str2", "M06")
        wrong, right = small.answer("str1", IN_M06), small.answer("str2", IN_M03)
        loaded = small.collect(MARCH, views=True)
        (first,) = loaded.quarantined
        assert loaded.count == 2
        read = "(attribute_3 de son participant vaut M30)"
        assert f"réponse {wrong}: une réponse qui n'indique aucune échéance de cette enquête {read}" in first
        assert placed(small) == [
            (wrong, "M03", "quarantined"), (wrong, "M06", "quarantined"), (right, "M06", "loaded"),
        ]  # fmt: skip
        assert states(small) == ["quarantined", "quarantined", "missing", "received"]
        # Readers see that it is one response, and for which occasions.
        once = (f"survey {small.survey.sid}, response {wrong}", True, "C-1/STR1", "suivi", "M03, M06")
        assert unplaced_responses(small.paths)[1] == [once]
        versions = [id_ for (id_,) in rows(small, "select return_id from raw.returns where outcome = 'quarantined'")]
        with open_warehouse(small.paths) as warehouse:
            errors = errors_of(warehouse, versions)
        assert [(error.location, "M03 ou M06" in error.found) for id_ in versions for error in errors[id_]] == [
            (f"réponse {wrong}", True)
        ] * 2
        participant = small.survey.participant("str1")
        participant.attributes["attribute_3"] = "M03"
        assert small.collect(date(2026, 4, 7), weekly=True, views=True).quarantined == []
        assert states(small) == ["late", "missing", "missing", "received"]
        # An occasion that was typed wrongly and is known can be corrected too.
        participant.attributes["attribute_3"] = "M06"
        small.collect(date(2026, 4, 14), weekly=True, views=True)
        assert states(small) == ["missing", "received", "missing", "received"]


@ON_DUCKDB
def test_an_answer_that_names_no_occasion_is_not_one_to_an_occasion_that_another_answer_of_the_run_names(
    paths_with_views: ProjectPaths, monkeypatch: pytest.MonkeyPatch
) -> None:
    with shared(monkeypatch, paths_with_views.folder, occasion="attribute_3", page_size=1) as small:
        add_participant(small, "str1-wrong", "M30")
        add_participant(small, "str1-right", "M03")
        wrong, right = small.answer("str1-wrong", IN_M06), small.answer("str1-right", IN_M06)
        small.collect(MARCH)
        assert placed(small) == [(wrong, "M06", "quarantined"), (right, "M03", "loaded")]


@ON_POSTGRESQL
def test_who_answered_one_occasion_is_not_said_to_lack_a_response_for_the_others(
    paths_with_views: ProjectPaths, monkeypatch: pytest.MonkeyPatch
) -> None:
    with small_programme(
        monkeypatch,
        paths_with_views.folder,
        occasions=OCCASIONS,
        identifiers=[],
        join={"occasion": "nom"},
    ) as small:
        small.add_participants("STR1", "STR2")
        small.answer("str1", IN_M03, nom="M03")
        for code in ("str1", "str2"):
            small.survey.participant(code).completed = IN_M03[:16]
        small.collect(MARCH, views=True)
        reasons = "select state_reason from analytics.return_status where occasion_code = 'M06' order by structure_code"
        assert rows(small, reasons)[:2] == [("token_used_up",), ("completed_without_response",)]


@ON_DUCKDB
def test_who_has_a_use_left_for_the_next_occasion_has_not_used_the_token_up(
    paths_with_views: ProjectPaths, monkeypatch: pytest.MonkeyPatch
) -> None:
    codes = ["STR1", "STR2", "STR3"]
    with small_programme(
        monkeypatch,
        paths_with_views.folder,
        structures=codes,
        occasions=OCCASIONS,
        join={"occasion": "by window"},
    ) as small:
        small.add_participants(*codes)
        for code in codes:
            small.answer(code.lower(), IN_M03)
        first, second = small.survey.participant("str1"), small.survey.participant("str2")
        second.usesleft = 1
        small.survey.add_participant(token="colleague", attributes={"attribute_1": "STR3", "attribute_2": "C-1"})
        assert reasons_of_m06(small, MARCH) == ["token_used_up", "nothing_came", "nothing_came"]
        first.completed, first.usesleft = "N", 1
        second.completed, second.usesleft = IN_M03[:16], 0
        assert reasons_of_m06(small, date(2026, 4, 7)) == ["nothing_came", "token_used_up", "nothing_came"]


@ON_POSTGRESQL
@pytest.mark.parametrize("ends_in_occasion", [False, True])
def test_by_token_a_completed_participant_without_a_response_and_a_used_up_token_are_detected(
    paths_with_views: ProjectPaths, monkeypatch: pytest.MonkeyPatch, *, ends_in_occasion: bool
) -> None:
    codes = ["STR1", "STR2", "STR3"]
    join = {"by": "token", "occasion": "token" if ends_in_occasion else "by window"}
    with small_programme(
        monkeypatch, paths_with_views.folder, structures=codes, occasions=OCCASIONS, join=join
    ) as small:
        m03, m06 = ("~M03", "~M06") if ends_in_occasion else ("", "")
        tokens = {f"{code}{end}" for code in codes for end in (m03, m06)}
        for token in sorted(tokens):
            small.survey.add_participant(token=token, attributes={})
        small.answer(f"STR1{m03}", IN_M03)
        small.survey.participant(f"STR2{m06}").completed = IN_M06[:16]
        # With tokens of one occasion, another occasion's response completes nobody.
        first = "nothing_came" if ends_in_occasion else "token_used_up"
        assert reasons_of_m06(small, MARCH) == [first, "completed_without_response", "nothing_came"]
        if not ends_in_occasion:
            # The staff give the token one more use: the weekly run reads it, although no count has changed.
            small.survey.participant("STR1").usesleft = 1
            assert reasons_of_m06(small, date(2026, 4, 7))[0] == "nothing_came"


def reasons_of_m06(small: Small, day: date) -> list[str]:
    """Collect, and return why the return of M06 of each structure has not been received, where it is open."""
    small.collect(day, weekly=True, views=True)
    sql = "select state_reason from analytics.return_status where occasion_code = 'M06' order by structure_code"
    return [str(reason) for (reason,) in rows(small, sql)]


def test_a_response_that_has_not_reached_the_question_of_its_occasion_is_begun(
    paths_with_views: ProjectPaths, monkeypatch: pytest.MonkeyPatch
) -> None:
    with small_programme(
        monkeypatch,
        paths_with_views.folder,
        occasions=OCCASIONS,
        identifiers=[],
        join={"occasion": "nom"},
    ) as small:
        small.add_participants("STR1")
        small.answer("str1", IN_M03, nom="M03")
        number = small.survey.add_response({"adopt": "oui"}, token="str1", datestamp=IN_M06)
        small.collect(MARCH, views=True)
        reason = "select state_reason from analytics.return_status where expected_return_id = 'C-1/STR1/M06/suivi'"
        assert rows(small, reason) == [("begun",)]
        small.survey.complete(number, {"adopt": "oui", "budget": "3", "nom": "M30"}, at=IN_M06)
        small.collect(MARCH, views=True)
        assert rows(small, reason) == [("unplaced",)]


def test_attributes_are_mapped_to_codes_by_the_recodes_of_the_join(
    paths_with_views: ProjectPaths, monkeypatch: pytest.MonkeyPatch
) -> None:
    with small_programme(
        monkeypatch, paths_with_views.folder, occasions=OCCASIONS, join={"occasion": "by window"}
    ) as small:
        recodes = small.folder / "recodes.csv"
        lines = "waves,Autumn 2025,C-1,\nmoments,After 3 months,M03,\nmoments,After 6 months,M06,\n"
        recodes.write_text(recodes.read_text(encoding="utf-8") + lines, encoding="utf-8")
        small.edit(
            "programme.yaml", '"by window"', '"attribute_3", "recode": {"cohort": "waves", "occasion": "moments"}'
        )
        add_participant(small, "str1", "after  3 months", cohort="Autumn 2025")
        add_participant(small, "str2", "M06")
        first, second = small.answer("str1", IN_M06), small.answer("str2", IN_M06)
        assert small.collect(MARCH).notes == []
        assert placed(small) == [(first, "M03", "loaded"), (second, "M06", "loaded")]


"""A day on which M03 is overdue, and M06 is not open yet."""


def test_an_answer_that_names_an_occasion_before_it_opens_is_that_of_the_occasion(
    paths_with_views: ProjectPaths, monkeypatch: pytest.MonkeyPatch
) -> None:
    with shared(monkeypatch, paths_with_views.folder, occasion="attribute_3") as small:
        add_participant(small, "str1", "M06")
        early = small.answer("str1", IN_M03)
        assert small.collect(OCTOBER, views=True).quarantined == []
        assert placed(small) == [(early, "M06", "loaded")]
        assert states(small) == ["missing", "received", "missing", "scheduled"]
