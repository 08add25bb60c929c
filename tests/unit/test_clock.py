"""Test due dates, frozen plans, and the end of a day in the programme's time zone."""

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from planned import OCCASIONS, expected_returns, planned, programme

from schemas.months import days_of_months, months_after
from schemas.programme import Occasion
from tasks.schedule.expected_returns import Effect, changes_to_plan, differences, plan, with_extension
from warehouse.runs import last_instant_of

PARIS = ZoneInfo("Europe/Paris")
FIRST, LAST = date(2010, 1, 1), date(2045, 12, 31)
ANCHORS = st.dates(FIRST, LAST)


def days(first: date, last: date) -> Iterator[date]:
    return (first + timedelta(days=n) for n in range((last - first).days + 1))


def test_n_months_after_every_day_from_2010_to_2045_is_the_same_day_of_that_month_or_its_last():
    for anchor in days(FIRST, LAST):
        for months in OCCASIONS.values():
            due = months_after(anchor, months)
            assert (due.year * 12 + due.month) - (anchor.year * 12 + anchor.month) == months
            is_last_day = (due + timedelta(days=1)).month != due.month
            assert due.day == anchor.day or (due.day < anchor.day and is_last_day)


@pytest.mark.parametrize(
    ("anchor", "months", "due"),
    [
        (date(2018, 8, 31), 6, date(2019, 2, 28)),
        (date(2019, 8, 31), 6, date(2020, 2, 29)),
        (date(2018, 8, 31), 12, date(2019, 8, 31)),
        (date(2020, 2, 29), 12, date(2021, 2, 28)),
        (date(2020, 2, 29), 48, date(2024, 2, 29)),
        (date(2018, 12, 31), 6, date(2019, 6, 30)),
        (date(2018, 11, 30), 3, date(2019, 2, 28)),
        (date(2018, 6, 30), 6, date(2018, 12, 30)),
        (date(2016, 12, 15), 12, date(2017, 12, 15)),
        (date(2018, 3, 31), -1, date(2018, 2, 28)),
        (date(2020, 2, 29), -12, date(2019, 2, 28)),
        (date(2018, 8, 31), 0, date(2018, 8, 31)),
    ],
)
def test_a_day_that_the_month_lacks_becomes_its_last_day(anchor: date, months: int, due: date):
    assert months_after(anchor, months) == due


@given(anchor=ANCHORS, months=st.integers(-120, 119))
def test_a_later_occasion_is_never_due_before_an_earlier_one(anchor: date, months: int):
    assert months_after(anchor, months) < months_after(anchor, months + 1)


@given(
    anchor=ANCHORS,
    months=st.integers(-120, 120),
    days=st.integers(-3660, 3660),
)
def test_occasions_in_days_and_months_have_one_order_unless_their_days_overlap(anchor: date, months: int, days: int):
    in_months, in_days = Occasion(code="M", months=months), Occasion(code="D", days=days)
    fewest, most = days_of_months(months)
    assert fewest <= (in_months.due_on(anchor) - anchor).days <= most
    assert in_days.due_on(anchor) == anchor + timedelta(days=days)
    if not fewest <= days <= most:
        is_before = in_days.due_on(anchor) < in_months.due_on(anchor)
        assert (in_days.offset_days < in_months.offset_days) is is_before
        assert in_days.nearest_months <= months if is_before else in_days.nearest_months >= months


def test_offsets_of_months_are_ordered_and_lie_within_the_days_that_they_can_be():
    offsets = [Occasion(code="M", months=months).offset_days for months in range(-120, 121)]
    assert offsets == sorted(set(offsets))
    for months, offset in zip(range(-120, 121), offsets, strict=True):
        fewest, most = days_of_months(months)
        assert fewest <= offset <= most


def test_an_enrolment_with_an_anchor_of_its_own_is_due_from_it_and_the_others_from_that_of_their_cohort():
    whole = programme(date(2018, 7, 31))
    own = whole.enrolments[0].model_copy(update={"anchor_on": date(2018, 9, 14)})
    edited = whole.model_copy(update={"enrolments": [own, *whole.enrolments[1:]]})
    due = {(row["enrolment_id"], row["occasion_code"]): row["due_on"] for row in plan(edited)}
    assert (due["VITA-1/ICARE", "M06"], due["VITA-1/IPSO", "M06"]) == (date(2019, 3, 14), date(2019, 1, 31))


