"""Test the assignment of responses to expected returns."""

from collections.abc import Mapping
from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from running import EXAMPLE

from schemas.enums import JoinBy
from schemas.programme import Instrument, Join
from schemas.tables import Row
from tasks.limesurvey import Participant
from tasks.programme import read_programme
from tasks.surveys.assigning import Assigner

SUIVI = read_programme(EXAMPLE).instrument_by_code["suivi"]
DAY = date(2026, 1, 15)
CODES = st.from_regex(r"[A-Za-z0-9][A-Za-z0-9_-]{0,8}", fullmatch=True)


def expected(*ids: str, opens_on: date = date(2025, 12, 1)) -> dict[str, Row]:
    return {
        one: {"expected_return_id": one, "enrolment_id": one.rsplit("/", 2)[0], "opens_on": opens_on} for one in ids
    }


def joined(join: Join, rows: Mapping[str, Row], **attributes: Mapping[str, str | None]) -> Assigner:
    """Return an assigner for participants given by token, with their attributes."""
    participants = {
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
    instrument: Instrument = SUIVI.model_copy(update={"join": join})
    return Assigner(instrument, rows, participants)


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
    assert joined(Join(), ROWS, t=attributes).expected_return("t", {}, DAY) == found


def test_without_a_cohort_the_structure_must_be_in_one_only() -> None:
    assigner = joined(Join(cohort=None), ROWS, t={"attribute_1": "ONE"}, u={"attribute_1": "TWO"})
    assert assigner.expected_return("t", {}, DAY) == "C-1/ONE/M06/suivi"
    assert assigner.expected_return("u", {}, DAY) is None


@pytest.mark.parametrize("token", [None, "", "nobody"])
def test_a_token_of_nobody_is_nobodys(token: str | None) -> None:
    attributes = {"attribute_1": "ONE", "attribute_2": "C-1"}
    assert joined(Join(), ROWS, **{"": attributes, "t": attributes}).expected_return(token, {}, DAY) is None


def test_a_token_can_be_the_structure_itself() -> None:
    assigner = joined(Join(by=JoinBy.TOKEN), ROWS)
    assert assigner.expected_return("one", {}, DAY) == "C-1/ONE/M06/suivi"
    assert assigner.expected_return("TWO", {}, DAY) is None
    assert assigner.expected_return(None, {}, DAY) is None


def test_a_question_can_name_structure_and_cohort() -> None:
    assigner = joined(Join(by=JoinBy.QUESTION, structure="qui", cohort="vague"), ROWS)
    assert assigner.expected_return(None, {"qui": "TWO", "vague": "C-1"}, DAY) == "C-1/TWO/M06/suivi"
    assert assigner.expected_return("TWO", {"qui": None, "vague": "C-1"}, DAY) is None
    assert assigner.expected_return(None, {}, DAY) is None


def test_a_response_answers_the_latest_return_that_was_open_then_or_the_first_one_to_open() -> None:
    rows = {
        **expected("C-1/ONE/M12/suivi", opens_on=date(2026, 6, 1)),
        **expected("C-1/ONE/M06/suivi", opens_on=date(2025, 12, 1)),
    }
    assigner = joined(Join(by=JoinBy.TOKEN), rows)
    days = (date(2025, 11, 30), date(2025, 12, 1), date(2026, 5, 31), date(2026, 6, 1), date(2030, 1, 1))
    found = [str(assigner.expected_return("ONE", {}, day)).split("/")[2] for day in days]
    assert found == ["M06", "M06", "M06", "M12", "M12"]


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
    found = joined(Join(), rows, t=attributes).expected_return("t", {}, DAY + timedelta(days=days))
    same = [(c, s) for c, s in enrolled if (c.lower(), s.lower()) == (cohort.lower(), structure.lower())]
    assert found == (f"{same[0][0]}/{same[0][1]}/M06/suivi" if same else None)
