"""Test the assignment of responses to expected returns."""

from collections.abc import Collection, Mapping
from datetime import date, timedelta

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from schemas.enums import JoinBy, SuccessionKind, Unplaced
from schemas.instruments import Join
from schemas.successions import StructureChanges, Succession
from schemas.tables import Row
from tasks.i18n import language
from tasks.limesurvey import Participant
from tasks.surveys.assigning import Assigner, Assignment, read_of_occasion

DAY = date(2026, 1, 15)
CODES = st.from_regex(r"[A-Za-z0-9][A-Za-z0-9_-]{0,8}", fullmatch=True)


def expected(*ids: str, opens_on: date = date(2025, 12, 1)) -> dict[str, Row]:
    return {
        one: {"expected_return_id": one, "enrolment_id": one.rsplit("/", 2)[0], "opens_on": opens_on} for one in ids
    }


def joined(
    join: Join,
    rows: Mapping[str, Row],
    recodes: Mapping[str, Mapping[str, str]] | None = None,
    excused: Collection[str] = (),
    /,
    **attributes: Mapping[str, str | None],
) -> Assigner:
    """Return an assigner for participants given by token, with their attributes."""
    return Assigner(join, rows, participants_by_token(attributes), recodes, excused)


def participants_by_token(attributes: Mapping[str, Mapping[str, str | None]]) -> dict[str, Participant]:
    return {
        token: Participant(
            tid=number,
            token=token,
            attributes=values,
            completed=False,
            completed_at=None,
            sent=False,
            sent_at=None,
            reminders=0,
            uses_left=1,
            language="fr",
            email_status="OK",
        )
        for number, (token, values) in enumerate(attributes.items())
    }


@pytest.mark.parametrize(
    ("occasion", "token", "value", "words"),
    [
        ("attribute_3", "one", "M30", "attribute_3 of its participant is M30"),
        ("attribute_3", "one", " ", "attribute_3 of its participant is blank"),
        ("attribute_3", "one", "Invented Person", "attribute_3 of its participant contains another text"),
        ("attribute_3", "one", "invented", "attribute_3 of its participant contains another text"),
        ("attribute_3", "one", "0100000000", "attribute_3 of its participant contains another text"),
        ("attribute_3", "gone", "M30", "its participant is no longer on the survey server"),
        ("token", "ONE~M30", "", "its token ends in ~M30"),
        ("token", "ONE~invented", "", "its token ends in ~…"),
        ("token", "ONE", "", "its token contains no ~"),
        ("moment", "one", "", "read from the question moment"),
        ("by window", "one", "", "its participant is no longer on the survey server"),
    ],
)
def test_where_the_occasion_was_read_is_named_with_the_value_if_it_can_name_nobody(
    occasion: str, token: str, value: str, words: str
) -> None:
    join = Join(occasion=occasion)
    participants = participants_by_token({"one": {"attribute_3": value}})
    assert read_of_occasion(join, token, participants, language("en")) == words


def found_by(assigner: Assigner, token: str | None, answers: Mapping[str, str | None], day: date) -> str | None:
    """Return the expected return that a response answers, or None where it is not known."""
    assignment = assigner.assign(token, answers, day)
    return assignment.expected_return_ids[0] if assignment.expected_return_ids and not assignment.unplaced else None


ROWS = expected("C-1/ONE/M06/suivi", "C-1/TWO/M06/suivi", "C-2/TWO/M06/suivi")


@pytest.mark.parametrize(
    ("attributes", "found"),
    [
        ({"attribute_1": "ONE", "attribute_2": "C-1"}, "C-1/ONE/M06/suivi"),
        ({"attribute_1": " two ", "attribute_2": "c-2"}, "C-2/TWO/M06/suivi"),
        ({"attribute_1": "ONE", "attribute_2": "C-2"}, None),
        ({"attribute_1": "ONE", "attribute_2": ""}, None),
        ({"attribute_1": "ONE", "attribute_2": None}, None),
        ({"attribute_1": "", "attribute_2": "C-1"}, None),
        ({"attribute_1": None, "attribute_2": "C-1"}, None),
    ],
)
def test_attributes_name_structure_and_cohort_however_they_are_typed(
    attributes: Mapping[str, str | None], found: str | None
) -> None:
    assert found_by(joined(Join(), ROWS, t=attributes), "t", {}, DAY) == found


def test_without_a_cohort_the_structure_must_be_in_one_only() -> None:
    assigner = joined(Join(cohort=None), ROWS, t={"attribute_1": "ONE"}, u={"attribute_1": "TWO"})
    assert found_by(assigner, "t", {}, DAY) == "C-1/ONE/M06/suivi"
    assert found_by(assigner, "u", {}, DAY) is None


