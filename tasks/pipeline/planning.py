"""Plan the expected returns of a run, and the surveys to read for them."""

from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import date

from schemas.enums import InstrumentKind, ReturnState
from schemas.errors import PlanError
from schemas.programme import Programme
from schemas.tables import Row
from tasks.decisions import with_departures, without_waiting_leavings
from tasks.i18n import counted
from tasks.programme.rows import programme_rows
from tasks.programme.structure_edits import questions_about_departures, questions_about_structures
from tasks.run import RunContext, progress
from tasks.schedule.expected_returns import (
    Difference,
    Effect,
    as_believed,
    day_of,
    differences,
    is_due_after_leaving,
    survey_source,
    to_state,
)
from tasks.schedule.plan_diff import plan_changes, refusal
from tasks.surveys import SurveyToRead
from warehouse.connection import Warehouse, open_warehouse
from warehouse.decisions import decided_leavings, waived_returns
from warehouse.known_plan import KnownPlan, latest_plan, loaded_enrolments, loaded_leavings, plan_known_by
from warehouse.loads import load_plan, load_programme
from warehouse.placement_changes import placement_changes
from warehouse.sendings import receipts_of
from warehouse.surveys import watermarks
from warehouse.views import states_of_last_build


def plan_expected_returns(run: RunContext) -> RunContext:
    """Load the programme and bring the plan up to date.

    A run as of a day before the last change of the plan goes by the plan as it was changed since, and leaves what was
    planned by that day as it was believed then.

    Args:
        run: The run, as it began.

    Returns:
        The run with the plan, and with the recorded departures applied to its programme.

    Raises:
        PlanError: The folder makes returns fall due in the past, or changes what was due. Nothing is loaded.
    """
    programme = run.programme
    with open_warehouse(run.paths) as warehouse:
        latest, found = plan_and_differences(warehouse, run)
        questions = [
            *questions_about_structures(latest.structures, programme),
            *questions_about_departures(latest.departures, programme),
        ]
        if to_accept := [one for one in found if one.effect is Effect.TO_ACCEPT]:
            raise PlanError("\n".join([refusal(plan_changes(to_accept, run.as_of), programme), *questions]))
        for question in questions:
            progress.warning("%s", question)
        if latest.known_at == run.stamp.known_at:
            known, changes = latest, [one.after for one in found if one.effect is Effect.NEXT_RUN]
        else:
            known = plan_known_by(warehouse, run.stamp)
            changes = [] if known.planned else list(latest.planned.values())
        load_plan(warehouse, [*changes, *rows_to_state(known, programme, changes)], run.stamp)
        departures = programme.without_ended(decided_leavings(warehouse, run.stamp))
        load_folder(warehouse, run, departures)
    progress.info("Planned the expected returns: %s.", counted(len(changes), "new or changed line"))
    plan = {**as_believed(latest.planned, latest.left_on), **{str(row["expected_return_id"]): row for row in changes}}
    return replace(run, plan=plan, programme=with_departures(programme, departures))


def plan_and_differences(warehouse: Warehouse, run: RunContext) -> tuple[KnownPlan, list[Difference]]:
    """Return the latest plan, and how the programme folder differs from it on its day or the run's today, the later."""
    known = latest_plan(warehouse, run.stamp)
    planned, day = as_believed(known.planned, known.left_on), known.day(run.programme.zone)
    decided = run.programme.without_ended(known.departures)
    return known, differences(planned, run.programme, day, known.kept, decided)


def load_folder(warehouse: Warehouse, run: RunContext, departures: Mapping[str, date]) -> None:
    """Load the programme, except the edits of days of leaving that wait until a decision is revoked."""
    programme = without_waiting_leavings(run.programme, departures, loaded_leavings(warehouse, run.stamp))
    rows = programme_rows(programme, loaded_enrolments(warehouse, run.stamp))
    load_programme(warehouse, programme.version, rows, run.stamp)


def rows_to_state(known: KnownPlan, programme: Programme, changes: Iterable[Row]) -> list[Row]:
    """Return the unchanged rows that must be stated, so that the enrolments of the programme do not change them."""
    changed = {row["expected_return_id"] for row in changes}
    rows = to_state(known.planned, known.left_on, programme)
    return [row for row in rows if row["expected_return_id"] not in changed]


_OUTSTANDING = frozenset(
    {
        ReturnState.SCHEDULED,
        ReturnState.OPEN,
        ReturnState.PARTIAL,
        ReturnState.QUARANTINED,
        ReturnState.MISSING,
        ReturnState.UNVERIFIABLE,
    }
)
"""The states, as of the last build of the views, that reading the source again can change."""

_EXCUSED = frozenset({ReturnState.WAIVED, ReturnState.LEFT})
"""The states, as of the last build of the views, that a decision of another day may have ended."""


def surveys_to_read(
    run: RunContext, *, only_changed: bool = False, only_outstanding: bool = False
) -> list[SurveyToRead]:
    """List the surveys that answer an expected return opened by the run's today.

    Args:
        run: The run, planned.
        only_changed: Skip the responses of a survey whose counts on the server are as they were.
        only_outstanding: Leave out surveys whose expected returns have all come in, left or been waived.

    Returns:
        The surveys in the programme's order, each with the expected returns that it answers.
    """
    sources = {str(row["source_id"]) for row in run.plan.values()}
    with open_warehouse(run.paths) as warehouse:
        receipts = {source_id: receipts_of(warehouse, source_id) for source_id in sources}
        marks = watermarks(warehouse, run.stamp)
        last_states = states_of_last_build(warehouse)
        waived = waived_returns(warehouse, run.stamp)
        departures = run.programme.without_ended(decided_leavings(warehouse, run.stamp))
        changes = placement_changes(warehouse, run.stamp)
    to_read: list[SurveyToRead] = []
    for instrument in run.programme.settings.instruments:
        for version in instrument.versions:
            if instrument.kind is not InstrumentKind.LIMESURVEY or version.survey_id is None:
                continue
            source_id = survey_source(version.survey_id)
            # A response may come before its return is open: it is assigned like any other.
            expected = {
                id_: row for id_, row in run.plan.items() if row["source_id"] == source_id and not row["is_withdrawn"]
            }
            opened = frozenset(id_ for id_, row in expected.items() if day_of(row, "opens_on") <= run.as_of)
            excused = frozenset(
                id_ for id_, row in expected.items() if id_ in waived or is_due_after_leaving(row, departures)
            )
            # The last build may be of another day: what is waived or left is decided on the day of the run.
            outstanding = {
                id_
                for id_ in expected
                if last_states.get(id_, ReturnState.OPEN) in _OUTSTANDING
                or (last_states[id_] in _EXCUSED and id_ not in excused)
            }
            if opened and (outstanding & opened or not only_outstanding):
                to_read.append(
                    SurveyToRead(
                        instrument_code=instrument.code,
                        instrument_version=version.version,
                        survey_id=version.survey_id,
                        expected=expected,
                        seen=marks.get(source_id),
                        receipts=receipts[source_id],
                        everything=not only_changed,
                        opened=opened,
                        excused=excused,
                        is_concluded=not outstanding,
                        placement_changes=changes,
                    )
                )
    return to_read
