"""The steps as Prefect tasks: their names, and nothing else. Each works, and is tested, without Prefect.

Nothing is cached: a failed task's cache key still caches. Nothing is retried here: the LimeSurvey client repeats what
is safe to repeat.
"""

from collections.abc import Callable
from typing import ParamSpec, TypeVar, cast

from prefect import Task, task
from prefect.cache_policies import NO_CACHE
from prefect.utilities.annotations import quote

from tasks import collection

P = ParamSpec("P")
R = TypeVar("R")


def untouched(value: R) -> R:
    """A value to hand to a task as it is: Prefect would walk through every answer of it in search of futures."""
    return cast("R", quote(value))


def _as_task(step: Callable[P, R], name: str) -> Task[P, R]:
    return task(name=name, cache_policy=NO_CACHE, persist_result=False)(step)


plan_expected_returns = _as_task(collection.plan_expected_returns, "plan expected returns")
trouble_with_server = _as_task(collection.trouble_with_server, "reach LimeSurvey")
fetch_survey = _as_task(collection.fetch_survey, "fetch survey")
read_workbooks = _as_task(collection.read_workbooks, "read workbooks")
load_survey = _as_task(collection.load_survey, "load survey")
check_workbooks = _as_task(collection.check_workbooks, "check workbooks")
load_workbooks = _as_task(collection.load_workbooks, "load workbooks")
build = _as_task(collection.build, "build views")
alert_evaluators = _as_task(collection.alert_evaluators, "alert evaluators")
