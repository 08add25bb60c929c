"""Test the comparison of a plan with an edited programme: changes to come, and edits that come too late."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st
from planned import OCCASIONS, planned, programme

from schemas.programme import Programme
from tasks.schedule.expected_returns import changes_to_plan, plan
from tasks.schedule.plan_diff import FROZEN, Change, PlanChange, changed_anchors, grouped, plan_changes

BEFORE = date(2018, 8, 1)  # the first return is due on 31 October
AFTER_TWO = date(2019, 3, 1)  # M03 and M06 were due


def changes(edited: Programme, today: date, original: Programme | None = None) -> list[PlanChange]:
    known = planned(*plan(original or programme()))
    return plan_changes(known, plan(edited), changes_to_plan(known, edited, today), today)


def by_change(found: list[PlanChange]) -> dict[Change, int]:
    return {change: sum(one.change is change for one in found) for change in {one.change for one in found}}


def test_a_programme_that_was_not_edited_changes_nothing():
    assert changes(programme(), AFTER_TWO) == []


def test_an_added_structure_adds_its_returns_and_those_that_were_due_are_called_late():
    found = changes(programme(structures=("ICARE", "IPSO", "NEO56")), AFTER_TWO)
    assert by_change(found) == {Change.ADDED: 4, Change.ADDED_LATE: 2}
    assert {one.expected_return_id.split("/")[1] for one in found} == {"NEO56"}


def test_a_structure_taken_out_withdraws_what_is_not_due_and_what_was_due_stays_expected():
    found = changes(programme(structures=("ICARE",)), AFTER_TWO)
    assert by_change(found) == {Change.WITHDRAWN: 4, Change.STAYS_EXPECTED: 2}
    assert [(one.before, one.after) for one in found if one.change is Change.STAYS_EXPECTED] == [
        ("due 2018-10-31", ""),
        ("due 2019-01-31", ""),
    ]


def test_a_corrected_anchor_moves_what_is_not_due_and_is_reported():
    known, edited = planned(*plan(programme())), programme(date(2018, 9, 30))
    found = plan_changes(known, plan(edited), changes_to_plan(known, edited, BEFORE), BEFORE)
    assert by_change(found) == {Change.MOVED: 12}
    assert (found[0].before, found[0].after) == ("due 2018-10-31", "due 2018-12-30")
    assert changed_anchors(known, plan(edited)) == ["VITA-1"]
    assert changed_anchors(known, plan(programme())) == []
    assert by_change(changes(edited, AFTER_TWO)) == {Change.MOVED: 8, Change.STAYS: 4}


def test_changed_clock_rules_are_reported_once_per_return():
    found = changes(programme(grace_days=20), BEFORE)
    assert by_change(found) == {Change.RULES: 12}
    assert (found[0].before, found[0].after) == ("on time until 2018-11-15", "on time until 2018-11-20")


def test_another_survey_replaces_the_instrument():
    edited = programme().model_copy(deep=True)
    (instrument,) = edited.settings.instruments
    (version,) = instrument.versions
    other = instrument.model_copy(update={"versions": [version.model_copy(update={"survey_id": 310699, "version": 2})]})
    edited = edited.model_copy(update={"settings": edited.settings.model_copy(update={"instruments": [other]})})
    found = changes(edited, AFTER_TWO)
    assert by_change(found) == {Change.REPLACED: 8, Change.STAYS: 4}
    assert found[0].after == "version 2, from limesurvey:310699"


def test_an_occasion_that_is_no_longer_collected_is_withdrawn():
    found = changes(programme(occasions=tuple(OCCASIONS)[:-1]), AFTER_TWO)
    assert by_change(found) == {Change.WITHDRAWN: 2}
    (group,) = grouped(found)
    assert (group.cohort_code, group.occasion_code, group.instrument_code, group.count) == ("VITA-1", "M18", "suivi", 2)


def test_of_a_programme_never_collected_everything_is_added():
    found = plan_changes({}, plan(programme()), changes_to_plan({}, programme(), BEFORE), BEFORE)
    assert by_change(found) == {Change.ADDED: 12}


@pytest.mark.parametrize("today", [BEFORE, AFTER_TWO, date(2030, 1, 1)])
@given(
    anchor=st.dates(date(2018, 6, 1), date(2018, 10, 31)),
    structures=st.sets(st.sampled_from(["ICARE", "IPSO", "NEO56"])),
    grace_days=st.integers(14, 16),
)
def test_what_is_shown_is_what_a_run_applies_and_nothing_that_was_due_changes(
    today: date, anchor: date, structures: set[str], grace_days: int
):
    known = planned(*plan(programme()))
    edited = programme(anchor, structures=tuple(structures), grace_days=grace_days)
    rows = changes_to_plan(known, edited, today)
    found = plan_changes(known, plan(edited), rows, today)
    applied = {one.expected_return_id for one in found if one.change not in FROZEN}
    assert applied == {row["expected_return_id"] for row in rows}
    for one in found:
        was_due = one.expected_return_id in known and known[one.expected_return_id]["due_on"] < today
        assert (one.change in FROZEN) is was_due
    again = {**known, **planned(*rows)}
    assert {c.change for c in plan_changes(again, plan(edited), changes_to_plan(again, edited, today), today)} <= FROZEN
