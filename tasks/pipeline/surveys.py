"""Fetch the surveys of a run, then validate and load their new responses."""

from collections.abc import Callable

from schemas.enums import CheckOutcome
from tasks import surveys
from tasks.i18n import counted
from tasks.records import Loaded
from tasks.run import RunContext, progress
from tasks.surveys import Fetched, Reached, SurveyToRead
from tasks.unforeseen import concerns_one_source, record_unforeseen
from warehouse.connection import Warehouse, open_warehouse
from warehouse.loads import load_source_check


def reach_server(run: RunContext) -> Reached:
    """Call the LimeSurvey server once; return why it cannot be read, or when each survey can be answered."""
    return surveys.reach_server(run.programme, run.environment)


def fetch_survey(run: RunContext, survey: SurveyToRead, on_page: Callable[[int, int], None] | None = None) -> Fetched:
    """Fetch one survey.

    Args:
        run: The run.
        survey: The survey, and the expected returns that it answers.
        on_page: Called after each page with the number of responses fetched so far and their total.

    Returns:
        What was fetched. If the survey could not be read, its outcome records it: an unread survey never passes for
        one that nobody answered.
    """
    with surveys.open_server(run.programme, run.environment) as server:
        try:
            fetched = surveys.fetch(survey, run.programme, server, run.landing, run.stamp.known_at, on_page)
        except Exception as error:
            if not concerns_one_source(error):
                raise
            (fetched,) = surveys.could_not_fetch([survey], *_unforeseen_in_survey(error, run, survey))
    if fetched.outcome is CheckOutcome.READ:
        count = len(fetched.receipts)
        pages = f"{count} page{'s' if count > 1 else ''}" if count else "nothing new"
        progress.info("Fetched survey %d: %s.", survey.survey_id, fetched.detail or pages)
    elif fetched.outcome is CheckOutcome.CONCLUDED:
        progress.info("Survey %d is no longer active, and no return of it is still to come.", survey.survey_id)
    else:
        progress.info("Could not fetch survey %d: %s", survey.survey_id, fetched.detail)
    return fetched


def load_survey(run: RunContext, fetched: Fetched) -> Loaded:
    """Validate and load the new responses of one survey."""
    with open_warehouse(run.paths) as warehouse, open_warehouse(run.paths) as beside:
        try:
            loaded = surveys.load_survey(fetched, surveys.LoadContext(run, warehouse, beside))
        except Exception as error:
            if not concerns_one_source(error):
                raise
            loaded = _could_not_load(error, run, fetched, warehouse)
        warehouse.checkpoint()
    if loaded.count:
        progress.info("Loaded %s of survey %d.", counted(loaded.count, "new response"), fetched.survey.survey_id)
    return loaded


def _could_not_load(error: Exception, run: RunContext, fetched: Fetched, warehouse: Warehouse) -> Loaded:
    """Record that a survey could not be loaded. Responses loaded before the error are complete, and stay."""
    outcome, trouble = _unforeseen_in_survey(error, run, fetched.survey)
    load_source_check(warehouse, fetched.survey.check(outcome, trouble), run.stamp, run.programme.zone)
    return Loaded(fetched.survey.source_id, trouble)


def _unforeseen_in_survey(error: Exception, run: RunContext, survey: SurveyToRead) -> tuple[CheckOutcome, str]:
    reference = record_unforeseen(error, run.paths.error_log, f"survey {survey.survey_id}")
    return CheckOutcome.UNINTELLIGIBLE, (
        f"Survey {survey.survey_id}: Essaim met an error that it did not foresee ({reference}). Expected to read the "
        "survey to its end. Earlier responses stay. Report the lines under this reference in var/errors.log."
    )