@pytest.mark.parametrize("token", [None, "", "nobody"])
def test_a_token_of_nobody_is_nobodys(token: str | None) -> None:
    attributes = {"attribute_1": "ONE", "attribute_2": "C-1"}
    assert found_by(joined(Join(), ROWS, **{"": attributes, "t": attributes}), token, {}, DAY) is None


def test_a_token_can_be_the_structure_itself() -> None:
    assigner = joined(Join(by=JoinBy.TOKEN), ROWS)
    assert found_by(assigner, "one", {}, DAY) == "C-1/ONE/M06/suivi"
    assert found_by(assigner, "TWO", {}, DAY) is None
    assert found_by(assigner, None, {}, DAY) is None


def test_a_question_can_name_structure_and_cohort() -> None:
    assigner = joined(Join(by=JoinBy.QUESTION, structure="qui", cohort="vague"), ROWS)
    assert found_by(assigner, None, {"qui": "TWO", "vague": "C-1"}, DAY) == "C-1/TWO/M06/suivi"
    assert found_by(assigner, "TWO", {"qui": None, "vague": "C-1"}, DAY) is None
    assert found_by(assigner, None, {}, DAY) is None


SHARED = {
    **expected("C-1/ONE/M06/suivi", opens_on=date(2026, 6, 1)),
    **expected("C-1/ONE/M03/suivi", opens_on=date(2025, 12, 1)),
}
M03, M06 = "C-1/ONE/M03/suivi", "C-1/ONE/M06/suivi"
EARLY, FIRST, SECOND = date(2025, 11, 30), date(2026, 1, 1), date(2026, 6, 1)


@pytest.mark.parametrize("join", [Join(by=JoinBy.TOKEN), Join(by=JoinBy.TOKEN, occasion="by window")])
def test_by_window_a_response_answers_the_open_occasion_where_every_earlier_one_is_answered(join: Join) -> None:
    assigner = joined(join, SHARED)
    assert assigner.assign("ONE", {}, FIRST, answering_id=1) == Assignment((M03,))
    assert assigner.assign("ONE", {}, SECOND) == Assignment((M06,))


def test_by_window_a_response_that_fits_two_occasions_is_not_guessed() -> None:
    assigner = joined(Join(by=JoinBy.TOKEN, occasion="by window"), SHARED)
    # This response does not answer M03 yet.
    assert assigner.assign("ONE", {}, FIRST) == Assignment((M03,))
    assert assigner.assign("ONE", {}, SECOND, answering_id=1) == Assignment((M03, M06), Unplaced.SEVERAL_OCCASIONS)
    assert assigner.assign("ONE", {}, SECOND) == Assignment((M03, M06), Unplaced.SEVERAL_OCCASIONS)
    assert assigner.assign("ONE", {}, EARLY) == Assignment((M03,), Unplaced.BEFORE_OPENING)


M09 = "C-1/ONE/M09/suivi"
ALL_OPEN = date(2026, 9, 1)


@pytest.mark.parametrize(
    ("excused", "answered", "found"),
    [
        # What nobody owes is no candidate beside what is owed.
        ({M03}, set[str](), Assignment((M06, M09), Unplaced.SEVERAL_OCCASIONS)),
        ({M03, M06}, set[str](), Assignment((M09,))),
        ({M03}, {M06}, Assignment((M09,))),
        ({M03, M09}, set[str](), Assignment((M06,))),
        ({M06, M09}, set[str](), Assignment((M03,))),
        # It is one where a response can be meant for nothing else.
        ({M09}, {M03, M06}, Assignment((M09,))),
        ({M03, M06, M09}, {M03, M06}, Assignment((M09,))),
        ({M03, M06}, {M09}, Assignment((M09,))),
        # Which of two such occasions is meant is not guessed either.
        ({M03, M09}, {M06}, Assignment((M03, M09), Unplaced.SEVERAL_OCCASIONS)),
        ({M03, M06, M09}, set[str](), Assignment((M03, M06, M09), Unplaced.SEVERAL_OCCASIONS)),
    ],
)
def test_by_window_an_occasion_that_nobody_owes_is_a_candidate_only_where_no_other_is(
    excused: set[str], answered: set[str], found: Assignment
) -> None:
    rows = SHARED | expected(M09, opens_on=ALL_OPEN)
    assigner = joined(Join(by=JoinBy.TOKEN, occasion="by window"), rows, None, excused)
    assigner.count((number, id_) for number, id_ in enumerate(sorted(answered)))
    assert assigner.assign("ONE", {}, ALL_OPEN) == found


