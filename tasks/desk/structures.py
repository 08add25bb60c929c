"""The pages of all structures that a person follows, as a map of states, and of one structure."""

import sys
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from schemas.enums import DecisionKind, ReturnState
from schemas.intake import ItemKind
from schemas.programme import Programme
from tasks.alerts.contacts import addresses_in
from tasks.desk.history import events
from tasks.desk.naming import contact_of, instrument_name
from tasks.desk.signing_in import sign_in_page
from tasks.desk.visits import Visit, visit_of
from warehouse.desk import DeskReturn, desk_history
from warehouse.intake import items_about, open_intake

_URGENT = (ReturnState.QUARANTINED, ReturnState.MISSING, ReturnState.PARTIAL, ReturnState.UNVERIFIABLE)
"""The states that need a person, the most urgent first."""
_MOST_URGENT = 50


@dataclass(frozen=True, slots=True)
class Chip:
    """A return on a page.

    Attributes:
        is_several: Whether its structure owes several returns at its occasion, so that it is shown with its name.
        is_waiting: Whether something was received for it that no run has applied yet.
    """

    expected_return_id: str
    structure_name: str
    occasion_code: str
    instrument: str
    state: ReturnState
    due_on: date
    arrived_on: date | None
    days_late: int | None
    is_several: bool = False
    is_waiting: bool = False


@dataclass(frozen=True, slots=True)
class Structure:
    """A row of the map: a structure and its returns at each occasion."""

    enrolment_id: str
    name: str
    returns: tuple[tuple[Chip, ...], ...]


@dataclass(frozen=True, slots=True)
class Cohort:
    """The map of a cohort: its structures, those that need a person first."""

    name: str
    occasions: tuple[str, ...]
    structures: tuple[Structure, ...]


def structures_page(request: Request) -> Response:
    """Show all structures that a person follows, or the page to sign in."""
    visit = visit_of(request)
    if visit.person is None:
        return sign_in_page(visit)
    returns = visit.desk.returns(visit.person.code)
    waiting = _waiting(visit, returns)
    rank = {state: place for place, state in enumerate(_URGENT)}
    urgent = sorted(
        (one for one in returns if one.state in rank),
        key=lambda one: (-(one.days_late or 0), rank[one.state], one.structure_name),
    )
    return visit.shown(
        "structures.html.jinja",
        as_of=visit.desk.built_on() if returns else visit.desk.today(),
        urgent=[_chip(visit.desk.programme, one, waiting) for one in urgent[:_MOST_URGENT]],
        legend=[state for state in ReturnState if any(one.state is state for one in returns)],
        cohorts=_cohorts(visit.desk.programme, returns, waiting),
    )


def _waiting(visit: Visit, returns: Iterable[DeskReturn]) -> frozenset[str]:
    with open_intake(visit.desk.paths) as intake:
        items = items_about(intake, [one.expected_return_id for one in returns])
    return frozenset(item.subject_id for item in visit.desk.unpublished(items) if item.kind is ItemKind.WORKBOOK)


def _cohorts(programme: Programme, returns: list[DeskReturn], waiting: frozenset[str]) -> list[Cohort]:
    order = {one.code: place for place, one in enumerate(programme.settings.cohorts)}
    offsets = {one.code: one.offset_days for one in programme.settings.occasions}
    codes = sorted({one.cohort_code for one in returns}, key=lambda code: (order.get(code, len(order)), code))
    cohorts: list[Cohort] = []
    for code in codes:
        of_cohort = [one for one in returns if one.cohort_code == code]
        due = {one.occasion_code: one.due_on for one in of_cohort}
        # An occasion that has left the folder comes last.
        occasions = sorted(due, key=lambda occasion: (offsets.get(occasion, sys.maxsize), due[occasion]))
        by_enrolment: dict[str, list[DeskReturn]] = {}
        for one in of_cohort:
            by_enrolment.setdefault(one.enrolment_id, []).append(one)
        ordered = sorted(by_enrolment.items(), key=lambda item: (-_need(item[1]), item[1][0].structure_name))
        structures = [
            Structure(
                enrolment_id,
                owed[0].structure_name,
                tuple(
                    tuple(_chip(programme, one, waiting, owed) for one in owed if one.occasion_code == occasion)
                    for occasion in occasions
                ),
            )
            for enrolment_id, owed in ordered
        ]
        cohort = programme.cohort_by_code.get(code)
        cohorts.append(Cohort(cohort.name if cohort is not None else code, tuple(occasions), tuple(structures)))
    return cohorts


def _need(returns: Iterable[DeskReturn]) -> int:
    """Return how much a structure needs a person: the days late of its worst return."""
    return max((1 + (one.days_late or 0) for one in returns if one.state in _URGENT), default=0)


def _chip(programme: Programme, one: DeskReturn, waiting: frozenset[str], siblings: Iterable[DeskReturn] = ()) -> Chip:
    return Chip(
        one.expected_return_id,
        one.structure_name,
        one.occasion_code,
        instrument_name(programme, one.instrument_code),
        one.state,
        one.due_on,
        one.arrived_on,
        one.days_late,
        is_several=sum(other.occasion_code == one.occasion_code for other in siblings) > 1,
        is_waiting=one.expected_return_id in waiting,
    )


def structure_page(request: Request) -> Response:
    """Show a structure of a cohort: its returns, its contact and its history."""
    visit = visit_of(request)
    if visit.person is None:
        return sign_in_page(visit)
    enrolment_id = request.path_params["enrolment_id"]
    returns = [one for one in visit.desk.returns(visit.person.code) if one.enrolment_id == enrolment_id]
    if not returns:
        raise HTTPException(404)
    programme = visit.desk.programme
    returns.sort(key=lambda one: (one.due_on, one.instrument_code))
    subjects = [*(one.expected_return_id for one in returns), enrolment_id]
    history = desk_history(visit.desk.paths, subjects[:-1], [enrolment_id])
    with open_intake(visit.desk.paths) as intake:
        items = items_about(intake, subjects)
    contact = contact_of(programme, enrolment_id)
    cohort = programme.cohort_by_code.get(returns[0].cohort_code)
    waiting = frozenset(item.subject_id for item in visit.desk.unpublished(items))
    left = [decision for decision in history.decisions if decision.kind is DecisionKind.LEAVE]
    return visit.shown(
        "structure.html.jinja",
        enrolment_id=enrolment_id,
        name=returns[0].structure_name,
        cohort=cohort.name if cohort is not None else returns[0].cohort_code,
        contact=contact,
        address=next(iter(addresses_in(contact)), ""),
        returns=[_chip(programme, one, waiting) for one in returns],
        decided_left=bool(left) and not left[-1].is_undone,
        history=events(history, items, visit.desk, visit.locale, visit.words),
    )
