"""Build the views of a run, and read the states of its expected returns from them."""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from gettext import NullTranslations

from tasks.run import RunContext, progress
from tasks.state_reasons import closure_in_words
from tasks.transform.dbt_build import Node, build_views, owner_of_views
from warehouse.built_inputs import take_recorded_findings_as_built
from warehouse.connection import open_warehouse
from warehouse.surveillance import n_new_findings, record_findings
from warehouse.views import ReturnStatus, return_status


def build(run: RunContext, observe: Callable[[Node], None] | None = None, *, everything: bool = False) -> None:
    """Build the views as of the run's today, and record the findings of surveillance that are new.

    Args:
        run: The run.
        observe: Called with each dbt node that is done, from dbt's own threads.
        everything: Build all views, not only those of which an input changed since the last build.

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
        # A decision does not load the edits of the folder, but nothing is published below its thresholds.
        minimum_structures=run.programme.settings.disclosure.minimum_structures,
        minimum_participants=run.programme.settings.disclosure.minimum_participants,
        everything=everything,
        observe=observe,
    )
    with open_warehouse(run.paths) as warehouse:
        if record_findings(warehouse, run.stamp):
            take_recorded_findings_as_built(warehouse, owner_of_views(run.paths, run.environment))


def statuses(run: RunContext) -> list[ReturnStatus]:
    """Return the expected returns with their states, from the views."""
    with open_warehouse(run.paths) as warehouse:
        return return_status(warehouse)


def findings_to_look_at(run: RunContext) -> int:
    """Return the number of findings of surveillance that nobody has explained, from the views."""
    with open_warehouse(run.paths) as warehouse:
        return n_new_findings(warehouse)


def closed_surveys(statuses: Iterable[ReturnStatus]) -> Iterator[str]:
    """Yield a sentence for each survey that nobody can answer and of which returns are still to come."""
    to_come = Counter((one.source_id, one.survey_closure, one.survey_closure_on) for one in statuses)
    for (source_id, closure, day), count in to_come.items():
        if closure is not None:
            sentence = closure_in_words(closure, str(day), NullTranslations())
            yield f"{source_id}: {sentence} Returns still to come: {count}."