def test_by_window_a_response_in_the_window_of_an_occasion_that_nobody_owes_is_assigned_to_it() -> None:
    assigner = joined(Join(by=JoinBy.TOKEN, occasion="by window"), SHARED, None, {M03})
    assert assigner.assign("ONE", {}, FIRST) == Assignment((M03,))
    assert assigner.assign("ONE", {}, EARLY) == Assignment((M06,), Unplaced.BEFORE_OPENING)


def test_a_response_that_names_an_unknown_occasion_may_answer_one_that_nobody_owes_only_where_no_other_is_open() -> (
    None
):
    by_name = Join(by=JoinBy.TOKEN, occasion="token")
    assert joined(by_name, SHARED, None, {M03}).assign("ONE", {}, SECOND).expected_return_ids == (M06,)
    assert joined(by_name, SHARED, None, {M03}).assign("ONE", {}, FIRST).expected_return_ids == (M03,)
    assert joined(by_name, SHARED, None, {M03}).assign("ONE~M03", {}, SECOND) == Assignment((M03,))


def test_an_occasion_that_several_must_answer_is_answered_by_that_many() -> None:
    rows = {id_: {**row, "minimum_respondents": 2} for id_, row in SHARED.items()}
    assigner = joined(Join(by=JoinBy.TOKEN, occasion="by window"), rows)
    given = ((FIRST, 1), (SECOND, 2), (FIRST, 1), (SECOND, 2), (FIRST, 3))
    found = [assigner.assign("ONE", {}, day, answering_id=id_).expected_return_ids for day, id_ in given]
    assert found == [(M03,), (M03, M06), (M03,), (M03, M06), (M03,)]
    assert assigner.assign("ONE", {}, SECOND).expected_return_ids == (M06,)


def test_a_survey_of_one_occasion_assigns_a_response_of_any_day() -> None:
    assert joined(Join(by=JoinBy.TOKEN), ROWS).assign("one", {}, date(2020, 1, 1)) == Assignment(("C-1/ONE/M06/suivi",))


ONE_AT = {"attribute_1": "ONE", "attribute_2": "C-1"}


@pytest.mark.parametrize(
    ("join", "token", "answers"),
    [
        (Join(occasion="attribute_3"), "t", {}),
        (Join(occasion="quand"), "t", {"quand": " m03 "}),
        (
            Join(by=JoinBy.QUESTION, structure="qui", cohort=None, occasion="quand"),
            None,
            {"qui": "ONE", "quand": "M03"},
        ),
        (Join(by=JoinBy.TOKEN, occasion="token"), "ONE~M03", {}),
        (Join(occasion="token"), "abc~M03", {}),
    ],
)
def test_a_response_answers_the_occasion_that_it_names_whatever_its_day(
    join: Join, token: str | None, answers: Mapping[str, str | None]
) -> None:
    participants = {"t": {**ONE_AT, "attribute_3": "M03"}, "abc~M03": ONE_AT}
    assigner = joined(join, SHARED, **participants)
    for day in (EARLY, FIRST, SECOND):
        assert assigner.assign(token, answers, day) == Assignment((M03,))


@pytest.mark.parametrize("occasion", [None, "", "M99"])
def test_a_response_that_names_an_unknown_occasion_may_answer_each_open_one(occasion: str | None) -> None:
    assigner = joined(Join(occasion="attribute_3"), SHARED, t={**ONE_AT, "attribute_3": occasion})
    assert assigner.assign("t", {}, SECOND) == Assignment((M03, M06), Unplaced.UNKNOWN_OCCASION)
    assert assigner.assign("t", {}, FIRST, is_submitted=True) == Assignment((M03,), Unplaced.UNKNOWN_OCCASION)


def test_a_token_without_an_occasion_still_names_its_structure() -> None:
    assigner = joined(Join(by=JoinBy.TOKEN, occasion="token"), SHARED)
    assert assigner.assign("ONE", {}, SECOND) == Assignment((M03, M06), Unplaced.UNKNOWN_OCCASION)


def test_a_recode_maps_the_values_of_attributes_to_codes_and_leaves_codes_alone() -> None:
    recodes = {"cohort": {"Autumn 2025": "C-1"}, "structure": {"The First": "ONE"}, "occasion": {"3 months": "M03"}}
    named = {"attribute_1": "the first", "attribute_2": " autumn  2025", "attribute_3": "3 Months"}
    coded = {**ONE_AT, "attribute_3": "M06"}
    assigner = joined(Join(occasion="attribute_3"), SHARED, recodes, named=named, coded=coded)
    assert assigner.assign("named", {}, SECOND) == Assignment((M03,))
    assert assigner.assign("coded", {}, FIRST) == Assignment((M06,))


