"""Test what a programme folder says of structures that were renamed, merged or moved, and the questions about them."""

from dataclasses import astuple
from datetime import date, datetime
from typing import Any

import pytest
from folder_mistakes import COLD_STORES

from schemas.enums import DecisionKind, SuccessionKind
from schemas.errors import UsageError
from schemas.programme import Programme
from schemas.programme_tables import Enrolment
from tasks.decisions import Decision, check_decision, named, not_owed
from tasks.i18n import language
from tasks.programme import read_programme
from tasks.programme.structure_edits import questions_about_departures, questions_about_structures
from tasks.schedule.expected_returns import plan
from tasks.validation.successions import answered_by_heir
from warehouse.known_plan import KnownDecisions, KnownPlan

BASE = read_programme(COLD_STORES)


def enrolled(code: str, cohort: str = "COLD-1", **columns: Any) -> Enrolment:
    return Enrolment(structure_code=code, structure_name=f"Store {code}", cohort_code=cohort, **columns)


def of(*enrolments: Enrolment) -> Programme:
    return BASE.model_copy(update={"enrolments": list(enrolments)})


def test_an_enrolment_keeps_the_id_of_its_first_code():
    renamed = enrolled("S3", former_codes="S1|S2")
    programme = of(renamed, enrolled("S4"))
    assert renamed.enrolment_id == "COLD-1/S1"
    assert programme.ids_of("COLD-1/S1/M06/survey") == (
        "COLD-1/S3/M06/survey", "COLD-1/S1/M06/survey", "COLD-1/S2/M06/survey",
    )  # fmt: skip
    for written in ("COLD-1/S1", "COLD-1/S2", "COLD-1/S3"):
        assert programme.id_of(written) == "COLD-1/S1"
    assert (programme.id_of("COLD-1/S4/M06/survey"), programme.ids_of("COLD-9/S9")) == (
        "COLD-1/S4/M06/survey", ("COLD-9/S9",),
    )  # fmt: skip


@pytest.mark.parametrize("name", ["COLD-1/S3/M06/survey", "COLD-1/S1/M06/survey", "*/S3/M06/survey", "COLD-1/S2/M0?/*"])
def test_a_decision_may_name_any_code_of_a_structure(name: str):
    programme = of(enrolled("S3", former_codes="S1|S2"))
    known = ["COLD-1/S1/M06/survey", "COLD-1/S4/M06/survey"]
    assert named([name], known, DecisionKind.WAIVE, programme.ids_of) == known[:1]


def test_an_heir_answers_for_all_that_merged_into_it_in_turn():
    programme = of(
        enrolled("A", left_on="2025-10-01", merged_into="B"),
        enrolled("B", left_on="2025-12-01", merged_into="C"),
        enrolled("C", "COLD-2", left_on="2026-02-01", moved_to="COLD-3"),
        enrolled("C", "COLD-3"),
    )
    found = [astuple(one) for one in programme.successions]
    merged, moved = SuccessionKind.MERGED, SuccessionKind.MOVED
    first, second, third = date(2025, 10, 1), date(2025, 12, 1), date(2026, 2, 1)
    assert found == [
        ("COLD-1/A", "COLD-1/B", first, merged, True),
        ("COLD-1/A", "COLD-3/C", second, merged, False),
        ("COLD-1/B", "COLD-3/C", second, merged, True),
        ("COLD-2/C", "COLD-3/C", third, moved, True),
    ]


def test_the_heir_is_enrolled_in_the_same_cohort_if_it_can_be():
    merged = enrolled("A", left_on="2025-10-01", merged_into="B")
    both = of(merged, enrolled("B", "COLD-2"), enrolled("B"), enrolled("B", "COLD-3"))
    assert [one.heir_enrolment_id for one in both.successions] == ["COLD-1/B"]
    later = of(merged, enrolled("B", "COLD-2"), enrolled("B", "COLD-3"))
    assert [one.heir_enrolment_id for one in later.successions] == ["COLD-3/B"]


def test_two_structures_that_merged_into_each_other_answer_for_each_other_once():
    programme = of(
        enrolled("A", left_on="2025-10-01", merged_into="B"), enrolled("B", left_on="2025-12-01", merged_into="A")
    )
    assert [(one.enrolment_id, one.heir_enrolment_id) for one in programme.successions] == [
        ("COLD-1/A", "COLD-1/B"),
        ("COLD-1/B", "COLD-1/A"),
    ]


