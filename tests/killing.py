"""End a run before or after one of its steps, as a kill does."""

from collections.abc import Callable
from typing import Any


class Killed(BaseException):
    """Ends a run as a kill does: nothing of the project catches it."""


def dying(original: Callable[..., Any], *, before: bool) -> Callable[..., Any]:
    """Return a step that dies before or after it does what the original does."""

    def step(*arguments: Any, **named: Any) -> Any:
        if not before:
            original(*arguments, **named)
        raise Killed

    return step
