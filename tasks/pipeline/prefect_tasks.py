"""The steps of a collection, in their order. Within a flow run, each step is a Prefect task.

`prefect_step.py` runs them, `task_wording.py` words what Prefect's pages show, and `prefect_artifacts.py` shows the
progress of long steps. `flows/collect.py` calls them.
"""

from collections.abc import Sequence
from dataclasses import replace

from tasks.data_docs import site
from tasks.pipeline import alerts, mailbox, planning, prefect_artifacts, surveys, workbooks
from tasks.pipeline import task_wording as wording
from tasks.pipeline.prefect_step import as_step, side_by_side
from tasks.records import Loaded, SourceResult
from tasks.reporting import report_on
from tasks.run import RunContext
from tasks.surveys import Fetched, SurveyToRead, could_not_fetch
from tasks.workbooks.inbox import read_file

# Plan
plan_expected_returns = as_step(planning.plan_expected_returns, "plan expected returns")

# Fetch the surveys
reach_survey_server = as_step(surveys.reach_server, "reach LimeSurvey", trouble=wording.unreachable)
fetch_survey = as_step(
    prefect_artifacts.fetch_survey, "fetch survey", named=wording.name_of_fetch, trouble=wording.unread_survey
)


def fetch_surveys(run: RunContext, to_read: Sequence[SurveyToRead]) -> list[Fetched]:
    """Fetch surveys, as many at once as the programme allows; none if the server cannot be reached."""
    source = run.programme.settings.sources.limesurvey
    if not to_read or source is None:
        return []
    reached = reach_survey_server(run)
    if reached.trouble is not None:
        return could_not_fetch(to_read, *reached.trouble)
    listed = [replace(one, open_days=reached.open_days.get(one.survey_id, one.open_days)) for one in to_read]
    return side_by_side(lambda survey: fetch_survey(run, survey), listed, source.surveys_at_once)


# Fetch the mail
fetch_mail = as_step(mailbox.fetch_mail, "fetch mail", trouble=wording.unread_mailbox)

# Read the workbooks
read_workbook = as_step(read_file, "read workbook", named=wording.name_of_read, trouble=wording.unread_workbook)


def _read_each_workbook(run: RunContext) -> list[SourceResult]:
    return workbooks.read_workbooks(run, read_workbook)


read_workbooks = as_step(_read_each_workbook, "read inbox", trouble=wording.unread_inbox)

# Validate
check_workbooks = as_step(workbooks.check_workbooks, "check workbooks")

# Load
load_survey = as_step(surveys.load_survey, "load survey", named=wording.name_of_load, trouble=wording.unloaded_survey)
load_workbooks = as_step(workbooks.load_workbooks, "load workbooks")


def load_surveys(run: RunContext, fetched: Sequence[Fetched]) -> list[Loaded]:
    """Validate and load the new responses of each survey, page by page."""
    return [load_survey(run, survey) for survey in fetched]


# Build
build = as_step(prefect_artifacts.build, "build views")

# Alert
alert_evaluators = as_step(alerts.alert_evaluators, "alert evaluators")

# Report
write_data_docs = as_step(site.write_data_docs, "write Data Docs")
write_report = as_step(report_on, "write report", trouble=wording.unwritten_report)
