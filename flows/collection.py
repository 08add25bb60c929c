"""The collection: from the programme folder, the surveys and the inbox to published views and alerts."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from prefect import flow

from schemas.programme import Programme
from tasks import orchestrated as step
from tasks.collection import statuses, surveys_to_read
from tasks.context import Run, progress, recorded_run, throwaway_copy, today
from tasks.programme import read_programme
from tasks.readings import Loaded
from tasks.surveys import Fetched, SurveyToRead, could_not_fetch
from warehouse.views import InnovationSummary, summarise


@dataclass(frozen=True, slots=True)
class Collected:
    """How a collection ended. `notes` and `troubles` are sentences for a person; `mails` were sent."""

    as_of: date
    summary: tuple[InnovationSummary, ...]
    loaded: int
    mails: tuple[str, ...]
    quarantined: tuple[str, ...]
    troubles: tuple[str, ...]
    notes: tuple[str, ...]

    @property
    def needs_a_person(self) -> bool:
        """Whether something is left that no run can settle."""
        return bool(self.troubles or self.notes or self.summary[-1].quarantined)


@flow(name="collection", flow_run_name="collection of {as_of}", persist_result=False)
def collection(programme: Path = Path(), as_of: date | None = None, dry_run: bool = False) -> Collected:
    """Collect everything that came in.

    Args:
        programme: The programme folder.
        as_of: The day to take as today, in the programme's time zone; the present day by default.
        dry_run: Do it all on a copy that is thrown away.
    """
    var = programme.resolve() / "var"
    if dry_run:
        with throwaway_copy(var) as copy:
            return collect(programme, copy, "collect", as_of)
    return collect(programme, var, "collect", as_of)


def collect(
    folder: Path, var: Path, command: str, as_of: date | None, *, only_outstanding: bool = False, alert: bool = True
) -> Collected:
    """The order of a collection, for the flows that differ in what they read and whether they alert."""
    programme = read_programme(folder)
    whole = step.untouched(programme)
    with recorded_run(folder, var, programme, command=command, as_of=as_of or today(programme)) as run:
        step.plan_expected_returns(run, whole)
        surveys = surveys_to_read(run, programme, only_outstanding=only_outstanding)
        fetched = _fetch_surveys(run, programme, surveys)
        workbooks = step.read_workbooks(run, whole)
        checked = step.check_workbooks(run, whole, step.untouched(workbooks))
        loaded = [
            *_load_surveys(run, programme, fetched),
            *step.load_workbooks(run, whole, step.untouched(workbooks), step.untouched(checked)),
        ]
        step.build(run)
        mails = step.alert_evaluators(run, whole) if alert else []
        states = statuses(run)
    progress.info("Done.")
    codes = [innovation.code for innovation in programme.settings.innovations]
    return Collected(
        as_of=run.as_of,
        summary=tuple(summarise(states, run.as_of, codes)),
        loaded=sum(one.count for one in loaded),
        mails=tuple(mails),
        quarantined=tuple(sentence for one in loaded for sentence in one.quarantined),
        troubles=tuple(dict.fromkeys(one.trouble for one in loaded if one.trouble)),
        notes=tuple(note for one in loaded for note in one.notes),
    )


def _fetch_surveys(run: Run, programme: Programme, surveys: Sequence[SurveyToRead]) -> list[Fetched]:
    if not surveys:
        return []
    trouble = step.trouble_with_server(step.untouched(programme))
    if trouble is not None:
        return could_not_fetch(surveys, *trouble)
    fetching = [
        step.fetch_survey.with_options(task_run_name=f"fetch survey {survey.survey_id}").submit(
            run, step.untouched(programme), step.untouched(survey)
        )
        for survey in surveys
    ]
    return [future.result() for future in fetching]


def _load_surveys(run: Run, programme: Programme, fetched: Sequence[Fetched]) -> list[Loaded]:
    return [
        step.load_survey.with_options(task_run_name=f"load survey {one.survey.survey_id}")(
            run, step.untouched(programme), step.untouched(one)
        )
        for one in fetched
    ]
