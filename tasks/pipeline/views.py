"""Build the views of a run, and read the states of its expected returns from them."""

from collections.abc import Callable

from tasks.run import RunContext, progress
from tasks.transform.dbt_build import Node, build_views
from warehouse.connection import open_warehouse
from warehouse.views import ReturnStatus, return_status


def build(run: RunContext, observe: Callable[[Node], None] | None = None) -> None:
    """Build the views as of the run's today.

    Args:
        run: The run.
        observe: Called with each dbt node that is done, from dbt's own threads.

    Raises:
        DbtError: A model could not be built, or a test failed.
    """
    progress.info("Building the views.")
    build_views(
        run.paths,
        run.environment,
        as_of=run.as_of,
        known_by=run.stamp.known_at,
        locale=run.programme.settings.locale,
        observe=observe,
    )


def statuses(run: RunContext) -> list[ReturnStatus]:
    """Return the expected returns with their states, from the views."""
    with open_warehouse(run.paths) as warehouse:
        return return_status(warehouse)