def test_a_structure_owes_each_cohort_what_is_due_while_it_is_there():
    moved = of(enrolled("A", left_on="2025-12-31", moved_to="COLD-2"), enrolled("A", "COLD-2"))
    workbooks = [row for row in plan(moved) if row["instrument_code"] == "workbook"]
    owed = {str(row["expected_return_id"]): row["due_on"] for row in workbooks if not row["is_after_leaving"]}
    assert owed == {
        "COLD-1/A/M03/workbook": date(2025, 6, 30),
        "COLD-1/A/M06/workbook": date(2025, 9, 30),
        "COLD-1/A/M09/workbook": date(2025, 12, 31),
        "COLD-2/A/M06/workbook": date(2026, 3, 30),
        "COLD-2/A/M09/workbook": date(2026, 6, 30),
        "COLD-2/A/M12/workbook": date(2026, 9, 30),
        "COLD-2/A/M18/workbook": date(2027, 3, 30),
    }


def test_what_is_due_on_the_day_of_a_move_is_owed_to_the_former_cohort_only():
    # M03 of the second cohort is due on 30 December.
    moved = of(enrolled("A", left_on="2025-12-30", moved_to="COLD-2"), enrolled("A", "COLD-2"))
    owed = {str(row["expected_return_id"]) for row in plan(moved) if not row["is_after_leaving"]}
    assert "COLD-2/A/M03/workbook" not in owed
    earlier = of(enrolled("A", left_on="2025-12-29", moved_to="COLD-2"), enrolled("A", "COLD-2"))
    assert "COLD-2/A/M03/workbook" in {str(row["expected_return_id"]) for row in plan(earlier)}


@pytest.mark.parametrize(
    ("locale", "found", "expected"),
    [
        (
            "en",
            "a return of A, which merged into B on 2025-12-31",
            "its figures in the returns of COLD-1/B: this one is kept, and counts in no figure",
        ),
        (
            "fr",
            "un retour de A, qui a fusionné avec B le 2025-12-31",
            "ses chiffres dans les retours de COLD-1/B\N{NO-BREAK SPACE}: celui-ci est conservé, et n'entre dans aucun "
            "chiffre",
        ),
    ],
)
def test_a_return_that_another_enrolment_answers_for_is_told(locale: str, found: str, expected: str):
    programme = of(enrolled("A", left_on="2025-12-31", merged_into="B"), enrolled("B"))
    due = {
        "COLD-1/A/M09/workbook": date(2025, 12, 31),
        "COLD-1/A/M12/workbook": date(2026, 3, 31),
        "COLD-1/B/M12/workbook": date(2026, 3, 31),
    }
    assert answered_by_heir(due, programme, language(locale)) == {"COLD-1/A/M12/workbook": (found, expected)}


@pytest.mark.parametrize(
    ("enrolments", "question"),
    [
        (
            [enrolled("A1", former_codes="")],
            "A is gone from COLD-1 and A1 is new: renamed? Write A in former_codes of A1, and its series goes on",
        ),
        (
            [enrolled("Z"), Enrolment(structure_code="Y", structure_name="store  a", cohort_code="COLD-1")],
            "A is gone from COLD-1 and Y is new: renamed? Write A in former_codes of Y, and its series goes on",
        ),
        (
            [enrolled("A2", former_codes="A1|A")],
            "A2 in COLD-1 was enrolled first as A: write A|A1 in former_codes",
        ),
        (
            [enrolled("A", "COLD-2")],
            "A is gone from COLD-1 and new in COLD-2: moved? Keep its line in COLD-1, with its last day there in "
            "left_on and COLD-2 in moved_to",
        ),
        (
            [],
            "A is gone from COLD-1: has it left? Keep its line, with the day in left_on, and in merged_into the "
            "structure that took it over, if one did",
        ),
    ],
)
def test_a_structure_that_is_gone_from_the_folder_is_asked_about(enrolments: list[Enrolment], question: str):
    loaded = {"COLD-1/A": "Store A", "COLD-1/B": "Store B"}
    assert questions_about_structures(loaded, of(enrolled("B"), *enrolments)) == [f"structures.csv: {question}."]


def test_nothing_is_asked_where_nothing_is_gone():
    loaded = {"COLD-1/A": "Store A"}
    assert questions_about_structures(loaded, of(enrolled("A1", former_codes="A"), enrolled("C"))) == []
    assert questions_about_structures({}, of(enrolled("C"))) == []