def test_an_extension_moves_the_grace_days_and_the_lock_and_one_that_is_not_later_moves_nothing():
    row = expected_returns(programme(date(2018, 7, 31), occasions=("M06",), grace_days=15, expiry_days=90))[0]
    extended = with_extension(row, date(2019, 3, 1))
    moved = {"due_on": date(2019, 3, 1), "on_time_until_on": date(2019, 3, 16), "locked_on": date(2019, 5, 30)}
    assert extended == {**row, **moved}
    assert with_extension(row, None) == with_extension(row, date(2019, 1, 15)) == row
    unlocked = expected_returns(programme(date(2018, 7, 31), occasions=("M06",)))[0]
    assert with_extension(unlocked, date(2019, 3, 1))["locked_on"] is None


@settings(max_examples=60)
@given(anchor=ANCHORS)
def test_due_dates_are_computed_from_the_anchor_and_never_chained(anchor: date):
    due = {row["occasion_code"]: row["due_on"] for row in plan(programme(anchor))}
    assert due == {code: months_after(anchor, months) for code, months in OCCASIONS.items()}


def test_a_chain_of_months_would_have_lost_the_31st():
    due = {row["occasion_code"]: row["due_on"] for row in plan(programme(date(2018, 8, 31)))}
    assert (due["M03"], due["M06"], due["M12"]) == (date(2018, 11, 30), date(2019, 2, 28), date(2019, 8, 31))


def test_the_plan_holds_one_row_for_each_enrolment_occasion_and_instrument_that_asks_it():
    ids = [row["expected_return_id"] for row in plan(programme(occasions=("M06", "M12")))]
    assert ids == [
        "VITA-1/ICARE/M06/suivi",
        "VITA-1/ICARE/M12/suivi",
        "VITA-1/IPSO/M06/suivi",
        "VITA-1/IPSO/M12/suivi",
    ]


@settings(max_examples=60)
@given(anchor=ANCHORS, opens=st.integers(0, 366), grace=st.integers(0, 366), expiry=st.integers(1, 1000))
def test_a_return_opens_before_it_is_due_and_stays_on_time_and_unlocked_after_it(
    anchor: date, opens: int, grace: int, expiry: int
):
    for row in expected_returns(programme(anchor, opens_days_before=opens, grace_days=grace, expiry_days=expiry)):
        assert (row["due_on"] - row["opens_on"]).days == opens
        assert (row["on_time_until_on"] - row["due_on"]).days == grace
        assert (row["locked_on"] - row["due_on"]).days == expiry


def test_without_expiry_days_nothing_is_ever_locked():
    assert {row["locked_on"] for row in plan(programme(expiry_days=0))} == {None}


def test_the_first_planning_adds_the_whole_plan():
    assert changes_to_plan({}, programme(), date(2018, 8, 1)) == list(plan(programme()))


@settings(max_examples=40)
@given(anchor=ANCHORS, first=ANCHORS, second=ANCHORS)
def test_a_second_planning_of_the_same_programme_changes_nothing_on_whatever_days(
    anchor: date, first: date, second: date
):
    known = planned(*changes_to_plan({}, programme(anchor), first))
    assert changes_to_plan(known, programme(anchor), second) == []


def test_a_new_anchor_moves_what_is_not_due_yet_and_leaves_what_was_due():
    known = planned(*plan(programme(date(2018, 7, 31))))
    changes = changes_to_plan(known, programme(date(2018, 9, 30)), today=date(2019, 2, 1))
    assert {row["occasion_code"] for row in changes} == {"M09", "M12", "M15", "M18"}
    assert {row["due_on"] for row in changes if row["occasion_code"] == "M09"} == {date(2019, 6, 30)}


@pytest.mark.parametrize(
    ("today", "may_change"),
    [(date(2019, 1, 30), True), (date(2019, 1, 31), True), (date(2019, 2, 1), False)],
)
def test_an_expected_return_is_frozen_once_its_due_date_has_passed(today: date, may_change: bool):
    known = planned(*plan(programme(date(2018, 7, 31), occasions=("M06",))))
    changes = changes_to_plan(known, programme(date(2018, 7, 31), occasions=("M06",), grace_days=40), today)
    assert bool(changes) is may_change


