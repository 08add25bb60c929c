"""Run the function of a step: as a Prefect task in a flow run, plainly elsewhere.

Each function is tested without Prefect. Results are not cached, because Prefect stores the cache key of a failed task
too. Prefect retries nothing: the client of the survey server retries its own calls, and the next run does the rest.
"""

import functools
import sys
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextvars import ContextVar, copy_context
from typing import TYPE_CHECKING, ParamSpec, TypeVar, cast

from schemas.errors import EssaimError

if TYPE_CHECKING:
    from prefect import Task

P = ParamSpec("P")
R = TypeVar("R")
Item = TypeVar("Item")

_task_run_name: ContextVar[str] = ContextVar("task_run_name")


class SourceUnreadError(EssaimError):
    """A source could not be read. Its task fails, and the run goes on with the step's result.

    Attributes:
        result: What the step returned.
    """

    def __init__(self, sentence: str, result: object) -> None:
        super().__init__(sentence)
        self.result = result


def in_a_flow_run() -> bool:
    """Return True within a Prefect flow run."""
    context = sys.modules.get("prefect.context")
    return context is not None and context.FlowRunContext.get() is not None


def as_step(
    function: Callable[P, R],
    name: str,
    *,
    named: Callable[P, str] | None = None,
    trouble: Callable[[R], str | None] = lambda _: None,
) -> Callable[P, R]:
    """Return the function as a step, with the names that Prefect's pages show.

    Args:
        function: The function of the step.
        name: Name of the task.
        named: Returns the name of a task run from the step's arguments; the task's name by default.
        trouble: Returns the sentence that fails the task, or None; the run goes on with the result either way.
    """

    def failing_on_trouble(*args: P.args, **kwargs: P.kwargs) -> R:
        result = function(*args, **kwargs)
        sentence = trouble(result)
        if sentence is not None:
            raise SourceUnreadError(sentence, result)
        return result

    @functools.wraps(function)
    def step(*args: P.args, **kwargs: P.kwargs) -> R:
        if not in_a_flow_run():
            return function(*args, **kwargs)
        from prefect.utilities.annotations import quote

        # Without the quotes, Prefect searches every answer in the arguments for futures.
        quoted = [quote(argument) for argument in args]
        token = _task_run_name.set(named(*args, **kwargs) if named else name)
        try:
            return _as_task(failing_on_trouble, name)(*quoted, **kwargs)  # pyright: ignore[reportCallIssue] the task receives them unquoted
        except SourceUnreadError as unread:
            return cast("R", unread.result)
        finally:
            _task_run_name.reset(token)

    return step


def _current_task_run_name() -> str:
    return _task_run_name.get()


@functools.cache
def _as_task(function: Callable[P, R], name: str) -> "Task[P, R]":
    from prefect import task
    from prefect.cache_policies import NO_CACHE

    return task(
        name=name,
        # Named when it runs: a copy of the task with a name of its own takes five milliseconds more for each run.
        task_run_name=_current_task_run_name,
        cache_policy=NO_CACHE,
        persist_result=False,
        retries=0,
    )(function)


def side_by_side(step: Callable[[Item], R], items: Sequence[Item], at_once: int) -> list[R]:
    """Apply a step to each item in threads.

    Args:
        step: The step.
        items: What to apply it to.
        at_once: The highest number of threads.

    Returns:
        The results, in the order of the items.
    """
    with ThreadPoolExecutor(max_workers=at_once) as pool:
        # A thread finds its flow run only in a context copied from the thread of the flow.
        futures = [pool.submit(copy_context().run, step, item) for item in items]
        return [future.result() for future in futures]