ENDED = of(
    enrolled("A", left_on="2025-10-31", merged_into="B"),
    enrolled("B"),
    enrolled("D2", left_on="2025-12-31", moved_to="COLD-2", former_codes="D1"),
    enrolled("D2", "COLD-2", former_codes="D1"),
    enrolled("L", left_on="2025-10-31"),
)


@pytest.mark.parametrize(
    ("subject", "day", "message"),
    [
        ("COLD-1/A", date(2026, 3, 1), "COLD-1/A merged into B on 2025-10-31, by its line in structures.csv: the "
            "returns of COLD-1/B answer for it from then on. Nothing was decided. If the day is wrong, edit left_on of "
            "that line."),
        ("COLD-1/D1", date(2026, 3, 1), "COLD-1/D2 moved to COLD-2 on 2025-12-31, by its line"),
        ("COLD-1/B", date(2025, 10, 31), "expected a later day: COLD-1/A merged into B on 2025-10-31"),
    ],
)  # fmt: skip
def test_the_day_of_a_merger_or_a_move_is_that_of_the_folder(subject: str, day: date, message: str):
    nothing = KnownDecisions({}, {})
    leave = Decision(DecisionKind.LEAVE, day, "E", "closed")
    with pytest.raises(UsageError, match="Nothing was decided") as refused:
        check_decision(leave, [subject], nothing, ENDED, date(2026, 6, 1), {})
    assert message in str(refused.value)
    # What was decided before can be taken back, and whoever answers may leave later.
    undone = Decision(DecisionKind.LEAVE, None, "E", "merged", is_undone=True)
    check_decision(undone, [subject], KnownDecisions({subject: (day, "x")}, {}), ENDED, date(2026, 6, 1), {})
    later = Decision(DecisionKind.LEAVE, date(2025, 11, 1), "E", "closed")
    check_decision(later, ["COLD-1/B"], nothing, ENDED, date(2026, 6, 1), {})


def test_a_departure_that_was_decided_before_the_merger_was_written_does_not_count_and_is_reported():
    decided = {"COLD-1/A": date(2026, 1, 1), "COLD-1/D1": date(2026, 1, 2), "COLD-1/L": date(2026, 1, 3)}
    assert ENDED.without_ended(decided) == {"COLD-1/L": date(2026, 1, 3)}
    assert questions_about_departures(decided, ENDED) == [
        "structures.csv: COLD-1/A merged into B on 2025-10-31. The day of essaim leave, 2026-01-01, does not count: "
        "take it back with essaim leave COLD-1/A --undo.",
        "structures.csv: COLD-1/D2 moved to COLD-2 on 2025-12-31. The day of essaim leave, 2026-01-02, does not count: "
        "take it back with essaim leave COLD-1/D2 --undo.",
    ]
    assert questions_about_departures({"COLD-1/B": date(2025, 10, 1)}, ENDED) == [
        "structures.csv: COLD-1/A merged into B on 2025-10-31, and nobody answers for it: by essaim leave, COLD-1/B "
        "left on 2025-10-01. Correct one of the two days."
    ]
    assert questions_about_departures({"COLD-1/B": date(2025, 11, 1)}, ENDED) == []


def test_a_return_that_is_due_after_its_structure_left_is_not_owed():
    planned = {str(row["expected_return_id"]): row for row in plan(ENDED)}
    departures = {"COLD-1/A": date(2026, 12, 31), "COLD-1/B": date(2026, 1, 1)}
    known = KnownPlan(datetime(2026, 6, 1), planned, {}, frozenset(), departures, {})
    asked = [f"COLD-1/{code}/M12/workbook" for code in ("A", "B", "D1", "L")] + ["COLD-1/A/M06/workbook"]
    due = "is due on 2026-03-31, and"
    assert not_owed(asked, known, ENDED) == {
        "COLD-1/A/M12/workbook": f"COLD-1/A/M12/workbook {due} COLD-1/A merged into B on 2025-10-31: nothing is owed.",
        "COLD-1/B/M12/workbook": f"COLD-1/B/M12/workbook {due} its structure left on 2026-01-01: nothing is owed.",
        "COLD-1/D1/M12/workbook": f"COLD-1/D1/M12/workbook {due} COLD-1/D2 moved to COLD-2 on 2025-12-31: nothing is "
        "owed.",
        "COLD-1/L/M12/workbook": f"COLD-1/L/M12/workbook {due} its structure left on 2025-10-31: nothing is owed.",
    }
