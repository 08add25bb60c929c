"""The order of a collection: from the programme folder, the surveys and the inbox to published views and alerts.

The flows call it, and so do the commands, which need no server.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path

from schemas.enums import MessageOutcome
from schemas.settings import Environment, ProjectPaths
from tasks.alerts import Sent
from tasks.delivery import refuse_unusable_channels
from tasks.pipeline import prefect_tasks as step
from tasks.pipeline.state_changes import StateChange, changes_of_state, states_before
from tasks.pipeline.steps import dead_letters_in_words, statuses, surveys_to_read
from tasks.programme import read_programme
from tasks.records import Loaded
from tasks.reporting import Written
from tasks.run import RunContext, progress, recorded_run, throwaway_copy, today
from tasks.surveys import Fetched, SurveyToRead, could_not_fetch
from warehouse.views import InnovationSummary, ReturnStatus, summarise


@dataclass(frozen=True, slots=True)
class CollectionResult:
    """How a collection ended.

    `notes`, `troubles` and `undelivered` are sentences for a person; `mails` say to whom something was sent, or waits;
    `changes` are the returns that came to another state; `data_docs` is the page of what was checked, if anything;
    `report` is the page that says what the views say.
    """

    as_of: date
    summary: tuple[InnovationSummary, ...]
    loaded: int
    mails: tuple[str, ...]
    undelivered: tuple[str, ...]
    quarantined: tuple[str, ...]
    troubles: tuple[str, ...]
    notes: tuple[str, ...]
    changes: tuple[StateChange, ...]
    data_docs: str | None = None
    report: Path | None = None

    @property
    def needs_a_person(self) -> bool:
        """Whether something is left that no run can settle."""
        return bool(self.troubles or self.notes or self.undelivered or self.summary[-1].quarantined)


_SHOWN = (MessageOutcome.SENT, MessageOutcome.POSTPONED)


def collect_everything(paths: ProjectPaths, as_of: date | None, *, dry_run: bool = False) -> CollectionResult:
    """The collection of a quarter; in a dry run on a copy that is thrown away."""
    if not dry_run:
        return collect(paths, "collect", as_of)
    with throwaway_copy(paths) as copy:
        return collect(copy, "collect", as_of)


def collect_late_returns(paths: ProjectPaths, as_of: date | None) -> CollectionResult:
    """What came in or was changed since, from the sources where something changed. Nobody is alerted."""
    return collect(paths, "late-returns", as_of, only_changed=True, alert=False)


def collect_missing_returns(paths: ProjectPaths, as_of: date | None) -> CollectionResult:
    """Looks once more where something is owed, so that nothing that came in is called missing, then alerts."""
    return collect(paths, "missing-returns", as_of, only_changed=True, only_outstanding=True)


def collect(
    paths: ProjectPaths,
    command: str,
    as_of: date | None,
    *,
    only_changed: bool = False,
    only_outstanding: bool = False,
    alert: bool = True,
    builds: bool = True,
) -> CollectionResult:
    """Collect, for the flows and commands that differ in what they read, and whether they alert or build the views."""
    programme = read_programme(paths.folder)
    as_of = as_of or today(programme)
    if alert:
        refuse_unusable_channels(Environment())
    with recorded_run(paths, programme, command=command, as_of=as_of, publishes=builds) as begun:
        run = step.plan_expected_returns(begun)
        surveys = surveys_to_read(run, only_changed=only_changed, only_outstanding=only_outstanding)
        fetched = _fetch_surveys(run, surveys)
        workbooks = step.read_workbooks(run)
        checked = step.check_workbooks(run, workbooks)
        loaded: list[Loaded] = [
            *(step.load_survey(run, one) for one in fetched),
            *step.load_workbooks(run, workbooks, checked),
        ]
        data_docs = step.write_data_docs(run)
        before = states_before(run)
        if builds:
            step.build(run)
        messages = step.alert_evaluators(run) if alert else []
        states = statuses(run) if builds else []
        undelivered = dead_letters_in_words(run)
    # What is reported is what was published.
    written = step.write_report(run) if builds else Written()
    progress.info("Done.")
    collected = _collected(run, states, changes_of_state(before, states), loaded, messages, undelivered)
    collected = replace(collected, data_docs=data_docs.page, notes=(*collected.notes, *data_docs.notes))
    return _with_report(collected, written)


def rebuild(paths: ProjectPaths, command: str, as_of: date) -> CollectionResult:
    """Build the views of what was collected so far; nothing is read, and nobody is alerted."""
    programme = read_programme(paths.folder)
    with recorded_run(paths, programme, command=command, as_of=as_of) as begun:
        run = step.plan_expected_returns(begun)
        before = states_before(run)
        step.build(run)
        states, undelivered = statuses(run), dead_letters_in_words(run)
    written = step.write_report(run)
    collected = _collected(run, states, changes_of_state(before, states), [], [], undelivered)
    return _with_report(collected, written)


def _with_report(collected: CollectionResult, written: Written) -> CollectionResult:
    trouble = (written.trouble,) if written.trouble else ()
    return replace(collected, report=written.file, notes=(*collected.notes, *trouble))


def _collected(
    run: RunContext,
    states: Sequence[ReturnStatus],
    changes: tuple[StateChange, ...],
    loaded: Sequence[Loaded],
    messages: Sequence[Sent],
    undelivered: Sequence[str],
) -> CollectionResult:
    codes = [innovation.code for innovation in run.programme.settings.innovations]
    return CollectionResult(
        as_of=run.as_of,
        summary=tuple(summarise(states, run.as_of, codes)),
        loaded=sum(one.count for one in loaded),
        mails=tuple(one.sentence for one in messages if one.outcome in _SHOWN),
        undelivered=tuple(undelivered),
        quarantined=tuple(sentence for one in loaded for sentence in one.quarantined),
        troubles=tuple(dict.fromkeys(one.trouble for one in loaded if one.trouble)),
        notes=tuple(note for one in loaded for note in one.notes),
        changes=changes,
    )


def _fetch_surveys(run: RunContext, surveys: Sequence[SurveyToRead]) -> list[Fetched]:
    source = run.programme.settings.sources.limesurvey
    if not surveys or source is None:
        return []
    trouble = step.trouble_with_server(run)
    if trouble is not None:
        return could_not_fetch(surveys, *trouble)
    return step.side_by_side(lambda one: step.fetch_survey(run, one), surveys, source.surveys_at_once)
