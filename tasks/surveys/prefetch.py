"""Overlap two steps: a thread works on one item while the caller's thread makes the next one."""

from collections.abc import Callable, Generator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import closing
from contextvars import copy_context
from typing import TypeVar

_Item = TypeVar("_Item")
_Result = TypeVar("_Result")


def map_in_thread(work: Callable[[_Item], _Result], items: Generator[_Item]) -> Generator[_Result]:
    """Apply `work` to each item in a thread, while the caller's thread makes the next item.

    At most one item is ahead. The first failure in the order of the items is raised; then `items` is closed, and the
    thread has ended.

    Args:
        work: Runs in the thread, for one item at a time, in the caller's context variables.
        items: Runs in the caller's thread.

    Yields:
        The results, in the order of the items.
    """
    with closing(items), ThreadPoolExecutor(max_workers=1) as thread:
        pending: Future[_Result] | None = None
        try:
            for item in items:
                if pending is not None:
                    yield pending.result()
                pending = thread.submit(copy_context().run, work, item)
        except Exception:
            # A failure to work on an item comes before the failure to make the next one.
            if pending is not None:
                pending.result()
            raise
        if pending is not None:
            yield pending.result()