def test_a_participant_can_answer_the_open_returns_of_the_occasion_that_its_attribute_names() -> None:
    people = {"t": {**ONE_AT, "attribute_3": "M03"}, "u": {**ONE_AT, "attribute_3": "M06"}}
    by_name, by_day = joined(Join(occasion="attribute_3"), SHARED, **people), joined(Join(), SHARED, **people)
    assert [by_name.open_returns(token, SECOND) for token in ("t", "u", "v")] == [{M03}, {M06}, set()]
    assert by_name.open_returns("u", FIRST) == set()
    assert by_day.open_returns("t", SECOND) == {M03, M06}


@given(
    st.lists(
        st.tuples(CODES, CODES), min_size=1, max_size=6, unique_by=lambda pair: (pair[0].lower(), pair[1].lower())
    ),
    st.data(),
    st.integers(-60, 400),
)
def test_whoever_is_expected_is_found_and_nobody_else(
    enrolled: list[tuple[str, str]], data: st.DataObject, days: int
) -> None:
    rows = expected(*(f"{cohort}/{structure}/M06/suivi" for cohort, structure in enrolled))
    cohort, structure = data.draw(st.tuples(CODES, CODES) | st.sampled_from(enrolled))
    attributes = {"attribute_1": structure.upper(), "attribute_2": f" {cohort.lower()}"}
    found = found_by(joined(Join(), rows, t=attributes), "t", {}, DAY + timedelta(days=days))
    same = [(c, s) for c, s in enrolled if (c.lower(), s.lower()) == (cohort.lower(), structure.lower())]
    assert found == (f"{same[0][0]}/{same[0][1]}/M06/suivi" if same else None)


MOVED_ON = date(2025, 11, 15)
MOVES = (Succession("C-1/S", "C-2/S", MOVED_ON, SuccessionKind.MOVED, is_next=True),)


def changed(join: Join, rows: Mapping[str, Row], changes: StructureChanges, **attributes: Mapping[str, str | None]):
    return Assigner(join, rows, participants_by_token(attributes), changes=changes)


@pytest.mark.parametrize("named", ["S", "S5X", "s5y"])
@pytest.mark.parametrize("cohort", ["C-1", None])
def test_a_response_may_name_any_code_of_a_renamed_structure(named: str, cohort: str | None) -> None:
    present: dict[str, str] = {"C-1/S5Y": "C-1/S", "C-1/S": "C-1/S", "C-1/S5X": "C-1/S"}
    join = Join() if cohort else Join(cohort=None)
    assigner = changed(
        join, expected("C-1/S/M06/suivi"), StructureChanges(present), t={"attribute_1": named, "attribute_2": cohort}
    )
    assert assigner.assign("t", {}, DAY).expected_return_ids == ("C-1/S/M06/suivi",)


def of_moved() -> dict[str, Row]:
    """Return a survey of M06: due before the move in the former cohort, and half a year after it in the other."""
    rows: dict[str, Row] = {}
    for cohort, opens_on, due_on in (
        ("C-1", date(2025, 9, 1), date(2025, 10, 1)),
        ("C-2", date(2026, 3, 1), date(2026, 4, 1)),
    ):
        (row,) = expected(f"{cohort}/S/M06/suivi", opens_on=opens_on).values()
        rows[f"{cohort}/S/M06/suivi"] = {**row, "due_on": due_on}
    return rows


@pytest.mark.parametrize("cohort", ["C-1", "C-2", None])
@pytest.mark.parametrize("occasion", [None, "attribute_3"])
def test_a_response_of_a_structure_that_moved_may_name_either_cohort(cohort: str | None, occasion: str | None) -> None:
    join = Join(cohort="attribute_2" if cohort else None, occasion=occasion)
    attributes = {"attribute_1": "S", "attribute_2": cohort, "attribute_3": "M06"}
    changes = StructureChanges(moves={one.enrolment_id: one for one in MOVES})
    assigner = changed(join, of_moved(), changes, t=attributes)
    assert assigner.assign("t", {}, date(2025, 9, 20)).expected_return_ids == ("C-1/S/M06/suivi",)
    late = assigner.assign("t", {}, date(2025, 12, 1), is_submitted=True)
    assert (late.expected_return_ids, late.unplaced) == (("C-1/S/M06/suivi",), None)
    # Once both are open and the first is not answered, a person knows.
    both = assigner.assign("t", {}, date(2026, 3, 20), is_submitted=True)
    assert (both.expected_return_ids, both.unplaced) == (tuple(of_moved()), Unplaced.SEVERAL_OCCASIONS)
    assigner.count([(1, "C-1/S/M06/suivi")])
    assert assigner.assign("t", {}, date(2026, 3, 20), is_submitted=True).expected_return_ids == ("C-2/S/M06/suivi",)


