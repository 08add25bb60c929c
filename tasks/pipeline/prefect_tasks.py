"""The steps of a collection: Prefect tasks within a flow run, the plain functions elsewhere.

Each step is one function, tested without Prefect. Nothing is cached: a failed task's cache key still caches. Prefect
retries nothing: the client of the survey server repeats its own calls, and the next run does everything else again.
"""

import functools
import sys
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextvars import ContextVar, copy_context
from dataclasses import asdict
from typing import TYPE_CHECKING, ParamSpec, TypeVar, cast
from uuid import UUID

from schemas.enums import CheckOutcome, ReceiptOutcome
from schemas.errors import EssaimError
from tasks.data_docs import site as data_docs
from tasks.pipeline import steps
from tasks.records import Loaded, SourceResult
from tasks.reporting import Written, report_on
from tasks.run import RunContext, progress
from tasks.surveys import Fetched, SurveyToRead
from tasks.transform.dbt_build import Node
from tasks.workbooks.inbox import FileResult, Inbox, InboxFile, read_file

if TYPE_CHECKING:
    from prefect import Task

P = ParamSpec("P")
R = TypeVar("R")

_called: ContextVar[str] = ContextVar("called")
"""What the task that is about to run is called."""


class SourceUnreadError(EssaimError):
    """A source could not be read: its task fails, and the run goes on with what the step found out about it."""

    def __init__(self, sentence: str, result: object) -> None:
        super().__init__(sentence)
        self.result = result


def in_a_flow_run() -> bool:
    """Whether Prefect runs this, and watches."""
    context = sys.modules.get("prefect.context")
    return context is not None and context.FlowRunContext.get() is not None


def as_step(
    function: Callable[P, R],
    name: str,
    *,
    named: Callable[P, str] | None = None,
    trouble: Callable[[R], str | None] = lambda _: None,
) -> Callable[P, R]:
    """A step under the name that a person sees.

    Args:
        function: What it does.
        name: What its task is called.
        named: What its task run is called, by what it is about.
        trouble: What fails the task, though the run goes on with the result.
    """

    def told(*args: P.args, **kwargs: P.kwargs) -> R:
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

        # As they are: Prefect would walk through every answer of them in search of futures.
        untouched = [quote(argument) for argument in args]
        called = _called.set(named(*args, **kwargs) if named else name)
        try:
            return _as_task(told, name)(*untouched, **kwargs)  # pyright: ignore[reportCallIssue] what is quoted arrives as it was
        except SourceUnreadError as unread:
            return cast("R", unread.result)
        finally:
            _called.reset(called)

    return step


def _name_of_run() -> str:
    return _called.get()


@functools.cache
def _as_task(function: Callable[P, R], name: str) -> "Task[P, R]":
    from prefect import task
    from prefect.cache_policies import NO_CACHE

    return task(
        name=name,
        # Asked when it runs: a task with options of its own for each run takes five milliseconds more.
        task_run_name=_name_of_run,
        cache_policy=NO_CACHE,
        persist_result=False,
        retries=0,
    )(function)


def side_by_side(
    step: Callable[[SurveyToRead], Fetched], surveys: Sequence[SurveyToRead], at_once: int
) -> list[Fetched]:
    """What a step makes of each survey, so many at once, in their order."""
    with ThreadPoolExecutor(max_workers=at_once) as pool:
        # A thread knows of the flow run that it works for only through the context that it is given.
        reading = [pool.submit(copy_context().run, step, survey) for survey in surveys]
        return [one.result() for one in reading]


def _fetch_in_sight(run: RunContext, survey: SurveyToRead) -> Fetched:
    """Fetch a survey; how far a long one has come is shown."""
    return steps.fetch_survey(run, survey, on_page=_progress_of(survey) if in_a_flow_run() else None)


def _progress_of(survey: SurveyToRead) -> Callable[[int, int], None]:
    shown: list[UUID] = []

    def told(count: int, total: int) -> None:
        from prefect.artifacts import create_progress_artifact, update_progress_artifact

        percent = min(100.0, 100.0 * count / max(total, 1))
        if shown:
            update_progress_artifact(shown[0], progress=percent)
        elif count < total:
            words = f"Responses of survey {survey.survey_id} that have come, of {total}"
            made = create_progress_artifact(percent, key=f"survey-{survey.survey_id}", description=words)
            shown.append(cast("UUID", made))

    return told


def _build_in_sight(run: RunContext) -> None:
    """Build the views; each of dbt's nodes is shown."""
    if not in_a_flow_run():
        steps.build(run)
        return
    from prefect.artifacts import create_table_artifact

    built: list[Node] = []
    context = copy_context()

    def observe(node: Node) -> None:
        built.append(node)
        # The threads of dbt know nothing of the run that they work for.
        context.copy().run(progress.info, "%s %s: %s in %.1f s", node.kind, node.name, node.outcome, node.seconds)

    try:
        steps.build(run, observe)
    finally:
        create_table_artifact([asdict(node) for node in built], key="views", description="What dbt built and tested.")


def _read_in_sight(run: RunContext) -> list[SourceResult]:
    """Read the inbox; each file is a step of its own."""
    return steps.read_workbooks(run, read_workbook)


def _name_of_read(file: InboxFile, inbox: Inbox) -> str:  # noqa: ARG001 takes what the step takes
    # The name of a file may be somebody's.
    return f"read workbook {file.named or f'of sha256 {file.sha256[:12]}'}"


def _name_of_fetch(run: RunContext, survey: SurveyToRead) -> str:  # noqa: ARG001 takes what the step takes
    return f"fetch survey {survey.survey_id}"


def _name_of_load(run: RunContext, fetched: Fetched) -> str:  # noqa: ARG001 takes what the step takes
    return f"load survey {fetched.survey.survey_id}"


def _unread_survey(fetched: Fetched) -> str | None:
    return None if fetched.outcome is CheckOutcome.READ else str(fetched.detail)


def _unread_workbook(read: FileResult) -> str | None:
    receipt, _ = read
    if receipt.outcome is ReceiptOutcome.READ:
        return None
    # What its receipt says may quote what somebody wrote.
    return f"It could not be used ({receipt.outcome.value}): essaim status says why, under its name."


def _unread_inbox(readings: list[SourceResult]) -> str | None:
    return next((str(one.detail) for one in readings if one.outcome is not CheckOutcome.READ), None)


def _trouble(loaded: Loaded) -> str | None:
    return loaded.trouble


def _unwritten(written: Written) -> str | None:
    return written.trouble


def _sentence(found: tuple[CheckOutcome, str] | None) -> str | None:
    return found and found[1]


plan_expected_returns = as_step(steps.plan_expected_returns, "plan expected returns")
trouble_with_server = as_step(steps.trouble_with_server, "reach LimeSurvey", trouble=_sentence)
fetch_survey = as_step(_fetch_in_sight, "fetch survey", named=_name_of_fetch, trouble=_unread_survey)
read_workbook = as_step(read_file, "read workbook", named=_name_of_read, trouble=_unread_workbook)
read_workbooks = as_step(_read_in_sight, "read inbox", trouble=_unread_inbox)
load_survey = as_step(steps.load_survey, "load survey", named=_name_of_load, trouble=_trouble)
check_workbooks = as_step(steps.check_workbooks, "check workbooks")
load_workbooks = as_step(steps.load_workbooks, "load workbooks")
write_data_docs = as_step(data_docs.write_data_docs, "write Data Docs")
build = as_step(_build_in_sight, "build views")
alert_evaluators = as_step(steps.alert_evaluators, "alert evaluators")
write_report = as_step(report_on, "write report", trouble=_unwritten)
