"""How much is asked for at once: less where it was too much for the server, more again where all went well."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

from tasks.limesurvey.errors import Exhausted

_GOOD_ONES_BEFORE_MORE = 4
_T = TypeVar("_T")


class PageSize:
    """A number of things to ask for, at least 1 and at most `most`."""

    def __init__(self, most: int) -> None:
        self._most = self._now = max(1, most)
        self._good = 0

    def ask(self, read: Callable[[int, bool], _T]) -> _T:
        """What `read` gives for a number of things that the server can bear.

        `read` is told the number, and whether to raise `Exhausted` where it is too much; the last thing left is asked
        for with all patience, and its error is the caller's.
        """
        while self._now > 1:
            try:
                found = read(self._now, True)
            except Exhausted:
                self._now //= 2
                self._good = 0
            else:
                self._came()
                return found
        found = read(1, False)
        self._came()
        return found

    def _came(self) -> None:
        # A server that failed for a moment shall not be asked for crumbs to the end.
        self._good += 1
        if self._good > _GOOD_ONES_BEFORE_MORE and self._now < self._most:
            self._now = min(self._most, self._now * 2)
            self._good = 0
