"""The order of a collection: plan, fetch, read, validate, load, build, alert, report.

The flows run these functions in Prefect, and the commands run them without a server.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from schemas.enums import MessageOutcome, ReturnState
from schemas.settings import Environment, ProjectPaths
from tasks.alerts import Sent
from tasks.data_docs.site import DataDocs
from tasks.delivery import refuse_unusable_channels
from tasks.pipeline import prefect_tasks as step
from tasks.pipeline.alerts import undelivered_messages
from tasks.pipeline.contradictions import contradictions
from tasks.pipeline.corrections import corrections_not_applied
from tasks.pipeline.intake import apply_decisions
from tasks.pipeline.mailbox import with_mail
from tasks.pipeline.planning import surveys_to_read
from tasks.pipeline.state_changes import StateChange, changes_of_state, states_before
from tasks.pipeline.views import closed_surveys, findings_to_look_at, statuses
from tasks.programme import read_programme
from tasks.records import Loaded
from tasks.reporting import Written
from tasks.run import RunContext, progress, recorded_run, throwaway_copy, today
from warehouse.views import InnovationSummary, ReturnStatus, summarise


@dataclass(frozen=True, slots=True)
class CollectionResult:
    """How a collection ended.

    Attributes:
        as_of: The run's today.
        summary: Counts of the expected returns by state, for each innovation, then in total.
        loaded: Number of workbooks and responses of which a version was loaded.
        mails: One sentence for each message that was sent, or waits.
        undelivered: One sentence for each permanently rejected message.
        quarantined: One sentence for each error to correct in a return.
        troubles: One sentence for each source that could not be read.
        closed: One sentence for each survey that nobody can answer and of which returns are still to come.
        corrections: One sentence for each correction of an answer that is not applied.
        contradictions: One sentence for each decision that there is nothing to report which a return contradicts since
            this run.
        notes: One sentence for each file, response or decision that was not used, and for each page that was not
            written.
        to_look_at: Number of findings of surveillance that nobody has explained. They are doubts, and need no person.
        changes: The expected returns whose state the run changed.
        data_docs: The page of the run's checks, if it checked anything.
        report: The report of the published views, if it was written.
    """

    as_of: date
    summary: tuple[InnovationSummary, ...]
    loaded: int
    mails: tuple[str, ...]
    undelivered: tuple[str, ...]
    quarantined: tuple[str, ...]
    troubles: tuple[str, ...]
    closed: tuple[str, ...]
    corrections: tuple[str, ...]
    contradictions: tuple[str, ...]
    notes: tuple[str, ...]
    to_look_at: int
    changes: tuple[StateChange, ...]
    data_docs: str | None = None
    report: Path | None = None

    @property
    def needs_a_person(self) -> bool:
        """True if something is left that no run can settle."""
        faulty = self.quarantined or self.summary[-1].quarantined
        unsettled = (self.corrections, self.contradictions)
        left = (self.troubles, self.closed, *unsettled, self.notes, self.undelivered, faulty)
        return any(map(bool, left))


def collect_everything(
    paths: ProjectPaths, environment: Environment, as_of: date | None, *, dry_run: bool = False
) -> CollectionResult:
    """Collect a quarter. A dry run works on a copy, which is deleted at its end."""
    if not dry_run:
        return collect(paths, environment, "collect", as_of)
    with throwaway_copy(paths) as copy:
        return collect(copy, environment, "collect", as_of)


def collect_late_returns(paths: ProjectPaths, environment: Environment, as_of: date | None) -> CollectionResult:
    """Collect new workbooks and the surveys that changed, and alert nobody."""
    return collect(paths, environment, "late-returns", as_of, only_changed=True, alert=False)


def collect_missing_returns(paths: ProjectPaths, environment: Environment, as_of: date | None) -> CollectionResult:
    """Collect from the sources of outstanding returns, so that no received return is missing, then alert."""
    return collect(paths, environment, "missing-returns", as_of, only_changed=True, only_outstanding=True)


def collect(
    paths: ProjectPaths,
    environment: Environment,
    command: str,
    as_of: date | None,
    *,
    only_changed: bool = False,
    only_outstanding: bool = False,
    alert: bool = True,
    builds: bool = True,
) -> CollectionResult:
    """Collect: plan, fetch, read, validate, load, build, alert, report.

    Args:
        paths: Where the programme's folders and files are.
        environment: The settings of the installation.
        command: Name of the command in the run ledger.
        as_of: The run's today; the present date by default.
        only_changed: Skip the surveys in which nothing changed.
        only_outstanding: Read only the surveys of outstanding returns.
        alert: Alert the evaluators.
        builds: Build, publish and report the views.

    Raises:
        EssaimError: The collection could not be done.
    """
    programme = read_programme(paths.folder)
    as_of = as_of or today(programme)
    if alert:
        refuse_unusable_channels(environment)
    with recorded_run(paths, programme, environment, command=command, as_of=as_of, publishes=builds) as begun:
        refused = apply_decisions(begun)
        run = step.plan_expected_returns(begun)
        to_read = surveys_to_read(run, only_changed=only_changed, only_outstanding=only_outstanding)
        fetched = step.fetch_surveys(run, to_read)
        mail = step.fetch_mail(run)
        workbooks = with_mail(step.read_workbooks(run), mail)
        checked = step.check_workbooks(run, workbooks)
        loaded = [*step.load_surveys(run, fetched), *step.load_workbooks(run, workbooks, checked)]
        data_docs = step.write_data_docs(run)
        before, known = states_before(run), contradictions(run)
        if builds:
            step.build(run)
        messages = step.alert_evaluators(run) if alert else []
        states = statuses(run) if builds else []
        corrections = corrections_not_applied(run) if builds else []
        contradicted = _new(known, contradictions(run)) if builds else []
        to_look_at = findings_to_look_at(run) if builds else 0
        undelivered = undelivered_messages(run)
    # After the run has published its views, which the report reads.
    report = step.write_report(run) if builds else Written()
    progress.info("Done.")
    return _result(
        run,
        before,
        states,
        undelivered,
        report,
        corrections=corrections,
        contradicted=contradicted,
        to_look_at=to_look_at,
        loaded=loaded,
        messages=messages,
        data_docs=data_docs,
        refused=refused,
    )


def apply_received(paths: ProjectPaths, environment: Environment) -> CollectionResult:
    """Apply what the desk has received, read the mailbox and the inbox, and publish. Alert nobody, read no survey."""
    programme = read_programme(paths.folder)
    with recorded_run(paths, programme, environment, command="apply", as_of=today(programme)) as begun:
        refused = apply_decisions(begun)
        run = step.plan_expected_returns(begun)
        mail = step.fetch_mail(run)
        workbooks = with_mail(step.read_workbooks(run), mail)
        checked = step.check_workbooks(run, workbooks)
        loaded = step.load_workbooks(run, workbooks, checked)
        before, known = states_before(run), contradictions(run)
        step.build(run)
        states = statuses(run)
        corrections = corrections_not_applied(run)
        contradicted = _new(known, contradictions(run))
        to_look_at = findings_to_look_at(run)
        undelivered = undelivered_messages(run)
    return _result(
        run,
        before,
        states,
        undelivered,
        Written(),
        corrections=corrections,
        contradicted=contradicted,
        to_look_at=to_look_at,
        loaded=loaded,
        refused=refused,
    )


def rebuild(paths: ProjectPaths, environment: Environment, command: str, as_of: date) -> CollectionResult:
    """Build, publish and report the views of everything collected so far: read no source and alert nobody."""
    programme = read_programme(paths.folder)
    with recorded_run(paths, programme, environment, command=command, as_of=as_of) as begun:
        run = step.plan_expected_returns(begun)
        before, known = states_before(run), contradictions(run)
        step.build(run)
        states = statuses(run)
        corrections = corrections_not_applied(run)
        contradicted = _new(known, contradictions(run))
        to_look_at = findings_to_look_at(run)
        undelivered = undelivered_messages(run)
    report = step.write_report(run)
    return _result(
        run,
        before,
        states,
        undelivered,
        report,
        corrections=corrections,
        contradicted=contradicted,
        to_look_at=to_look_at,
    )


def _new(known: Mapping[str, str], sentences: Mapping[str, str]) -> list[str]:
    """Return the sentences that the last build did not give rise to: each is reported once."""
    return [sentence for id_, sentence in sentences.items() if known.get(id_) != sentence]


_LISTED_OUTCOMES = (MessageOutcome.SENT, MessageOutcome.POSTPONED)


def _result(
    run: RunContext,
    before: dict[str, ReturnState],
    states: Sequence[ReturnStatus],
    undelivered: Sequence[str],
    report: Written,
    *,
    corrections: Sequence[str],
    contradicted: Sequence[str],
    to_look_at: int,
    loaded: Sequence[Loaded] = (),
    messages: Sequence[Sent] = (),
    data_docs: DataDocs | None = None,
    refused: Sequence[str] = (),
) -> CollectionResult:
    data_docs = data_docs or DataDocs()
    codes = [innovation.code for innovation in run.programme.settings.innovations]
    return CollectionResult(
        as_of=run.as_of,
        summary=tuple(summarise(states, run.as_of, codes)),
        loaded=sum(source.count for source in loaded),
        mails=tuple(message.sentence for message in messages if message.outcome in _LISTED_OUTCOMES),
        undelivered=tuple(undelivered),
        quarantined=tuple(sentence for source in loaded for sentence in source.quarantined),
        troubles=tuple(dict.fromkeys(source.trouble for source in loaded if source.trouble)),
        closed=tuple(closed_surveys(states)),
        corrections=tuple(corrections),
        contradictions=tuple(contradicted),
        notes=(
            *refused,
            *(note for source in loaded for note in source.notes),
            *data_docs.notes,
            *((report.trouble,) if report.trouble else ()),
        ),
        to_look_at=to_look_at,
        changes=changes_of_state(before, states),
        data_docs=data_docs.page,
        report=report.file,
    )
