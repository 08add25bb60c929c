"""Test that an answer of several returns is checked once, and located in each of these returns."""

from collections.abc import Sequence

import pyarrow as pa
from hypothesis import example, given
from hypothesis import strategies as st

from tasks.validation.distinct_answers import distinct_answers

ANSWERS = st.sampled_from([None, "", "1", "2", "a"])
ROWS = st.lists(st.tuples(ANSWERS, ANSWERS, ANSWERS, ANSWERS), min_size=1, max_size=12)
ITEMS = ("one", "two", "three", "four")
PAIRS = st.lists(st.tuples(st.sampled_from(ITEMS), st.sampled_from(ITEMS)), max_size=4)


@given(ROWS, PAIRS)
@example([(None, None, None, None)], [])
@example([("1", "2", "1", "2"), ("2", "1", "1", "2")], [("one", "two"), ("three", "four"), ("two", "four")])
def test_what_holds_of_an_answer_holds_of_the_returns_that_gave_it(
    rows: Sequence[tuple[str | None, ...]], pairs: Sequence[tuple[str, str]]
) -> None:
    items = pa.table({item: pa.array([row[n] for row in rows], pa.string()) for n, item in enumerate(ITEMS)})
    found = distinct_answers(items, pairs)
    assert found.answers.num_rows <= len(rows)
    listed = found.answers.to_pylist()
    whole = items.to_pylist()
    for item in ITEMS:
        for text in (None, "", "1"):
            places = [place for place, one in enumerate(listed) if one[item] == text]
            assert found.rows(item, places) == [row for row, one in enumerate(whole) if one[item] == text]
    for one, other in pairs:
        places = [place for place, two in enumerate(listed) if two[one] == two[other]]
        assert found.rows(one, places) == [row for row, two in enumerate(whole) if two[one] == two[other]]


def test_many_returns_with_few_answers_are_few_rows_to_check() -> None:
    items = pa.table({"one": ["a", "b"] * 500, "two": [str(number % 7) for number in range(1000)]})
    assert distinct_answers(items, []).answers.num_rows == 7
    assert distinct_answers(items, [("one", "two")]).answers.num_rows == 14
