"""Test who follows an enrolment on a day, and who gets its alerts."""

from datetime import date, timedelta
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from schemas.following import Followed, Period, merged
from schemas.programme import Programme
from tasks.following import enrolled, followers_on, following, recipients_on

DAY = date(2026, 7, 1)
DAYS = [DAY + timedelta(days=number) for number in range(12)]
JULY = {"from": "2026-07-01", "to": "2026-07-31"}


@st.composite
def periods(draw: st.DrawFn) -> Period:
    """Draw a period that begins and ends among the days, or has no limit."""
    first, last = draw(st.none() | st.sampled_from(DAYS)), draw(st.none() | st.sampled_from(DAYS))
    return Period(last, first) if first and last and last < first else Period(first, last)


def days_of(*found: Period) -> set[date]:
    """Return the days of some periods, with one day before all limits and one after."""
    return {
        day
        for day in (DAYS[0] - timedelta(days=1), *DAYS, DAYS[-1] + timedelta(days=1))
        for p in found
        if p.holds_on(day)
    }


@given(one=periods(), other=periods())
def test_periods_are_sets_of_days(one: Period, other: Period):
    both = one.common(other)
    assert (days_of(both) if both else set()) == days_of(one) & days_of(other)
    assert days_of(*one.without(other)) == days_of(one) - days_of(other)
    assert one.contains(other) is (days_of(other) <= days_of(one))


@given(found=st.lists(periods(), max_size=5))
def test_merged_periods_have_the_same_days_and_neither_overlap_nor_adjoin(found: list[Period]):
    together = merged(found)
    assert days_of(*together) == days_of(*found)
    for earlier, later in pairwise(together):
        assert earlier.to_on is not None
        assert later.from_on is not None
        assert later.from_on - earlier.to_on > timedelta(days=1)


def test_the_first_and_the_last_day_that_can_be_written_are_days_too():
    always = Period(date.min, date.max)
    assert Period().without(always) == []
    assert merged([always, Period(DAY, DAY)]) == [always]


def programme(*evaluators: dict[str, Any]) -> Programme:
    """Return a programme of two innovations: VITA with the cohorts V-1 (A, B) and V-2 (A, C), LREF with L-1 (A)."""
    cohorts = {"V-1": "VITA", "V-2": "VITA", "L-1": "LREF"}
    return Programme.model_validate(
        {
            "version": "0",
            "settings": {
                "programme": "essai",
                "name": "Essai",
                "timezone": "Europe/Paris",
                "occasions": [{"code": "M06", "months": 6}],
                "innovations": [{"code": code, "name": code} for code in ("VITA", "LREF")],
                "cohorts": [
                    {"code": code, "innovation": innovation, "name": code, "anchor_on": DAY}
                    for code, innovation in cohorts.items()
                ],
                "evaluators": [
                    {"code": f"EV-{n}", "name": f"EV-{n}", "email": "e@example.org", "follows": [], **evaluator}
                    for n, evaluator in enumerate(evaluators, start=1)
                ],
                "instruments": [],
            },
            "enrolments": [
                {"structure_code": code, "structure_name": code, "cohort_code": cohort}
                for cohort, code in (("V-1", "A"), ("V-1", "B"), ("V-2", "A"), ("V-2", "C"), ("L-1", "A"))
            ],
            "indicators": [],
            "crosswalk": [],
            "recodes": [],
        }
    )


def followed(entry: object, day: date = DAY) -> set[str]:
    """Return the enrolments that an evaluator with one entry follows on a day."""
    whole = programme({"follows": [entry]})
    return {id_ for id_, found in following(whole, enrolled(whole)).items() if followers_on(found, day)}


@pytest.mark.parametrize(
    ("entry", "enrolments"),
    [
        ("VITA", {"V-1/A", "V-1/B", "V-2/A", "V-2/C"}),
        ({"innovation": "LREF"}, {"L-1/A"}),
        ("V-2", {"V-2/A", "V-2/C"}),
        ({"cohort": "V-1"}, {"V-1/A", "V-1/B"}),
        ("A", {"V-1/A", "V-2/A", "L-1/A"}),
        ({"structure": "C"}, {"V-2/C"}),
    ],
)
def test_an_entry_names_an_innovation_a_cohort_or_a_structure(entry: object, enrolments: set[str]):
    assert followed(entry) == enrolments


