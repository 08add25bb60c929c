"""Two things at once: one is worked on in a thread, while the next one is made."""

from collections.abc import Callable, Generator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import closing
from contextvars import copy_context
from typing import TypeVar

_Thing = TypeVar("_Thing")
_Made = TypeVar("_Made")


def meanwhile(work: Callable[[_Thing], _Made], things: Generator[_Thing]) -> Generator[_Made]:
    """What `work` makes of each thing, in their order.

    Things are made by the caller's thread, one while the one before is worked on in another. What fails first in their
    order is raised, and nothing goes on after it: `things` is closed, and the thread has ended.
    """
    with closing(things), ThreadPoolExecutor(max_workers=1) as thread:
        working: Future[_Made] | None = None
        try:
            for thing in things:
                if working is not None:
                    yield working.result()
                working = thread.submit(copy_context().run, work, thing)
        except Exception:
            # What is wrong with one thing comes before the failure to make the next.
            if working is not None:
                working.result()
            raise
        if working is not None:
            yield working.result()
