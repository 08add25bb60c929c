"""Show the progress of long steps in Prefect's pages, within a flow run."""

from collections.abc import Callable
from contextvars import copy_context
from dataclasses import asdict
from typing import TYPE_CHECKING, cast

from tasks.pipeline import surveys, views
from tasks.pipeline.build_bar import build_bar
from tasks.pipeline.prefect_step import in_a_flow_run
from tasks.run import RunContext, progress
from tasks.surveys import Fetched, SurveyToRead
from tasks.transform.dbt_build import Node

if TYPE_CHECKING:
    from uuid import UUID


def fetch_survey(run: RunContext, survey: SurveyToRead) -> Fetched:
    """Fetch a survey, with a progress bar where it has more than one page."""
    return surveys.fetch_survey(run, survey, on_page=_progress_bar(survey) if in_a_flow_run() else None)


def _progress_bar(survey: SurveyToRead) -> Callable[[int, int], None]:
    bars: list[UUID] = []

    def show(count: int, total: int) -> None:
        from prefect.artifacts import create_progress_artifact, update_progress_artifact

        percent = min(100.0, 100.0 * count / max(total, 1))
        if bars:
            update_progress_artifact(bars[0], progress=percent)
        elif count < total:
            description = f"Responses of survey {survey.survey_id} fetched, of {total}"
            bar = create_progress_artifact(percent, key=f"survey-{survey.survey_id}", description=description)
            bars.append(cast("UUID", bar))

    return show


def build(run: RunContext) -> None:
    """Build the views: with a bar on a terminal; in a flow run, log each dbt node and list them all in a table."""
    if not in_a_flow_run():
        with build_bar() as show:
            views.build(run, show)
        return
    from prefect.artifacts import create_table_artifact

    nodes: list[Node] = []
    context = copy_context()

    def observe(node: Node) -> None:
        nodes.append(node)
        # dbt's threads lack the context of the flow run, which Prefect attaches log lines to.
        context.copy().run(progress.info, "%s %s: %s in %.1f s", node.kind, node.name, node.outcome, node.seconds)

    try:
        views.build(run, observe)
    finally:
        create_table_artifact(
            [{key: value for key, value in asdict(node).items() if key != "total"} for node in nodes],
            key="views",
            description="The models and tests that dbt ran.",
        )