@pytest.mark.parametrize("cohort", ["C-1", "C-2"])
@pytest.mark.parametrize("occasion", [None, "attribute_3"])
def test_what_is_due_after_a_move_is_answered_in_the_other_cohort_once_its_return_is_open(
    cohort: str, occasion: str | None
) -> None:
    rows = of_moved()
    rows["C-1/S/M06/suivi"] = {**rows["C-1/S/M06/suivi"], "due_on": date(2025, 11, 16)}
    changes = StructureChanges(moves={one.enrolment_id: one for one in MOVES})
    named = {"attribute_1": "S", "attribute_2": cohort, "attribute_3": "M06"}
    assigner = changed(Join(occasion=occasion), rows, changes, t=named)
    given = [(date(2025, 11, 20), 1), (date(2026, 2, 28), 2), (date(2026, 3, 1), 3)]
    found = [assigner.assign("t", {}, day, answering_id=id_) for day, id_ in given]
    assert found == [Assignment((f"{in_}/S/M06/suivi",)) for in_ in ("C-1", "C-1", "C-2")]


def test_a_response_before_the_first_return_of_a_move_is_not_counted_for_it() -> None:
    rows = of_moved()
    rows["C-1/S/M06/suivi"] = {**rows["C-1/S/M06/suivi"], "due_on": date(2025, 11, 16)}
    changes = StructureChanges(moves={one.enrolment_id: one for one in MOVES})
    person: dict[str, str | None] = {"attribute_1": "S", "attribute_2": "C-1", "attribute_3": "M06"}
    assigner = changed(Join(occasion="attribute_3"), rows, changes, t=person, u={**person, "attribute_3": None})
    assert assigner.is_shared
    assert assigner.goes_by_day
    nothing = pa.table({"row": [0]}).select([])
    assigner.count_named([1], ["t"], nothing, [date(2025, 11, 20)])
    of_no_occasion = assigner.assign("u", {}, date(2026, 3, 20), is_submitted=True)
    assert of_no_occasion == Assignment(("C-2/S/M06/suivi",), Unplaced.UNKNOWN_OCCASION)


@pytest.mark.parametrize("occasion", [None, "attribute_3"])
def test_a_response_that_only_a_return_to_come_after_a_move_could_mean_waits_for_a_person(occasion: str | None) -> None:
    rows = of_moved()
    del rows["C-1/S/M06/suivi"]
    changes = StructureChanges(moves={one.enrolment_id: one for one in MOVES})
    named = {"attribute_1": "S", "attribute_2": "C-1", "attribute_3": "M06"}
    assigner = changed(Join(occasion=occasion), rows, changes, t=named)
    early = assigner.assign("t", {}, date(2026, 2, 28), is_submitted=True)
    assert early == Assignment(("C-2/S/M06/suivi",), Unplaced.BEFORE_OPENING)
    assert assigner.assign("t", {}, date(2026, 3, 1)) == Assignment(("C-2/S/M06/suivi",))


@pytest.mark.parametrize("order", [(0, 1), (1, 0)])
def test_a_structure_that_moved_twice_answers_in_each_cohort_in_turn(order: tuple[int, int]) -> None:
    moves = (*MOVES, Succession("C-2/S", "C-3/S", date(2026, 5, 1), SuccessionKind.MOVED, is_next=True))
    rows = of_moved()
    (last,) = expected("C-3/S/M06/suivi", opens_on=date(2026, 9, 1)).values()
    rows["C-3/S/M06/suivi"] = {**last, "due_on": date(2026, 10, 1)}
    changes = StructureChanges(moves={moves[place].enrolment_id: moves[place] for place in order})
    assigner = changed(Join(), rows, changes, t={"attribute_1": "S", "attribute_2": "C-1"})
    assigner.count([(1, "C-1/S/M06/suivi"), (2, "C-2/S/M06/suivi")])
    assert assigner.assign("t", {}, date(2026, 9, 20)).expected_return_ids == ("C-3/S/M06/suivi",)
    assert len({assigner.first_enrolment(f"C-{number}/S") for number in (1, 2, 3)}) == 1
