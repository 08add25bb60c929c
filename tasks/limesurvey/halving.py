"""Adapt the page size: halve it where a page is too large for the server, double it again after some that are not."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

from tasks.limesurvey.errors import Exhausted

_SUCCESSES_BEFORE_DOUBLING = 4
_T = TypeVar("_T")


class PageSize:
    """A page size between 1 and `most` that follows what the server can bear."""

    def __init__(self, most: int) -> None:
        self._most = self._now = max(1, most)
        self._successes = 0

    def ask(self, read: Callable[[int, bool], _T]) -> _T:
        """Read a page, in smaller sizes until the server can bear it.

        Args:
            read: Reads a page, given its size and whether to raise `Exhausted` for one that is too large. For a size
                of 1 it gets False: it tries as often as the client allows, and its error is the caller's.

        Returns:
            What `read` returned.
        """
        while self._now > 1:
            try:
                page = read(self._now, True)
            except Exhausted:
                self._now //= 2
                self._successes = 0
            else:
                self._succeeded()
                return page
        page = read(1, False)
        self._succeeded()
        return page

    def _succeeded(self) -> None:
        # After a failure that passes, the rest is not read in the smallest pages.
        self._successes += 1
        if self._successes > _SUCCESSES_BEFORE_DOUBLING and self._now < self._most:
            self._now = min(self._most, self._now * 2)
            self._successes = 0