def test_what_is_no_longer_expected_and_not_due_is_withdrawn_once():
    known = planned(*plan(programme(structures=("ICARE", "IPSO"))))
    changes = changes_to_plan(known, programme(structures=("ICARE",)), today=date(2019, 2, 1))
    assert {row["expected_return_id"] for row in changes} == {f"VITA-1/IPSO/{m}/suivi" for m in list(OCCASIONS)[2:]}
    assert all(row["is_withdrawn"] for row in changes)
    again = changes_to_plan(known | planned(*changes), programme(structures=("ICARE",)), today=date(2019, 2, 2))
    assert again == []


def test_a_withdrawn_row_has_the_columns_and_another_checksum_than_the_row_that_it_withdraws():
    (row, *_) = plan(programme(structures=("ICARE",)))
    (withdrawn,) = changes_to_plan(planned(row), programme(structures=()), today=date(2018, 8, 1))
    assert withdrawn.keys() == row.keys()
    assert withdrawn["plan_sha256"] != row["plan_sha256"]
    assert {name for name in row if row[name] != withdrawn[name]} == {"is_withdrawn", "plan_sha256"}


def test_what_was_due_stays_expected_though_the_programme_no_longer_names_it():
    known = planned(*plan(programme()))
    assert changes_to_plan(known, programme(structures=()), today=date(2030, 1, 1)) == []


def test_a_withdrawn_return_comes_back_when_the_programme_names_it_again():
    known = planned(*plan(programme()))
    known |= planned(*changes_to_plan(known, programme(structures=("ICARE",)), today=date(2018, 8, 1)))
    back = changes_to_plan(known, programme(), today=date(2018, 8, 2))
    assert {row["expected_return_id"] for row in back} == {f"VITA-1/IPSO/{code}/suivi" for code in OCCASIONS}
    assert not any(row["is_withdrawn"] for row in back)


def test_a_withdrawn_return_that_is_named_again_after_its_due_date_needs_acceptance_like_any_that_is_added_late():
    known = planned(*plan(programme()))
    known |= planned(*changes_to_plan(known, programme(structures=("ICARE",)), today=date(2018, 8, 1)))
    back = differences(known, programme(), date(2030, 1, 1))
    late = differences(planned(*plan(programme(structures=("ICARE",)))), programme(), date(2030, 1, 1))
    assert back == late
    assert [one.effect for one in back] == [Effect.TO_ACCEPT] * len(OCCASIONS)
    assert changes_to_plan(known, programme(), date(2030, 1, 1)) == []


def test_a_day_of_paris_ends_one_microsecond_before_the_next_one_begins():
    for day in days(FIRST, LAST):
        after = last_instant_of(day, PARIS).replace(tzinfo=UTC) + timedelta(microseconds=1)
        assert after.astimezone(PARIS).replace(tzinfo=None) == datetime.combine(
            day + timedelta(days=1), datetime.min.time()
        )


@pytest.mark.parametrize(
    ("day", "hours", "last_instant"),
    [
        ("2019-03-30", 24, "2019-03-30 22:59:59.999999"),
        ("2019-03-31", 23, "2019-03-31 21:59:59.999999"),
        ("2019-04-01", 24, "2019-04-01 21:59:59.999999"),
        ("2019-10-26", 24, "2019-10-26 21:59:59.999999"),
        ("2019-10-27", 25, "2019-10-27 22:59:59.999999"),
    ],
)
def test_the_days_of_both_clock_changes_have_23_and_25_hours(day: str, hours: int, last_instant: str):
    on = date.fromisoformat(day)
    assert str(last_instant_of(on, PARIS)) == last_instant
    assert last_instant_of(on, PARIS) - last_instant_of(on - timedelta(days=1), PARIS) == timedelta(hours=hours)


def test_a_year_has_one_short_and_one_long_day_and_its_instants_carry_no_zone():
    lengths = [last_instant_of(d, PARIS) - last_instant_of(d - timedelta(days=1), PARIS) for d in days(FIRST, LAST)]
    assert lengths.count(timedelta(hours=23)) == lengths.count(timedelta(hours=25)) == LAST.year - FIRST.year + 1
    assert last_instant_of(FIRST, PARIS).tzinfo is None


def test_a_copy_of_a_programme_computes_its_properties_anew():
    first = programme()
    cohort = next(iter(first.cohort_by_code.values()))
    moved = first.settings.model_copy(update={"cohorts": [cohort.model_copy(update={"name": "another name"})]})
    assert first.model_copy(update={"settings": moved}).cohort_by_code[cohort.code].name == "another name"
