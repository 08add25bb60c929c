"""Test that items are processed in order, at most one ahead, and that no thread outlives a failure."""

import threading
from collections.abc import Generator
from contextvars import ContextVar

import pytest

from tasks.surveys.prefetch import map_in_thread

WHOSE = ContextVar("WHOSE", default="nobody's")


class Things:
    """Yield numbers from 0 on, and record the items made and their threads."""

    def __init__(self, count: int, fails: bool = False) -> None:
        self.count, self.fails = count, fails
        self.made: list[int] = []
        self.threads: set[int] = set()
        self.is_closed = False

    def __iter__(self) -> Generator[int]:
        try:
            for number in range(self.count):
                self.threads.add(threading.get_ident())
                self.made.append(number)
                yield number
            if self.fails:
                raise LookupError("no more can be made")
        finally:
            self.is_closed = True


def broken_at(place: int, number: int) -> int:
    if number == place:
        raise ArithmeticError(f"{number} is wrong")
    return number


def test_each_is_worked_on_in_order_in_another_thread_that_knows_what_the_caller_knows() -> None:
    token = WHOSE.set("mine")
    things, threads = Things(5), list[int]()

    def work(number: int) -> str:
        threads.append(threading.get_ident())
        return f"{WHOSE.get()} {number}"

    assert list(map_in_thread(work, iter(things))) == [f"mine {number}" for number in range(5)]
    assert things.threads == {threading.get_ident()}
    assert len(set(threads)) == 1
    assert not things.threads & set(threads)
    WHOSE.reset(token)


def test_the_next_is_made_while_one_is_worked_on_and_no_more() -> None:
    things, is_made = Things(3), threading.Event()

    def second_is_made() -> Generator[int]:
        for number in things:
            if number == 1:
                is_made.set()
            yield number

    def work(number: int) -> int:
        # If the work began before the next item is made, this would wait until the timeout.
        assert is_made.wait(60)
        return number

    done = map_in_thread(work, second_is_made())
    assert next(done) == 0
    assert things.made == [0, 1]
    assert list(done) == [1, 2]


def test_nothing_gives_nothing() -> None:
    assert list(map_in_thread(str, iter(Things(0)))) == []


@pytest.mark.parametrize(("things", "made"), [(Things(9), [0, 1, 2]), (Things(2, fails=True), [0, 1])])
def test_what_is_wrong_with_one_comes_before_the_failure_to_make_the_next_and_ends_everything(
    things: Things, made: list[int]
) -> None:
    before = set(threading.enumerate())
    with pytest.raises(ArithmeticError, match="1 is wrong"):
        list(map_in_thread(lambda number: broken_at(1, number), iter(things)))
    assert things.made == made
    assert things.is_closed
    assert set(threading.enumerate()) == before


def test_a_failure_to_make_the_next_is_raised_once_those_before_are_done() -> None:
    before, done = set(threading.enumerate()), list[int]()
    with pytest.raises(LookupError, match="no more can be made"):
        list(map_in_thread(done.append, iter(Things(2, fails=True))))
    assert done == [0, 1]
    assert set(threading.enumerate()) == before


def test_who_stops_early_leaves_nothing_running() -> None:
    before, things = set(threading.enumerate()), Things(9)
    done = map_in_thread(str, iter(things))
    assert next(done) == "0"
    done.close()
    assert things.made == [0, 1]
    assert things.is_closed
    assert set(threading.enumerate()) == before