@pytest.mark.parametrize("entry", ["C", "CX", "CY", {"structure": "C"}, {"structure": "CX"}])
def test_a_renamed_structure_is_followed_by_each_code_that_it_has_or_had(entry: object):
    whole = programme({"follows": [entry]})
    enrolments = [
        one.model_copy(update={"structure_code": "CY", "former_codes": "C|CX"}) if one.structure_code == "C" else one
        for one in whole.enrolments
    ]
    renamed = whole.model_copy(update={"enrolments": enrolments})
    found = following(renamed, enrolled(renamed))
    assert {id_ for id_, of_enrolment in found.items() if followers_on(of_enrolment, DAY)} == {"V-2/C"}


@pytest.mark.parametrize(("day", "is_followed"), [("06-30", False), ("07-01", True), ("07-31", True), ("08-01", False)])
def test_the_first_and_the_last_day_of_an_entry_belong_to_it(day: str, is_followed: bool):
    assert bool(followed({"cohort": "V-1", **JULY}, date.fromisoformat(f"2026-{day}"))) is is_followed


def test_an_entry_names_exactly_one_thing():
    for entry in ({}, {"cohort": "V-1", "structure": "A"}):
        with pytest.raises(ValidationError, match="exactly one of innovation, cohort, structure"):
            Followed.model_validate(entry)


def test_entries_that_adjoin_make_one_period_and_a_removed_enrolment_is_followed_with_its_innovation():
    whole = programme(
        {"follows": [{"cohort": "V-1", "to": "2026-06-30"}, {"structure": "A", "from": "2026-07-01"}, "LREF"]}
    )
    found = following(whole, {"V-1/A": "VITA", "V-1/B": "VITA", "GONE-1/X": "LREF"})
    assert {id_: [one.period for one in of_enrolment] for id_, of_enrolment in found.items()} == {
        "V-1/A": [Period()],
        "V-1/B": [Period(None, date(2026, 6, 30))],
        "GONE-1/X": [Period()],
    }


def told(whole: Programme, day: str, enrolment_id: str = "V-1/A") -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Return who follows an enrolment on a day of 2026, and who gets its alerts."""
    found = following(whole, enrolled(whole))[enrolment_id]
    on = date.fromisoformat(f"2026-{day}")
    return followers_on(found, on), recipients_on(found, on)


def test_a_substitute_gets_the_alerts_in_the_place_of_who_is_away_and_others_who_follow_get_theirs():
    whole = programme(
        {"follows": ["VITA"], "substitutes": [{"evaluator": "EV-3", **JULY}]},
        {"follows": ["V-1"]},
        {"follows": ["V-2"]},
    )
    assert told(whole, "06-30") == (("EV-1", "EV-2"), ("EV-1", "EV-2"))
    assert told(whole, "07-31") == (("EV-1", "EV-2"), ("EV-3", "EV-2"))
    assert told(whole, "08-01") == (("EV-1", "EV-2"), ("EV-1", "EV-2"))
    # EV-3 follows V-2 already, and gets its alerts once.
    assert told(whole, "07-31", "V-2/C") == (("EV-1", "EV-3"), ("EV-3",))


def test_the_substitute_of_a_substitute_stands_in_for_both_on_the_days_on_which_both_are_away():
    second = [{"evaluator": "EV-3", "from": "2026-07-10", "to": "2026-07-20"}]
    whole = programme(
        {"follows": ["V-1"], "substitutes": [{"evaluator": "EV-2", **JULY}]},
        {"follows": ["LREF"], "substitutes": second},
        {},
    )
    assert [told(whole, day)[1] for day in ("07-09", "07-10", "07-20", "07-21")] == [
        ("EV-2",),
        ("EV-3",),
        ("EV-3",),
        ("EV-2",),
    ]
    assert told(whole, "07-10", "L-1/A") == (("EV-2",), ("EV-3",))
    stands_in = [one for one in following(whole, enrolled(whole))["V-1/A"] if one.replaces_code is not None]
    assert {(one.evaluator_code, one.replaces_code, one.period.from_on) for one in stands_in} == {
        ("EV-2", "EV-1", date(2026, 7, 1)),
        ("EV-3", "EV-1", date(2026, 7, 10)),
        ("EV-2", "EV-1", date(2026, 7, 21)),
    }


def test_nobody_stands_in_where_the_one_who_is_away_follows_nothing():
    whole = programme(
        {"follows": [{"cohort": "V-1", "to": "2026-07-10"}], "substitutes": [{"evaluator": "EV-2", **JULY}]}, {}
    )
    assert [told(whole, day)[1] for day in ("07-10", "07-11")] == [("EV-2",), ()]
