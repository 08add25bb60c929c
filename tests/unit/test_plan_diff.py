"""Test the comparison of a plan with an edited programme: changes to come, and edits that come too late."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st
from planned import OCCASIONS, planned, programme

from schemas.programme import Programme
from schemas.programme_tables import Enrolment
from tasks.decisions import with_departures
from tasks.schedule.expected_returns import (
    Difference,
    Effect,
    as_believed,
    changes_to_plan,
    differences,
    plan,
    to_state,
)
from tasks.schedule.plan_diff import Change, PlanChange, changed_anchors, grouped, plan_changes, refusal

BEFORE = date(2018, 8, 1)  # the first return is due on 31 October
AFTER_TWO = date(2019, 3, 1)  # M03 and M06 were due


def changes(edited: Programme, today: date, original: Programme | None = None) -> list[PlanChange]:
    return plan_changes(differences(planned(*plan(original or programme())), edited, today), today)


def counted(found: list[PlanChange]) -> dict[tuple[Change, Effect], int]:
    kinds = [(one.change, one.effect) for one in found]
    return {kind: kinds.count(kind) for kind in kinds}


def other_survey() -> Programme:
    edited = programme().model_copy(deep=True)
    (instrument,) = edited.settings.instruments
    (version,) = instrument.versions
    other = instrument.model_copy(update={"versions": [version.model_copy(update={"survey_id": 310699, "version": 2})]})
    return edited.model_copy(update={"settings": edited.settings.model_copy(update={"instruments": [other]})})


def test_a_programme_that_was_not_edited_changes_nothing():
    assert changes(programme(), AFTER_TWO) == []


def test_an_added_structure_adds_its_returns_and_those_that_were_due_need_acceptance():
    found = changes(programme(structures=("ICARE", "IPSO", "NEO56")), AFTER_TWO)
    assert counted(found) == {(Change.ADDED, Effect.NEXT_RUN): 4, (Change.ADDED_LATE, Effect.TO_ACCEPT): 2}
    assert {one.expected_return_id.split("/")[1] for one in found} == {"NEO56"}


def test_a_structure_taken_out_withdraws_what_is_not_due_and_what_was_due_needs_acceptance():
    found = changes(programme(structures=("ICARE",)), AFTER_TWO)
    assert counted(found) == {(Change.WITHDRAWN, Effect.NEXT_RUN): 4, (Change.WITHDRAWN, Effect.TO_ACCEPT): 2}
    assert [(one.before, one.after) for one in found if one.effect is Effect.TO_ACCEPT] == [
        ("due 2018-10-31", ""),
        ("due 2019-01-31", ""),
    ]


def test_an_anchor_of_one_enrolment_moves_its_returns_as_that_of_a_cohort_does():
    known, whole = planned(*plan(programme())), programme()
    own = whole.enrolments[0].model_copy(update={"anchor_on": date(2018, 9, 30)})
    edited = whole.model_copy(update={"enrolments": [own, *whole.enrolments[1:]]})
    assert counted(changes(edited, AFTER_TWO)) == {
        (Change.MOVED, Effect.TO_ACCEPT): 2,
        (Change.MOVED, Effect.NEXT_RUN): 4,
    }
    assert changed_anchors(known, plan(edited), {own.enrolment_id}) == ["VITA-1/ICARE"]
    assert changed_anchors(known, plan(edited)) == ["VITA-1/ICARE"]
    both = programme(date(2018, 9, 30))
    assert changed_anchors(known, plan(both), {"VITA-1/IPSO"}) == ["VITA-1", "VITA-1/IPSO"]


def test_a_corrected_anchor_moves_what_is_not_due_and_needs_acceptance_for_what_was():
    known, edited = planned(*plan(programme())), programme(date(2018, 9, 30))
    found = changes(edited, BEFORE)
    assert counted(found) == {(Change.MOVED, Effect.NEXT_RUN): 12}
    assert (found[0].before, found[0].after) == ("due 2018-10-31", "due 2018-12-30")
    assert changed_anchors(known, plan(edited)) == ["VITA-1"]
    assert changed_anchors(known, plan(programme())) == []
    assert counted(changes(edited, AFTER_TWO)) == {
        (Change.MOVED, Effect.TO_ACCEPT): 4,
        (Change.MOVED, Effect.NEXT_RUN): 8,
    }


def test_an_anchor_a_year_too_early_moves_returns_into_the_past_and_needs_acceptance():
    found = changes(programme(date(2017, 7, 31)), BEFORE)
    assert counted(found) == {(Change.MOVED, Effect.TO_ACCEPT): 8, (Change.MOVED, Effect.NEXT_RUN): 4}
    assert {one.is_past for one in found if one.effect is Effect.TO_ACCEPT} == {True}


def test_changed_rules_apply_to_what_is_not_due_and_need_no_acceptance():
    found = changes(programme(grace_days=20), BEFORE)
    assert counted(found) == {(Change.RULES, Effect.NEXT_RUN): 12}
    assert (found[0].before, found[0].after) == ("on time until 2018-11-15", "on time until 2018-11-20")
    assert counted(changes(programme(grace_days=20), AFTER_TWO)) == {
        (Change.RULES, Effect.STAYS): 4,
        (Change.RULES, Effect.NEXT_RUN): 8,
    }


def test_another_survey_replaces_the_instrument():
    found = changes(other_survey(), AFTER_TWO)
    assert counted(found) == {(Change.REPLACED, Effect.TO_ACCEPT): 4, (Change.REPLACED, Effect.NEXT_RUN): 8}
    assert found[0].after == "version 2, from limesurvey:310699"


ICARE = "VITA-1/ICARE"
GONE = with_departures(programme(), {ICARE: date(2018, 12, 31)})
"""ICARE left after M03 was due, and before M06."""


def test_a_day_of_leaving_in_the_past_or_taken_out_needs_acceptance_for_what_was_due_and_counts_for_what_is_not():
    left = changes(GONE, AFTER_TWO)
    assert counted(left) == {(Change.LEFT, Effect.TO_ACCEPT): 1, (Change.LEFT, Effect.NEXT_RUN): 4}
    due = [one for one in left if one.effect is Effect.TO_ACCEPT]
    assert [(one.before, one.after, one.is_past) for one in due] == [("due 2019-01-31", "left before", False)]
    assert "1 return no longer due (due 2019-01-31), because the structure left before: ICARE." in refusal(due, GONE)
    back = changes(programme(), AFTER_TWO, GONE)
    assert counted(back) == {(Change.STILL_ENROLLED, Effect.TO_ACCEPT): 1, (Change.STILL_ENROLLED, Effect.NEXT_RUN): 4}
    sentences = refusal([one for one in back if one.effect is Effect.TO_ACCEPT], programme())
    assert "1 return due again (due 2019-01-31), because the structure is still enrolled: ICARE." in sentences
    assert "1 of them would be due already" in sentences


def test_a_structure_added_after_it_left_owes_nothing_at_once():
    (late,) = [
        one
        for one in changes(GONE, AFTER_TWO, programme(structures=("IPSO",)))
        if one.after.endswith("left before") and one.effect is Effect.TO_ACCEPT
    ]
    assert (late.change, late.is_past) == (Change.ADDED, False)


def test_a_day_of_leaving_that_is_accepted_changes_no_rule_by_which_a_return_was_on_time():
    known = planned(*plan(GONE))
    (accepted,) = to_accept(differences(known, programme(grace_days=20), AFTER_TWO))
    before, after = known[accepted.expected_return_id], accepted.after
    assert {name for name in after if after[name] != before[name]} == {"is_after_leaving", "plan_sha256"}
    assert to_accept(differences({**known, **planned(after)}, programme(grace_days=20), AFTER_TWO)) == []


def to_accept(found: list[Difference]) -> list[Difference]:
    return [one for one in found if one.effect is Effect.TO_ACCEPT]


def test_while_a_decision_states_when_a_structure_left_the_day_in_the_folder_waits():
    known = planned(*plan(programme()))
    assert differences(known, GONE, AFTER_TWO, decided={ICARE}) == []
    assert to_accept(differences(known, GONE, AFTER_TWO, decided={"VITA-1/IPSO"})) != []
    # Other edits apply meanwhile, and whether a return is owed stays as planned.
    moved = with_departures(programme(date(2018, 9, 30)), {ICARE: date(2018, 12, 31)})
    found = [one.after for one in differences(known, moved, BEFORE, decided={ICARE})]
    assert {row["is_after_leaving"] for row in found if row["enrolment_id"] == ICARE} == {False}
    assert len(found) == 12
    # It is an edit of the day on which the decision is revoked.
    again = differences({**known, **planned(*found)}, moved, date(2019, 4, 1))
    assert [(one.expected_return_id, one.effect) for one in again][:2] == [
        ("VITA-1/ICARE/M06/suivi", Effect.TO_ACCEPT),
        ("VITA-1/ICARE/M09/suivi", Effect.NEXT_RUN),
    ]


def test_rows_of_an_earlier_essaim_go_by_the_enrolments_that_were_loaded():
    """They have no `is_after_leaving`, and the checksum of a row in which it is false."""
    left_on = {ICARE: date(2018, 12, 31)}
    known = {id_: {**row, "is_after_leaving": None} for id_, row in planned(*plan(programme())).items()}
    believed = as_believed(known, left_on)
    assert differences(believed, GONE, AFTER_TWO) == []
    (again,) = to_accept(differences(believed, programme(), AFTER_TWO))
    assert again.expected_return_id == "VITA-1/ICARE/M06/suivi"
    assert to_state(known, left_on, GONE) == []
    assert {row["expected_return_id"] for row in to_state(known, left_on, programme())} == {
        f"VITA-1/ICARE/{code}/suivi" for code in list(OCCASIONS)[1:]
    }
    assert all(row["is_after_leaving"] for row in to_state(known, left_on, programme()))
    assert to_state(believed, left_on, programme()) == []


def test_an_edit_that_was_decided_not_to_apply_stays_as_planned_until_the_folder_changes_again():
    known = planned(*plan(programme()))
    kept = {
        (one.expected_return_id, str(one.after["plan_sha256"])) for one in differences(known, other_survey(), AFTER_TWO)
    }
    found = differences(known, other_survey(), AFTER_TWO, kept)
    assert Effect.STAYS in {one.effect for one in found}
    assert Effect.TO_ACCEPT not in {one.effect for one in found}
    again = differences(known, programme(date(2018, 6, 30)), AFTER_TWO, kept)
    assert Effect.TO_ACCEPT in {one.effect for one in again}


def test_an_occasion_that_is_no_longer_collected_is_withdrawn():
    found = changes(programme(occasions=tuple(OCCASIONS)[:-1]), AFTER_TWO)
    assert counted(found) == {(Change.WITHDRAWN, Effect.NEXT_RUN): 2}
    edited = programme(occasions=tuple(OCCASIONS)[:-1])
    (group,) = grouped(found, edited)
    assert (group.cohort_code, group.occasion_code, group.instrument_code, group.count) == ("VITA-1", "M18", "suivi", 2)
    assert group.structures == "ICARE, IPSO"
    # The ids keep the first code of a structure; people read its present one.
    icare, *others = programme().enrolments
    line = Enrolment.model_validate(icare.model_dump() | {"structure_code": "ZEPHYR", "former_codes": "ICARE"})
    named = programme().model_copy(update={"enrolments": [line, *others]})
    assert [one.structures for one in grouped(found, named)] == ["IPSO, ZEPHYR"]
    assert "no longer expected (due 2020-01-31); what was received for them leaves the views: IPSO, ZEPHYR." in refusal(
        found, named
    )


def test_of_a_programme_never_collected_everything_is_added_and_may_be_due_in_the_past():
    assert counted(plan_changes(differences({}, programme(), BEFORE), BEFORE)) == {(Change.ADDED, Effect.NEXT_RUN): 12}
    late = plan_changes(differences({}, programme(), date(2030, 1, 1)), date(2030, 1, 1))
    assert counted(late) == {(Change.ADDED_LATE, Effect.NEXT_RUN): 12}


def test_the_refusal_names_cohorts_and_structures_what_would_happen_and_the_remedy():
    edited = programme(structures=("ICARE", "IPSO", "NEO56"))
    found = changes(edited, AFTER_TWO)
    sentence = refusal([one for one in found if one.effect is Effect.TO_ACCEPT], edited)
    assert "2 returns of VITA-1 (1 structure). 2 of them would be due already" in sentence
    assert "VITA-1 M03 suivi: 1 return added, due 2018-10-31: NEO56." in sentence
    assert 'essaim plan --accept --reason "…"' in sentence


@pytest.mark.parametrize("today", [BEFORE, AFTER_TWO, date(2030, 1, 1)])
@given(
    anchor=st.dates(date(2017, 6, 1), date(2018, 10, 31)),
    structures=st.sets(st.sampled_from(["ICARE", "IPSO", "NEO56"])),
    grace_days=st.integers(14, 16),
)
def test_a_run_applies_nothing_that_was_due_or_falls_due_in_the_past(
    today: date, anchor: date, structures: set[str], grace_days: int
):
    known = planned(*plan(programme()))
    edited = programme(anchor, structures=tuple(structures), grace_days=grace_days)
    rows = changes_to_plan(known, edited, today)
    for row in rows:
        before = known.get(str(row["expected_return_id"]))
        assert before is None or before["due_on"] >= today
        assert row["is_withdrawn"] or str(row["due_on"]) >= today.isoformat()
    accepted = [one.after for one in differences(known, edited, today) if one.effect is not Effect.STAYS]
    again = {**known, **planned(*accepted)}
    assert {one.effect for one in differences(again, edited, today)} <= {Effect.STAYS}
